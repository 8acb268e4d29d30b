//! How enrollments and their touches begin, change hands and end. Used by every stage, decided nowhere else.

use super::{
    EnrollmentRecord, Record, Slot, TouchRecord,
    exposure::Sent,
    turn::{Because, Turn},
};
use crate::{
    SopId, StaffId, Timestamp,
    fact::What,
    file::{
        DoneStep, Ended, Enrollment, ExitReason, Method, OneShot, OneShotKind, OpenTouch, Outcome, Route,
        TouchRef,
    },
    timing,
};

/// Ended enrollments are kept in full for so long, for T6 and T9.
pub(super) const KEPT_IN_FULL_DAYS: i64 = 30;

impl Turn<'_> {
    /// The place of a live enrollment.
    pub(super) fn place_of(&self, sop: &SopId, n: u32) -> Option<usize> {
        self.file.enrollments.iter().position(|e| &e.sop == sop && e.n == n)
    }

    /// Gives the open touch its outcome.
    pub(super) fn end_open(&mut self, sop: &SopId, n: u32, outcome: Outcome, because: Because) {
        let Some(place) = self.place_of(sop, n) else {
            return;
        };
        let Some(open) = self.file.enrollments[place].open.take() else {
            return;
        };
        self.end_touch(place, &open, outcome, false, because);
    }

    fn end_touch(
        &mut self,
        place: usize,
        open: &OpenTouch,
        outcome: Outcome,
        partly: bool,
        because: Because,
    ) {
        let now = self.now;
        let enrollment = &mut self.file.enrollments[place];
        enrollment.done.push(DoneStep { partly, ..done_step(open, outcome.clone(), now) });
        let record = TouchRecord::of_open(enrollment, open, outcome.clone(), now, self.version);
        let touch = TouchRef { sop: enrollment.sop.clone(), n: enrollment.n, step: open.step.clone() };
        self.records.push(Record::Touch(record));
        self.note_end(&touch, open, outcome, partly, because);
    }

    /// The fact of a touch's outcome, and what follows from a content that was sent.
    fn note_end(
        &mut self,
        touch: &TouchRef,
        open: &OpenTouch,
        outcome: Outcome,
        partly: bool,
        because: Because,
    ) {
        let evidence = match &outcome {
            Outcome::Sent { evidence } => Some(*evidence),
            _ => None,
        };
        let TouchRef { sop, n, step } = touch.clone();
        let because = self.fact(What::Ended { sop, n, step, outcome }, because);
        if let (Some(evidence), Some(content)) = (evidence, open.content.clone()) {
            let route = if open.method == Method::Welcome { Route::Welcome } else { Route::Task };
            let (staff, touch, at) = (open.staff.clone(), Some(touch.clone()), self.happened_at);
            let opened = open.opened;
            self.expose(Sent { content, route, staff, touch, evidence, at, partly, opened }, because);
        }
    }

    /// Gives an outcome to a step that never became an open touch.
    pub(super) fn end_step(
        &mut self,
        place: usize,
        step: &crate::StepId,
        due_at: Timestamp,
        outcome: Outcome,
    ) {
        let now = self.now;
        let method = self.method_of(place, step);
        let enrollment = &mut self.file.enrollments[place];
        let done = DoneStep {
            step: step.clone(),
            outcome: outcome.clone(),
            due_at,
            at: now,
            content: None,
            partly: false,
        };
        enrollment.done.push(done);
        let record =
            TouchRecord::of_step(enrollment, step, method, due_at, outcome.clone(), now, self.version);
        let ended = What::Ended { sop: enrollment.sop.clone(), n: enrollment.n, step: step.clone(), outcome };
        self.records.push(Record::Touch(record));
        self.fact(ended, None);
    }

    fn method_of(&self, place: usize, step: &crate::StepId) -> Method {
        let enrollment = &self.file.enrollments[place];
        let version = self.book.version(&enrollment.sop, enrollment.version);
        version.and_then(|version| version.step(step)).map_or(Method::Task, |(_, step)| step.method.into())
    }

    /// The result of a welcome, whose enrollment may have ended meanwhile.
    pub(super) fn end_welcome(&mut self, work: &OneShot, outcome: Outcome, partly: bool) {
        let touch = &work.touch;
        let live = self.place_of(&touch.sop, touch.n);
        let is_open = |e: &Enrollment| e.open.as_ref().is_some_and(|open| open.step == touch.step);
        let live = live.filter(|place| is_open(&self.file.enrollments[*place]));
        if let Some(place) = live
            && let Some(open) = self.file.enrollments[place].open.take()
        {
            return self.end_touch(place, &open, outcome, partly, None);
        }
        let (now, version) = (self.now, self.version);
        let ended = self.file.ended.get_mut(&touch.sop).filter(|ended| ended.n == touch.n);
        let open = ended.and_then(|ended| ended.full.as_mut()).and_then(|full| {
            let open = full.open.take_if(|open| open.step == touch.step)?;
            full.done.push(DoneStep { partly, ..done_step(&open, outcome.clone(), now) });
            Some((TouchRecord::of_open(full, &open, outcome.clone(), now, version), open))
        });
        if let Some((record, open)) = open {
            self.records.push(Record::Touch(record));
            return self.note_end(touch, &open, outcome, partly, None);
        }
        // Nothing is left of the touch: the work itself knows what was said.
        let evidence = match &outcome {
            Outcome::Sent { evidence } => Some(*evidence),
            _ => None,
        };
        let (sop, step) = (touch.sop.clone(), touch.step.clone());
        let because = self.fact(What::Ended { sop, n: touch.n, step, outcome }, None);
        let OneShotKind::Welcome { staff, content, .. } = &work.kind;
        if let (Some(evidence), Some(content)) = (evidence, content.clone()) {
            let (staff, touch, at) = (staff.clone(), Some(touch.clone()), self.happened_at);
            let route = Route::Welcome;
            let sent = Sent { content, route, staff, touch, evidence, at, partly, opened: false };
            self.expose(sent, because);
        }
    }

    /// Ends an enrollment. An open touch is cancelled; a welcome that is being sent keeps its outcome to come.
    pub(super) fn end_enrollment(&mut self, place: usize, reason: ExitReason, because: Because) {
        let (sop, n) = (self.file.enrollments[place].sop.clone(), self.file.enrollments[place].n);
        let because = match reason {
            ExitReason::Completed => self.fact(What::Completed { sop: sop.clone(), n }, because),
            reason => self.fact(What::Exited { sop: sop.clone(), n, reason }, because),
        };
        // As it was before the exit, for those who may bring it back.
        let full = self.file.enrollments[place].clone();
        let cancelled = full.open.as_ref().filter(|open| open.method != Method::Welcome);
        if let Some(open) = cancelled {
            self.file.enrollments[place].open = None;
            self.end_touch(place, open, Outcome::Cancelled { reason }, false, because);
        }
        let ended = self.file.enrollments.remove(place);
        self.records.push(Record::Enrollment(EnrollmentRecord::of(&ended, reason, self.now)));
        let comes_back = matches!(reason, ExitReason::NoRelation);
        let greeting = full.open.as_ref().is_some_and(|open| open.method == Method::Welcome);
        let kept = match reason {
            ExitReason::Completed => false,
            // Nothing brings it back, but the welcome's outcome is still to come.
            ExitReason::SopGone => greeting,
            _ => true,
        };
        let full = kept.then(|| {
            // Brought back after an absence it goes on with the next step; undone, as if nothing had happened.
            let mut kept = if comes_back { ended.clone() } else { full.clone() };
            if comes_back {
                kept.open = full.open.clone().filter(|open| open.method == Method::Welcome);
            }
            Box::new(kept)
        });
        let last = Ended { n, anchor_at: ended.anchor_at, at: self.now, reason, version: self.version, full };
        self.file.ended.insert(sop, last);
    }

    /// Brings an ended enrollment back to life.
    pub(super) fn revive(&mut self, sop: &SopId, because: Because) -> Option<usize> {
        let ended = self.file.ended.get(sop)?;
        if self.file.enrollments.iter().any(|live| &live.sop == sop) {
            return None;
        }
        let full = *ended.full.clone()?;
        self.file.ended.remove(sop);
        let n = full.n;
        // A welcome that is still being sent never had an outcome to take back.
        if let Some(open) = full.open.as_ref().filter(|open| open.method != Method::Welcome) {
            let (sop, step) = (sop.clone(), open.step.clone());
            let touch = TouchRef { sop: sop.clone(), n, step: step.clone() };
            self.records.push(Record::TouchReopened(touch));
            self.fact(What::Reopened { sop, n, step }, because);
        }
        // Live enrollments stand in order of entry.
        let place = self.file.enrollments.partition_point(|live| live.entered_at <= full.entered_at);
        self.file.enrollments.insert(place, full);
        self.records.push(Record::EnrollmentReopened { sop: sop.clone(), n });
        let because = self.fact(What::Resumed { sop: sop.clone(), n }, because);
        // What it would send may have been sent meanwhile.
        self.drop_repetition(sop, n, because);
        self.remind_again(place, because);
        Some(place)
    }

    /// A touch that is open again is mentioned again: its slot may have passed while it was not.
    fn remind_again(&mut self, place: usize, because: Because) {
        let open = self.file.enrollments[place].open.as_ref();
        let Some(open) = open.filter(|open| open.method != Method::Welcome) else { return };
        let (staff, due_at) = (open.staff.clone(), open.due_at);
        if self.is_friend(&staff) {
            let at = self.next_reminder(due_at);
            self.slots.insert(Slot { staff, at });
        } else {
            self.reassign_touches(&staff, because);
        }
    }

    /// The reminder moment of a touch that comes back or changes hands.
    fn next_reminder(&self, due_at: Timestamp) -> Timestamp {
        let settings = &self.book.settings;
        timing::slot(due_at, false, timing::out_of_quiet(self.now, settings), settings)
    }

    /// Friends again within 30 days: what ended for want of a relation goes on, its days kept apart as before (T6).
    pub(super) fn resume_after_absence(&mut self, because: Because) {
        let now = self.now;
        let recent = |at: Timestamp| now < at.plus_days(KEPT_IN_FULL_DAYS);
        let back: Vec<(SopId, Timestamp)> = self
            .file
            .ended
            .iter()
            .filter(|(_, ended)| ended.reason == ExitReason::NoRelation && recent(ended.at))
            .map(|(sop, ended)| (sop.clone(), ended.at))
            .collect();
        for (sop, left_at) in back {
            if let Some(place) = self.revive(&sop, because) {
                let absent_days = (now.ms() - left_at.ms()).max(0) / 86_400_000;
                let enrollment = &mut self.file.enrollments[place];
                // Whole days, and one more where the next step would come in the past.
                let next = enrollment.next.take().map(|next| next.due_at.plus_days(absent_days));
                enrollment.shift_days += absent_days + i64::from(next.is_some_and(|due_at| due_at <= now));
            }
        }
    }

    fn is_friend(&self, staff: &StaffId) -> bool {
        self.file.relations.get(staff).is_some_and(crate::Relation::is_open)
    }

    /// The staff member of open touches is gone: whoever serves the customer now takes them over, and is reminded
    /// (O1). Without anybody the enrollments end in the stage of exits.
    pub(super) fn reassign_touches(&mut self, from: &StaffId, because: Because) {
        // Who is no friend any more can do nothing at all; a friend without a licence may get one again (O4).
        let any_friend = || self.file.open_relations().next().map(|(staff, _)| staff.clone());
        let to = self.server().or_else(|| any_friend().filter(|_| !self.is_friend(from)));
        let Some(to) = to else { return };
        for place in 0..self.file.enrollments.len() {
            let enrollment = &mut self.file.enrollments[place];
            let Some(open) = enrollment.open.as_mut().filter(|open| &open.staff == from) else {
                continue;
            };
            if open.method == Method::Welcome {
                continue;
            }
            open.staff.clone_from(&to);
            let (due_at, step) = (open.due_at, open.step.clone());
            let (sop, n) = (enrollment.sop.clone(), enrollment.n);
            let at = self.next_reminder(due_at);
            self.slots.insert(Slot { staff: to.clone(), at });
            self.fact(What::Reassigned { sop, n, step, from: from.clone(), to: to.clone() }, because);
        }
    }
}

fn done_step(open: &OpenTouch, outcome: Outcome, at: Timestamp) -> DoneStep {
    DoneStep {
        step: open.step.clone(),
        outcome,
        due_at: open.due_at,
        at,
        content: open.content.clone(),
        partly: false,
    }
}
