//! What stands before every endpoint: crowds, banned addresses, tokens, trusted addresses, limits, and
//! what an app may call at all.

use axum::http::{HeaderMap, Method};

use super::{Access, Call, Endpoint, Refusal};
use crate::config::Config;
use crate::state::{Kind, World};

/// Where a call pretends to come from.
const FROM_IP: &str = "x-sim-from-ip";
const HERE: &str = "127.0.0.1";
/// APIs that the contacts-sync secret may call.
const FOR_CONTACTS_SYNC: [&str; 6] = [
    "user/list_id",
    "user/simplelist",
    "department/simplelist",
    "department/get",
    "getcallbackip",
    "get_api_domain_ip",
];
/// Those that it may no longer call.
const NO_LONGER_FOR_CONTACTS_SYNC: [&str; 2] = ["user/get", "department/list"];

/// The caller's address: what the header says, or this machine.
pub(super) fn from_ip(headers: &HeaderMap) -> String {
    let told = headers.get(FROM_IP).and_then(|value| value.to_str().ok());
    told.map(str::trim).filter(|ip| !ip.is_empty()).unwrap_or(HERE).to_owned()
}

/// Whose token it is; the configured app while nobody knows better.
pub(super) fn agent_id(world: &World, token: Option<&String>, now_ms: i64, config: &Config) -> u64 {
    let known = token.and_then(|token| world.apps.by_token(token, now_ms, config).ok());
    known.unwrap_or(config.agent_id)
}

pub(super) fn check(
    world: &mut World,
    endpoint: &Endpoint,
    method: &Method,
    call: &Call<'_>,
) -> Result<(), Refusal> {
    if call.is_crowded {
        return Err(Refusal::new(45033, "api concurrent out of limit"));
    }
    if world.limits.is_blocked("wrong_secrets", &call.from_ip, call.now_ms) {
        return Err(Refusal::too_often());
    }
    if call.query("debug") == Some("1") {
        world.limits.pass("debug", "", call.now_ms).map_err(|_| Refusal::too_often())?;
    }
    if endpoint.access == Access::Token {
        check_token(world, call)?;
    }
    if endpoint.method != method {
        return Err(Refusal::new(40058, format!("invalid Request Parameter, {} required", endpoint.method)));
    }
    if is_metered(world, endpoint.path) {
        world.limits.pass("api", endpoint.path, call.now_ms).map_err(|_| Refusal::too_often())?;
    }
    if endpoint.access == Access::Token { check_permission(world, endpoint.path, call) } else { Ok(()) }
}

/// Whether calls count in the base rate.
fn is_metered(world: &World, path: &str) -> bool {
    match path {
        // the recipients are limited instead
        "message/send" => world.limits.is_changed(path),
        // counts its bad codes by itself
        "auth/getuserinfo" => false,
        _ => true,
    }
}

/// The token is good, and comes from where the app's calls may come from.
fn check_token(world: &World, call: &Call<'_>) -> Result<(), Refusal> {
    let token = call.query("access_token").ok_or_else(|| Refusal::new(41001, "access_token missing"))?;
    world.apps.by_token(token, call.now_ms, call.config).map_err(|code| match code {
        42001 => Refusal::new(code, "access_token expired"),
        _ => Refusal::new(code, "invalid access_token"),
    })?;
    let trusted = call.app(world).trusted_ips.as_ref();
    if trusted.is_some_and(|trusted| !trusted.contains(&call.from_ip)) {
        return Err(Refusal::new(60020, "not allow to access from your ip"));
    }
    Ok(())
}

fn check_permission(world: &World, path: &str, call: &Call<'_>) -> Result<(), Refusal> {
    let app = call.app(world);
    let forbidden = || Refusal::new(48002, "api forbidden");
    match app.kind {
        Kind::SelfBuilt if path == "user/list_id" => Err(forbidden()),
        Kind::SelfBuilt if path.starts_with("externalcontact/") && !app.callable => Err(forbidden()),
        Kind::SelfBuilt => Ok(()),
        Kind::ContactsSync if FOR_CONTACTS_SYNC.contains(&path) => Ok(()),
        Kind::ContactsSync if NO_LONGER_FOR_CONTACTS_SYNC.contains(&path) => {
            Err(Refusal::new(48009, "api forbidden for contacts sync"))
        }
        Kind::ContactsSync => Err(forbidden()),
    }
}
