//! Where callbacks come in: as much as is needed to keep an event, and no way to WeCom.

use std::sync::Arc;

use cloud::bus::Bus;
use store::{Claim, Store};
use wecom::event::Callback;

use crate::{App, Clock, Error};

/// What `callback` needs; it holds no secret of the app.
pub struct Intake {
    /// The inbox.
    pub store: Store,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Hands ids to `engine`.
    pub bus: Arc<dyn Bus>,
}

impl Intake {
    /// Claims an event. Durable once it returns; `true`: somebody has to process it (again).
    pub async fn accept(&self, id: &str, plain: &str) -> Result<bool, Error> {
        let now = self.clock.now();
        match self.store.claim(id, plain, now).await? {
            Claim::New => Ok(true),
            // A hint that is repeated asks again; a happening is known (T5), unless whoever claimed it may have died
            // before anybody heard of it: a welcome does not wait for the tick.
            Claim::Pending | Claim::Done if is_hint(plain) => Ok(self.store.ask_again(id, now).await?),
            Claim::Pending => Ok(true),
            Claim::Done => Ok(false),
        }
    }
}

fn is_hint(plain: &str) -> bool {
    Callback::parse(plain).is_ok_and(|callback| callback.event.is_hint())
}

impl From<Arc<App>> for Intake {
    fn from(app: Arc<App>) -> Self {
        Self { store: app.store.clone(), clock: Arc::clone(&app.clock), bus: Arc::clone(&app.bus) }
    }
}
