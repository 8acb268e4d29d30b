//! Invoked by EventBridge Scheduler: a customer's next step is due.

use app::{App, Error};
use cloud::alarm::Woken;

/// Wakes the customer, unless the alarm is stale. Early, late, duplicate and lost alarms do no harm.
pub async fn handle(app: &App, woken: &Woken) -> Result<(), Error> {
    app.wake(&woken.customer.as_str().into(), Some(woken.generation)).await
}
