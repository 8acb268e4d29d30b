//! What a reaction decided, in order, each with its cause. The journal keeps them: they are timeline, audit trail and
//! the source of counters.

use serde::{Deserialize, Serialize};

use crate::{
    BoardId, RuleId, SopId, StaffId, StageId, TagGroupId, TagId, Timestamp,
    content::SentContent,
    file::{ExitReason, Method, Outcome, Route, TagDifference, TouchRef},
    signal::SideName,
};

/// One thing that followed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fact {
    /// What.
    #[serde(flatten)]
    pub what: What,
    /// The fact of the same reaction that caused it; `None`: the signal itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<u16>,
}

/// The kinds of facts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    /// Beside the signal: the file was brought up to what the playbook, the time, or what has been in WeCom all along say.
    /// Nobody's act, and nothing that can be taken back.
    CaughtUp,
    /// Staff and customer are friends on both sides.
    RelationOpened {
        staff: StaffId,
        /// The first open relation with the corp ever.
        first: bool,
        /// They were friends before.
        again: bool,
    },
    /// The customer added, staff have not added back.
    RelationHalfOpened { staff: StaffId },
    /// One side ended it.
    RelationClosed { staff: StaffId, side: SideName },
    /// Another staff member serves the customer now.
    OwnerChanged { from: Option<StaffId>, to: Option<StaffId> },
    /// Somebody said who serves the customer; `None`: whoever the corp's policy says.
    OwnerAssigned {
        to: Option<StaffId>,
        /// Who had been assigned before.
        before: Option<StaffId>,
        /// Who served the customer before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<StaffId>,
    },
    /// Another system told a value, or that there is none any more. The value itself is in the file alone.
    AttributeChanged { name: String },
    /// A value was not taken over.
    AttributeRefused { name: String, reason: AttributeRefusal },
    /// Name, portrait or remark changed.
    ProfileChanged,
    /// A tag was put on.
    Tagged {
        tag: TagId,
        /// When it comes off by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<Timestamp>,
        /// It was there when Stepwise first looked.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        found: bool,
    },
    /// A tag's time is over.
    TagExpired { tag: TagId },
    /// A tag that was there already has another end.
    TagExpiryChanged { tag: TagId, from: Option<Timestamp>, to: Option<Timestamp> },
    /// What a baseline let relations differ in is to be made the same on all of them.
    GroupMirrored { group: TagGroupId },
    /// A tag was taken off.
    Untagged {
        tag: TagId,
        /// When it would have come off by itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<Timestamp>,
    },
    /// A tag was not put on: the customer has as many as fit.
    TagRefused { tag: TagId, reason: TagRefusal },
    /// The card moved; `from` or `to` is absent when it came or went.
    Moved {
        board: BoardId,
        from: Option<StageId>,
        to: Option<StageId>,
        rev: u64,
        /// Nobody of the corp is a friend: the card moved unseen.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        hidden: bool,
        /// Since when the card had been at `from`; undo restores it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        since_before: Option<Timestamp>,
    },
    /// A rule or SOP wanted to move the card and may not (T8). No tag was put on.
    MoveRefused { board: BoardId, from: Option<StageId>, to: Option<StageId>, reason: MoveRefusal },
    /// Several new stage tags came in one fetch; this one lost (T4).
    StageConflict { board: BoardId, staff: StaffId, lost: StageId, won: StageId },
    /// The card is hidden, because no relation is open.
    CardHidden { board: BoardId, stage: StageId },
    /// The card is shown again.
    CardShown { board: BoardId, stage: StageId },
    /// A rule fired; `word` is what hit.
    RuleFired { rule: RuleId, word: Option<String> },
    /// A chain of rules was stopped.
    RulesStopped { rule: RuleId, reason: StopReason },
    /// The customer entered an SOP.
    Enrolled { sop: SopId, n: u32, version: u32, anchor_at: Timestamp },
    /// The customer fits an SOP and could not enter it.
    EntryRefused { sop: SopId, reason: EntryRefusal },
    /// The enrollment ended early.
    Exited { sop: SopId, n: u32, reason: ExitReason },
    /// All steps are done.
    Completed { sop: SopId, n: u32 },
    /// An ended enrollment goes on.
    Resumed { sop: SopId, n: u32 },
    /// The next step has its time.
    Planned { sop: SopId, n: u32, step: crate::StepId, due_at: Timestamp },
    /// The touch is in the staff member's list; `slot` is when they are reminded.
    Offered {
        sop: SopId,
        n: u32,
        step: crate::StepId,
        staff: StaffId,
        method: Method,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        slot: Option<Timestamp>,
    },
    /// The touch went to another staff member.
    Reassigned { sop: SopId, n: u32, step: crate::StepId, from: StaffId, to: StaffId },
    /// The touch has its outcome.
    Ended {
        sop: SopId,
        n: u32,
        step: crate::StepId,
        #[serde(flatten)]
        outcome: Outcome,
    },
    /// The customer got a content of the library.
    Exposed {
        #[serde(flatten)]
        content: SentContent,
        route: Route,
        staff: StaffId,
        /// They had had this edition before, as far as the file remembers.
        again: bool,
        /// Parts of it were left out: SOPs send it again.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        partly: bool,
    },
    /// A step was skipped because the customer had its content: a sending that reuse made unnecessary.
    Spared {
        sop: SopId,
        n: u32,
        step: crate::StepId,
        #[serde(flatten)]
        content: SentContent,
        /// When they had it.
        had_at: Timestamp,
    },
    /// The customer opened a link of a content.
    LinkOpened {
        #[serde(flatten)]
        content: SentContent,
        /// The touch that brought it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        touch: Option<TouchRef>,
        /// For the first time since they have had this edition.
        first: bool,
    },
    /// A welcome went without some of its parts, because they were not ready.
    PartsLeftOut { touch: TouchRef, parts: u32 },
    /// A touch that an undone exit had cancelled is open again.
    Reopened { sop: SopId, n: u32, step: crate::StepId },
    /// WeCom has the tags now.
    Marked { staff: StaffId, tags: TagDifference },
    /// WeCom refuses these tags for good.
    MarkHeld { staff: StaffId, code: i64 },
    /// The customer wrote.
    MessageReceived { staff: StaffId },
    /// Staff wrote.
    MessageSent { staff: StaffId },
    /// The signal changed nothing: it was older than what is known.
    Ignored { reason: IgnoreReason },
    /// An earlier commit was taken back.
    Undone { version: u64 },
    /// Part of an earlier commit was not taken back.
    UndoRefused { version: u64, reason: UndoRefusal },
    /// A task's report came when the touch was no longer open.
    TaskNotOpen { touch: TouchRef },
}

/// Why a tag was not put on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TagRefusal {
    /// The customer has as many as fit.
    TooMany,
    /// It was deleted in WeCom.
    Deleted,
}

/// Why a value was not taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AttributeRefusal {
    /// The customer has as many as fit, by number or by size.
    TooMany,
    /// A newer value is known.
    Stale,
}

/// Why a card may not be moved by a rule or SOP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MoveRefusal {
    /// It would go back.
    Backward,
    /// It stands at won or lost.
    Closed,
}

/// Why a chain of rules was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// The rule had fired for this signal already.
    Loop,
    /// Eight rules deep.
    TooDeep,
}

/// Why a customer could not enter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryRefusal {
    /// As many live enrollments as fit.
    TooMany,
}

/// Why a signal changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IgnoreReason {
    /// Something later had changed the same side already (T6).
    Stale,
    /// There is no such relation.
    NoRelation,
    /// The board or stage is no longer there.
    UnknownStage,
    /// Somebody else moved the card meanwhile.
    CardChanged,
    /// Only who is friends with a customer can serve them.
    NotAFriend,
}

/// Why something was not taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UndoRefusal {
    /// It has been changed again since.
    ChangedSince,
    /// Something was sent already.
    AlreadySent,
    /// More than 24 hours ago.
    TooOld,
    /// The entry holds nothing that can be taken back.
    Nothing,
}
