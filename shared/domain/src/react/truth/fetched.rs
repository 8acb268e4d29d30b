//! What WeCom holds, compared with what we knew it to hold: the difference is what people did on their phones (T4).

use std::collections::{BTreeMap, BTreeSet};

use super::relations::{self, Adding};
use crate::{
    BoardId, File, Relation, StaffId, StageId, TagId, Timestamp,
    fact::What,
    file::{Fetch, Origin},
    playbook::Board,
    react::{
        law::{self, Mover},
        turn::Turn,
        work::FETCH_LEASE_SECONDS,
    },
    signal::{Happening, SideName, Snapshot, SnapshotRelation},
};

/// The contact detail is wanted; `staff` edited something.
pub(super) fn want(turn: &mut Turn<'_>, staff: Option<&StaffId>) {
    let in_bulk = matches!(turn.signal.what, Happening::Compared { .. });
    let fetch = turn.file.fetch.get_or_insert(Fetch { in_bulk, ..Fetch::default() });
    fetch.in_bulk &= in_bulk;
    if let Happening::Compared { missing: Some(missing) } = &turn.signal.what {
        fetch.missing.insert(missing.clone());
    }
    if let Some(staff) = staff {
        fetch.staff = Some(staff.clone());
    }
    if let Happening::ContactEdited { .. } = turn.signal.what {
        fetch.heard_at = fetch.heard_at.max(Some(turn.signal.at));
    }
    // A fetch under way may have begun before the edit.
    fetch.again |= fetch.attempt.is_some_and(|attempt| attempt.running);
}

/// So long after becoming friends a customer of whom nothing was known is no newcomer whose callback was lost.
pub(crate) const OLD_NEWS_DAYS: i64 = 1;

/// The first word about somebody who has been a friend for long: what is found is as it was before Stepwise.
pub(super) fn is_old_news(turn: &Turn<'_>, snapshot: &Snapshot) -> bool {
    let old = |held: &SnapshotRelation| held.createtime.plus_days(OLD_NEWS_DAYS) < turn.now;
    let hint = matches!(turn.signal.what, Happening::Fetched { .. });
    let unknown =
        turn.before.first_added.is_none() && turn.before.relations.values().all(|known| !known.half);
    hint && unknown && !snapshot.relations.is_empty() && snapshot.relations.values().all(old)
}

/// Takes over a snapshot.
pub(super) fn apply(turn: &mut Turn<'_>, snapshot: &Snapshot) {
    let asked_by = match &turn.signal.what {
        Happening::ContactAdded { staff, .. } => Some(staff.clone()),
        _ => turn.file.fetch.as_ref().and_then(|fetch| fetch.staff.clone()),
    };
    let heard_at = turn.file.fetch.as_ref().and_then(|fetch| fetch.heard_at);
    // A straggler of an earlier lease leaves the present one to whoever holds it.
    let answers =
        |fetch: &mut Fetch| !snapshot.baseline && fetch.attempt.is_some() && fetch.leased <= snapshot.began;
    let answered = turn.file.fetch.take_if(answers);
    let again = answered.as_ref().is_some_and(|fetch| fetch.again);
    let awaited = answered.is_some() || matches!(turn.signal.what, Happening::ContactAdded { .. });
    let silent = Snapshot { baseline: snapshot.baseline || is_old_news(turn, snapshot), ..snapshot.clone() };
    let snapshot = &silent;
    take_profile(turn, snapshot);
    let unmarked = unmarked(turn);
    let mut edits = Edits { asked_by, heard_at, ..Edits::default() };
    let mut stale = false;
    for (staff, held) in &snapshot.relations {
        stale |= !take_relation(turn, staff, held, snapshot, &mut edits);
    }
    if let Some(fetch) = answered.as_ref().filter(|_| !snapshot.baseline) {
        let gone = fetch.missing.iter().filter(|staff| !snapshot.relations.contains_key(*staff));
        end_missing(turn, fetch, gone);
    }
    let asked_by = edits.asked_by.clone();
    if snapshot.baseline {
        adopt(turn, edits, &unmarked);
    } else {
        let heard_of = turn.happened_at;
        turn.happened_at = heard_at.map_or(heard_of, |heard_at| heard_at.min(heard_of));
        edits.apply(turn);
        turn.happened_at = heard_of;
    }
    if again || (stale && awaited) {
        want(turn, asked_by.as_ref());
        // What was heard of has not been seen yet.
        if let Some(fetch) = &mut turn.file.fetch {
            fetch.heard_at = fetch.heard_at.max(heard_at);
        }
    }
}

/// Neither WeCom's list nor the contact itself shows these friends any more: the word of their parting was lost. They
/// parted before the fetch began; whoever was added since stays.
pub(super) fn end_missing<'a>(turn: &mut Turn<'_>, fetch: &Fetch, gone: impl Iterator<Item = &'a StaffId>) {
    let Some(leased_at) = fetch.attempt.map(|attempt| attempt.until.plus_secs(-FETCH_LEASE_SECONDS)) else {
        return;
    };
    let at = Timestamp::from_secs(leased_at.secs());
    for staff in gone {
        let known = turn.file.relations.get(staff);
        if known.is_some_and(|relation| relation.is_open() && relation.staff_side.at < at) {
            relations::removed(turn, staff, SideName::Staff, at);
        }
    }
}

fn take_profile(turn: &mut Turn<'_>, snapshot: &Snapshot) {
    if !snapshot.profile.name.is_empty() && snapshot.profile != turn.file.profile {
        turn.file.profile.clone_from(&snapshot.profile);
        turn.fact(What::ProfileChanged, None);
    }
}

/// `false`: the fetch says nothing about this relation's tags, because a marking was under way, or because a later
/// fetch has been taken over already.
fn take_relation(
    turn: &mut Turn<'_>,
    staff: &StaffId,
    held: &SnapshotRelation,
    snapshot: &Snapshot,
    edits: &mut Edits,
) -> bool {
    let closed_at = turn.file.relations.get(staff).and_then(|relation| {
        let sides = [relation.staff_side, relation.customer_side];
        sides.into_iter().filter(|side| !side.open).map(|side| side.at).max()
    });
    let reopens = closed_at.is_none_or(|closed| held.createtime > closed);
    let is_open = turn.file.relations.get(staff).is_some_and(crate::Relation::is_open);
    if !is_open {
        if !reopens {
            return true;
        }
        let (at, baseline, add_way) = (held.createtime, snapshot.baseline, held.add_way);
        relations::opened(turn, staff, Adding { at, baseline, add_way });
    }
    let (tree, version) = (&turn.book.tags, turn.version);
    let found: BTreeSet<TagId> = held.tags.iter().filter(|tag| tree.is_live(tag)).cloned().collect();
    let Some(relation) = turn.file.relations.get_mut(staff) else {
        return true;
    };
    relation.add_way = held.add_way.or(relation.add_way);
    if held.state.as_ref().is_some_and(|state| !state.is_empty()) {
        relation.state.clone_from(&held.state);
    }
    relation.remark.clone_from(&held.remark);
    if let Some(personal_tags) = &held.personal_tags {
        relation.personal_tags.clone_from(personal_tags);
    }
    let in_doubt = relation.marking.as_ref().is_some_and(crate::file::Marking::is_in_doubt);
    if in_doubt || relation.marked_version > snapshot.began {
        return false;
    }
    // An import that finds what is known leaves no trace.
    if !snapshot.baseline || relation.mirror.as_ref() != Some(&found) {
        relation.marked_version = version;
    }
    // A marking may have come before the first fetch: what else is found is as old as before the parting.
    let believed = std::mem::take(&mut relation.believe_first_fetch) && !snapshot.baseline;
    let before = relation.mirror.replace(found.clone()).unwrap_or_default();
    if found != before {
        relation.held = None;
    }
    if !believed {
        let added = found.difference(&before).cloned();
        edits.added.extend(added.map(|tag| (tag, staff.clone())));
        let removed = before.difference(&found).filter(|tag| tree.is_live(tag)).cloned();
        edits.removed.extend(removed.map(|tag| (tag, staff.clone())));
    }
    true
}

/// What people did on their phones since the last fetch.
#[derive(Default)]
struct Edits {
    added: Vec<(TagId, StaffId)>,
    removed: Vec<(TagId, StaffId)>,
    /// Whose edit asked for the fetch.
    asked_by: Option<StaffId>,
    /// When the last edit happened of which we were told.
    heard_at: Option<Timestamp>,
}

impl Edits {
    fn apply(self, turn: &mut Turn<'_>) {
        let mut stages: BTreeMap<BoardId, Vec<(StaffId, StageId, TagId)>> = BTreeMap::new();
        for (tag, staff) in &self.added {
            match turn.book.stage_of_tag(tag) {
                Some((board, stage)) => {
                    let claim = (staff.clone(), stage.id.clone(), tag.clone());
                    stages.entry(board.id.clone()).or_default().push(claim);
                }
                None => {
                    law::put_tag(turn, tag, &Origin::Phone { staff: staff.clone() }, Mover::People, None);
                }
            }
        }
        for (board, claims) in stages {
            let claims = claims.into_iter().filter(|(staff, ..)| !self.is_overruled(turn, &board, staff));
            settle_claims(turn, &board, claims.collect(), self.asked_by.as_ref());
        }
        let added: BTreeSet<&TagId> = self.added.iter().map(|(tag, _)| tag).collect();
        for (tag, staff) in self.removed.iter().filter(|(tag, _)| !added.contains(tag)) {
            law::take_tag(turn, tag, &Origin::Phone { staff: staff.clone() }, Mover::People, None);
        }
    }
}

impl Edits {
    /// A move that has still to be written to this phone is the later act: what the phone shows is from before it,
    /// unless we heard of an edit since (T4).
    fn is_overruled(&self, turn: &Turn<'_>, board: &BoardId, staff: &StaffId) -> bool {
        let unwritten = turn.file.relations.get(staff).is_some_and(|relation| relation.marking.is_some());
        let moved_at = turn.file.cards.get(board).and_then(|card| card.since);
        unwritten
            && moved_at.is_some_and(|moved_at| self.heard_at.is_none_or(|heard_at| heard_at <= moved_at))
    }
}

/// Several new stage tags in one fetch: the event's staff member wins, else the owner, else the later stage (T4).
fn settle_claims(
    turn: &mut Turn<'_>,
    board_id: &BoardId,
    mut claims: Vec<(StaffId, StageId, TagId)>,
    asked_by: Option<&StaffId>,
) {
    let Some(board) = turn.book.boards.get(board_id) else {
        return;
    };
    // What is wanted already is no change, but a claim on the phone for another stage is.
    let current = turn.file.cards.get(board_id).map(|card| card.stage.clone());
    claims.retain(|(_, stage, _)| Some(stage) != current.as_ref());
    let owner = turn.file.owner.clone();
    claims.sort_by_key(|(staff, stage, _)| {
        (Some(staff) == asked_by, Some(staff) == owner.as_ref(), board.position(stage))
    });
    let Some((winner, won, tag)) = claims.pop() else {
        return;
    };
    law::put_tag(turn, &tag, &Origin::Phone { staff: winner }, Mover::People, None);
    let because = turn.last_move(board_id);
    for (staff, lost, _) in claims.into_iter().filter(|(_, stage, _)| *stage != won) {
        turn.fact(What::StageConflict { board: board_id.clone(), staff, lost, won: won.clone() }, because);
    }
}

/// What WeCom is still to be told, by open relation.
fn unmarked(turn: &Turn<'_>) -> BTreeMap<StaffId, BTreeSet<TagId>> {
    let open = turn.file.open_relations();
    open.map(|(staff, relation)| {
        let differs = differing(&turn.file, relation);
        (staff.clone(), differs.difference(&relation.leave).cloned().collect())
    })
    .collect()
}

/// The tags in which a relation differs from the wanted set.
fn differing(file: &File, relation: &Relation) -> BTreeSet<TagId> {
    let wanted: BTreeSet<TagId> = file.tags.keys().cloned().collect();
    let nothing = BTreeSet::new();
    let mirror = relation.mirror.as_ref().unwrap_or(&nothing);
    wanted.symmetric_difference(mirror).cloned().collect()
}

/// Does this stage, found by an import, put the card where it is? The owner's relation decides, else the later stage, in
/// whatever order relations are read; but nothing found undoes what has happened since.
fn decides(turn: &Turn<'_>, board: &Board, position: Option<usize>, of_owner: bool) -> bool {
    let Some(card) = turn.file.cards.get(&board.id) else { return true };
    let tag = board.stage(&card.stage).and_then(|stage| stage.tag.as_ref());
    let Some((tag, held)) = tag.and_then(|tag| Some((tag, turn.file.tags.get(tag)?))) else { return false };
    let owner = turn.file.owner.as_ref().and_then(|owner| turn.file.relations.get(owner));
    let by_owner = owner.and_then(|owner| owner.mirror.as_ref()).is_some_and(|mirror| mirror.contains(tag));
    let beats = if by_owner { of_owner } else { of_owner || position > board.position(&card.stage) };
    // Two stages on the owner's own phone: the later one.
    let beats = beats && !(by_owner && position <= board.position(&card.stage));
    held.origin == Origin::Baseline && card.since.is_none() && beats
}

/// An import: everything found is recorded, relations may differ, nothing is written to WeCom (T1, T7) but what was to
/// be written before it (`unmarked`).
fn adopt(turn: &mut Turn<'_>, edits: Edits, unmarked: &BTreeMap<StaffId, BTreeSet<TagId>>) {
    let owner = turn.file.owner.clone();
    let found = edits.added.into_iter().map(|(tag, staff)| {
        let position = turn.book.stage_of_tag(&tag).and_then(|(board, stage)| board.position(&stage.id));
        (Some(&staff) == owner.as_ref(), position, tag)
    });
    let found: BTreeSet<(bool, Option<usize>, TagId)> = found.collect();
    for (of_owner, position, tag) in found.into_iter().rev() {
        let stage = turn.book.stage_of_tag(&tag);
        if stage.is_none_or(|(board, _)| decides(turn, board, position, of_owner)) {
            law::put_tag(turn, &tag, &Origin::Baseline, Mover::People, None);
        }
    }
    let nothing = BTreeSet::new();
    let open: Vec<StaffId> = turn.file.open_relations().map(|(staff, _)| staff.clone()).collect();
    for staff in open {
        let Some(relation) = turn.file.relations.get(&staff) else { continue };
        let still_to_mark = unmarked.get(&staff).unwrap_or(&nothing);
        let leave = differing(&turn.file, relation).difference(still_to_mark).cloned().collect();
        if let Some(relation) = turn.file.relations.get_mut(&staff) {
            relation.leave = leave;
        }
    }
}
