//! News on its way out, and what became of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Clicked;

/// Attempts at one delivery, and the time from one to the next.
const ATTEMPTS: usize = 3;
const SPACING_MS: i64 = 5000;
/// Deliveries remembered after their end.
const KEPT: usize = 2000;
/// Of the latest so many it is also remembered what was posted, unless it is as large as that.
const BODIES_KEPT: u64 = 300;
const LARGEST_BODY_KEPT: usize = 64 << 10;

/// What is posted.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Parcel {
    Callback {
        body: String,
        /// Text of the `Encrypt` element in `body`: every attempt is signed anew over it.
        encrypted: String,
        /// The card that a reply may change.
        #[serde(default)]
        card: Option<Clicked>,
    },
    Ingest {
        body: String,
    },
}

impl Parcel {
    /// What goes over the wire.
    pub(crate) fn body(&self) -> &str {
        match self {
            Parcel::Callback { body, .. } | Parcel::Ingest { body } => body,
        }
    }
}

/// A delivery that has not ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Pending {
    pub(crate) number: u64,
    pub(crate) parcel: Parcel,
    first_due_ms: i64,
    due_ms: i64,
    /// Order among those due at one instant.
    place: u64,
    /// Waits for the next callback to overtake it.
    held: bool,
}

/// How a delivery ended, if it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fate {
    Pending,
    Delivered,
    /// Refused for good, or failed three times.
    GivenUp,
    /// Lost by injected trouble, never tried.
    Dropped,
}

/// One try.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Attempt {
    pub(crate) at_ms: i64,
    pub(crate) status: Option<u16>,
    /// Why there was no answer, or the beginning of an answer that was not a success.
    pub(crate) detail: Option<String>,
}

/// The record of one delivery.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Posted {
    pub(crate) number: u64,
    pub(crate) label: String,
    pub(crate) at_ms: i64,
    pub(crate) fate: Fate,
    pub(crate) attempts: Vec<Attempt>,
    /// What was posted, or would have been; `None` once it is forgotten.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) parcel: Option<Parcel>,
}

/// What an attempt means for the delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Delivered,
    /// Worth another attempt.
    Failed,
    /// No attempt will help.
    Refused,
}

/// Deliveries under way and the record of all.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Queue {
    numbers: u64,
    places: u64,
    pending: Vec<Pending>,
    record: BTreeMap<u64, Posted>,
}

impl Queue {
    /// Puts a parcel on its way; answers the delivery's number.
    pub(crate) fn post(&mut self, label: &str, parcel: Parcel, now_ms: i64, due_ms: i64) -> u64 {
        let number = self.enter(label, &parcel, now_ms, Fate::Pending);
        let place = self.next_place();
        self.pending.push(Pending { number, parcel, first_due_ms: due_ms, due_ms, place, held: false });
        number
    }

    /// The same, held back for the next callback, at most until `due_ms`.
    pub(crate) fn hold(&mut self, label: &str, parcel: Parcel, now_ms: i64, due_ms: i64) -> u64 {
        let number = self.post(label, parcel, now_ms, due_ms);
        if let Some(pending) = self.pending_mut(number) {
            pending.held = true;
        }
        number
    }

    /// Lets those held back follow what was just posted.
    pub(crate) fn release_held(&mut self, now_ms: i64) {
        for at in 0..self.pending.len() {
            if self.pending[at].held {
                let place = self.next_place();
                let pending = &mut self.pending[at];
                pending.held = false;
                pending.place = place;
                pending.due_ms = now_ms;
                pending.first_due_ms = now_ms;
            }
        }
    }

    /// Records a delivery that never sets out.
    pub(crate) fn note(&mut self, label: &str, parcel: &Parcel, now_ms: i64, fate: Fate) -> u64 {
        self.enter(label, parcel, now_ms, fate)
    }

    pub(crate) fn next_due_ms(&self) -> Option<i64> {
        self.pending.iter().map(|pending| pending.due_ms).min()
    }

    /// The next delivery due. It stays in the queue until [`Queue::finish`], so that a caller who goes
    /// away in between loses nothing.
    pub(crate) fn due(&self, now_ms: i64) -> Option<&Pending> {
        self.pending
            .iter()
            .filter(|pending| pending.due_ms <= now_ms)
            .min_by_key(|pending| (pending.due_ms, pending.place))
    }

    /// Records an attempt: the delivery ends, or waits for its next attempt.
    pub(crate) fn finish(&mut self, number: u64, attempt: Attempt, verdict: Verdict) -> Fate {
        let Some(posted) = self.record.get_mut(&number) else {
            return Fate::GivenUp;
        };
        posted.attempts.push(attempt);
        let made = posted.attempts.len();
        posted.fate = match verdict {
            Verdict::Delivered => Fate::Delivered,
            Verdict::Failed if made < ATTEMPTS => Fate::Pending,
            Verdict::Failed | Verdict::Refused => Fate::GivenUp,
        };
        let fate = posted.fate;
        if fate == Fate::Pending {
            if let Some(pending) = self.pending_mut(number) {
                let waits = i64::try_from(made).unwrap_or(0) * SPACING_MS;
                pending.due_ms = pending.first_due_ms + waits;
            }
        } else {
            self.pending.retain(|pending| pending.number != number);
        }
        fate
    }

    pub(crate) fn posted(&self, number: u64) -> Option<&Posted> {
        self.record.get(&number)
    }

    /// All deliveries on record, oldest first.
    pub(crate) fn record(&self) -> impl DoubleEndedIterator<Item = &Posted> {
        self.record.values()
    }

    pub(crate) fn pending_count(&self) -> usize {
        self.pending.len()
    }

    fn enter(&mut self, label: &str, parcel: &Parcel, now_ms: i64, fate: Fate) -> u64 {
        self.numbers += 1;
        let forgotten = self.numbers.checked_sub(BODIES_KEPT).and_then(|number| self.record.get_mut(&number));
        if let Some(posted) = forgotten {
            posted.parcel = None;
        }
        self.record.insert(
            self.numbers,
            Posted {
                number: self.numbers,
                label: label.to_owned(),
                at_ms: now_ms,
                fate,
                attempts: Vec::new(),
                parcel: (parcel.body().len() < LARGEST_BODY_KEPT).then(|| parcel.clone()),
            },
        );
        while self.record.len() > KEPT {
            // the oldest that has ended; one still under way needs its record
            let oldest =
                self.record.values().find(|posted| posted.fate != Fate::Pending).map(|posted| posted.number);
            let Some(oldest) = oldest else { break };
            self.record.remove(&oldest);
        }
        self.numbers
    }

    fn next_place(&mut self) -> u64 {
        self.places += 1;
        self.places
    }

    fn pending_mut(&mut self, number: u64) -> Option<&mut Pending> {
        self.pending.iter_mut().find(|pending| pending.number == number)
    }
}
