//! What the store remembers of customers added lately: whether WeCom called, and whether it gave welcome codes. A
//! sample, read by key: nothing is scanned.

use std::collections::BTreeMap;

use domain::{
    CustomerId, Happening, Method, StaffId, Timestamp,
    fact::What,
    file::{Outcome, SkipReason},
};
use store::{JournalEntry, Store};

use crate::Error;

/// Customers looked at, of each of two months.
const SAMPLE: i32 = 30;
/// The adding is among a customer's first commits: a message may come before it.
const FIRST_COMMITS: u64 = 3;

/// What customers added lately tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    /// Customers of the sample of whose adding WeCom told.
    pub told: u32,
    /// When it told of the latest of them.
    pub latest: Option<Timestamp>,
    /// Whether a welcome that was due had its code, by staff member.
    pub welcomes: BTreeMap<StaffId, Welcomes>,
}

/// Welcomes that were due, of one staff member's new customers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Welcomes {
    /// With a code from WeCom.
    pub with_code: u32,
    /// Without.
    pub without: u32,
}

impl Past {
    /// Looks at customers who were first added this month or last.
    pub async fn read(store: &Store, now: Timestamp) -> Result<Self, Error> {
        let mut past = Self::default();
        let this = now.utc().format("%Y%m").to_string();
        // Days of the month before are at most 31 back from its last one.
        let before = now.plus_days(-i64::from(chrono::Datelike::day(&now.utc())));
        for month in [this, before.utc().format("%Y%m").to_string()] {
            for row in store.rows(&format!("ADDED#{month}"), SAMPLE, None).await?.items {
                let customer = CustomerId::from(row.sk);
                for version in 1..=FIRST_COMMITS {
                    let Some(entry) = store.journal_entry(&customer, version).await? else { break };
                    past.take(&entry);
                }
            }
        }
        Ok(past)
    }

    fn take(&mut self, entry: &JournalEntry) {
        let Happening::ContactAdded { staff, .. } = &entry.signal.what else { return };
        self.told += 1;
        self.latest = self.latest.max(Some(entry.at));
        // Two SOPs may want the one code: the second goes without, and that is no fault of the console.
        let greets = |what: &What| matches!(what, What::Offered { method: Method::Welcome, .. });
        let lacks = |what: &What| {
            let outcome =
                |outcome: &Outcome| matches!(outcome, Outcome::Skipped { reason: SkipReason::NoCode, .. });
            matches!(what, What::Ended { outcome: ended, .. } if outcome(ended))
        };
        let facts = || entry.facts.iter().map(|fact| &fact.what);
        if facts().any(greets) {
            self.welcomes.entry(staff.clone()).or_default().with_code += 1;
        } else if facts().any(lacks) {
            self.welcomes.entry(staff.clone()).or_default().without += 1;
        }
    }
}
