//! Access tokens.

use axum::http::Method;
use serde_json::{Value, json};

use super::{Access, Call, Endpoint, Refusal, Run};
use crate::state::{TOKEN_SECONDS, World};

pub(super) const ENDPOINTS: &[Endpoint] =
    &[Endpoint { path: "gettoken", method: Method::GET, access: Access::Open, run: Run::Json(gettoken) }];

/// Answers from anywhere: only the calls that follow are bound to addresses. Too many wrong secrets ban
/// the address.
fn gettoken(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let corp = call.query("corpid").ok_or_else(|| Refusal::new(41002, "corpid missing"))?;
    let secret = call.query("corpsecret").ok_or_else(|| Refusal::new(41004, "corpsecret missing"))?;
    if corp != call.config.corp_id {
        return Err(Refusal::new(40013, "invalid corpid"));
    }
    let Some(agent_id) = world.apps.by_secret(secret, call.config) else {
        let counted = world.limits.pass("wrong_secrets", &call.from_ip, call.now_ms);
        return Err(
            counted.map_or_else(|_| Refusal::too_often(), |()| Refusal::new(40001, "invalid credential"))
        );
    };
    let draws = &mut world.draws;
    let app = world.apps.get_mut(agent_id, call.config);
    let token = app.map(|app| app.tokens.obtain(call.now_ms, draws));
    Ok(json!({"access_token": token, "expires_in": TOKEN_SECONDS}))
}
