//! The state of one reaction while it is being decided.

use std::collections::BTreeSet;

use super::{Reaction, Record, Slot, Work};
use crate::{
    BoardId, File, Playbook, Signal, SopId, StaffId, Timestamp,
    fact::{Fact, What},
};

/// The file as it becomes, and what has been decided so far.
pub(super) struct Turn<'a> {
    pub(super) before: &'a File,
    pub(super) signal: &'a Signal,
    pub(super) book: &'a Playbook,
    pub(super) now: Timestamp,
    /// When what is being decided on happened: the signal's time, or that of the phone edit that a fetch shows.
    pub(super) happened_at: Timestamp,
    /// The version that this reaction will be committed as.
    pub(super) version: u64,
    pub(super) file: File,
    pub(super) facts: Vec<Fact>,
    pub(super) records: Vec<Record>,
    pub(super) work: Vec<Work>,
    pub(super) slots: BTreeSet<Slot>,
    /// Touches decided in this reaction, so that ids of one-shots are unique.
    pub(super) one_shots: u32,
    /// Tags to be marked are not taken on but fall due then: this is one customer of many.
    pub(super) put_off_to: Option<Timestamp>,
}

/// The place of a fact among the facts, as a cause of others.
pub(super) type Because = Option<u16>;

impl<'a> Turn<'a> {
    pub(super) fn new(before: &'a File, signal: &'a Signal, book: &'a Playbook, now: Timestamp) -> Self {
        Self {
            before,
            signal,
            book,
            now,
            happened_at: signal.at.min(now),
            version: before.version + 1,
            file: before.clone(),
            facts: Vec::new(),
            records: Vec::new(),
            work: Vec::new(),
            slots: BTreeSet::new(),
            one_shots: 0,
            put_off_to: None,
        }
    }

    /// Notes a fact and returns its place, to be the cause of others.
    pub(super) fn fact(&mut self, what: What, because: Because) -> Because {
        self.facts.push(Fact { what, because });
        u16::try_from(self.facts.len() - 1).ok()
    }

    /// The last fact that fits, as a cause.
    pub(super) fn last_fact(&self, fits: impl Fn(&What) -> bool) -> Because {
        let place = self.facts.iter().rposition(|fact| fits(&fact.what))?;
        u16::try_from(place).ok()
    }

    /// The last move on `board`, as a cause.
    pub(super) fn last_move(&self, on: &BoardId) -> Because {
        self.last_fact(|what| matches!(what, What::Moved { board, .. } if board == on))
    }

    /// What last happened to this enrollment, as the cause of its next plan.
    pub(super) fn last_of(&self, of: &SopId, at: u32) -> Because {
        self.last_fact(|what| match what {
            What::Enrolled { sop, n, .. }
            | What::Resumed { sop, n }
            | What::Offered { sop, n, .. }
            | What::Ended { sop, n, .. } => sop == of && *n == at,
            _ => false,
        })
    }

    /// The staff member who serves the customer now: a friend who is still with the corp and has a licence, the owner
    /// before others.
    pub(super) fn server(&self) -> Option<StaffId> {
        let friends = || self.file.open_relations().map(|(staff, _)| staff);
        let serving = || friends().filter(|staff| self.book.can_serve(staff));
        let owner = serving().find(|staff| Some(*staff) == self.file.owner.as_ref());
        owner.or_else(|| serving().next()).cloned()
    }

    pub(super) fn finish(mut self) -> Reaction {
        // What was opened and ended at once needs no reminder.
        let (file, slots) = (&self.file, &mut self.slots);
        let open = |staff: &StaffId| {
            file.enrollments.iter().any(|live| live.open.as_ref().is_some_and(|open| open.staff == *staff))
        };
        slots.retain(|slot| open(&slot.staff));
        let owes = !self.before.owed.is_empty() || !self.before.owed_records.is_empty();
        let quiet = self.facts.is_empty() && self.records.is_empty() && self.work.is_empty() && !owes;
        if !(quiet && &self.file == self.before) {
            self.file.version = self.version;
            self.file.committed_at = self.now;
        }
        Reaction {
            file: self.file,
            facts: self.facts,
            records: self.records,
            work: self.work,
            slots: self.slots,
        }
    }
}
