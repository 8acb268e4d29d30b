//! `/sim/`: a page to play both sides with, and the product beside them, read-only. Embedded, no build
//! step, nothing from elsewhere.

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::control::{Problem, views};
use crate::sim::Sim;
use crate::time::rfc3339;

const INDEX: &str = include_str!("../page/index.html");
/// Name, content type, text.
const ASSETS: &[(&str, &str, &str)] = &[
    ("style.css", "text/css", include_str!("../page/style.css")),
    ("app.js", "text/javascript", include_str!("../page/app.js")),
    ("dom.js", "text/javascript", include_str!("../page/dom.js")),
    ("phone.js", "text/javascript", include_str!("../page/phone.js")),
    ("desk.js", "text/javascript", include_str!("../page/desk.js")),
    ("product.js", "text/javascript", include_str!("../page/product.js")),
];
/// What the page shows of a large world.
const SHOWN_CUSTOMERS: usize = 500;
const SHOWN_MESSAGES: usize = 200;
const SHOWN_APP_MESSAGES: usize = 50;

pub(crate) fn routes() -> Router<Sim> {
    Router::new()
        .route("/sim", get(|| async { Redirect::permanent("/sim/") }))
        .route("/sim/", get(index))
        .route("/sim/assets/{name}", get(asset))
        .route("/sim/state", get(state))
        .route("/sim/product", get(product).post(product))
}

async fn index() -> Response {
    text("text/html", INDEX)
}

async fn asset(Path(name): Path<String>) -> Response {
    ASSETS
        .iter()
        .find(|(known, ..)| *known == name)
        .map_or_else(|| StatusCode::NOT_FOUND.into_response(), |(_, kind, body)| text(kind, body))
}

fn text(kind: &str, body: &'static str) -> Response {
    (
        [
            (header::CONTENT_TYPE, format!("{kind}; charset=utf-8")),
            // a new build must not meet yesterday's script
            (header::CACHE_CONTROL, "no-cache".to_owned()),
        ],
        body,
    )
        .into_response()
}

/// Everything the page needs of the simulated side, in one answer.
async fn state(State(sim): State<Sim>) -> Json<Value> {
    let manual = sim.clock_is_manual().await;
    let connected = sim.hooks().is_some();
    Json(sim.look(|world, scene| {
        let staff: Vec<Value> = world
            .staff
            .values()
            .map(|staff| {
                let mut inbox: Vec<Value> = views::app_messages_of(world, &staff.userid)
                    .rev()
                    .take(SHOWN_APP_MESSAGES)
                    .map(views::app_message_view)
                    .collect();
                inbox.reverse();
                let mut view = views::staff_view(staff);
                view["inbox"] = json!(inbox);
                view
            })
            .collect();
        let customers: Vec<Value> = world
            .customers
            .keys()
            .take(SHOWN_CUSTOMERS)
            .filter_map(|id| {
                let mut view = views::contact_view(world, id).ok()?;
                let mut messages: Vec<Value> =
                    views::chat_of(world, id).rev().take(SHOWN_MESSAGES).map(views::chat_view).collect();
                messages.reverse();
                view["messages"] = json!(messages);
                Some(view)
            })
            .collect();
        json!({
            "now": rfc3339(scene.now_ms),
            "now_ms": scene.now_ms,
            "manual": manual,
            "connected": connected,
            "corp_id": scene.config.corp_id,
            "staff": staff,
            "customers": customers,
            "customers_total": world.customers.len(),
            "tags": views::tag_groups(world),
            "faults": world.faults.active(),
            "pending": world.queue.pending_count(),
        })
    }))
}

#[derive(Deserialize)]
struct Wanted {
    path: String,
}

/// The product's REST API for the page: everything may be read, a task may be skipped or marked as done by hand, nothing
/// else. So the page needs no token.
async fn product(
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
