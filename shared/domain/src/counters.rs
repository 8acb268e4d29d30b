//! Counters, folded from facts: each fact adds to a few named numbers, so that counting everything anew gives the same.

use std::collections::BTreeMap;

use crate::{
    fact::{Fact, What},
    file::ExitReason,
};

/// What these facts add to the counters.
///
/// - `board#<board>#<stage>`: cards shown at a stage; `…#hidden`: those without an open relation
/// - `tag#<tag>`: customers who have it; `…#put`: how often it was ever put on
/// - `sop#<sop>#enrolled`, `…#completed`, `…#exited#<reason>`, `…#resumed`: back after an exit, by undo or friendship;
///   inside are enrolled + resumed − completed − exited
/// - `sop#<sop>#<step>#offered`, `…#<outcome>`
#[must_use]
pub fn deltas(facts: &[Fact]) -> BTreeMap<String, i64> {
    let mut deltas = BTreeMap::new();
    for fact in facts {
        count(&fact.what, |name, by| *deltas.entry(name).or_insert(0) += by);
    }
    deltas.retain(|_, by| *by != 0);
    deltas
}

fn count(what: &What, mut add: impl FnMut(String, i64)) {
    match what {
        What::Moved { board, from, to, hidden, .. } => {
            let suffix = if *hidden { "#hidden" } else { "" };
            if let Some(from) = from {
                add(format!("board#{board}#{from}{suffix}"), -1);
            }
            if let Some(to) = to {
                add(format!("board#{board}#{to}{suffix}"), 1);
            }
        }
        What::CardHidden { board, stage } => {
            add(format!("board#{board}#{stage}"), -1);
            add(format!("board#{board}#{stage}#hidden"), 1);
        }
        What::CardShown { board, stage } => {
            add(format!("board#{board}#{stage}"), 1);
            add(format!("board#{board}#{stage}#hidden"), -1);
        }
        What::Tagged { tag } => {
            add(format!("tag#{tag}"), 1);
            add(format!("tag#{tag}#put"), 1);
        }
        What::Untagged { tag } => add(format!("tag#{tag}"), -1),
        What::Enrolled { sop, .. } => add(format!("sop#{sop}#enrolled"), 1),
        What::Completed { sop, .. } => add(format!("sop#{sop}#completed"), 1),
        What::Exited { sop, reason, .. } => add(format!("sop#{sop}#exited#{}", exit_name(*reason)), 1),
        What::Resumed { sop, .. } => add(format!("sop#{sop}#resumed"), 1),
        What::Offered { sop, step, .. } => add(format!("sop#{sop}#{step}#offered"), 1),
        What::Ended { sop, step, outcome, .. } => add(format!("sop#{sop}#{step}#{}", outcome.state()), 1),
        What::Reopened { sop, step, .. } => add(format!("sop#{sop}#{step}#cancelled"), -1),
        _ => {}
    }
}

fn exit_name(reason: ExitReason) -> String {
    serde_json::to_value(reason).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}
