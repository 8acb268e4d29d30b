//! Taking over what WeCom holds, silently: a baseline, to which nothing reacts (T7).

use std::collections::{BTreeMap, BTreeSet};

use domain::{CustomerId, File, Happening, Signal, StaffId, signal::Snapshot};
use store::{Decision, Found, ItemOutcome, Job};

use super::{
    Piece, is_last_try, pack,
    reading::{Page, Unheard},
};
use crate::{
    App, Class, Error,
    commit_many::{Bulk, Fate},
};

impl App {
    /// Takes over the next page.
    pub(super) async fn import_page(
        &self,
        job: &Job,
        named: Option<&BTreeSet<StaffId>>,
        begun: bool,
        unheard: &mut Unheard,
    ) -> Result<Piece, Error> {
        if job.reading.is_none() {
            self.refresh_tags().await?;
        }
        let mut reading = job.reading.clone().unwrap_or_default();
        let mut piece = Piece::without_results(job);
        let insist = is_last_try(job);
        if let Some(page) = self.read_on(&mut reading, named, insist, unheard).await? {
            let found = self.take_over(job, &page, &page.customers(), begun, &mut piece).await?;
            if let Some(at) = &mut reading.at {
                let unreadable = Found { failed: page.unreadable, ..Found::default() };
                at.found = at.found.and(found).and(unreadable);
            }
            if page.take_further(&mut reading) {
                reading.end_of_staff();
            }
        }
        piece.counts = reading.found_so_far().into();
        piece.reading = Some(reading);
        Ok(piece)
    }

    /// Takes over what the page says of these customers, as it is.
    pub(super) async fn take_over(
        &self,
        job: &Job,
        page: &Page,
        customers: &[CustomerId],
        begun: bool,
        piece: &mut Piece,
    ) -> Result<Found, Error> {
        let (now, adopt_known) = (self.clock.now(), job.decision == Some(Decision::Adopt));
        let signal = |customer: &CustomerId, file: Option<&File>| Signal {
            // No userid has a slash.
            id: pack::signal_id(&job.id, &format!("{}/{customer}", page.staff)),
            at: now,
            by: job.order.by.clone(),
            what: Happening::Fetched { snapshot: Snapshot { adopt_known, ..page.baseline(customer, file) } },
        };
        let bulk = Bulk {
            customers,
            signal: &signal,
            found: true,
            sight: None,
            work_every_ms: 0,
            begun,
            insist: is_last_try(job),
        };
        let fates = Box::pin(self.commit_many(&bulk)).await?;
        let mut found = Found::default();
        for (customer, fate) in customers.iter().zip(fates) {
            match fate {
                Fate::Handled(Some((version, _))) => {
                    // The first entry of a file is what made it.
                    *if version == 1 { &mut found.new } else { &mut found.changed } += 1;
                    piece.last = Some((customer.clone(), version));
                }
                Fate::Handled(None) | Fate::Unknown | Fate::OutOfSight => found.unchanged += 1,
                Fate::Failed(error) if error.class() == Class::Retry && !is_last_try(job) => {
                    return Err(error);
                }
                Fate::Failed(error) => {
                    tracing::error!(%error, job = %job.id, "a contact could not be imported");
                    found.failed += 1;
                    let trouble = Some(pack::trouble(&error));
                    piece.results.push(pack::unhandled(customer, ItemOutcome::Failed, trouble));
                }
            }
        }
        Ok(found)
    }
}

impl Page {
    fn customers(&self) -> Vec<CustomerId> {
        self.contacts.keys().cloned().collect()
    }

    /// What it says of a customer, as something that has been there all along.
    fn baseline(&self, customer: &CustomerId, file: Option<&File>) -> Snapshot {
        let mut snapshot = Snapshot { began: self.began(file), baseline: true, ..Snapshot::default() };
        if let Some(held) = self.contacts.get(customer) {
            snapshot.profile.clone_from(&held.profile);
            snapshot.relations = BTreeMap::from([(self.staff.clone(), held.relation.clone())]);
        }
        snapshot
    }
}
