//! Comparing what WeCom holds with what is known. What differs is fetched, and what follows follows; too much of it
//! waits until an admin has decided (T7).

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    CustomerId, File, Happening, StaffId,
    difference::{Difference, difference},
    playbook::HourMinute,
    timing,
};
use futures::{StreamExt as _, stream};
use store::{Decision, Found, ItemOutcome, ItemResult, Job, JobId, JobKind, Reading, Standing, Target};

use super::{
    NewJob, Piece, is_last_try, pack,
    reading::{Page, Unheard},
};
use crate::{App, Author, Class, Error, Lane};

/// What the nightly comparison is called as standing work.
pub(crate) const NIGHTLY: &str = "contacts";
/// When it begins, in the corp's zone: after the synchronisation of staff.
const NIGHTLY_AT: HourMinute = HourMinute::at(4, 0);
const AFTER_STAFF_MINUTES: i64 = 10;
/// More customers than this get no rules and SOPs by a comparison unless somebody decides so.
const MOST_UNASKED: usize = 200;
/// Customers fetched in one piece,
const FETCHES: usize = 50;
/// and at a time.
const AT_ONCE: usize = 4;

impl App {
    /// Compares the next page, or fetches some of what differs.
    pub(super) async fn reconcile_page(
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
        } else if let Some(page) = self.read_on(&mut reading, named, unheard).await? {
            let found = self.compare(job, &page, begun, &mut reading, &mut piece).await?;
            if let Some(at) = &mut reading.at {
                at.found = at.found.and(found);
            }
            page.take_further(&mut reading);
        }
        piece.counts = reading.found_so_far().into();
        piece.reading = Some(reading);
        Ok(piece)
    }

    async fn compare(
        &self,
        job: &Job,
        page: &Page,
        begun: bool,
        reading: &mut Reading,
        piece: &mut Piece,
    ) -> Result<Found, Error> {
        let ids: Vec<CustomerId> = page.contacts.keys().cloned().collect();
        let files = self.store.load_files(&ids).await?;
        let files: BTreeMap<&CustomerId, &File> = files.iter().map(|file| (&file.id, file)).collect();
        let (book, now) = (self.playbook().await?, self.clock.now());
        let mut found = Found { failed: page.unreadable, ..Found::default() };
        let (mut silent, mut differences) = (Vec::new(), store::Differences::default());
        for (customer, held) in &page.contacts {
            let file = files.get(customer).copied();
            let differs = difference(file, &page.staff, &held.relation, page.began(file), &book);
            let Some(differs) = differs else {
                found.unchanged += 1;
                continue;
            };
            match differs {
                Difference::Customer => differences.customers += 1,
                Difference::Relation => differences.relations += 1,
                Difference::Tags => differences.tags += 1,
            }
            if differs.is_old_news(&held.relation, now) || job.decision == Some(Decision::Adopt) {
                differences.adopted += 1;
                silent.push(customer.clone());
            } else {
                *if file.is_none() { &mut found.new } else { &mut found.changed } += 1;
                reading.compared.waiting.insert(customer.clone());
            }
        }
        if let Some(at) = &mut reading.at {
            at.differences = at.differences.and(differences);
        }
        let silently = self.take_over(job, page, &silent, begun, piece).await?;
        Ok(found.and(silently))
    }

    /// Fetches some of those who wait: to react, or, if so decided, silently.
    async fn fetch_some(&self, job: &Job, reading: &mut Reading, piece: &mut Piece) -> Result<(), Error> {
        let some: Vec<CustomerId> = reading.compared.waiting.iter().take(FETCHES).cloned().collect();
        let silently = job.decision == Some(Decision::Adopt);
        let fetching = |customer: CustomerId| async move {
            let fetched = Box::pin(self.fetch_different(&customer, silently)).await;
            (customer, fetched)
        };
        let mut fetched = stream::iter(some).map(fetching).buffered(AT_ONCE);
        while let Some((customer, fetched)) = fetched.next().await {
            let (outcome, trouble) = match fetched {
                Ok(()) => (ItemOutcome::Changed, None),
                Err(error) if error.class() == Class::Retry && !is_last_try(job) => return Err(error),
                Err(error) => {
                    tracing::error!(%error, job = %job.id, "a difference could not be mended");
                    (ItemOutcome::Failed, Some(pack::trouble(&error)))
                }
            };
            piece.results.push(ItemResult { ..pack::unhandled(&customer, outcome, trouble) });
            reading.compared.waiting.remove(&customer);
            *if silently { &mut reading.compared.found.adopted } else { &mut reading.compared.fetched } += 1;
        }
        Ok(())
    }

    async fn fetch_different(&self, customer: &CustomerId, silently: bool) -> Result<(), Error> {
        let what = if silently {
            let began = self.store.load(customer).await?.file.map_or(0, |file| file.version);
            let mut snapshot = match self.fetch(customer.as_str(), began, Lane::Bulk).await {
                Ok(snapshot) => snapshot,
                // Nobody's any more.
                Err(Error::WeCom(error)) if error.code() == Some(84061) => return Ok(()),
                Err(error) => return Err(error),
            };
            snapshot.baseline = true;
            Happening::Fetched { snapshot }
        } else {
            Happening::Compared { missing: None }
        };
        Box::pin(self.handle(customer, self.own_signal(what))).await.map(|_| ())
    }

    /// Lets a job that waits go on as somebody decided. The job as it is then; [`Error::Conflict`] if it does not wait.
    pub async fn decide_job(&self, id: &JobId, decision: Decision, author: &Author) -> Result<Job, Error> {
        let target = Target { kind: "job".into(), id: id.to_string() };
        let audit =
            author.origin.as_ref().map(|origin| self.audit_entry(&author.actor, origin, "decide", target));
        let decided = self.store.decide_job(id, decision, audit.as_ref(), &self.attempt_token()).await?;
        let job = self.store.job(id).await?;
        let job = job.ok_or_else(|| Error::NotFound(format!("job {:?}", id.as_str())))?;
        if decided {
            self.nudge(id).await;
        } else if job.decision != Some(decision) {
            return Err(Error::Conflict("it does not wait for a decision".into()));
        }
        Ok(job)
    }

    /// What has been taken over once is compared every night.
    pub(super) async fn compare_nightly(&self) -> Result<(), Error> {
        if self.store.standing(NIGHTLY).await?.is_none() {
            let zone = self.playbook().await?.settings.timezone;
            let at = timing::next_at(self.clock.now(), NIGHTLY_AT, zone);
            // Somebody may have been faster: then it is there.
            self.store.put_standing(NIGHTLY, &Standing { doc: "{}".into(), at, version: 1 }, None).await?;
        }
        Ok(())
    }

    /// From the tick: begins the night's comparison, once.
    pub(crate) async fn begin_nightly_comparison(&self) -> Result<(), Error> {
        let now = self.clock.now();
        let Some(standing) = self.store.standing(NIGHTLY).await?.filter(|standing| standing.at <= now) else {
            return Ok(());
        };
        let zone = self.playbook().await?.settings.timezone;
        let at = if self.staff_sync().await?.run.is_some() {
            now.plus_mins(AFTER_STAFF_MINUTES)
        } else {
            let night = timing::local(now, zone).format("%Y%m%d");
            let request = Some((JobId::from(format!("nightly{night}").as_str()), String::new()));
            let what = JobKind::Reconcile { staff: None };
            let new = NewJob { what, customers: Vec::new(), reason: None, sight: None, request };
            self.start_job(new, &Author::stepwise()).await?;
            timing::next_at(now, NIGHTLY_AT, zone)
        };
        let version = standing.version + 1;
        self.store.put_standing(NIGHTLY, &Standing { doc: standing.doc, at, version }, None).await?;
        Ok(())
    }
}

/// Are there more differences than may bring rules and SOPs unasked?
pub(super) fn is_undecided(job: &Job) -> bool {
    let waiting = job.reading.as_ref().map_or(0, |reading| reading.compared.waiting.len());
    job.decision.is_none() && waiting > MOST_UNASKED
}
