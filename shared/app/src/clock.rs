//! Time and randomness come from outside, so that a test can hold both.

use std::time::Duration;

use async_trait::async_trait;
use domain::Timestamp;

/// What time it is, and how to wait.
#[async_trait]
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;

    /// Waits a moment before another try: milliseconds, never minutes.
    async fn pause(&self, moment: Duration);

    /// Waits until `at`, a few seconds ahead. `false`: this clock does not wait; the wake index will bring the work
    /// back.
    async fn wait_until(&self, at: Timestamp) -> bool;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealClock;

#[async_trait]
impl Clock for RealClock {
    fn now(&self) -> Timestamp {
        #[expect(clippy::disallowed_methods, reason = "this is the clock")]
        let now = std::time::SystemTime::now();
        let since = now.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    async fn pause(&self, moment: Duration) {
        #[expect(clippy::disallowed_methods, reason = "this is the clock")]
        tokio::time::sleep(moment).await;
    }

    async fn wait_until(&self, at: Timestamp) -> bool {
        let ms = u64::try_from(at.ms() - self.now().ms()).unwrap_or(0);
        self.pause(Duration::from_millis(ms)).await;
        true
    }
}

/// Unpredictable bytes.
pub trait Entropy: Send + Sync {
    /// Sixteen of them.
    fn bytes16(&self) -> [u8; 16];
}

/// The operating system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn bytes16(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        #[expect(clippy::disallowed_methods, reason = "this is the entropy")]
        getrandom::fill(&mut bytes).expect("the operating system has randomness");
        bytes
    }
}
