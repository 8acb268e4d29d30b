//! The bus: tells `engine` that something recorded in the store waits to be worked on.
//!
//! A message is a hint with an id. The inbox entry or journal entry that it names was committed before, stays in the
//! `work` index until it is done, and is found there by the minute tick if the message is lost.

pub mod direct;
pub mod eventbridge;

use serde::{Deserialize, Serialize};

use crate::Error;

/// What a message points at. The names below are the events' `detail-type`, by which the bus's rule selects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// An inbox entry to be turned into signals (`inbox`).
    Inbox,
    /// A customer's journal entry to be published and folded (`journal`).
    Journal,
    /// Long work to go on with (`job`).
    Job,
}

impl MessageKind {
    /// The name on the wire, as in the serde form.
    pub const fn as_str(self) -> &'static str {
        match self {
            MessageKind::Inbox => "inbox",
            MessageKind::Journal => "journal",
            MessageKind::Job => "job",
        }
    }
}

/// One hint. Its serde form is the event as EventBridge delivers it, `{"detail-type": "inbox", "detail": {"id": "…"}}`,
/// whose other fields (time, region, the event's own id…) are passed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Event", into = "Event")]
pub struct Message {
    /// What the id names.
    pub kind: MessageKind,
    /// The store's key of the entry; no personal data.
    pub id: String,
}

/// Hands messages to `engine`. Called after the commit; delivery is at least once and in no order.
#[async_trait::async_trait]
pub trait Bus: Send + Sync {
    /// Publishes all messages; none is nothing to do.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Refused`] when a call as a whole failed (what follows it is not tried),
    /// [`Error::Unpublished`] when the bus did not take some of the messages. Others may have been delivered.
    async fn publish(&self, messages: &[Message]) -> Result<(), Error>;
}

/// The wire form of a [`Message`].
#[derive(Serialize, Deserialize)]
struct Event {
    #[serde(rename = "detail-type")]
    kind: MessageKind,
    detail: Detail,
}

/// An event's `detail`: an id and nothing else.
#[derive(Serialize, Deserialize)]
struct Detail {
    id: String,
}

impl From<Event> for Message {
    fn from(event: Event) -> Self {
        Message { kind: event.kind, id: event.detail.id }
    }
}

impl From<Message> for Event {
    fn from(message: Message) -> Self {
        Event { kind: message.kind, detail: Detail { id: message.id } }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_event_as_delivered_reads_as_a_message() {
        let event = json!({
            "version": "0", "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718", "detail-type": "journal",
            "source": "stepwise", "account": "111122223333", "time": "2026-11-23T01:00:00Z",
            "region": "ap-southeast-1", "resources": [], "detail": { "id": "C#wm1/J#000000000012" }
        });
        let message: Message = serde_json::from_value(event).unwrap();
        assert_eq!(message, Message { kind: MessageKind::Journal, id: "C#wm1/J#000000000012".into() });
    }

    #[test]
    fn the_wire_names_are_the_kinds_names() {
        for kind in [MessageKind::Inbox, MessageKind::Journal, MessageKind::Job] {
            let message = Message { kind, id: "i".into() };
            let event = serde_json::to_value(&message).unwrap();
            assert_eq!(event, json!({ "detail-type": kind.as_str(), "detail": { "id": "i" } }));
        }
    }
}
