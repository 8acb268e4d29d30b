//! Invoked by the bus: turns inbox entries into signals and reactions, folds journal entries into counters, and goes on
//! with jobs.

use app::{App, Error};
use cloud::bus::{Message, MessageKind};

/// Deals with one message of the bus. Safe to repeat; an error leaves the work for the janitor.
pub async fn handle(app: &App, message: &Message) -> Result<(), Error> {
    match message.kind {
        MessageKind::Inbox => app.process_inbox(&message.id).await,
        MessageKind::Journal => app.fold().await,
        MessageKind::Job => app.run_job(&message.id.as_str().into()).await,
    }
}
