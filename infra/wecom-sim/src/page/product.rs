//! The product through the page's eyes.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::Value;

use crate::control::Problem;
use crate::sim::Sim;

#[derive(Deserialize)]
pub(super) struct Wanted {
    path: String,
}

/// The product's REST API for the page: everything may be read, a task may be skipped or marked as done by hand, nothing
/// else. So the page needs no token.
pub(super) async fn product(
    State(sim): State<Sim>,
    method: Method,
    Query(Wanted { path }): Query<Wanted>,
    body: Bytes,
) -> Result<Response, Problem> {
    let route = path.split('?').next().unwrap_or_default();
    let method = if method == Method::POST { "POST" } else { "GET" };
    let is_plain = route.starts_with("/api/v1/") && !route.contains("..");
    let body: Option<Value> = if body.is_empty() {
        None
    } else {
        let parsed = serde_json::from_slice(&body)
            .map_err(|error| Problem::invalid("body", format!("the body is not JSON: {error}")))?;
        Some(parsed)
    };
    if !is_plain || (method == "POST" && !may_post(route, body.as_ref())) {
        let detail = "the page reads /api/v1/…, skips tasks and marks them as done (evidence staff_marked)";
        return Err(Problem::new(403, "not for the page", detail));
    }
    let hooks = sim.hooks().ok_or_else(|| Problem::new(503, "no product", "no product is attached"))?;
    let (status, answer) = hooks
        .product(method, &path, body)
        .await
        .map_err(|error| Problem::new(502, "product unreachable", error))?;
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    Ok((status, Json(answer)).into_response())
}

/// What a click on a task may say. That a message went out is for `send` alone to report: it saw it go.
fn may_post(route: &str, body: Option<&Value>) -> bool {
    let by_hand = || body.is_some_and(|body| body["evidence"] == "staff_marked");
    route.starts_with("/api/v1/tasks/")
        && (route.ends_with("/skip") || (route.ends_with("/sent") && by_hand()))
}
