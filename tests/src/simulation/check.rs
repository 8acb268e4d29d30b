//! The invariants of the design (§6), read off the store and the simulated WeCom when everything is at rest.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{File, What, counters, rows::index_rows};
use serde_json::Value;
use store::JournalEntry;

use super::{Simulation, Summary};

type Key = (String, String);

/// Everything that the store holds.
struct Contents {
    files: Vec<File>,
    journal: Vec<(String, JournalEntry)>,
    touches: BTreeMap<Key, Value>,
    rows: BTreeMap<Key, Option<String>>,
    wake: BTreeMap<String, i64>,
    counters: BTreeMap<String, i64>,
    open_inbox: Vec<String>,
    open_journal: Vec<Key>,
}

pub(super) async fn all(world: &Simulation) -> Result<Summary, String> {
    let contents = read(world).await?;
    let mut faults = Vec::new();
    let mut must = |holds: bool, what: String| {
        if !holds {
            faults.push(what);
        }
    };
    let now = world.now();
    let book = world.app.playbook().await.map_err(|error| error.to_string())?;

    for file in &contents.files {
        let id = file.id.as_str();
        // I2: every due touch has its outcome.
        for live in &file.enrollments {
            let late = |at: domain::Timestamp| at < now.plus_mins(-10);
            must(
                !live.next.as_ref().is_some_and(|next| late(next.due_at)),
                format!("I2 {id}: a step is overdue"),
            );
            must(
                !live.open.as_ref().is_some_and(|open| late(open.expires_at)),
                format!("I2 {id}: a window is over"),
            );
        }
        must(file.pending.is_empty(), format!("I2 {id}: a welcome is pending"));
        must(file.fetch.is_none(), format!("rest {id}: a fetch is wanted: {:?}", file.fetch));
        // I4: stage and tag are one, in the store and in WeCom.
        for board in book.boards.values() {
            let stage = file.cards.get(&board.id).and_then(|card| board.stage(&card.stage));
            let wanted = stage.and_then(|stage| book.live_tag_of(stage));
            for one in &board.stages {
                let Some(tag) = book.live_tag_of(one) else { continue };
                let holds = file.tags.contains_key(&tag) == (Some(&tag) == wanted.as_ref());
                must(holds, format!("I4 {id}: tag of stage {} against card {stage:?}", one.id));
            }
        }
        let wanted: BTreeSet<String> = file.tags.keys().map(ToString::to_string).collect();
        let contact = super::script::look(world, &format!("contacts/{id}")).await;
        for (staff, relation) in file.open_relations() {
            let Some(held) = wecom_tags(&contact, staff.as_str()) else { continue };
            let settled = relation.held.is_some() || !relation.leave.is_empty() || held == wanted;
            must(settled, format!("I4 {id}/{staff}: wanted {wanted:?}, WeCom has {held:?}, {relation:?}"));
        }
        // I7: the wake index is the files with timers.
        let indexed = contents.wake.get(&format!("C#{id}")).copied();
        must(indexed == file.wake_at.map(domain::Timestamp::ms), format!("I7 {id}: wake index {indexed:?}"));
        must(file.owed.is_empty() && file.owed_records.is_empty(), format!("I7 {id}: rows are owed"));
    }

    // I7: index rows are the files'.
    let expected: BTreeMap<Key, Option<String>> = contents.files.iter().flat_map(index_rows).collect();
    for (key, value) in &expected {
        must(contents.rows.get(key) == Some(value), format!("I7 row missing or other: {key:?}"));
    }
    for key in contents.rows.keys().filter(|key| !expected.contains_key(*key)) {
        must(false, format!("I7 row too many: {key:?}"));
    }

    // I1 and I3, from the journal.
    let mut outcomes: BTreeMap<(String, String), i64> = BTreeMap::new();
    let mut inside: BTreeMap<(String, String), bool> = BTreeMap::new();
    let mut touches = 0;
    for (customer, entry) in &contents.journal {
        for fact in &entry.facts {
            match &fact.what {
                What::Enrolled { sop, n, .. } | What::Resumed { sop, n } => {
                    inside.insert((customer.clone(), format!("{sop}#{n}")), true);
                }
                What::Exited { sop, n, .. } | What::Completed { sop, n } => {
                    inside.insert((customer.clone(), format!("{sop}#{n}")), false);
                }
                What::Offered { sop, n, step, .. } => {
                    let is_inside = inside.get(&(customer.clone(), format!("{sop}#{n}"))) == Some(&true);
                    must(is_inside, format!("I3 {customer}: {sop}#{n}/{step} offered after exit"));
                }
                What::Ended { sop, n, step, .. } => {
                    touches += 1;
                    *outcomes.entry((customer.clone(), format!("{sop}#{n}#{step}"))).or_insert(0) += 1;
                }
                What::Reopened { sop, n, step } => {
                    *outcomes.entry((customer.clone(), format!("{sop}#{n}#{step}"))).or_insert(0) -= 1;
                }
                _ => {}
            }
        }
    }
    for (touch, count) in &outcomes {
        must(*count <= 1, format!("I1 {touch:?} has {count} outcomes"));
    }
    let recorded = contents.touches.len();
    let counted = outcomes.values().filter(|count| **count == 1).count();
    must(recorded == counted, format!("I6 {recorded} touch rows, {counted} outcomes in the journal"));
    // I1: whoever was greeted has it on record, once.
    let mut welcomes = 0;
    for file in &contents.files {
        let id = file.id.as_str();
        let inbox = super::script::look(world, &format!("customers/{id}/inbox")).await;
        let messages = inbox["items"].as_array().cloned().unwrap_or_default();
        let greetings = messages.iter().filter(|message| message["via"] == "welcome").count();
        let on_record = |(key, touch): &(&Key, &Value)| {
            key.0 == format!("C#{id}") && touch["method"] == "welcome" && touch["outcome"] == "sent"
        };
        let recorded = contents.touches.iter().filter(on_record).count();
        must(greetings <= recorded, format!("I1 {id}: {greetings} welcomes arrived, {recorded} on record"));
        welcomes += greetings as u64;
    }

    // I5: every accepted callback was dealt with; I6: each fact was counted once.
    must(contents.open_inbox.is_empty(), format!("I5 open inbox entries: {:?}", contents.open_inbox));
    must(contents.open_journal.is_empty(), format!("I6 open journal entries: {:?}", contents.open_journal));
    let mut recount: BTreeMap<String, i64> = BTreeMap::new();
    for (_, entry) in &contents.journal {
        for (name, by) in counters::deltas(&entry.facts) {
            *recount.entry(name).or_insert(0) += by;
        }
    }
    recount.retain(|_, value| *value != 0);
    let stored: BTreeMap<String, i64> = contents
        .counters
        .iter()
        .map(|(name, value)| (name.clone(), *value))
        .filter(|(_, value)| *value != 0)
        .collect();
    must(stored == recount, format!("I6 counters {stored:?} against {recount:?}"));
    for (name, value) in stored.iter().filter(|(name, _)| name.starts_with("board#")) {
        let pk = name.replacen("board#", "BOARD#", 1);
        let rows = expected.keys().filter(|(of, _)| *of == pk).count();
        must(i64::try_from(rows) == Ok(*value), format!("I6 {name}: counted {value}, rows {rows}"));
    }

    if let Some(first) = faults.first() {
        let story =
            contents.journal.iter().filter(|(customer, _)| first.contains(customer.trim_start_matches("C#")));
        let story = story.map(|(_, entry)| serde_json::to_string(entry).unwrap_or_default());
        return Err(format!("{}\n{}", faults.join("\n"), story.collect::<Vec<_>>().join("\n")));
    }
    let (trace, calls) = world.trace.hash();
    let strikes = world.trouble.strikes.load(std::sync::atomic::Ordering::SeqCst);
    Ok(Summary { trace, calls, deaths: world.deaths, strikes, touches, welcomes })
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

async fn read(world: &Simulation) -> Result<Contents, String> {
    let mut contents = Contents {
        files: Vec::new(),
        journal: Vec::new(),
        touches: BTreeMap::new(),
        rows: BTreeMap::new(),
        wake: BTreeMap::new(),
        counters: BTreeMap::new(),
        open_inbox: Vec::new(),
        open_journal: Vec::new(),
    };
    for table in ["stepwise-main", "stepwise-hot"] {
        let mut from = None;
        loop {
            let page = world.client.scan().table_name(table).set_exclusive_start_key(from).send().await;
            let page = page.map_err(|error| format!("{error:?}"))?;
            for item in page.items.unwrap_or_default() {
                let item: BTreeMap<String, AttributeValue> = item.into_iter().collect();
                sort_item(&mut contents, &item)?;
            }
            from = page.last_evaluated_key;
            if from.is_none() {
                break;
            }
        }
    }
    contents.journal.sort_by(|a, b| (&a.0, a.1.version).cmp(&(&b.0, b.1.version)));
    Ok(contents)
}

fn sort_item(contents: &mut Contents, item: &BTreeMap<String, AttributeValue>) -> Result<(), String> {
    let text = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned();
    let number = |name: &str| item.get(name).and_then(|value| value.as_n().ok()).and_then(|n| n.parse().ok());
    let (pk, sk) = (text("pk").unwrap_or_default(), text("sk").unwrap_or_default());
    let doc =
        || serde_json::from_str::<Value>(&text("doc").unwrap_or_default()).map_err(|error| error.to_string());
    let kind = pk.split('#').next().unwrap_or_default().to_owned();
    match kind.as_str() {
        "C" if sk == "FILE" => {
            contents.files.push(serde_json::from_value(doc()?).map_err(|error| error.to_string())?);
            if let Some(wake_at) = number("wake_at") {
                contents.wake.insert(pk, wake_at);
            }
        }
        "C" if sk.starts_with("J#") => {
            if item.contains_key("work_shard") {
                contents.open_journal.push((pk.clone(), sk));
            }
            let entry = serde_json::from_value(doc()?).map_err(|error| error.to_string())?;
            contents.journal.push((pk, entry));
        }
        "C" if sk.starts_with("T#") => {
            contents.touches.insert((pk, sk), doc()?);
        }
        "COUNT" => {
            contents.counters.insert(sk, number("value").unwrap_or(0));
        }
        "IN" if item.contains_key("work_shard") => contents.open_inbox.push(pk),
        "TAG" | "BOARD" | "STAFF" | "SOP" | "TASK" | "ADDED" | "ID" => {
            contents.rows.insert((pk, sk), text("value"));
        }
        _ => {}
    }
    Ok(())
}
