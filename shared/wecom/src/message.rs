//! Messages of the app to members (应用消息): `message/send`, delivered without anybody confirming.

mod card;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use card::{
    ActionMenu, Button, ButtonAction, ButtonInteraction, ButtonSelection, Emphasis, Jump, MainTitle,
    MenuAction, QuoteArea, Row, RowKind, SelectOption, Source, Target, TemplateCard, TextNotice,
};

use crate::client::{Api, Client, DEFAULT_TIMEOUT, Effect};
use crate::limits::Check;
use crate::{AccessToken, Error, lenient};

const SEND: Api = Api { path: "message/send", effect: Effect::Writes, timeout: DEFAULT_TIMEOUT };

/// The most members that one message can be addressed to.
pub const MAX_RECIPIENTS: usize = 1000;
/// The longest time, in seconds, within which the platform drops an equal message.
pub const MAX_DUPLICATE_CHECK_S: u32 = 14_400;

/// A message to members. `Debug` shows who gets it and of what kind it is, not what it says.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Ids of 1 to 1000 members. The whole corp (`@all`) cannot be addressed.
    pub touser: Vec<String>,
    /// The app that sends; must be the one that the token belongs to (301002).
    pub agentid: i64,
    /// What it says.
    pub body: Body,
    /// If set, the platform drops a message equal to one sent within this many seconds, 1 to 14
    /// 400. It makes sending again after an [ambiguous](Error::is_ambiguous) call harmless.
    pub duplicate_check_s: Option<u32>,
}

/// What a message says.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// A text.
    Text {
        /// 1 to 2048 bytes; the platform would cut off the rest. `<a href>` and line breaks work.
        content: String,
    },
    /// A card, perhaps with buttons.
    TemplateCard(Box<TemplateCard>),
}

/// What became of a message. The platform reports success although some members did not get it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sent {
    /// For recalling it.
    pub msgid: Option<String>,
    /// Members who did not get it: unknown, or outside the app's visible range. In lower case.
    pub invalid_users: Vec<String>,
    /// Members who did not get it for lack of a licence.
    pub unlicensed_users: Vec<String>,
    /// Departments that did not get it.
    pub invalid_parties: Vec<String>,
    /// Tags that did not get it.
    pub invalid_tags: Vec<String>,
    /// Of cards with buttons only: lets the card be updated once within 72 hours.
    pub response_code: Option<String>,
}

#[derive(Serialize)]
struct Request<'a> {
    touser: String,
    agentid: i64,
    msgtype: &'static str,
    #[serde(flatten)]
    body: &'a Body,
    #[serde(flatten)]
    duplicate_check: Option<DuplicateCheck>,
}

#[derive(Serialize)]
struct DuplicateCheck {
    enable_duplicate_check: u8,
    duplicate_check_interval: u32,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    #[serde(deserialize_with = "lenient::optional_text")]
    msgid: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    invaliduser: String,
    #[serde(deserialize_with = "lenient::text")]
    unlicenseduser: String,
    #[serde(deserialize_with = "lenient::text")]
    invalidparty: String,
    #[serde(deserialize_with = "lenient::text")]
    invalidtag: String,
    #[serde(deserialize_with = "lenient::optional_text")]
    response_code: Option<String>,
}

impl Client {
    /// `POST message/send`: a text or a card to members.
    ///
    /// Limits beside those of the fields: a member gets at most 30 messages a minute and 1000 an
    /// hour from one app, and what is beyond that is dropped *without an error*; the app may send
    /// (accounts × 200) a day.
    ///
    /// Refusals: 81013 nobody on the list can be reached, 301002 the token is another app's, 43012
    /// a card with buttons needs a callback URL, 42027 to 42051 a field of the card.
    pub async fn send_message(&self, token: &AccessToken, message: &Message) -> Result<Sent, Error> {
        let check = Check { api: SEND.path };
        check_recipients(check, &message.touser)?;
        let msgtype = match &message.body {
            Body::Text { content } => {
                check.required_bytes(format_args!("text.content"), content, 2048)?;
                "text"
            }
            Body::TemplateCard(card) => {
                card.check(check)?;
                "template_card"
            }
        };
        if message.duplicate_check_s.is_some_and(|seconds| !(1..=MAX_DUPLICATE_CHECK_S).contains(&seconds)) {
            let problem = format!("is not within 1 to {MAX_DUPLICATE_CHECK_S} seconds");
            return Err(check.error(format_args!("duplicate_check_interval"), problem));
        }
        let request = Request {
            touser: message.touser.join("|"),
            agentid: message.agentid,
            msgtype,
            body: &message.body,
            duplicate_check: message.duplicate_check_s.map(|duplicate_check_interval| DuplicateCheck {
                enable_duplicate_check: 1,
                duplicate_check_interval,
            }),
        };
        let answer: Answer = self.post(&SEND, token, &request).await?;
        Ok(Sent {
            msgid: answer.msgid,
            invalid_users: split(&answer.invaliduser),
            unlicensed_users: split(&answer.unlicenseduser),
            invalid_parties: split(&answer.invalidparty),
            invalid_tags: split(&answer.invalidtag),
            response_code: answer.response_code,
        })
    }
}

/// Ids are joined with `|` and `@all` means the whole corp, so neither may come in through an id.
fn check_recipients(check: Check, touser: &[String]) -> Result<(), Error> {
    check.count(format_args!("touser"), touser.len(), 1..=MAX_RECIPIENTS)?;
    for (i, userid) in touser.iter().enumerate() {
        check.required_bytes(format_args!("touser[{i}]"), userid, 64)?;
        if userid.contains('|') || userid.eq_ignore_ascii_case("@all") {
            return Err(check.error(format_args!("touser[{i}]"), "is not the id of a member"));
        }
    }
    Ok(())
}

fn split(ids: &str) -> Vec<String> {
    ids.split('|').filter(|id| !id.is_empty()).map(str::to_owned).collect()
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("touser", &self.touser)
            .field("agentid", &self.agentid)
            .field("body", &self.body)
            .field("duplicate_check_s", &self.duplicate_check_s)
            .finish()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Body::Text { content } => write!(f, "Text({} bytes)", content.len()),
            Body::TemplateCard(card) => card.fmt(f),
        }
    }
}
