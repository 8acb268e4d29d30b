//! WeCom's frequency limits, kept by all instances together: permits in blocks from the store, by lane, and silence
//! while WeCom blocks an API.
//!
//! WeCom allows any API of a corp 10,000 calls a minute and 150,000 an hour, and blocks it for as long as the window
//! that was exceeded. How its windows lie is not published, so the bucket holds for any: in no minute more than 7,000
//! (the depth) and 2,334 (what drains meanwhile), in no hour more than 7,000 and 140,000.

mod gate;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::Timestamp;
use store::{Bucket, Permits, Store};

use crate::{Clock, Error};
use gate::Gate;

/// Who calls: the first goes before all others when calls run short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// A greeting that lives for 20 seconds.
    Welcome,
    /// Somebody waits for it, at a console or a phone.
    Interactive,
    /// Due at its hour.
    Sop,
    /// Imports and jobs: what is left over.
    Bulk,
}

impl Lane {
    const ALL: [Self; 4] = [Self::Welcome, Self::Interactive, Self::Sop, Self::Bulk];

    /// How far this lane may fill the bucket, in percent: the rest is kept for those before it.
    const fn share(self) -> i64 {
        match self {
            Self::Welcome => 100,
            Self::Interactive => 90,
            Self::Sop => 75,
            Self::Bulk => 50,
        }
    }

    /// Permits taken at once. Unused ones are lost, so whoever calls seldom takes few.
    const fn block(self) -> u32 {
        match self {
            Self::Welcome | Self::Interactive => 5,
            Self::Sop => 10,
            Self::Bulk => 50,
        }
    }
}

/// What WeCom allows of one API.
#[derive(Clone, Copy)]
struct Rate {
    per_hour: i64,
    /// At once, on top.
    burst: i64,
}

const USUAL: Rate = Rate { per_hour: 140_000, burst: 7_000 };

/// APIs with limits of their own.
const fn rate_of(api: &str) -> Rate {
    match api.as_bytes() {
        // 400 an hour for a corp.
        b"get_jsapi_ticket" => Rate { per_hour: 300, burst: 60 },
        // 100 an hour for an app.
        b"ticket/get" => Rate { per_hour: 70, burst: 20 },
        // 1,000 a day and 3,000 a month for a corp.
        b"media/uploadimg" => Rate { per_hour: 30, burst: 200 },
        _ => USUAL,
    }
}

/// Permits in hand are good for so long; what WeCom's clock makes of a later call is another window.
const HELD_SECONDS: i64 = 30;

struct Held {
    left: u32,
    until: Timestamp,
}

/// The permits of one process.
pub(crate) struct Budget {
    store: Store,
    clock: Arc<dyn Clock>,
    held: Mutex<BTreeMap<(String, Lane), Held>>,
}

impl Budget {
    pub(crate) fn new(store: Store, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, held: Mutex::default() }
    }

    /// A permit for one call; `Wait`: not before then.
    async fn permit(&self, api: &str, lane: Lane) -> Result<Permits, Error> {
        let now = self.clock.now();
        if self.use_held(api, lane, now) {
            return Ok(Permits::Granted);
        }
        let Rate { per_hour, burst } = rate_of(api);
        let cost = |permits: i64| permits * 3_600_000 / per_hour;
        let depth_ms = cost(burst) * lane.share() / 100;
        // A block must fit into a small bucket several times.
        let block = i64::from(lane.block()).min((burst / 20).max(1));
        let bucket = Bucket { cost_ms: cost(block), depth_ms };
        let taken = self.store.take_permits(api, bucket, now).await?;
        if taken == Permits::Granted {
            let left = u32::try_from(block).unwrap_or(1) - 1;
            let until = now.plus_secs(HELD_SECONDS);
            self.held().insert((api.to_owned(), lane), Held { left, until });
        }
        Ok(taken)
    }

    fn use_held(&self, api: &str, lane: Lane, now: Timestamp) -> bool {
        let mut held = self.held();
        let Some(held) =
            held.get_mut(&(api.to_owned(), lane)).filter(|held| held.until > now && held.left > 0)
        else {
            return false;
        };
        held.left -= 1;
        true
    }

    /// WeCom has said that the API is called too often.
    pub(crate) async fn blocked(&self, api: &str) {
        self.held().retain(|(held, _), _| held != api);
        match self.store.block_api(api, self.clock.now()).await {
            Ok(until) => tracing::warn!(api, until = %until, "WeCom limits this API; it is left alone"),
            Err(error) => tracing::warn!(api, %error, "a limit of WeCom's could not be noted"),
        }
    }

    fn held(&self) -> std::sync::MutexGuard<'_, BTreeMap<(String, Lane), Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A client for each lane; all of them ask the budget before they call.
pub(crate) struct Lanes([wecom::Client; 4]);

impl Lanes {
    pub(crate) fn new(client: &wecom::Client, budget: &Arc<Budget>) -> Self {
        Self(Lane::ALL.map(|lane| {
            client.through(|transport| Arc::new(Gate { transport, budget: Arc::clone(budget), lane }))
        }))
    }

    pub(crate) fn of(&self, lane: Lane) -> &wecom::Client {
        let [welcome, interactive, sop, bulk] = &self.0;
        match lane {
            Lane::Welcome => welcome,
            Lane::Interactive => interactive,
            Lane::Sop => sop,
            Lane::Bulk => bulk,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_minute_and_no_hour_can_hold_more_than_wecom_allows_however_its_windows_lie() {
        let Rate { per_hour, burst } = USUAL;
        assert!(burst + per_hour.div_euclid(60) < 10_000);
        assert!(burst + per_hour <= 150_000);
        let tickets = rate_of("get_jsapi_ticket");
        assert!(tickets.burst + tickets.per_hour <= 400);
        let tickets = rate_of("ticket/get");
        assert!(tickets.burst + tickets.per_hour <= 100);
        let images = rate_of("media/uploadimg");
        assert!(images.burst + 24 * images.per_hour <= 1000);
    }

    #[test]
    fn whoever_goes_first_may_fill_the_bucket_further() {
        let shares = Lane::ALL.map(Lane::share);
        assert!(shares.is_sorted_by(|a, b| a > b));
    }
}
