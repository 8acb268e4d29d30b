//! Access tokens: `gettoken`.
//!
//! Source: 开发指南 / 获取access_token, <https://developer.work.weixin.qq.com/document/path/91039>.

use std::time::Duration;

use serde::Deserialize;

use crate::client::{Api, Client, DEFAULT_TIMEOUT, Effect, unclear};
use crate::limits::Check;
use crate::{Error, lenient, redact};

/// It changes nothing on the platform: within its validity the same token is returned again.
const GETTOKEN: Api = Api { path: "gettoken", effect: Effect::Reads, timeout: DEFAULT_TIMEOUT };

/// What the platform documents as the usual validity.
const USUAL_VALIDITY: Duration = Duration::from_secs(7200);

/// Authorises calls for one app of one corp. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken(String);

/// A token and how long it is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantedToken {
    /// The token, up to 512 bytes. Within its validity the platform returns the same one again; as
    /// far as is known, a new one does not end the one before.
    pub access_token: AccessToken,
    /// Counted from the answer, usually 7200 seconds. The platform may end it earlier
    /// ([`Class::Token`](crate::Class)).
    pub expires_in: Duration,
}

impl AccessToken {
    /// A token as the platform issued it.
    pub fn new(token: impl Into<String>) -> AccessToken {
        AccessToken(token.into())
    }

    /// The token itself, to be stored where other instances find it. Never log it, never show it to
    /// a browser.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

redact::redacted_debug!(AccessToken);

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Answer {
    #[serde(deserialize_with = "lenient::text")]
    access_token: String,
    #[serde(deserialize_with = "lenient::integer")]
    expires_in: i64,
}

impl Client {
    /// `GET gettoken`: a token for the app whose secret this is.
    ///
    /// Keep the token until it expires and share it among all instances: the call is rate-limited,
    /// and repeated wrong secrets get the calling address blocked for an hour. Each app has its own
    /// secret, and tokens are not interchangeable (301002, 48002).
    ///
    /// Refusals: 40001 and 40091 wrong secret, 40013 wrong corp id, 60020 calling address not
    /// trusted: all of them need somebody to act. The secret travels in the query string.
    pub async fn get_token(&self, corp_id: &str, corp_secret: &str) -> Result<GrantedToken, Error> {
        let check = Check { api: GETTOKEN.path };
        check.present(format_args!("corpid"), corp_id)?;
        check.present(format_args!("corpsecret"), corp_secret)?;
        let query = [("corpid", corp_id), ("corpsecret", corp_secret)];
        let answer: Answer = self.get_without_token(&GETTOKEN, &query).await?;
        if answer.access_token.is_empty() {
            return Err(unclear(&GETTOKEN, "answer has no access_token"));
        }
        Ok(GrantedToken {
            access_token: AccessToken(answer.access_token),
            expires_in: validity(answer.expires_in),
        })
    }
}

/// `expires_in` as a duration. Without a stated validity the usual one is assumed; should that be
/// too long, calls answer with [`Class::Token`](crate::Class).
pub(crate) fn validity(expires_in: i64) -> Duration {
    let stated = u64::try_from(expires_in).ok().filter(|seconds| *seconds > 0);
    stated.map_or(USUAL_VALIDITY, Duration::from_secs)
}
