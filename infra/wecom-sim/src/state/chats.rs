use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::World;

/// How a chat message came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Via {
    /// The customer typed it.
    Customer,
    /// The member typed it.
    Staff,
    /// The app's welcome message.
    Welcome,
    /// One click in the sidebar.
    Sidebar,
    /// A mass message, the corp's or the member's own.
    Mass,
}

/// One message between a member and a customer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ChatMessage {
    pub(crate) id: String,
    pub(crate) at_ms: i64,
    pub(crate) userid: String,
    pub(crate) via: Via,
    pub(crate) text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) attachments: Vec<Value>,
}

impl World {
    /// Writes a message into the chat of a customer with a member.
    pub(crate) fn enter_message(
        &mut self,
        at_ms: i64,
        external_userid: &str,
        userid: &str,
        via: Via,
        text: &str,
        attachments: Vec<Value>,
    ) {
        let id = format!("m{}", self.draws.count("chat"));
        let chat = self.chats.entry(external_userid.to_owned()).or_default();
        chat.push(ChatMessage {
            id,
            at_ms,
            userid: userid.to_owned(),
            via,
            text: text.to_owned(),
            attachments,
        });
    }

    /// When the two last had to do with each other (ms): a message either way, else their becoming
    /// contacts.
    pub(crate) fn last_interaction_ms(&self, external_userid: &str, userid: &str) -> Option<i64> {
        let relation = self.relations.get(external_userid, userid)?;
        let said = self.chats.get(external_userid).and_then(|chat| {
            chat.iter().rev().find(|message| message.userid == relation.userid).map(|message| message.at_ms)
        });
        Some(said.unwrap_or(relation.created_at_ms).max(relation.created_at_ms))
    }
}

/// The longest `duplicate_check_interval`.
const LONGEST_MS: i64 = 14_400_000;

/// What was sent lately, to recognise repeats.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Recent(BTreeMap<String, (i64, String)>);

impl Recent {
    /// The message id of an equal message within the interval.
    pub(crate) fn find(&self, fingerprint: &str, now_ms: i64, interval_ms: i64) -> Option<&str> {
        let (at_ms, msgid) = self.0.get(fingerprint)?;
        (now_ms - at_ms < interval_ms).then_some(msgid)
    }

    pub(crate) fn remember(&mut self, fingerprint: String, now_ms: i64, msgid: &str) {
        self.0.retain(|_, (at_ms, _)| now_ms - *at_ms < LONGEST_MS);
        self.0.insert(fingerprint, (now_ms, msgid.to_owned()));
    }
}
