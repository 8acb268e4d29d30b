//! What is around every request: its id, its span, and the one place that writes problem documents.

use axum::{
    body::Body,
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::Response,
};
use lambda_http::RequestExt as _;
use tracing::Instrument as _;

use crate::{
    Api,
    problem::{Code, Problem},
};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The request's id, for whoever notes what it did.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(pub(crate) String);

/// Marks a refusal that has a body of its own, for people.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AsItIs;

/// Gives the request an id, and turns whatever was refused into a problem document that carries it.
pub(crate) async fn frame(State(api): State<Api>, mut request: Request, next: Next) -> Response {
    // Lambda's own id leads to the same lines in its log.
    let id = request
        .lambda_context_ref()
        .map_or_else(|| hex::encode(api.app.entropy.bytes16()), |context| context.request_id.clone());
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    request.extensions_mut().insert(RequestId(id.clone()));
    let span = tracing::info_span!(
        "request", function = "api", request_id = %id, %method, route = route.as_deref().unwrap_or("-")
    );
    async {
        let mut response = next.run(request).await;
        if let Some(problem) = problem_of(&response) {
            log(&problem);
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
            headers.remove(header::CONTENT_LENGTH);
            *response.body_mut() = Body::from(problem.document(&id));
        }
        let headers = response.headers_mut();
        // Answers hold personal data: nobody on the way keeps them, unless the answer itself says so.
        headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        if let Ok(id) = HeaderValue::from_str(&id) {
            headers.insert(REQUEST_ID, id);
        }
        tracing::debug!(status = response.status().as_u16(), "answered");
        response
    }
    .instrument(span)
    .await
}

/// What the response refuses, if it refuses; also where a layer below did so without a document.
fn problem_of(response: &Response) -> Option<Problem> {
    let status = response.status();
    let refuses = status.is_client_error() || status.is_server_error();
    if !refuses || response.extensions().get::<AsItIs>().is_some() {
        return None;
    }
    let given = response.extensions().get::<Problem>().cloned();
    Some(given.unwrap_or_else(|| {
        let detail = match status {
            StatusCode::METHOD_NOT_ALLOWED => "the Allow header names the methods of this address".to_owned(),
            other => other.canonical_reason().unwrap_or("refused").to_lowercase(),
        };
        Problem::new(Code::of_status(status), detail)
    }))
}

fn log(problem: &Problem) {
    let Some(cause) = problem.cause() else { return };
    match problem.code() {
        Code::Internal => tracing::error!(cause, "a request failed"),
        _ => tracing::warn!(cause, "a request was turned away"),
    }
}

/// No such address.
pub(crate) async fn unknown() -> Problem {
    Problem::not_found("such address")
}
