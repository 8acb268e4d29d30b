//! Stage 1, truth: what the signal says about relations, profile, tags and contact.

mod attributes;
mod baseline;
mod fetched;
mod performed;
pub(super) mod relations;

use super::{
    exposure::Sent,
    law::{self, Mover},
    turn::Turn,
    undo,
};
use crate::{
    Relation, StaffId, StageId,
    content::SentContent,
    fact::{IgnoreReason, What},
    file::{ASSIGNED_BY_ADMIN, Evidence, FirstAdded, Method, Origin, Outcome, Route, SkipReason, TouchRef},
    signal::{Actor, Happening, LateSending, LinkSource},
};

/// Does the signal only reveal what has been there all along? It is recorded, and nothing reacts (T7).
pub(super) fn is_baseline(turn: &Turn<'_>) -> bool {
    match &turn.signal.what {
        Happening::Fetched { snapshot } => snapshot.baseline || fetched::is_old_news(turn, snapshot),
        Happening::BoardChanged { .. } | Happening::GroupMirrored { .. } => true,
        _ => false,
    }
}

/// Are cards of deleted stages led on now, as a move like any other? Not with a baseline or an undo, to which no rule
/// reacts; nor while a phone has still to be looked at, which may show that somebody moved the card elsewhere (T4).
pub(super) fn moves_cards_on(turn: &Turn<'_>) -> bool {
    let is_undo = matches!(turn.signal.what, Happening::Undo { .. });
    !is_baseline(turn) && !is_undo && turn.file.fetch.is_none()
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
        Happening::TaskDone { touch, evidence, late } => task_done(turn, touch, *evidence, late.as_ref()),
        Happening::TaskSkipped { touch, note } => {
            let outcome = Outcome::Skipped { reason: SkipReason::ByStaff, note: note.clone() };
            finish_task(turn, touch, outcome);
        }
        Happening::ContentSent { staff, content, evidence } => content_sent(turn, staff, content, *evidence),
        Happening::LinkOpened { content, via, .. } => {
            let touch = match via {
                LinkSource::Touch(touch) => Some(touch.clone()),
                LinkSource::Batch(_) | LinkSource::Staff(_) => None,
            };
            turn.opened(content, touch);
        }
        Happening::Performed { results } => performed::apply(turn, results),
        Happening::Undo { version, decided_at, facts } => undo::apply(turn, *version, *decided_at, facts),
    }
}

/// The word of an adding does not say that it was a handover; the contact does.
fn notice_transfer(turn: &mut Turn<'_>) {
    let Some(first) = turn.file.first_added else { return };
    let assigned = |relation: &Relation| {
        relation.add_way == Some(ASSIGNED_BY_ADMIN) && relation.is_open_by_adding_of(first.at)
    };
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

/// Staff sent a content of their own choice: only to whom they are friends with (I11).
fn content_sent(turn: &mut Turn<'_>, staff: &StaffId, content: &SentContent, evidence: Evidence) {
    if !turn.file.relations.get(staff).is_some_and(Relation::is_open) {
        turn.fact(What::Ignored { reason: IgnoreReason::NotAFriend }, None);
        return;
    }
    let at = turn.happened_at;
    turn.file.contact.sent_at = turn.file.contact.sent_at.max(Some(at));
    let (content, staff) = (content.clone(), staff.clone());
    let route = Route::Manual;
    turn.expose(
        Sent { content, route, staff, touch: None, evidence, at, partly: false, opened: false },
        None,
    );
}

fn task_done(turn: &mut Turn<'_>, touch: &TouchRef, evidence: Evidence, late: Option<&LateSending>) {
    let open = turn.file.enrollment(&touch.sop, touch.n).and_then(|e| e.open.as_ref());
    let open = open.filter(|open| open.step == touch.step);
    let is_message = open.is_some_and(|open| open.method == Method::Task);
    let late = late.filter(|_| open.is_none());
    finish_task(turn, touch, Outcome::Sent { evidence });
    if is_message || late.is_some() {
        turn.file.contact.sent_at = turn.file.contact.sent_at.max(Some(turn.happened_at));
    }
    // The outcome stands; the customer has it all the same (D6).
    if let Some(LateSending { staff, content }) = late.cloned() {
        let because = turn.last_fact(|what| matches!(what, What::TaskNotOpen { .. }));
        let (route, at) = (Route::Task, turn.happened_at);
        let touch = Some(touch.clone());
        let sent = Sent { content, route, staff, touch, evidence, at, partly: false, opened: false };
        turn.expose(sent, because);
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
