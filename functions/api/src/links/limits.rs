//! What the door asks of WeCom is limited by how it went: codes that are none cost a call each, of the same API as signing
//! in, and anybody can make some up. Good codes cost nothing, and nobody is kept from where a link leads.

use axum::http::request::Parts;
use sha2::{Digest as _, Sha256};
use store::{Bucket, Permits};

use crate::{Api, auth::Addresses};

/// 30 bad codes from one address at once, then one in ten seconds.
const OF_ONE: Bucket = Bucket { cost_ms: 10_000, depth_ms: 300_000 };
/// 300 from everywhere at once, then one a second.
const OF_ALL: Bucket = Bucket { cost_ms: 1_000, depth_ms: 300_000 };
const ALL: &str = "link-codes";

/// The bucket of one address.
fn of_one(api: &Api, parts: &Parts) -> String {
    let subscriber = Addresses::subscriber(api.addresses.of(parts));
    let hash = Sha256::digest(format!("stepwise links\0{subscriber}"));
    format!("link-codes-{}", hex::encode(&hash[..10]))
}

/// May WeCom be asked who came back?
pub(super) async fn may_ask(api: &Api, parts: &Parts) -> Result<bool, store::Error> {
    let (now, store) = (api.app.clock.now(), &api.app.store);
    Ok(store.look_at_permits(ALL, OF_ALL, now).await? == Permits::Granted
        && store.look_at_permits(&of_one(api, parts), OF_ONE, now).await? == Permits::Granted)
}

/// WeCom did not know the code.
pub(super) async fn bad_code(api: &Api, parts: &Parts) {
    let now = api.app.clock.now();
    for (bucket, limit) in [(of_one(api, parts).as_str(), OF_ONE), (ALL, OF_ALL)] {
        if let Err(error) = api.app.store.take_permits(bucket, limit, now).await {
            tracing::warn!(%error, "a bad code of a link was not counted");
        }
    }
}
