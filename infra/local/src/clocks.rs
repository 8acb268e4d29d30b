//! Clocks of the runner: the machine's, or one that is moved by hand.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use app::Clock;
use async_trait::async_trait;
use domain::Timestamp;

/// A clock that stands until it is moved. It never goes back.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// Stands at `at`.
    #[must_use]
    pub fn at(at: Timestamp) -> Self {
        Self(AtomicI64::new(at.ms()))
    }

    /// Moves on to `at`; an earlier instant changes nothing.
    pub fn set(&self, at: Timestamp) {
        self.0.fetch_max(at.ms(), Ordering::SeqCst);
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.0.load(Ordering::SeqCst))
    }

    async fn pause(&self, _: Duration) {
        // Whoever is waited for gets a turn; time stands.
        tokio::task::yield_now().await;
    }

    async fn wait_until(&self, _: Timestamp) -> bool {
        false
    }
}

/// The product's clock, as the simulated WeCom sees it: there is one time.
pub(crate) struct OneTime(pub(crate) Arc<dyn Clock>);

impl wecom_sim::Clock for OneTime {
    fn now_ms(&self) -> i64 {
        self.0.now().ms()
    }
}
