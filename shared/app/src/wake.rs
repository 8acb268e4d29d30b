//! A customer wakes: whatever of their timers is due, is dealt with.

use domain::{CustomerId, Happening};

use crate::{App, Error};

/// Rows owed may take several commits.
const ROUNDS: u32 = 30;

impl App {
    /// Wakes a customer. `generation` is the alarm's; a stale one does nothing. Early, late, duplicate and lost
    /// alarms do no harm.
    pub async fn wake(&self, customer: &CustomerId, generation: Option<u64>) -> Result<(), Error> {
        for round in 0..ROUNDS {
            let Some(file) = self.store.load(customer).await?.file else { return Ok(()) };
            if round == 0 && generation.is_some_and(|generation| generation != file.alarm.generation) {
                telemetry::metric!(stale_alarms = 1);
                return Ok(());
            }
            if file.wake_at.is_none_or(|at| at > self.clock.now()) {
                return Ok(());
            }
            Box::pin(self.handle(customer, self.own_signal(Happening::Woken))).await?;
        }
        Err(Error::Crowded { tries: ROUNDS })
    }
}
