//! The platform's own addresses.

use serde_json::{Value, json};

use super::{Call, Endpoint, Refusal};
use crate::state::World;

pub(super) const ENDPOINTS: &[Endpoint] =
    &[Endpoint::get("getcallbackip", callback_ips), Endpoint::get("get_api_domain_ip", api_ips)];

/// Where callbacks come from. The simulator's come from this machine; a range ends in a star.
fn callback_ips(_: &mut World, _: &Call<'_>) -> Result<Value, Refusal> {
    Ok(json!({"ip_list": ["127.0.0.1", "101.226.103.*", "101.226.62.*"]}))
}

/// Where API calls go to.
fn api_ips(_: &mut World, _: &Call<'_>) -> Result<Value, Refusal> {
    Ok(json!({"ip_list": ["127.0.0.1", "182.254.11.176", "182.254.78.66"]}))
}
