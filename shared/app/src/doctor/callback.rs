//! The callback address: asked as WeCom asks when the address is saved, with an echo of our own; and whether WeCom has
//! called it.

mod wording;

use std::{net::IpAddr, time::Duration};

use bytes::Bytes;
use wecom::{Transport as _, TransportError};

use super::Case;
use crate::App;

pub(super) use wording::{callback_url, callback_use};

/// WeCom waits no longer for the echo.
const LIMIT_MS: i64 = 1000;
/// We do, to tell slow from silent.
const PATIENCE: Duration = Duration::from_secs(5);

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Echo {
    /// The echo; after how many milliseconds, and if that was too long, after how many when asked again.
    Right { ms: i64, again: Option<i64> },
    /// The echo with something around it: quotes, a line end.
    Decorated,
    /// Something else, or nothing, with a status of success.
    Other,
    /// Another HTTP status.
    Status(u16),
    /// No connection.
    Unreachable(String),
    /// No answer in time.
    Silent(String),
}

/// Whether WeCom could reach the host at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// A name or address of the internet, as far as one can see.
    Public,
    /// Of this machine or its own network, while WeCom is on the internet.
    Private,
    /// The same, and WeCom's API is there as well: a simulator.
    Together,
}

impl App {
    /// Asks the callback address.
    pub(super) async fn try_callback(&self, case: &Case) -> Echo {
        match self.ask_echo(case).await {
            Echo::Right { ms, .. } if ms > LIMIT_MS => match self.ask_echo(case).await {
                // A function that had to be started answers faster the second time.
                Echo::Right { ms: again, .. } => Echo::Right { ms, again: Some(again) },
                other => other,
            },
            echo => echo,
        }
    }

    async fn ask_echo(&self, case: &Case) -> Echo {
        let echo = self.digits();
        let began = self.clock.now();
        let sealed = case.callback.seal(began.secs(), &self.digits(), self.entropy.bytes16(), &echo);
        let escaped = sealed.encrypt.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        let address = format!(
            "{}?msg_signature={}&timestamp={}&nonce={}&echostr={escaped}",
            case.callback_url, sealed.msg_signature, sealed.timestamp, sealed.nonce
        );
        let Ok(request) = http::Request::get(address).body(Bytes::new()) else {
            return Echo::Unreachable("is no address".into());
        };
        match case.net.call(request, PATIENCE).await {
            Ok(answer) if answer.status() == 200 => {
                let ms = self.clock.now().ms() - began.ms();
                read(answer.body(), &echo, ms)
            }
            Ok(answer) => Echo::Status(answer.status().as_u16()),
            Err(TransportError::NotSent(reason)) => Echo::Unreachable(reason),
            Err(held @ TransportError::Held { .. }) => Echo::Unreachable(held.to_string()),
            Err(TransportError::Ambiguous(reason)) => Echo::Silent(reason),
        }
    }

    /// Decimal digits that nobody can guess, as WeCom's echoes and nonces are.
    fn digits(&self) -> String {
        u128::from_be_bytes(self.entropy.bytes16()).to_string()
    }
}

fn read(body: &[u8], echo: &str, ms: i64) -> Echo {
    if body == echo.as_bytes() {
        Echo::Right { ms, again: None }
    } else if String::from_utf8_lossy(body).contains(echo) {
        Echo::Decorated
    } else {
        Echo::Other
    }
}

/// Whether WeCom, as the API's address tells where it is, could reach this address.
pub(super) fn reach(address: &str, api_base: &str) -> Reach {
    match (is_private(address), is_private(api_base)) {
        (false, _) => Reach::Public,
        (true, false) => Reach::Private,
        (true, true) => Reach::Together,
    }
}

/// Names and addresses that mean something only on this machine or in its own network.
fn is_private(address: &str) -> bool {
    let uri: Option<http::Uri> = address.parse().ok();
    let host = uri.as_ref().and_then(http::Uri::host).unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
    match host.parse() {
        Ok(IpAddr::V4(ip)) => {
            ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_unspecified()
        }
        Ok(IpAddr::V6(ip)) => {
            ip.is_loopback() || ip.is_unspecified() || ip.is_unique_local() || ip.is_unicast_link_local()
        }
        Err(_) => {
            let ends = [".local", ".localhost", ".internal", ".lan"];
            host == "localhost" || ends.iter().any(|end| host.ends_with(end))
        }
    }
}

#[cfg(test)]
mod tests;
