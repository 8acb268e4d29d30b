//! Stage 2, the law of stages: a stage and its tag are one thing, whichever side moves first (T2, T3, T8).

use std::collections::BTreeSet;

use super::turn::{Because, Turn};
use crate::{
    BoardId, File, Relation, StaffId, StageId, TagGroupId, TagId, Timestamp,
    fact::{MoveRefusal, TagRefusal, What},
    file::{Card, HeldTag, MAX_TAGS, Origin},
    playbook::{Board, Moves, Stage, StageKind},
    signal::Happening,
};

/// Who wants a change: people may move anywhere, rules and SOPs only as far as they are allowed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mover {
    People,
    Automation(Moves),
}

/// Puts a tag on. The tag of a stage moves the card; where that is refused, no tag is put on.
pub(super) fn put_tag(turn: &mut Turn<'_>, tag: &TagId, origin: &Origin, mover: Mover, because: Because) {
    let book = turn.book;
    let at = book.stage_of_tag(tag);
    let stands_there = |(board, stage): (&Board, &Stage)| {
        turn.file.cards.get(&board.id).is_some_and(|card| card.stage == stage.id)
    };
    if turn.file.tags.contains_key(tag) && at.is_none_or(stands_there) {
        // Put on by hand although it is wanted already: no longer history, so all relations get it (T1).
        if mover == Mover::People && *origin != Origin::Baseline {
            forget_leave(turn, tag);
        }
        return;
    }
    if book.tags.is_deleted(tag) {
        turn.fact(What::TagRefused { tag: tag.clone(), reason: TagRefusal::Deleted }, because);
        return;
    }
    if let Some((board, stage)) = at {
        return move_card(turn, board, Some(&stage.id), origin, mover, because);
    }
    let happened = matches!(origin, Origin::Phone { .. } | Origin::Baseline);
    if !happened && turn.file.tags.len() >= MAX_TAGS {
        turn.fact(What::TagRefused { tag: tag.clone(), reason: TagRefusal::TooMany }, because);
    } else {
        tag_on(turn, tag, origin, because);
    }
}

/// Takes a tag off. The tag of the card's stage takes the card off the board (T2).
pub(super) fn take_tag(turn: &mut Turn<'_>, tag: &TagId, origin: &Origin, mover: Mover, because: Because) {
    if !turn.file.tags.contains_key(tag) {
        return;
    }
    let book = turn.book;
    if let Some((board, stage)) = book.stage_of_tag(tag)
        && turn.file.cards.get(&board.id).is_some_and(|card| card.stage == stage.id)
    {
        return move_card(turn, board, None, origin, mover, because);
    }
    tag_off(turn, tag, because);
}

/// A stage change is one act: old tag off, new tag on, card moved (T3).
pub(super) fn move_card(
    turn: &mut Turn<'_>,
    board: &Board,
    to: Option<&StageId>,
    origin: &Origin,
    mover: Mover,
    because: Because,
) {
    let from = turn.file.cards.get(&board.id).map(|card| card.stage.clone());
    if from.as_ref() == to {
        // A stage whose tag was made anew: its card gets it without moving, and to rules it is no news.
        if to.is_some() {
            let before = turn.facts.len();
            settle_tags(turn, board, origin, because);
            for fact in &mut turn.facts[before..] {
                if let What::Tagged { found, .. } = &mut fact.what {
                    *found = true;
                }
            }
        }
        return;
    }
    if let Mover::Automation(moves) = mover
        && let Some(reason) = refusal(board, from.as_ref(), to, moves)
    {
        let what = What::MoveRefused { board: board.id.clone(), from, to: to.cloned(), reason };
        turn.fact(what, because);
        return;
    }
    let rev = turn.version;
    let since_before = turn.file.cards.get(&board.id).and_then(|card| card.since);
    let hidden = !turn.file.has_open_relation();
    let left_tag = from.as_ref().and_then(|from| board.former_tag(from)).cloned();
    let moved = What::Moved { board: board.id.clone(), from, to: to.cloned(), rev, hidden, since_before };
    let because = turn.fact(moved, because);
    let baseline = *origin == Origin::Baseline;
    match to {
        Some(to) => {
            // An older edit that is seen only now is no earlier than where the card stood meanwhile.
            let since =
                (!baseline).then_some(since_before.map_or(turn.happened_at, |at| at.max(turn.happened_at)));
            turn.file.cards.insert(board.id.clone(), Card { stage: to.clone(), since, rev, amount: None });
        }
        None => {
            turn.file.cards.remove(&board.id);
        }
    }
    if !baseline {
        // The group is exclusive: a change of one of its tags is a change of all, also where a baseline let a relation
        // keep another stage.
        for tag in board.stages.iter().filter_map(|stage| stage.tag.as_ref()) {
            forget_leave(turn, tag);
        }
    }
    settle_tags(turn, board, origin, because);
    // The tag of a stage that was deleted goes with whoever leaves it, unless it is another stage's now.
    if let Some(tag) = left_tag.filter(|tag| turn.book.stage_of_tag(tag).is_none())
        && turn.file.tags.contains_key(&tag)
    {
        tag_off(turn, &tag, because);
    }
}

/// Makes the tags of the board's group what the card says: exactly the stage's own, or none.
fn settle_tags(turn: &mut Turn<'_>, board: &Board, origin: &Origin, because: Because) {
    let book = turn.book;
    let stage = turn.file.cards.get(&board.id).and_then(|card| board.stage(&card.stage));
    let wanted = stage.and_then(|stage| book.live_tag_of(stage));
    let others: Vec<TagId> = board
        .stages
        .iter()
        .map(|stage| &stage.tag)
        .chain(board.former.iter().map(|former| &former.tag))
        .filter_map(Clone::clone)
        .filter(|tag| Some(tag) != wanted.as_ref() && turn.file.tags.contains_key(tag))
        .collect();
    for tag in others {
        tag_off(turn, &tag, because);
    }
    if let Some(tag) = wanted
        && !turn.file.tags.contains_key(&tag)
    {
        let origin = match origin {
            Origin::Api { .. } => Origin::Stage { board: board.id.clone() },
            other => other.clone(),
        };
        tag_on(turn, &tag, &origin, because);
    }
}

/// What was put on comes off by itself then, or never. The tag of a stage stays as long as the card.
pub(super) fn set_expiry(turn: &mut Turn<'_>, tag: &TagId, to: Option<Timestamp>, because: Because) {
    if turn.book.stage_of_tag(tag).is_some() {
        return;
    }
    let version = turn.version;
    let Some(held) = turn.file.tags.get_mut(tag) else { return };
    let from = std::mem::replace(&mut held.expires_at, to);
    if from == to {
        return;
    }
    let is_new = held.version == version;
    let put = turn.facts.iter_mut().rev().find_map(|fact| match &mut fact.what {
        What::Tagged { tag: put, expires_at, .. } if put == tag => Some(expires_at),
        _ => None,
    });
    match put.filter(|_| is_new) {
        Some(expires_at) => *expires_at = to,
        None => {
            turn.fact(What::TagExpiryChanged { tag: tag.clone(), from, to }, because);
        }
    }
}

/// Takes off tags whose time is over.
pub(super) fn drop_expired_tags(turn: &mut Turn<'_>) {
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
        let because = turn.fact(What::TagExpired { tag: tag.clone() }, None);
        tag_off(turn, &tag, because);
    }
}

/// All open relations are to have the wanted tags of the group, history included (T1, mode `all`).
pub(super) fn mirror_all(turn: &mut Turn<'_>, group: &TagGroupId) {
    let Some(group) = turn.book.tags.group(group) else { return };
    let tags: BTreeSet<&TagId> = group.tags.iter().map(|tag| &tag.id).collect();
    let mut changed = false;
    for relation in turn.file.relations.values_mut() {
        let before = relation.leave.len();
        relation.leave.retain(|tag| !tags.contains(tag));
        changed |= relation.leave.len() != before && relation.is_open();
    }
    if changed {
        turn.fact(What::GroupMirrored { group: group.id.clone() }, None);
    }
}

/// A card whose stage was deleted goes where the others of that stage went, unless the signal itself says where. It is a
/// move like any other, and no part of a baseline, which would hide it from SOPs and rules (T3).
pub(super) fn leave_deleted_stages(turn: &mut Turn<'_>) {
    let book = turn.book;
    let told = |board: &BoardId, stage: &StageId| match &turn.signal.what {
        Happening::StageMoved { board: of, only_from: Some(from), .. } => of == board && from == stage,
        _ => false,
    };
    let stranded = turn.file.cards.iter().filter_map(|(id, card)| {
        let board = book.boards.get(id)?;
        let is_stranded = board.stage(&card.stage).is_none() && !told(id, &card.stage);
        is_stranded.then(|| (board, card.stage.clone()))
    });
    for (board, stage) in stranded.collect::<Vec<_>>() {
        let heir = board.heir_of(&stage).map(|stage| &stage.id);
        move_card(turn, board, heir, &Origin::Stage { board: board.id.clone() }, Mover::People, None);
    }
}

/// What each deal is worth, by the attribute that its board names.
pub(super) fn value_cards(turn: &mut Turn<'_>) {
    let File { cards, attributes, .. } = &mut turn.file;
    for (id, card) in cards {
        let Some(board) = turn.book.boards.get(id) else { continue };
        let value = |name: &String| attributes.get(name).and_then(|held| held.value.amount()).unwrap_or(0);
        card.amount = board.amount.as_ref().map(value);
    }
}

fn refusal(board: &Board, from: Option<&StageId>, to: Option<&StageId>, moves: Moves) -> Option<MoveRefusal> {
    if moves == Moves::Any {
        return None;
    }
    let from = board.stage(from?)?;
    if from.kind != StageKind::Open {
        return Some(MoveRefusal::Closed);
    }
    let later = to.and_then(|to| board.position(to)) > board.position(&from.id);
    (!later).then_some(MoveRefusal::Backward)
}

fn tag_on(turn: &mut Turn<'_>, tag: &TagId, origin: &Origin, because: Because) {
    // In a baseline relations may differ; any other change of a tag is for all of them (T1).
    if !matches!(origin, Origin::Baseline) {
        forget_leave(turn, tag);
    }
    let since = turn.happened_at;
    let held = HeldTag { origin: origin.clone(), since, version: turn.version, expires_at: None };
    turn.file.tags.insert(tag.clone(), held);
    turn.fact(
        What::Tagged { tag: tag.clone(), expires_at: None, found: *origin == Origin::Baseline },
        because,
    );
}

fn tag_off(turn: &mut Turn<'_>, tag: &TagId, because: Because) {
    forget_leave(turn, tag);
    turn.file.tags.remove(tag);
    turn.fact(What::Untagged { tag: tag.clone() }, because);
}

fn forget_leave(turn: &mut Turn<'_>, tag: &TagId) {
    for relation in turn.file.relations.values_mut() {
        relation.leave.remove(tag);
    }
}

/// Takes off tags that were deleted in WeCom. A card stays where it is: its stage is `tag_missing` (T2).
pub(super) fn drop_deleted_tags(turn: &mut Turn<'_>) {
    let gone: Vec<TagId> =
        turn.file.tags.keys().filter(|tag| turn.book.tags.is_deleted(tag)).cloned().collect();
    for tag in gone {
        tag_off(turn, &tag, None);
        for relation in turn.file.relations.values_mut() {
            if let Some(mirror) = &mut relation.mirror {
                mirror.remove(&tag);
            }
        }
    }
}

/// A board whose tags the customer carried before it was a board takes them over as they are (T7): of several stages the
/// one where the card stands stays, else that on the owner's phone is the card, else the latest; since when is unknown,
/// and phones may differ.
pub(super) fn adopt_cards(turn: &mut Turn<'_>) {
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
                lose(turn, board, on_them.collect(), won, None);
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
        let because = turn.fact(moved, None);
        turn.file.cards.insert(board.id.clone(), Card { stage: to, since: None, rev, amount: None });
        if let Some(held) = stage.tag.as_ref().and_then(|tag| turn.file.tags.get_mut(tag)) {
            held.expires_at = None;
        }
        lose(turn, board, held, stage, because);
    }
}

/// Of several stages found with a customer one is the card: the tags of the others stay on the phones that show them.
fn lose(turn: &mut Turn<'_>, board: &Board, lost: Vec<&Stage>, won: &Stage, because: Because) {
    for lost in lost {
        let Some(tag) = lost.tag.clone() else { continue };
        conflict(turn, board, &tag, lost, won, because);
        turn.file.tags.remove(&tag);
        turn.fact(What::Untagged { tag: tag.clone() }, because);
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

/// Hides or shows the cards when the last relation closes or the first opens (T6).
pub(super) fn hide_or_show_cards(turn: &mut Turn<'_>, was_open: bool, because: Because) {
    let is_open = turn.file.has_open_relation();
    if was_open == is_open {
        return;
    }
    let cards: Vec<(BoardId, StageId)> =
        turn.file.cards.iter().map(|(board, card)| (board.clone(), card.stage.clone())).collect();
    for (board, stage) in cards {
        let what = if is_open { What::CardShown { board, stage } } else { What::CardHidden { board, stage } };
        turn.fact(what, because);
    }
}
