//! After a message was sent: `message/update_template_card`, `message/recall`.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{MAX_RECIPIENTS, TemplateCard};
use crate::client::{Api, Client, DEFAULT_TIMEOUT, Effect, Nothing};
use crate::limits::Check;
use crate::{AccessToken, Error, lenient};

const UPDATE: Api =
    Api { path: "message/update_template_card", effect: Effect::Writes, timeout: DEFAULT_TIMEOUT };
const RECALL: Api = Api { path: "message/recall", effect: Effect::Writes, timeout: DEFAULT_TIMEOUT };

/// A change of a card that was sent: one with buttons, a vote, selectors, or a menu in its corner.
/// `Debug` shows for whom.
#[derive(Clone, PartialEq, Eq)]
pub struct CardUpdate {
    /// For whom it changes.
    pub receivers: Receivers,
    /// The app that sent it.
    pub agentid: i64,
    /// From sending the card or from the latest press on it: good once, within 72 hours.
    pub response_code: String,
    /// What changes.
    pub change: CardChange,
}

/// For whom a card changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receivers {
    /// Ids of 1 to 1000 members.
    Members(Vec<String>),
    /// Everybody who got it.
    Everybody,
}

/// How a card changes.
#[derive(Clone, PartialEq, Eq)]
pub enum CardChange {
    /// The buttons turn grey and say this; not for notices.
    ReplaceButton {
        /// What they say, not empty.
        replace_name: String,
    },
    /// Another card takes its place, of whatever kind.
    ReplaceCard {
        /// The new card.
        card: Box<TemplateCard>,
        /// If set, its buttons are grey and say this; not for notices.
        replace_text: Option<String>,
    },
}

#[derive(Serialize)]
struct Request<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    userids: Option<&'a [String]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    atall: Option<u8>,
    agentid: i64,
    response_code: &'a str,
    #[serde(flatten)]
    change: WireChange<'a>,
}

/// The change as it is sent, here and, in another dress, in a [`reply`](crate::reply).
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WireChange<'a> {
    Button {
        replace_name: &'a str,
    },
    TemplateCard {
        #[serde(flatten)]
        card: &'a TemplateCard,
        #[serde(skip_serializing_if = "Option::is_none")]
        replace_text: Option<&'a str>,
    },
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    #[serde(deserialize_with = "lenient::texts")]
    invaliduser: Vec<String>,
}

#[derive(Serialize)]
struct Recall<'a> {
    msgid: &'a str,
}

impl Client {
    /// `POST message/update_template_card`: changes a card that was sent. Returns the members for
    /// whom it did not change.
    ///
    /// The code is good once. If [ambiguous](Error::is_ambiguous), the same update may be sent again:
    /// 60140 then means that it had arrived, or that 72 hours are over.
    ///
    /// Refusals: 60140 the code is unknown, used or too old, 301002 the token is another app's, 42014
    /// to 42019 the task id, 42027 to 42051 a field of the new card.
    pub async fn update_card(&self, token: &AccessToken, update: &CardUpdate) -> Result<Vec<String>, Error> {
        let check = Check { api: UPDATE.path };
        check.present(format_args!("response_code"), &update.response_code)?;
        if let Receivers::Members(userids) = &update.receivers {
            check.ids(format_args!("userids"), userids, 1..=MAX_RECIPIENTS)?;
        }
        let request = Request {
            userids: match &update.receivers {
                Receivers::Members(userids) => Some(userids),
                Receivers::Everybody => None,
            },
            atall: (update.receivers == Receivers::Everybody).then_some(1),
            agentid: update.agentid,
            response_code: &update.response_code,
            change: update.change.wire(check)?,
        };
        let answer: Answer = self.post(&UPDATE, token, &request).await?;
        Ok(answer.invaliduser)
    }

    /// `POST message/recall`: takes a message back from everybody who got it, within 24 hours of its
    /// being sent. It disappears in WeCom's own clients only. May be repeated.
    ///
    /// Refusals: 42052 too old, 40058 an unknown id or another app's.
    pub async fn recall_message(&self, token: &AccessToken, msgid: &str) -> Result<(), Error> {
        Check { api: RECALL.path }.present(format_args!("msgid"), msgid)?;
        let Nothing {} = self.post(&RECALL, token, &Recall { msgid }).await?;
        Ok(())
    }
}

impl CardChange {
    pub(crate) fn wire(&self, check: Check) -> Result<WireChange<'_>, Error> {
        match self {
            CardChange::ReplaceButton { replace_name } => {
                check.present(format_args!("button.replace_name"), replace_name)?;
                Ok(WireChange::Button { replace_name })
            }
            CardChange::ReplaceCard { card, replace_text } => {
                card.check(check)?;
                let field = format_args!("template_card.replace_text");
                let is_notice = matches!(**card, TemplateCard::TextNotice(_) | TemplateCard::NewsNotice(_));
                if let Some(text) = replace_text {
                    check.present(field, text)?;
                }
                if is_notice && replace_text.is_some() {
                    return Err(check.error(field, "is for cards that have a button"));
                }
                Ok(WireChange::TemplateCard { card, replace_text: replace_text.as_deref() })
            }
        }
    }
}

impl fmt::Debug for CardUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CardUpdate")
            .field("receivers", &self.receivers)
            .field("agentid", &self.agentid)
            .field("change", &self.change)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for CardChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CardChange::ReplaceButton { .. } => f.write_str("ReplaceButton(***)"),
            CardChange::ReplaceCard { card, .. } => write!(f, "ReplaceCard({card:?})"),
        }
    }
}
