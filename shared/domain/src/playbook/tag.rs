//! Corp tags as WeCom has them. Deleted ones stay as tombstones, so that a customer's file can tell "gone" from
//! "not heard of yet".

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{TagGroupId, TagId};

/// A tag group (标签组).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagGroup {
    /// WeCom's id.
    pub id: TagGroupId,
    /// Shown name.
    pub name: String,
    /// Larger sorts first.
    #[serde(default)]
    pub order: u32,
    /// Made by Stepwise: mirrored to every open relation whatever its history (T1).
    #[serde(default)]
    pub ours: bool,
    /// Deleted in WeCom.
    #[serde(default)]
    pub deleted: bool,
    /// May Stepwise change it? WeCom lets an app change only what it made; `None`: nobody has tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub editable: Option<bool>,
    /// Was it decided that all relations are to have its tags, history included (T1)? Groups of ours need no decision.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mirrored: bool,
    /// Its tags.
    pub tags: Vec<Tag>,
}

impl TagGroup {
    /// Its tags that are not deleted.
    pub fn live(&self) -> impl Iterator<Item = &Tag> {
        self.tags.iter().filter(|tag| !tag.deleted && !self.deleted)
    }
}

/// A corp tag (企业标签).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// WeCom's id.
    pub id: TagId,
    /// Shown name, unique within its group.
    pub name: String,
    /// Larger sorts first.
    #[serde(default)]
    pub order: u32,
    /// Deleted in WeCom.
    #[serde(default)]
    pub deleted: bool,
    /// May Stepwise change it? WeCom lets an app change only what it made; `None`: nobody has tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub editable: Option<bool>,
}

/// All groups, with an index by tag.
#[derive(Clone, Debug, Default)]
pub struct TagTree {
    groups: BTreeMap<TagGroupId, TagGroup>,
    by_tag: BTreeMap<TagId, (TagGroupId, usize)>,
}

impl TagTree {
    /// Builds the index.
    #[must_use]
    pub fn new(groups: impl IntoIterator<Item = TagGroup>) -> Self {
        let groups: BTreeMap<_, _> = groups.into_iter().map(|group| (group.id.clone(), group)).collect();
        let mut by_tag = BTreeMap::new();
        for group in groups.values() {
            for (place, tag) in group.tags.iter().enumerate() {
                by_tag.insert(tag.id.clone(), (group.id.clone(), place));
            }
        }
        Self { groups, by_tag }
    }

    /// Groups in order of id.
    pub fn groups(&self) -> impl Iterator<Item = &TagGroup> {
        self.groups.values()
    }

    /// A group by id.
    #[must_use]
    pub fn group(&self, id: &TagGroupId) -> Option<&TagGroup> {
        self.groups.get(id)
    }

    /// A tag with its group.
    #[must_use]
    pub fn tag(&self, id: &TagId) -> Option<(&TagGroup, &Tag)> {
        let (group, place) = self.by_tag.get(id)?;
        let group = self.groups.get(group)?;
        Some((group, group.tags.get(*place)?))
    }

    /// Known, and not deleted in WeCom.
    #[must_use]
    pub fn is_live(&self, id: &TagId) -> bool {
        self.tag(id).is_some_and(|(group, tag)| !tag.deleted && !group.deleted)
    }

    /// Known to have been deleted in WeCom.
    #[must_use]
    pub fn is_deleted(&self, id: &TagId) -> bool {
        self.tag(id).is_some_and(|(group, tag)| tag.deleted || group.deleted)
    }

    /// `组/标签`, or the id of a tag that is not known.
    #[must_use]
    pub fn label(&self, id: &TagId) -> String {
        self.tag(id).map_or_else(|| id.to_string(), |(group, tag)| format!("{}/{}", group.name, tag.name))
    }
}
