//! Stage 7, the plan: the next step of every enrollment gets its instant (P3, P5, P6). Caps, quotas and priorities
//! across SOPs belong here.

use super::turn::Turn;
use crate::{
    Timestamp,
    fact::What,
    file::{Enrollment, ExitReason, Outcome, PlannedStep, SkipReason},
    sop::{Anchor, LateStart, SopVersion, Step, StepMethod},
    timing::{Base, GRACE_MINUTES, Window, local},
};

/// Plans what is not planned, and completes what has nothing left. Returns whether anything changed.
pub(super) fn run(turn: &mut Turn<'_>) -> bool {
    let mut changed = false;
    let mut place = 0;
    while place < turn.file.enrollments.len() {
        let live = &turn.file.enrollments[place];
        if live.next.is_some() {
            place += 1;
            continue;
        }
        let book = turn.book;
        let Some(version) = book.version(&live.sop, live.version) else {
            turn.end_enrollment(place, ExitReason::SopGone, None);
            changed = true;
            continue;
        };
        match next_step(live, version) {
            Some((step, following)) => {
                let (step, following) = (step.clone(), following.cloned());
                plan_step(turn, place, version, &step, following.as_ref());
                changed = true;
            }
            None if live.open.is_some() => place += 1,
            None => {
                turn.end_enrollment(place, ExitReason::Completed, None);
                changed = true;
            }
        }
    }
    changed
}

/// The step behind the last one that was begun, with the one behind it.
fn next_step<'a>(live: &Enrollment, version: &'a SopVersion) -> Option<(&'a Step, Option<&'a Step>)> {
    let steps = &version.document.steps;
    let behind = steps.iter().rposition(|step| live.has_begun(&step.id)).map_or(0, |last| last + 1);
    let step = steps.get(behind)?;
    Some((step, steps.get(behind + 1)))
}

fn plan_step(turn: &mut Turn<'_>, place: usize, version: &SopVersion, step: &Step, following: Option<&Step>) {
    let live = &turn.file.enrollments[place];
    let settings = &turn.book.settings;
    let from_anchor = Base {
        settings,
        anchor_at: live.anchor_at,
        shift_days: live.shift_days,
        not_before: Timestamp::default(),
    };
    let last = live.open.as_ref().map(|open| (open.due_at, &open.step));
    let last = last.or_else(|| live.done.last().map(|done| (done.due_at, &done.step)));
    let last_due = last.map_or(Timestamp::default(), |(due_at, before)| {
        let apart = version.step(before).map_or(0, |(_, before)| from_anchor.apart(&before.at, &step.at));
        due_at.plus_secs(apart)
    });
    let window_from = |not_before: Timestamp| {
        Base { not_before, ..from_anchor }.window(&step.at, following.map(|step| &step.at))
    };
    let after_grace = last_due.max(live.entered_at.plus_mins(GRACE_MINUTES));
    // Late is what its own time makes late; that the step before it came late makes nothing of the past due.
    let nominal = window_from(Timestamp::default());
    let mut window = window_from(last_due);
    if step.method == StepMethod::Welcome {
        // Greets at any hour, at once or never; WeCom's clock may be ahead of ours.
        window.due_at = live.anchor_at.min(turn.now);
    } else if nominal.due_at < live.entered_at {
        window = window_from(after_grace);
        if !starts_late(turn, live, step, &nominal, window.due_at) {
            let LateStart::Skip = version.document.late_start;
            let outcome = Outcome::Skipped { reason: SkipReason::LateStart, note: None };
            turn.file.enrollments[place].shift_days += nominal.moved_days;
            return turn.end_step(place, &step.id, nominal.due_at, outcome);
        }
    } else if matches!(version.document.anchor, Anchor::StageEntry { .. }) {
        window = window_from(after_grace);
    }
    let live = &mut turn.file.enrollments[place];
    live.shift_days += window.moved_days;
    live.next = Some(PlannedStep {
        step: step.id.clone(),
        due_at: window.due_at,
        until: window.until.max(window.due_at.plus_mins(1)),
        expires_at: window.expires_at.max(window.due_at.plus_mins(1)),
    });
    let (sop, n, step) = (live.sop.clone(), live.n, step.id.clone());
    let because = turn.last_of(&sop, n);
    turn.fact(What::Planned { sop, n, step, due_at: window.due_at }, because);
}

/// A step of the anchor's own day whose window is still open at `due_at`, when it could begin, is not lost to a late
/// entry (P6).
fn starts_late(turn: &Turn<'_>, live: &Enrollment, step: &Step, nominal: &Window, due_at: Timestamp) -> bool {
    let zone = turn.book.settings.timezone;
    let day = |at: Timestamp| local(at, zone).date_naive();
    let first_day = step.at.day == Some(0) || day(nominal.due_at) == day(live.anchor_at);
    first_day && due_at < nominal.until
}
