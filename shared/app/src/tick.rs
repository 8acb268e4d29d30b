//! The minute tick: a table of what is overdue or unfinished, and who deals with it. No logic of its own.

use std::collections::BTreeSet;

use domain::Timestamp;
use futures::{StreamExt as _, future::join, stream};
use store::{SHARDS, Store, WorkItem, WorkKind};

use crate::{App, Error, jobs, notice, people};

const BATCH: i32 = 100;
/// So many things are dealt with at a time: mostly they wait for the store and WeCom.
const AT_ONCE: usize = 8;
/// Nothing is begun after so long; what was under way then is given time to finish, beside the next tick if need be.
const BUDGET_SECONDS: i64 = 40;
/// Of that, waking may take so much: reminders and leftovers are not to wait for a backlog of customers.
const WAKE_SECONDS: i64 = 25;

impl App {
    /// Drains both indexes of everything due by now, as far as the time of a tick allows. One failing item does not
    /// hold up the others; the number of failures comes back.
    /// What greetings show is renewed beside all that: an upload takes longer than anything else, and nothing waits for
    /// it, nor it for a backlog.
    pub async fn tick(&self) -> Result<usize, Error> {
        let renewed = failed("greetings", stream::once(Box::pin(self.renew_greetings())));
        let (drained, renewed) = join(Box::pin(self.drain()), renewed).await;
        Ok(drained? + renewed)
    }

    /// The tick without what greetings show ([`App::renew_greetings`]), for who ticks to the second.
    pub async fn drain(&self) -> Result<usize, Error> {
        let now = self.clock.now();
        let (wake_end, end) = (now.plus_secs(WAKE_SECONDS), now.plus_secs(BUDGET_SECONDS));
        let mut failures = 0;
        // Everybody wakes before anybody is reminded: a reminder tells of all that is due.
        for (place, shard) in SHARDS.into_iter().enumerate() {
            failures += self.wake_all(shard, now, self.share(place, wake_end)).await?;
        }
        // Counters come last: a backlog of journals, as an import leaves it, holds up no reminder and no callback.
        let mut seen = BTreeSet::new();
        for folds in [false, true] {
            for (place, shard) in SHARDS.into_iter().enumerate() {
                failures += self.resume_all(shard, self.share(place, end), folds, &mut seen).await?;
            }
        }
        Ok(failures)
    }

    /// When the shard at `place` has had its share of the time until `end`: a slow one does not starve those behind it.
    fn share(&self, place: usize, end: Timestamp) -> Timestamp {
        let now = self.clock.now();
        let shards_left = i64::try_from(SHARDS.len() - place).unwrap_or(1);
        Timestamp::from_ms(now.ms() + (end.ms() - now.ms()).max(0) / shards_left)
    }

    async fn wake_all(&self, shard: &str, now: Timestamp, end: Timestamp) -> Result<usize, Error> {
        let mut failures = 0;
        let mut from = None;
        loop {
            let page = self.store.due(shard, now, BATCH, from.as_ref()).await?;
            let wake = |due: store::Due| async move { Box::pin(self.wake(&due.customer, None)).await };
            let due = self.until(end, page.items);
            failures += failed("wake", due.map(wake).buffer_unordered(AT_ONCE)).await;
            from = page.next;
            if from.is_none() || self.clock.now() >= end {
                return Ok(failures);
            }
        }
    }

    /// Goes on with what is unfinished in a shard and was not `seen`; with journals too, if it `folds`.
    async fn resume_all(
        &self,
        shard: &str,
        end: Timestamp,
        folds: bool,
        seen: &mut BTreeSet<(String, String)>,
    ) -> Result<usize, Error> {
        let mut failures = 0;
        loop {
            let unfinished = self.store.unfinished(shard, self.clock.now(), BATCH).await?;
            let fresh: Vec<WorkItem> = unfinished
                .into_iter()
                .filter(|item| folds || item.kind != WorkKind::Journal)
                .filter(|item| seen.insert((item.pk.clone(), item.sk.clone())))
                .collect();
            if fresh.is_empty() || self.clock.now() >= end {
                return Ok(failures);
            }
            let has_journals = fresh.iter().any(|item| item.kind == WorkKind::Journal);
            let resume = |item: WorkItem| async move { Box::pin(self.resume(&item)).await };
            failures += failed("work", self.until(end, fresh).map(resume).buffer_unordered(AT_ONCE)).await;
            if has_journals {
                failures += failed("fold", stream::once(Box::pin(self.fold()))).await;
            }
        }
    }

    /// The items, as long as there is time to begin with them.
    pub(crate) fn until<T>(&self, end: Timestamp, items: Vec<T>) -> impl stream::Stream<Item = T> {
        stream::iter(items).take_while(move |_| std::future::ready(self.clock.now() < end))
    }

    async fn resume(&self, item: &WorkItem) -> Result<(), Error> {
        match item.kind {
            WorkKind::Inbox => self.process_inbox(item.pk.strip_prefix("IN#").unwrap_or(&item.pk)).await,
            WorkKind::Slot => match Store::slot_of(&item.pk, &item.sk) {
                Some(slot) => self.flush_slot(&slot).await,
                None => Ok(()),
            },
            WorkKind::Job => match Store::job_of(&item.pk) {
                Some(job) => self.resume_job(&job).await,
                None => Ok(()),
            },
            WorkKind::Standing => match Store::standing_of(&item.pk) {
                Some(people::SYNC) => self.go_on_with_staff_sync().await,
                Some(jobs::NIGHTLY) => self.begin_nightly_comparison().await,
                Some(notice::NOTICES) => self.tell_notices().await,
                _ => Ok(()),
            },
            WorkKind::Journal => Ok(()),
        }
    }
}

/// Counts and tells failures.
async fn failed(what: &'static str, results: impl stream::Stream<Item = Result<(), Error>>) -> usize {
    let failures = results.filter_map(|result| async { result.err() });
    let told = failures.inspect(|error| tracing::warn!(%error, what, "left for the next tick"));
    told.count().await
}
