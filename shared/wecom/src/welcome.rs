//! The welcome message: `externalcontact/send_welcome_msg`, the only message to a customer that
//! goes out without a member confirming it.
//!
//! Source: 客户联系 / 消息推送 / 发送新客户欢迎语,
//! <https://developer.work.weixin.qq.com/document/path/92137>.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use crate::attachment::{self, Attachment, WireContent};
use crate::client::{Api, Client, Effect, Nothing};
use crate::limits::Check;
use crate::{AccessToken, Error};

/// How long `send_welcome_msg` may take: short, because the code dies 20 seconds after the event
/// and a second try has to fit.
pub const WELCOME_TIMEOUT: Duration = Duration::from_secs(5);

const SEND: Api =
    Api { path: "externalcontact/send_welcome_msg", effect: Effect::Writes, timeout: WELCOME_TIMEOUT };

/// A welcome: text, attachments or both. `Debug` shows sizes only.
#[derive(Clone, PartialEq, Eq)]
pub struct Welcome {
    /// From the event; good for one message within 20 seconds.
    pub welcome_code: String,
    /// Up to 4000 bytes. The platform fills in no names. `None` and empty are the same.
    pub text: Option<String>,
    /// Up to 9.
    pub attachments: Vec<Attachment>,
}

#[derive(Serialize)]
struct Request<'a> {
    welcome_code: &'a str,
    #[serde(flatten)]
    content: WireContent<'a>,
}

impl Client {
    /// `POST externalcontact/send_welcome_msg`. Takes at most [`WELCOME_TIMEOUT`].
    ///
    /// Refusals: 41050 the code is unknown or too old, 41051 the two are already chatting or a
    /// welcome arrived before (done), 41096 another app is sending one right now (try again within
    /// the 20 seconds), 41053 the customer has to agree to archiving first. If
    /// [ambiguous](Error::is_ambiguous), the same code may be sent again: it can only work once.
    pub async fn send_welcome(&self, token: &AccessToken, welcome: &Welcome) -> Result<(), Error> {
        let check = Check { api: SEND.path };
        check.present(format_args!("welcome_code"), &welcome.welcome_code)?;
        let content = attachment::wire_content(check, welcome.text.as_deref(), &welcome.attachments)?;
        let request = Request { welcome_code: &welcome.welcome_code, content };
        let Nothing {} = self.post(&SEND, token, &request).await?;
        Ok(())
    }
}

impl fmt::Debug for Welcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Welcome")
            .field("text_bytes", &self.text.as_ref().map(String::len))
            .field("attachments", &self.attachments)
            .finish_non_exhaustive()
    }
}
