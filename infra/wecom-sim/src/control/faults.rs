//! Injected trouble, as it is ordered.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::input::Input;
use super::{Outcome, Problem};
use crate::fault::{Fault, Mischief, Target, Trouble};
use crate::sim::Sim;

/// The longest that a callback may be held back: a year.
const MOST_SECONDS: i64 = 31_536_000;
/// How long a delayed callback is late, and a reordered one waits to be overtaken, unless said.
const DELAY_SECONDS: i64 = 30;
const OVERTAKE_SECONDS: i64 = 10;

/// `POST faults`. Without `times` and `rate` the trouble stays until `DELETE faults`.
pub(super) async fn put(State(sim): State<Sim>, body: Bytes) -> Outcome {
    let input = Input::parse(&body)?;
    let (target, counted) = target(&input)?;
    let times = match input.optional_integer("times")? {
        None => counted,
        Some(times) => Some(positive("times", times)?),
    };
    let rate = input.optional_number("rate")?;
    if rate.is_some_and(|rate| !(0.0..=1.0).contains(&rate)) {
        return Err(Problem::invalid("rate", "rate is between 0 and 1"));
    }
    sim.carry_out(|world, _| {
        let fault = Fault { id: world.draws.count("fault_id"), target, left: times, rate, strikes: 0 };
        let answer = json!(fault);
        world.faults.put(fault);
        Ok(answer)
    })
    .await
}

/// `GET faults`: the trouble still in force.
pub(super) async fn list(State(sim): State<Sim>) -> Json<Value> {
    Json(sim.look(|world, _| json!({"items": world.faults.active()})))
}

/// `DELETE faults`
pub(super) async fn clear(State(sim): State<Sim>) -> Outcome {
    sim.carry_out(|world, _| Ok(json!({"removed": world.faults.clear()}))).await
}

/// `DELETE faults/{id}`: one of them.
pub(super) async fn remove(State(sim): State<Sim>, Path(id): Path<String>) -> Outcome {
    sim.carry_out(|world, _| {
        let is_removed = id.parse().is_ok_and(|id| world.faults.remove(id));
        is_removed
            .then(|| json!({"removed": 1}))
            .ok_or_else(|| Problem::missing("id", format!("no fault {id} is in force")))
    })
    .await
}

/// What is hit, and how often where the kind itself says so (`"drop_callbacks": 2`).
fn target(input: &Input) -> Result<(Target, Option<u64>), Problem> {
    let mut found: Vec<(Target, Option<u64>)> = Vec::new();
    let api = input.optional_text("api")?.unwrap_or("*");
    let mut add_trouble = |trouble| {
        let api = api.to_owned();
        found.push((Target::Api { api, trouble }, None));
    };
    if let Some(code) = input.optional_integer("errcode")? {
        add_trouble(Trouble::Errcode(code));
    }
    if let Some(code) = input.optional_integer("errcode_after")? {
        add_trouble(Trouble::ErrcodeAfter(code));
    }
    if let Some(status) = input.optional_integer("http_status")? {
        let status = u16::try_from(status)
            .ok()
            .filter(|status| (200..=598).contains(status))
            .ok_or_else(|| Problem::invalid("http_status", "http_status is between 200 and 598"))?;
        add_trouble(Trouble::HttpStatus(status));
    }
    for (field, trouble) in [
        ("timeout_before", Trouble::TimeoutBefore),
        ("timeout_after", Trouble::TimeoutAfter),
        ("garbage", Trouble::Garbage),
    ] {
        if input.optional_flag(field)?.unwrap_or(false) {
            add_trouble(trouble);
        }
    }

    let change = input.optional_text("change")?.map(str::to_owned);
    let seconds = input.optional_integer("seconds")?;
    if seconds.is_some_and(|seconds| !(0..=MOST_SECONDS).contains(&seconds)) {
        return Err(Problem::out_of_range("seconds", "seconds is 0 to 31536000, a year"));
    }
    let mischief = |name: &str| match name {
        "drop" => Some(Mischief::Drop),
        "duplicate" => Some(Mischief::Duplicate),
        "delay" => Some(Mischief::Delay { seconds: seconds.unwrap_or(DELAY_SECONDS) }),
        "reorder" => Some(Mischief::Reorder { seconds: seconds.unwrap_or(OVERTAKE_SECONDS) }),
        _ => None,
    };
    if let Some(name) = input.optional_text("callbacks")? {
        let mischief = mischief(name)
            .ok_or_else(|| Problem::invalid("callbacks", "callbacks is drop, duplicate, delay or reorder"))?;
        let change = change.clone();
        found.push((Target::Callbacks { change, mischief }, None));
    }
    for name in ["drop", "duplicate", "delay", "reorder"] {
        let field = format!("{name}_callbacks");
        let counted = match input.get(&field) {
            None | Some(Value::Bool(false)) => continue,
            Some(Value::Bool(true)) => None,
            Some(value) => {
                let times = value.as_i64().ok_or_else(|| {
                    Problem::invalid(&field, format!("{field} is true or a number of times"))
                })?;
                Some(positive(&field, times)?)
            }
        };
        if let Some(mischief) = mischief(name) {
            let change = change.clone();
            found.push((Target::Callbacks { change, mischief }, counted));
        }
    }
    match (found.pop(), found.is_empty()) {
        (Some(target), true) => Ok(target),
        _ => Err(Problem::invalid(
            "errcode",
            "give exactly one of errcode, errcode_after, timeout_before, timeout_after, http_status, garbage, \
             callbacks, drop_callbacks, duplicate_callbacks, delay_callbacks, reorder_callbacks",
        )),
    }
}

fn positive(field: &str, number: i64) -> Result<u64, Problem> {
    u64::try_from(number)
        .ok()
        .filter(|number| *number > 0)
        .ok_or_else(|| Problem::invalid(field, format!("{field} is not a positive number")))
}
