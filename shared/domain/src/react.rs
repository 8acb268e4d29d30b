//! The one decision: what follows from a signal. Pure: no IO, no clock, no randomness.
//!
//! A fixed pipeline, one module per stage: [`truth`] (relations, tags, attributes) → [`law`] (stages and their tags) →
//! [`rules`] → [`exits`] → [`entries`] → [`due`] → [`plan`] → [`work`] (timers and leases) → [`explain`].

mod due;
mod entries;
mod exits;
mod explain;
mod exposure;
mod law;
mod plan;
mod rules;
mod touches;
mod truth;
mod turn;
mod undo;
mod work;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use explain::{ContentRecord, EnrollmentRecord, Record, Sending, TouchRecord};

use crate::{CustomerId, File, Playbook, Signal, StaffId, Timestamp, fact::Fact};
use turn::Turn;

/// What follows from a signal.
#[derive(Clone, Debug, PartialEq)]
pub struct Reaction {
    /// The new file.
    pub file: File,
    /// What was decided, with causes.
    pub facts: Vec<Fact>,
    /// Reading rows that are written or taken back with the commit.
    pub records: Vec<Record>,
    /// Outside work whose lease this commit takes: whoever commits performs it.
    pub work: Vec<Work>,
    /// Reminder moments that have to exist before the commit.
    pub slots: BTreeSet<Slot>,
}

impl Reaction {
    /// Nothing to commit?
    #[must_use]
    pub fn is_quiet(&self, before: &File) -> bool {
        // A commit raises the version; a quiet reaction leaves the file as it was.
        &self.file == before
    }
}

/// Outside work; its payload is in the file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    /// Perform the one-shot with this id.
    Welcome(String),
    /// Write the relation's `marking` to WeCom.
    Mark(StaffId),
    /// Fetch the contact detail.
    Fetch,
}

/// A staff member's reminder moment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Slot {
    /// Who is reminded.
    pub staff: StaffId,
    /// When, nominally.
    pub at: Timestamp,
}

/// Decides what follows from `signal` for `before`.
///
/// `before` is `None` for a customer never seen; `now` must not be before the file's last commit (the caller takes
/// the maximum).
#[must_use]
pub fn react(
    id: &CustomerId,
    before: Option<&File>,
    signal: &Signal,
    book: &Playbook,
    now: Timestamp,
) -> Reaction {
    decide(id, before, signal, book, now, None)
}

/// [`react`], for one of many customers whom the same happens to: tags to be marked are not taken on by this commit but
/// fall due at `work_at`, so that the calls of thousands go out one after the other. Whatever the customer's own life
/// brings before takes them on at once.
///
/// A welcome does not wait, nor does what is due already: [`Reaction::work`] names it, and whoever commits performs it.
#[must_use]
pub fn react_in_bulk(
    id: &CustomerId,
    before: Option<&File>,
    signal: &Signal,
    book: &Playbook,
    now: Timestamp,
    work_at: Timestamp,
) -> Reaction {
    decide(id, before, signal, book, now, Some(work_at.max(now)))
}

fn decide(
    id: &CustomerId,
    before: Option<&File>,
    signal: &Signal,
    book: &Playbook,
    now: Timestamp,
    put_off_to: Option<Timestamp>,
) -> Reaction {
    let blank;
    let before = match before {
        Some(file) => file,
        None => {
            blank = File::new(id.clone());
            &blank
        }
    };
    let mut turn = Turn::new(before, signal, book, now);
    turn.put_off_to = put_off_to;
    law::drop_deleted_tags(&mut turn);
    law::adopt_cards(&mut turn);
    law::drop_expired_tags(&mut turn);
    truth::apply(&mut turn);
    if truth::moves_cards_on(&turn) {
        law::leave_deleted_stages(&mut turn);
    }
    let is_baseline = truth::is_baseline(&turn);
    if !is_baseline {
        rules::run(&mut turn);
    }
    // What a baseline shows to be over is over.
    exits::run(&mut turn);
    if !is_baseline {
        entries::run(&mut turn);
    }
    // A step may be due the moment it is planned, and the one behind it as well.
    loop {
        let ended = due::run(&mut turn);
        let planned = plan::run(&mut turn);
        if !ended && !planned {
            break;
        }
    }
    law::value_cards(&mut turn);
    work::run(&mut turn);
    turn.finish()
}
