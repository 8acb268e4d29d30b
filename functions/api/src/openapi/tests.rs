//! The document is complete, and as committed.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");

/// `METHOD path` and the operation.
fn all(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let named = |(path, item): (&String, &'_ Value)| {
        let path = path.clone();
        let item = item.as_object().unwrap().clone();
        item.keys().map(move |method| (method.clone(), path.clone())).collect::<Vec<_>>()
    };
    let addresses: Vec<(String, String)> = paths.iter().flat_map(named).collect();
    addresses
        .into_iter()
        .map(|(method, path)| (format!("{method} {path}"), &document["paths"][&path][&method]))
        .collect()
}

#[test]
fn the_committed_document_is_this_one() {
    let committed = std::fs::read_to_string(COMMITTED).unwrap_or_default();
    assert!(committed == pretty(), "docs/openapi.json is out of date: run `make openapi`");
}

#[test]
fn every_operation_says_what_it_is() {
    let document = document();
    let tags: BTreeSet<&str> = TAGS.iter().map(|(name, ..)| *name).collect();
    let mut ids = BTreeSet::new();
    for (address, operation) in all(&document) {
        for field in ["operationId", "summary", "x-summary-zh"] {
            let text = operation[field].as_str().unwrap_or_default();
            assert!(!text.is_empty() && !text.contains('\n'), "{address} has no {field}");
        }
        assert!(ids.insert(operation["operationId"].to_string()), "{address}: two operations have one id");
        let tag =
            operation["tags"].as_array().filter(|tags| tags.len() == 1).and_then(|tags| tags[0].as_str());
        assert!(tag.is_some_and(|tag| tags.contains(tag)), "{address} belongs to one of the document's tags");
        assert!(operation["security"].is_array(), "{address} does not say who may call it");
    }
    assert!(ids.len() > 30);
}

#[test]
fn every_answer_has_its_schema_and_an_example_and_every_refusal_its_codes() {
    let document = document();
    for (address, operation) in all(&document) {
        let answers = operation["responses"].as_object().unwrap();
        assert!(answers.keys().any(|status| status.starts_with(['2', '3'])), "{address} has no good end");
        for (status, answer) in answers {
            let place = format!("{address} {status}");
            if status.starts_with(['4', '5']) {
                let reference = answer["$ref"].as_str().unwrap_or_else(|| panic!("{place} names no code"));
                assert!(document.pointer(&reference[1..]).is_some(), "{place}");
            } else if let Some(content) = answer["content"]["application/json"].as_object() {
                assert!(content["schema"].is_object() && content.contains_key("example"), "{place}");
            }
        }
        if let Some(content) = operation["requestBody"]["content"]["application/json"].as_object() {
            assert!(content["schema"].is_object() && content.contains_key("example"), "{address}");
        }
    }
}

#[test]
fn every_parameter_of_an_address_is_described() {
    let document = document();
    for (address, operation) in all(&document) {
        let asked: BTreeSet<&str> =
            address.split('{').skip(1).filter_map(|part| part.split('}').next()).collect();
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        let in_path = parameters.iter().filter(|parameter| parameter["in"] == "path");
        let told: BTreeSet<&str> = in_path.filter_map(|parameter| parameter["name"].as_str()).collect();
        assert_eq!(asked, told, "{address}");
    }
}

#[test]
fn no_reference_leads_nowhere() {
    let document = document();
    let mut open = vec![&document];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(fields) => {
                if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                    assert!(document.pointer(&reference[1..]).is_some(), "{reference}");
                }
                open.extend(fields.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
}

#[test]
fn an_answer_always_has_its_fields_and_a_body_needs_not() {
    let document = document();
    let required = |name: &str| document["components"]["schemas"][name]["required"].clone();
    let customer = required("Customer");
    assert!(contains(&customer, "avatar") && contains(&customer, "attributes"), "{customer}");
    let rule = required("Rule");
    assert!(contains(&rule, "when") && !contains(&rule, "if"), "{rule}");
}

fn contains(list: &Value, name: &str) -> bool {
    list.as_array().is_some_and(|list| list.iter().any(|entry| entry == name))
}

#[test]
fn codes_have_words_in_two_languages() {
    let document = document();
    for words in ["x-problem-codes", "x-field-codes"] {
        let words: &Map<String, Value> = document[words].as_object().unwrap();
        let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
        for (code, words) in words {
            let (title, zh) = (words["title"].as_str().unwrap(), words["title_zh"].as_str().unwrap());
            assert!(title.is_ascii() && !title.is_empty(), "{code}");
            assert!(!zh.is_ascii(), "{code}");
            assert_eq!(seen.insert(zh, code), None, "{code}: two codes with the same words");
        }
    }
}

#[test]
fn a_paragraph_is_one_line() {
    let text = "One\ntwo.\n\nThree\nfour:\n\n- a\n  b\n- c\n";
    assert_eq!(one_line_each(text), "One two.\n\nThree four:\n\n- a b\n- c");
}

/// Cells of those rows of `docs/API.md` that begin so.
fn rows_of_the_prose(fits: impl Fn(&[&str]) -> bool) -> Vec<Vec<String>> {
    let prose = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/API.md")).unwrap();
    let section = prose.split("\n## ").find(|section| section.starts_with("2. ")).unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| "));
    let cells = rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect::<Vec<_>>());
    cells.filter(|cells| fits(cells)).map(|cells| cells.into_iter().map(str::to_owned).collect()).collect()
}

#[test]
fn the_prose_has_every_code_with_its_status_and_its_chinese() {
    let told = rows_of_the_prose(|cells| cells.len() == 4 && cells[0].parse::<u16>().is_ok());
    let told: Vec<[&str; 3]> =
        told.iter().map(|row| [row[0].as_str(), row[1].trim_matches('`'), row[3].as_str()]).collect();
    let statuses: Vec<String> = Code::ALL.iter().map(|code| code.status().as_u16().to_string()).collect();
    let known = Code::ALL.iter().zip(&statuses);
    let known: Vec<[&str; 3]> =
        known.map(|(code, status)| [status.as_str(), code.name(), code.zh()]).collect();
    assert_eq!(told, known, "docs/API.md §2");
    let told = rows_of_the_prose(|cells| cells.len() == 3 && cells[0].starts_with('`'));
    let told: Vec<[&str; 2]> = told.iter().map(|row| [row[0].trim_matches('`'), row[2].as_str()]).collect();
    let known: Vec<[&str; 2]> = problem::FIELD_CODES.iter().map(|(name, _, zh)| [*name, *zh]).collect();
    assert_eq!(told, known, "docs/API.md §2");
}

#[test]
fn the_schema_of_an_sop_stands_by_itself() {
    let schema = schema_of("SopDocument");
    let text = schema.to_string();
    assert!(!text.contains("#/components"), "{text}");
    for part in ["SopDocument", "Predicate", "HourMinute"] {
        assert!(schema["$defs"][part].is_object(), "{part}");
    }
    assert!(schema["$defs"]["Trigger"].is_null());
}
