//! The bus as an EventBridge event bus, through PutEvents.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;

use super::{Bus, Detail, Message};
use crate::Error;

const PUT: &str = "PutEvents";
/// Entries that one call may carry.
const MAX_ENTRIES: usize = 10;
/// How often an entry is offered. No pause between: what is throttled twice is left to the minute tick.
const OFFERS: usize = 2;

/// The events' `source`, by which the bus's rule knows ours.
pub const SOURCE: &str = "stepwise";

/// The AWS adapter of [`Bus`].
#[derive(Clone, Debug)]
pub struct EventBridge {
    client: Client,
    bus: String,
}

impl EventBridge {
    /// Publishes to `bus` (name or ARN) through a client that already has region, credentials, transport and time-outs.
    pub fn new(client: Client, bus: impl Into<String>) -> Self {
        EventBridge { client, bus: bus.into() }
    }

    fn entry(&self, message: &Message) -> Result<PutEventsRequestEntry, Error> {
        let detail = serde_json::to_string(&Detail { id: message.id.clone() })
            .map_err(|error| Error::unbuildable(PUT, error))?;
        Ok(PutEventsRequestEntry::builder()
            .event_bus_name(&self.bus)
            .source(SOURCE)
            .detail_type(message.kind.as_str())
            .detail(detail)
            .build())
    }

    /// One call; gives back the entries that were not taken, each with its error code. The answer as a whole is a
    /// success even when every entry failed.
    async fn put(
        &self,
        entries: Vec<PutEventsRequestEntry>,
    ) -> Result<Vec<(PutEventsRequestEntry, String)>, Error> {
        let answer = self
            .client
            .put_events()
            .set_entries(Some(entries.clone()))
            .send()
            .await
            .map_err(|error| Error::from_sdk(PUT, error))?;
        let results = answer.entries();
        Ok(entries
            .into_iter()
            .enumerate()
            .filter_map(|(index, entry)| match results.get(index) {
                Some(result) if result.error_code().is_none() && result.event_id().is_some() => None,
                Some(result) => Some((entry, result.error_code().unwrap_or("no event id").to_owned())),
                None => Some((entry, "no result".to_owned())),
            })
            .collect())
    }
}

#[async_trait::async_trait]
impl Bus for EventBridge {
    async fn publish(&self, messages: &[Message]) -> Result<(), Error> {
        let mut failed = 0;
        let mut code = String::new();
        for chunk in messages.chunks(MAX_ENTRIES) {
            let mut open = chunk.iter().map(|message| self.entry(message)).collect::<Result<Vec<_>, _>>()?;
            for _ in 0..OFFERS {
                if open.is_empty() {
                    break;
                }
                let not_taken = self.put(open).await?;
                if let Some((_, last)) = not_taken.last() {
                    code.clone_from(last);
                }
                open = not_taken.into_iter().map(|(entry, _)| entry).collect();
            }
            failed += open.len();
        }
        if failed == 0 { Ok(()) } else { Err(Error::Unpublished { failed, total: messages.len(), code }) }
    }
}

#[cfg(test)]
mod tests;
