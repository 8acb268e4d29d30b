//! Guessing is slow: failed attempts fill a bucket for the address they come from, beginnings of sessions one for the
//! account. The buckets are the store's, so that they hold for all instances.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::ConnectInfo,
    http::{Extensions, request::Parts},
};
use domain::StaffId;
use lambda_http::{RequestExt as _, request::RequestContext};
use sha2::{Digest as _, Sha256};
use store::{Bucket, Permits};

use crate::{
    Api,
    problem::{Code, Problem},
};

/// 30 failures at once, then one in ten seconds.
const FAILURES: Bucket = Bucket { cost_ms: 10_000, depth_ms: 300_000 };
/// 20 sessions at once, then one in a minute.
const BEGINNINGS: Bucket = Bucket { cost_ms: 60_000, depth_ms: 1_200_000 };

/// Where a request comes from: what API Gateway or the socket says, never what a header claims.
pub(super) fn address(extensions: &Extensions) -> Option<IpAddr> {
    if let Some(ConnectInfo(socket)) = extensions.get::<ConnectInfo<SocketAddr>>() {
        return Some(socket.ip());
    }
    match extensions.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.as_deref()?.parse().ok(),
        _ => None,
    }
}

/// Of an IPv6 address only what one subscriber has counts.
fn bucket_of(address: Option<IpAddr>) -> String {
    let place = match address {
        None => "unknown".to_owned(),
        Some(IpAddr::V4(v4)) => v4.to_string(),
        Some(IpAddr::V6(v6)) => format!("{:x?}", &v6.octets()[..8]),
    };
    hashed("from", &place)
}

fn hashed(kind: &str, what: &str) -> String {
    let hash = Sha256::digest(format!("stepwise attempts\0{kind}\0{what}"));
    format!("sign-in-{kind}-{}", hex::encode(&hash[..10]))
}

impl Api {
    /// Turns away addresses from which too much has failed, before anything is asked of WeCom.
    pub(super) async fn check_attempts(&self, parts: &Parts) -> Result<(), Problem> {
        let bucket = bucket_of(address(&parts.extensions));
        match self.app.store.look_at_permits(&bucket, FAILURES, self.app.clock.now()).await? {
            Permits::Granted => Ok(()),
            Permits::Wait(until) => Err(self.too_many(until)),
        }
    }

    /// What a failed attempt is answered: `refusal`, or to stop. A store in trouble makes no difference to the refusal.
    pub(super) async fn failed_attempt(&self, extensions: &Extensions, refusal: Problem) -> Problem {
        let bucket = bucket_of(address(extensions));
        match self.app.store.take_permits(&bucket, FAILURES, self.app.clock.now()).await {
            Ok(Permits::Wait(until)) => self.too_many(until),
            Ok(Permits::Granted) => refusal,
            Err(error) => {
                tracing::warn!(%error, "a failed attempt was not counted");
                refusal
            }
        }
    }

    /// Nobody begins sessions by the hundred.
    pub(super) async fn check_beginnings(&self, userid: &StaffId) -> Result<(), Problem> {
        let bucket = hashed("as", userid.as_str());
        match self.app.store.take_permits(&bucket, BEGINNINGS, self.app.clock.now()).await? {
            Permits::Granted => Ok(()),
            Permits::Wait(until) => Err(self.too_many(until)),
        }
    }

    fn too_many(&self, until: domain::Timestamp) -> Problem {
        let seconds = (until.ms() - self.app.clock.now().ms()).max(0) / 1000 + 1;
        let detail = format!("too many attempts failed; try again in {seconds} seconds");
        Problem::new(Code::TooManyAttempts, detail).retry_after(seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_subscriber_is_one_bucket() {
        let of = |text: &str| bucket_of(Some(text.parse().unwrap()));
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_ne!(of("10.0.0.1"), of("10.0.0.2"));
        assert!(!of("10.0.0.1").contains("10.0.0.1"), "addresses are not kept");
    }
}
