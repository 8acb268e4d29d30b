//! Calls under way. The world is behind one lock, so that an endpoint by itself takes no time and no two
//! calls would ever meet: where concurrency is limited, a call therefore stays under way for a moment
//! before it is dealt with.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::sim::Sim;

/// One call, from its arrival until its answer; also when the caller goes away in between.
pub(crate) struct Flight<'a> {
    under_way: &'a AtomicU64,
    /// How many there were on arrival, this one included.
    abreast: u64,
    concurrency: Option<u64>,
    latency_ms: u64,
}

impl Sim {
    pub(crate) fn begin_call(&self) -> Flight<'_> {
        let (concurrency, latency_ms) =
            self.look(|world, _| (world.limits.concurrency, world.limits.latency_ms));
        let under_way = &self.inner.calls_under_way;
        let abreast = under_way.fetch_add(1, Ordering::SeqCst) + 1;
        Flight { under_way, abreast, concurrency, latency_ms }
    }
}

impl Flight<'_> {
    pub(crate) fn is_one_too_many(&self) -> bool {
        self.concurrency.is_some_and(|most| self.abreast > most)
    }

    /// Stays under way: for the latency, which is real time; without one just long enough for calls that
    /// set out together to arrive, so that tests need not wait.
    pub(crate) async fn linger(&self) {
        if self.latency_ms > 0 {
            #[expect(
                clippy::disallowed_methods,
                reason = "the network's slowness, which no clock port knows"
            )]
            tokio::time::sleep(Duration::from_millis(self.latency_ms)).await;
        } else if self.concurrency.is_some() {
            tokio::task::yield_now().await;
        }
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        self.under_way.fetch_sub(1, Ordering::SeqCst);
    }
}
