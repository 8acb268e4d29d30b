//! What WeCom holds, compared with what we knew it to hold: the difference is what people did on their phones (T4).

use std::collections::{BTreeMap, BTreeSet};

use super::{
    baseline,
    relations::{self, Adding},
};
use crate::{
    BoardId, StaffId, StageId, TagId, Timestamp,
    fact::What,
    file::{Fetch, Origin},
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
    if let Happening::Compared { missing, news_since } = &turn.signal.what {
        fetch.missing.extend(missing.clone());
        fetch.news_since = news_since.iter().chain(&fetch.news_since).min().copied();
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

/// So long after becoming friends somebody of whom nothing was known is no newcomer whose callback was lost, unless
/// whoever asked knows better.
const OLD_NEWS_DAYS: i64 = 1;

/// Did this friendship begin so long ago that, nobody having known of it, it was not in sight before (T7)?
fn is_old(turn: &Turn<'_>, held: &SnapshotRelation) -> bool {
    let bound = turn.before.fetch.as_ref().and_then(|fetch| fetch.news_since);
    held.createtime < bound.unwrap_or_else(|| turn.now.plus_days(-OLD_NEWS_DAYS))
}

/// The first word about somebody who has been a friend for long: what is found is as it was before Stepwise.
pub(super) fn is_old_news(turn: &Turn<'_>, snapshot: &Snapshot) -> bool {
    let old = |held: &SnapshotRelation| is_old(turn, held);
    let hint = matches!(turn.signal.what, Happening::Fetched { .. });
    let unknown =
        turn.before.first_added.is_none() && turn.before.relations.values().all(|known| !known.half);
    hint && unknown && !snapshot.relations.is_empty() && snapshot.relations.values().all(old)
}

/// How what a snapshot shows of a relation is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    /// What differs from what was known is what people did on their phones.
    News,
    /// Nothing was known of its tags: they have been there all along.
    Found,
    /// What differs has been so for who knows how long.
    Adopted,
    /// Of its tags nothing is said; whoever compares finds the difference.
    Kept,
}

impl Manner {
    fn of(turn: &Turn<'_>, staff: &StaffId, held: &SnapshotRelation, snapshot: &Snapshot) -> Self {
        let hint = matches!(turn.signal.what, Happening::Fetched { .. });
        let revealed = hint && !turn.before.relations.contains_key(staff) && is_old(turn, held);
        if !snapshot.baseline && !revealed {
            return Self::News;
        }
        let known = turn.before.relations.get(staff).filter(|known| known.is_open());
        match known.and_then(|known| known.mirror.as_ref()) {
            None => Self::Found,
            // An edit of which we were told is still to be looked at.
            Some(_) if snapshot.adopt_known && turn.before.fetch.is_none() => Self::Adopted,
            Some(_) => Self::Kept,
        }
    }
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
    let before = baseline::unmarked(turn);
    let mut seen =
        Seen { news: Edits { asked_by: asked_by.clone(), heard_at, ..Edits::default() }, ..Seen::default() };
    for (staff, held) in &snapshot.relations {
        seen.relation(turn, staff, held, snapshot);
    }
    if let Some(fetch) = answered.as_ref().filter(|_| !snapshot.baseline) {
        let gone = fetch.missing.iter().filter(|staff| !snapshot.relations.contains_key(*staff));
        end_missing(turn, fetch, gone);
    }
    let Seen { news, found, adopted, fresh, stale, reveals } = seen;
    let heard_of = turn.happened_at;
    turn.happened_at = heard_at.map_or(heard_of, |heard_at| heard_at.min(heard_of));
    news.apply(turn);
    turn.happened_at = heard_of;
    if snapshot.baseline || reveals {
        let still_to_mark = baseline::still_to_mark(turn, before, fresh);
        baseline::adopt(turn, found, adopted, &still_to_mark);
    }
    if again || (stale && awaited) {
        want(turn, asked_by.as_ref());
        // What was heard of has not been seen yet.
        if let Some(fetch) = &mut turn.file.fetch {
            fetch.heard_at = fetch.heard_at.max(heard_at);
        }
    }
}

/// What a snapshot shows, by how it is taken.
#[derive(Default)]
struct Seen {
    news: Edits,
    found: Edits,
    adopted: Edits,
    /// Whose relations are news.
    fresh: Vec<StaffId>,
    /// Of some relation's tags the fetch said nothing.
    stale: bool,
    /// It shows relations that have been there all along.
    reveals: bool,
}

impl Seen {
    fn relation(&mut self, turn: &mut Turn<'_>, staff: &StaffId, held: &SnapshotRelation, of: &Snapshot) {
        let manner = Manner::of(turn, staff, held, of);
        let edits = match manner {
            Manner::News | Manner::Kept => &mut self.news,
            Manner::Found => &mut self.found,
            Manner::Adopted => &mut self.adopted,
        };
        self.stale |= !take_relation(turn, staff, held, of, manner, edits);
        self.reveals |= manner == Manner::Found;
        if manner == Manner::News {
            self.fresh.push(staff.clone());
        }
    }
}

/// Neither WeCom's list nor the contact itself shows these friends any more: the word of their parting was lost. They
/// parted before the fetch began; whoever was added since stays.
pub(super) fn end_missing<'a>(turn: &mut Turn<'_>, fetch: &Fetch, gone: impl Iterator<Item = &'a StaffId>) {
    let Some(leased_at) = fetch.attempt.map(|attempt| attempt.until.plus_secs(-FETCH_LEASE_SECONDS)) else {
        return;
    };
    let at = relations::before_by_any_clock(leased_at);
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
    manner: Manner,
    edits: &mut Edits,
) -> bool {
    let baseline = manner != Manner::News;
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
        relations::opened(turn, staff, Adding { at: held.createtime, baseline, add_way: held.add_way });
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
    if manner == Manner::Kept && relation.mirror.is_some() {
        return true;
    }
    let in_doubt = relation.marking.as_ref().is_some_and(crate::file::Marking::is_in_doubt);
    if in_doubt || relation.marked_version > snapshot.began {
        return false;
    }
    // An import that finds what is known leaves no trace.
    if !baseline || relation.mirror.as_ref() != Some(&found) {
        relation.marked_version = version;
    }
    // A marking may have come before the first fetch: what else is found is as old as before the parting.
    let believed = std::mem::take(&mut relation.believe_first_fetch) && !baseline;
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
pub(super) struct Edits {
    pub(super) added: Vec<(TagId, StaffId)>,
    pub(super) removed: Vec<(TagId, StaffId)>,
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
    // What is wanted already is no change, but a claim on the phone for another stage is, and the tag of the card's own
    // stage where that was made anew.
    let current = turn.file.cards.get(board_id).map(|card| card.stage.clone());
    claims.retain(|(_, stage, tag)| Some(stage) != current.as_ref() || !turn.file.tags.contains_key(tag));
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
