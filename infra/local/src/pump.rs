//! What Lambda, EventBridge and the minute tick do on AWS: calls the functions when there is something for them.

use std::{sync::Arc, time::Duration};

use app::App;
use cloud::{blob::local::Local, bus::MessageKind};
use domain::Timestamp;
use store::{SHARDS, WorkKind};
use tokio::{task::JoinSet, time::timeout};
use wecom_sim::Sim;

use crate::{ManualClock, bus::Traffic, embedded::Embedded};

/// Messages handled at once.
const WORKERS: usize = 16;
/// Without any progress for so long, settling gives up and says what is open.
const PATIENCE: Duration = Duration::from_secs(10);
/// Entries of the future that settling finishes all the same: the safety times of what is under way.
const SAFETY_SECONDS: i64 = 120;
/// Rounds of the same instant; more means that something fails again and again.
const ROUNDS: u32 = 60;
const TICK: Duration = Duration::from_secs(60);
/// So often somebody looks whether what greetings show is to be renewed.
const RENEWALS: Duration = Duration::from_secs(2);
const SWEEP_EVERY_TICKS: u32 = 10;

/// Which clock drives the process.
#[derive(Clone)]
pub(crate) enum Drive {
    Real,
    Manual(Arc<ManualClock>),
}

/// Drives the functions.
pub(crate) struct Pump {
    pub(crate) app: Arc<App>,
    pub(crate) sim: Option<Sim>,
    pub(crate) traffic: Arc<Traffic>,
    pub(crate) drive: Drive,
    pub(crate) engine: Embedded,
    pub(crate) blobs: Arc<Local>,
}

impl Pump {
    /// Hands queued messages to `engine`, for ever.
    pub(crate) async fn work(self: Arc<Self>) {
        let mut tasks = JoinSet::new();
        loop {
            while tasks.len() < WORKERS {
                let Some((message, running)) = self.traffic.next() else { break };
                let (app, traffic) = (Arc::clone(&self.app), Arc::clone(&self.traffic));
                tasks.spawn(async move {
                    if let Err(error) = engine::handle(&app, &message).await {
                        tracing::warn!(%error, kind = ?message.kind, "left for the janitor");
                    }
                    if message.kind == MessageKind::Job {
                        // It leaves timers behind, and sets no alarms.
                        traffic.armed.notify_one();
                    }
                    drop(running);
                });
            }
            tokio::select! {
                biased;
                () = self.traffic.queued.notified() => {}
                Some(done) = tasks.join_next(), if !tasks.is_empty() => {
                    if let Err(panic) = done {
                        tracing::error!(%panic, "a handler panicked; its work is left for the janitor");
                    }
                }
            }
        }
    }

    /// With the machine's clock: wakes whoever is due, to the second, and ticks every minute. For ever.
    pub(crate) async fn keep_time(self: Arc<Self>) {
        tokio::join!(self.keep_ticking(), self.keep_greetings());
    }

    /// Renews what greetings show, beside the ticks: no timer waits for an upload.
    async fn keep_greetings(&self) {
        loop {
            let running = self.traffic.begin();
            if let Err(error) = self.app.renew_greetings().await {
                tracing::warn!(%error, "what greetings show is renewed later");
            }
            drop(running);
            self.app.clock.pause(RENEWALS).await;
        }
    }

    async fn keep_ticking(&self) {
        let mut ticks = 0_u32;
        loop {
            let failures = self.run_due(self.app.drain()).await;
            ticks = ticks.wrapping_add(1);
            if ticks.is_multiple_of(SWEEP_EVERY_TICKS) {
                let engine = self.engine.clone();
                let _ = tokio::task::spawn_blocking(move || engine.sweep()).await;
                if let Err(error) = self.blobs.sweep(self.app.clock.now().ms()).await {
                    tracing::warn!(%error, "abandoned uploads were not removed");
                }
            }
            let next = self.until_next().await;
            // What is still due after a pass fails, or is somebody else's: it is not asked for at once again.
            let stuck = failures > 0 || next.is_zero();
            let floor = if stuck { Duration::from_secs(2) } else { Duration::from_millis(20) };
            let wait = next.clamp(floor, TICK);
            tokio::select! {
                biased;
                () = self.traffic.armed.notified() => self.app.clock.pause(Duration::from_millis(20)).await,
                () = self.app.clock.pause(wait) => {}
            }
        }
    }

    async fn until_next(&self) -> Duration {
        let Some(next) = self.next_due().await else { return TICK };
        Duration::from_millis(u64::try_from(next.ms() - self.app.clock.now().ms()).unwrap_or(0))
    }

    /// When something is due next, in the store or in the simulated WeCom; `None`: nothing is, or the store does not answer.
    pub(crate) async fn next_due(&self) -> Option<Timestamp> {
        let stored = self.app.store.next_due().await.ok().flatten();
        stored.into_iter().chain(self.sim_next()).min()
    }

    fn sim_next(&self) -> Option<Timestamp> {
        self.sim.as_ref().and_then(Sim::next_event_at).map(Timestamp::from_ms)
    }

    /// Deals with everything due by now, as this tick does; the number of failures.
    async fn run_due(&self, tick: impl Future<Output = Result<usize, app::Error>>) -> usize {
        let running = self.traffic.begin();
        if let Some(sim) = &self.sim {
            sim.run_due().await;
        }
        let failures = match tick.await {
            Ok(failures) => failures,
            Err(error) => {
                tracing::warn!(%error, "the tick could not read the indexes");
                1
            }
        };
        drop(running);
        failures
    }

    /// Returns when nothing is under way, queued, unfinished or due. Fails, and says what is open, after ten seconds
    /// without progress.
    pub(crate) async fn settle(&self) -> Result<(), String> {
        let mut progress = self.traffic.progress();
        for _ in 0..ROUNDS {
            while !(self.traffic.is_still() && self.sim.as_ref().is_none_or(Sim::is_idle)) {
                if timeout(PATIENCE, progress.changed()).await.is_err() {
                    return Err(format!("not settled: {}", self.traffic.describe()));
                }
            }
            if !self.finish_something().await.map_err(|error| error.to_string())? {
                return Ok(());
            }
        }
        Err(format!(
            "not settled: the same work fails again and again; next due {:?}",
            self.app.store.next_due().await
        ))
    }

    /// Deals with what is due or was left behind. `false`: there was nothing.
    async fn finish_something(&self) -> Result<bool, app::Error> {
        let now = self.app.clock.now();
        let store = &self.app.store;
        if self.sim_next().is_some_and(|at| at <= now) {
            self.run_due(self.app.tick()).await;
            return Ok(true);
        }
        for shard in SHARDS {
            if !store.due(shard, now, 1, None).await?.items.is_empty()
                || !store.unfinished(shard, now, 1).await?.is_empty()
            {
                self.run_due(self.app.tick()).await;
                return Ok(true);
            }
            let soon = store.unfinished(shard, now.plus_secs(SAFETY_SECONDS), 50).await?;
            if soon.iter().any(|item| item.kind == WorkKind::Journal) {
                self.app.fold().await?;
                return Ok(true);
            }
            for item in soon.iter().filter(|item| item.kind == WorkKind::Inbox) {
                let id = item.pk.trim_start_matches("IN#");
                // One that failed waits for its next try; one that nobody has heard of is processed now.
                let fresh = store.inbox_entry(id).await?.is_some_and(|entry| !entry.done && entry.tries == 0);
                if fresh {
                    self.app.process_inbox(id).await?;
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Moves the manual clock from event to event until `to`; everything that falls due happens, in order.
    pub(crate) async fn advance(&self, to: Timestamp) -> Result<(), String> {
        let Drive::Manual(clock) = &self.drive else {
            return Err("the clock is real; start with --clock manual".into());
        };
        loop {
            self.settle().await?;
            let stored = self.app.store.next_due().await.map_err(|error| error.to_string())?;
            let next = stored.into_iter().chain(self.sim_next()).min();
            match next.filter(|next| *next <= to) {
                Some(next) => clock.set(next),
                None => break,
            }
        }
        clock.set(to);
        self.settle().await
    }
}
