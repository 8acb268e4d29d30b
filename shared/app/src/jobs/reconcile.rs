//! Comparing what WeCom holds with what is known. What differs is fetched, and what follows follows; too much of it
//! waits until an admin has decided (T7).

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    CustomerId, Happening, StaffId, Timestamp,
    difference::{Difference, difference},
};
use futures::{StreamExt as _, stream};
use store::{Decision, DifferenceKind, Found, ItemOutcome, ItemResult, Job, JobTrouble, Reading, Waiting};

use super::{
    Piece, is_last_try, pack,
    reading::{Page, Unheard},
};
use crate::{App, Class, Error, Lane, handle::Outcome};

/// More customers than this get no rules and SOPs by a comparison unless somebody decides so.
pub(super) const MOST_UNASKED: usize = 200;
/// Customers fetched in one piece: WeCom may take seconds for each, and whoever dies in a piece leaves all of it to be
/// done again.
const FETCHES: usize = 8;
/// Files read at once.
pub(super) const FILES: usize = 50;
/// So many are fetched at a time.
const AT_ONCE: usize = 4;
/// WeCom: nobody is friends with this customer any more.
const NO_RELATION: i64 = 84061;

/// What became of a customer who differed.
enum Mended {
    /// The journal entry of this version tells.
    By(u64),
    /// There was nothing to mend any more.
    Nothing,
    /// WeCom could not be asked now; the customer's own timer asks again.
    Later,
}

impl App {
    /// Compares the next page, looks for whom WeCom did not list, or fetches some of what differs.
    pub(super) async fn reconcile_page(
        &self,
        job: &Job,
        named: Option<&BTreeSet<StaffId>>,
        begun: bool,
        unheard: &mut Unheard,
    ) -> Result<Piece, Error> {
        let mut reading = match &job.reading {
            Some(reading) => reading.clone(),
            None => self.begin_comparison(job, named).await?,
        };
        let mut piece = Piece::without_results(job);
        let is_decided = reading.complete || job.decision.is_some();
        if is_decided && !reading.compared.waiting.is_empty() {
            self.fetch_some(job, &mut reading, &mut piece).await?;
        } else if reading.at.as_ref().is_some_and(|at| at.read) {
            self.look_for_lost(&mut reading).await?;
        } else if reading.complete {
            self.look_at_unserved(&mut reading).await?;
        } else if let Some(page) = self.read_on(&mut reading, named, is_last_try(job), unheard).await? {
            let found = self.compare(job, &page, begun, &mut reading, &mut piece).await?;
            let was_last = page.take_further(&mut reading);
            if let Some(at) = &mut reading.at {
                at.found = at.found.and(found);
                at.read = was_last;
            }
        }
        piece.counts = reading.found_so_far().into();
        piece.counts.failed += reading.compared.failed;
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
        let mut files = BTreeMap::new();
        for some in ids.chunks(FILES) {
            files.extend(self.store.load_many(some).await?.files);
        }
        let book = self.playbook().await?;
        let news_since = reading.news_since.unwrap_or(job.order.created_at);
        let mut found = Found { failed: page.unreadable, ..Found::default() };
        let (mut silent, mut differences) = (Vec::new(), store::Differences::default());
        for (customer, held) in &page.contacts {
            let file = match files.get(customer) {
                Some(Err(error)) => {
                    tracing::error!(%error, job = %job.id, "a customer's file could not be compared");
                    found.failed += 1;
                    let trouble = Some(JobTrouble::Broken);
                    piece.results.push(pack::unhandled(customer, ItemOutcome::Failed, trouble));
                    continue;
                }
                file => file.and_then(|file| file.as_ref().ok()),
            };
            let differs = difference(file, &page.staff, &held.relation, page.began(file), &book);
            let Some(differs) = differs else {
                found.unchanged += 1;
                continue;
            };
            let (count, kind) = match differs {
                Difference::Customer => (&mut differences.customers, DifferenceKind::Customer),
                Difference::Relation => (&mut differences.relations, DifferenceKind::Relation),
                Difference::Tags => (&mut differences.tags, DifferenceKind::Tags),
            };
            *count += 1;
            if differs.is_old_news(&held.relation, news_since) || job.decision == Some(Decision::Adopt) {
                differences.adopted += 1;
                silent.push(customer.clone());
            } else {
                *if file.is_none() { &mut found.new } else { &mut found.changed } += 1;
                reading.compared.waiting.entry(customer.clone()).or_default().kinds.insert(kind);
            }
        }
        if let Some(at) = &mut reading.at {
            at.differences = at.differences.and(differences);
        }
        let silently = self.take_over(job, page, &silent, begun, piece).await?;
        Ok(found.and(silently))
    }

    /// Fetches some of those who wait: to react, or, if so decided, silently. When WeCom cannot be asked, what has been
    /// done is written down first.
    async fn fetch_some(&self, job: &Job, reading: &mut Reading, piece: &mut Piece) -> Result<(), Error> {
        let some: Vec<CustomerId> = reading.compared.waiting.keys().take(FETCHES).cloned().collect();
        let silently = job.decision == Some(Decision::Adopt);
        let serving =
            self.serving(some.iter().filter_map(|customer| reading.compared.waiting.get(customer))).await?;
        for some in some.chunks(AT_ONCE) {
            let mending = |customer: &CustomerId| {
                let (customer, news_since) = (customer.clone(), reading.news_since);
                let mut waiting = reading.compared.waiting.get(&customer).cloned().unwrap_or_default();
                waiting.missing.retain(|staff| serving.contains(staff));
                async move {
                    let mended = if silently {
                        Box::pin(self.adopt_different(&customer, &waiting)).await
                    } else {
                        Box::pin(self.fetch_different(&customer, &waiting, news_since)).await
                    };
                    (customer, mended)
                }
            };
            let mended: Vec<_> = stream::iter(some.iter().map(mending)).buffered(AT_ONCE).collect().await;
            let mut held_up = None;
            for (customer, mended) in mended {
                let (outcome, entry, trouble) = match mended {
                    Ok(Mended::By(version)) => (ItemOutcome::Changed, Some(version), None),
                    Ok(Mended::Nothing) => (ItemOutcome::Unchanged, None, None),
                    Ok(Mended::Later) if !is_last_try(job) => {
                        held_up = Some(Error::Waits("WeCom to answer"));
                        continue;
                    }
                    Ok(Mended::Later) => (ItemOutcome::Failed, None, Some(JobTrouble::Busy)),
                    Err(error) if is_shut(&error) || error.class() == Class::Retry && !is_last_try(job) => {
                        held_up = Some(error);
                        continue;
                    }
                    Err(error) => {
                        tracing::error!(%error, job = %job.id, "a difference could not be mended");
                        (ItemOutcome::Failed, None, Some(pack::trouble(&error)))
                    }
                };
                let compared = &mut reading.compared;
                *match outcome {
                    ItemOutcome::Failed => &mut compared.failed,
                    _ if silently => &mut compared.found.adopted,
                    _ => &mut compared.fetched,
                } += 1;
                let waited = compared.waiting.remove(&customer).unwrap_or_default();
                let result = pack::unhandled(&customer, outcome, trouble);
                piece.results.push(ItemResult { entry, differed: waited.kinds, ..result });
            }
            if let Some(error) = held_up {
                return if piece.results.is_empty() { Err(error) } else { Ok(()) };
            }
        }
        Ok(())
    }

    /// Has the customer fetched, so that whatever follows follows.
    async fn fetch_different(
        &self,
        customer: &CustomerId,
        waiting: &Waiting,
        news_since: Option<Timestamp>,
    ) -> Result<Mended, Error> {
        let mut missing: Vec<Option<StaffId>> = waiting.missing.iter().cloned().map(Some).collect();
        if missing.is_empty() {
            if waiting.kinds.iter().all(|kind| *kind == DifferenceKind::Lost) {
                return Ok(Mended::Nothing);
            }
            missing.push(None);
        }
        let mut mended = Mended::Nothing;
        for missing in missing {
            let what = Happening::Compared { missing, news_since };
            let handled = Box::pin(self.handle_in_bulk(customer, self.own_signal(what))).await?;
            if handled.file.fetch.is_some() {
                return Ok(Mended::Later);
            }
            mended = handled.told.map_or(mended, Mended::By);
        }
        Ok(mended)
    }

    /// Takes over silently what the customer is like in WeCom. That somebody is not their friend any more is recorded as
    /// at any other time: no rule waits for it, and what ends for want of a friend could not go on.
    async fn adopt_different(&self, customer: &CustomerId, waiting: &Waiting) -> Result<Mended, Error> {
        let began = self.store.load(customer).await?.file.map_or(0, |file| file.version);
        let mut gone = waiting.missing.clone();
        let mut mended = Mended::Nothing;
        match self.fetch(customer.as_str(), began, Lane::Bulk).await {
            Ok(mut snapshot) => {
                gone.retain(|staff| !snapshot.relations.contains_key(staff));
                (snapshot.baseline, snapshot.adopt_known) = (true, true);
                let signal = self.own_signal(Happening::Fetched { snapshot });
                let handled = Box::pin(self.handle_in_bulk(customer, signal)).await?;
                if handled.outcome == Outcome::Committed {
                    mended = Mended::By(handled.version);
                }
            }
            Err(Error::WeCom(error)) if error.code() == Some(NO_RELATION) => {}
            Err(error) => return Err(error),
        }
        if gone.is_empty() {
            return Ok(mended);
        }
        let parted = Waiting { missing: gone, ..Waiting::default() };
        Box::pin(self.fetch_different(customer, &parted, None)).await
    }
}

/// Does WeCom not let anybody through now? Then it is nobody's own failure.
fn is_shut(error: &Error) -> bool {
    let Error::WeCom(error) = error else { return false };
    matches!(error, wecom::Error::Held { .. } | wecom::Error::TurnedAway { .. })
        || error.class() == wecom::Class::RateLimit
}

/// Are there more differences than may bring rules and SOPs unasked?
pub(super) fn is_undecided(job: &Job) -> bool {
    let waiting = job.reading.as_ref().map_or(0, |reading| reading.compared.waiting.len());
    job.decision.is_none() && waiting > MOST_UNASKED
}
