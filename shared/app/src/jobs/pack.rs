//! One pack of a job: what happens to its customers, and what is written down of each.

use domain::{CustomerId, Fact, File, Happening, Signal, What};
use store::{ItemOutcome, ItemResult, Job, JobTrouble};

use super::{Piece, is_last_try};
use crate::{
    App, Class, Error,
    commit_many::{Bulk, Fate},
};

/// WeCom is told of so many customers a second: well below what the bulk lane is granted (38 calls), and what a minute's
/// ticks get done.
const CALLS_PER_SECOND: i64 = 15;
/// Of what was not done so much is kept with the result; the journal entry tells all.
const KEPT_REFUSALS: usize = 3;

impl App {
    /// Edits the tags of the pack at the job's cursor. `begun`: another worker may have done some of it.
    pub(super) async fn edit_tags(&self, job: &Job, what: &Happening, begun: bool) -> Result<Piece, Error> {
        let customers = self.store.job_pack(&job.id, job.cursor).await?;
        let now = self.clock.now();
        let signal = |customer: &CustomerId, _: Option<&File>| Signal {
            id: format!("job-{}-{customer}", job.id).into(),
            at: now,
            by: job.order.by.clone(),
            what: what.clone(),
        };
        let bulk = Bulk {
            customers: &customers,
            signal: &signal,
            found: false,
            sight: job.order.sight.as_ref(),
            work_from: job.work_until.max(now),
            work_every_ms: 1000 / CALLS_PER_SECOND,
            begun,
            insist: is_last_try(job),
        };
        let many = Box::pin(self.commit_many(&bulk)).await?;
        let mut results = Vec::with_capacity(customers.len());
        for (customer, fate) in customers.iter().zip(many.fates) {
            results.push(match fate {
                Fate::Failed(error) if error.class() == Class::Retry && !is_last_try(job) => {
                    return Err(error);
                }
                fate => result(customer, fate, job),
            });
        }
        let entry = |result: &ItemResult| Some((result.customer.clone(), result.entry?));
        Ok(Piece {
            counts: job.counts.with(&results),
            reading: None,
            work_until: many.work_until,
            last: results.iter().rev().find_map(entry),
            results,
        })
    }
}

fn result(customer: &CustomerId, fate: Fate, job: &Job) -> ItemResult {
    let (outcome, trouble) = match fate {
        Fate::Handled(Some((version, facts))) => {
            let outcome = outcome(&facts);
            let facts = facts.into_iter().map(|fact| fact.what);
            let refusals = facts.filter(is_refusal).take(KEPT_REFUSALS).collect();
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
            tracing::error!(%error, job = %job.id, "a customer of a job is written down as failed");
            (ItemOutcome::Failed, Some(trouble(&error)))
        }
    };
    unhandled(customer, outcome, trouble)
}

pub(super) fn unhandled(
    customer: &CustomerId,
    outcome: ItemOutcome,
    trouble: Option<JobTrouble>,
) -> ItemResult {
    ItemResult { customer: customer.clone(), outcome, entry: None, refusals: Vec::new(), trouble }
}

/// What the job itself did; what else the same commit brought (a step that was due) does not count.
fn outcome(facts: &[Fact]) -> ItemOutcome {
    let of_the_job = || facts.iter().filter(|fact| fact.because.is_none()).map(|fact| &fact.what);
    let is_change =
        |what: &What| matches!(what, What::Tagged { .. } | What::Untagged { .. } | What::Moved { .. });
    if of_the_job().any(is_change) {
        ItemOutcome::Changed
    } else if of_the_job().any(is_refusal) {
        ItemOutcome::Refused
    } else {
        ItemOutcome::Unchanged
    }
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
    use domain::fact::TagRefusal;

    use super::*;

    fn fact(what: What, because: Option<u16>) -> Fact {
        Fact { what, because }
    }

    #[test]
    fn only_what_the_job_itself_did_counts() {
        let tagged = || What::Tagged { tag: "et1".into() };
        let refused = || What::TagRefused { tag: "et2".into(), reason: TagRefusal::TooMany };
        let completed = || What::Completed { sop: "price".into(), n: 1 };
        assert_eq!(outcome(&[fact(tagged(), None), fact(refused(), None)]), ItemOutcome::Changed);
        assert_eq!(outcome(&[fact(refused(), None)]), ItemOutcome::Refused);
        assert_eq!(outcome(&[fact(completed(), None)]), ItemOutcome::Unchanged);
        assert_eq!(outcome(&[fact(completed(), None), fact(tagged(), Some(0))]), ItemOutcome::Unchanged);
    }
}
