//! A baseline (T7): what is found is recorded as it is. Relations may differ (T1), nothing is written to WeCom but what was
//! to be written before.

use std::collections::{BTreeMap, BTreeSet};

use super::fetched::Edits;
use crate::{
    BoardId, File, Relation, StaffId, StageId, TagId,
    file::Origin,
    playbook::{Board, Stage},
    react::{
        law::{self, Mover},
        turn::Turn,
    },
};

/// What WeCom is still to be told, by open relation.
pub(super) fn unmarked(turn: &Turn<'_>) -> BTreeMap<StaffId, BTreeSet<TagId>> {
    let open = turn.file.open_relations();
    open.map(|(staff, relation)| {
        let differs = differing(&turn.file, relation);
        (staff.clone(), differs.difference(&relation.leave).cloned().collect())
    })
    .collect()
}

/// What WeCom is still to be told of relations beside a baseline: what it was to be told `before`, of `fresh` ones what
/// has become of them, and what is news in this very reaction, which goes to all.
pub(super) fn still_to_mark(
    turn: &Turn<'_>,
    before: BTreeMap<StaffId, BTreeSet<TagId>>,
    fresh: Vec<StaffId>,
) -> BTreeMap<StaffId, BTreeSet<TagId>> {
    let mut still = before;
    let mut after = unmarked(turn);
    for staff in fresh {
        let differs = after.remove(&staff).unwrap_or_default();
        still.insert(staff, differs);
    }
    let (old, new) = (&turn.before.tags, &turn.file.tags);
    let all = old.keys().chain(new.keys());
    let news: Vec<&TagId> = all.filter(|tag| old.contains_key(*tag) != new.contains_key(*tag)).collect();
    for (staff, _) in turn.file.open_relations() {
        still.entry(staff.clone()).or_default().extend(news.iter().copied().cloned());
    }
    still
}

/// The tags in which a relation differs from the wanted set.
fn differing(file: &File, relation: &Relation) -> BTreeSet<TagId> {
    let wanted: BTreeSet<TagId> = file.tags.keys().cloned().collect();
    let nothing = BTreeSet::new();
    let mirror = relation.mirror.as_ref().unwrap_or(&nothing);
    wanted.symmetric_difference(mirror).cloned().collect()
}

/// Takes over what was `found` with relations of which nothing was known, and what has changed of others since they were
/// last looked at (`adopted`). In what relations differ then is let be, but for what is `still_to_mark`.
pub(super) fn adopt(
    turn: &mut Turn<'_>,
    found: Edits,
    adopted: Edits,
    still_to_mark: &BTreeMap<StaffId, BTreeSet<TagId>>,
) {
    let moved = boards_moved(turn, &adopted);
    for (tag, _) in adopted.removed {
        let elsewhere = turn.file.open_relations().any(|(_, relation)| shows(relation, &tag));
        if !elsewhere && turn.book.stage_of_tag(&tag).is_none() {
            law::take_tag(turn, &tag, &Origin::Baseline, Mover::People, None);
        }
    }
    for (tag, _) in found.added.into_iter().chain(adopted.added) {
        if turn.book.stage_of_tag(&tag).is_none() {
            law::put_tag(turn, &tag, &Origin::Baseline, Mover::People, None);
        }
    }
    for board in turn.book.boards.values() {
        let stage = stage_found(&turn.file, board);
        if is_open_to_baseline(&turn.file, board, stage.is_some()) || moved.contains(&board.id) {
            law::move_card(turn, board, stage.as_ref(), &Origin::Baseline, Mover::People, None);
        }
    }
    let nothing = BTreeSet::new();
    let open: Vec<StaffId> = turn.file.open_relations().map(|(staff, _)| staff.clone()).collect();
    for staff in open {
        let Some(relation) = turn.file.relations.get(&staff) else { continue };
        let still_to_mark = still_to_mark.get(&staff).unwrap_or(&nothing);
        let leave = differing(&turn.file, relation).difference(still_to_mark).cloned().collect();
        if let Some(relation) = turn.file.relations.get_mut(&staff) {
            relation.leave = leave;
        }
    }
}

/// Boards whose card's own tag somebody took off, or put another stage's beside.
fn boards_moved(turn: &Turn<'_>, adopted: &Edits) -> BTreeSet<BoardId> {
    let changed = adopted.added.iter().chain(&adopted.removed);
    let boards =
        changed.filter_map(|(tag, _)| turn.book.stage_of_tag(tag)).map(|(board, _)| board.id.clone());
    boards.collect()
}

/// May what is found put the card somewhere? Not where something has happened since Stepwise looks.
fn is_open_to_baseline(file: &File, board: &Board, found: bool) -> bool {
    let Some(card) = file.cards.get(&board.id) else { return found };
    let tag = board.stage(&card.stage).and_then(|stage| stage.tag.as_ref());
    let held = tag.and_then(|tag| file.tags.get(tag));
    found && card.since.is_none() && held.is_some_and(|held| held.origin == Origin::Baseline)
}

/// Where phones say that the customer stands: the owner's, else the latest stage on any, in whatever order they are read.
fn stage_found(file: &File, board: &Board) -> Option<StageId> {
    let last_on = |relation: &Relation| {
        let shown = |stage: &&Stage| stage.tag.as_ref().is_some_and(|tag| shows(relation, tag));
        board.stages.iter().rev().find(shown).map(|stage| stage.id.clone())
    };
    let owner = file.owner.as_ref().and_then(|owner| file.relations.get(owner)).filter(|it| it.is_open());
    let latest = || {
        let all = file.open_relations().filter_map(|(_, relation)| last_on(relation));
        all.max_by_key(|stage| board.position(stage))
    };
    owner.and_then(last_on).or_else(latest)
}

fn shows(relation: &Relation, tag: &TagId) -> bool {
    relation.mirror.as_ref().is_some_and(|mirror| mirror.contains(tag))
}
