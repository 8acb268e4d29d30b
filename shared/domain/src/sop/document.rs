//! The SOP document (P1), field by field as `docs/API.md` describes it. Unknown fields are refused.

use serde::{Deserialize, Serialize};

use super::StepContent;
use crate::{
    Method, Predicate, SopId, StepId,
    playbook::{HourMinute, StageRef},
};

/// Audience + anchor + timed steps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Stable id; the same over all versions.
    pub id: SopId,
    /// Shown name.
    pub name: String,
    /// Whom it is for; absent: everybody.
    #[serde(default)]
    pub audience: Predicate,
    /// What step times are counted from.
    pub anchor: Anchor,
    /// In order of time.
    pub steps: Vec<Step>,
    /// What ends it early.
    #[serde(default)]
    pub exit: Exit,
    /// May a customer enter again?
    #[serde(default)]
    pub reentry: Option<Reentry>,
    /// What happens to steps whose time had passed at entry.
    #[serde(default)]
    pub late_start: LateStart,
    /// Higher goes first when several SOPs want the same customer.
    #[serde(default = "usual_priority")]
    pub priority: u8,
}

pub(super) const fn usual_priority() -> u8 {
    50
}

/// 起算点.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", try_from = "AnchorFields")]
pub enum Anchor {
    /// The customer's first open relation with the corp.
    FriendAdd {},
    /// Each entry into a stage.
    StageEntry {
        /// `board/stage`.
        stage: StageRef,
    },
}

/// An anchor as it is written. Read field by field, so that what is wrong with one has its own pointer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AnchorFields {
    kind: AnchorKind,
    stage: Option<StageRef>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum AnchorKind {
    FriendAdd,
    StageEntry,
}

impl TryFrom<AnchorFields> for Anchor {
    /// In serde's words, which [`crate::shape`] understands.
    type Error = &'static str;

    fn try_from(fields: AnchorFields) -> Result<Self, Self::Error> {
        match (fields.kind, fields.stage) {
            (AnchorKind::FriendAdd, None) => Ok(Self::FriendAdd {}),
            (AnchorKind::FriendAdd, Some(_)) => Err("unknown field `stage`, expected `kind`"),
            (AnchorKind::StageEntry, Some(stage)) => Ok(Self::StageEntry { stage }),
            (AnchorKind::StageEntry, None) => Err("missing field `stage`"),
        }
    }
}

/// One step (节点).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Stable across versions.
    pub id: StepId,
    /// Shown in lists; absent: the beginning of the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// When.
    pub at: StepTime,
    /// How it reaches the customer.
    pub method: StepMethod,
    /// What.
    pub content: StepContent,
    /// Judged when the step falls due; absent: always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<Predicate>,
}

/// The methods that a document may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepMethod {
    /// See [`Method::Welcome`].
    Welcome,
    /// See [`Method::Task`].
    Task,
    /// See [`Method::Todo`].
    Todo,
}

impl From<StepMethod> for Method {
    fn from(method: StepMethod) -> Self {
        match method {
            StepMethod::Welcome => Self::Welcome,
            StepMethod::Task => Self::Task,
            StepMethod::Todo => Self::Todo,
        }
    }
}

/// When a step is due: `{"after_minutes": n}` or `{"day": n, "time": "HH:MM"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StepTime {
    /// Minutes after the anchor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_minutes: Option<u32>,
    /// Calendar days after the anchor's day; 0 = that day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day: Option<u32>,
    /// Time of day, in the corp's zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<HourMinute>,
    /// Overdue from this time of the same day on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<HourMinute>,
    /// Missed from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Expiry>,
}

/// A hard end: so many days after the due day, at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expiry {
    /// 0 = the due day.
    #[serde(default)]
    pub days: u32,
    /// Time of day, in the corp's zone.
    pub time: HourMinute,
}

/// What ends an enrollment early (P9). No open relation always does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Exit {
    /// The audience no longer fits.
    pub left_audience: bool,
    /// The card left the anchor's stage. Default: true for `stage_entry`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_stage: Option<bool>,
    /// The customer replied.
    pub on_reply: bool,
    /// A predicate became true.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<Predicate>,
}

/// May a customer enter again (P8)?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reentry {
    /// The policy.
    pub policy: ReentryPolicy,
    /// Days after the last end; default 30.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
}

/// See [`Reentry`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReentryPolicy {
    /// Once in a lifetime; the default of `friend_add`.
    Never,
    /// Some days after the last end; the default of the other anchors.
    AfterExit,
}

/// What happens to steps whose time had passed when the customer entered (P6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LateStart {
    /// They are skipped, each with its reason.
    #[default]
    Skip,
}

impl Document {
    /// The re-entry rule with the anchor's default filled in.
    #[must_use]
    pub fn reentry(&self) -> Reentry {
        self.reentry.unwrap_or(match self.anchor {
            Anchor::FriendAdd {} => Reentry { policy: ReentryPolicy::Never, days: None },
            Anchor::StageEntry { .. } => Reentry { policy: ReentryPolicy::AfterExit, days: None },
        })
    }

    /// The stage whose leaving ends the enrollment, if any does.
    #[must_use]
    pub fn exit_stage(&self) -> Option<&StageRef> {
        match &self.anchor {
            Anchor::StageEntry { stage } if self.exit.left_stage.unwrap_or(true) => Some(stage),
            Anchor::StageEntry { .. } | Anchor::FriendAdd {} => None,
        }
    }
}
