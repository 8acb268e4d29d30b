//! Taking over what WeCom holds, silently: a baseline, to which nothing reacts (T7).

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    CustomerId, File, Happening, Signal, StaffId,
    difference::{Difference, difference},
    signal::Snapshot,
};
use store::{Decision, DifferenceKind, Found, ItemOutcome, Job, JobKind, Queue, Reading};

use super::{
    Piece, is_last_try, pack,
    reading::{Page, Unheard},
    reconcile::FILES,
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
        let is_decided = reading.complete || job.decision.is_some();
        if is_decided && !reading.compared.waiting.is_empty() {
            self.fetch_some(job, &mut reading, &mut piece).await?;
        } else if let Some(at) = reading.at.as_ref().filter(|at| at.read) {
            self.note_read(job, at).await?;
            reading.end_of_staff();
        } else if let Some(page) = self.read_on(job, &mut reading, named, unheard).await? {
            let news = self.leave_news(job, &page, &mut reading).await?;
            let rest: Vec<CustomerId> =
                page.contacts.keys().filter(|customer| !news.contains(*customer)).cloned().collect();
            let found = self.take_over(job, &page, &rest, begun, &mut piece).await?;
            if let Some(at) = &mut reading.at {
                let unreadable = Found { failed: page.unreadable, ..Found::default() };
                at.found = at.found.and(found).and(unreadable);
            }
            let was_last = page.take_further(&mut reading);
            if let Some(at) = &mut reading.at {
                at.read = was_last;
            }
        }
        Ok(piece.with_reading(reading))
    }

    /// Who has become a friend since that member was last read, and nobody here knows of it: a newcomer whose callback was
    /// lost, and no baseline. They are fetched like what a comparison finds, and too many of them wait.
    async fn leave_news(
        &self,
        job: &Job,
        page: &Page,
        reading: &mut Reading,
    ) -> Result<BTreeSet<CustomerId>, Error> {
        let mut news = BTreeSet::new();
        let Some(at) = &mut reading.at else { return Ok(news) };
        let Some(news_since) = at.news_since.filter(|_| job.decision != Some(Decision::Adopt)) else {
            return Ok(news);
        };
        let young = page.contacts.iter().filter(|(_, held)| held.relation.createtime >= news_since);
        let young: Vec<CustomerId> = young.map(|(customer, _)| customer.clone()).collect();
        let book = self.playbook().await?;
        for some in young.chunks(FILES) {
            let files = self.store.load_many(some).await?.files;
            for customer in some {
                let Some(held) = page.contacts.get(customer) else { continue };
                // Whoever takes it over tells of a file that cannot be read.
                let Ok(file) = files.get(customer).map(Result::as_ref).transpose() else { continue };
                let differs = difference(file, &page.staff, &held.relation, page.began(file), &book);
                let (count, kind) = match differs {
                    Some(Difference::Customer) => (&mut at.differences.customers, DifferenceKind::Customer),
                    Some(Difference::Relation) => (&mut at.differences.relations, DifferenceKind::Relation),
                    Some(Difference::Tags) | None => continue,
                };
                *count += 1;
                *if file.is_none() { &mut at.found.new } else { &mut at.found.changed } += 1;
                let waiting = reading.compared.waiting.entry(customer.clone()).or_default();
                waiting.kinds.insert(kind);
                waiting.news_from(Some(news_since));
                news.insert(customer.clone());
            }
        }
        Ok(news)
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
        let is_compared = matches!(job.order.what, JobKind::Reconcile { .. });
        let (now, adopt_known) = (self.clock.now(), is_compared && job.decision == Some(Decision::Adopt));
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
            queue: Queue::Bulk,
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
