//! Undo (T9): what an earlier commit did to stage, tags and enrollments is taken back, as far as nobody has built on
//! it since and nothing was sent.

use super::{
    law::{self, Mover},
    turn::{Because, Turn},
};
use crate::{
    SopId, Timestamp,
    fact::{Fact, UndoRefusal, What},
    file::{ExitReason, Origin},
};

const HOURS: i64 = 24;

/// Takes back the commit of `version`, made at `decided_at`.
pub(super) fn apply(turn: &mut Turn<'_>, version: u64, decided_at: Timestamp, facts: &[Fact]) {
    if turn.now > decided_at.plus_secs(HOURS * 3600) {
        turn.fact(What::UndoRefused { version, reason: UndoRefusal::TooOld }, None);
        return;
    }
    let undone = turn.fact(What::Undone { version }, None);
    let mut did = false;
    for fact in facts {
        did |= take_back(turn, version, fact, undone);
    }
    if !did {
        // An undo that found nothing to do is no undo.
        let place = undone.map_or(0, usize::from);
        turn.facts[place].what = What::UndoRefused { version, reason: UndoRefusal::Nothing };
    }
}

fn take_back(turn: &mut Turn<'_>, version: u64, fact: &Fact, because: Because) -> bool {
    match &fact.what {
        What::Moved { board, from, to, rev, since_before, .. } => {
            let card = turn.file.cards.get(board);
            let unchanged = match to {
                Some(to) => card.is_some_and(|card| &card.stage == to && card.rev == *rev),
                None => card.is_none(),
            };
            let Some(board) = turn.book.boards.get(board).filter(|_| unchanged) else {
                return refuse(turn, version, UndoRefusal::ChangedSince, because);
            };
            law::move_card(turn, board, from.as_ref(), Origin::Undo, Mover::People, because);
            if let Some(card) = turn.file.cards.get_mut(&board.id) {
                card.since = *since_before;
            }
            true
        }
        What::Tagged { tag } if turn.book.stage_of_tag(tag).is_none() => {
            let ours = turn.file.tags.get(tag).is_some_and(|held| held.version == version);
            if !ours {
                return refuse(turn, version, UndoRefusal::ChangedSince, because);
            }
            law::take_tag(turn, tag, Origin::Undo, Mover::People, because);
            true
        }
        What::Untagged { tag } if turn.book.stage_of_tag(tag).is_none() => {
            law::put_tag(turn, tag, Origin::Undo, Mover::People, because);
            true
        }
        What::Exited { sop, n, .. } => {
            let last = turn.file.ended.get(sop).filter(|ended| ended.n == *n && ended.version == version);
            last.is_some() && turn.revive(&sop.clone(), because).is_some()
        }
        What::Enrolled { sop, n, .. } => cancel_entry(turn, version, sop, *n, because),
        _ => false,
    }
}

fn cancel_entry(turn: &mut Turn<'_>, version: u64, sop: &SopId, n: u32, because: Because) -> bool {
    let Some(place) = turn.place_of(sop, n) else {
        return false;
    };
    if turn.file.enrollments[place].has_sent() {
        return refuse(turn, version, UndoRefusal::AlreadySent, because);
    }
    turn.end_enrollment(place, ExitReason::Undone, because);
    true
}

fn refuse(turn: &mut Turn<'_>, version: u64, reason: UndoRefusal, because: Because) -> bool {
    turn.fact(What::UndoRefused { version, reason }, because);
    false
}
