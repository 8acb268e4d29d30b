//! What the simulator saw.

use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::views;
use crate::fault::names_api;
use crate::sim::Sim;
use crate::state::CallRecord;
use crate::time::rfc3339;

#[derive(Deserialize)]
pub(super) struct Wanted {
    api: Option<String>,
}

/// `GET calls?api=`: the API calls received, oldest first.
pub(super) async fn calls(State(sim): State<Sim>, Query(wanted): Query<Wanted>) -> Json<Value> {
    let name = wanted.api.as_deref().filter(|name| !name.is_empty());
    Json(sim.look(|world, _| {
        let items: Vec<Value> = world
            .calls
            .kept()
            .filter(|call| name.is_none_or(|name| names_api(name, &call.api)))
            .map(call_view)
            .collect();
        json!({"items": items, "forgotten": world.calls.forgotten()})
    }))
}

fn call_view(call: &CallRecord) -> Value {
    json!({
        "n": call.n,
        "at": rfc3339(call.at_ms),
        "at_ms": call.at_ms,
        "method": call.method,
        "api": call.api,
        "query": call.query,
        "body": call.body,
        "status": call.status,
        "errcode": call.errcode,
        "fault": call.fault,
    })
}

/// `GET deliveries`: callbacks and ingestion, with their attempts.
pub(super) async fn deliveries(State(sim): State<Sim>) -> Json<Value> {
    Json(sim.look(|world, _| {
        let items: Vec<Value> = world.queue.record().map(views::delivery).collect();
        json!({"items": items, "pending": world.queue.pending_count()})
    }))
}
