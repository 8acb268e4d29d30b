//! Stage 4, exits (P9). Judged on every change; a rule that is not known to be true ends nothing (R5).

use super::turn::{Because, Turn};
use crate::{
    fact::What,
    file::{Enrollment, ExitReason},
    predicate::Truth,
    signal::Happening,
};

/// Ends the enrollments whose time has come.
pub(super) fn run(turn: &mut Turn<'_>) {
    let mut place = 0;
    while place < turn.file.enrollments.len() {
        match reason(turn, &turn.file.enrollments[place]) {
            Some((reason, because)) => turn.end_enrollment(place, reason, because),
            None => place += 1,
        }
    }
}

fn reason(turn: &Turn<'_>, live: &Enrollment) -> Option<(ExitReason, Because)> {
    let file = &turn.file;
    if file.is_being_handed_over() {
        return None;
    }
    if !file.has_open_relation() {
        let closed = turn.last_fact(|what| matches!(what, What::RelationClosed { .. }));
        return Some((ExitReason::NoRelation, closed));
    }
    let Some(version) = turn.book.version(&live.sop, live.version) else {
        return Some((ExitReason::SopGone, None));
    };
    let document = &version.document;
    if let Some(at) = document.exit_stage()
        && file.cards.get(&at.board).is_none_or(|card| card.stage != at.stage)
    {
        return Some((ExitReason::LeftStage, turn.last_move(&at.board)));
    }
    let tags_changed = || turn.last_fact(|what| matches!(what, What::Tagged { .. } | What::Untagged { .. }));
    if document.exit.when.as_ref().is_some_and(|when| when.judge(file) == Truth::True) {
        return Some((ExitReason::When, tags_changed()));
    }
    if document.exit.left_audience && document.audience.judge(file) == Truth::False {
        return Some((ExitReason::LeftAudience, tags_changed()));
    }
    let replied =
        matches!(turn.signal.what, Happening::MessageReceived { .. }) && turn.signal.at > live.entered_at;
    (document.exit.on_reply && replied)
        .then(|| (ExitReason::OnReply, turn.last_fact(|what| matches!(what, What::MessageReceived { .. }))))
}
