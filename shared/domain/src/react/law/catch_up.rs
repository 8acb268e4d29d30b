//! Beside the signal: the file is brought up to what the playbook and the time say. All of it hangs on the fact `caught_up`:
//! it is nobody's act, and no undo takes it back.

use super::{Mover, move_card, tag_off};
use crate::{
    File, Relation, StaffId, TagId,
    fact::What,
    file::{Card, HeldTag, Origin},
    playbook::{Board, Stage},
    react::turn::{Because, Turn},
};

/// Takes off tags that were deleted in WeCom. A card stays where it is: its stage is `tag_missing` (T2).
pub(in crate::react) fn drop_deleted_tags(turn: &mut Turn<'_>) {
    let gone: Vec<TagId> =
        turn.file.tags.keys().filter(|tag| turn.book.tags.is_deleted(tag)).cloned().collect();
    for tag in gone {
        let because = turn.caught_up();
        tag_off(turn, &tag, because);
        for relation in turn.file.relations.values_mut() {
            if let Some(mirror) = &mut relation.mirror {
                mirror.remove(&tag);
            }
        }
    }
}

/// Takes off tags whose time is over.
pub(in crate::react) fn drop_expired_tags(turn: &mut Turn<'_>) {
    let now = turn.now;
    let over = |held: &HeldTag| held.expires_at.is_some_and(|at| at <= now);
    let expired: Vec<TagId> =
        turn.file.tags.iter().filter(|(_, held)| over(held)).map(|(tag, _)| tag.clone()).collect();
    for tag in expired {
        // It became a stage's meanwhile.
        let is_stage = turn.book.stage_of_tag(&tag).is_some();
        if let Some(held) = turn.file.tags.get_mut(&tag).filter(|_| is_stage) {
            held.expires_at = None;
            continue;
        }
        let because = turn.caught_up();
        let because = turn.fact(What::TagExpired { tag: tag.clone() }, because);
        tag_off(turn, &tag, because);
    }
}

/// A board whose tags the customer carried before it was a board takes them over as they are (T7): of several stages the
/// one where the card stands stays, else that on the owner's phone is the card, else the latest; since when is unknown,
/// and phones may differ.
pub(in crate::react) fn adopt_cards(turn: &mut Turn<'_>) {
    for board in turn.book.boards.values() {
        let held = |stage: &&Stage| stage.tag.as_ref().is_some_and(|tag| turn.before.tags.contains_key(tag));
        let mut held: Vec<&Stage> = board.stages.iter().filter(held).collect();
        let owner = turn.file.owner.as_ref().and_then(|owner| turn.file.relations.get(owner));
        let of_owner = owner.filter(|relation| relation.is_open()).and_then(|owner| owner.mirror.as_ref());
        let shows =
            |stage: &&Stage| of_owner.zip(stage.tag.as_ref()).is_some_and(|(has, tag)| has.contains(tag));
        // The latest comes last, the owner's behind all others.
        held.sort_by_key(|stage| shows(stage));
        let card = turn.before.cards.get(&board.id).map(|card| card.stage.clone());
        if let Some(card) = card {
            // A tag of the group became a stage after the card had found its own.
            held.retain(|stage| stage.id != card);
            if let Some(won) = board.stage(&card) {
                let on_them = held.into_iter().filter(|stage| stage.tag != won.tag);
                lose(turn, board, on_them.collect(), won);
            }
            continue;
        }
        let Some(stage) = held.pop() else { continue };
        let (to, rev, hidden) = (stage.id.clone(), turn.version, !turn.file.has_open_relation());
        let moved = What::Moved {
            board: board.id.clone(),
            from: None,
            to: Some(to.clone()),
            rev,
            hidden,
            since_before: None,
        };
        let because = turn.caught_up();
        turn.fact(moved, because);
        turn.file.cards.insert(board.id.clone(), Card { stage: to, since: None, rev, amount: None });
        if let Some(held) = stage.tag.as_ref().and_then(|tag| turn.file.tags.get_mut(tag)) {
            held.expires_at = None;
        }
        lose(turn, board, held, stage);
    }
}

/// Of several stages found with a customer one is the card: the tags of the others stay on the phones that show them.
fn lose(turn: &mut Turn<'_>, board: &Board, lost: Vec<&Stage>, won: &Stage) {
    for lost in lost {
        let Some(tag) = lost.tag.clone() else { continue };
        let because = turn.caught_up();
        conflict(turn, board, &tag, lost, won, because);
        let held = turn.file.tags.remove(&tag);
        let expires_at = held.and_then(|held| held.expires_at);
        turn.fact(What::Untagged { tag: tag.clone(), expires_at }, because);
        for relation in turn.file.relations.values_mut() {
            if relation.mirror.as_ref().is_some_and(|mirror| mirror.contains(&tag)) {
                relation.leave.insert(tag.clone());
            }
        }
    }
}

/// Tells of a stage that some phones show and that was not taken over.
fn conflict(turn: &mut Turn<'_>, board: &Board, tag: &TagId, lost: &Stage, won: &Stage, because: Because) {
    let shows = |relation: &Relation| relation.mirror.as_ref().is_some_and(|mirror| mirror.contains(tag));
    let on: Vec<StaffId> =
        turn.file.open_relations().filter(|(_, it)| shows(it)).map(|(staff, _)| staff.clone()).collect();
    for staff in on {
        let (board, lost, won) = (board.id.clone(), lost.id.clone(), won.id.clone());
        turn.fact(What::StageConflict { board, staff, lost, won }, because);
    }
}

/// A card whose stage was deleted goes where the others of that stage went, unless the signal itself has moved it. It is a
/// move like any other (T3).
pub(in crate::react) fn leave_deleted_stages(turn: &mut Turn<'_>) {
    let book = turn.book;
    let stranded = turn.file.cards.iter().filter_map(|(id, card)| {
        let board = book.boards.get(id)?;
        board.stage(&card.stage).is_none().then(|| (board, card.stage.clone()))
    });
    for (board, stage) in stranded.collect::<Vec<_>>() {
        // Its tag may be another stage's by now.
        let by_tag = board.former_tag(&stage).and_then(|tag| book.stage_of_tag(tag));
        let by_tag = by_tag.filter(|(of, _)| of.id == board.id).map(|(_, stage)| stage);
        let heir = by_tag.or_else(|| board.heir_of(&stage)).map(|stage| &stage.id);
        let because = turn.caught_up();
        // It happens now, however long ago what is heard of now did.
        let heard_of = std::mem::replace(&mut turn.happened_at, turn.now);
        move_card(turn, board, heir, &Origin::Stage { board: board.id.clone() }, Mover::People, because);
        turn.happened_at = heard_of;
    }
}

/// What each deal is worth, by the attribute that its board names.
pub(in crate::react) fn value_cards(turn: &mut Turn<'_>) {
    let File { cards, attributes, .. } = &mut turn.file;
    for (id, card) in cards {
        let Some(board) = turn.book.boards.get(id) else { continue };
        let value = |name: &String| attributes.get(name).and_then(|held| held.value.amount()).unwrap_or(0);
        card.amount = board.amount.as_ref().map(value);
    }
}
