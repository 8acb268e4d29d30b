//! From an accepted callback (see [`crate::Intake`]) to signals; openings of links are in the inbox, too.

use std::time::Duration;

use domain::{
    Actor, CustomerId, Happening, Signal, StaffId, Timestamp,
    signal::{SideName, Snapshot},
};
use store::InboxEntry;
use wecom::event::{Callback, ContactChange, ContactEvent, Event};

use crate::{App, Class, Error, Lane, handle::Handled};

/// A welcome is worth waiting so long for the customer's name.
const NAME_WAIT: Duration = Duration::from_millis(1500);
/// Until so long after its receipt a welcome is tried within the invocation.
const WELCOME_SECONDS: i64 = 18;
const MOST_ASKED: u32 = 20;
/// WeCom's limit; the store's keys have one, too.
const MAX_ID_BYTES: usize = 64;

/// A callback is XML.
fn is_opening(entry: &InboxEntry) -> bool {
    entry.plain.starts_with('{')
}

impl App {
    /// Deals with an inbox entry, again and again while it is asked again. Safe to repeat, and safe to run twice at
    /// once.
    pub async fn process_inbox(&self, id: &str) -> Result<(), Error> {
        for _ in 0..MOST_ASKED {
            let Some(entry) = self.store.inbox_entry(id).await?.filter(|entry| !entry.done) else {
                return Ok(());
            };
            if let Err(error) = self.process_in_time(&entry).await {
                let pause = 15 * i64::from(entry.tries.min(8) + 1);
                self.store.put_off(id, self.clock.now().plus_secs(pause)).await?;
                if is_opening(&entry) && error.class() == Class::Retry {
                    tracing::warn!(%error, inbox = id, "an opening is counted later");
                    return Ok(());
                }
                return Err(error);
            }
            if self.store.finish_inbox(id, entry.asked, self.clock.now()).await? {
                return Ok(());
            }
        }
        // The next tick goes on.
        Ok(())
    }

    /// While a welcome could still be in time, what passes is tried again at once. Nobody waits for an opening.
    async fn process_in_time(&self, entry: &InboxEntry) -> Result<(), Error> {
        if is_opening(entry) {
            return Box::pin(self.process_opening(entry)).await;
        }
        let end = entry.received_at.plus_secs(WELCOME_SECONDS);
        loop {
            let Err(error) = Box::pin(self.process(entry)).await else { return Ok(()) };
            let next = self.clock.now().plus_secs(1);
            if error.class() != Class::Retry || next > end || !self.clock.wait_until(next).await {
                return Err(error);
            }
        }
    }

    async fn process(&self, entry: &InboxEntry) -> Result<(), Error> {
        let callback = match Callback::parse(&entry.plain) {
            Ok(callback) => callback,
            Err(error) => {
                // It was well signed and well formed, and yet is no event of which we know. Kept, and told.
                tracing::error!(%error, inbox = entry.id, "an event could not be read");
                return Ok(());
            }
        };
        let at = Timestamp::from_secs(callback.create_time);
        match &callback.event {
            Event::Contact(event) => self.contact(entry, at, event).await,
            Event::Tag(_) => self.take_over_tags(true).await,
            Event::Directory(event) => Box::pin(self.heard_of_directory(event)).await,
            Event::CardClick(_)
            | Event::CardMenu(_)
            | Event::Chat(_)
            | Event::Acquisition(_)
            | Event::Kf(_)
            | Event::App(_)
            | Event::Usage(_)
            | Event::Notice(_)
            | Event::Message(_)
            | Event::Unknown { .. } => Ok(()),
        }
    }

    async fn contact(&self, entry: &InboxEntry, at: Timestamp, event: &ContactEvent) -> Result<(), Error> {
        if event.userid.len() > MAX_ID_BYTES || event.external_userid.len() > MAX_ID_BYTES {
            tracing::error!(inbox = entry.id, "an event names somebody by an id of more than 64 bytes");
            return Ok(());
        }
        let staff = StaffId::from(event.userid.as_str());
        let customer = CustomerId::from(event.external_userid.as_str());
        let by_staff = Actor::Staff { userid: staff.clone() };
        let (what, by) = match &event.change {
            ContactChange::Added { state, welcome_code } => {
                let snapshot = self.snapshot_in_time(&customer).await?;
                let (state, welcome_code) = (state.clone(), welcome_code.clone());
                (
                    Happening::ContactAdded { staff, half: false, state, welcome_code, snapshot },
                    Actor::Customer,
                )
            }
            ContactChange::HalfAdded { state, welcome_code } => {
                let (state, welcome_code) = (state.clone(), welcome_code.clone());
                (
                    Happening::ContactAdded { staff, half: true, state, welcome_code, snapshot: None },
                    Actor::Customer,
                )
            }
            ContactChange::Edited => (Happening::ContactEdited { staff }, by_staff),
            ContactChange::DeletedByMember { source } => {
                let by_transfer = source.as_deref() == Some("DELETE_BY_TRANSFER");
                (Happening::ContactRemoved { staff, side: SideName::Staff, by_transfer }, by_staff)
            }
            ContactChange::DeletedByCustomer => {
                let what = Happening::ContactRemoved { staff, side: SideName::Customer, by_transfer: false };
                (what, Actor::Customer)
            }
            ContactChange::TransferFailed { .. } | ContactChange::ArchiveApproved { .. } => return Ok(()),
        };
        let signal = Signal { id: entry.id.as_str().into(), at, by, what };
        let handled = Box::pin(self.handle(&customer, signal)).await?;
        self.see_welcome_through(&customer, handled, entry.received_at.plus_secs(WELCOME_SECONDS)).await
    }

    /// The contact detail, if WeCom gives it quickly: so that the welcome knows the name.
    async fn snapshot_in_time(&self, customer: &CustomerId) -> Result<Option<Snapshot>, Error> {
        let began = self.store.load(customer).await?.file.map_or(0, |file| file.version);
        // The token first, and without a limit: a renewal cut short would leave its lease behind, and the welcome needs
        // the token anyway.
        if let Err(error) = self.access_token().await {
            tracing::warn!(%error, "no access token; the name has to wait");
            return Ok(None);
        }
        let fetch = Box::pin(self.fetch(customer.as_str(), began, Lane::Welcome));
        Ok(tokio::time::timeout(NAME_WAIT, fetch).await.ok().and_then(Result::ok))
    }

    /// A welcome that failed is tried again at once: minutes later it would be too late.
    async fn see_welcome_through(
        &self,
        customer: &CustomerId,
        mut handled: Handled,
        until: Timestamp,
    ) -> Result<(), Error> {
        loop {
            let next = handled.file.pending.iter().map(|work| work.attempt.until).min();
            let Some(next) = next.filter(|next| *next <= until) else { return Ok(()) };
            if !self.clock.wait_until(next).await {
                return Ok(());
            }
            handled = Box::pin(self.handle(customer, self.own_signal(Happening::Woken))).await?;
        }
    }
}
