//! Openings: noted durably while the customer waits, told to the file when they have gone on.

use std::time::Duration;

use cloud::bus::{Message, MessageKind};
use domain::{
    Actor, CustomerId, Happening, Signal, content::SentContent, counters::content_counter, signal::LinkSource,
};
use serde::{Deserialize, Serialize};
use store::{Bucket, Claim, InboxEntry, Link, Permits};

use crate::{App, Error};

/// Whoever opens the same link again within so long has opened it once.
const HALF_HOUR_MS: i64 = 30 * 60 * 1000;
/// The customer waits so long for the record, and so long for somebody to be told of it.
const NOTE_LIMIT: Duration = Duration::from_secs(1);
const TELL_LIMIT: Duration = Duration::from_millis(300);
/// Of a link that several have so many openings by whoever it was are noted at once, then 20 a second.
const OF_A_LINK: Bucket = Bucket { cost_ms: 50, depth_ms: 250_000 };
/// An opening that met others at its counter is counted within so many tries.
const TRIES: u32 = 3;
/// WeCom's limit; the store's keys have one, too.
const MAX_ID_BYTES: usize = 64;

/// Who opens a link that several have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opener {
    /// WeCom said who it is.
    Customer(CustomerId),
    /// Nobody knows. What the browser shows of itself tells openers apart for half an hour, and is not kept.
    Somebody(String),
}

/// An opening as the inbox keeps it: JSON, which begins as no callback does.
#[derive(Serialize, Deserialize)]
struct Opening {
    #[serde(flatten)]
    sent: SentContent,
    part: u32,
    via: LinkSource,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    customer: Option<CustomerId>,
}

impl App {
    /// Notes that a link was opened: durable once it returns, within 1.3 s. `opener` does not count where the link is one
    /// customer's own. What follows from it follows soon, without anybody's waiting; within half an hour once.
    pub async fn opened(&self, code: &str, link: &Link, opener: &Opener) -> Result<(), Error> {
        let noted = tokio::time::timeout(NOTE_LIMIT, Box::pin(self.note_opening(code, link, opener))).await;
        let Some(id) = noted.unwrap_or(Err(Error::Waits("the store to note an opening")))? else {
            return Ok(());
        };
        telemetry::metric!(links_opened = 1);
        let told = [Message { kind: MessageKind::Inbox, id }];
        match tokio::time::timeout(TELL_LIMIT, self.bus.publish(&told)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(%error, "an opening was not handed over; the next tick finds it");
            }
            Err(_) => tracing::warn!("an opening was not handed over in time; the next tick finds it"),
        }
        Ok(())
    }

    /// The id of the new entry. `None`: there is one already, or there are too many.
    async fn note_opening(&self, code: &str, link: &Link, opener: &Opener) -> Result<Option<String>, Error> {
        let now = self.clock.now();
        let salt = self.link_salt().await?;
        let customer = match (&link.customer, opener) {
            (Some(own), _) => Some(own.clone()),
            (None, Opener::Customer(id)) => Some(id.clone()).filter(|id| id.as_str().len() <= MAX_ID_BYTES),
            (None, Opener::Somebody(_)) => None,
        };
        let mark = match opener {
            Opener::Somebody(mark) if customer.is_none() => mark.as_str(),
            _ => "",
        };
        let half_hour = now.ms().div_euclid(HALF_HOUR_MS);
        let id = salt.opening(code, &(&customer, mark), half_hour);
        if customer.is_none() && !self.has_room(code, &id).await? {
            return Ok(None);
        }
        let opening = Opening { sent: link.sent.clone(), part: link.part, via: link.via.clone(), customer };
        let plain = serde_json::to_string(&opening).expect("texts and numbers are JSON");
        Ok((self.store.claim(&id, &plain, now).await? == Claim::New).then_some(id))
    }

    /// Whether one more opening by whoever it is is kept: whoever makes up openers by the thousand fills no store.
    async fn has_room(&self, code: &str, id: &str) -> Result<bool, Error> {
        // Loading a page again takes nothing from those who come after.
        if self.store.inbox_entry(id).await?.is_some() {
            return Ok(false);
        }
        let bucket = format!("link-openings-{}", self.link_salt().await?.name("openings", &code));
        match self.store.take_permits(&bucket, OF_A_LINK, self.clock.now()).await {
            Ok(Permits::Wait(_)) => {
                telemetry::metric!(links_uncounted = 1);
                Ok(false)
            }
            Ok(Permits::Granted) => Ok(true),
            Err(error) => {
                tracing::warn!(%error, "whether there are too many openings of a link is not known");
                Ok(true)
            }
        }
    }

    /// Tells the customer's file, or counts who is nobody's customer.
    pub(crate) async fn process_opening(&self, entry: &InboxEntry) -> Result<(), Error> {
        let opening: Opening = match serde_json::from_str(&entry.plain) {
            Ok(opening) => opening,
            Err(_) => {
                tracing::error!(inbox = entry.id, "an opening could not be read");
                return Ok(());
            }
        };
        let id = entry.id.as_str().into();
        if let Some(customer) = &opening.customer
            && self.store.load(customer).await?.file.is_some()
        {
            let Opening { sent: content, part, via, .. } = opening;
            let what = Happening::LinkOpened { content, part, via };
            let signal = Signal { id, at: entry.received_at, by: Actor::Customer, what };
            Box::pin(self.handle(customer, signal)).await?;
            return Ok(());
        }
        self.prepare_to_identify().await?;
        self.count_anonymous(&opening.sent, &entry.id).await
    }

    /// Adds to one of sixteen counters, by the first digit of the opening's id: all who were sent something open it within
    /// minutes, and one item would take no more than a few at a time.
    async fn count_anonymous(&self, sent: &SentContent, id: &str) -> Result<(), Error> {
        let digit: String = id.chars().take(1).collect();
        let name = content_counter(sent, &format!("anonymous#{digit}"));
        let mut tries = 1;
        loop {
            let counted =
                self.store.count_once(&name, &id.into(), self.clock.now(), &self.attempt_token()).await;
            match counted {
                Err(store::Error::LostRace(_)) if tries < TRIES => {
                    let [some, ..] = self.entropy.bytes16();
                    self.clock.pause(Duration::from_millis(u64::from(tries) * 50 + u64::from(some))).await;
                    tries += 1;
                }
                counted => return Ok(counted.map(drop)?),
            }
        }
    }
}
