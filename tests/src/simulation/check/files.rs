//! What must hold of each file at rest: I2 (outcomes), I4 (stage and tag), I7 (indexes).

use std::collections::{BTreeMap, BTreeSet};

use domain::{File, Playbook, TagId, Timestamp, rows::index_rows};
use serde_json::Value;

use super::{
    super::{Simulation, script},
    Contents, Findings,
    contents::Key,
};

pub(super) async fn check(world: &Simulation, contents: &Contents, book: &Playbook, findings: &mut Findings) {
    for file in &contents.files {
        at_rest(file, world.now(), findings);
        stage_is_tag(file, book, findings);
        as_in_wecom(world, file, findings).await;
        // I7: the wake index is the files with timers.
        let indexed = contents.wake.get(&format!("C#{}", file.id)).copied();
        findings.must(indexed == file.wake_at.map(Timestamp::ms), || {
            format!("I7 {}: wake index {indexed:?}", file.id)
        });
    }
    rows(contents, findings);
}

/// I2: every due touch has its outcome, and nothing else is left to do.
fn at_rest(file: &File, now: Timestamp, findings: &mut Findings) {
    let id = &file.id;
    let late = |at: Timestamp| at < now.plus_mins(-10);
    for live in &file.enrollments {
        let step = live.next.as_ref().is_some_and(|next| late(next.due_at));
        findings.must(!step, || format!("I2 {id}: a step is overdue"));
        let window = live.open.as_ref().is_some_and(|open| late(open.expires_at));
        findings.must(!window, || format!("I2 {id}: a window is over"));
    }
    findings.must(file.pending.is_empty(), || format!("I2 {id}: a welcome is pending"));
    findings.must(file.fetch.is_none(), || format!("rest {id}: a fetch is wanted: {:?}", file.fetch));
    let owes = !file.owed.is_empty() || !file.owed_records.is_empty();
    findings.must(!owes, || format!("I7 {id}: rows are owed"));
}

/// I4 in the store.
fn stage_is_tag(file: &File, book: &Playbook, findings: &mut Findings) {
    for board in book.boards.values() {
        let stage = file.cards.get(&board.id).and_then(|card| board.stage(&card.stage));
        let wanted = stage.and_then(|stage| book.live_tag_of(stage));
        for one in &board.stages {
            let Some(tag) = book.live_tag_of(one) else { continue };
            let holds = file.tags.contains_key(&tag) == (Some(&tag) == wanted.as_ref());
            findings
                .must(holds, || format!("I4 {}: tag of stage {} against card {stage:?}", file.id, one.id));
        }
    }
}

/// I4 in WeCom.
async fn as_in_wecom(world: &Simulation, file: &File, findings: &mut Findings) {
    let wanted: BTreeSet<String> = file.tags.keys().map(ToString::to_string).collect();
    let contact = script::look(world, &format!("contacts/{}", file.id)).await;
    for (staff, relation) in file.open_relations() {
        let Some(there) = wecom_tags(&contact, staff.as_str()) else { continue };
        let mirror: BTreeSet<String> = relation.mirror.iter().flatten().map(ToString::to_string).collect();
        findings.must(mirror == there, || {
            format!("I4 {}/{staff}: thought {mirror:?}, WeCom has {there:?}, {relation:?}", file.id)
        });
        let refused = relation.held.as_ref().map(|held| held.tags.clone()).unwrap_or_default();
        for tag in wanted.symmetric_difference(&there).map(|tag| TagId::from(tag.as_str())) {
            let excused =
                relation.leave.contains(&tag) || refused.add.contains(&tag) || refused.remove.contains(&tag);
            findings.must(excused, || {
                format!("I4 {}/{staff}: wanted {wanted:?}, WeCom has {there:?}, {relation:?}", file.id)
            });
        }
    }
}

/// Corp tags that the simulated WeCom has on a relation; `None`: the staff member has parted from the customer, and
/// nobody has noticed yet.
fn wecom_tags(contact: &Value, staff: &str) -> Option<BTreeSet<String>> {
    let relations = contact["relations"].as_array()?;
    let relation = relations.iter().find(|relation| relation["userid"] == staff)?;
    let is_whole = relation["staff_side"] == "open" && relation["half"] != true;
    let tags = relation["tags"].as_array().filter(|_| is_whole)?;
    Some(tags.iter().filter_map(|tag| tag["id"].as_str().or(tag.as_str())).map(str::to_owned).collect())
}

/// I7: index rows are the files'.
fn rows(contents: &Contents, findings: &mut Findings) {
    let expected: BTreeMap<Key, Option<String>> = contents.files.iter().flat_map(index_rows).collect();
    for (key, value) in &expected {
        let same = contents.rows.get(key) == Some(value);
        findings.must(same, || format!("I7 row missing or other: {key:?}"));
    }
    for key in contents.rows.keys() {
        findings.must(expected.contains_key(key), || format!("I7 row too many: {key:?}"));
    }
}
