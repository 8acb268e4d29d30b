//! Undo (T9): what an earlier commit did to stage, tags and enrollments is taken back, as far as nobody has built on
//! it since and nothing was sent.

use super::{
    law::{self, Mover},
    truth::relations,
    turn::{Because, Turn},
};
use crate::{
    Relation, SopId, StaffId, Timestamp,
    fact::{Fact, UndoRefusal, What},
    file::{Ended, ExitReason, Method, Origin},
    playbook::Board,
};

const HOURS: i64 = 24;

/// Takes back the commit of `version`, made at `decided_at`.
pub(super) fn apply(turn: &mut Turn<'_>, version: u64, decided_at: Timestamp, facts: &[Fact]) {
    if turn.now > decided_at.plus_secs(HOURS * 3600) {
        turn.fact(What::UndoRefused { version, reason: UndoRefusal::TooOld }, None);
        return;
    }
    let place = turn.facts.len();
    let undone = turn.fact(What::Undone { version }, None);
    let mut did = false;
    // Backwards: what came last rests on what came before it. What had ended comes back last: it rests on where the
    // customer then stands.
    let (ends, others): (Vec<&Fact>, Vec<&Fact>) =
        facts.iter().rev().partition(|fact| matches!(fact.what, What::Exited { .. }));
    for fact in others.into_iter().chain(ends) {
        did |= take_back(turn, version, fact, undone);
    }
    if !did {
        // An undo that took nothing back is no undo; the first refusal says why.
        let refusals = turn.facts.split_off(place + 1);
        let mut reasons = refusals.into_iter().filter_map(|fact| match fact.what {
            What::UndoRefused { reason, .. } => Some(reason),
            _ => None,
        });
        let reason = reasons.next().unwrap_or(UndoRefusal::Nothing);
        turn.facts[place].what = What::UndoRefused { version, reason };
    }
}

fn take_back(turn: &mut Turn<'_>, version: u64, fact: &Fact, because: Because) -> bool {
    match &fact.what {
        What::Moved { board, from, to, rev, since_before, .. } => {
            let card = turn.file.cards.get(board);
            // Changed by nobody, or by this undo: one commit may have moved a card twice.
            let untouched = |at: u64| at == *rev || at == turn.version;
            let unchanged = match to {
                Some(to) => card.is_some_and(|card| &card.stage == to && untouched(card.rev)),
                None => card.is_none(),
            };
            let leads_back = |board: &&Board| from.as_ref().is_none_or(|from| board.stage(from).is_some());
            let board = turn.book.boards.get(board).filter(|_| unchanged).filter(leads_back);
            let Some(board) = board else {
                return refuse(turn, version, UndoRefusal::ChangedSince, because);
            };
            law::move_card(turn, board, from.as_ref(), &Origin::Undo, Mover::People, because);
            if let Some(card) = turn.file.cards.get_mut(&board.id) {
                card.since = *since_before;
            }
            true
        }
        What::Tagged { tag, .. } if turn.book.stage_of_tag(tag).is_none() => {
            let untouched = |at: u64| at == version || at == turn.version;
            if !turn.file.tags.get(tag).is_some_and(|held| untouched(held.version)) {
                return refuse(turn, version, UndoRefusal::ChangedSince, because);
            }
            law::take_tag(turn, tag, &Origin::Undo, Mover::People, because);
            true
        }
        What::Untagged { tag } if turn.book.stage_of_tag(tag).is_none() => {
            if turn.file.tags.contains_key(tag) {
                return refuse(turn, version, UndoRefusal::ChangedSince, because);
            }
            law::put_tag(turn, tag, &Origin::Undo, Mover::People, because);
            turn.file.tags.contains_key(tag)
        }
        // Nobody can take back a parting.
        What::Exited { reason: ExitReason::NoRelation | ExitReason::SopGone, .. } => {
            refuse(turn, version, UndoRefusal::Nothing, because)
        }
        What::Exited { sop, n, .. } => {
            let last = turn.file.ended.get(sop).filter(|ended| ended.n == *n && ended.version == version);
            let stands = last.is_some_and(|ended| stands_there(turn, sop, ended));
            if stands && turn.revive(sop, because).is_some() {
                return true;
            }
            refuse(turn, version, UndoRefusal::ChangedSince, because)
        }
        What::TagExpiryChanged { tag, from, to } => {
            if turn.file.tags.get(tag).is_none_or(|held| held.expires_at != *to) {
                return refuse(turn, version, UndoRefusal::ChangedSince, because);
            }
            law::set_expiry(turn, tag, *from, because);
            true
        }
        What::OwnerAssigned { to, before } => {
            let is_friend = |staff: &StaffId| turn.file.relations.get(staff).is_some_and(Relation::is_open);
            if turn.file.assigned != *to || !before.as_ref().is_none_or(is_friend) {
                return refuse(turn, version, UndoRefusal::ChangedSince, because);
            }
            let because = relations::assign(turn, before.as_ref(), because);
            relations::settle_owner(turn, true, because);
            true
        }
        What::Enrolled { sop, n, .. } => cancel_entry(turn, version, sop, *n, because),
        _ => false,
    }
}

/// An enrollment that ends with its stage comes back only to that stage.
fn stands_there(turn: &Turn<'_>, sop: &SopId, ended: &Ended) -> bool {
    let version = ended.full.as_ref().and_then(|full| turn.book.version(sop, full.version));
    version
        .and_then(|version| version.document.exit_stage())
        .is_none_or(|at| turn.file.cards.get(&at.board).is_some_and(|card| card.stage == at.stage))
}

fn cancel_entry(turn: &mut Turn<'_>, version: u64, sop: &SopId, n: u32, because: Because) -> bool {
    let Some(place) = turn.place_of(sop, n) else {
        return false;
    };
    let live = &turn.file.enrollments[place];
    // A greeting that is under way cannot be called back.
    let greeting = live.open.as_ref().is_some_and(|open| open.method == Method::Welcome);
    if greeting || live.has_sent() {
        return refuse(turn, version, UndoRefusal::AlreadySent, because);
    }
    turn.end_enrollment(place, ExitReason::Undone, because);
    true
}

fn refuse(turn: &mut Turn<'_>, version: u64, reason: UndoRefusal, because: Because) -> bool {
    turn.fact(What::UndoRefused { version, reason }, because);
    false
}
