//! What a job does, and to whom.

use std::collections::BTreeSet;

use domain::{BoardId, StaffId, StageId, TagGroupId, TagId, Timestamp};
use serde::{Deserialize, Serialize};

use super::JobId;

/// What a job does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum JobKind {
    /// Puts tags on its customers and takes tags off.
    EditTags {
        /// To put on.
        add: BTreeSet<TagId>,
        /// To take off.
        remove: BTreeSet<TagId>,
        /// When those put on come off again by themselves; `None`: never.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<Timestamp>,
    },
    /// Moves the cards of its customers, for the order's reason.
    MoveStage {
        /// On which board.
        board: BoardId,
        /// To where; `None`: off the board.
        stage: Option<StageId>,
        /// Only those that stand there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        only_from: Option<StageId>,
    },
    /// Takes back what another job did; made for [`Source::Changed`] of that job.
    Undo {
        /// Which.
        job: JobId,
    },
    /// Brings the tags of a group to all relations, history included (T1, mode `all`).
    Mirror {
        /// Which.
        group: TagGroupId,
    },
    /// Takes over what a board says of its customers: adopts cards, values them anew.
    Board {
        /// Which.
        board: BoardId,
    },
    /// Puts a stage's tag on those who stand there and have it not.
    PutStageTag {
        /// On which board.
        board: BoardId,
        /// Where they stand.
        stage: StageId,
    },
    /// Takes over what WeCom holds of the customers of staff members, silently (T7).
    Import {
        /// Whose customers; `None`: those of everybody with a licence.
        staff: Option<BTreeSet<StaffId>>,
    },
    /// Compares what WeCom holds of the customers of staff members with what is known, and has fetched what differs.
    Reconcile {
        /// Whose customers; `None`: those of everybody with a licence.
        staff: Option<BTreeSet<StaffId>>,
    },
}

impl JobKind {
    /// Does it read what WeCom holds? Its pieces are pages then, not packs of customers.
    #[must_use]
    pub const fn is_reading(&self) -> bool {
        matches!(self, Self::Import { .. } | Self::Reconcile { .. })
    }
}

/// Where a job finds its customers itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Everybody with the tag.
    Tag(TagId),
    /// Everybody whose card stands at the stage, hidden ones included.
    Stage {
        /// On which board.
        board: BoardId,
        /// Where.
        stage: StageId,
    },
    /// Everybody whose card stands on the board, at a former stage too, and everybody with a tag of one of its stages.
    Board(BoardId),
    /// Everybody with a live tag of the group.
    Group(TagGroupId),
    /// Whom another job changed, each with the journal entry that tells.
    Changed(JobId),
}
