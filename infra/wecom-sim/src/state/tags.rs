use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::random::Draws;

/// Most corp tags of one corp.
pub(crate) const MOST_TAGS: usize = 10_000;
/// Longest name of a tag or group, in characters.
pub(crate) const LONGEST_NAME: usize = 30;

/// Who made a tag: an app may change only its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Creator {
    /// The configured app.
    App,
    /// Another app, by agent id.
    OtherApp(u64),
    Console,
}

/// A corp tag group. Deleted ones stay, since they are still answered when asked for by id.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Group {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) order: u32,
    pub(crate) created_at_ms: i64,
    pub(crate) creator: Creator,
    pub(crate) deleted: bool,
    pub(crate) tags: Vec<Tag>,
}

/// A corp tag.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Tag {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) order: u32,
    pub(crate) created_at_ms: i64,
    pub(crate) creator: Creator,
    pub(crate) deleted: bool,
}

/// All corp tags, in order of creation.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Tags(Vec<Group>);

impl Group {
    pub(crate) fn live_tags(&self) -> impl Iterator<Item = &Tag> {
        self.tags.iter().filter(|tag| !tag.deleted)
    }

    pub(crate) fn live_tag(&self, name: &str) -> Option<&Tag> {
        self.live_tags().find(|tag| tag.name == name)
    }
}

impl Tags {
    pub(crate) fn groups(&self) -> &[Group] {
        &self.0
    }

    pub(crate) fn live_groups(&self) -> impl Iterator<Item = &Group> {
        self.0.iter().filter(|group| !group.deleted)
    }

    pub(crate) fn live_groups_mut(&mut self) -> impl Iterator<Item = &mut Group> {
        self.0.iter_mut().filter(|group| !group.deleted)
    }

    pub(crate) fn group(&self, id: &str) -> Option<&Group> {
        self.0.iter().find(|group| group.id == id)
    }

    pub(crate) fn group_mut(&mut self, id: &str) -> Option<&mut Group> {
        self.0.iter_mut().find(|group| group.id == id)
    }

    pub(crate) fn group_named(&self, name: &str) -> Option<&Group> {
        self.live_groups().find(|group| group.name == name)
    }

    /// A tag by id, dead or alive, with its group.
    pub(crate) fn tag(&self, id: &str) -> Option<(&Group, &Tag)> {
        self.0
            .iter()
            .flat_map(|group| group.tags.iter().map(move |tag| (group, tag)))
            .find(|(_, tag)| tag.id == id)
    }

    pub(crate) fn tag_mut(&mut self, id: &str) -> Option<&mut Tag> {
        self.0.iter_mut().flat_map(|group| group.tags.iter_mut()).find(|tag| tag.id == id)
    }

    /// A tag that can be marked.
    pub(crate) fn live_tag(&self, id: &str) -> Option<(&Group, &Tag)> {
        self.tag(id).filter(|(_, tag)| !tag.deleted)
    }

    pub(crate) fn live_count(&self) -> usize {
        self.live_groups().map(|group| group.live_tags().count()).sum()
    }

    /// A new, empty group. Callers put a tag into it at once: WeCom knows no empty groups.
    pub(crate) fn create_group(
        &mut self,
        name: &str,
        order: u32,
        creator: Creator,
        now_ms: i64,
        draws: &mut Draws,
    ) -> String {
        let id = format!("et{}", draws.draw("tag_group_id").alphanumeric(30));
        self.0.push(Group {
            id: id.clone(),
            name: name.to_owned(),
            order,
            created_at_ms: now_ms,
            creator,
            deleted: false,
            tags: Vec::new(),
        });
        id
    }

    /// A new tag in a group that exists.
    pub(crate) fn create_tag(
        &mut self,
        group_id: &str,
        name: &str,
        order: u32,
        creator: Creator,
        now_ms: i64,
        draws: &mut Draws,
    ) -> Option<Tag> {
        let tag = Tag {
            id: format!("et{}", draws.draw("tag_id").alphanumeric(30)),
            name: name.to_owned(),
            order,
            created_at_ms: now_ms,
            creator,
            deleted: false,
        };
        self.group_mut(group_id)?.tags.push(tag.clone());
        Some(tag)
    }

    /// Deletes groups and tags; a group whose last tag goes, goes too. Answers all dead tag ids and the
    /// groups that went only because they were empty.
    pub(crate) fn delete(
        &mut self,
        group_ids: &BTreeSet<&str>,
        tag_ids: &BTreeSet<&str>,
    ) -> (BTreeSet<String>, Vec<String>) {
        let mut gone = BTreeSet::new();
        let mut emptied = Vec::new();
        for group in self.0.iter_mut().filter(|group| !group.deleted) {
            let whole = group_ids.contains(group.id.as_str());
            for tag in group.tags.iter_mut().filter(|tag| !tag.deleted) {
                if whole || tag_ids.contains(tag.id.as_str()) {
                    tag.deleted = true;
                    gone.insert(tag.id.clone());
                }
            }
            if whole || group.tags.iter().all(|tag| tag.deleted) {
                group.deleted = true;
                if !whole {
                    emptied.push(group.id.clone());
                }
            }
        }
        (gone, emptied)
    }
}
