//! One pack of a job: what happens to its customers, and what is written down of each.

use std::collections::{BTreeMap, BTreeSet};

use domain::{CustomerId, Fact, File, Happening, Signal, SignalId, TagId, Timestamp, What};
use sha2::{Digest as _, Sha256};
use store::{ItemOutcome, ItemResult, Job, JobId, JobKind, JobTrouble};

use super::{Piece, is_hopeless, is_last_try};
use crate::{
    App, Class, Error,
    commit_many::{Bulk, Fate},
};

/// WeCom is told of so many customers a second, by all jobs together: well below what the bulk lane is granted (38
/// calls). A minute's tick is to wake them beside everybody else: 300, eight at a time, in 25 s is two thirds of a second
/// for each. That this is enough on AWS is assumed, and has not been measured.
const CALLS_PER_SECOND: i64 = 5;
/// Of what was not done so much is kept with the result; the journal entry tells all.
const KEPT_REFUSALS: usize = 3;

impl App {
    /// Edits the tags of the pack at the job's cursor. `begun`: another worker may have done some of it.
    pub(super) async fn edit_tags(&self, edit: &Edit<'_>, begun: bool) -> Result<Piece, Error> {
        let job = edit.job;
        let customers = self.store.job_pack(&job.id, job.cursor).await?;
        let signal = edit.signals(self.clock.now());
        let bulk = Bulk { begun, ..edit.bulk(&customers, &signal) };
        if is_hopeless(job) {
            tracing::error!(job = %job.id, pack = job.cursor, "a pack in which every worker dies is given up");
            let mut done = self.done_before(edit, &bulk).await?;
            let given_up =
                |customer: &CustomerId| unhandled(customer, ItemOutcome::Failed, Some(JobTrouble::Broken));
            let result = |customer| done.remove(customer).unwrap_or_else(|| given_up(customer));
            return Ok(Piece::of(job, customers.iter().map(result).collect()));
        }
        let fates = Box::pin(self.commit_many(&bulk)).await?;
        let mut results = Vec::with_capacity(customers.len());
        for (customer, fate) in customers.iter().zip(fates) {
            results.push(match fate {
                Fate::Failed(error) if error.class() == Class::Retry && !is_last_try(job) => {
                    return Err(error);
                }
                fate => edit.result(customer, fate),
            });
        }
        Ok(Piece::of(job, results))
    }

    /// What a worker did of the pack at the job's cursor who did not come to write it down.
    pub(super) async fn left_behind(&self, job: &Job) -> Result<Vec<ItemResult>, Error> {
        let Some(edit) = Edit::of(job) else { return Ok(Vec::new()) };
        let customers = self.store.job_pack(&job.id, job.cursor).await?;
        let signal = edit.signals(self.clock.now());
        let mut done = self.done_before(&edit, &edit.bulk(&customers, &signal)).await?;
        Ok(customers.iter().filter_map(|customer| done.remove(customer)).collect())
    }

    async fn done_before(
        &self,
        edit: &Edit<'_>,
        bulk: &Bulk<'_>,
    ) -> Result<BTreeMap<CustomerId, ItemResult>, Error> {
        let all: Vec<usize> = (0..bulk.customers.len()).collect();
        let fates = self.fates_of_before(bulk, &all).await?.into_iter();
        let result = |(place, fate): (usize, Fate)| {
            let customer = &bulk.customers[place];
            (customer.clone(), edit.result(customer, fate))
        };
        Ok(fates.map(result).collect())
    }
}

/// A job that edits tags.
pub(super) struct Edit<'a> {
    pub(super) job: &'a Job,
    pub(super) add: &'a BTreeSet<TagId>,
    pub(super) remove: &'a BTreeSet<TagId>,
}

/// The same whenever the job comes to this customer. Ids of customers and staff are WeCom's: what is in them is not ours
/// to say, and a receipt is kept under what is before the first dot.
pub(super) fn signal_id(job: &JobId, whom: &str) -> SignalId {
    let hash = Sha256::digest(whom);
    format!("job-{job}-{}", hex::encode(&hash[..16])).into()
}

impl<'a> Edit<'a> {
    fn of(job: &'a Job) -> Option<Self> {
        match &job.order.what {
            JobKind::EditTags { add, remove } => Some(Self { job, add, remove }),
            JobKind::Import { .. } | JobKind::Reconcile { .. } => None,
        }
    }

    /// What happens to each customer.
    fn signals(&self, at: Timestamp) -> impl Fn(&CustomerId, Option<&File>) -> Signal + Sync + use<> {
        let (by, id) = (self.job.order.by.clone(), self.job.id.clone());
        let what =
            Happening::TagsEdited { add: self.add.clone(), remove: self.remove.clone(), expires_at: None };
        move |customer: &CustomerId, _: Option<&File>| {
            let id = signal_id(&id, customer.as_str());
            Signal { id, at, by: by.clone(), what: what.clone() }
        }
    }

    fn bulk<'b>(
        &'b self,
        customers: &'b [CustomerId],
        signal: &'b (dyn Fn(&CustomerId, Option<&File>) -> Signal + Sync),
    ) -> Bulk<'b> {
        Bulk {
            customers,
            signal,
            found: false,
            sight: self.job.order.sight.as_ref(),
            work_every_ms: 1000 / CALLS_PER_SECOND,
            begun: true,
            insist: is_last_try(self.job),
        }
    }

    fn result(&self, customer: &CustomerId, fate: Fate) -> ItemResult {
        let (outcome, trouble) = match fate {
            Fate::Handled(Some((version, facts))) => {
                let outcome = self.outcome(&facts);
                let own = facts.into_iter().filter(|fact| fact.because.is_none()).map(|fact| fact.what);
                let refusals = own.filter(is_refusal).take(KEPT_REFUSALS).collect();
                return ItemResult {
                    customer: customer.clone(),
                    outcome,
                    entry: Some(version),
                    refusals,
                    trouble: None,
                };
            }
            Fate::Handled(None) => (ItemOutcome::Unchanged, None),
            Fate::Unknown => (ItemOutcome::Refused, Some(JobTrouble::NotFound)),
            // Whoever may not see a customer does not learn that there is one.
            Fate::OutOfSight => (ItemOutcome::Refused, Some(JobTrouble::NotFound)),
            Fate::Failed(error) => {
                tracing::error!(%error, job = %self.job.id, "a customer of a job is written down as failed");
                (ItemOutcome::Failed, Some(trouble(&error)))
            }
        };
        unhandled(customer, outcome, trouble)
    }

    /// What the job itself did. What else the same commit brought does not count: what rules made of it, a step that was due,
    /// a tag that was deleted meanwhile, a card that a new board found.
    fn outcome(&self, facts: &[Fact]) -> ItemOutcome {
        let cause = |fact: &Fact| fact.because.and_then(|place| facts.get(usize::from(place)));
        // The tag of a stage comes and goes with the card that it moves.
        let is_move = |fact: &Fact| fact.because.is_none() && matches!(fact.what, What::Moved { .. });
        let of_the_job = |fact: &Fact| fact.because.is_none() || cause(fact).is_some_and(is_move);
        let is_change = |fact: &Fact| match &fact.what {
            What::Tagged { tag, .. } => self.add.contains(tag),
            What::Untagged { tag } => self.remove.contains(tag),
            _ => false,
        };
        if facts.iter().any(|fact| of_the_job(fact) && is_change(fact)) {
            ItemOutcome::Changed
        } else if facts.iter().any(|fact| fact.because.is_none() && is_refusal(&fact.what)) {
            ItemOutcome::Refused
        } else {
            ItemOutcome::Unchanged
        }
    }
}

pub(super) fn unhandled(
    customer: &CustomerId,
    outcome: ItemOutcome,
    trouble: Option<JobTrouble>,
) -> ItemResult {
    ItemResult { customer: customer.clone(), outcome, entry: None, refusals: Vec::new(), trouble }
}

const fn is_refusal(what: &What) -> bool {
    matches!(what, What::TagRefused { .. } | What::MoveRefused { .. })
}

/// What is kept of an error.
pub(super) fn trouble(error: &Error) -> JobTrouble {
    match error.class() {
        Class::Retry => JobTrouble::Busy,
        Class::Client if matches!(error, Error::WeCom(_)) => JobTrouble::WecomRefuses,
        Class::Client | Class::Bug => JobTrouble::Broken,
    }
}

#[cfg(test)]
mod tests {
    use domain::{Actor, fact::TagRefusal};
    use store::JobOrder;

    use super::*;

    fn fact(what: What, because: Option<u16>) -> Fact {
        Fact { what, because }
    }

    fn tags(ids: &[&str]) -> BTreeSet<TagId> {
        ids.iter().map(|id| TagId::from(*id)).collect()
    }

    #[test]
    fn only_what_the_job_itself_did_counts() {
        let what = JobKind::EditTags { add: tags(&["et1", "et2"]), remove: tags(&["et3"]) };
        let order = JobOrder {
            what,
            reason: None,
            by: Actor::Stepwise,
            origin: None,
            sight: None,
            created_at: Timestamp::from_ms(0),
            total: 1,
            fingerprint: String::new(),
        };
        let job = Job::new("j1".into(), order);
        let edit = Edit::of(&job).unwrap();
        let outcome = |facts: &[Fact]| edit.outcome(facts);
        let tagged = || What::Tagged { tag: "et1".into(), expires_at: None, found: false };
        let untagged = |tag: &str| What::Untagged { tag: tag.into() };
        let refused = || What::TagRefused { tag: "et2".into(), reason: TagRefusal::TooMany };
        let completed = || What::Completed { sop: "price".into(), n: 1 };
        assert_eq!(outcome(&[fact(tagged(), None), fact(refused(), None)]), ItemOutcome::Changed);
        assert_eq!(outcome(&[fact(untagged("et3"), None)]), ItemOutcome::Changed);
        assert_eq!(outcome(&[fact(refused(), None)]), ItemOutcome::Refused);
        assert_eq!(outcome(&[fact(completed(), None)]), ItemOutcome::Unchanged);
        assert_eq!(outcome(&[fact(completed(), None), fact(tagged(), Some(0))]), ItemOutcome::Unchanged);
        let moved = || What::Moved {
            board: "sales".into(),
            from: None,
            to: Some("price".into()),
            rev: 1,
            hidden: false,
            since_before: None,
        };
        assert_eq!(outcome(&[fact(moved(), None), fact(tagged(), Some(0))]), ItemOutcome::Changed);
        // A tag that was deleted meanwhile, and a card that a new board found.
        assert_eq!(outcome(&[fact(untagged("et9"), None)]), ItemOutcome::Unchanged);
        assert_eq!(outcome(&[fact(moved(), None), fact(untagged("et8"), Some(0))]), ItemOutcome::Unchanged);
        assert_eq!(outcome(&[fact(untagged("et9"), None), fact(refused(), None)]), ItemOutcome::Refused);
    }

    #[test]
    fn no_two_customers_share_a_receipt_whatever_is_in_their_ids() {
        let key = |customer: &str| signal_id(&"j1".into(), customer).key().to_owned();
        assert_ne!(key("wm.1"), key("wm.2"));
        assert_ne!(key("wmA"), key("wma"));
        assert_eq!(key("wm.1"), key("wm.1"));
    }
}
