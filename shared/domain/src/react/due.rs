//! Stage 6, what is due now: windows that end, steps that begin (P4, P6, D1).

use std::collections::BTreeSet;

use super::{Slot, entries::may_be_transfer, turn::Turn, work::WELCOME_LEASE_SECONDS};
use crate::{
    Happening, StaffId, Timestamp,
    content::SentContent,
    fact::What,
    file::{
        Attempt, Enrollment, ExitReason, Method, MissReason, OneShot, OneShotKind, OpenTouch, Outcome,
        PlannedStep, SkipReason, TouchRef,
    },
    predicate::Truth,
    sop::{Step, StepContent, StepMethod, Text},
    timing,
};

/// WeCom gives a welcome code with the adding, and takes it for so long.
const CODE_SECONDS: i64 = 20;

/// Handles everything due. Returns whether anything ended or began.
pub(super) fn run(turn: &mut Turn<'_>) -> bool {
    take_from_those_who_cannot_serve(turn);
    let mut changed = false;
    let mut place = 0;
    while place < turn.file.enrollments.len() {
        let before = turn.file.enrollments.len();
        changed |= expire(turn, place);
        changed |= begin(turn, place);
        if turn.file.enrollments.len() == before {
            place += 1;
        }
    }
    changed
}

/// Whoever has left, has no licence (O4) or has handed the customer over (O1) does nothing more: another friend of the
/// customer does, if there is one.
fn take_from_those_who_cannot_serve(turn: &mut Turn<'_>) {
    let is_friend = |staff: &StaffId| turn.file.open_relations().any(|(friend, _)| friend == staff);
    let open = turn.file.enrollments.iter().filter_map(|live| live.open.as_ref());
    let theirs = open.filter(|open| {
        open.method != Method::Welcome && !(turn.book.can_serve(&open.staff) && is_friend(&open.staff))
    });
    for staff in theirs.map(|open| open.staff.clone()).collect::<BTreeSet<_>>() {
        turn.reassign_touches(&staff, None);
    }
}

/// Must a step wait, because nobody can be asked to do it: the customer is being handed over (O1), or whoever is friends
/// with them cannot serve (O4)? It keeps its time, and waits as long as its window lasts.
fn is_held(turn: &Turn<'_>) -> bool {
    turn.file.is_being_handed_over() || turn.file.has_open_relation() && turn.server().is_none()
}

/// Does a step wait, because what it sends cannot be read until somebody repairs it? It is there, and may be sent yet.
fn sends_what_is_damaged(turn: &Turn<'_>, live: &Enrollment, next: &PlannedStep) -> bool {
    let version = turn.book.version(&live.sop, live.version);
    let step = version.and_then(|version| version.step(&next.step));
    let content = step.and_then(|(_, step)| step.content.reference());
    content.is_some_and(|content| turn.book.damaged_contents.contains(&content.id))
}

fn expire(turn: &mut Turn<'_>, place: usize) -> bool {
    let live = &turn.file.enrollments[place];
    let held =
        is_held(turn) || live.next.as_ref().is_some_and(|next| sends_what_is_damaged(turn, live, next));
    // The step behind it, if that fell due no later, supersedes it.
    let superseded = |open: &OpenTouch| {
        let begins = |next: &PlannedStep| next.due_at <= turn.now && next.due_at <= open.expires_at;
        !held && live.next.as_ref().is_some_and(begins)
    };
    let over = |open: &&OpenTouch| {
        open.method != Method::Welcome && open.expires_at <= turn.now && !superseded(open)
    };
    if live.open.as_ref().filter(over).is_none() {
        return false;
    }
    let (sop, n) = (live.sop.clone(), live.n);
    turn.end_open(&sop, n, Outcome::Missed { reason: MissReason::Expired }, None);
    true
}

fn begin(turn: &mut Turn<'_>, place: usize) -> bool {
    let live = &turn.file.enrollments[place];
    let Some(next) = live.next.clone() else { return false };
    let book = turn.book;
    let step = book.version(&live.sop, live.version).and_then(|version| version.step(&next.step));
    let is_welcome = step.is_some_and(|(_, step)| step.method == StepMethod::Welcome);
    // A welcome that waits for its code begins as soon as that comes.
    if next.due_at > turn.now && !(is_welcome && has_code(turn)) {
        return false;
    }
    let next = PlannedStep { due_at: next.due_at.min(turn.now), ..next };
    // A welcome that is being sent takes seconds: the step behind it waits.
    if live.open.as_ref().is_some_and(|open| open.method == Method::Welcome) {
        return false;
    }
    let (sop, n) = (live.sop.clone(), live.n);
    let Some(version) = book.version(&live.sop, live.version) else {
        turn.end_enrollment(place, ExitReason::SopGone, None);
        return true;
    };
    if !is_welcome && turn.now < next.expires_at && is_held(turn) {
        return false;
    }
    if turn.now < next.expires_at && sends_what_is_damaged(turn, &turn.file.enrollments[place], &next) {
        return false;
    }
    if turn.file.enrollments[place].open.is_some() {
        turn.end_open(&sop, n, Outcome::Missed { reason: MissReason::Superseded }, None);
    }
    let by_day = timing::out_of_quiet(turn.now, &book.settings);
    if by_day > turn.now && by_day < next.expires_at && !is_welcome {
        // Woken late, into the night: nothing is offered now.
        put_off(turn, place, by_day);
        return true;
    }
    turn.file.enrollments[place].next = None;
    match version.step(&next.step) {
        None => turn.end_step(place, &next.step, next.due_at, skipped(SkipReason::StepGone)),
        Some((_, step)) => judge(turn, place, step, &next),
    }
    true
}

fn put_off(turn: &mut Turn<'_>, place: usize, due_at: Timestamp) {
    let until = timing::usual_until(due_at, &turn.book.settings);
    let live = &mut turn.file.enrollments[place];
    let Some(next) = &mut live.next else { return };
    next.due_at = due_at;
    next.until = next.until.max(until).min(next.expires_at);
    let (sop, n, step) = (live.sop.clone(), live.n, next.step.clone());
    turn.fact(What::Planned { sop, n, step, due_at }, None);
}

fn has_code(turn: &Turn<'_>) -> bool {
    turn.file.open_relations().any(|(_, relation)| relation.welcome.is_some())
}

fn judge(turn: &mut Turn<'_>, place: usize, step: &Step, planned: &PlannedStep) {
    // What ends before the night does is not offered in it.
    let by_day = timing::out_of_quiet(turn.now, &turn.book.settings);
    let verdict = step.when.as_ref().map_or(Truth::True, |when| when.judge(&turn.file));
    let refused = match verdict {
        // A welcome has a deadline of its own, and says so.
        Truth::True if planned.expires_at <= by_day && step.method != StepMethod::Welcome => {
            Some(Outcome::Missed { reason: MissReason::Expired })
        }
        Truth::True => None,
        Truth::False => Some(skipped(SkipReason::Condition)),
        Truth::Unknown => Some(skipped(SkipReason::UnknownReply)),
    };
    if let Some(outcome) = refused {
        return turn.end_step(place, &step.id, planned.due_at, outcome);
    }
    let Some(reference) = step.content.reference() else {
        return offer(turn, place, step, planned, None);
    };
    if turn.book.damaged_contents.contains(&reference.id) {
        // It waited as long as its window lasted; nobody knows whether the content is gone.
        let missed = Outcome::Missed { reason: MissReason::Expired };
        return turn.end_step(place, &step.id, planned.due_at, missed);
    }
    let known = turn.book.contents.get(&reference.id);
    let Some(content) = known.and_then(|known| known.sent_as(reference.pin)) else {
        return turn.end_step(place, &step.id, planned.due_at, skipped(SkipReason::ContentGone));
    };
    match turn.has_had(place, step, &content) {
        // Everybody is greeted (W1).
        Some(had_at) if step.method != StepMethod::Welcome => {
            turn.spare(place, step, planned.due_at, content, had_at);
        }
        _ => offer(turn, place, step, planned, Some(content)),
    }
}

/// The step begins. `content`: what it sends, if that is a content of the library.
fn offer(
    turn: &mut Turn<'_>,
    place: usize,
    step: &Step,
    planned: &PlannedStep,
    content: Option<SentContent>,
) {
    let method = Method::from(step.method);
    if method == Method::Welcome {
        return welcome(turn, place, step, planned, content);
    }
    let Some(staff) = turn.server() else {
        if turn.file.has_open_relation() {
            let missed = Outcome::Missed { reason: MissReason::Expired };
            return turn.end_step(place, &step.id, planned.due_at, missed);
        }
        // Two stages earlier the enrollment would have ended; a step without an end would be planned for ever.
        return turn.end_enrollment(place, ExitReason::NoRelation, None);
    };
    let settings = &turn.book.settings;
    let exact_hour = step.at.time.is_some_and(|time| timing::is_at(planned.due_at, time, settings.timezone));
    let slot = timing::slot(planned.due_at, exact_hour, turn.now, settings);
    turn.slots.insert(Slot { staff: staff.clone(), at: slot });
    open(turn, place, planned, Opening { method, staff, slot: Some(slot), content });
}

/// How a touch begins.
struct Opening {
    method: Method,
    staff: StaffId,
    slot: Option<Timestamp>,
    content: Option<SentContent>,
}

fn open(turn: &mut Turn<'_>, place: usize, planned: &PlannedStep, opening: Opening) {
    let Opening { method, staff, slot, content } = opening;
    let live = &mut turn.file.enrollments[place];
    live.open = Some(OpenTouch {
        step: planned.step.clone(),
        method,
        staff: staff.clone(),
        due_at: planned.due_at,
        offered_at: turn.now,
        until: planned.until,
        expires_at: planned.expires_at,
        content,
        opened: false,
    });
    let (sop, n, step) = (live.sop.clone(), live.n, planned.step.clone());
    turn.fact(What::Offered { sop, n, step, staff, method, slot }, None);
}

/// One welcome per code, whatever enrolls (W1): the first that asks takes it.
fn welcome(
    turn: &mut Turn<'_>,
    place: usize,
    step: &Step,
    planned: &PlannedStep,
    content: Option<SentContent>,
) {
    let now = turn.now;
    let codes = turn.file.open_relations().filter_map(|(staff, relation)| {
        let code = relation.welcome.as_ref()?;
        Some((code.until, staff))
    });
    let holder = codes.max().map(|(_, staff)| staff.clone());
    let taken = holder.and_then(|staff| {
        let relation = turn.file.relations.get_mut(&staff)?;
        Some((staff, relation.welcome.take()?))
    });
    let Some((staff, code)) = taken else {
        // A fetch may tell of the friendship before the callback brings the code.
        let end = turn.file.enrollments[place].anchor_at.plus_secs(CODE_SECONDS);
        let told = matches!(turn.signal.what, Happening::ContactAdded { .. })
            || may_be_transfer(turn.before, turn.file.enrollments[place].anchor_at);
        if !told && now < end {
            turn.file.enrollments[place].next = Some(PlannedStep { due_at: end, ..planned.clone() });
            return;
        }
        // Heard of after the code's end without the callback: there may have been one.
        let late = !told && planned.due_at < end;
        let reason = if late { SkipReason::TooLate } else { SkipReason::NoCode };
        return turn.end_step(place, &step.id, planned.due_at, skipped(reason));
    };
    if code.until <= now {
        return turn.end_step(place, &step.id, planned.due_at, skipped(SkipReason::TooLate));
    }
    let text = match &step.content {
        StepContent::Text(text) => {
            Text::parse(text).map_or_else(|_| text.clone(), |text| text.render(&turn.file, &staff, turn.book))
        }
        StepContent::Content { .. } => String::new(),
    };
    let live = &turn.file.enrollments[place];
    let touch = TouchRef { sop: live.sop.clone(), n: live.n, step: step.id.clone() };
    turn.one_shots += 1;
    turn.file.pending.push(OneShot {
        id: format!("{}-{}", turn.version, turn.one_shots),
        kind: OneShotKind::Welcome {
            staff: staff.clone(),
            code: code.code,
            until: code.until,
            text,
            content: content.clone(),
        },
        touch,
        attempt: Attempt::lease(None, now.plus_secs(WELCOME_LEASE_SECONDS)),
        ambiguous: false,
        left_out: None,
        partly: false,
    });
    open(turn, place, planned, Opening { method: Method::Welcome, staff, slot: None, content });
}

const fn skipped(reason: SkipReason) -> Outcome {
    Outcome::Skipped { reason, note: None }
}
