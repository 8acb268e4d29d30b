//! Work that may be done once: its payload is frozen, it has an id, a lease and an outcome.

use serde::{Deserialize, Serialize};

use super::TouchRef;
use crate::{StaffId, Timestamp, content::SentContent};

/// A lease on outside work, taken by the very commit that decides it: the committing worker performs it at once, and
/// whoever finds it past `until` takes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// 1 for the first; 0: nobody has tried yet, and it is in no hurry.
    pub number: u32,
    /// End of the lease, or of the pause after a failure that passes; of what is in no hurry, when it falls due.
    pub until: Timestamp,
    /// A lease: somebody is at it. Else a pause.
    pub running: bool,
}

impl Attempt {
    /// Not begun: it falls due at `at`, and what else happens to the customer before may take it on.
    #[must_use]
    pub const fn put_off(at: Timestamp) -> Self {
        Self { number: 0, until: at, running: false }
    }

    /// Has nobody tried yet?
    #[must_use]
    pub const fn is_put_off(self) -> bool {
        self.number == 0
    }

    /// The next lease after `last`.
    #[must_use]
    pub fn lease(last: Option<Self>, until: Timestamp) -> Self {
        Self { number: last.map_or(0, |last| last.number).saturating_add(1), until, running: true }
    }

    /// A pause that grows with the number of attempts: 2 s, 4 s, 8 s … 10 minutes.
    #[must_use]
    pub fn pause(self, now: Timestamp) -> Self {
        let seconds = 2_i64.saturating_pow(self.number.min(10)).min(600);
        Self { until: now.plus_secs(seconds), running: false, ..self }
    }

    /// May somebody take it on at `now`?
    #[must_use]
    pub fn is_free(self, now: Timestamp) -> bool {
        self.until <= now || self.is_put_off()
    }
}

/// One-shot work of a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneShot {
    /// Unique within the file for all time: the version that created it and a number.
    pub id: String,
    /// What to do.
    pub kind: OneShotKind,
    /// The touch whose outcome this decides.
    pub touch: TouchRef,
    /// Lease or pause.
    pub attempt: Attempt,
    /// An earlier call may have had its effect.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ambiguous: bool,
    /// How many parts lacked something in the first call that may have had its effect; `None`: there was none, or whoever
    /// made it told nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out: Option<u32>,
    /// Did that call leave whole parts out?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partly: bool,
}

/// The kinds, with their frozen payloads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum OneShotKind {
    /// Greets a new friend; the code works once and for 20 seconds.
    Welcome {
        staff: StaffId,
        code: String,
        until: Timestamp,
        /// What is said; empty where a content says it.
        text: String,
        /// A version of a content, which never changes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        content: Option<SentContent>,
    },
}
