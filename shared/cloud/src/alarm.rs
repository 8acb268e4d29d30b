//! The alarm clock: wakes `sender` for a customer's earliest timer.
//!
//! The file's `wake_at` is the truth and the `wake` index finds what is overdue, so an alarm may be lost, late, early,
//! doubled or stale. `generation` fences it: it rises whenever the next step's time changes, and whoever is woken compares.

pub mod scheduler;

use serde::{Deserialize, Serialize};

use crate::Error;

/// Nothing is armed that falls due sooner than this after `now` (milliseconds): creation, the service's precision of a
/// minute and a past `at()` make such alarms useless, and the minute tick reaches these customers as fast.
pub const LEAD_MS: i64 = 90_000;

/// One alarm to be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wake {
    /// The customer's `external_userid` (case-sensitive).
    pub customer: String,
    /// The file's generation; with the customer it names the alarm, so no name is ever used twice.
    pub generation: u64,
    /// When the earliest timer falls due, in milliseconds since 1970 UTC.
    pub at_ms: i64,
}

impl Wake {
    /// Whether the alarm would fall due within [`LEAD_MS`] of `now_ms`, or already has.
    pub fn is_too_soon(&self, now_ms: i64) -> bool {
        self.at_ms < now_ms.saturating_add(LEAD_MS)
    }
}

/// What an alarm delivers to `sender`: `{"customer": "…", "generation": 7}`. Ids only, no personal data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Woken {
    /// The customer's `external_userid`.
    pub customer: String,
    /// The generation for which the alarm was set; older than the file's: stale, nothing to do.
    pub generation: u64,
}

/// What became of an alarm that was to be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Armed {
    /// It is set, by this call or by an earlier one for the same customer and generation.
    Set,
    /// Due within [`LEAD_MS`] or past: nothing was set, the minute tick takes it.
    TooSoon,
    /// The service would not take it (throttled, quota, validation): nothing was set, the minute tick takes it.
    LeftToTick,
}

/// Sets and removes alarms. Called after the commit that changed `wake_at`; callers log an error and carry on.
#[async_trait::async_trait]
pub trait Alarm: Send + Sync {
    /// Sets the alarm, unless it is too soon as seen from `now_ms` (milliseconds since 1970 UTC). Repeating is harmless.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Refused`]: nothing is known to be set, the minute tick takes it.
    async fn arm(&self, wake: &Wake, now_ms: i64) -> Result<Armed, Error>;

    /// Removes the alarm of that generation; one that does not exist (any more) counts as removed.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Refused`]: it may still go off, and will be found stale.
    async fn disarm(&self, customer: &str, generation: u64) -> Result<(), Error>;
}
