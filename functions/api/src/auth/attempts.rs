//! Guessing is slow: failed attempts fill a bucket for the address they come from, one for tokens and one for sign-ins;
//! beginnings of sessions fill one for the account. The buckets are the store's, so that they hold for all instances.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    extract::ConnectInfo,
    http::{HeaderMap, request::Parts},
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

/// Where requests come from: what API Gateway or the socket says. What a header says counts only if a proxy that we
/// trust wrote it.
#[derive(Clone, Debug)]
pub(crate) struct Addresses {
    trusted: Arc<[IpAddr]>,
}

impl Addresses {
    /// `trusted`: proxies that add to `X-Forwarded-For` whom they speak for.
    pub(crate) fn new(trusted: Vec<IpAddr>) -> Self {
        Self { trusted: trusted.into() }
    }

    /// Of this request.
    pub(crate) fn of(&self, parts: &Parts) -> Option<IpAddr> {
        if let Some(ConnectInfo(socket)) = parts.extensions.get::<ConnectInfo<SocketAddr>>() {
            return Some(self.behind(socket.ip().to_canonical(), &parts.headers));
        }
        match parts.extensions.request_context_ref() {
            Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.as_deref()?.parse().ok(),
            _ => None,
        }
    }

    /// The nearest who is no proxy of ours: each of them has added to the end of the list.
    fn behind(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let lines = headers.get_all("x-forwarded-for").into_iter().filter_map(|line| line.to_str().ok());
        let mut hops: Vec<&str> = lines.flat_map(|line| line.split(',')).map(str::trim).collect();
        let mut nearest = peer;
        while self.trusted.contains(&nearest) {
            let Some(before) = hops.pop().and_then(|hop| hop.parse::<IpAddr>().ok()) else { break };
            nearest = before.to_canonical();
        }
        nearest
    }

    /// Whose an address is: of IPv6 only what one subscriber has counts.
    pub(crate) fn subscriber(address: Option<IpAddr>) -> String {
        match address {
            None => "unknown".to_owned(),
            Some(IpAddr::V4(v4)) => v4.to_string(),
            Some(IpAddr::V6(v6)) => format!("{:x?}", &v6.octets()[..8]),
        }
    }
}

/// What was tried. One kind does not keep honest people from the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    /// A bearer token that is none.
    Token,
    /// A code that WeCom does not know, a person who is not there.
    SignIn,
}

fn bucket_of(attempt: Attempt, address: Option<IpAddr>) -> String {
    let place = Addresses::subscriber(address);
    match attempt {
        Attempt::Token => hashed("token", &place),
        Attempt::SignIn => hashed("from", &place),
    }
}

fn hashed(kind: &str, what: &str) -> String {
    let hash = Sha256::digest(format!("stepwise attempts\0{kind}\0{what}"));
    format!("sign-in-{kind}-{}", hex::encode(&hash[..10]))
}

impl Api {
    /// Turns away addresses from which too many sign-ins have failed, before anything is asked of WeCom.
    pub(super) async fn check_attempts(&self, parts: &Parts) -> Result<(), Problem> {
        let bucket = bucket_of(Attempt::SignIn, self.addresses.of(parts));
        match self.app.store.look_at_permits(&bucket, FAILURES, self.app.clock.now()).await? {
            Permits::Granted => Ok(()),
            Permits::Wait(until) => Err(self.too_many(until)),
        }
    }

    /// What a failed attempt is answered: `refusal`, or to stop. A store in trouble makes no difference to the refusal.
    pub(super) async fn failed_attempt(&self, attempt: Attempt, parts: &Parts, refusal: Problem) -> Problem {
        let bucket = bucket_of(attempt, self.addresses.of(parts));
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

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn one_subscriber_is_one_bucket() {
        let of = |text: &str| bucket_of(Attempt::SignIn, Some(ip(text)));
        assert_eq!(of("2001:db8:1:2::1"), of("2001:db8:1:2:ffff::9"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_ne!(of("10.0.0.1"), of("10.0.0.2"));
        assert_ne!(of("10.0.0.1"), bucket_of(Attempt::Token, Some(ip("10.0.0.1"))));
        assert!(!of("10.0.0.1").contains("10.0.0.1"), "addresses are not kept");
    }

    #[test]
    fn only_a_trusted_proxy_says_for_whom_it_speaks() {
        let addresses = Addresses::new(vec![ip("127.0.0.1"), ip("10.0.0.9")]);
        let of = |peer: &str, forwarded: &str| {
            let headers =
                HeaderMap::from_iter([("x-forwarded-for".parse().unwrap(), forwarded.parse().unwrap())]);
            addresses.behind(ip(peer), &headers).to_string()
        };
        assert_eq!(of("203.0.113.5", "198.51.100.1"), "203.0.113.5", "a stranger's word");
        assert_eq!(of("127.0.0.1", "198.51.100.1"), "198.51.100.1");
        assert_eq!(
            of("127.0.0.1", "6.6.6.6, 198.51.100.1"),
            "198.51.100.1",
            "what the stranger wrote comes first"
        );
        assert_eq!(of("127.0.0.1", "198.51.100.1, 10.0.0.9"), "198.51.100.1", "two of ours");
        assert_eq!(of("127.0.0.1", "nonsense"), "127.0.0.1");
    }
}
