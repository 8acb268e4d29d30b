//! The minute tick: a table of what is overdue or unfinished, and who deals with it. No logic of its own.

use store::{SHARDS, Store, WorkItem, WorkKind};

use crate::{App, Error};

const BATCH: i32 = 100;

impl App {
    /// Drains both indexes of everything due by now. One failing item does not hold up the others; the number of
    /// failures comes back.
    pub async fn tick(&self) -> Result<usize, Error> {
        let mut failures = 0;
        // Everybody wakes before anybody is reminded: a reminder tells of all that is due.
        for shard in SHARDS {
            let now = self.clock.now();
            for due in self.store.due(shard, now, BATCH).await? {
                failures += usize::from(failed("wake", Box::pin(self.wake(&due.customer, None)).await));
            }
        }
        for shard in SHARDS {
            let unfinished = self.store.unfinished(shard, self.clock.now(), BATCH).await?;
            if unfinished.iter().any(|item| item.kind == WorkKind::Journal) {
                failures += usize::from(failed("fold", Box::pin(self.fold()).await));
            }
            for item in unfinished {
                failures += usize::from(failed("work", Box::pin(self.resume(&item)).await));
            }
        }
        Ok(failures)
    }

    async fn resume(&self, item: &WorkItem) -> Result<(), Error> {
        match item.kind {
            WorkKind::Inbox => self.process_inbox(item.pk.strip_prefix("IN#").unwrap_or(&item.pk)).await,
            WorkKind::Slot => match Store::slot_of(&item.pk, &item.sk) {
                Some(slot) => self.flush_slot(&slot).await,
                None => Ok(()),
            },
            WorkKind::Journal => Ok(()),
        }
    }
}

fn failed(what: &'static str, result: Result<(), Error>) -> bool {
    match result {
        Ok(()) => false,
        Err(error) => {
            tracing::warn!(%error, what, "left for the next tick");
            true
        }
    }
}
