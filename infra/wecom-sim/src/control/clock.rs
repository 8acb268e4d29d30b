//! The manual clock.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use serde_json::{Value, json};

use super::input::Input;
use super::{Outcome, Problem};
use crate::sim::{Sim, lock};
use crate::time::{LAST_MS, parse_rfc3339, rfc3339};

/// `GET clock`
pub(super) async fn read(State(sim): State<Sim>) -> Json<Value> {
    Json(view(&sim).await)
}

/// `POST clock/advance`: `{"seconds"}` from now, `{"to"}` an instant (RFC 3339 or Unix seconds), or `{"next": true}` to when
/// next something happens; at most the end of the year 9999: later ones have no RFC 3339 form.
pub(super) async fn advance(State(sim): State<Sim>, body: Bytes) -> Outcome {
    let input = Input::parse(&body)?;
    let hooks = sim.hooks().ok_or_else(|| Problem::new(503, "no runner", "nobody lends a clock to move"))?;
    let now_ms = sim.now_ms();
    let to_ms = if input.optional_flag("next")?.unwrap_or(false) {
        next_event(&sim)
            .await
            .ok_or_else(|| Problem::conflict("next", "nothing is going to happen"))?
            .max(now_ms)
    } else {
        target(&input, now_ms)?
    };
    if to_ms < now_ms {
        return Err(Problem::invalid(
            "to",
            format!("the clock is at {} and does not go back", rfc3339(now_ms)),
        ));
    }
    hooks.advance(to_ms).await.map_err(not_moved)?;
    sim.settle().await?;
    Ok(Json(view(&sim).await))
}

/// A clock that cannot be moved, or a product that did not come to rest on the way.
fn not_moved(reason: String) -> Problem {
    let status = if is_real(&reason) { 409 } else { 504 };
    Problem::new(status, "clock not moved", reason)
}

fn is_real(reason: &str) -> bool {
    reason.contains("real")
}

fn target(input: &Input, now_ms: i64) -> Result<i64, Problem> {
    let (field, to_ms) = match (input.optional_number("seconds")?, input.get("to")) {
        (Some(seconds), None) if seconds >= 0.0 => {
            // the cast ends at the greatest integer
            ("seconds", now_ms.saturating_add((seconds * 1000.0) as i64))
        }
        (Some(_), None) => return Err(Problem::invalid("seconds", "seconds is negative")),
        (None, Some(to)) => ("to", instant(to)?),
        _ => return Err(Problem::invalid("seconds", "give either seconds or to")),
    };
    if to_ms > LAST_MS {
        let detail = format!("the clock goes no further than {}", rfc3339(LAST_MS));
        return Err(Problem::out_of_range(field, detail));
    }
    Ok(to_ms)
}

fn instant(to: &Value) -> Result<i64, Problem> {
    if let Value::String(text) = to {
        return parse_rfc3339(text).ok_or_else(|| Problem::invalid("to", "to is not an RFC 3339 time"));
    }
    match to.as_i64() {
        Some(seconds) => Ok(seconds.saturating_mul(1000)),
        None if to.as_f64().is_some_and(|seconds| seconds > LAST_MS as f64) => Ok(i64::MAX),
        None => Err(Problem::invalid("to", "to is neither RFC 3339 nor Unix seconds")),
    }
}

async fn view(sim: &Sim) -> Value {
    let manual = sim.clock_is_manual().await;
    let next = next_event(sim).await.map(rfc3339);
    let now_ms = sim.now_ms();
    json!({"now": rfc3339(now_ms), "now_ms": now_ms, "manual": manual, "next": next})
}

/// When (ms) next something happens here or in the product.
async fn next_event(sim: &Sim) -> Option<i64> {
    let products = match sim.hooks() {
        Some(hooks) => hooks.next_event_at().await,
        None => None,
    };
    sim.next_event_at().into_iter().chain(products).min()
}

impl Sim {
    /// Whether the clock can be moved: asked once, by moving it to where it stands.
    pub(crate) async fn clock_is_manual(&self) -> bool {
        let known = *lock(&self.inner.clock_is_manual);
        if let Some(known) = known {
            return known;
        }
        let Some(hooks) = self.hooks() else {
            return false;
        };
        let is_manual = match hooks.advance(self.now_ms()).await {
            Ok(()) => true,
            // any other complaint comes from a clock that can be moved
            Err(reason) => !is_real(&reason),
        };
        *lock(&self.inner.clock_is_manual) = Some(is_manual);
        is_manual
    }
}
