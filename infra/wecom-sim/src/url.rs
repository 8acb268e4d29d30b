//! Addresses: where people may be sent back to, and how values stand in them.

use std::net::IpAddr;

use axum::http::Uri;

use crate::state::App;

/// Whether people may be sent to this address: plain http(s), and a host (with its port) that the app has
/// registered; an app that has registered none trusts this machine.
pub(crate) fn is_trusted(app: &App, redirect_uri: &str) -> bool {
    let is_plain = redirect_uri.bytes().all(|byte| byte.is_ascii_graphic() && !b"\\\"<>".contains(&byte));
    let uri = redirect_uri.split('#').next().unwrap_or_default().parse::<Uri>();
    let Some(uri) = uri.ok().filter(|_| is_plain) else {
        return false;
    };
    let (Some("http" | "https"), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return false;
    };
    if authority.as_str().contains('@') {
        return false;
    }
    match &app.trusted_domains {
        Some(domains) => domains.contains(&authority.as_str().to_ascii_lowercase()),
        None => is_loopback(authority.host()),
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// The address with the code, before its fragment.
pub(crate) fn return_to(redirect_uri: &str, code: &str, state: &str) -> String {
    let (address, fragment) = match redirect_uri.split_once('#') {
        Some((address, fragment)) => (address, format!("#{fragment}")),
        None => (redirect_uri, String::new()),
    };
    let separator = if address.contains('?') { '&' } else { '?' };
    format!("{address}{separator}code={code}&state={}{fragment}", escape(state))
}

/// Percent-encodes what may not stand in a path segment or query value.
pub(crate) fn escape(text: &str) -> String {
    text.bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
