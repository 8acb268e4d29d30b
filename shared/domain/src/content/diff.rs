//! What two bodies say differently, field by field.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Body, Part};

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// Where, as a JSON pointer: `/parts/2` or `/parts/2/title`. Into the later body; of what was taken away, into the
    /// earlier one.
    pub pointer: String,
    /// What became of it.
    pub kind: DifferenceKind,
    /// As it was; `None`: it was not there.
    pub before: Option<Value>,
    /// As it is; `None`: it is not there any more.
    pub after: Option<Value>,
}

/// What became of a part or a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It says something else.
    Changed,
}

impl Body {
    /// What `later` says differently. Parts that are the same at the beginning and at the end are paired first; what is
    /// left between them is compared in order, and field by field where it is of the same kind.
    #[must_use]
    pub fn differences(&self, later: &Self) -> Vec<Difference> {
        let pairs = self.parts.iter().zip(&later.parts);
        let begin = pairs.take_while(|(before, after)| before == after).count();
        let (before, after) = (&self.parts[begin..], &later.parts[begin..]);
        let pairs = before.iter().rev().zip(after.iter().rev());
        let same = pairs.take_while(|(before, after)| before == after).count();
        let (before, after) = (&before[..before.len() - same], &after[..after.len() - same]);
        let mut found = Vec::new();
        for i in 0..before.len().max(after.len()) {
            part(begin + i, before.get(i), after.get(i), &mut found);
        }
        found
    }
}

fn part(place: usize, before: Option<&Part>, after: Option<&Part>, found: &mut Vec<Difference>) {
    let pointer = format!("/parts/{place}");
    let (before, after) = (before.map(fields), after.map(fields));
    match (before, after) {
        (Some(before), Some(after)) if before.get("kind") == after.get("kind") => {
            let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            for name in names {
                let (before, after) = (before.get(name).cloned(), after.get(name).cloned());
                add(format!("{pointer}/{name}"), before, after, found);
            }
        }
        (before, after) => add(pointer, before.map(Value::Object), after.map(Value::Object), found),
    }
}

fn add(pointer: String, before: Option<Value>, after: Option<Value>, found: &mut Vec<Difference>) {
    if before == after {
        return;
    }
    let kind = match (&before, &after) {
        (None, _) => DifferenceKind::Added,
        (_, None) => DifferenceKind::Removed,
        _ => DifferenceKind::Changed,
    };
    found.push(Difference { pointer, kind, before, after });
}

/// A part as it is written.
fn fields(part: &Part) -> Map<String, Value> {
    match serde_json::to_value(part) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn body(parts: Value) -> Body {
        serde_json::from_value(json!({ "parts": parts })).unwrap()
    }

    fn shown(before: Value, after: Value) -> Vec<(String, DifferenceKind)> {
        let found = body(before).differences(&body(after));
        found.into_iter().map(|difference| (difference.pointer, difference.kind)).collect()
    }

    fn text(text: &str) -> Value {
        json!({"kind": "text", "text": text})
    }

    fn link(title: &str, desc: Option<&str>) -> Value {
        let mut link = json!({"kind": "link", "title": title, "url": "https://example.com/"});
        if let Some(desc) = desc {
            link["desc"] = json!(desc);
        }
        link
    }

    #[test]
    fn the_same_differs_in_nothing() {
        assert_eq!(shown(json!([text("a"), link("b", None)]), json!([text("a"), link("b", None)])), []);
    }

    #[test]
    fn a_part_is_compared_field_by_field() {
        let before = body(json!([text("一"), link("旧", Some("说明"))]));
        let after = body(json!([text("一"), link("新", None)]));
        let found = before.differences(&after);
        assert_eq!(found.len(), 2);
        let desc = Difference {
            pointer: "/parts/1/desc".into(),
            kind: DifferenceKind::Removed,
            before: Some(json!("说明")),
            after: None,
        };
        assert_eq!(found[0], desc);
        assert_eq!((found[1].pointer.as_str(), found[1].kind), ("/parts/1/title", DifferenceKind::Changed));
        assert_eq!((&found[1].before, &found[1].after), (&Some(json!("旧")), &Some(json!("新"))));
    }

    #[test]
    fn a_part_in_between_leaves_those_behind_it_as_they_are() {
        let (a, b, c) = (text("a"), link("b", None), link("c", None));
        let added = [("/parts/1".to_owned(), DifferenceKind::Added)];
        assert_eq!(shown(json!([a, c]), json!([a, b, c])), added);
        let removed = [("/parts/1".to_owned(), DifferenceKind::Removed)];
        assert_eq!(shown(json!([a, b, c]), json!([a, c])), removed);
    }

    #[test]
    fn another_kind_of_part_is_shown_whole() {
        let found = body(json!([text("a")])).differences(&body(json!([link("b", None)])));
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].pointer.as_str(), found[0].kind), ("/parts/0", DifferenceKind::Changed));
        assert_eq!(found[0].before, Some(text("a")));
    }
}
