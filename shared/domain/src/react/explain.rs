//! Stage 9, explanation: the reading rows that tell, once and for all, how a touch or an enrollment ended.

use serde::{Deserialize, Serialize};

use crate::{
    SopId, StaffId, StepId, Timestamp,
    file::{DoneStep, Enrollment, ExitReason, Method, OpenTouch, Outcome, TouchRef},
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
}

impl Record {
    /// What it tells of: a touch, or without a step the enrollment. Of several records of the same the last counts.
    pub(crate) fn subject(&self) -> (&SopId, u32, Option<&StepId>) {
        match self {
            Self::Touch(touch) => (&touch.sop, touch.n, Some(&touch.step)),
            Self::TouchReopened(touch) => (&touch.sop, touch.n, Some(&touch.step)),
            Self::Enrollment(ended) => (&ended.sop, ended.n, None),
            Self::EnrollmentReopened { sop, n } => (sop, *n, None),
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
