//! Examples: of a body or an answer that has none of its own, put together from the examples of its parts.

use serde_json::{Map, Value, json};

use super::referred;

/// Schemas within each other, at most.
const MAX_DEPTH: usize = 12;

/// Gives every JSON body, and every answer that is no refusal, an example.
pub(super) fn fill(document: &mut Value) {
    let schemas = document["components"]["schemas"].clone();
    let paths = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    for operation in paths.filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
        let body = operation.get_mut("requestBody").and_then(|body| body.get_mut("content"));
        if let Some(content) = body {
            complete(content, &schemas);
        }
        for answer in operation["responses"].as_object_mut().into_iter().flat_map(Map::values_mut) {
            if let Some(content) = answer.get_mut("content") {
                complete(content, &schemas);
            }
        }
    }
}

fn complete(content: &mut Value, schemas: &Value) {
    let Some(content) = content.get_mut("application/json") else { return };
    let given = content.get("example").is_some() || content.get("examples").is_some();
    if let Some(example) = of(&content["schema"], schemas, 0).filter(|_| !given) {
        content["example"] = example;
    }
}

/// An example of a schema, if it or its parts have any.
fn of(schema: &Value, schemas: &Value, depth: usize) -> Option<Value> {
    if depth > MAX_DEPTH {
        return None;
    }
    let inner = |schema: &Value| of(schema, schemas, depth + 1);
    if let Some(name) = referred(schema) {
        return inner(&schemas[name]);
    }
    if let Some(own) = schema.get("example").or_else(|| schema["examples"].get(0)) {
        return Some(own.clone());
    }
    if let Some(parts) = schema["allOf"].as_array() {
        return Some(parts.iter().filter_map(inner).fold(json!({}), merged));
    }
    if let Some(choices) = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array()) {
        return choices.iter().filter_map(inner).find(|example| !example.is_null()).or(Some(Value::Null));
    }
    if let Some(first) = schema.get("const").or_else(|| schema["enum"].get(0)) {
        return Some(first.clone());
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str())?;
    match kind {
        "object" => {
            let fields = schema["properties"].as_object().into_iter().flatten();
            Some(fields.filter_map(|(name, field)| Some((name.clone(), inner(field)?))).collect())
        }
        "array" => Some(inner(&schema["items"]).into_iter().collect()),
        "boolean" => Some(json!(false)),
        "integer" => Some(schema.get("minimum").cloned().unwrap_or(json!(1))),
        "string" if schema["format"] == "date-time" => Some(json!("2026-03-05T01:00:00Z")),
        "string" => Some(json!("…")),
        _ => None,
    }
}

/// The fields of both.
fn merged(mut whole: Value, part: Value) -> Value {
    if let (Value::Object(whole), Value::Object(part)) = (&mut whole, part) {
        whole.extend(part);
    }
    whole
}
