//! Stage 5, entries (P8): judged on every change of a file, for every SOP that takes newcomers.

use super::turn::{Because, Turn};
use crate::{
    File, Relation, Timestamp,
    fact::{EntryRefusal, What},
    file::{Ended, Enrollment, ExitReason, MAX_LIVE_ENROLLMENTS},
    playbook::Sop,
    predicate::Truth,
    sop::{Anchor, Document, ReentryPolicy},
};

const DEFAULT_REENTRY_DAYS: i64 = 30;

/// Enrolls the customer where they fit.
pub(super) fn run(turn: &mut Turn<'_>) {
    if !turn.file.has_open_relation() {
        return;
    }
    // The more important first: it takes the welcome code, and the last place in a full file.
    let mut sops: Vec<(u8, &Sop)> =
        turn.book.sops.values().filter_map(|sop| Some((sop.current()?.document.priority, sop))).collect();
    sops.sort_by_key(|(priority, _)| std::cmp::Reverse(*priority));
    for (_, sop) in sops {
        consider(turn, sop);
    }
}

fn consider(turn: &mut Turn<'_>, sop: &Sop) {
    let id = &sop.header.id;
    let Some(version) = sop.current() else { return };
    let Some(first_published_at) = sop.header.first_published_at else {
        return;
    };
    let Some(anchor_at) = anchor(turn, &version.document) else {
        return;
    };
    let ended = turn.file.ended.get(id);
    let inside = turn.file.enrollments.iter().any(|live| &live.sop == id);
    if inside
        // WeCom's times are whole seconds: a friend of the very second of publishing is a newcomer.
        || anchor_at.secs() < first_published_at.secs()
        || version.document.audience.judge(&turn.file) != Truth::True
        // Nobody enters only to leave at once.
        || version.document.exit.when.as_ref().is_some_and(|when| when.judge(&turn.file) == Truth::True)
        || !may_enter(&version.document, ended, anchor_at)
    {
        return;
    }
    let because = cause(turn, &version.document);
    if turn.file.enrollments.len() >= MAX_LIVE_ENROLLMENTS {
        // Said when something brought the customer here, not again by every signal that finds the file full.
        if because.is_none() {
            return;
        }
        turn.fact(What::EntryRefused { sop: id.clone(), reason: EntryRefusal::TooMany }, because);
        return;
    }
    let n = ended.map_or(0, |ended| ended.n) + 1;
    turn.file.enrollments.push(Enrollment {
        sop: id.clone(),
        n,
        version: version.version,
        anchor_at,
        entered_at: entered_at(turn, &version.document, anchor_at),
        started: turn.version,
        done: Vec::new(),
        open: None,
        next: None,
        shift_days: 0,
    });
    turn.fact(What::Enrolled { sop: id.clone(), n, version: version.version, anchor_at }, because);
}

/// An entry heard of late, after an outage, is no late entry: its steps are overdue, not skipped. That goes for a phone
/// edit, too, which a fetch shows after it happened.
fn entered_at(turn: &Turn<'_>, document: &Document, anchor_at: Timestamp) -> Timestamp {
    let moved_now = match &document.anchor {
        // It had to be asked how they were added.
        Anchor::FriendAdd {} => may_be_transfer(turn.before, anchor_at),
        Anchor::StageEntry { stage } => {
            turn.file.cards.get(&stage.board).is_some_and(|card| card.rev == turn.version)
        }
    };
    if moved_now { anchor_at } else { turn.signal.at.min(turn.now) }
}

/// When the anchor happened, if it did and no baseline brought it.
fn anchor(turn: &Turn<'_>, document: &Document) -> Option<Timestamp> {
    match &document.anchor {
        Anchor::FriendAdd {} => {
            let added = turn.file.first_added.filter(|added| added.is_anchor())?;
            (!may_be_transfer(&turn.file, added.at)).then_some(added.at)
        }
        Anchor::StageEntry { stage } => {
            let card = turn.file.cards.get(&stage.board).filter(|card| card.stage == stage.stage)?;
            card.since
        }
    }
}

/// Was the customer added in a way that nobody knows yet, and without a welcome code? They may have been handed over (P2):
/// the fetch that is wanted tells.
pub(super) fn may_be_transfer(file: &File, added_at: Timestamp) -> bool {
    let unclear = |relation: &Relation| {
        relation.is_open_by_adding_of(added_at) && relation.add_way.is_none() && relation.welcome.is_none()
    };
    file.fetch.is_some() && file.open_relations().any(|(_, relation)| unclear(relation))
}

/// Judged by when the anchor happened, not by now: who came back too soon is not enrolled by some later signal, with
/// most of the steps in the past.
fn may_enter(document: &Document, ended: Option<&Ended>, anchor_at: Timestamp) -> bool {
    let Some(ended) = ended else { return true };
    // The same anchor never enrolls twice.
    if anchor_at <= ended.anchor_at {
        return false;
    }
    if ended.reason == ExitReason::Undone {
        return true;
    }
    let reentry = document.reentry();
    match reentry.policy {
        ReentryPolicy::Never => false,
        ReentryPolicy::AfterExit => {
            let days = reentry.days.map_or(DEFAULT_REENTRY_DAYS, i64::from);
            anchor_at > ended.at && anchor_at >= ended.at.plus_days(days)
        }
    }
}

fn cause(turn: &Turn<'_>, document: &Document) -> Because {
    let anchored = match &document.anchor {
        Anchor::FriendAdd {} => {
            turn.last_fact(|what| matches!(what, What::RelationOpened { first: true, .. }))
        }
        Anchor::StageEntry { stage } => turn.last_move(&stage.board),
    };
    anchored.or_else(|| turn.last_fact(|what| matches!(what, What::Tagged { .. } | What::Untagged { .. })))
}
