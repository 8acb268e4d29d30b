//! Everything that the store holds, sorted.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::File;
use serde_json::Value;
use store::JournalEntry;

use super::super::Simulation;

pub(super) type Key = (String, String);

/// Everything that the store holds.
pub(super) struct Contents {
    pub(super) files: Vec<File>,
    pub(super) journal: Vec<(String, JournalEntry)>,
    pub(super) touches: BTreeMap<Key, Value>,
    pub(super) rows: BTreeMap<Key, Option<String>>,
    pub(super) wake: BTreeMap<String, i64>,
    pub(super) counters: BTreeMap<String, i64>,
    pub(super) open_inbox: Vec<String>,
    pub(super) open_journal: Vec<Key>,
}

pub(super) async fn read(world: &Simulation) -> Result<Contents, String> {
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
