//! Stage 8, timers and leases. What WeCom should have and does not is found by comparison; the commit that finds it
//! takes the lease, so that intent always comes before the call.

use std::collections::BTreeSet;

use super::{Work, turn::Turn};
use crate::{
    File, Happening, Relation, TagId, Timestamp,
    fact::What,
    file::{Attempt, Fetch, Marking, Method, PlannedStep, TagDifference},
    playbook::Playbook,
    react::{exposure, touches::KEPT_IN_FULL_DAYS},
};

/// Whoever marks has so long; the call itself times out after 10 s.
pub(super) const MARK_LEASE_SECONDS: i64 = 60;
pub(super) const FETCH_LEASE_SECONDS: i64 = 60;
/// The code itself lives only 20 seconds.
pub(super) const WELCOME_LEASE_SECONDS: i64 = 5;

/// Takes leases, forgets what is too old, and sets the timers.
pub(super) fn run(turn: &mut Turn<'_>) {
    one_shots(turn);
    markings(turn);
    fetch(turn);
    forget(turn);
    set_timers(turn);
}

fn one_shots(turn: &mut Turn<'_>) {
    let (now, version) = (turn.now, turn.version);
    for work in &mut turn.file.pending {
        let fresh = work.id.starts_with(&format!("{version}-"));
        if fresh {
            turn.work.push(Work::Welcome(work.id.clone()));
        } else if work.attempt.is_free(now) {
            // A lease that ran out without a result: the call may have had its effect.
            work.ambiguous |= work.attempt.running;
            work.attempt = Attempt::lease(Some(work.attempt), now.plus_secs(WELCOME_LEASE_SECONDS));
            turn.work.push(Work::Welcome(work.id.clone()));
        }
    }
}

fn markings(turn: &mut Turn<'_>) {
    let (now, version, put_off_to) = (turn.now, turn.version, turn.put_off_to);
    let wanted: BTreeSet<TagId> = turn.file.tags.keys().cloned().collect();
    // A timer or a result is nothing that somebody does.
    let by_itself = matches!(turn.signal.what, Happening::Woken | Happening::Performed { .. });
    let expired = turn.last_fact(|what| matches!(what, What::TagExpired { .. })).is_some();
    let to_be_fetched = turn.file.fetch.is_some();
    let not_looked_yet = turn.file.fetch.as_ref().is_some_and(|fetch| fetch.attempt.is_none());
    for (staff, relation) in turn.file.relations.iter_mut().filter(|(_, relation)| relation.is_open()) {
        if let Some(marking) = &mut relation.marking
            && not_looked_yet
            && marking.attempt.is_put_off()
        {
            // Its turn may have come and nobody been by yet: the one look that there will be still goes first.
            marking.attempt.until = marking.attempt.until.max(now.plus_secs(FETCH_LEASE_SECONDS));
        }
        let last = match &relation.marking {
            Some(marking) if !marking.attempt.is_free(now) => continue,
            // What the phone shows may be the later act: the fetch goes first and decides (T4). It has until then.
            Some(marking) if marking.waits_its_turn(now) && to_be_fetched => continue,
            Some(marking) => Some(marking.clone()),
            None => None,
        };
        let mut tags = difference(relation, &wanted, turn.book);
        let unsettled = last.as_ref().filter(|last| last.is_in_doubt());
        if let Some(Marking { tags: unsettled, .. }) = unsettled {
            // What may have been written is written again in its present sense, so that the fetch settles it.
            for tag in unsettled.add.union(&unsettled.remove).filter(|tag| turn.book.tags.is_live(tag)) {
                if wanted.contains(tag) {
                    tags.add.insert(tag.clone())
                } else {
                    tags.remove.insert(tag.clone())
                };
            }
        }
        let refused = relation.held.as_ref().is_some_and(|held| held.tags == tags);
        if tags.is_empty() || refused {
            if relation.marking.take().is_some() {
                // Given up without a result: what a fetch saw before now may be what it wrote (T4).
                relation.marked_version = version;
            }
            continue;
        }
        let settle = unsettled.is_some();
        // Whoever changes what is to be written waits for it.
        let same = last.as_ref().is_some_and(|last| last.in_bulk && last.tags == tags);
        if same && by_itself && last.as_ref().is_some_and(|last| last.waits_its_turn(now)) {
            // Steps of thousands who entered together are due together: their calls are not.
            continue;
        }
        // Tags that were lent to thousands come off together: nobody waits for it.
        let in_bulk = same || put_off_to.is_some() || (expired && by_itself);
        let before = last.map(|last| last.attempt);
        let attempt = put_off(before, now, put_off_to)
            .unwrap_or_else(|| Attempt::lease(before, now.plus_secs(MARK_LEASE_SECONDS)));
        relation.held = None;
        relation.marking = Some(Marking { leased: version, tags, attempt, settle, in_bulk });
        if !attempt.is_put_off() {
            turn.work.push(Work::Mark(staff.clone()));
        }
    }
}

/// Of one customer among many, what is new waits for its turn, and goes on waiting. What is due is due.
fn put_off(before: Option<Attempt>, now: Timestamp, to: Option<Timestamp>) -> Option<Attempt> {
    let at = to?;
    match before {
        None => Some(Attempt::put_off(at)),
        Some(attempt) => (attempt.is_put_off() && attempt.until > now).then_some(attempt),
    }
}

/// (wanted − mirror) − leave, and what is marked without being wanted. Before the first fetch nothing is known to be
/// there, so there is nothing to take off.
fn difference(relation: &Relation, wanted: &BTreeSet<TagId>, book: &Playbook) -> TagDifference {
    let nothing = BTreeSet::new();
    let mirror = relation.mirror.as_ref().unwrap_or(&nothing);
    let ours = |tag: &&TagId| !relation.leave.contains(*tag) && book.tags.is_live(tag);
    let add: BTreeSet<TagId> = wanted.difference(mirror).filter(ours).cloned().collect();
    let mut remove: BTreeSet<TagId> = mirror.difference(wanted).filter(ours).cloned().collect();
    // A stage that moves takes every other stage's tag off, also one that somebody put on a phone before and that no
    // fetch has shown yet: the later act stands (T4). On a new relation the phone may be the later one, so there the
    // fetch decides.
    if relation.mirror.is_some() {
        let boards = add.iter().filter_map(|tag| book.stage_of_tag(tag)).map(|(board, _)| board);
        let stages = boards.flat_map(|board| &board.stages).filter_map(|stage| stage.tag.as_ref());
        remove.extend(stages.filter(|tag| !wanted.contains(*tag)).filter(ours).cloned());
    }
    TagDifference { add, remove }
}

/// Are tags being written, or is it in doubt whether they were? A fetch would have to be thrown away (T4). A marking
/// that merely waits for its next try has written nothing.
fn marks_under_way(file: &File) -> bool {
    file.open_relations().any(|(_, relation)| relation.marking.as_ref().is_some_and(Marking::is_in_doubt))
}

/// A fetch waits for markings: begun now it would have to be thrown away (T4).
fn fetch(turn: &mut Turn<'_>) {
    let now = turn.now;
    let marking = marks_under_way(&turn.file);
    let Some(wanted) = &mut turn.file.fetch else {
        return;
    };
    if marking || wanted.attempt.is_some_and(|attempt| !attempt.is_free(now)) {
        return;
    }
    let attempt = Attempt::lease(wanted.attempt, now.plus_secs(FETCH_LEASE_SECONDS));
    let leased = turn.version;
    *wanted = Fetch { attempt: Some(attempt), leased, again: false, ..wanted.clone() };
    turn.work.push(Work::Fetch);
}

fn forget(turn: &mut Turn<'_>) {
    let now = turn.now;
    turn.file.cooldowns.retain(|_, until| *until > now);
    for ended in turn.file.ended.values_mut() {
        if now >= ended.at.plus_days(KEPT_IN_FULL_DAYS) {
            ended.full = None;
        }
    }
    for relation in turn.file.relations.values_mut() {
        if relation.welcome.as_ref().is_some_and(|code| code.until.plus_mins(1) < now) {
            relation.welcome = None;
        }
    }
    exposure::forget(turn);
}

fn set_timers(turn: &mut Turn<'_>) {
    let alarm = alarm_at(&turn.file, turn.now);
    if alarm != turn.file.alarm.at {
        turn.file.alarm.at = alarm;
        turn.file.alarm.generation += 1;
    }
    turn.file.wake_at = wake_at(&turn.file, turn.now);
}

/// The next step or window's end: what a schedule is made for.
fn alarm_at(file: &File, now: Timestamp) -> Option<Timestamp> {
    let timers = file.enrollments.iter().flat_map(|live| {
        let greeting = live.open.as_ref().is_some_and(|open| open.method == Method::Welcome);
        // A step that is due and waits for the welcome before it begins when that has its outcome.
        // One that is held is looked at with whatever happens, once a day at least, and when its window ends. An alarm that
        // is still to come serves as well.
        let look = |next: &PlannedStep| {
            let look = next.expires_at.min(now.plus_days(1));
            file.alarm.at.filter(|at| *at > now && *at < look).unwrap_or(look)
        };
        let begins = |next: &PlannedStep| if next.due_at > now { next.due_at } else { look(next) };
        let next = live.next.as_ref().filter(|next| !greeting || next.due_at > now).map(begins);
        let open = live.open.as_ref().filter(|_| !greeting);
        [next, open.map(|open| open.expires_at)]
    });
    timers.flatten().min()
}

/// The earliest timer of any kind: steps, leases and pauses of outside work. All of them lie after `now`, so that
/// nobody is woken for nothing. Rows owed wake at once; [`crate::rows::fit`] knows which are.
#[must_use]
pub(super) fn wake_at(file: &File, now: Timestamp) -> Option<Timestamp> {
    let one_shots = file.pending.iter().map(|work| work.attempt.until);
    let open = file.open_relations();
    let markings =
        open.filter_map(|(_, relation)| relation.marking.as_ref().map(|marking| marking.attempt.until));
    // A fetch that waits for a marking is looked at again when that ends.
    let fetch = file.fetch.iter().filter(|_| !marks_under_way(file)).filter_map(|fetch| fetch.attempt);
    let fetch = fetch.map(|attempt| attempt.until);
    let expiries = file.tags.values().filter_map(|held| held.expires_at);
    one_shots.chain(markings).chain(fetch).chain(expiries).chain(alarm_at(file, now)).min()
}
