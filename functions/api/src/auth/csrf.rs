//! What a browser does behind its user's back is not the user's wish: a changing request under a session brings the
//! session's own CSRF token, and does not come from elsewhere.

use axum::http::{HeaderMap, HeaderName, header, request::Parts};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::problem::{Code, Problem};

/// Carries the token.
pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-csrf-token");

/// The CSRF token that belongs to a session's secret. It is told to the page, and says nothing about the secret.
pub(super) fn token(secret: &str) -> String {
    hex::encode(&Sha256::digest(format!("stepwise csrf\0{secret}"))[..16])
}

/// Is this the wish of whoever is signed in?
pub(super) fn check(parts: &Parts, expected: &str, public_url: &str) -> Result<(), Problem> {
    if parts.method.is_safe() {
        return Ok(());
    }
    if is_foreign(&parts.headers, public_url) {
        return Err(Problem::new(Code::Csrf, "the request comes from a page of another site"));
    }
    let given = parts.headers.get(HEADER).map_or(&[][..], |value| value.as_bytes());
    if bool::from(given.ct_eq(expected.as_bytes())) {
        return Ok(());
    }
    let detail = "send X-CSRF-Token as GET /api/v1/session gives it; it changes with every sign-in";
    Err(Problem::new(Code::Csrf, detail))
}

/// Does the browser say that another site's page sent it?
pub(super) fn is_foreign(headers: &HeaderMap, public_url: &str) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if text("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none")) {
        return true;
    }
    let Some(origin) = text(header::ORIGIN.as_str()) else { return false };
    let host = |url: &str| url.split_once("://").map(|(_, rest)| rest.trim_end_matches('/').to_owned());
    let from = host(origin);
    let own = [host(public_url), text(header::HOST.as_str()).map(str::to_owned)];
    from.is_none() || !own.contains(&from)
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn asks(method: &str, headers: &[(&str, &str)]) -> Result<(), Problem> {
        let mut request = Request::builder().method(method).uri("/x").header("host", "s.example");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        check(&request.body(()).unwrap().into_parts().0, &token("secret"), "https://s.example")
    }

    #[test]
    fn a_change_needs_the_token_of_its_session_and_our_own_page() {
        let good = token("secret");
        let good = ("x-csrf-token", good.as_str());
        assert!(asks("GET", &[]).is_ok());
        assert!(asks("POST", &[good]).is_ok());
        assert!(asks("POST", &[good, ("origin", "https://s.example")]).is_ok());
        assert!(asks("POST", &[good, ("sec-fetch-site", "same-origin")]).is_ok());
        let stale = token("another session");
        for bad in [
            &[][..],
            &[("x-csrf-token", "")],
            &[("x-csrf-token", stale.as_str())],
            &[good, ("origin", "https://evil.example")],
            &[good, ("origin", "null")],
            &[good, ("sec-fetch-site", "cross-site")],
            &[good, ("sec-fetch-site", "same-site")],
        ] {
            assert_eq!(asks("POST", bad).unwrap_err().code(), Code::Csrf, "{bad:?}");
        }
    }
}
