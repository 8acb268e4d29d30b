//! Stage 9, explanation: the reading rows that tell, once and for all, how a touch or an enrollment ended.

use serde::{Deserialize, Serialize};

use crate::{
    ContentId, SopId, StaffId, StepId, Timestamp,
    content::SentContent,
    file::{DoneStep, Enrollment, Evidence, ExitReason, Method, OpenTouch, Outcome, Route, TouchRef},
};

/// A reading row beside the file, written or taken back with the commit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// A touch has its outcome.
    Touch(TouchRecord),
    /// An undo opened it again.
    TouchReopened(TouchRef),
    /// An enrollment is over.
    Enrollment(EnrollmentRecord),
    /// It goes on after all.
    EnrollmentReopened { sop: SopId, n: u32 },
    /// A content was sent, or opened. It adds to what the row tells.
    Content(ContentRecord),
}

/// What a record tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subject<'a> {
    /// A touch, or without a step the enrollment.
    Sop(&'a SopId, u32, Option<&'a StepId>),
    /// An edition of a content.
    Content(&'a ContentId, u32),
}

impl Record {
    /// What it tells of.
    pub(crate) fn subject(&self) -> Subject<'_> {
        match self {
            Self::Touch(touch) => Subject::Sop(&touch.sop, touch.n, Some(&touch.step)),
            Self::TouchReopened(touch) => Subject::Sop(&touch.sop, touch.n, Some(&touch.step)),
            Self::Enrollment(ended) => Subject::Sop(&ended.sop, ended.n, None),
            Self::EnrollmentReopened { sop, n } => Subject::Sop(sop, *n, None),
            Self::Content(content) => Subject::Content(&content.content, content.edition),
        }
    }

    /// This and a later one of the same, as one: one transaction writes an item once.
    pub(crate) fn followed_by(self, later: Self) -> Self {
        match (self, later) {
            (Self::Content(earlier), Self::Content(later)) => Self::Content(earlier.and(later)),
            (_, later) => later,
        }
    }
}

/// What is added to the row of an edition that a customer had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentRecord {
    /// The content.
    pub content: ContentId,
    /// The edition.
    pub edition: u32,
    /// The last sending.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Sending>,
    /// So many sendings.
    #[serde(default)]
    pub sendings: u32,
    /// The last opening.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opened_at: Option<Timestamp>,
    /// So many openings.
    #[serde(default)]
    pub openings: u32,
}

/// How a content was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sending {
    /// When.
    pub at: Timestamp,
    /// Which version.
    pub version: u32,
    /// On which way.
    pub route: Route,
    /// In whose name.
    pub staff: StaffId,
    /// The touch, if it was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub touch: Option<TouchRef>,
    /// What proves it.
    pub evidence: Evidence,
}

impl ContentRecord {
    pub(super) fn sent(content: &SentContent, sending: Sending) -> Self {
        Self { sent: Some(sending), sendings: 1, ..Self::of(content) }
    }

    pub(crate) fn opened(content: &SentContent, at: Timestamp) -> Self {
        Self { opened_at: Some(at), openings: 1, ..Self::of(content) }
    }

    fn of(content: &SentContent) -> Self {
        Self {
            content: content.content.clone(),
            edition: content.edition,
            sent: None,
            sendings: 0,
            opened_at: None,
            openings: 0,
        }
    }

    fn and(self, later: Self) -> Self {
        Self {
            sent: later.sent.or(self.sent),
            sendings: self.sendings + later.sendings,
            opened_at: self.opened_at.max(later.opened_at),
            openings: self.openings + later.openings,
            ..self
        }
    }
}

/// How a touch ended, and under which circumstances.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TouchRecord {
    /// The SOP.
    pub sop: SopId,
    /// The occurrence.
    pub n: u32,
    /// The step.
    pub step: StepId,
    /// The SOP's version.
    pub version: u32,
    /// How it was to reach the customer.
    pub method: Method,
    /// Whose it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff: Option<StaffId>,
    /// When it was due.
    pub due_at: Timestamp,
    /// When staff got it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered_at: Option<Timestamp>,
    /// Its soft and hard end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<(Timestamp, Timestamp)>,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// When.
    pub at: Timestamp,
    /// The journal entry that tells the cause.
    pub journal: u64,
    /// The content that was offered or sent, if it was one of the library.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<SentContent>,
}

impl TouchRecord {
    pub(super) fn of_open(
        of: &Enrollment,
        open: &OpenTouch,
        outcome: Outcome,
        at: Timestamp,
        journal: u64,
    ) -> Self {
        Self {
            sop: of.sop.clone(),
            n: of.n,
            step: open.step.clone(),
            version: of.version,
            method: open.method,
            staff: Some(open.staff.clone()),
            due_at: open.due_at,
            offered_at: Some(open.offered_at),
            window: Some((open.until, open.expires_at)),
            outcome,
            at,
            journal,
            content: open.content.clone(),
        }
    }

    pub(super) fn of_step(
        of: &Enrollment,
        step: &StepId,
        method: Method,
        due_at: Timestamp,
        outcome: Outcome,
        at: Timestamp,
        journal: u64,
    ) -> Self {
        Self {
            sop: of.sop.clone(),
            n: of.n,
            step: step.clone(),
            version: of.version,
            method,
            staff: None,
            due_at,
            offered_at: None,
            window: None,
            outcome,
            at,
            journal,
            content: None,
        }
    }
}

/// A finished enrollment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EnrollmentRecord {
    /// The SOP.
    pub sop: SopId,
    /// The occurrence.
    pub n: u32,
    /// The version it followed.
    pub version: u32,
    /// Its anchor.
    pub anchor_at: Timestamp,
    /// When the customer entered.
    pub entered_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// Why.
    pub reason: ExitReason,
    /// Its steps.
    pub steps: Vec<DoneStep>,
}

impl EnrollmentRecord {
    pub(super) fn of(ended: &Enrollment, reason: ExitReason, at: Timestamp) -> Self {
        Self {
            sop: ended.sop.clone(),
            n: ended.n,
            version: ended.version,
            anchor_at: ended.anchor_at,
            entered_at: ended.entered_at,
            ended_at: at,
            reason,
            steps: ended.done.clone(),
        }
    }
}
