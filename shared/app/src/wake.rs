//! A customer wakes: whatever of their timers is due, is dealt with.

use domain::{
    CustomerId, File, Happening,
    file::{Alarm, Marking},
};

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
            let handled = Box::pin(self.handle(customer, self.own_signal(Happening::Woken))).await?;
            if was_decided_in_bulk(&file) {
                // Nobody has set a schedule for what was planned then.
                self.set_alarm(Alarm::default(), &handled.file).await;
            }
        }
        Err(Error::Crowded { tries: ROUNDS })
    }
}

/// Is there work that was put off by a commit of many?
fn was_decided_in_bulk(file: &File) -> bool {
    let mut markings = file.relations.values().filter_map(|relation| relation.marking.as_ref());
    markings.any(|Marking { attempt, .. }| attempt.is_put_off())
}
