//! Messages of the app to members (应用消息), delivered without anybody confirming: `message/send`,
//! `message/update_template_card`, `message/recall`.
//!
//! Sources: 消息推送 / 发送应用消息, <https://developer.work.weixin.qq.com/document/path/90236>;
//! 更新模版卡片消息, <https://developer.work.weixin.qq.com/document/path/94888>; 撤回应用消息,
//! <https://developer.work.weixin.qq.com/document/path/94867>.

mod body;
mod card;
mod update;

use std::fmt;

use serde::{Deserialize, Serialize};

pub use body::{Article, ArticleTarget, Body, TextCard, Video};
pub use card::{
    ActionMenu, Button, ButtonAction, ButtonInteraction, ButtonSelection, CardImage, CheckOption, Checkbox,
    CheckboxMode, Emphasis, ImageTextArea, Jump, MainTitle, MenuAction, MultipleInteraction, NewsNotice,
    Picture, QuoteArea, Row, RowKind, SelectOption, Source, SubmitButton, Target, TemplateCard, TextNotice,
    VerticalContent, VoteInteraction,
};
pub use update::{CardChange, CardUpdate, Receivers};

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

/// What became of a message. The platform reports success although some members did not get it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sent {
    /// For [recalling](Client::recall_message) it, within 24 hours.
    pub msgid: Option<String>,
    /// Members who did not get it: unknown, or outside the app's visible range. In lower case.
    pub invalid_users: Vec<String>,
    /// Members who did not get it for lack of a licence.
    pub unlicensed_users: Vec<String>,
    /// Departments that did not get it.
    pub invalid_parties: Vec<String>,
    /// Tags that did not get it.
    pub invalid_tags: Vec<String>,
    /// Of interactive cards only: lets the card be [updated](Client::update_card) once within 72
    /// hours.
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
    /// `POST message/send`: a message to members.
    ///
    /// Limits beside those of the fields: a member gets at most 30 messages a minute and 1000 an
    /// hour from one app, and what is beyond that is dropped *without an error*; the app may send
    /// (accounts × 200) a day.
    ///
    /// Refusals: 81013 nobody on the list can be reached, 301002 the token is another app's, 40007 a
    /// media id is unknown or older than three days, 43012 an interactive card needs a callback URL,
    /// 42014 to 42019 its task id, 42027 to 42051 a field of the card.
    pub async fn send_message(&self, token: &AccessToken, message: &Message) -> Result<Sent, Error> {
        let check = Check { api: SEND.path };
        check_recipients(check, &message.touser)?;
        message.body.check(check)?;
        if message.duplicate_check_s.is_some_and(|seconds| !(1..=MAX_DUPLICATE_CHECK_S).contains(&seconds)) {
            let problem = format!("is not within 1 to {MAX_DUPLICATE_CHECK_S} seconds");
            return Err(check.error(format_args!("duplicate_check_interval"), problem));
        }
        let request = Request {
            touser: message.touser.join("|"),
            agentid: message.agentid,
            msgtype: message.body.msgtype(),
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
    check.ids(format_args!("touser"), touser, 1..=MAX_RECIPIENTS)?;
    for (i, userid) in touser.iter().enumerate() {
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
