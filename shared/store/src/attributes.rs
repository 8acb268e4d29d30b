//! Reading and writing attributes of items.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;

use crate::Error;

/// An item as the SDK gives and takes it.
#[expect(clippy::disallowed_types, reason = "the SDK's own type; never iterated")]
pub(crate) type Item = std::collections::HashMap<String, AttributeValue>;

pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// The key of an item.
pub(crate) fn key(pk: impl Into<String>, sk: impl Into<String>) -> Item {
    Item::from([("pk".to_owned(), text(pk)), ("sk".to_owned(), text(sk))])
}

/// An item from its key and attributes.
pub(crate) fn item<const N: usize>(
    pk: impl Into<String>,
    sk: impl Into<String>,
    attributes: [(&str, AttributeValue); N],
) -> Item {
    let mut item = key(pk, sk);
    item.extend(attributes.map(|(name, value)| (name.to_owned(), value)));
    item
}

pub(crate) fn get_text<'a>(item: &'a Item, name: &str) -> Result<&'a str, Error> {
    item.get(name)
        .and_then(|value| value.as_s().ok())
        .map(String::as_str)
        .ok_or_else(|| Error::unreadable(describe(item), format!("no text {name}")))
}

pub(crate) fn get_number<T: std::str::FromStr>(item: &Item, name: &str) -> Result<T, Error> {
    item.get(name)
        .and_then(|value| value.as_n().ok())
        .and_then(|value| value.parse().ok())
        .ok_or_else(|| Error::unreadable(describe(item), format!("no number {name}")))
}

/// Reads a document kept as JSON text.
pub(crate) fn get_document<T: serde::de::DeserializeOwned>(item: &Item, name: &str) -> Result<T, Error> {
    serde_json::from_str(get_text(item, name)?).map_err(|error| {
        // Serde quotes the value that it stumbled over, and that is somebody's.
        let place =
            format!("{:?} error at line {}, column {}", error.classify(), error.line(), error.column());
        Error::unreadable(describe(item), place)
    })
}

/// Writes a document as JSON text.
pub(crate) fn document<T: serde::Serialize>(value: &T) -> Result<AttributeValue, Error> {
    serde_json::to_string(value)
        .map(AttributeValue::S)
        .map_err(|error| Error::unreadable("a document to write", error))
}

fn describe(item: &Item) -> String {
    let part = |name: &str| item.get(name).and_then(|value| value.as_s().ok()).cloned().unwrap_or_default();
    format!("{} / {}", part("pk"), part("sk"))
}

/// A paging position as text: the keys of an item, in order.
pub(crate) fn position(item: &Item) -> String {
    let ordered: BTreeMap<&str, String> = item
        .iter()
        .map(|(name, value)| {
            let value = match value {
                AttributeValue::N(number) => format!("N{number}"),
                AttributeValue::S(text) => format!("S{text}"),
                other => format!("?{other:?}"),
            };
            (name.as_str(), value)
        })
        .collect();
    serde_json::to_string(&ordered).unwrap_or_default()
}

/// Reads what [`position`] wrote.
pub(crate) fn at_position(text: &str) -> Option<Item> {
    let ordered: BTreeMap<String, String> = serde_json::from_str(text).ok()?;
    let read = |(name, value): (String, String)| {
        let kind = value.chars().next()?;
        let value = value[kind.len_utf8()..].to_owned();
        match kind {
            'N' => Some((name, AttributeValue::N(value))),
            'S' => Some((name, AttributeValue::S(value))),
            _ => None,
        }
    };
    ordered.into_iter().map(read).collect()
}
