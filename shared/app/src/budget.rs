//! WeCom's frequency limits, kept by all instances together: permits in blocks from the store, by lane, and silence
//! while WeCom blocks an API.
//!
//! WeCom allows any API of a corp 10,000 calls a minute and 150,000 an hour, and blocks it for as long as the window
//! that was exceeded. How its windows lie is not published, so the bucket holds for any: in no minute more calls than the
//! 7,000 of its depth and what drains in 70 s (permits are used within ten seconds), 9,766; in no hour more than 147,500.
//! Pictures with an address for good have a bucket of their own: the corp may upload 1,000 a day and 3,000 a month. So will
//! tickets, with the feature that fetches them.

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

/// What drains in an hour, and how much the bucket holds, in calls.
const PER_HOUR: i64 = 140_000;
const BURST: i64 = 7_000;

/// Whose limit is days long: this many at once, and so many more in each day.
const PICTURES: &str = "media/uploadimg";
const PICTURES_BURST: i64 = 900;
const PICTURES_PER_DAY: i64 = 65;

/// Permits in hand are good for so long; what WeCom's clock makes of a later call is another window.
const HELD_SECONDS: i64 = 10;

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
        let (block, bucket) = bucket_of(api, lane);
        let taken = self.store.take_permits(api, bucket, now).await?;
        if taken == Permits::Granted {
            let left = block - 1;
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

/// How many permits are taken at once, and from what.
fn bucket_of(api: &str, lane: Lane) -> (u32, Bucket) {
    if api == PICTURES {
        let cost_ms = 86_400_000 / PICTURES_PER_DAY;
        return (1, Bucket { cost_ms, depth_ms: PICTURES_BURST * cost_ms });
    }
    let cost = |permits: i64| permits * 3_600_000 / PER_HOUR;
    let block = lane.block();
    (block, Bucket { cost_ms: cost(i64::from(block)), depth_ms: cost(BURST) * lane.share() / 100 })
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
        // Whole milliseconds a block make the bucket drain a little faster than it says.
        for lane in Lane::ALL {
            let block_ms = i64::from(lane.block()) * 3_600_000 / PER_HOUR;
            let calls_in = |seconds: i64| {
                BURST + BURST / 100 + (seconds + HELD_SECONDS) * 1000 * i64::from(lane.block()) / block_ms
            };
            assert!(calls_in(60) < 10_000, "{}", calls_in(60));
            assert!(calls_in(3600) < 150_000, "{}", calls_in(3600));
        }
    }

    #[test]
    fn no_day_and_no_month_can_hold_more_pictures_than_the_corp_may_upload() {
        let (block, bucket) = bucket_of(PICTURES, Lane::Sop);
        let in_days = |days: i64| (bucket.depth_ms + days * 86_400_000) / bucket.cost_ms + 1;
        assert_eq!(block, 1);
        assert!(in_days(1) <= 1000 && in_days(31) <= 3000, "{} {}", in_days(1), in_days(31));
    }

    #[test]
    fn whoever_goes_first_may_fill_the_bucket_further() {
        let shares = Lane::ALL.map(Lane::share);
        assert!(shares.is_sorted_by(|a, b| a > b));
    }
}
