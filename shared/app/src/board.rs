//! Boards: stages bound to the tags of one group, which is made in WeCom where it is missing.

use domain::{
    BoardId, StageId, TagGroupId,
    id::check_slug,
    playbook::{Board, Problem, Stage, StageKind, TagGroup},
};
use serde::Deserialize;
use store::{Change, RecordKind};
use wecom::tag::{NewTag, NewTags, NewTagsGroup};

use crate::{App, Author, Error, Lane, catalog, tags};

/// A board as somebody wants it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoardPlan {
    /// Shown name.
    pub name: String,
    /// Name of the tag group; made if there is none.
    pub tag_group: String,
    /// Stages from first contact to the end; each is a tag of the same name.
    pub stages: Vec<StagePlan>,
}

/// A stage as somebody wants it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StagePlan {
    /// Unique within the board.
    pub id: String,
    /// Shown name, and the tag's.
    pub name: String,
    /// Open, won or lost.
    #[serde(default)]
    pub kind: StageKind,
}

impl App {
    /// Makes a board, with its tags in WeCom. A group that is there already is adopted as it is; tags that miss are
    /// added to it.
    pub async fn create_board(
        &self,
        id: &BoardId,
        plan: &BoardPlan,
        author: &Author,
    ) -> Result<Board, Error> {
        check(id, plan)?;
        self.refresh_tags().await?;
        let book = self.playbook().await?;
        if book.boards.contains_key(id) {
            return Err(Error::Conflict(format!("board {id} exists already")));
        }
        let taken = book.boards.values().find(|board| {
            book.tags.group(&board.tag_group).is_some_and(|group| group.name == plan.tag_group)
        });
        if let Some(other) = taken {
            let text = format!("tag group {:?} belongs to board {:?}", plan.tag_group, other.id.as_str());
            return Err(Error::Invalid(vec![Problem::new("/tag_group", "taken", text)]));
        }
        let known = book.tags.groups().find(|group| group.name == plan.tag_group && !group.deleted);
        let group = self.complete_group(known, plan).await?;
        let stages = plan.stages.iter().map(|stage| Stage {
            id: StageId::from(stage.id.as_str()),
            name: stage.name.clone(),
            tag: group
                .tags
                .iter()
                .find(|tag| tag.name == stage.name && !tag.deleted)
                .map(|tag| tag.id.clone()),
            kind: stage.kind,
        });
        let board = Board {
            id: id.clone(),
            name: plan.name.clone(),
            tag_group: group.id.clone(),
            stages: stages.collect(),
            revision: 1,
        };
        let change = Change {
            kind: RecordKind::Board,
            id: id.to_string(),
            doc: Some(catalog::to_json(&board)?),
            revision: 1,
            expected: store::Expected::Absent,
        };
        self.change(&[tags::record(&group)?, change], "create", author).await?;
        Ok(board)
    }

    /// The group with a tag for every stage. WeCom collapses repeated names, so a crash in the middle is mended by
    /// doing it again.
    async fn complete_group(&self, known: Option<&TagGroup>, plan: &BoardPlan) -> Result<TagGroup, Error> {
        let has = |name: &str| {
            known.is_some_and(|group| group.tags.iter().any(|tag| tag.name == name && !tag.deleted))
        };
        // WeCom sorts larger numbers first; stages go from left to right.
        let missing = plan.stages.iter().enumerate().filter(|(_, stage)| !has(&stage.name));
        let missing: Vec<NewTag> = missing
            .map(|(i, stage)| NewTag { name: stage.name.clone(), order: u32::try_from(1000 - i).ok() })
            .collect();
        if missing.is_empty()
            && let Some(known) = known
        {
            return Ok(known.clone());
        }
        let group = match known {
            Some(known) => NewTagsGroup::Existing { group_id: known.id.to_string() },
            None => NewTagsGroup::Named { group_name: plan.tag_group.clone(), order: None },
        };
        let wanted = NewTags { group, tags: missing, agentid: None };
        let wanted = &wanted;
        let made = self
            .call(Lane::Interactive, |wecom, token| async move { wecom.add_corp_tags(&token, wanted).await })
            .await?;
        let made = tags::from_wecom(TagGroupId::from(made.group_id.as_str()), &made);
        let mut group = known.cloned().unwrap_or(TagGroup { ours: true, tags: Vec::new(), ..made.clone() });
        let fresh = made.tags.into_iter().filter(|tag| !group.tags.iter().any(|old| old.id == tag.id));
        let fresh: Vec<_> = fresh.collect();
        group.tags.extend(fresh);
        Ok(group)
    }
}

fn check(id: &BoardId, plan: &BoardPlan) -> Result<(), Error> {
    let mut problems = Vec::new();
    let mut bad =
        |pointer: String, code: &str, text: String| problems.push(Problem::new(pointer, code, text));
    if let Err(error) = check_slug(id.as_str()) {
        bad("/id".into(), "bad_id", error.to_string());
    }
    let short = |name: &str| !name.trim().is_empty() && name.chars().count() <= 30 && !name.contains('/');
    for (pointer, name) in [("/name", &plan.name), ("/tag_group", &plan.tag_group)] {
        if !short(name) {
            bad(pointer.into(), "bad_length", "a name has 1 to 30 characters and no slash".into());
        }
    }
    if plan.stages.len() < 2 || plan.stages.len() > 30 {
        bad("/stages".into(), "bad_length", "a board has 2 to 30 stages".into());
    }
    for (i, stage) in plan.stages.iter().enumerate() {
        let before = &plan.stages[..i];
        if let Err(error) = check_slug(&stage.id) {
            bad(format!("/stages/{i}/id"), "bad_id", error.to_string());
        }
        if before.iter().any(|other| other.id == stage.id) {
            bad(format!("/stages/{i}/id"), "duplicate", format!("stage id {:?} is used twice", stage.id));
        }
        if !short(&stage.name) {
            bad(
                format!("/stages/{i}/name"),
                "bad_length",
                "a name has 1 to 30 characters and no slash".into(),
            );
        }
        if before.iter().any(|other| other.name == stage.name) {
            bad(
                format!("/stages/{i}/name"),
                "duplicate",
                format!("stage name {:?} is used twice", stage.name),
            );
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Error::Invalid(problems)) }
}
