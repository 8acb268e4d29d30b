//! What is answered when all went well: JSON, with the revision as ETag where the thing has one.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

use crate::problem::{Code, Problem};

/// What handlers return.
pub(crate) type Outcome<T> = Result<Answer<T>, Problem>;

/// A view, its status, its revision.
#[derive(Debug)]
pub(crate) struct Answer<T> {
    status: StatusCode,
    revision: Option<u64>,
    location: Option<String>,
    view: T,
}

impl<T> Answer<T> {
    /// 200.
    pub(crate) fn new(view: T) -> Self {
        Self { status: StatusCode::OK, revision: None, location: None, view }
    }

    /// 201 if it was made, else 200.
    pub(crate) fn created(mut self, created: bool) -> Self {
        if created {
            self.status = StatusCode::CREATED;
        }
        self
    }

    /// 202: it is being done.
    pub(crate) fn accepted(mut self) -> Self {
        self.status = StatusCode::ACCEPTED;
        self
    }

    /// With the address of what was made.
    pub(crate) fn located(mut self, address: String) -> Self {
        self.location = Some(address);
        self
    }

    /// With the ETag that `If-Match` will name.
    pub(crate) fn revision(mut self, revision: u64) -> Self {
        self.revision = Some(revision);
        self
    }
}

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        let body = match serde_json::to_vec(&self.view) {
            Ok(body) => body,
            Err(error) => {
                return Problem::new(Code::Internal, "the answer could not be written")
                    .because(&error)
                    .into_response();
            }
        };
        let mut response = (self.status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(etag) = self.revision.and_then(|n| HeaderValue::from_str(&format!("\"{n}\"")).ok()) {
            headers.insert(header::ETAG, etag);
        }
        if let Some(address) = self.location.and_then(|address| HeaderValue::try_from(address).ok()) {
            headers.insert(header::LOCATION, address);
        }
        response
    }
}
