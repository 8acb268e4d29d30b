//! Stage 8, timers and leases. What WeCom should have and does not is found by comparison; the commit that finds it
//! takes the lease, so that intent always comes before the call.

use std::collections::BTreeSet;

use super::{Work, turn::Turn};
use crate::{
    File, Relation, TagId, Timestamp,
    file::{Attempt, Fetch, Marking, Method, TagDifference},
    playbook::Playbook,
    react::touches::KEPT_IN_FULL_DAYS,
};

/// Whoever marks has so long; the call itself times out after 10 s.
const MARK_LEASE_SECONDS: i64 = 60;
const FETCH_LEASE_SECONDS: i64 = 60;
const WELCOME_LEASE_SECONDS: i64 = 5;

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
    let now = turn.now;
    let wanted: BTreeSet<TagId> = turn.file.tags.keys().cloned().collect();
    for (staff, relation) in turn.file.relations.iter_mut().filter(|(_, relation)| relation.is_open()) {
        let last = match &relation.marking {
            Some(marking) if !marking.attempt.is_free(now) => continue,
            Some(marking) => {
                Some((marking.attempt, marking.settle || marking.attempt.running, marking.tags.clone()))
            }
            None => None,
        };
        let mut tags = difference(relation, &wanted, turn.book);
        let settle = last.as_ref().is_some_and(|(_, settle, _)| *settle);
        if settle && let Some((_, _, unsettled)) = &last {
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
            relation.marking = None;
            continue;
        }
        let attempt = Attempt::lease(last.map(|(attempt, ..)| attempt), now.plus_secs(MARK_LEASE_SECONDS));
        relation.held = None;
        relation.marking = Some(Marking { tags, attempt, settle });
        turn.work.push(Work::Mark(staff.clone()));
    }
}

/// (wanted − mirror) − leave, and what is marked without being wanted. Before the first fetch nothing is known to be
/// there, so there is nothing to take off.
fn difference(relation: &Relation, wanted: &BTreeSet<TagId>, book: &Playbook) -> TagDifference {
    let nothing = BTreeSet::new();
    let mirror = relation.mirror.as_ref().unwrap_or(&nothing);
    let ours = |tag: &&TagId| !relation.leave.contains(*tag) && book.tags.is_live(tag);
    TagDifference {
        add: wanted.difference(mirror).filter(ours).cloned().collect(),
        remove: mirror.difference(wanted).filter(ours).cloned().collect(),
    }
}

/// A fetch waits for markings under way: begun now it would have to be thrown away (T4).
fn fetch(turn: &mut Turn<'_>) {
    let now = turn.now;
    let marking = turn.file.relations.values().any(|r| r.marking.as_ref().is_some_and(|m| m.attempt.running));
    let Some(wanted) = &mut turn.file.fetch else {
        return;
    };
    if marking || wanted.attempt.is_some_and(|attempt| !attempt.is_free(now)) {
        return;
    }
    let attempt = Attempt::lease(wanted.attempt, now.plus_secs(FETCH_LEASE_SECONDS));
    *wanted = Fetch { staff: wanted.staff.clone(), attempt: Some(attempt), again: false };
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
}

fn set_timers(turn: &mut Turn<'_>) {
    let alarm = alarm_at(&turn.file);
    if alarm != turn.file.alarm.at {
        turn.file.alarm.at = alarm;
        turn.file.alarm.generation += 1;
    }
    turn.file.wake_at = wake_at(&turn.file);
}

/// The next step or window's end: what a schedule is made for.
fn alarm_at(file: &File) -> Option<Timestamp> {
    let timers = file.enrollments.iter().flat_map(|live| {
        let open = live.open.as_ref().filter(|open| open.method != Method::Welcome);
        [live.next.as_ref().map(|next| next.due_at), open.map(|open| open.expires_at)]
    });
    timers.flatten().min()
}

/// The earliest timer of any kind: steps, leases and pauses of outside work, rows owed.
#[must_use]
pub(super) fn wake_at(file: &File) -> Option<Timestamp> {
    let one_shots = file.pending.iter().map(|work| work.attempt.until);
    let open = file.relations.values().filter(|relation| relation.is_open());
    let markings = open.filter_map(|relation| relation.marking.as_ref().map(|marking| marking.attempt.until));
    let fetch =
        file.fetch.iter().map(|fetch| fetch.attempt.map_or(file.committed_at, |attempt| attempt.until));
    let owed = (!file.owed.is_empty() || !file.owed_records.is_empty()).then_some(file.committed_at);
    one_shots.chain(markings).chain(fetch).chain(owed).chain(alarm_at(file)).min()
}
