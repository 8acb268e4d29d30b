//! What the playbook relies on in WeCom: its staff, and the tags of its boards.

use std::collections::BTreeSet;

use domain::{Playbook, StaffId, TagGroupId, TagId};
use store::Store;

use super::finding::Words;
use crate::{Error, playbook::Shelf};

/// The playbook as far as the doctor needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The staff who are with the corp.
    pub staff: BTreeSet<StaffId>,
    /// The boards.
    pub boards: Vec<BoundBoard>,
}

/// A board and the tag group that it is bound to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundBoard {
    /// Shown name.
    pub name: String,
    /// The group.
    pub group: TagGroupId,
    /// What the group was called when last heard of; empty: never.
    pub group_name: String,
    /// Stepwise made the group.
    pub ours: bool,
    /// The stages.
    pub stages: Vec<BoundStage>,
}

/// A stage and its tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundStage {
    /// Shown name.
    pub name: String,
    /// `None`: it never had one, or nobody knows which.
    pub tag: Option<TagId>,
}

/// Why the playbook is not known, and what to do so that it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoPlan {
    /// Why.
    pub why: Words,
    /// What to do.
    pub mend: Words,
}

impl Plan {
    /// Reads it from a store, and writes nothing.
    pub async fn read(store: &Store) -> Result<Self, Error> {
        let stamp = store.stamp().await?;
        let book = Shelf::default().at(store, stamp).await?;
        Ok(Self::from(&*book))
    }
}

impl From<&Playbook> for Plan {
    fn from(book: &Playbook) -> Self {
        let boards = book.boards.values().map(|board| {
            let group = book.tags.group(&board.tag_group);
            let stages = board.stages.iter();
            BoundBoard {
                name: board.name.clone(),
                group: board.tag_group.clone(),
                group_name: group.map(|group| group.name.clone()).unwrap_or_default(),
                ours: group.is_some_and(|group| group.ours),
                stages: stages
                    .map(|stage| BoundStage { name: stage.name.clone(), tag: stage.tag.clone() })
                    .collect(),
            }
        });
        // Of who has left nobody expects a licence.
        let staff = book.staff.values().filter(|staff| staff.is_with_us()).map(|staff| staff.userid.clone());
        Self { staff: staff.collect(), boards: boards.collect() }
    }
}
