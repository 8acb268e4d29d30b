//! What uses a tag or a stage: rules and SOPs that ask for it or set it; of a tag also the stage that it is.

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, Playbook, Rule, StageRef, Trigger};
use crate::{
    BoardId, Predicate, RuleId, SopId, StageId, TagId,
    sop::{Anchor, Document},
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

/// What a rule or an SOP names.
#[derive(Default)]
struct Named {
    tags: BTreeSet<TagId>,
    stages: BTreeSet<StageRef>,
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

    /// Rules and SOPs that would miss a stage: those that name it, or its tag.
    #[must_use]
    pub fn stage_users(&self, at: &StageRef) -> BTreeSet<TagUser> {
        let tag = self.stage(&at.board, &at.stage).and_then(|(_, stage)| stage.tag.as_ref());
        let uses =
            |named: &Named| named.stages.contains(at) || tag.is_some_and(|tag| named.tags.contains(tag));
        self.named().filter(|(_, named)| uses(named)).map(|(user, _)| user).collect()
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
        let at = |stage: &str| StageRef { board: "cars".into(), stage: stage.into() };
        assert_eq!(book.stage_users(&at("gone")), [TagUser::Rule("r".into())].into());
        assert_eq!(book.stage_users(&at("lead")), BTreeSet::new());
    }
}
