//! Invoked every minute: whatever is overdue or unfinished is dealt with now.

use app::{App, Error};
use serde::Deserialize;

/// The schedule's input; it says nothing.
#[derive(Debug, Default, Deserialize)]
pub struct Tick {}

/// One pass over both indexes. What fails is left for the next.
pub async fn handle(app: &App, _: &Tick) -> Result<(), Error> {
    let failures = app.tick().await?;
    if failures > 0 {
        telemetry::metric!(janitor_failures = failures);
    }
    Ok(())
}
