//! Access tokens.

use axum::http::Method;
use serde_json::{Value, json};

use super::{Access, Call, Endpoint, Refusal};
use crate::state::{TOKEN_SECONDS, World};

pub(super) const ENDPOINTS: &[Endpoint] =
    &[Endpoint { path: "gettoken", method: Method::GET, access: Access::Open, run: gettoken }];

fn gettoken(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let corp = call.query("corpid").ok_or_else(|| Refusal::new(41002, "corpid missing"))?;
    let secret = call.query("corpsecret").ok_or_else(|| Refusal::new(41004, "corpsecret missing"))?;
    if corp != call.config.corp_id {
        return Err(Refusal::new(40013, "invalid corpid"));
    }
    if secret != call.config.secret {
        return Err(Refusal::new(40001, "invalid credential"));
    }
    let token = world.tokens.obtain(call.now_ms, &mut world.draws);
    Ok(json!({"access_token": token, "expires_in": TOKEN_SECONDS}))
}
