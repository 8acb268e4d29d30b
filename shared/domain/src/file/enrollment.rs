//! One customer in one SOP: the independent progress bar.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{SopId, StaffId, StepId, Timestamp, content::SentContent};

/// A live enrollment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Enrollment {
    /// Which SOP.
    pub sop: SopId,
    /// Occurrence: 1 the first time.
    pub n: u32,
    /// The immutable version it follows.
    pub version: u32,
    /// The instant that step times are counted from.
    pub anchor_at: Timestamp,
    /// When the customer entered; later than the anchor if the audience became true later.
    pub entered_at: Timestamp,
    /// File version of the commit that started it; undo finds it by this.
    pub started: u64,
    /// Finished steps, one line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub done: Vec<DoneStep>,
    /// The touch that is open now, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<OpenTouch>,
    /// The one step that is planned to the instant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<PlannedStep>,
    /// Days by which absence or the calendar moved all that follows.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub shift_days: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(n: &i64) -> bool {
    *n == 0
}

impl Enrollment {
    /// Has this step been finished or begun?
    #[must_use]
    pub fn has_begun(&self, step: &StepId) -> bool {
        self.done.iter().any(|d| &d.step == step) || self.open.as_ref().is_some_and(|o| &o.step == step)
    }

    /// Did anything reach the customer?
    #[must_use]
    pub fn has_sent(&self) -> bool {
        self.done.iter().any(|d| matches!(d.outcome, Outcome::Sent { .. }))
    }
}

/// A step with its outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DoneStep {
    /// Which.
    pub step: StepId,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// When it was due.
    pub due_at: Timestamp,
    /// When it ended.
    pub at: Timestamp,
    /// The content that was offered or sent, if it was one of the library.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<SentContent>,
    /// Parts of it were left out: it does not count as had.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partly: bool,
}

/// The next step, planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedStep {
    /// Which.
    pub step: StepId,
    /// When it falls due.
    pub due_at: Timestamp,
    /// Soft end: afterwards 已逾期, but doable.
    pub until: Timestamp,
    /// Hard end: afterwards missed.
    pub expires_at: Timestamp,
}

/// A touch that is offered to staff, or being sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenTouch {
    /// Which step.
    pub step: StepId,
    /// How it is to reach the customer.
    pub method: Method,
    /// Whose it is; it stays theirs unless the relation closes (O1).
    pub staff: StaffId,
    /// When it was due.
    pub due_at: Timestamp,
    /// When it was offered.
    pub offered_at: Timestamp,
    /// Soft end.
    pub until: Timestamp,
    /// Hard end.
    pub expires_at: Timestamp,
    /// The content that is to be sent, as it was when it was offered; `None`: the step has a text of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<SentContent>,
    /// The customer opened a link of it already: it was sent before anybody said so.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub opened: bool,
}

/// How a step reaches the customer (D2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Sent by WeCom in staff's name within 20 seconds of adding.
    Welcome,
    /// Staff are reminded and send with one click.
    Task,
    /// Staff do something that is not a message.
    Todo,
}

/// Exactly one for every due touch (D1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It reached the customer, or a todo was done.
    Sent { evidence: Evidence },
    /// Its window ended first.
    Missed { reason: MissReason },
    /// It was decided not to.
    Skipped {
        reason: SkipReason,
        /// What the staff member wrote.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// WeCom refused.
    Failed { code: i64 },
    /// The enrollment ended.
    Cancelled { reason: ExitReason },
}

impl Outcome {
    /// The state's name, as the API shows it.
    #[must_use]
    pub const fn state(&self) -> &'static str {
        match self {
            Self::Sent { .. } => "sent",
            Self::Missed { .. } => "missed",
            Self::Skipped { .. } => "skipped",
            Self::Failed { .. } => "failed",
            Self::Cancelled { .. } => "cancelled",
        }
    }
}

/// What proves that a touch was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// WeCom answered so.
    WecomResult,
    /// The chat sidebar's SDK reported the sending.
    SdkCallback,
    /// A staff member said so.
    StaffMarked,
}

/// Why a touch was missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissReason {
    /// Its hard end passed.
    Expired,
    /// The next step fell due.
    Superseded,
}

/// Why a touch was skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// Staff decided so.
    ByStaff,
    /// The step's condition was false.
    Condition,
    /// The step's condition depends on replies that nobody reports.
    UnknownReply,
    /// The customer entered after its time (`late_start: skip`).
    LateStart,
    /// The welcome's 20 seconds were over.
    TooLate,
    /// WeCom gave no welcome code, or it was used for another greeting.
    NoCode,
    /// Staff and customer were chatting already.
    AlreadyChatting,
    /// The step is no longer part of the SOP version.
    StepGone,
    /// The customer has had this content (P11).
    AlreadyHad,
    /// The content was never published, or the pinned version is not there.
    ContentGone,
}

/// Why an enrollment ended before its last step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExitReason {
    /// The card left the anchor's stage.
    LeftStage,
    /// The audience no longer fits.
    LeftAudience,
    /// The SOP's exit condition became true.
    When,
    /// The customer replied.
    OnReply,
    /// Nobody of the corp is a friend any more.
    NoRelation,
    /// An undo took the entry back.
    Undone,
    /// All steps are done.
    Completed,
    /// The SOP was deleted or its version is gone.
    SopGone,
}

/// The last ended enrollment of an SOP.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    /// Occurrence.
    pub n: u32,
    /// Its anchor: the same anchor never enrolls twice.
    pub anchor_at: Timestamp,
    /// When it ended.
    pub at: Timestamp,
    /// Why.
    pub reason: ExitReason,
    /// File version of the commit that ended it.
    pub version: u64,
    /// As it was, for 30 days, where T6 or T9 may bring it back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full: Option<Box<Enrollment>>,
}

/// Names one touch.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TouchRef {
    /// The SOP.
    pub sop: SopId,
    /// The occurrence.
    pub n: u32,
    /// The step.
    pub step: StepId,
}

impl TouchRef {
    /// Reads what [`fmt::Display`] wrote.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('~');
        let (sop, n, step) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?);
        let whole = parts.next().is_none() && !sop.is_empty() && !step.is_empty();
        whole.then(|| Self { sop: sop.into(), n, step: step.into() })
    }
}

impl fmt::Display for TouchRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}~{}~{}", self.sop, self.n, self.step)
    }
}
