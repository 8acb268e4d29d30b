//! Saving the callback address in the admin console: WeCom verifies it first.

use axum::Json;
use axum::extract::State;
use serde_json::json;

use super::{Outcome, Problem};
use crate::sim::Sim;
use crate::state::{Scene, World};
use crate::time::seconds;
use crate::url::escape;

/// How long WeCom waits for the echo.
const LIMIT_MS: u64 = 1000;

/// `POST callback/verify`: the GET with `echostr`, and whether the answer would let the console save.
pub(super) async fn verify(State(sim): State<Sim>) -> Outcome {
    let (url, echo) = sim.act(question)?;
    let fetched = sim.inner.outbound.get(&url).await;
    let fetched = fetched.map_err(|reason| Problem::new(502, "callback address unreachable", reason))?;
    let body_equal = fetched.body == echo.as_bytes();
    let in_time = fetched.took_ms <= LIMIT_MS;
    Ok(Json(json!({
        "ok": fetched.status == 200 && body_equal && in_time,
        "status": fetched.status,
        "body_equal": body_equal,
        "in_time": in_time,
        "took_ms": fetched.took_ms,
        "limit_ms": LIMIT_MS,
    })))
}

/// The signed address, and the text that has to come back from it as it is.
fn question(world: &mut World, scene: &Scene<'_>) -> Result<(String, String), Problem> {
    let config = scene.config;
    if config.callback_url.is_empty() {
        return Err(Problem::new(409, "not possible now", "the app has no callback address"));
    }
    let mut stream = world.draws.draw("echo");
    let echo = stream.digits(19);
    let sealed = scene.sealer.seal(stream.bytes16(), echo.as_bytes());
    let (timestamp, nonce) = (seconds(scene.now_ms).to_string(), stream.digits(10));
    let signature = scene.sealer.sign(&timestamp, &nonce, &sealed);
    let separator = if config.callback_url.contains('?') { '&' } else { '?' };
    let url = format!(
        "{}{separator}msg_signature={signature}&timestamp={timestamp}&nonce={nonce}&echostr={}",
        config.callback_url,
        escape(&sealed)
    );
    Ok((url, echo))
}
