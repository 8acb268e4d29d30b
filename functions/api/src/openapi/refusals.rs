//! What each operation may refuse: the codes that a handler names, and those that follow from what it asks for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::problem::{self, Code};

const PROBLEM: &str = "#/components/schemas/Problem";
const OF_BODIES: &[Code] = &[
    Code::BadRequest,
    Code::MalformedJson,
    Code::JsonTooDeep,
    Code::BodyTooLarge,
    Code::UnsupportedMediaType,
    Code::Invalid,
];
/// Whatever a caller is let in by; wrong names in the query are told with `invalid`.
const OF_CREDENTIALS: &[Code] = &[
    Code::BadRequest,
    Code::Unauthorized,
    Code::Forbidden,
    Code::Invalid,
    Code::TooManyAttempts,
    Code::Internal,
    Code::Unavailable,
];

/// Puts in the refusals of all operations, the headers of all answers, and the query parameter that every caller may send.
pub(super) fn add(document: &mut Value) {
    let mut shared = BTreeMap::new();
    let paths = document["paths"].as_object_mut().into_iter().flat_map(Map::values_mut);
    for item in paths.filter_map(Value::as_object_mut) {
        for (method, operation) in item.iter_mut() {
            complete(method, operation, &mut shared);
        }
    }
    document["components"]["responses"] = Value::Object(shared.into_iter().collect());
    document["components"]["headers"] = headers();
    document["components"]["parameters"] = json!({"InTheNameOf": in_the_name_of()});
}

fn complete(method: &str, operation: &mut Value, shared: &mut BTreeMap<String, Value>) {
    if is_guarded(operation) {
        let given = operation["parameters"].as_array().cloned().unwrap_or_default();
        let named = given.iter().any(|parameter| parameter["name"] == "userid" && parameter["in"] == "query");
        if !named {
            let reference = json!({"$ref": "#/components/parameters/InTheNameOf"});
            operation["parameters"] = given.into_iter().chain([reference]).collect();
        }
    }
    let codes = codes(method, operation);
    let names: Vec<&str> = codes.iter().map(|code| code.name()).collect();
    operation["x-problems"] = json!(names);
    let mut by_status: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in codes {
        by_status.entry(code.status().as_u16()).or_default().push(code);
    }
    let answers = &mut operation["responses"];
    for answer in answers.as_object_mut().into_iter().flat_map(Map::values_mut) {
        finish(answer);
    }
    for (status, codes) in by_status {
        let names: Vec<&str> = codes.iter().map(|code| code.name()).collect();
        let name = format!("{status}.{}", names.join("."));
        let mut refusal = json!({"$ref": format!("#/components/responses/{name}")});
        // What a handler says of its own codes is more than the words that they always have.
        let said = answers[status.to_string()]["description"].as_str().filter(|said| said.contains(": "));
        if let Some(said) = said {
            refusal["description"] = json!(said);
        }
        answers[status.to_string()] = refusal;
        shared.entry(name).or_insert_with(|| response(&codes));
    }
}

/// Behind sign-in?
fn is_guarded(operation: &Value) -> bool {
    operation.get("x-role").is_some()
}

fn codes(method: &str, operation: &Value) -> Vec<Code> {
    let answers = operation["responses"].as_object().into_iter().flatten();
    let refusals = answers.filter(|(status, _)| status.starts_with(['4', '5']));
    let said = refusals.filter_map(|(_, refusal)| refusal["description"].as_str());
    // Between backticks are codes, and names of fields.
    let mut names: BTreeSet<&str> = said.flat_map(|said| said.split('`').skip(1).step_by(2)).collect();
    let mut also = |codes: &[Code]| names.extend(codes.iter().map(|code| code.name()));
    if is_guarded(operation) {
        also(OF_CREDENTIALS);
        if method != "get" {
            also(&[Code::Csrf]);
        }
    }
    if operation.get("requestBody").is_some() {
        also(OF_BODIES);
    }
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        match parameter["name"].as_str().unwrap_or_default() {
            "cursor" => also(&[Code::BadCursor]),
            "If-Match" => also(&[Code::BadHeader, Code::PreconditionFailed]),
            "Idempotency-Key" => also(&[Code::BadHeader, Code::IdempotencyMismatch]),
            _ => {}
        }
    }
    Code::ALL.iter().copied().filter(|code| names.contains(code.name())).collect()
}

/// An answer that is no refusal: what every one has.
fn finish(answer: &mut Value) {
    if answer.get("$ref").is_some() {
        return;
    }
    for (name, header) in answer["headers"].as_object_mut().into_iter().flatten() {
        if header.get("description").is_none() {
            *header = json!({"$ref": format!("#/components/headers/{name}")});
        }
    }
    answer["headers"]["X-Request-Id"] = json!({"$ref": "#/components/headers/X-Request-Id"});
}

fn response(codes: &[Code]) -> Value {
    let said: Vec<String> =
        codes.iter().map(|code| format!("`{}`: {}.", code.name(), code.title())).collect();
    let names: Vec<&str> = codes.iter().map(|code| code.name()).collect();
    let mut headers = json!({"X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"}});
    if codes.iter().any(|code| matches!(code, Code::TooManyAttempts | Code::Unavailable)) {
        headers["Retry-After"] = json!({"$ref": "#/components/headers/Retry-After"});
    }
    let schema = json!({
        "allOf": [{"$ref": PROBLEM}, {"type": "object", "properties": {"code": {"enum": names}}}]
    });
    let example = codes.first().map(|code| problem::example(*code));
    let content = json!({"application/problem+json": {"schema": schema, "example": example}});
    json!({"description": said.join(" "), "headers": headers, "content": content})
}

fn headers() -> Value {
    let text = json!({"type": "string"});
    json!({
        "X-Request-Id": {"description": "Leads to the request in the log.", "schema": text},
        "ETag": {"description": "The revision, for If-Match.", "schema": text, "example": "\"7\""},
        "Location": {"description": "Where to look.", "schema": text},
        "Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 1}}
    })
}

fn in_the_name_of() -> Value {
    json!({
        "name": "userid", "in": "query", "required": false,
        "schema": {"$ref": "#/components/schemas/UserId"},
        "description": "With a token: act in the name of this staff member. Of a session: read as a colleague whom one leads."
    })
}
