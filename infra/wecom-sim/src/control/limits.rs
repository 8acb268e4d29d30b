//! How often the app may call, and how often it did.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use serde_json::{Map, Value, json};

use super::input::Input;
use super::{Outcome, Problem};
use crate::api;
use crate::sim::Sim;
use crate::state::{Cap, Limits, Scene, Tally, World};
use crate::time::rfc3339;

const MOST_LATENCY_MS: u64 = 60_000;

/// `GET limits`: counts in WeCom's windows, the caps in force, and what is blocked until when.
pub(super) async fn read(State(sim): State<Sim>) -> Json<Value> {
    Json(sim.look(view))
}

/// `POST limits`: caps by subject or by API (`{"api":{"minute":100},"externalcontact/mark_tag":{"minute":3}}`;
/// a window left out has no cap), `concurrency` (a number, or null for none), `latency_ms`; `lift: true` ends
/// all blocks, `reset: true` also brings the real figures back, before the rest is set.
pub(super) async fn set(State(sim): State<Sim>, body: Bytes) -> Outcome {
    let input = Input::parse(&body)?;
    let reset = input.optional_flag("reset")?.unwrap_or(false);
    let lift = input.optional_flag("lift")?.unwrap_or(false);
    let mut caps: Vec<(String, Cap)> = Vec::new();
    let mut concurrency = None;
    let mut latency_ms = None;
    for (field, value) in input.fields() {
        match field.as_str() {
            "reset" | "lift" => {}
            "concurrency" if value.is_null() => concurrency = Some(None),
            "concurrency" => concurrency = Some(Some(whole(field, value)?)),
            "latency_ms" => latency_ms = Some(latency(field, value)?),
            subject if Limits::is_subject(subject) || api::is_known(subject) => {
                caps.push((subject.to_owned(), cap(subject, value)?));
            }
            other => return Err(Problem::invalid(other, format!("{other} is neither a limit nor an API"))),
        }
    }
    sim.carry_out(|world, scene| {
        let limits = &mut world.limits;
        if reset {
            limits.reset();
        }
        if lift {
            limits.lift();
        }
        for (subject, cap) in caps {
            limits.set(&subject, cap);
        }
        limits.concurrency = concurrency.unwrap_or(limits.concurrency);
        limits.latency_ms = latency_ms.unwrap_or(limits.latency_ms);
        Ok(view(world, scene))
    })
    .await
}

fn cap(subject: &str, value: &Value) -> Result<Cap, Problem> {
    let windows = value.as_object().ok_or_else(|| {
        Problem::invalid(subject, format!("{subject} is an object of minute, hour, day, month"))
    })?;
    let mut cap = Cap::default();
    for (name, value) in windows {
        let window = match name.as_str() {
            "minute" => &mut cap.minute,
            "hour" => &mut cap.hour,
            "day" => &mut cap.day,
            "month" => &mut cap.month,
            _ => return Err(Problem::invalid(subject, format!("{subject} has no window {name}"))),
        };
        if !value.is_null() {
            *window = Some(whole(subject, value)?);
        }
    }
    Ok(cap)
}

/// Real milliseconds that every call takes: the product waits for them.
fn latency(field: &str, value: &Value) -> Result<u64, Problem> {
    let ms = whole(field, value)?;
    if ms > MOST_LATENCY_MS {
        return Err(Problem::out_of_range(field, format!("{field} is at most {MOST_LATENCY_MS}")));
    }
    Ok(ms)
}

fn whole(field: &str, value: &Value) -> Result<u64, Problem> {
    value.as_u64().ok_or_else(|| Problem::invalid(field, format!("{field} is not a whole number")))
}

fn view(world: &World, scene: &Scene<'_>) -> Value {
    let (limits, now_ms) = (&world.limits, scene.now_ms);
    // Of the configured app, as is `most`: each app has its own.
    let sent = world.app_messages_today(scene.config.agent_id, now_ms);
    let readings = |tallies: &BTreeMap<String, Tally>| -> Map<String, Value> {
        tallies.iter().map(|(name, tally)| (name.clone(), json!(tally.read(now_ms)))).collect()
    };
    let blocked: Map<String, Value> = limits
        .blocks(now_ms)
        .into_iter()
        .map(|(what, until_ms)| (what.to_owned(), json!(rfc3339(until_ms))))
        .collect();
    json!({
        "apis": readings(&limits.apis),
        "app_messages": readings(&limits.members),
        "app_messages_dropped": world.outbox.dropped,
        "app_messages_today": {"sent": sent, "most": world.most_app_messages()},
        "mass_rule": world.mass.pace,
        "caps": limits.caps(),
        "blocked": blocked,
        "concurrency": limits.concurrency,
        "latency_ms": limits.latency_ms,
        "published": {
            "api": {"minute": 10_000, "hour": 150_000},
            "app_messages_to_one_member": {"minute": 30, "hour": 1000},
        },
    })
}
