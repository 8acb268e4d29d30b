//! The problem document as the OpenAPI document describes it.

use std::borrow::Cow;

use serde_json::{Value, json};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

use super::{Code, FIELD_CODES, FieldError, Problem};

/// The body of a refusal, for `#[utoipa::path]`.
pub(crate) enum ProblemDocument {}

impl PartialSchema for ProblemDocument {
    fn schema() -> RefOr<Schema> {
        RefOr::T(Schema::default())
    }
}

impl ToSchema for ProblemDocument {
    fn name() -> Cow<'static, str> {
        "Problem".into()
    }
}

/// Its schema.
pub(crate) fn schema() -> Value {
    let codes: Vec<&str> = Code::ALL.iter().map(|code| code.name()).collect();
    let field_codes: Vec<&str> = FIELD_CODES.iter().map(|(name, ..)| *name).collect();
    let text = json!({"type": "string"});
    json!({
        "type": "object",
        "description": "A refusal (RFC 9457). `x-problem-codes` has a Chinese sentence for each code; `detail` is for developers.",
        "required": ["type", "title", "status", "detail", "code", "request_id"],
        "properties": {
            "type": {"type": "string", "format": "uri", "description": "urn:stepwise:problem:<code>"},
            "title": text,
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {"type": "string", "description": "What is wrong with this request."},
            "code": {"type": "string", "enum": codes},
            "request_id": {"type": "string", "description": "As in X-Request-Id."},
            "errors": {
                "type": "array", "description": "Of `invalid`: the fields that are wrong.",
                "items": {
                    "type": "object",
                    "required": ["pointer", "code", "message", "candidates", "zh"],
                    "properties": {
                        "pointer": {"type": "string", "description": "JSON pointer into the body, or /name of a query parameter."},
                        "code": {"type": "string", "enum": field_codes},
                        "message": text,
                        "candidates": {"type": "array", "items": text, "description": "What could have been meant."},
                        "zh": {"type": "string", "description": "What to mend, for people: the words of the code, or a sentence with figures."}
                    }
                }
            },
            "current": {"description": "Of `precondition_failed`: what is there now; null: nothing."},
            "version": {"type": "integer", "description": "Of `already_published`: the version that the draft is published as."},
            "outcome": {"type": "object", "description": "Of `task_closed`: how the task ended, as a step of an enrollment has it."},
            "reason": {"$ref": "#/components/schemas/UndoRefusal", "description": "Of `undo_refused`."}
        }
    })
}

/// How a refusal with this code looks.
pub(crate) fn example(code: Code) -> Value {
    let problem = Problem::new(code, code.title());
    let problem = match code {
        Code::Invalid => Problem::invalid(vec![
            FieldError::new("/stage", "unknown_stage", "board \"cars\" has no stage \"sold\"")
                .among(vec!["lead".into(), "order".into()]),
        ]),
        Code::PreconditionFailed => {
            problem.with("current", json!({"stage": "visit", "since": "2026-03-05T01:00:00Z", "rev": 7}))
        }
        Code::AlreadyPublished => problem.with("version", 3),
        Code::UndoRefused => problem.with("reason", "changed_since"),
        Code::TaskClosed => problem.with(
            "outcome",
            json!({"state": "sent", "reason": null, "note": null, "code": null,
            "evidence": "sdk_callback", "at": "2026-03-05T01:00:00Z"}),
        ),
        _ => problem,
    };
    serde_json::from_slice(&problem.document("5e8c0f5b1d2a4c3f9b7a6d5e4f3c2b1a")).unwrap_or_default()
}
