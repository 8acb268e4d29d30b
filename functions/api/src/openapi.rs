//! The OpenAPI document: what a stranger programs against. Handlers describe themselves (`#[utoipa::path]`), views and
//! bodies their fields (`ToSchema`), `schema/domain.json` what the domain reads; here the rest is put in, which follows
//! from those and so cannot be forgotten: what every route may refuse ([`refusals`]), which fields an answer always
//! has, examples ([`example`]), and the words of all codes.
//!
//! A handler names the codes that are its own between backticks, in the descriptions of its refusals; those that come
//! with credentials, bodies, cursors and preconditions are added. An `Option` of an answer that is absent at times
//! (`skip_serializing_if`) is described as `nullable = false`; all others are always there. `docs/openapi.json` is this document as committed; a
//! test tells when it is out of date.

mod example;
mod refusals;
mod serve;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use utoipa::openapi::{
    Info, License, OpenApi, Ref, RefOr, Schema,
    schema::{ArrayItems, SchemaType, Type},
    security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme},
    tag::Tag,
};

use crate::{
    problem::{self, Code},
    schema,
};

pub(crate) use serve::{pages, routes};

const ABOUT: &str = "\
Stepwise accompanies every WeCom customer at their own pace. This is its whole HTTP interface; `docs/API.md` tells the \
same in prose.

- JSON, UTF-8, at most 1 MiB and 32 levels deep. Unknown fields and unknown query parameters are refused. Times are \
RFC 3339, answered in UTC; ids are text.
- Every refusal is `application/problem+json` with a stable `code`. Anything under `/api` that is not in this document is \
answered 404 `not_found`, another method than those named 405 `method_not_allowed` with `Allow`. `HEAD` is answered \
wherever `GET` is.
- Lists take `limit` and `cursor` and answer `items` and `next_cursor`; a cursor opens the list that it came from.
- What has a revision answers it as `ETag`; send it back as `If-Match`, so that nobody overwrites what they have not seen.
- `Idempotency-Key` on a change makes its repetition harmless for seven days.
- Every answer has `X-Request-Id`.";

/// Where references to schemas lead.
const SCHEMAS: &str = "#/components/schemas/";

/// Parts of the API: name, Chinese name, what it is.
const TAGS: &[(&str, &str, &str)] = &[
    ("session", "登录", "Signing in and out, and who one is."),
    ("customers", "客户", "Customers, their timeline, and the changes that people make to them."),
    ("boards", "商机看板", "Boards, their stages and cards."),
    ("tags", "标签", "Corp tags as WeCom has them."),
    ("rules", "自动化规则", "What happens by itself."),
    ("sops", "SOP", "Audience, anchor and timed steps: drafts, versions, enrollments."),
    (
        "contents",
        "内容库",
        "What is kept once and sent often: texts, pictures, cards, files; groups and uploads.",
    ),
    ("tasks", "待办", "What a staff member has to do."),
    ("staff", "员工", "Staff and departments."),
    ("settings", "设置", "The corp's settings."),
    ("jobs", "后台任务", "Long work: its progress and its results."),
    ("tokens", "API 令牌", "What scripts are let in by."),
    ("audit", "操作审计", "Who changed what, and from where."),
    ("ingestion", "事件接入", "What other systems report."),
    ("document", "接口文档", "This document."),
];

/// The whole document.
pub(crate) fn document() -> Value {
    complete(crate::routes::all().into_openapi())
}

/// The document as it is committed.
pub(crate) fn pretty() -> String {
    let mut text = serde_json::to_string_pretty(&document()).unwrap_or_default();
    text.push('\n');
    text
}

/// A schema of the domain by itself, with those that it is made of.
fn schema_of(name: &str) -> Value {
    let mut whole = schema::described();
    let mut used = BTreeSet::from([name.to_owned()]);
    let mut open: Vec<Value> = whole.get(name).cloned().into_iter().collect();
    while let Some(value) = open.pop() {
        if let Some(part) = referred(&value).filter(|part| used.insert((*part).to_owned())) {
            open.extend(whole.get(part).cloned());
        }
        match value {
            Value::Object(fields) => open.extend(fields.into_iter().map(|(_, field)| field)),
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    whole.retain(|part, _| used.contains(part));
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": name,
        "$ref": format!("{SCHEMAS}{name}"),
        "$defs": whole
    });
    let text = schema.to_string().replace(SCHEMAS, "#/$defs/");
    serde_json::from_str(&text).unwrap_or_default()
}

fn complete(mut described: OpenApi) -> Value {
    described.info = info();
    described.tags = Some(TAGS.iter().map(|(name, _, about)| tag(name, about)).collect());
    let taken = taken_by_bodies(&serde_json::to_value(&described).unwrap_or_default());
    let components = described.components.get_or_insert_default();
    for (name, described) in &mut components.schemas {
        if let (RefOr::T(schema), false) = (described, taken.contains(name)) {
            always(schema);
        }
    }
    generic_refers(&mut components.schemas);
    for (name, scheme) in schemes() {
        components.add_security_scheme(name, scheme);
    }
    let mut document = serde_json::to_value(&described).unwrap_or_default();
    let by_hand = schema::described().into_iter().chain([("Problem".to_owned(), problem::schema())]);
    for (name, schema) in by_hand {
        document["components"]["schemas"][&name] = schema;
    }
    for (tag, (_, zh, _)) in document["tags"].as_array_mut().into_iter().flatten().zip(TAGS) {
        tag["x-name-zh"] = json!(zh);
    }
    document["x-problem-codes"] = words(Code::ALL.iter().map(|code| {
        let words = json!({"status": code.status().as_u16(), "title": code.title(), "title_zh": code.zh()});
        (code.name(), words)
    }));
    document["x-field-codes"] = words(
        problem::FIELD_CODES.iter().map(|(name, title, zh)| (*name, json!({"title": title, "title_zh": zh}))),
    );
    open_closed_parts(&mut document);
    refusals::add(&mut document);
    example::fill(&mut document);
    unwrap_lines(&mut document);
    document
}

/// Comments are wrapped where the source is; a paragraph is one line, a list item too.
fn unwrap_lines(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                match field {
                    Value::String(text) if name == "description" => *text = one_line_each(text),
                    other => unwrap_lines(other),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(unwrap_lines),
        _ => {}
    }
}

fn one_line_each(text: &str) -> String {
    let paragraphs = text.split("\n\n").map(|paragraph| {
        paragraph.lines().map(str::trim).fold(String::new(), |whole, line| match whole.as_str() {
            "" => line.to_owned(),
            before if line.starts_with("- ") => format!("{before}\n{line}"),
            before => format!("{before} {line}"),
        })
    });
    paragraphs.collect::<Vec<_>>().join("\n\n").trim().to_owned()
}

fn words<'a>(of: impl Iterator<Item = (&'a str, Value)>) -> Value {
    Value::Object(of.map(|(name, words)| (name.to_owned(), words)).collect())
}

/// Names of the schemas that request bodies are made of: their fields may be left out where serde lets them.
fn taken_by_bodies(document: &Value) -> BTreeSet<String> {
    let mut taken = BTreeSet::new();
    let mut open: Vec<&Value> =
        operations(document).filter_map(|operation| operation.get("requestBody")).collect();
    while let Some(value) = open.pop() {
        if let Some(name) = referred(value).filter(|name| taken.insert((*name).to_owned())) {
            open.push(&document["components"]["schemas"][name]);
        }
        match value {
            Value::Object(fields) => open.extend(fields.values()),
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    taken
}

/// The name of the schema that a reference leads to.
fn referred(value: &Value) -> Option<&str> {
    value.get("$ref")?.as_str()?.strip_prefix(SCHEMAS)
}

fn operations(document: &Value) -> impl Iterator<Item = &Value> {
    let items = document["paths"].as_object().into_iter().flat_map(Map::values);
    items.filter_map(Value::as_object).flat_map(Map::values)
}

/// Marks the fields of an answer that it always has, also where they are null.
fn always(schema: &mut Schema) {
    match schema {
        Schema::Object(object) => {
            for (name, field) in &mut object.properties {
                if may_be_null(field) && !object.required.contains(name) {
                    object.required.push(name.clone());
                }
                always_within(field);
            }
        }
        Schema::AllOf(all) => all.items.iter_mut().for_each(always_within),
        Schema::OneOf(one) => one.items.iter_mut().for_each(always_within),
        Schema::Array(array) => {
            if let ArrayItems::RefOrSchema(items) = &mut array.items {
                always_within(items);
            }
        }
        _ => {}
    }
}

fn always_within(part: &mut RefOr<Schema>) {
    if let RefOr::T(part) = part {
        always(part);
    }
}

/// A field that may be null is always there; one that may be absent is never null.
fn may_be_null(field: &RefOr<Schema>) -> bool {
    let is_null = |schema: &Schema| match schema {
        Schema::Object(object) => match &object.schema_type {
            SchemaType::Type(one) => *one == Type::Null,
            SchemaType::Array(several) => several.contains(&Type::Null),
            SchemaType::AnyValue => false,
        },
        Schema::Array(array) => {
            matches!(&array.schema_type, SchemaType::Array(several) if several.contains(&Type::Null))
        }
        _ => false,
    };
    match field {
        RefOr::T(Schema::OneOf(one)) => {
            one.items.iter().any(|choice| matches!(choice, RefOr::T(choice) if is_null(choice)))
        }
        RefOr::T(schema) => is_null(schema),
        RefOr::Ref(_) => false,
    }
}

/// What is generic names its parts: utoipa repeats them whole.
fn generic_refers(schemas: &mut BTreeMap<String, RefOr<Schema>>) {
    let names: BTreeSet<String> = schemas.keys().cloned().collect();
    for (name, schema) in schemas {
        let Some((_, of)) = name.split_once('_').filter(|(_, of)| names.contains(*of)) else { continue };
        let part = RefOr::from(Ref::from_schema_name(of));
        match schema {
            RefOr::T(Schema::Object(list)) => {
                if let Some(RefOr::T(Schema::Array(items))) = list.properties.get_mut("items") {
                    items.items = ArrayItems::RefOrSchema(Box::new(part));
                }
            }
            RefOr::T(Schema::AllOf(flat)) => flat.items[0] = part,
            _ => {}
        }
    }
}

/// What a body may not have more of, an answer that it is part of may.
fn open_closed_parts(document: &mut Value) {
    let schemas = document["components"]["schemas"].clone();
    for schema in document["components"]["schemas"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        for part in schema.get_mut("allOf").and_then(Value::as_array_mut).into_iter().flatten() {
            let closed = referred(part)
                .map(|name| &schemas[name])
                .filter(|whole| whole["additionalProperties"] == false);
            if let Some(mut whole) = closed.cloned() {
                whole.as_object_mut().map(|whole| whole.remove("additionalProperties"));
                *part = whole;
            }
        }
    }
}

fn tag(name: &str, about: &str) -> Tag {
    Tag::builder().name(name).description(Some(about)).build()
}

fn info() -> Info {
    let mut license = License::new("Apache-2.0");
    license.identifier = Some("Apache-2.0".to_owned());
    Info::builder().title("Stepwise").version("1").description(Some(ABOUT)).license(Some(license)).build()
}

fn schemes() -> [(&'static str, SecurityScheme); 4] {
    let bearer = Http::builder()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some(
            "An API token, or the admin token of the settings. It needs the scope in `x-scope`.",
        ))
        .build();
    let key = |name: &str, about: &str| ApiKeyValue::with_description(name, about);
    let session = key(
        "__Host-stepwise",
        "A session of a staff member, who needs the role in `x-role`; changes also need the header X-CSRF-Token. Where \
         the product is reached without https the cookie is called `stepwise`.",
    );
    let signature = key(
        "X-Stepwise-Signature",
        "v1=<hex HMAC-SHA256(ingest secret, \"v1:\" + timestamp + \":\" + body)>",
    );
    let timestamp = key("X-Stepwise-Timestamp", "Seconds since 1970, within 5 minutes of Stepwise's clock.");
    [
        ("token", SecurityScheme::Http(bearer)),
        ("session", SecurityScheme::ApiKey(ApiKey::Cookie(session))),
        ("signature", SecurityScheme::ApiKey(ApiKey::Header(signature))),
        ("timestamp", SecurityScheme::ApiKey(ApiKey::Header(timestamp))),
    ]
}
