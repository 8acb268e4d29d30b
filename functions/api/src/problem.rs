//! Refusals: RFC 9457 problem documents, every one of them.
//!
//! ```json
//! {"type": "urn:stepwise:problem:invalid", "title": "The request is not valid", "status": 422, "code": "invalid",
//!  "detail": "board \"cars\" has no stage \"sold\"", "request_id": "…",
//!  "errors": [{"pointer": "/stage", "code": "unknown_stage", "message": "…", "candidates": ["lead", "order"]}]}
//! ```
//!
//! Some codes carry more: 412 `current`, `already_published` `version`, `task_closed` `outcome`, `undo_refused` `reason`. A [`Problem`] becomes a
//! response without a body; [`crate::frame`] knows the request's id, logs what has to be logged, and writes the body.

mod code;
mod described;
mod field;

pub(crate) use code::Code;
pub(crate) use described::{ProblemDocument, example, schema};
pub(crate) use field::{FIELD_CODES, FieldError};

use app::{Barred, Class, Error};
use axum::{
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Map, Value};

/// Somebody who is told to come back waits so long.
const RETRY_AFTER_SECONDS: i64 = 2;

/// A refusal.
#[derive(Clone, Debug)]
pub(crate) struct Problem(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    code: Code,
    detail: String,
    errors: Vec<FieldError>,
    more: Map<String, Value>,
    /// When it may be tried again.
    retry_after: Option<i64>,
    /// For the log, never for the body.
    cause: Option<String>,
}

impl Problem {
    /// A refusal with a sentence that says why.
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        let (errors, more) = (Vec::new(), Map::new());
        let retry_after = (code == Code::Unavailable).then_some(RETRY_AFTER_SECONDS);
        Self(Box::new(Inner { code, detail: detail.into(), errors, more, retry_after, cause: None }))
    }

    /// There is no `what`.
    pub(crate) fn not_found(what: impl std::fmt::Display) -> Self {
        Self::new(Code::NotFound, format!("there is no {what}"))
    }

    /// Fields are wrong.
    pub(crate) fn invalid(errors: Vec<FieldError>) -> Self {
        let detail = match errors.as_slice() {
            [only] => only.message.clone(),
            several => format!("{} fields are not valid", several.len()),
        };
        let mut problem = Self::new(Code::Invalid, detail);
        problem.0.errors = errors;
        problem
    }

    /// One field is wrong.
    pub(crate) fn field(pointer: impl Into<String>, code: &str, message: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError::new(pointer, code, message)])
    }

    /// Another member of the document.
    pub(crate) fn with(mut self, name: &str, value: impl Serialize) -> Self {
        let value = serde_json::to_value(value).unwrap_or(Value::Null);
        self.0.more.insert(name.to_owned(), value);
        self
    }

    /// To be tried again after so many seconds.
    pub(crate) fn retry_after(mut self, seconds: i64) -> Self {
        self.0.retry_after = Some(seconds);
        self
    }

    /// What went wrong inside: logged, not shown.
    pub(crate) fn because(mut self, cause: &dyn std::error::Error) -> Self {
        self.0.cause = Some(chain(cause));
        self
    }

    pub(crate) fn code(&self) -> Code {
        self.0.code
    }

    pub(crate) fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// The document.
    pub(crate) fn document(&self, request_id: &str) -> Vec<u8> {
        let code = self.0.code.name();
        let document = Document {
            kind: format!("urn:stepwise:problem:{code}"),
            title: self.0.code.title(),
            status: self.0.code.status().as_u16(),
            detail: &self.0.detail,
            code,
            request_id,
            errors: &self.0.errors,
            more: &self.0.more,
        };
        serde_json::to_vec(&document).unwrap_or_default()
    }
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: &'a str,
    code: &'static str,
    request_id: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldError],
    #[serde(flatten)]
    more: &'a Map<String, Value>,
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.0.code.status().into_response();
        if self.0.code == Code::Unauthorized {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = self.0.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match (error.class(), error) {
            (_, Error::Invalid(problems)) => {
                Self::invalid(problems.into_iter().map(FieldError::from).collect())
            }
            (_, Error::NotFound(what)) => Self::not_found(what),
            (_, error @ Error::NotEditable(_)) => Self::new(Code::NotEditable, error.to_string()),
            (_, Error::Conflict(why)) => Self::new(Code::Conflict, why),
            (_, Error::Barred(barred @ Barred::AlreadyPublished { version })) => {
                Self::new(code_of(barred), barred.to_string()).with("version", version)
            }
            (_, Error::Barred(barred)) => Self::new(code_of(barred), barred.to_string()),
            (Class::Client, Error::WeCom(refused)) => {
                let code = refused.code().map_or_else(String::new, |code| format!(" with code {code}"));
                let detail = format!("WeCom refused {}{code}", refused.api());
                Self::new(Code::WecomRefused, detail).because(&refused)
            }
            (Class::Retry, error) => {
                Self::new(Code::Unavailable, "busy just now; the same request may be sent again")
                    .because(&error)
            }
            (Class::Client | Class::Bug, error) => {
                let detail = "this is not your fault; the request id leads to the cause in the log";
                Self::new(Code::Internal, detail).because(&error)
            }
        }
    }
}

const fn code_of(barred: Barred) -> Code {
    match barred {
        Barred::InUse => Code::InUse,
        Barred::Exists => Code::Exists,
        Barred::Archived => Code::ContentArchived,
        Barred::Published => Code::ContentPublished,
        Barred::AlreadyPublished { .. } => Code::AlreadyPublished,
    }
}

impl From<store::Error> for Problem {
    fn from(error: store::Error) -> Self {
        Error::from(error).into()
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(problem: &Problem) -> Value {
        serde_json::from_slice(&problem.document("r1")).unwrap()
    }

    #[test]
    fn an_invalid_document_names_each_field() {
        let problems = vec![
            domain::playbook::Problem::new("/steps/1/id", "duplicate_step", "used twice"),
            domain::playbook::Problem::new("/name", "bad_length", "a name has 1 to 60 characters"),
        ];
        let shown = shown(&Error::Invalid(problems).into());
        assert_eq!(shown["status"], 422);
        assert_eq!(shown["type"], "urn:stepwise:problem:invalid");
        assert_eq!(shown["request_id"], "r1");
        assert_eq!(shown["errors"][0]["pointer"], "/steps/1/id");
        assert_eq!(shown["errors"][1]["code"], "bad_length");
    }

    #[test]
    fn a_bug_shows_nothing_of_the_inside() {
        let error = Error::Playbook { record: "Rule x".into(), reason: "secret inside".into() };
        let problem = Problem::from(error);
        assert!(problem.cause().unwrap().contains("secret inside"));
        let shown = shown(&problem);
        assert_eq!((shown["status"].as_u64(), shown["code"].as_str()), (Some(500), Some("internal")));
        assert!(!shown.to_string().contains("inside\""), "{shown}");
    }

    #[test]
    fn each_class_has_its_status() {
        for (error, status) in [
            (Error::NotFound("x".into()), 404),
            (Error::Conflict("x".into()), 409),
            (Error::Crowded { tries: 8 }, 503),
            (Error::Store(store::Error::LostRace("x")), 503),
            (Error::Store(store::Error::Refused { operation: "x", reason: "y".into() }), 500),
        ] {
            let response = Problem::from(error).into_response();
            assert_eq!(response.status().as_u16(), status);
            assert_eq!(response.headers().contains_key(header::RETRY_AFTER), status == 503);
        }
    }
}
