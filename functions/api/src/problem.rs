//! Refusals: RFC 9457 problem documents, every one of them.
//!
//! ```json
//! {"type": "urn:stepwise:problem:invalid", "title": "The request is not valid", "status": 422, "code": "invalid",
//!  "detail": "board \"cars\" has no stage \"sold\"", "request_id": "…",
//!  "errors": [{"pointer": "/stage", "code": "unknown_stage", "message": "…", "candidates": ["lead", "order"]}]}
//! ```
//!
//! Some codes carry more: 412 `current`, `task_closed` `outcome`, `undo_refused` `reason`. A [`Problem`] becomes a
//! response without a body; [`crate::frame`] knows the request's id, logs what has to be logged, and writes the body.

use app::{Class, Error};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use serde_json::{Map, Value};

/// Somebody who is told to come back waits so long.
const RETRY_AFTER_SECONDS: &str = "2";

/// The stable codes; each is explained in `docs/API.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    BadRequest,
    MalformedJson,
    JsonTooDeep,
    BadCursor,
    BadHeader,
    Unauthorized,
    BadSignature,
    NotYours,
    NotFound,
    MethodNotAllowed,
    Conflict,
    Exists,
    TaskClosed,
    UndoRefused,
    PreconditionFailed,
    BodyTooLarge,
    UnsupportedMediaType,
    Invalid,
    IdempotencyMismatch,
    WecomRefused,
    PreconditionRequired,
    Internal,
    Unavailable,
}

impl Code {
    const fn parts(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::BadRequest => {
                (StatusCode::BAD_REQUEST, "bad_request", "The request could not be understood")
            }
            Self::MalformedJson => {
                (StatusCode::BAD_REQUEST, "malformed_json", "The body is not the JSON asked for")
            }
            Self::JsonTooDeep => (StatusCode::BAD_REQUEST, "json_too_deep", "The body is nested too deeply"),
            Self::BadCursor => (StatusCode::BAD_REQUEST, "bad_cursor", "The cursor is not one of this list"),
            Self::BadHeader => (StatusCode::BAD_REQUEST, "bad_header", "A header could not be understood"),
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "unauthorized", "A valid token is needed"),
            Self::BadSignature => (StatusCode::UNAUTHORIZED, "bad_signature", "The signature is not valid"),
            Self::NotYours => (StatusCode::FORBIDDEN, "not_yours", "This belongs to another staff member"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found", "There is no such thing"),
            Self::MethodNotAllowed => (
                StatusCode::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "The address does not take this method",
            ),
            Self::Conflict => (StatusCode::CONFLICT, "conflict", "Something else changed it meanwhile"),
            Self::Exists => (StatusCode::CONFLICT, "exists", "It exists already"),
            Self::TaskClosed => (StatusCode::CONFLICT, "task_closed", "The task is not open any more"),
            Self::UndoRefused => (StatusCode::CONFLICT, "undo_refused", "It cannot be taken back"),
            Self::PreconditionFailed => {
                (StatusCode::PRECONDITION_FAILED, "precondition_failed", "It was changed meanwhile")
            }
            Self::BodyTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "The body is too large"),
            Self::UnsupportedMediaType => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "The body has to be JSON")
            }
            Self::Invalid => (StatusCode::UNPROCESSABLE_ENTITY, "invalid", "The request is not valid"),
            Self::IdempotencyMismatch => (
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_mismatch",
                "The Idempotency-Key belongs to another request",
            ),
            Self::WecomRefused => (StatusCode::UNPROCESSABLE_ENTITY, "wecom_refused", "WeCom refused it"),
            Self::PreconditionRequired => {
                (StatusCode::PRECONDITION_REQUIRED, "precondition_required", "If-Match is needed")
            }
            Self::Internal => (StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something is broken"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", "Try again in a moment"),
        }
    }

    /// The code for a status that a layer below answered without a word.
    pub(crate) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::UNAUTHORIZED => Self::Unauthorized,
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::PAYLOAD_TOO_LARGE => Self::BodyTooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMediaType,
            StatusCode::UNPROCESSABLE_ENTITY => Self::Invalid,
            other if other.is_server_error() => Self::Internal,
            _ => Self::BadRequest,
        }
    }
}

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct FieldError {
    /// JSON pointer into the body, or `/name` of a query parameter.
    pub(crate) pointer: String,
    /// Stable.
    pub(crate) code: String,
    /// A sentence.
    pub(crate) message: String,
    /// What could have been meant.
    pub(crate) candidates: Vec<String>,
}

impl FieldError {
    /// Something wrong at `pointer`.
    pub(crate) fn new(pointer: impl Into<String>, code: &str, message: impl Into<String>) -> Self {
        let (pointer, message) = (pointer.into(), message.into());
        Self { pointer, code: code.to_owned(), message, candidates: Vec::new() }
    }

    /// With what could have been meant.
    pub(crate) fn among(mut self, candidates: Vec<String>) -> Self {
        self.candidates = candidates;
        self
    }
}

impl From<domain::playbook::Problem> for FieldError {
    fn from(problem: domain::playbook::Problem) -> Self {
        let domain::playbook::Problem { pointer, code, message, candidates } = problem;
        Self { pointer, code, message, candidates }
    }
}

/// A refusal.
#[derive(Clone, Debug)]
pub(crate) struct Problem(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    code: Code,
    detail: String,
    errors: Vec<FieldError>,
    more: Map<String, Value>,
    /// For the log, never for the body.
    cause: Option<String>,
}

impl Problem {
    /// A refusal with a sentence that says why.
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        let (errors, more) = (Vec::new(), Map::new());
        Self(Box::new(Inner { code, detail: detail.into(), errors, more, cause: None }))
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
        let (status, code, title) = self.0.code.parts();
        let document = Document {
            kind: format!("urn:stepwise:problem:{code}"),
            title,
            status: status.as_u16(),
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
        let (status, ..) = self.0.code.parts();
        let mut response = status.into_response();
        match self.0.code {
            Code::Unauthorized => {
                response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Code::Unavailable => {
                let wait = HeaderValue::from_static(RETRY_AFTER_SECONDS);
                response.headers_mut().insert(header::RETRY_AFTER, wait);
            }
            _ => {}
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
            (_, Error::Conflict(why)) => Self::new(Code::Conflict, why),
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
