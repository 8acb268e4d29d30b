//! The tags that a board's stages are: made in WeCom where they miss, renamed with their stages, and never kept otherwise
//! than as the playbook has the group at that moment.

use domain::{
    Playbook, TagGroupId, TagId,
    playbook::{Board, Problem, TagGroup},
};
use wecom::tag::{NewTag, NewTags, NewTagsGroup};

use super::StagePlan;
use crate::{App, Author, Error, TagChange, tags};

/// Between the tags of two stages there is room for others.
const ORDER_STEP: u32 = 100;

/// Where tags are made.
pub(super) enum Target<'a> {
    /// In this group.
    Known(&'a TagGroup),
    /// In a new one of this name.
    Named(&'a str),
}

/// A group with what was made in it.
pub(super) struct Made {
    id: TagGroupId,
    /// As WeCom answered: with the new tags alone; `None`: nothing missed.
    answer: Option<TagGroup>,
}

impl Made {
    /// The group as the playbook has it, with what was made.
    pub(super) fn within(&self, book: &Playbook) -> Result<TagGroup, Error> {
        let known = book.tags.group(&self.id).cloned();
        let Some(answer) = &self.answer else {
            return known.filter(|group| !group.deleted).ok_or_else(|| Error::Conflict(GONE.into()));
        };
        let new = || TagGroup { ours: true, editable: Some(true), tags: Vec::new(), ..answer.clone() };
        let mut group = TagGroup { deleted: false, ..known.unwrap_or_else(new) };
        tags::take_in(&mut group, answer.tags.clone());
        Ok(group)
    }
}

const GONE: &str = "the tag group was deleted meanwhile; try again";

/// What has to become of a board's tags for its stages to be called as wanted.
#[derive(Default)]
pub(super) struct TagPlan {
    renames: Vec<Rename>,
    /// Places of the stages that have no tag yet.
    pub(super) new: Vec<usize>,
}

#[derive(Clone)]
struct Rename {
    place: usize,
    tag: TagId,
    to: String,
}

impl TagPlan {
    /// Judged by the outcome: a name that is given up is free. Refuses a name that another tag keeps.
    pub(super) fn of(book: &Playbook, board: &Board, stages: &[StagePlan]) -> Result<Self, Error> {
        let group = book.tags.group(&board.tag_group).filter(|group| !group.deleted);
        let mut names: Vec<(TagId, String)> = group
            .into_iter()
            .flat_map(TagGroup::live)
            .map(|tag| (tag.id.clone(), tag.name.clone()))
            .collect();
        let (mut plan, mut problems) = (Self::default(), Vec::new());
        for (place, stage) in stages.iter().enumerate() {
            let Some(old) = board.stage(&stage.id.as_str().into()) else {
                plan.new.push(place);
                continue;
            };
            let Some(tag) = book.live_tag_of(old).filter(|_| old.name != stage.name) else { continue };
            // WeCom is known to refuse: the stage alone is called otherwise.
            let of = book.tags.tag(&tag).map(|(_, tag)| tag);
            let fixed = of.is_none_or(|tag| tag.editable == Some(false) || tag.name == stage.name);
            if fixed {
                continue;
            }
            for (_, name) in names.iter_mut().filter(|(id, _)| *id == tag) {
                name.clone_from(&stage.name);
            }
            plan.renames.push(Rename { place, tag, to: stage.name.clone() });
        }
        let taken = |place: usize, name: &str| {
            let text = format!("another tag of the group is called {name:?}");
            Problem::new(format!("/stages/{place}/name"), "name_taken", text)
        };
        for rename in &plan.renames {
            if names.iter().any(|(id, name)| *id != rename.tag && *name == rename.to) {
                problems.push(taken(rename.place, &rename.to));
            }
        }
        for place in &plan.new {
            let name = &stages[*place].name;
            let namesake = names.iter().find(|(_, other)| other == name);
            if namesake.is_some_and(|(id, _)| book.stage_of_tag(id).is_some()) {
                problems.push(taken(*place, name));
            }
        }
        if problems.is_empty() { Ok(plan) } else { Err(Error::Invalid(problems)) }
    }

    /// Does WeCom have to be asked for anything?
    pub(super) fn is_empty(&self) -> bool {
        self.renames.is_empty() && self.new.is_empty()
    }
}

impl App {
    /// Tags for those of the `stages` whose places are named, made where they miss. WeCom collapses repeated names, so a
    /// crash in the middle is mended by doing it again.
    pub(super) async fn make_tags(
        &self,
        target: &Target<'_>,
        stages: &[StagePlan],
        places: &[usize],
    ) -> Result<Made, Error> {
        let known = match target {
            Target::Known(group) => Some(*group),
            Target::Named(_) => None,
        };
        let has = |name: &str| known.is_some_and(|group| group.live().any(|tag| tag.name == name));
        let missing: Vec<NewTag> = places
            .iter()
            .filter(|place| !has(&stages[**place].name))
            .map(|place| NewTag {
                name: stages[*place].name.clone(),
                order: Some(order_at(known, stages, *place)),
            })
            .collect();
        if missing.is_empty()
            && let Some(known) = known
        {
            return Ok(Made { id: known.id.clone(), answer: None });
        }
        let group = match target {
            Target::Known(known) => NewTagsGroup::Existing { group_id: known.id.to_string() },
            Target::Named(name) => NewTagsGroup::Named { group_name: (*name).to_owned(), order: None },
        };
        let answer = self.add_in_wecom(&NewTags { group, tags: missing, agentid: None }).await?;
        Ok(Made { id: answer.id.clone(), answer: Some(answer) })
    }

    /// Keeps what was made in WeCom, though what it was made for came to nothing.
    pub(super) async fn keep_made(&self, made: &Made, author: &Author) -> Result<(), Error> {
        if made.answer.is_some() {
            self.decide("add_tags", author, |book| {
                let group = made.within(book)?;
                Ok((vec![tags::record(&group)?], ()))
            })
            .await?;
        }
        Ok(())
    }

    /// Renames tags one by one, each when the name that it is to have is free. Of names that wait for each other one
    /// waits under another name meanwhile.
    pub(super) async fn rename_tags(
        &self,
        group: &TagGroupId,
        plan: &TagPlan,
        author: &Author,
    ) -> Result<(), Error> {
        let mut left = plan.renames.clone();
        while !left.is_empty() {
            let book = self.playbook().await?;
            let live: Vec<_> = book.tags.group(group).into_iter().flat_map(TagGroup::live).collect();
            let holder = |name: &str| live.iter().find(|tag| tag.name == name).map(|tag| &tag.id);
            let free = left.iter().position(|rename| holder(&rename.to).is_none_or(|by| *by == rename.tag));
            if let Some(free) = free {
                let rename = left.remove(free);
                self.rename_tag(&rename, &rename.to, author).await?;
                continue;
            }
            let waits = |rename: &&Rename| {
                holder(&rename.to).is_some_and(|by| left.iter().any(|other| other.tag == *by))
            };
            let Some(stuck) = left.iter().find(waits).cloned() else {
                let text = "another tag of the group is called so, and WeCom does not let us rename it";
                let pointer = format!("/stages/{}/name", left[0].place);
                return Err(Error::Invalid(vec![Problem::new(pointer, "name_taken", text)]));
            };
            let aside = (1..).map(|n| aside(&stuck.to, n)).find(|name| holder(name).is_none());
            self.rename_tag(&stuck, &aside.unwrap_or_default(), author).await?;
        }
        Ok(())
    }

    async fn rename_tag(&self, rename: &Rename, to: &str, author: &Author) -> Result<(), Error> {
        let change = TagChange { name: Some(to.to_owned()), order: None };
        match self.change_tag(&rename.tag, &change, author).await {
            // It stays as it is in WeCom; the stage alone is called otherwise.
            Ok(_) | Err(Error::NotEditable(_)) => Ok(()),
            Err(Error::Invalid(mut problems)) => {
                for problem in &mut problems {
                    problem.pointer = format!("/stages/{}/name", rename.place);
                }
                Err(Error::Invalid(problems))
            }
            Err(error) => Err(error),
        }
    }
}

/// The live group of a board. Where it was deleted: one of its name that somebody made by hand since, and that is no other
/// board's.
pub(super) fn group_of<'a>(book: &'a Playbook, board: &Board) -> Option<&'a TagGroup> {
    let own = book.tags.group(&board.tag_group);
    if let Some(live) = own.filter(|group| !group.deleted) {
        return Some(live);
    }
    let name = own.map_or(board.name.as_str(), |group| group.name.as_str());
    let is_free = |group: &&TagGroup| book.boards.values().all(|other| other.tag_group != group.id);
    book.tags.groups().filter(|group| !group.deleted && group.name == name).find(is_free)
}

/// A name for the time between two others.
fn aside(name: &str, n: u32) -> String {
    name.chars().take(24).chain(format!("·{n}").chars()).collect()
}

/// The order of a stage's new tag: WeCom sorts larger numbers first, stages go from left to right.
fn order_at(group: Option<&TagGroup>, stages: &[StagePlan], place: usize) -> u32 {
    let order = |stage: &StagePlan| group?.live().find(|tag| tag.name == stage.name).map(|tag| tag.order);
    let before = stages[..place].iter().rev().enumerate().find_map(|(n, stage)| Some((n + 1, order(stage)?)));
    let after = stages[place + 1..].iter().enumerate().find_map(|(n, stage)| Some((n + 1, order(stage)?)));
    let steps = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    match (before, after) {
        (None, None) => steps(stages.len() - place).saturating_mul(ORDER_STEP),
        (Some((n, before)), None) => before.saturating_sub(steps(n)),
        (None, Some((n, after))) => after.saturating_add(steps(n).saturating_mul(ORDER_STEP)),
        (Some((n, before)), Some((m, after))) => {
            let gap = before.saturating_sub(after) / (steps(n) + steps(m));
            after.saturating_add(gap.saturating_mul(steps(m)))
        }
    }
}

#[cfg(test)]
mod tests {
    use domain::playbook::TagTree;
    use serde_json::json;

    use super::*;

    fn stages(names: &[&str]) -> Vec<StagePlan> {
        let stage =
            |name: &&str| StagePlan { id: (*name).into(), name: (*name).into(), ..StagePlan::default() };
        names.iter().map(stage).collect()
    }

    fn group(tags: &[(&str, u32)]) -> TagGroup {
        let tags: Vec<_> =
            tags.iter().map(|(name, order)| json!({"id": name, "name": name, "order": order})).collect();
        serde_json::from_value(json!({"id": "g", "name": "组", "tags": tags})).unwrap()
    }

    fn renamed(wanted: &[(&str, &str)]) -> Result<TagPlan, Error> {
        let mut book =
            Playbook { tags: TagTree::new([group(&[("a", 3), ("b", 2), ("x", 1)])]), ..Playbook::default() };
        let board = json!({"id": "p", "name": "p", "tag_group": "g",
            "stages": [{"id": "a", "name": "a", "tag": "a"}, {"id": "b", "name": "b", "tag": "b"}]});
        let board: Board = serde_json::from_value(board).unwrap();
        book.boards.insert(board.id.clone(), board.clone());
        let stage = |(id, name): &(&str, &str)| StagePlan {
            id: (*id).into(),
            name: (*name).into(),
            ..StagePlan::default()
        };
        TagPlan::of(&book, &board, &wanted.iter().map(stage).collect::<Vec<_>>())
    }

    #[test]
    fn a_new_tag_stands_where_its_stage_does() {
        let all = stages(&["a", "b", "c"]);
        assert_eq!((0..3).map(|place| order_at(None, &all, place)).collect::<Vec<_>>(), [300, 200, 100]);
        let known = group(&[("a", 300), ("c", 100)]);
        assert_eq!(order_at(Some(&known), &all, 1), 200);
        assert_eq!(order_at(Some(&group(&[("b", 200), ("c", 100)])), &all, 0), 300);
        assert!(order_at(Some(&group(&[("a", 300), ("b", 200)])), &all, 2) < 200);
    }

    #[test]
    fn names_are_judged_by_the_outcome() {
        assert_eq!(renamed(&[("a", "b"), ("b", "a")]).unwrap().renames.len(), 2, "they change places");
        assert_eq!(
            renamed(&[("a", "b"), ("b", "c"), ("n", "a")]).unwrap().new,
            [2],
            "a name that is given up"
        );
        assert_eq!(
            renamed(&[("a", "a"), ("b", "b"), ("n", "x")]).unwrap().new,
            [2],
            "a tag that is no stage's"
        );
        let refused = |wanted: &[(&str, &str)]| match renamed(wanted) {
            Err(Error::Invalid(problems)) => problems[0].pointer.clone(),
            _ => panic!("{wanted:?} was taken"),
        };
        assert_eq!(refused(&[("a", "a"), ("b", "x")]), "/stages/1/name");
    }
}
