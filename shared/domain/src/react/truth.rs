//! Stage 1, truth: what the signal says about relations, profile, tags and contact.

mod attributes;
mod baseline;
mod fetched;
mod performed;
pub(super) mod relations;

use super::{
    law::{self, Mover},
    turn::Turn,
    undo,
};
use crate::{
    Relation, StaffId, StageId,
    fact::{IgnoreReason, What},
    file::{Evidence, FirstAdded, Method, Origin, Outcome, SkipReason, TouchRef},
    signal::{Actor, Happening},
};

/// WeCom's `add_way` of a customer whom an admin or a manager gave to a staff member.
const ASSIGNED: u16 = 202;

/// Does the signal only reveal what has been there all along? It is recorded, and nothing reacts (T7).
pub(super) fn is_baseline(turn: &Turn<'_>) -> bool {
    match &turn.signal.what {
        Happening::Fetched { snapshot } => snapshot.baseline || fetched::is_old_news(turn, snapshot),
        Happening::BoardChanged { .. } | Happening::GroupMirrored { .. } => true,
        _ => false,
    }
}

/// Applies the signal.
pub(super) fn apply(turn: &mut Turn<'_>) {
    let signal = turn.signal;
    match &signal.what {
        Happening::ContactAdded { staff, half, state, welcome_code, snapshot } => {
            let add_way = snapshot.as_ref().and_then(|found| found.relations.get(staff)?.add_way);
            relations::added(turn, staff, *half, state.as_deref(), welcome_code.as_deref(), add_way);
            match snapshot {
                Some(snapshot) => fetched::apply(turn, snapshot),
                None => fetched::want(turn, Some(staff)),
            }
        }
        Happening::ContactEdited { staff } => fetched::want(turn, Some(staff)),
        Happening::Compared { .. } => fetched::want(turn, None),
        Happening::ContactRemoved { staff, side, by_transfer } => {
            relations::removed(turn, staff, *side, signal.at);
            // To whom is not said, and if they had the customer before nothing else is.
            if *by_transfer {
                fetched::want(turn, None);
                if let Some(fetch) = &mut turn.file.fetch {
                    fetch.handover = true;
                }
            }
        }
        Happening::Fetched { snapshot } => {
            fetched::apply(turn, snapshot);
            notice_transfer(turn);
        }
        Happening::MessageReceived { staff, .. } => {
            turn.file.contact.received_at = turn.file.contact.received_at.max(Some(signal.at));
            turn.fact(What::MessageReceived { staff: staff.clone() }, None);
            spoke(turn, staff);
        }
        Happening::MessageSent { staff } => {
            turn.file.contact.sent_at = turn.file.contact.sent_at.max(Some(signal.at));
            turn.fact(What::MessageSent { staff: staff.clone() }, None);
            spoke(turn, staff);
        }
        Happening::StageMoved { .. } => moved(turn),
        Happening::TagsEdited { add, remove, expires_at } => {
            let origin = by_people(turn);
            // A stage's tag that gives way to another is one move, not two (T3): it comes off last.
            let (stages, plain): (Vec<_>, Vec<_>) =
                remove.difference(add).partition(|tag| turn.book.stage_of_tag(tag).is_some());
            for tag in plain {
                law::take_tag(turn, tag, &origin, Mover::People, None);
            }
            for tag in add {
                law::put_tag(turn, tag, &origin, Mover::People, None);
                law::set_expiry(turn, tag, *expires_at, None);
            }
            for tag in stages {
                law::take_tag(turn, tag, &origin, Mover::People, None);
            }
        }
        Happening::OwnerAssigned { staff } => relations::assigned(turn, staff.as_ref()),
        Happening::AttributesSet { values } => attributes::set(turn, values),
        Happening::GroupMirrored { group } => law::mirror_all(turn, group),
        // What there is to do is done for every signal: cards are adopted and valued anew.
        Happening::BoardChanged { .. } | Happening::Woken => {}
        Happening::TaskDone { touch, evidence } => task_done(turn, touch, *evidence),
        Happening::TaskSkipped { touch, note } => {
            let outcome = Outcome::Skipped { reason: SkipReason::ByStaff, note: note.clone() };
            finish_task(turn, touch, outcome);
        }
        Happening::Performed { results } => performed::apply(turn, results),
        Happening::Undo { version, decided_at, facts } => undo::apply(turn, *version, *decided_at, facts),
    }
}

/// The word of an adding does not say that it was a handover; the contact does.
fn notice_transfer(turn: &mut Turn<'_>) {
    let Some(first) = turn.file.first_added else { return };
    let assigned =
        |relation: &Relation| relation.add_way == Some(ASSIGNED) && relation.is_open_by_adding_of(first.at);
    let by_transfer = turn.file.open_relations().any(|(_, relation)| assigned(relation));
    if by_transfer {
        turn.file.first_added = Some(FirstAdded { by_transfer, ..first });
    }
}

/// Who talks to each other is friends: where we think otherwise a callback was lost, and WeCom is asked.
fn spoke(turn: &mut Turn<'_>, staff: &StaffId) {
    let at = turn.signal.at;
    let believed_over = |relation: &Relation| {
        !relation.half
            && [relation.staff_side, relation.customer_side].iter().all(|side| side.open || side.at < at)
    };
    let known = turn.file.relations.get(staff);
    if known.is_none_or(|relation| !relation.is_open() && believed_over(relation)) {
        fetched::want(turn, None);
    }
}

/// Somebody moved the card, having seen it at a revision.
fn moved(turn: &mut Turn<'_>) {
    let Happening::StageMoved { board, stage, expected_rev, only_from, .. } = &turn.signal.what else {
        return;
    };
    let stage = stage.as_ref();
    let card = turn.file.cards.get(board);
    let rev = card.map_or(0, |card| card.rev);
    let is_elsewhere = |from: &StageId| card.is_none_or(|card| card.stage != *from);
    let changed =
        expected_rev.is_some_and(|expected| expected != rev) || only_from.as_ref().is_some_and(is_elsewhere);
    let found = turn.book.boards.get(board);
    let known = found.filter(|board| stage.is_none_or(|stage| board.stage(stage).is_some()));
    let reason = match known {
        _ if changed => IgnoreReason::CardChanged,
        None => IgnoreReason::UnknownStage,
        Some(board) => return law::move_card(turn, board, stage, &by_people(turn), Mover::People, None),
    };
    turn.fact(What::Ignored { reason }, None);
}

fn by_people(turn: &Turn<'_>) -> Origin {
    match &turn.signal.by {
        Actor::Staff { userid } => Origin::Api { actor: userid.to_string() },
        other => Origin::Api { actor: other.label() },
    }
}

fn task_done(turn: &mut Turn<'_>, touch: &TouchRef, evidence: Evidence) {
    let open = turn.file.enrollment(&touch.sop, touch.n).and_then(|e| e.open.as_ref());
    let is_message = open.is_some_and(|open| open.step == touch.step && open.method == Method::Task);
    finish_task(turn, touch, Outcome::Sent { evidence });
    if is_message {
        turn.file.contact.sent_at = turn.file.contact.sent_at.max(Some(turn.signal.at.min(turn.now)));
    }
}

/// Ends an open task of staff; a report about one that is not open any more is noted and changes nothing.
fn finish_task(turn: &mut Turn<'_>, touch: &TouchRef, outcome: Outcome) {
    let open = turn.file.enrollment(&touch.sop, touch.n).and_then(|e| e.open.as_ref());
    if open.is_some_and(|open| open.step == touch.step && open.method != Method::Welcome) {
        turn.end_open(&touch.sop, touch.n, outcome, None);
    } else {
        turn.fact(What::TaskNotOpen { touch: touch.clone() }, None);
    }
}
