//! The playbook: everything the corp has decided in advance. Compiled once, cached, and re-validated by its stamp at
//! the beginning of every reaction.

mod board;
mod names;
mod rule;
mod settings;
mod sight;
mod staff;
mod tag;
mod usage;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

pub use board::{Board, FormerStage, MAX_FORMER_STAGES, Stage, StageKind, StageRef};
pub use names::Problem;
pub(crate) use rule::fold;
pub use rule::{Action, Moves, Rule, Trigger, Words};
pub use settings::{HourMinute, Links, MAX_HOURS_AFTER_ANCHOR, OwnerPolicy, Quiet, Settings};
pub use sight::Sight;
pub use staff::{Absence, Department, DepartmentId, Role, Staff, StaffChange, StaffStatus};
pub use tag::{Tag, TagGroup, TagTree};
pub use usage::{Named, TagUser};

use crate::{
    BoardId, ContentGroupId, ContentId, SopId, StaffId, StageId, TagId, Timestamp,
    content::{Content, GroupTree},
    sop::SopVersion,
};

/// What reactions are decided by.
#[derive(Clone, Debug, Default)]
pub struct Playbook {
    /// Rises with every change of anything below.
    pub stamp: u64,
    /// The corp's settings.
    pub settings: Settings,
    /// Tag groups and tags as WeCom has them.
    pub tags: TagTree,
    /// Boards by id.
    pub boards: BTreeMap<BoardId, Board>,
    /// Rules, in the order in which they are asked.
    pub rules: Vec<Rule>,
    /// SOPs by id.
    pub sops: BTreeMap<SopId, Sop>,
    /// Staff by id.
    pub staff: BTreeMap<StaffId, Staff>,
    /// Departments by id, as far as WeCom shows them.
    pub departments: BTreeMap<DepartmentId, Department>,
    /// Contents by id, without what they say.
    pub contents: BTreeMap<ContentId, Content>,
    /// The groups that contents lie in.
    pub content_groups: GroupTree,
    /// Contents that are there and cannot be read: what sends one waits until somebody repairs it.
    pub damaged_contents: BTreeSet<ContentId>,
    /// Groups of contents that are there and cannot be read.
    pub damaged_groups: BTreeSet<ContentGroupId>,
}

/// An SOP with the versions that somebody may still be inside.
#[derive(Clone, Debug)]
pub struct Sop {
    /// What is kept of it.
    pub header: SopHeader,
    /// Immutable published versions by number.
    pub versions: BTreeMap<u32, Arc<SopVersion>>,
}

/// The changing part of an SOP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SopHeader {
    /// Its id.
    pub id: SopId,
    /// The version that newcomers enter; `None`: never published.
    #[serde(default)]
    pub published: Option<u32>,
    /// The first publishing: anchors before it enroll nobody (P8).
    #[serde(default)]
    pub first_published_at: Option<Timestamp>,
    /// Does it take newcomers?
    #[serde(default = "yes")]
    pub enabled: bool,
}

fn yes() -> bool {
    true
}

impl Sop {
    /// The version that newcomers enter now.
    #[must_use]
    pub fn current(&self) -> Option<&Arc<SopVersion>> {
        self.header.enabled.then_some(self.header.published).flatten().and_then(|n| self.versions.get(&n))
    }
}

impl Playbook {
    /// The version that an enrollment follows.
    #[must_use]
    pub fn version(&self, sop: &SopId, version: u32) -> Option<&Arc<SopVersion>> {
        self.sops.get(sop)?.versions.get(&version)
    }

    /// May customers be given to this staff member? Of whom nothing is known nothing speaks against it.
    #[must_use]
    pub fn can_serve(&self, staff: &StaffId) -> bool {
        self.staff.get(staff).is_none_or(Staff::can_serve)
    }

    /// Does the tag stand for a stage, or did it for one that was deleted? Then cards decide about it.
    #[must_use]
    pub fn is_of_a_board(&self, tag: &TagId) -> bool {
        let was = |board: &Board| board.former.iter().any(|former| former.tag.as_ref() == Some(tag));
        self.stage_of_tag(tag).is_some() || self.boards.values().any(was)
    }

    /// The stage that a tag stands for.
    #[must_use]
    pub fn stage_of_tag(&self, tag: &TagId) -> Option<(&Board, &Stage)> {
        self.boards.values().find_map(|board| {
            let stage = board.stages.iter().find(|stage| stage.tag.as_ref() == Some(tag))?;
            Some((board, stage))
        })
    }

    /// A stage by its ids.
    #[must_use]
    pub fn stage(&self, board: &BoardId, stage: &StageId) -> Option<(&Board, &Stage)> {
        let board = self.boards.get(board)?;
        Some((board, board.stage(stage)?))
    }

    /// The tag of a stage, unless it was deleted outside Stepwise.
    #[must_use]
    pub fn live_tag_of(&self, stage: &Stage) -> Option<TagId> {
        stage.tag.clone().filter(|tag| self.tags.is_live(tag))
    }
}
