use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// A control call that was refused: what is wrong, and with which field.
#[derive(Debug)]
pub(crate) struct Problem {
    status: u16,
    title: &'static str,
    detail: String,
    field: Option<String>,
}

impl Problem {
    pub(crate) fn new(status: u16, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, title, detail: detail.into(), field: None }
    }

    /// 400: the body cannot be read so.
    pub(crate) fn invalid(field: &str, detail: impl Into<String>) -> Self {
        Self::new(400, "invalid", detail).at(field)
    }

    /// 404: what the field names does not exist.
    pub(crate) fn missing(field: &str, detail: impl Into<String>) -> Self {
        Self::new(404, "not found", detail).at(field)
    }

    /// 409: people cannot do that as things stand.
    pub(crate) fn conflict(field: &str, detail: impl Into<String>) -> Self {
        Self::new(409, "not possible now", detail).at(field)
    }

    /// 422: readable, and further than anybody may go.
    pub(crate) fn out_of_range(field: &str, detail: impl Into<String>) -> Self {
        Self::new(422, "out of range", detail).at(field)
    }

    fn at(mut self, field: &str) -> Self {
        self.field = Some(field.to_owned());
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut body = json!({
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        });
        if let Some(field) = self.field {
            body["field"] = json!(field);
        }
        (status, [(header::CONTENT_TYPE, "application/problem+json")], Json(body).0.to_string())
            .into_response()
    }
}
