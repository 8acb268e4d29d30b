//! The platform takes the access token back early.

use axum::body::Bytes;
use axum::extract::State;
use serde_json::json;

use super::apps::agent_id;
use super::input::Input;
use super::{Outcome, Problem};
use crate::sim::Sim;

/// `POST tokens/expire`: `errcode` 42001 (the default) or 40014; the configured app's, or `agentid`'s.
pub(super) async fn expire(State(sim): State<Sim>, body: Bytes) -> Outcome {
    let input = if body.is_empty() { Input::default() } else { Input::parse(&body)? };
    let code = input.optional_integer("errcode")?.unwrap_or(42001);
    if ![40014, 42001].contains(&code) {
        return Err(Problem::invalid("errcode", "errcode is 40014 or 42001"));
    }
    sim.carry_out(|world, scene| {
        let agent_id = agent_id(&input, scene.config)?;
        let app = world.apps.get_mut(agent_id, scene.config);
        Ok(json!({"expired": app.is_some_and(|app| app.tokens.revoke(code))}))
    })
    .await
}
