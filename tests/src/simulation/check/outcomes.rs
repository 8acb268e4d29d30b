//! I1 (one effective send), I3 (nothing after an exit), and I6 as far as touches go: read off the journal.

use std::collections::{BTreeMap, BTreeSet};

use domain::{Happening, What};
use serde_json::Value;

use super::{
    super::{Simulation, script},
    Contents, Findings,
};

/// The number of touches that ended.
pub(super) fn check(contents: &Contents, findings: &mut Findings) -> u64 {
    let mut outcomes: BTreeMap<(&str, String), i64> = BTreeMap::new();
    let mut inside: BTreeMap<(&str, String), bool> = BTreeMap::new();
    let mut touches = 0;
    for (customer, entry) in &contents.journal {
        let customer = customer.as_str();
        for fact in &entry.facts {
            match &fact.what {
                What::Enrolled { sop, n, .. } | What::Resumed { sop, n } => {
                    inside.insert((customer, format!("{sop}#{n}")), true);
                }
                What::Exited { sop, n, .. } | What::Completed { sop, n } => {
                    inside.insert((customer, format!("{sop}#{n}")), false);
                }
                What::Offered { sop, n, step, .. } => {
                    outcomes.entry((customer, format!("{sop}#{n}#{step}"))).or_insert(0);
                    let is_inside = inside.get(&(customer, format!("{sop}#{n}"))) == Some(&true);
                    findings
                        .must(is_inside, || format!("I3 {customer}: {sop}#{n}/{step} offered after exit"));
                }
                What::Ended { sop, n, step, .. } => {
                    touches += 1;
                    *outcomes.entry((customer, format!("{sop}#{n}#{step}"))).or_insert(0) += 1;
                }
                What::Reopened { sop, n, step } => {
                    *outcomes.entry((customer, format!("{sop}#{n}#{step}"))).or_insert(0) -= 1;
                }
                _ => {}
            }
        }
    }
    let open = open_touches(contents);
    for (touch, count) in &outcomes {
        let (customer, step) = touch;
        let due = 1 - i64::from(open.contains(&((*customer).to_owned(), step.clone())));
        findings.must(*count == due, || format!("I1, I2 {touch:?} has {count} outcomes"));
    }
    let recorded = contents.touches.len();
    let counted = outcomes.values().filter(|count| **count == 1).count();
    findings
        .must(recorded == counted, || format!("I6 {recorded} touch rows, {counted} outcomes in the journal"));
    touches
}

/// Touches that wait for their outcome.
fn open_touches(contents: &Contents) -> BTreeSet<(String, String)> {
    let mut open = BTreeSet::new();
    for file in &contents.files {
        for live in &file.enrollments {
            let name = |step| format!("{}#{}#{step}", live.sop, live.n);
            open.extend(live.open.as_ref().map(|open| (format!("C#{}", file.id), name(&open.step))));
        }
    }
    open
}

/// Whoever's code arrived while it was good was greeted, or it was too late: never was there "no code".
pub(super) fn codes(contents: &Contents, findings: &mut Findings) {
    for ((customer, _), touch) in &contents.touches {
        if touch["outcome"] != "skipped" || touch["reason"] != "no_code" {
            continue;
        }
        let ended_at = touch["at"].as_i64().unwrap_or(i64::MAX);
        let in_time = contents.journal.iter().filter(|(of, _)| of == customer).any(|(_, entry)| {
            let Happening::ContactAdded { half: false, welcome_code: Some(_), .. } = &entry.signal.what
            else {
                return false;
            };
            let lived = entry.at < entry.signal.at.plus_secs(20);
            lived && entry.at.ms() <= ended_at && ended_at < entry.signal.at.plus_secs(20).ms()
        });
        findings
            .must(!in_time, || format!("W1 {customer}: a code was there, and nobody was greeted: {touch}"));
    }
}

/// Whoever was greeted has it on record, once. The number of greetings.
pub(super) async fn greetings(world: &Simulation, contents: &Contents, findings: &mut Findings) -> u64 {
    let mut welcomes = 0;
    for file in &contents.files {
        let id = file.id.as_str();
        let inbox = script::look(world, &format!("customers/{id}/inbox")).await;
        let messages = inbox["items"].as_array().cloned().unwrap_or_default();
        let greetings = messages.iter().filter(|message| message["via"] == "welcome").count();
        let on_record = |((pk, _), touch): &(&(String, String), &Value)| {
            *pk == format!("C#{id}") && touch["method"] == "welcome" && touch["outcome"] == "sent"
        };
        let recorded = contents.touches.iter().filter(on_record).count();
        findings.must(greetings <= recorded, || {
            format!("I1 {id}: {greetings} welcomes arrived, {recorded} on record")
        });
        welcomes += greetings as u64;
    }
    welcomes
}
