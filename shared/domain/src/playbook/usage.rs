//! What uses a tag or a stage: rules and SOPs that ask for it or set it; of a tag also the stage that it is.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Action, Board, Playbook, Rule, Sop, StageRef, Tag, TagGroup, Trigger};
use crate::{
    BoardId, ContentId, Predicate, RuleId, SopId, StageId, TagId,
    sop::{Anchor, Document, Step},
};

/// Something that a tag is used by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TagUser {
    /// It is this stage.
    Stage {
        /// The board.
        board: BoardId,
        /// The stage.
        stage: StageId,
    },
    /// The rule listens to it, asks for it, puts it on or takes it off; whether it is enabled or not.
    Rule(RuleId),
    /// The SOP's published version asks for it.
    Sop(SopId),
}

/// What a rule or an SOP names, or what somebody is about to delete.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// Tags.
    pub tags: BTreeSet<TagId>,
    /// Stages.
    pub stages: BTreeSet<StageRef>,
}

impl Playbook {
    /// Who uses each tag. Tags that nothing uses are not in it.
    #[must_use]
    pub fn tag_users(&self) -> BTreeMap<TagId, BTreeSet<TagUser>> {
        let mut users: BTreeMap<TagId, BTreeSet<TagUser>> = BTreeMap::new();
        for board in self.boards.values() {
            for stage in &board.stages {
                let user = TagUser::Stage { board: board.id.clone(), stage: stage.id.clone() };
                if let Some(tag) = &stage.tag {
                    users.entry(tag.clone()).or_default().insert(user);
                }
            }
        }
        for (user, named) in self.named() {
            for tag in named.tags {
                users.entry(tag).or_default().insert(user.clone());
            }
        }
        users
    }

    /// Rules and SOPs that would miss a stage: those that name it, its tag, or a dead tag that was the same before it.
    #[must_use]
    pub fn stage_users(&self, at: &StageRef) -> BTreeSet<TagUser> {
        let gone = self.with_stage(at);
        self.named().filter(|(_, named)| named.shares(&gone)).map(|(user, _)| user).collect()
    }

    /// SOPs whose published version sends a content.
    #[must_use]
    pub fn content_users(&self, content: &ContentId) -> BTreeSet<SopId> {
        let published = |sop: &Sop| sop.versions.get(&sop.header.published?).cloned();
        let names = |step: &Step| step.content.reference().is_some_and(|reference| &reference.id == content);
        let sends =
            |sop: &Sop| published(sop).is_some_and(|version| version.document.steps.iter().any(names));
        self.sops.iter().filter(|(_, sop)| sends(sop)).map(|(id, _)| id.clone()).collect()
    }

    /// SOPs any version of which sends a content: somebody may still be inside an older one.
    #[must_use]
    pub fn content_holders(&self, content: &ContentId) -> BTreeSet<SopId> {
        let names = |step: &Step| step.content.reference().is_some_and(|reference| &reference.id == content);
        let sends = |sop: &Sop| sop.versions.values().any(|version| version.document.steps.iter().any(names));
        self.sops.iter().filter(|(_, sop)| sends(sop)).map(|(id, _)| id.clone()).collect()
    }

    /// What goes with a stage: its tag, and dead ones that were the same before it.
    #[must_use]
    pub fn with_stage(&self, at: &StageRef) -> Named {
        let mut gone = Named { tags: BTreeSet::new(), stages: [at.clone()].into() };
        if let Some((board, stage)) = self.stage(&at.board, &at.stage) {
            gone.tags.extend(stage.tag.clone());
            let called = stage.tag.as_ref().and_then(|tag| self.tags.tag(tag)).map(|(_, tag)| &tag.name);
            let namesakes = self.dead_tags(board).into_iter().filter(|tag| Some(&tag.name) == called);
            gone.tags.extend(namesakes.map(|tag| tag.id.clone()));
        }
        gone
    }

    /// Rules and SOPs that name a tag of the board's group which was deleted: they wait in vain.
    #[must_use]
    pub fn users_of_dead_tags(&self, board: &Board) -> BTreeSet<TagUser> {
        let dead = self.dead_tags(board).into_iter().map(|tag| tag.id.clone()).collect();
        let dead = Named { tags: dead, stages: BTreeSet::new() };
        self.named().filter(|(_, named)| named.shares(&dead)).map(|(user, _)| user).collect()
    }

    /// Deleted tags of the board's group, and of deleted groups that were called the same.
    fn dead_tags(&self, board: &Board) -> Vec<&Tag> {
        let name = self.tags.group(&board.tag_group).map(|group| &group.name);
        let was =
            |group: &&TagGroup| group.id == board.tag_group || (group.deleted && Some(&group.name) == name);
        let groups = self.tags.groups().filter(was);
        groups.flat_map(|group| group.tags.iter().filter(|tag| tag.deleted || group.deleted)).collect()
    }

    /// Versions of SOPs, other than the published ones, that name some of it: somebody may still be inside.
    #[must_use]
    pub fn older_versions_with(&self, gone: &Named) -> BTreeSet<(SopId, u32)> {
        let all = self.sops.iter().flat_map(|(id, sop)| {
            let older = sop.versions.iter().filter(|(number, _)| Some(**number) != sop.header.published);
            older.map(move |(number, version)| (id, *number, version))
        });
        all.filter(|(_, _, version)| Named::by_document(&version.document).shares(gone))
            .map(|(id, number, _)| (id.clone(), number))
            .collect()
    }

    /// Does a draft, which may be wrong and writes names, name some of it?
    #[must_use]
    pub fn draft_names(&self, draft: &Value, gone: &Named) -> bool {
        match draft {
            Value::Object(fields) => fields.iter().any(|(field, value)| match (field.as_str(), value) {
                ("tag", Value::String(tag)) => {
                    let found = self.find_tag(tag, "").unwrap_or_else(|_| TagId::from(tag.as_str()));
                    gone.tags.contains(&found)
                }
                ("stage", Value::String(_)) => {
                    let at = serde_json::from_value::<StageRef>(value.clone()).ok();
                    let found = at.and_then(|at| self.find_stage(&at, "").ok());
                    found.is_some_and(|at| gone.stages.contains(&at))
                }
                (_, value) => self.draft_names(value, gone),
            }),
            Value::Array(entries) => entries.iter().any(|entry| self.draft_names(entry, gone)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
        }
    }

    fn named(&self) -> impl Iterator<Item = (TagUser, Named)> {
        let rules = self.rules.iter().map(|rule| (TagUser::Rule(rule.id.clone()), Named::by_rule(rule)));
        let sops = self.sops.values().filter_map(|sop| {
            let published = sop.versions.get(&sop.header.published?)?;
            Some((TagUser::Sop(sop.header.id.clone()), Named::by_document(&published.document)))
        });
        rules.chain(sops)
    }
}

impl Named {
    fn shares(&self, other: &Self) -> bool {
        !self.tags.is_disjoint(&other.tags) || !self.stages.is_disjoint(&other.stages)
    }

    fn by_rule(rule: &Rule) -> Self {
        let mut named = Self::default();
        match &rule.when {
            Trigger::TagAdded(tag) => {
                named.tags.insert(tag.clone());
            }
            Trigger::MessageContains(_) => {}
        }
        for action in &rule.then {
            let (Action::AddTag(tag) | Action::RemoveTag(tag)) = action;
            named.tags.insert(tag.clone());
        }
        if let Some(condition) = &rule.condition {
            named.add(condition);
        }
        named
    }

    fn by_document(document: &Document) -> Self {
        let mut named = Self::default();
        if let Anchor::StageEntry { stage } = &document.anchor {
            named.stages.insert(stage.clone());
        }
        let conditions = document.steps.iter().filter_map(|step| step.when.as_ref());
        for predicate in conditions.chain(&document.exit.when).chain([&document.audience]) {
            named.add(predicate);
        }
        named
    }

    fn add(&mut self, predicate: &Predicate) {
        match predicate {
            Predicate::All(parts) | Predicate::Any(parts) => {
                for part in parts {
                    self.add(part);
                }
            }
            Predicate::Not(part) => self.add(part),
            Predicate::Tag(tag) => {
                self.tags.insert(tag.clone());
            }
            Predicate::Stage(at) => {
                self.stages.insert(at.clone());
            }
            Predicate::Channel(_) | Predicate::AddWay(_) | Predicate::Owner(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};

    use super::*;
    use crate::{
        Timestamp,
        playbook::{Sop, SopHeader},
        sop::SopVersion,
    };

    fn version(number: u32, when: &Value) -> (u32, Arc<SopVersion>) {
        let document = json!({"id": "care", "name": "关怀", "anchor": {"kind": "friend_add"},
            "audience": {"not": {"tag": "peer"}}, "exit": {"when": {"any": [{"tag": "bought"}]}},
            "steps": [{"id": "a", "at": {"after_minutes": 5}, "method": "task", "content": {"text": "您好"},
                       "when": when}]});
        let document = serde_json::from_value(document).unwrap();
        (number, Arc::new(SopVersion { version: number, published_at: Timestamp::from_secs(0), document }))
    }

    #[test]
    fn whatever_names_a_tag_uses_it() {
        let mut book = Playbook::default();
        let board = json!({"id": "cars", "name": "汽车", "tag_group": "g", "stages": [
            {"id": "lead", "name": "线索", "tag": "lead"}, {"id": "gone", "name": "无", "tag": null}]});
        book.boards.insert("cars".into(), serde_json::from_value(board).unwrap());
        let rule = json!({"id": "r", "name": "r", "enabled": false, "when": {"tag_added": "heard"},
            "if": {"all": [{"tag": "asked"}, {"stage": "cars/gone"}]}, "then": [{"add_tag": "put"}, {"remove_tag": "taken"}]});
        book.rules.push(serde_json::from_value(rule).unwrap());
        let header =
            SopHeader { id: "care".into(), published: Some(2), first_published_at: None, enabled: false };
        let versions = [version(1, &json!({"tag": "old"})), version(2, &json!({"tag": "due"}))].into();
        book.sops.insert("care".into(), Sop { header, versions });

        let users = book.tag_users();
        let of = |user: TagUser| {
            let tags = users.iter().filter(|(_, by)| by.contains(&user));
            tags.map(|(tag, _)| tag.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(of(TagUser::Stage { board: "cars".into(), stage: "lead".into() }), ["lead"]);
        assert_eq!(of(TagUser::Rule("r".into())), ["asked", "heard", "put", "taken"]);
        assert_eq!(of(TagUser::Sop("care".into())), ["bought", "due", "peer"], "of the published version");
        assert_eq!(users.len(), 8);
        let old = |tag: &str| Named { tags: [TagId::from(tag)].into(), ..Named::default() };
        assert_eq!(book.older_versions_with(&old("old")), [(SopId::from("care"), 1)].into());
        assert_eq!(book.older_versions_with(&old("due")), BTreeSet::new());
        let at = |stage: &str| StageRef { board: "cars".into(), stage: stage.into() };
        assert_eq!(book.stage_users(&at("gone")), [TagUser::Rule("r".into())].into());
        assert_eq!(book.stage_users(&at("lead")), BTreeSet::new());
    }

    #[test]
    fn who_names_a_dead_tag_is_found_by_the_one_that_came_in_its_place() {
        let mut book = Playbook::default();
        let group: TagGroup = serde_json::from_value(json!({"id": "g", "name": "组", "tags": [
            {"id": "dead", "name": "线索", "deleted": true}, {"id": "new", "name": "线索"}, {"id": "x", "name": "x"}]})).unwrap();
        book.tags = crate::playbook::TagTree::new([group]);
        let board = json!({"id": "cars", "name": "汽车", "tag_group": "g", "stages": [
            {"id": "lead", "name": "线索", "tag": "new"}, {"id": "x", "name": "x", "tag": "x"}]});
        book.boards.insert("cars".into(), serde_json::from_value(board).unwrap());
        let rule = json!({"id": "r", "name": "r", "when": {"tag_added": "dead"}, "then": [{"add_tag": "y"}]});
        book.rules.push(serde_json::from_value(rule).unwrap());
        let at = |stage: &str| StageRef { board: "cars".into(), stage: stage.into() };
        let rule = BTreeSet::from([TagUser::Rule("r".into())]);
        assert_eq!(book.users_of_dead_tags(&book.boards[&BoardId::from("cars")]), rule);
        assert_eq!(book.stage_users(&at("lead")), rule);
        assert_eq!(book.stage_users(&at("x")), BTreeSet::new());
        let draft = |when: Value| json!({"steps": [{"when": {"any": [when]}}]});
        let gone = book.with_stage(&at("lead"));
        for named in
            [json!({"tag": "组/线索"}), json!({"not": {"tag": "dead"}}), json!({"stage": "汽车/线索"})]
        {
            assert!(book.draft_names(&draft(named), &gone));
        }
        assert!(!book.draft_names(&draft(json!({"tag": "组/x"})), &gone));
    }
}
