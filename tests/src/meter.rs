//! Write units, as the engine reports them with `ReturnConsumedCapacity`, split by kind of item.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use serde_json::{Value, json};

/// Counts write units.
#[derive(Debug, Default)]
pub struct Meter(Mutex<Units>);

/// Write units by kind of item, and in all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Units {
    /// As reported, indexes included.
    pub total: f64,
    /// By kind, from the sizes of the items; `index` is what the report has beyond them.
    pub by_kind: BTreeMap<String, f64>,
}

const WRITES: [&str; 4] = ["PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"];

impl Meter {
    /// Asks for the report.
    pub(crate) fn ask(operation: &str, asked: &mut Value) {
        if WRITES.contains(&operation) {
            asked["ReturnConsumedCapacity"] = json!("INDEXES");
        }
    }

    /// Takes the report of a successful write.
    pub(crate) fn note(&self, operation: &str, asked: &Value, answer: &Value) {
        if !WRITES.contains(&operation) {
            return;
        }
        let reported = match &answer["ConsumedCapacity"] {
            Value::Array(tables) => tables.iter().map(units).sum(),
            one => units(one),
        };
        let mut counted = 0.0;
        let mut count = |request: &Value, factor: f64| {
            let size = request["Item"]
                .as_object()
                .map_or(1, |item| item.iter().map(|(n, v)| n.len() + size_of(v)).sum());
            let cost = factor * size.div_ceil(1024) as f64;
            counted += cost;
            (kind(request), cost)
        };
        let parts: Vec<(String, f64)> = match asked["TransactItems"].as_array() {
            Some(items) => items
                .iter()
                .filter_map(|item| item.as_object()?.values().next())
                .map(|r| count(r, 2.0))
                .collect(),
            None => vec![count(asked, 1.0)],
        };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.total += reported;
        for (kind, cost) in parts {
            *all.by_kind.entry(kind).or_insert(0.0) += cost;
        }
        *all.by_kind.entry("index".into()).or_insert(0.0) += reported - counted;
    }

    /// What has been counted since last asked.
    pub fn take(&self) -> Units {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn units(report: &Value) -> f64 {
    let number = |name: &str| report[name].as_f64();
    number("WriteCapacityUnits").or_else(|| number("CapacityUnits")).unwrap_or(0.0)
}

fn size_of(value: &Value) -> usize {
    match value.as_object().and_then(|typed| typed.iter().next()) {
        Some((_, Value::String(text))) => text.len(),
        Some((_, other)) => other.to_string().len(),
        None => 0,
    }
}

fn kind(request: &Value) -> String {
    let of = if request["Item"].is_object() { &request["Item"] } else { &request["Key"] };
    let part = |name: &str| of[name]["S"].as_str().unwrap_or_default().to_owned();
    let (pk, sk) = (part("pk"), part("sk"));
    let first = |text: &str| text.split('#').next().unwrap_or_default().to_owned();
    let name = match first(&pk).as_str() {
        "C" => match first(&sk).as_str() {
            "FILE" => "file",
            "J" => "journal",
            "T" => "touch",
            "H" => "enrollment",
            _ => "other",
        },
        "IN" => "inbox",
        "R" => "receipt",
        "SLOT" => "slot",
        "COUNT" => "counter",
        "LEASE" | "TOKEN" => "lease and token",
        "TAG" | "BOARD" | "STAFF" | "SOP" | "TASK" | "ADDED" | "ID" => "index row",
        _ => "other",
    };
    name.to_owned()
}
