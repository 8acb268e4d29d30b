//! Groups of contents: a tree, five levels deep.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::Field;
use crate::{ContentGroupId, id::check_slug, playbook::Problem};

/// The most levels.
pub const MAX_GROUP_DEPTH: usize = 5;

/// A group (分组).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentGroup {
    /// Its id.
    pub id: ContentGroupId,
    /// Shown name, unique among its neighbours; as long as a title.
    pub name: String,
    /// The group around it; `None`: it is at the top.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<ContentGroupId>,
    /// Smaller sorts first; groups of the same order sort by name.
    #[serde(default)]
    pub order: u32,
    /// Revision, for If-Match.
    #[serde(default)]
    pub revision: u64,
}

/// Why a group cannot be as it is wanted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GroupFault {
    /// Its id is none.
    #[error("this is no id: 1 to 40 of a-z, 0-9, - and _")]
    Id,
    /// Its name is empty or too long.
    #[error("a name has 1 to {most} characters; this has {0}", most = Field::Title.most())]
    Name(usize),
    /// A neighbour is called so.
    #[error("another group there is called so")]
    NameTaken,
    /// The group around it does not exist.
    #[error("there is no group {0:?}")]
    NoParent(String),
    /// It would lie in itself.
    #[error("a group cannot lie in itself or in a group below it")]
    Circle,
    /// It, or a group in it, would be too deep.
    #[error("groups are {MAX_GROUP_DEPTH} levels deep at most; this would be {0}")]
    TooDeep(usize),
}

impl GroupFault {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Id => "bad_id",
            Self::Name(_) => "bad_length",
            Self::NameTaken => "name_taken",
            Self::NoParent(_) => "unknown_group",
            Self::Circle => "group_in_itself",
            Self::TooDeep(_) => "too_deep",
        }
    }

    /// The field that is wrong, as a JSON pointer.
    #[must_use]
    pub const fn pointer(&self) -> &'static str {
        match self {
            Self::Id => "/id",
            Self::Name(_) | Self::NameTaken => "/name",
            Self::NoParent(_) | Self::Circle | Self::TooDeep(_) => "/parent",
        }
    }

    /// What is wrong and what to do about it.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Id => "标识只能用小写字母、数字、“-”和“_”，最多 40 个字符，请修改".into(),
            Self::Name(_) => format!("分组名称为 1 至 {} 个字，请修改", Field::Title.most()),
            Self::NameTaken => "同一级已有同名分组，请换一个名称".into(),
            Self::NoParent(_) => "上级分组不存在或已被删除，请重新选择".into(),
            Self::Circle => "不能把分组移到它自己或它的下级里，请重新选择".into(),
            Self::TooDeep(depth) => {
                format!("分组最多 {MAX_GROUP_DEPTH} 级，这样会有 {depth} 级，请放到更上一级")
            }
        }
    }
}

impl From<GroupFault> for Problem {
    fn from(fault: GroupFault) -> Self {
        Self::new(fault.pointer(), fault.code(), fault.to_string()).saying(fault.zh())
    }
}

/// All groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupTree(BTreeMap<ContentGroupId, ContentGroup>);

impl GroupTree {
    /// Of these groups.
    #[must_use]
    pub fn new(groups: impl IntoIterator<Item = ContentGroup>) -> Self {
        Self(groups.into_iter().map(|group| (group.id.clone(), group)).collect())
    }

    /// A group.
    #[must_use]
    pub fn get(&self, id: &ContentGroupId) -> Option<&ContentGroup> {
        self.0.get(id)
    }

    /// All of them, in order of their ids.
    pub fn all(&self) -> impl Iterator<Item = &ContentGroup> {
        self.0.values()
    }

    /// The groups right in this one (`None`: at the top), in order.
    #[must_use]
    pub fn within(&self, parent: Option<&ContentGroupId>) -> Vec<&ContentGroup> {
        let mut groups: Vec<_> = self.0.values().filter(|group| group.parent.as_ref() == parent).collect();
        groups.sort_by(|a, b| (a.order, &a.name, &a.id).cmp(&(b.order, &b.name, &b.id)));
        groups
    }

    /// A group and the groups around it, from the top. Empty: there is no such group.
    #[must_use]
    pub fn path(&self, id: &ContentGroupId) -> Vec<&ContentGroup> {
        let mut path = Vec::new();
        let mut next = self.0.get(id);
        // What should not be there, a circle, ends it.
        while let Some(group) = next.filter(|_| path.len() < MAX_GROUP_DEPTH) {
            path.push(group);
            next = group.parent.as_ref().and_then(|parent| self.0.get(parent));
        }
        path.reverse();
        path
    }

    /// This group (`None`: all of them) and what is below it, each followed by those in it, in order.
    #[must_use]
    pub fn walk(&self, from: Option<&ContentGroupId>) -> Vec<&ContentGroup> {
        let mut found = Vec::new();
        let mut open = match from {
            Some(id) => self.get(id).into_iter().collect(),
            None => self.within(None),
        };
        open.reverse();
        // What should not be there, a circle, ends it.
        while let Some(group) = open.pop().filter(|_| found.len() < self.0.len()) {
            found.push(group);
            open.extend(self.within(Some(&group.id)).into_iter().rev());
        }
        found
    }

    /// Where a group stands in the tree: order, name and id of each group around it, from the top, and its own. Places sort
    /// as the groups do.
    #[must_use]
    pub fn place(&self, id: &ContentGroupId) -> Vec<(u32, String, String)> {
        let path = self.path(id).into_iter();
        path.map(|group| (group.order, group.name.clone(), group.id.to_string())).collect()
    }

    /// A group and all below it.
    #[must_use]
    pub fn below(&self, id: &ContentGroupId) -> BTreeSet<ContentGroupId> {
        let mut found = BTreeSet::new();
        let mut open = vec![id];
        while let Some(id) = open.pop() {
            if found.insert(id.clone()) {
                open.extend(self.within(Some(id)).into_iter().map(|group| &group.id));
            }
        }
        found
    }

    /// Can this group be put into the tree, anew or in the place of the one with its id?
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(&self, group: &ContentGroup) -> Result<(), GroupFault> {
        if check_slug(group.id.as_str()).is_err() {
            return Err(GroupFault::Id);
        }
        let length = Field::Title.length(group.name.trim());
        if length == 0 || length > Field::Title.most() {
            return Err(GroupFault::Name(length));
        }
        let neighbours = self.within(group.parent.as_ref());
        if neighbours.iter().any(|other| other.id != group.id && other.name == group.name) {
            return Err(GroupFault::NameTaken);
        }
        let Some(parent) = &group.parent else { return Ok(()) };
        if !self.0.contains_key(parent) {
            return Err(GroupFault::NoParent(parent.to_string()));
        }
        if self.below(&group.id).contains(parent) {
            return Err(GroupFault::Circle);
        }
        match self.path(parent).len() + self.height(&group.id) {
            depth if depth > MAX_GROUP_DEPTH => Err(GroupFault::TooDeep(depth)),
            _ => Ok(()),
        }
    }

    /// How many levels a group takes with what is in it.
    fn height(&self, id: &ContentGroupId) -> usize {
        let own = self.path(id).len();
        let deepest = self.below(id).iter().map(|id| self.path(id).len()).max().unwrap_or_default();
        deepest.saturating_sub(own) + 1
    }
}

#[cfg(test)]
mod tests;
