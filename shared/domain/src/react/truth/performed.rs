//! What outside calls did. A result for work that is no longer under way changes nothing: somebody else has taken over.

use std::collections::BTreeSet;

use super::relations;
use crate::{
    StaffId, TagId,
    fact::What,
    file::{Attempt, Evidence, Held, OneShot, OneShotKind, Outcome, SkipReason, TagDifference},
    react::{turn::Turn, work::MARK_LEASE_SECONDS},
    signal::{CallResult, Performed, SideName},
};

/// A marking of many that found no permit to call asks again so much later.
const BULK_AGAIN_SECONDS: i64 = 60;
/// WeCom: there is no relation between this staff member and this customer.
const NO_RELATION: i64 = 84061;
/// WeCom: of this contact the app sees nobody who is friends with it.
const NO_CONTACT: i64 = 40096;
/// WeCom: the welcome code is unknown or older than 20 seconds.
const CODE_TOO_OLD: i64 = 41050;
/// WeCom: a welcome was delivered with this code, or both are chatting already.
const CODE_USED: i64 = 41051;

pub(super) fn apply(turn: &mut Turn<'_>, results: &[Performed]) {
    for result in results {
        match result {
            Performed::Marked { staff, began, tags, result, settled } => {
                marked(turn, staff, *began, tags, *result, settled.as_ref());
            }
            Performed::FetchFailed { began, result } => fetch_failed(turn, *began, *result),
            Performed::Welcomed { id, attempt, result, left_out, partly } => {
                welcomed(turn, id, *attempt, *result, (*left_out, *partly));
            }
        }
    }
}

fn marked(
    turn: &mut Turn<'_>,
    staff: &StaffId,
    began: u64,
    tags: &TagDifference,
    result: CallResult,
    settled: Option<&BTreeSet<TagId>>,
) {
    let (now, version) = (turn.now, turn.version);
    let Some(relation) = turn.file.relations.get_mut(staff) else {
        return;
    };
    let Some(marking) =
        relation.marking.as_mut().filter(|m| m.attempt.running && m.leased <= began && &m.tags == tags)
    else {
        return;
    };
    match result {
        CallResult::Done => {
            let mirror = relation.mirror.get_or_insert_default();
            let before = mirror.clone();
            let named = || tags.add.iter().chain(&tags.remove);
            match settled {
                // For the tags it names, the fetch after an ambiguous attempt is believed (§1).
                Some(found) => {
                    for tag in named() {
                        if found.contains(tag) {
                            mirror.insert(tag.clone())
                        } else {
                            mirror.remove(tag)
                        };
                    }
                }
                None => {
                    mirror.extend(tags.add.iter().cloned());
                    mirror.retain(|tag| !tags.remove.contains(tag));
                }
            }
            let took = tags.add.is_subset(mirror) && tags.remove.is_disjoint(mirror);
            if took {
                relation.marking = None;
            } else {
                marking.attempt = marking.attempt.pause(now);
            }
            relation.held = None;
            relation.marked_version = version;
            // Other stages' tags are taken off to be on the safe side; told is what changed.
            let changed = TagDifference {
                add: mirror.difference(&before).cloned().collect(),
                remove: before.difference(mirror).cloned().collect(),
            };
            turn.fact(What::Marked { staff: staff.clone(), tags: changed }, None);
        }
        CallResult::Refused { code: NO_RELATION } => {
            // A half-added relation waits; one that was whole has lost its staff side (T6), before the call and thus
            // no later than the lease began: who was added again since is added later.
            let leased_at = marking.attempt.until.plus_secs(-MARK_LEASE_SECONDS);
            let at = relation.staff_side.at.max(relations::before_by_any_clock(leased_at));
            relation.marking = None;
            relation.marked_version = version;
            relations::removed(turn, staff, SideName::Staff, at);
        }
        CallResult::Refused { code } => {
            relation.marking = None;
            relation.marked_version = version;
            relation.held = Some(Held { code, tags: tags.clone() });
            turn.fact(What::MarkHeld { staff: staff.clone(), code }, None);
        }
        // One of many was not let through to WeCom: it goes to the end of the queue, and whatever the customer's own
        // life brings may still take it on at once.
        CallResult::NotCalled if marking.in_bulk && !marking.settle => {
            marking.attempt = Attempt::put_off(now.plus_secs(BULK_AGAIN_SECONDS));
        }
        // What an earlier attempt left open (`settle`) stays so. A fetch begun before this result knows less (T4).
        CallResult::Failed | CallResult::NotCalled | CallResult::Ambiguous => {
            marking.attempt = marking.attempt.pause(now);
            marking.settle |= result == CallResult::Ambiguous;
            relation.marked_version = version;
        }
    }
}

fn fetch_failed(turn: &mut Turn<'_>, began: u64, result: CallResult) {
    let now = turn.now;
    let Some(fetch) = turn.file.fetch.as_mut().filter(|fetch| fetch.leased <= began) else {
        return;
    };
    let Some(attempt) = fetch.attempt.filter(|attempt| attempt.running) else {
        return;
    };
    let refused = matches!(result, CallResult::Refused { .. });
    if refused && !fetch.again {
        // WeCom does not know this contact, or not as ours.
        let Some(fetch) = turn.file.fetch.take() else { return };
        if matches!(result, CallResult::Refused { code: NO_RELATION | NO_CONTACT }) {
            super::fetched::end_missing(turn, &fetch, fetch.missing.iter());
        }
    } else {
        // An edit meanwhile asks again.
        fetch.attempt = Some(attempt.pause(now));
        fetch.again = false;
    }
}

/// `lacked`: how many parts lacked something, and whether some did not go at all.
fn welcomed(turn: &mut Turn<'_>, id: &str, attempt: u32, result: CallResult, lacked: (u32, bool)) {
    let (left_out, partly) = lacked;
    let Some(place) = turn.file.pending.iter().position(|work| work.id == id) else {
        return;
    };
    let now = turn.now;
    let work: &mut OneShot = &mut turn.file.pending[place];
    // Of an attempt that somebody else has taken over only this is still news: that it greeted.
    let is_mine = work.attempt.running && work.attempt.number == attempt;
    if !is_mine && result != CallResult::Done {
        return;
    }
    let OneShotKind::Welcome { until, .. } = &work.kind;
    let in_time = now < *until;
    let outcome = match result {
        CallResult::Done => Outcome::Sent { evidence: Evidence::WecomResult },
        CallResult::Refused { code: CODE_USED } if work.ambiguous => {
            Outcome::Sent { evidence: Evidence::WecomResult }
        }
        CallResult::Refused { code: CODE_USED } => skipped(SkipReason::AlreadyChatting),
        CallResult::Refused { code: CODE_TOO_OLD } => skipped(SkipReason::TooLate),
        CallResult::NotCalled if !work.ambiguous => skipped(SkipReason::TooLate),
        CallResult::Refused { code } => Outcome::Failed { code },
        CallResult::Failed | CallResult::Ambiguous | CallResult::NotCalled => {
            if result == CallResult::Ambiguous {
                work.ambiguous = true;
                if work.left_out.is_none() {
                    (work.left_out, work.partly) = (Some(left_out), partly);
                }
            }
            if in_time || work.ambiguous {
                // The code lives for seconds: while it does, the pauses are short. Later, what may have been sent is
                // asked about until WeCom says.
                work.attempt = work.attempt.pause(now);
                if in_time {
                    work.attempt.until = work.attempt.until.min(now.plus_secs(3));
                }
                return;
            }
            skipped(SkipReason::TooLate)
        }
    };
    let work = turn.file.pending.remove(place);
    let sent = matches!(outcome, Outcome::Sent { .. });
    if sent {
        turn.file.contact.sent_at = turn.file.contact.sent_at.max(Some(now));
    }
    // Whoever only asked whether an earlier call greeted may have asked with more or less than that one said.
    let (left_out, partly) = match (result, work.left_out) {
        (CallResult::Refused { .. }, Some(first)) => (first, work.partly),
        _ => (left_out, partly),
    };
    turn.end_welcome(&work, outcome, sent && partly);
    if sent && left_out > 0 {
        turn.fact(What::PartsLeftOut { touch: work.touch, parts: left_out }, None);
    }
}

const fn skipped(reason: SkipReason) -> Outcome {
    Outcome::Skipped { reason, note: None }
}
