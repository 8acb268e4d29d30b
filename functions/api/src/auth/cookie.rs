//! The two cookies: who is signed in, and who is about to be.

use axum::http::{HeaderMap, HeaderValue, header};

/// How cookies are set. Where the product is reached by `https`, they carry `Secure` and the prefix that ties them to
/// this very host.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cookies {
    secure: bool,
}

/// What is in a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Jar {
    /// The session.
    Session,
    /// A sign-in under way.
    SignIn,
}

impl Cookies {
    pub(crate) fn new(public_url: &str) -> Self {
        Self { secure: public_url.starts_with("https://") }
    }

    fn name(self, jar: Jar) -> &'static str {
        match (jar, self.secure) {
            (Jar::Session, true) => "__Host-stepwise",
            (Jar::Session, false) => "stepwise",
            (Jar::SignIn, true) => "__Host-stepwise-sign-in",
            (Jar::SignIn, false) => "stepwise-sign-in",
        }
    }

    /// The cookie's value, if the request has exactly one of that name.
    pub(crate) fn read(self, headers: &HeaderMap, jar: Jar) -> Option<String> {
        let name = self.name(jar);
        let all = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
        let pairs = all.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut found = pairs.filter(|(given, _)| *given == name).map(|(_, value)| value.to_owned());
        // Two of one name: somebody has slipped one in.
        found.next().filter(|_| found.next().is_none())
    }

    /// Sets the cookie for so many seconds; 0 takes it away. `value` holds visible ASCII without `;` and `,`.
    pub(crate) fn set(self, jar: Jar, value: &str, seconds: i64) -> Option<HeaderValue> {
        let secure = if self.secure { "; Secure" } else { "" };
        let name = self.name(jar);
        let line = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}");
        HeaderValue::from_str(&line).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_read_as_it_was_set() {
        for public_url in ["https://s.example", "http://127.0.0.1:8787"] {
            let cookies = Cookies::new(public_url);
            let set = cookies.set(Jar::Session, "a.b", 60).unwrap();
            let set = set.to_str().unwrap();
            assert!(set.contains("HttpOnly") && set.contains("SameSite=Lax") && set.contains("Path=/"));
            assert_eq!(set.contains("; Secure"), public_url.starts_with("https"));
            let pair = set.split(';').next().unwrap();
            let line = format!("other=1; {pair}; x=y");
            let headers = HeaderMap::from_iter([(header::COOKIE, line.parse().unwrap())]);
            assert_eq!(cookies.read(&headers, Jar::Session).as_deref(), Some("a.b"));
            assert_eq!(cookies.read(&headers, Jar::SignIn), None);
        }
    }

    #[test]
    fn a_cookie_that_comes_twice_counts_as_none() {
        let cookies = Cookies::new("http://x");
        let headers = HeaderMap::from_iter([(header::COOKIE, "stepwise=a; stepwise=b".parse().unwrap())]);
        assert_eq!(cookies.read(&headers, Jar::Session), None);
    }
}
