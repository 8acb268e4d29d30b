//! Counters, folded from journal entries. Some tell how many customers there are of a kind: what a file counts for is
//! computed from it by ONE function, each commit notes the difference, and counting all files anew gives the same. The
//! others tell how often something happened: each fact adds to them.

use std::collections::BTreeMap;

use crate::{
    File,
    content::SentContent,
    fact::{Fact, What},
    file::ExitReason,
};

/// What a customer counts for.
///
/// - `board#<board>#<stage>`: cards shown at a stage; `…#amount`: what they are worth together, in hundredths;
///   `…#hidden`: cards without an open relation
/// - `owner#<board>#<userid>#<stage>`, `…#amount`: the same of the customers whom one staff member serves
/// - `tag#<tag>`: customers who have it
#[must_use]
pub fn gauges(file: &File) -> BTreeMap<String, i64> {
    let mut gauges = BTreeMap::new();
    let shown = file.has_open_relation();
    for (board, card) in &file.cards {
        let stage = &card.stage;
        if !shown {
            gauges.insert(format!("board#{board}#{stage}#hidden"), 1);
            continue;
        }
        let of_owner = file.owner.as_ref().map(|owner| format!("owner#{board}#{owner}#{stage}"));
        for name in [format!("board#{board}#{stage}")].into_iter().chain(of_owner) {
            if let Some(amount) = card.amount {
                gauges.insert(format!("{name}#amount"), amount);
            }
            gauges.insert(name, 1);
        }
    }
    gauges.extend(file.tags.keys().map(|tag| (format!("tag#{tag}"), 1)));
    gauges
}

/// What a commit adds to the gauges.
#[must_use]
pub fn gauge_changes(before: Option<&File>, after: &File) -> BTreeMap<String, i64> {
    let mut changes = gauges(after);
    for (name, counted) in before.map(gauges).unwrap_or_default() {
        *changes.entry(name).or_insert(0) -= counted;
    }
    changes.retain(|_, by| *by != 0);
    changes
}

/// What these facts add to the counters.
///
/// - `tag#<tag>#put`: how often it was put on since Stepwise looks
/// - `sop#<sop>#enrolled`, `…#completed`, `…#exited#<reason>`, `…#resumed`: back after an exit, by undo or friendship;
///   inside are enrolled + resumed − completed − exited
/// - `sop#<sop>#<step>#offered`, `…#<outcome>`
/// - `content#<content>#<edition>#sent#<route>`: customers got it; `…#again`: of these, who had had it before
/// - `content#<content>#<edition>#spared`: steps skipped because the customer had had it
/// - `content#<content>#<edition>#openings`, `…#opened`: of these, the first of a customer since they have had it
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
        What::Tagged { tag, found: false, .. } => add(format!("tag#{tag}#put"), 1),
        What::Enrolled { sop, .. } => add(format!("sop#{sop}#enrolled"), 1),
        What::Completed { sop, .. } => add(format!("sop#{sop}#completed"), 1),
        What::Exited { sop, reason, .. } => add(format!("sop#{sop}#exited#{}", exit_name(*reason)), 1),
        What::Resumed { sop, .. } => add(format!("sop#{sop}#resumed"), 1),
        What::Offered { sop, step, .. } => add(format!("sop#{sop}#{step}#offered"), 1),
        What::Ended { sop, step, outcome, .. } => add(format!("sop#{sop}#{step}#{}", outcome.state()), 1),
        What::Exposed { content, route, again, .. } => {
            let name = |what: &str| content_counter(content, what);
            add(name(&format!("sent#{}", route.name())), 1);
            if *again {
                add(name("again"), 1);
            }
        }
        What::Spared { content, .. } => add(content_counter(content, "spared"), 1),
        What::LinkOpened { content, first, .. } => {
            add(content_counter(content, "openings"), 1);
            if *first {
                add(content_counter(content, "opened"), 1);
            }
        }
        What::Reopened { sop, step, .. } => add(format!("sop#{sop}#{step}#cancelled"), -1),
        _ => {}
    }
}

/// The name of a counter of an edition. Besides those that [`deltas`] names there is `anonymous`: openings by nobody knows
/// whom.
#[must_use]
pub fn content_counter(of: &SentContent, what: &str) -> String {
    format!("content#{}#{}#{what}", of.content, of.edition)
}

fn exit_name(reason: ExitReason) -> String {
    serde_json::to_value(reason).ok().and_then(|name| name.as_str().map(str::to_owned)).unwrap_or_default()
}
