//! Publishing journal entries and folding them into counters: exact, seconds late.

use std::collections::BTreeMap;

use cloud::bus::{Message, MessageKind};
use domain::{CustomerId, Timestamp, counters};
use store::{SHARDS, WorkKind};

use crate::{App, Error};

const LEASE: &str = "folder";
const LEASE_SECONDS: i64 = 30;
/// Entries and counters of one transaction stay below its 100 items.
const ENTRIES: usize = 40;
const MAX_ITEMS: usize = 90;
/// Fresh entries carry a retry time this far ahead; the folder takes them all the same.
const AHEAD_SECONDS: i64 = 120;

impl App {
    /// Tells the bus of new journal entries. Best effort: the janitor finds what was left.
    pub(crate) async fn publish(&self, customer: &CustomerId, versions: &[u64]) {
        let messages: Vec<Message> = versions
            .iter()
            .map(|version| Message { kind: MessageKind::Journal, id: format!("{customer}#{version}") })
            .collect();
        if messages.is_empty() {
            return;
        }
        if let Err(error) = self.bus.publish(&messages).await {
            tracing::warn!(%error, entries = messages.len(), "journal entries were not published; the janitor will");
        }
    }

    /// Folds every open journal entry, if nobody else is at it.
    pub async fn fold(&self) -> Result<(), Error> {
        let holder = self.attempt_token();
        let now = self.clock.now();
        if !self.store.lease(LEASE, &holder, now, now.plus_secs(LEASE_SECONDS)).await? {
            return Ok(());
        }
        let folded = self.fold_all(now).await;
        self.store.release(LEASE, &holder).await?;
        folded
    }

    async fn fold_all(&self, now: Timestamp) -> Result<(), Error> {
        for shard in SHARDS {
            while self.fold_some(shard, now).await? {}
        }
        Ok(())
    }

    /// Folds one transaction's worth. `false`: nothing was left, or the index is behind.
    async fn fold_some(&self, shard: &str, now: Timestamp) -> Result<bool, Error> {
        let limit = i32::try_from(ENTRIES).unwrap_or(i32::MAX);
        let found = self.store.unfinished(shard, now.plus_secs(AHEAD_SECONDS), limit).await?;
        let mut entries: Vec<(CustomerId, u64)> = Vec::new();
        let mut deltas: BTreeMap<String, i64> = BTreeMap::new();
        for item in found.iter().filter(|item| item.kind == WorkKind::Journal).take(ENTRIES) {
            let Some(open) = self.store.open_journal(&item.pk, &item.sk).await? else { continue };
            let more = counters::deltas(&open.entry.facts);
            let fresh = more.keys().filter(|name| !deltas.contains_key(*name)).count();
            if !entries.is_empty() && entries.len() + 1 + deltas.len() + fresh > MAX_ITEMS {
                break;
            }
            for (name, by) in more {
                *deltas.entry(name).or_insert(0) += by;
            }
            entries.push((open.customer, open.entry.version));
        }
        if entries.is_empty() {
            return Ok(false);
        }
        match self.store.fold(&entries, &deltas, &self.attempt_token()).await {
            Ok(()) => Ok(entries.len() >= ENTRIES || found.len() > entries.len()),
            // The index was behind, or the lease had run out: what is left will be found again.
            Err(store::Error::LostRace(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}
