//! What people wrote when they dropped a task. A customer is shared with colleagues, what was done for them too; the
//! words are for who had the task, for who wrote them, and for those who lead them.

use std::collections::BTreeMap;

use domain::{
    Actor, CustomerId, File, Happening, SopId, StaffId, What,
    file::{DoneStep, Outcome, TouchRef},
    playbook::Sight,
    react::TouchRecord,
};
use store::{JournalEntry, TouchHistory};

use crate::{Api, auth::Caller, problem::Problem};

/// Whose notes about one customer somebody reads.
pub(crate) struct Notes<'a> {
    sight: &'a Sight,
    /// Whose tasks they were.
    owners: BTreeMap<TouchRef, StaffId>,
}

impl<'a> Notes<'a> {
    pub(crate) fn new(sight: &'a Sight, history: &TouchHistory) -> Self {
        let owner = |touch: &TouchRecord| {
            let of = TouchRef { sop: touch.sop.clone(), n: touch.n, step: touch.step.clone() };
            Some((of, touch.staff.clone()?))
        };
        Self { sight, owners: history.touches.iter().filter_map(owner).collect() }
    }

    /// Takes out of the live enrollments what is not theirs to read.
    pub(crate) fn hide_in_file(&self, file: &mut File) {
        for live in &mut file.enrollments {
            self.hide_in_steps(&live.sop, live.n, &mut live.done);
        }
    }

    /// The same of what has ended.
    pub(crate) fn hide_in_history(&self, history: &mut TouchHistory) {
        for ended in &mut history.enrollments {
            self.hide_in_steps(&ended.sop, ended.n, &mut ended.steps);
        }
        for touch in &mut history.touches {
            let of = TouchRef { sop: touch.sop.clone(), n: touch.n, step: touch.step.clone() };
            if !self.is_of_theirs(&of) {
                hide(&mut touch.outcome);
            }
        }
    }

    /// The same of an entry of the journal.
    fn hide_in_entry(&self, entry: &mut JournalEntry) {
        let by = match &entry.signal.by {
            Actor::Staff { userid } => Some(userid),
            _ => None,
        };
        let is_theirs = by.is_some_and(|by| self.sight.reaches_staff(by));
        if let Happening::TaskSkipped { touch, note } = &mut entry.signal.what
            && !is_theirs
            && !self.is_of_theirs(touch)
        {
            *note = None;
        }
        for fact in &mut entry.facts {
            if let What::Ended { sop, n, step, outcome } = &mut fact.what {
                let touch = TouchRef { sop: sop.clone(), n: *n, step: step.clone() };
                if !is_theirs && !self.is_of_theirs(&touch) {
                    hide(outcome);
                }
            }
        }
    }

    fn hide_in_steps(&self, sop: &SopId, n: u32, steps: &mut [DoneStep]) {
        for done in steps {
            let touch = TouchRef { sop: sop.clone(), n, step: done.step.clone() };
            if !self.is_of_theirs(&touch) {
                hide(&mut done.outcome);
            }
        }
    }

    fn is_of_theirs(&self, touch: &TouchRef) -> bool {
        let owner = self.owners.get(touch);
        *self.sight == Sight::Corp || owner.is_some_and(|owner| self.sight.reaches_staff(owner))
    }
}

fn hide(outcome: &mut Outcome) {
    if let Outcome::Skipped { note, .. } = outcome {
        *note = None;
    }
}

fn has_note(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Skipped { note: Some(_), .. })
}

impl Api {
    /// Takes notes out of entries that are not the caller's to read. Whose they are is looked up only if there are any.
    pub(crate) async fn hide_notes_in_entries(
        &self,
        caller: &Caller,
        customer: &CustomerId,
        entries: &mut [JournalEntry],
    ) -> Result<(), Problem> {
        let written = |entry: &JournalEntry| {
            matches!(&entry.signal.what, Happening::TaskSkipped { note: Some(_), .. })
                || entry.facts.iter().any(|fact| match &fact.what {
                    What::Ended { outcome, .. } => has_note(outcome),
                    _ => false,
                })
        };
        if *caller.sight() == Sight::Corp || !entries.iter().any(written) {
            return Ok(());
        }
        let history = self.app.store.history(customer).await?;
        let notes = Notes::new(caller.sight(), &history);
        entries.iter_mut().for_each(|entry| notes.hide_in_entry(entry));
        Ok(())
    }

    /// The same of the live enrollments of these customers.
    pub(crate) async fn hide_notes_in_files<'f>(
        &self,
        caller: &Caller,
        files: impl IntoIterator<Item = &'f mut File>,
    ) -> Result<(), Problem> {
        for file in files {
            let mut done = file.enrollments.iter().flat_map(|live| &live.done);
            if *caller.sight() != Sight::Corp && done.any(|step| has_note(&step.outcome)) {
                let history = self.app.store.history(&file.id).await?;
                Notes::new(caller.sight(), &history).hide_in_file(file);
            }
        }
        Ok(())
    }
}
