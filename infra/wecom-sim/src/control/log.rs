//! What the simulator saw: the calls that came in, and the news that went out.

use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Outcome, Problem, views};
use crate::fault::names_api;
use crate::sim::Sim;
use crate::state::{CallRecord, Parcel, Posted, Scene};
use crate::time::rfc3339;

/// Which part of a log is wanted. What is left out does not matter.
#[derive(Deserialize)]
pub(super) struct Wanted {
    api: Option<String>,
    what: Option<String>,
    fate: Option<String>,
    /// `true`: only what went wrong.
    errors: Option<String>,
    /// `true`: without query and body.
    brief: Option<String>,
    /// The latest so many.
    limit: Option<String>,
}

impl Wanted {
    fn limit(&self) -> Result<usize, Problem> {
        match text(self.limit.as_ref()) {
            None => Ok(usize::MAX),
            Some(limit) => {
                limit.parse().map_err(|_| Problem::invalid("limit", "limit is not a whole number"))
            }
        }
    }
}

/// An empty parameter counts as left out.
fn text(parameter: Option<&String>) -> Option<&str> {
    parameter.map(String::as_str).filter(|text| !text.is_empty())
}

fn is_true(parameter: Option<&String>) -> bool {
    text(parameter) == Some("true")
}

/// `GET calls`: the API calls received, oldest first, in all or of one `api`; the latest `limit`; only
/// `errors`; `brief`.
pub(super) async fn calls(State(sim): State<Sim>, Query(wanted): Query<Wanted>) -> Outcome {
    let limit = wanted.limit()?;
    let api = text(wanted.api.as_ref());
    let (errors, brief) = (is_true(wanted.errors.as_ref()), is_true(wanted.brief.as_ref()));
    Ok(Json(sim.look(|world, _| {
        let fits = |call: &&CallRecord| {
            api.is_none_or(|name| names_api(name, &call.api)) && (!errors || went_wrong(call))
        };
        let view = |call: &CallRecord| if brief { brief_call(call) } else { call_view(call) };
        let latest = world.calls.kept().rev().filter(fits).take(limit).map(view);
        json!({"items": oldest_first(latest), "forgotten": world.calls.forgotten()})
    })))
}

/// `GET calls/{n}`: one call. Of a large body only the beginning was kept.
pub(super) async fn call(State(sim): State<Sim>, Path(n): Path<String>) -> Outcome {
    sim.look(|world, _| {
        let call = n.parse().ok().and_then(|n| world.calls.get(n));
        call.map(|call| Json(call_view(call)))
            .ok_or_else(|| Problem::missing("n", format!("no call {n} is remembered")))
    })
}

fn went_wrong(call: &CallRecord) -> bool {
    call.errcode != Some(0) || call.fault.is_some()
}

fn brief_call(call: &CallRecord) -> Value {
    json!({
        "n": call.n,
        "at": rfc3339(call.at_ms),
        "at_ms": call.at_ms,
        "method": call.method,
        "api": call.api,
        "status": call.status,
        "errcode": call.errcode,
        "fault": call.fault,
    })
}

fn call_view(call: &CallRecord) -> Value {
    let mut view = brief_call(call);
    view["query"] = json!(call.query);
    view["body"] = call.body.clone();
    view
}

/// `GET deliveries`: callbacks and ingestion, with their attempts, oldest first; in all or of one `what`
/// or `fate`; the latest `limit`.
pub(super) async fn deliveries(State(sim): State<Sim>, Query(wanted): Query<Wanted>) -> Outcome {
    let limit = wanted.limit()?;
    let (what, fate) = (text(wanted.what.as_ref()), text(wanted.fate.as_ref()));
    Ok(Json(sim.look(|world, _| {
        let fits = |posted: &&Posted| {
            what.is_none_or(|what| posted.label == what)
                && fate.is_none_or(|fate| json!(posted.fate).as_str() == Some(fate))
        };
        let latest = world.queue.record().rev().filter(fits).take(limit).map(views::delivery);
        json!({"items": oldest_first(latest), "pending": world.queue.pending_count()})
    })))
}

/// `GET deliveries/{n}`: one delivery, with what was posted.
pub(super) async fn delivery(State(sim): State<Sim>, Path(n): Path<String>) -> Outcome {
    sim.look(|world, scene| {
        let posted = n.parse().ok().and_then(|n| world.queue.posted(n));
        posted
            .map(|posted| Json(delivery_in_full(posted, scene)))
            .ok_or_else(|| Problem::missing("n", format!("no delivery {n} is remembered")))
    })
}

/// `raw` is what goes over the wire, `plain` what it says; both null once they are forgotten.
fn delivery_in_full(posted: &Posted, scene: &Scene<'_>) -> Value {
    let mut view = views::delivery(posted);
    let parcel = posted.parcel.as_ref();
    view["raw"] = json!(parcel.map(Parcel::body));
    view["plain"] = json!(parcel.map(|parcel| match parcel {
        Parcel::Callback { encrypted, .. } => opened(scene, encrypted),
        Parcel::Ingest { body } => body.clone(),
    }));
    view
}

fn opened(scene: &Scene<'_>, encrypted: &str) -> String {
    match scene.sealer.open(encrypted) {
        Ok(message) => String::from_utf8_lossy(&message).into_owned(),
        // a snapshot may be older than the present key
        Err(reason) => format!("({reason})"),
    }
}

fn oldest_first(latest: impl Iterator<Item = Value>) -> Vec<Value> {
    let mut items: Vec<Value> = latest.collect();
    items.reverse();
    items
}
