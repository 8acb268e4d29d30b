use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Tally, World};
use crate::random::Draws;

/// How long a card may be changed by an answer code, and a message recalled.
const CODE_MS: i64 = 72 * 3_600_000;
const RECALL_MS: i64 = 24 * 3_600_000;
/// Person-times a day for each account of the corp.
const DAILY_PER_ACCOUNT: u64 = 200;

/// One message from the app to a member.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AppMessage {
    pub(crate) msgid: String,
    pub(crate) at_ms: i64,
    pub(crate) msgtype: String,
    /// What stands under the key `msgtype` in the call; of a card that was changed, the present one.
    pub(crate) content: Value,
    #[serde(default)]
    pub(crate) recalled: bool,
    /// What stands in the place of a card's buttons: they can be pressed no more.
    #[serde(default)]
    pub(crate) replaced: Option<String>,
    /// When the card was changed last (ms).
    #[serde(default)]
    pub(crate) changed_at_ms: Option<i64>,
}

impl AppMessage {
    pub(crate) fn new(msgid: &str, at_ms: i64, msgtype: &str, content: Value) -> Self {
        Self {
            msgid: msgid.to_owned(),
            at_ms,
            msgtype: msgtype.to_owned(),
            content,
            recalled: false,
            replaced: None,
            changed_at_ms: None,
        }
    }
}

/// One card in one member's inbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Clicked {
    pub(crate) userid: String,
    pub(crate) msgid: String,
}

/// What the app sent to members, apart from what lies in their inboxes.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Outbox {
    sent: BTreeMap<String, Sent>,
    codes: BTreeMap<String, Code>,
    /// Messages beyond what one member gets in a minute or hour, by member. The app was not told.
    pub(crate) dropped: BTreeMap<String, u64>,
    /// Person-times, by app. An older snapshot counted all apps together, as `today`: that is forgotten.
    #[serde(default)]
    pub(crate) by_app: BTreeMap<u64, Tally>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Sent {
    agent_id: u64,
    at_ms: i64,
    /// Keys of the members whom it reached.
    members: BTreeSet<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Code {
    msgid: String,
    at_ms: i64,
}

/// Why a message cannot be recalled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RecallRefusal {
    /// Unknown, or another app's.
    Unknown,
    TooLate,
}

/// What a card becomes.
#[derive(Debug, Clone)]
pub(crate) enum CardChange {
    /// A text in the place of the buttons.
    Replace(String),
    /// Another card, perhaps with such a text.
    Card(Value, Option<String>),
}

impl Outbox {
    pub(crate) fn note(&mut self, msgid: &str, agent_id: u64, at_ms: i64, members: BTreeSet<String>) {
        self.sent.insert(msgid.to_owned(), Sent { agent_id, at_ms, members });
    }

    /// A code that changes this message's card once.
    pub(crate) fn issue_code(&mut self, msgid: &str, now_ms: i64, draws: &mut Draws) -> String {
        self.codes.retain(|_, code| now_ms - code.at_ms <= CODE_MS);
        let text = draws.draw("response_code").alphanumeric(43);
        self.codes.insert(text.clone(), Code { msgid: msgid.to_owned(), at_ms: now_ms });
        text
    }

    /// The message that a code may still change.
    pub(crate) fn message_of(&self, code: &str, now_ms: i64) -> Option<&str> {
        let code = self.codes.get(code)?;
        (now_ms - code.at_ms <= CODE_MS).then_some(&code.msgid)
    }

    pub(crate) fn use_code(&mut self, code: &str) {
        self.codes.remove(code);
    }

    /// Which app sent it.
    pub(crate) fn sender(&self, msgid: &str) -> Option<u64> {
        self.sent.get(msgid).map(|sent| sent.agent_id)
    }

    /// Keys of the members whom it reached.
    pub(crate) fn members(&self, msgid: &str) -> impl Iterator<Item = &str> {
        self.sent.get(msgid).into_iter().flat_map(|sent| &sent.members).map(String::as_str)
    }
}

impl World {
    /// Person-times that an app has sent today.
    pub(crate) fn app_messages_today(&self, agent_id: u64, now_ms: i64) -> u64 {
        self.outbox.by_app.get(&agent_id).map_or(0, |tally| tally.today(now_ms))
    }

    /// Person-times that an app may send in a day.
    pub(crate) fn most_app_messages(&self) -> u64 {
        self.staff.len() as u64 * DAILY_PER_ACCOUNT
    }

    /// A member's message, by msgid.
    pub(crate) fn app_message(&self, userid: &str, msgid: &str) -> Option<&AppMessage> {
        let inbox = self.app_messages.get(&userid.to_ascii_lowercase())?;
        inbox.iter().rev().find(|message| message.msgid == msgid)
    }

    fn app_message_mut(&mut self, userid: &str, msgid: &str) -> Option<&mut AppMessage> {
        let inbox = self.app_messages.get_mut(&userid.to_ascii_lowercase())?;
        inbox.iter_mut().rev().find(|message| message.msgid == msgid)
    }

    /// Changes the card in one member's inbox; false if it is not there (any more).
    pub(crate) fn change_card(&mut self, card: &Clicked, change: CardChange, now_ms: i64) -> bool {
        let message = self.app_message_mut(&card.userid, &card.msgid);
        let Some(message) = message.filter(|message| !message.recalled) else {
            return false;
        };
        message.changed_at_ms = Some(now_ms);
        match change {
            CardChange::Replace(text) => message.replaced = Some(text),
            CardChange::Card(mut card, text) => {
                // the task goes on
                if card.get("task_id").is_none()
                    && let Some(task) = message.content.get("task_id")
                {
                    card["task_id"] = task.clone();
                }
                message.content = card;
                message.replaced = text;
            }
        }
        true
    }

    /// Takes a message back from everybody who got it. Doing so twice is doing so once.
    pub(crate) fn recall(&mut self, msgid: &str, agent_id: u64, now_ms: i64) -> Result<(), RecallRefusal> {
        let sent = self.outbox.sent.get(msgid).filter(|sent| sent.agent_id == agent_id);
        let sent = sent.ok_or(RecallRefusal::Unknown)?;
        if now_ms - sent.at_ms > RECALL_MS {
            return Err(RecallRefusal::TooLate);
        }
        for member in sent.members.clone() {
            if let Some(message) = self.app_message_mut(&member, msgid) {
                message.recalled = true;
            }
        }
        Ok(())
    }
}
