//! Tickets for signing JS-SDK calls: `get_jsapi_ticket`, `ticket/get`.
//!
//! There are two kinds, and signatures made with the wrong one are refused in the browser (40093,
//! 42012): the *corp's* ticket signs `wx.config`, the *app's* ticket signs `wx.agentConfig`. What is
//! done with them is in [`jssdk`](crate::jssdk).
//!
//! Source: 附录 / JS-SDK签名算法, <https://developer.work.weixin.qq.com/document/path/90506>.

use std::time::Duration;

use serde::Deserialize;

use crate::client::{Api, Client, DEFAULT_TIMEOUT, Effect, unclear};
use crate::token::validity;
use crate::{AccessToken, Error, lenient, redact};

/// Both change nothing on the platform: within its validity the same ticket is returned again.
const CORP: Api = Api { path: "get_jsapi_ticket", effect: Effect::Reads, timeout: DEFAULT_TIMEOUT };
const APP: Api = Api { path: "ticket/get", effect: Effect::Reads, timeout: DEFAULT_TIMEOUT };

/// What signatures are made with. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct Ticket(String);

/// A ticket and how long it is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantedTicket {
    /// The ticket, up to 512 bytes.
    pub ticket: Ticket,
    /// Counted from the answer, usually 7200 seconds.
    pub expires_in: Duration,
}

impl Ticket {
    /// A ticket as the platform issued it.
    pub fn new(ticket: impl Into<String>) -> Ticket {
        Ticket(ticket.into())
    }

    /// The ticket itself, to be stored where other instances find it. Never log it, never show it
    /// to a browser: pages get signatures.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

redact::redacted_debug!(Ticket);

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    #[serde(deserialize_with = "lenient::text")]
    ticket: String,
    #[serde(deserialize_with = "lenient::integer")]
    expires_in: i64,
}

impl Client {
    /// `GET get_jsapi_ticket`: the corp's ticket, for `wx.config`.
    ///
    /// Keep it until it expires and share it among all instances: at most 400 calls an hour for the
    /// whole corp, 100 for one app (45009 beyond that). It belongs to the app whose token asked.
    pub async fn get_corp_ticket(&self, token: &AccessToken) -> Result<GrantedTicket, Error> {
        granted(&CORP, self.get(&CORP, token, &[]).await?)
    }

    /// `GET ticket/get?type=agent_config`: the app's ticket, for `wx.agentConfig`, which calls with
    /// the app's identity need (the customer of the open chat, sending into it).
    ///
    /// Keep it until it expires and share it among all instances: at most 100 calls an hour for an
    /// app, 400 for the whole corp (45009 beyond that). 91040 would say that the type is wrong.
    pub async fn get_app_ticket(&self, token: &AccessToken) -> Result<GrantedTicket, Error> {
        granted(&APP, self.get(&APP, token, &[("type", "agent_config")]).await?)
    }
}

fn granted(api: &Api, answer: Answer) -> Result<GrantedTicket, Error> {
    if answer.ticket.is_empty() {
        return Err(unclear(api, "answer has no ticket"));
    }
    Ok(GrantedTicket { ticket: Ticket(answer.ticket), expires_in: validity(answer.expires_in) })
}
