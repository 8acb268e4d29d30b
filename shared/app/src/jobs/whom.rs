//! To whom a job is to be done.

use std::collections::BTreeSet;

use domain::{BoardId, CustomerId, StageId, TagGroupId, TagId};
use store::{JobId, Source};

/// To whom a job is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// To these, at most [`store::MAX_JOB_CUSTOMERS`]; one who is named twice counts once.
    Named(Vec<CustomerId>),
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
    /// Nobody: WeCom is read.
    Nobody,
}

impl Whom {
    /// Those named, each once, in the order given; and where others are to be found.
    pub(super) fn apart(self) -> (Vec<CustomerId>, Option<Source>) {
        let source = match self {
            Self::Named(customers) => {
                let mut seen = BTreeSet::new();
                let mut customers = customers;
                customers.retain(|customer| seen.insert(customer.clone()));
                return (customers, None);
            }
            Self::Nobody => return (Vec::new(), None),
            Self::Tag(tag) => Source::Tag(tag),
            Self::Stage { board, stage } => Source::Stage { board, stage },
            Self::Board(board) => Source::Board(board),
            Self::Group(group) => Source::Group(group),
            Self::Changed(job) => Source::Changed(job),
        };
        (Vec::new(), Some(source))
    }
}
