//! Publishing journal entries and folding them into counters: exact, seconds late.

use std::collections::BTreeMap;

use cloud::bus::{Message, MessageKind};
use domain::{CustomerId, Timestamp, counters};
use store::{Folding, SHARDS};

use crate::{App, Error};

const LEASE: &str = "folder";
const LEASE_SECONDS: i64 = 30;
/// What one transaction may take.
const SPARE_SECONDS: i64 = 5;
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
        let now = self.clock.now();
        if !self.is_anything_open(now).await? {
            return Ok(());
        }
        let holder = self.attempt_token();
        if !self.store.lease(LEASE, &holder, now, now.plus_secs(LEASE_SECONDS)).await? {
            return Ok(());
        }
        let folded = self.fold_all(now).await;
        self.store.release(LEASE, &holder).await?;
        folded
    }

    /// Of a burst of messages the first fold takes all: the others need no lease, which costs writes also when it is
    /// refused.
    async fn is_anything_open(&self, now: Timestamp) -> Result<bool, Error> {
        for shard in SHARDS {
            if !self.store.unfolded(shard, now.plus_secs(AHEAD_SECONDS), 1).await?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn fold_all(&self, now: Timestamp) -> Result<(), Error> {
        let mut outcome = Ok(());
        // A backlog takes several turns: whoever goes on behind the end of the lease meets the next one.
        let end = now.plus_secs(LEASE_SECONDS - SPARE_SECONDS);
        for shard in SHARDS {
            // What cannot be folded in one shard does not hold up the others.
            while self.clock.now() < end
                && self.fold_some(shard, now).await.unwrap_or_else(|error| {
                    outcome = Err(error);
                    false
                })
            {}
        }
        outcome
    }

    /// Folds one transaction's worth. `false`: nothing was left, or the index is behind.
    async fn fold_some(&self, shard: &str, now: Timestamp) -> Result<bool, Error> {
        let limit = i32::try_from(ENTRIES).unwrap_or(i32::MAX);
        let found = self.store.unfolded(shard, now.plus_secs(AHEAD_SECONDS), limit).await?;
        let mut entries: Vec<Folding> = Vec::new();
        let mut deltas: BTreeMap<String, i64> = BTreeMap::new();
        let mut whole = true;
        for item in &found {
            let Some(open) = self.store.open_journal(&item.pk, &item.sk).await? else { continue };
            let mut more = counters::deltas(&open.entry.facts);
            more.extend(open.entry.gauges);
            more.retain(|name, _| open.folded_to.as_ref().is_none_or(|folded| name > folded));
            let fresh = more.keys().filter(|name| !deltas.contains_key(*name)).count();
            let room = MAX_ITEMS.saturating_sub(entries.len() + 1 + deltas.len());
            if fresh > room && !entries.is_empty() {
                break;
            }
            // An entry that moves more counters than one transaction holds is folded in parts.
            whole = fresh <= room;
            let part: Vec<(String, i64)> =
                more.into_iter().take(if whole { usize::MAX } else { room }).collect();
            let to = part.last().filter(|_| !whole).map(|(name, _)| name.clone());
            for (name, by) in part {
                *deltas.entry(name).or_insert(0) += by;
            }
            let (customer, version) = (open.customer, open.entry.version);
            entries.push(Folding { customer, version, from: open.folded_to, to });
            if !whole {
                break;
            }
        }
        if entries.is_empty() {
            return Ok(false);
        }
        match self.store.fold(&entries, &deltas, now, &self.attempt_token()).await {
            Ok(()) => Ok(!whole || entries.len() >= ENTRIES || found.len() > entries.len()),
            // The index was behind, or the lease had run out: what is left will be found again.
            Err(store::Error::LostRace(_)) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}
