use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use serde_json::Value;

use crate::config::Config;
use crate::crypto::Sealer;
use crate::ports::{Clock, Hooks, Outbound};
use crate::state::{Scene, World};
use crate::{api, control, page, signin};

/// A simulated WeCom. Clones share one world.
#[derive(Clone)]
pub struct Sim {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) config: Config,
    pub(crate) sealer: Sealer,
    pub(crate) outbound: Arc<dyn Outbound>,
    clock: Arc<dyn Clock>,
    hooks: Mutex<Option<Arc<dyn Hooks>>>,
    world: Mutex<World>,
    revision: AtomicU64,
    /// Held by whoever delivers: deliveries leave one at a time, in order.
    pub(crate) turn: tokio::sync::Mutex<()>,
    pub(crate) in_flight: AtomicUsize,
    pub(crate) calls_under_way: AtomicU64,
    pub(crate) clock_is_manual: Mutex<Option<bool>>,
}

impl Sim {
    /// A WeCom without people.
    ///
    /// # Panics
    /// If `callback_aes_key` is not 43 base64 characters: the runner checks its settings first.
    pub fn new(config: Config, clock: Arc<dyn Clock>, outbound: Arc<dyn Outbound>) -> Self {
        let sealer = Sealer::parse(&config.callback_aes_key, &config.callback_token, &config.corp_id)
            .expect("callback_aes_key has 43 base64 characters");
        let world = World::new(config.seed);
        Self {
            inner: Arc::new(Inner {
                config,
                sealer,
                outbound,
                clock,
                hooks: Mutex::new(None),
                world: Mutex::new(world),
                revision: AtomicU64::new(0),
                turn: tokio::sync::Mutex::new(()),
                in_flight: AtomicUsize::new(0),
                calls_under_way: AtomicU64::new(0),
                clock_is_manual: Mutex::new(None),
            }),
        }
    }

    /// Lends the runner's hooks to the control calls. Without them control calls answer unsettled.
    pub fn set_hooks(&self, hooks: Arc<dyn Hooks>) {
        *lock(&self.inner.hooks) = Some(hooks);
        *lock(&self.inner.clock_is_manual) = None;
    }

    /// `/sim/cgi-bin/*`, `/sim/control/*`, and the page at `/sim/`.
    pub fn router(&self) -> Router {
        Router::new()
            .merge(api::routes())
            .merge(control::routes())
            .merge(page::routes())
            .merge(signin::routes())
            .with_state(self.clone())
    }

    /// When (ms) the next delivery that waits, or the next thing that people are going to do, is due; it
    /// may be due already.
    pub fn next_event_at(&self) -> Option<i64> {
        self.look(|world, _| {
            [world.queue.next_due_ms(), world.schedule.next_due_ms()].into_iter().flatten().min()
        })
    }

    /// Whether no delivery is in flight. Deliveries may still wait: see [`Sim::next_event_at`].
    pub fn is_idle(&self) -> bool {
        self.inner.in_flight.load(Ordering::SeqCst) == 0
    }

    /// The whole state, for [`Sim::restore`]. A delivery in flight counts as not made.
    pub fn snapshot(&self) -> Value {
        self.look(|world, _| serde_json::to_value(world)).unwrap_or_default()
    }

    /// Puts a snapshot in place of the present state.
    ///
    /// # Errors
    /// If it is not a snapshot of this version; the present state stays.
    pub fn restore(&self, v: Value) -> Result<(), String> {
        let restored: World = serde_json::from_value(v)
            .map_err(|error| format!("not a snapshot of this simulator: {error}"))?;
        if !restored.is_readable() {
            return Err("the snapshot was written by another version of the simulator".to_owned());
        }
        self.act(|world, _| *world = restored);
        Ok(())
    }

    /// Rises with every change of the state.
    pub fn revision(&self) -> u64 {
        self.inner.revision.load(Ordering::SeqCst)
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.inner.clock.now_ms()
    }

    pub(crate) fn hooks(&self) -> Option<Arc<dyn Hooks>> {
        lock(&self.inner.hooks).clone()
    }

    /// Changes the world.
    pub(crate) fn act<T>(&self, change: impl FnOnce(&mut World, &Scene<'_>) -> T) -> T {
        let scene = self.scene();
        let mut world = lock(&self.inner.world);
        self.inner.revision.fetch_add(1, Ordering::SeqCst);
        change(&mut world, &scene)
    }

    /// Reads the world.
    pub(crate) fn look<T>(&self, read: impl FnOnce(&World, &Scene<'_>) -> T) -> T {
        let scene = self.scene();
        read(&lock(&self.inner.world), &scene)
    }

    fn scene(&self) -> Scene<'_> {
        Scene { now_ms: self.now_ms(), config: &self.inner.config, sealer: &self.inner.sealer }
    }
}

/// A panic while the lock was held is its own test's failure, not everybody's.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
