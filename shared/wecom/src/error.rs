//! What can go wrong with a call, sorted by what the caller can do next.

use std::fmt;
use std::net::IpAddr;

/// A failed call. No variant contains a token, a secret, message text or the platform's own error
/// text.
///
/// [`is_ambiguous`](Self::is_ambiguous) comes first: such a call may have had its effect and is
/// looked up, not repeated. After that, [`class`](Self::class) says how to react. `api` is the path
/// below `/cgi-bin/`, as in `externalcontact/mark_tag`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The request breaks a documented limit and was not sent: mend the field.
    #[error("{api}: {field}: {problem}")]
    Invalid {
        /// The call.
        api: &'static str,
        /// The field's path in the request, as in `attachments[2].link.title`.
        field: String,
        /// What is wrong with it, without its value: `4012 bytes, at most 4000`.
        problem: String,
    },
    /// The platform understood the call and refused it: react by class.
    #[error("{api}: errcode {code} ({class}), hint {}", hint.as_deref().unwrap_or("none"))]
    Refused {
        /// The call.
        api: &'static str,
        /// `errcode`, never 0.
        code: i64,
        /// How to react.
        class: Class,
        /// What the platform's support asks for, as in `1700000000_12_0123abcd`.
        hint: Option<String>,
        /// Of 60020 only: the address that the platform saw, which somebody has to enter as a trusted one.
        from_ip: Option<IpAddr>,
    },
    /// Something on the way answered with an HTTP status that means that the call was not
    /// processed: usually a wrong address or a proxy.
    #[error("{api}: turned away with HTTP status {status}")]
    TurnedAway {
        /// The call.
        api: &'static str,
        /// The HTTP status, 3xx or 4xx.
        status: u16,
    },
    /// The request certainly did not arrive: call again.
    #[error("{api}: not sent: {reason}")]
    NotSent {
        /// The call.
        api: &'static str,
        /// What the transport says.
        reason: String,
    },
    /// It was held back on our side and did not leave, so that a frequency limit is kept: call again then.
    #[error("{api}: held back to keep a frequency limit")]
    Held {
        /// The call.
        api: &'static str,
        /// Not before, in milliseconds since 1970 UTC.
        until_ms: i64,
    },
    /// A call that only reads brought no usable answer: call again.
    #[error("{api}: no usable answer: {reason}")]
    NoAnswer {
        /// The call.
        api: &'static str,
        /// What is missing.
        reason: String,
    },
    /// A call with an effect was sent and its outcome is not known: find out before calling again.
    #[error("{api}: sent, but the outcome is unknown: {reason}")]
    Ambiguous {
        /// The call.
        api: &'static str,
        /// What is missing.
        reason: String,
    },
}

/// How to react to a failed call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Passes by itself within seconds: back off, at most three tries.
    Transient,
    /// The access token (or ticket) is no longer good: get a new one, then call again once.
    Token,
    /// A frequency limit: the block lasts as long as the window that was exceeded (minute, hour,
    /// rest of the day or month).
    RateLimit,
    /// What we believe about members, customers, tags or media is out of date: fetch it again, then
    /// decide.
    State,
    /// The same call will fail again: somebody has to change something.
    Never,
}

impl Error {
    /// The call that failed.
    pub fn api(&self) -> &'static str {
        match self {
            Error::Invalid { api, .. }
            | Error::Refused { api, .. }
            | Error::TurnedAway { api, .. }
            | Error::NotSent { api, .. }
            | Error::Held { api, .. }
            | Error::NoAnswer { api, .. }
            | Error::Ambiguous { api, .. } => api,
        }
    }

    /// How to react. An [`Ambiguous`](Self::Ambiguous) call is [`Class::Transient`] only after it
    /// was looked up.
    pub fn class(&self) -> Class {
        match self {
            Error::Invalid { .. } => Class::Never,
            Error::Refused { class, .. } => *class,
            Error::TurnedAway { status: 429, .. } | Error::Held { .. } => Class::RateLimit,
            Error::TurnedAway { .. } => Class::Never,
            Error::NotSent { .. } | Error::NoAnswer { .. } | Error::Ambiguous { .. } => Class::Transient,
        }
    }

    /// The platform's `errcode`, if it gave one.
    pub fn code(&self) -> Option<i64> {
        match self {
            Error::Refused { code, .. } => Some(*code),
            Error::Invalid { .. }
            | Error::TurnedAway { .. }
            | Error::NotSent { .. }
            | Error::Held { .. }
            | Error::NoAnswer { .. }
            | Error::Ambiguous { .. } => None,
        }
    }

    /// What the platform's support asks for when shown a refusal.
    pub fn hint(&self) -> Option<&str> {
        match self {
            Error::Refused { hint, .. } => hint.as_deref(),
            Error::Invalid { .. }
            | Error::TurnedAway { .. }
            | Error::NotSent { .. }
            | Error::Held { .. }
            | Error::NoAnswer { .. }
            | Error::Ambiguous { .. } => None,
        }
    }

    /// Our own address as the platform saw it, if that is why it refused (60020).
    pub fn from_ip(&self) -> Option<IpAddr> {
        match self {
            Error::Refused { from_ip, .. } => *from_ip,
            Error::Invalid { .. }
            | Error::TurnedAway { .. }
            | Error::NotSent { .. }
            | Error::Held { .. }
            | Error::NoAnswer { .. }
            | Error::Ambiguous { .. } => None,
        }
    }

    /// Whether the call may have had its effect although it failed: no answer in time, HTTP status
    /// 5xx, or an answer that cannot be read. Never true of a call that only reads.
    pub fn is_ambiguous(&self) -> bool {
        matches!(self, Error::Ambiguous { .. })
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Class::Transient => "transient",
            Class::Token => "token",
            Class::RateLimit => "rate_limit",
            Class::State => "state",
            Class::Never => "never",
        })
    }
}
