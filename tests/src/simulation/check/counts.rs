//! I5 (nothing accepted is lost) and I6 (each fact counts once).

use std::collections::BTreeMap;

use domain::{counters, rows::index_rows};

use super::{Contents, Findings};

pub(super) fn check(contents: &Contents, findings: &mut Findings) {
    let (inbox, journal) = (&contents.open_inbox, &contents.open_journal);
    findings.must(inbox.is_empty(), || format!("I5 open inbox entries: {inbox:?}"));
    findings.must(journal.is_empty(), || format!("I6 open journal entries: {journal:?}"));
    let mut recount: BTreeMap<String, i64> = BTreeMap::new();
    for (_, entry) in &contents.journal {
        for (name, by) in counters::deltas(&entry.facts) {
            *recount.entry(name).or_insert(0) += by;
        }
    }
    for (name, by) in contents.files.iter().flat_map(counters::gauges) {
        *recount.entry(name).or_insert(0) += by;
    }
    recount.retain(|_, value| *value != 0);
    let mut stored = contents.counters.clone();
    stored.retain(|_, value| *value != 0);
    findings.must(stored == recount, || format!("I6 counters {stored:?} against {recount:?}"));
    let rows: Vec<String> = contents.files.iter().flat_map(index_rows).map(|((pk, _), _)| pk).collect();
    for (name, value) in
        stored.iter().filter(|(name, _)| name.starts_with("board#") && !name.ends_with("#amount"))
    {
        let pk = name.replacen("board#", "BOARD#", 1);
        let count = rows.iter().filter(|of| **of == pk).count();
        findings
            .must(i64::try_from(count) == Ok(*value), || format!("I6 {name}: counted {value}, rows {count}"));
    }
}
