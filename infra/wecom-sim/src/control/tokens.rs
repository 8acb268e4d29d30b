//! The platform takes the access token back early.

use axum::body::Bytes;
use axum::extract::State;
use serde_json::json;

use super::input::Input;
use super::{Outcome, Problem};
use crate::sim::Sim;

/// `POST tokens/expire`: `errcode` 42001 (the default) or 40014.
pub(super) async fn expire(State(sim): State<Sim>, body: Bytes) -> Outcome {
    let code = if body.is_empty() {
        42001
    } else {
        let input = Input::parse(&body)?;
        input.optional_integer("errcode")?.unwrap_or(42001)
    };
    if ![40014, 42001].contains(&code) {
        return Err(Problem::invalid("errcode", "errcode is 40014 or 42001"));
    }
    sim.carry_out(|world, _| Ok(json!({"expired": world.tokens.revoke(code)}))).await
}
