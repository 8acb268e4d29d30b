//! One pack of a job: what happens to its customers, and what is written down of each.

use std::collections::{BTreeMap, BTreeSet};

use domain::CustomerId;
use store::{ItemOutcome, ItemResult, Job, JobTrouble, Listed};

pub(super) use super::deed::signal_id;
use super::{Piece, deed::Deed, is_hopeless, is_last_try};
use crate::{
    App, Class, Error,
    commit_many::{Bulk, Fate},
};

/// WeCom is told of so many customers a second, by all jobs together: well below what the bulk lane is granted (38
/// calls). A minute's tick is to wake them beside everybody else: 300, eight at a time, in 25 s is two thirds of a second
/// for each. That this is enough on AWS is assumed, and has not been measured.
pub(crate) const CALLS_PER_SECOND: i64 = 5;

impl App {
    /// Does what the job does to the pack at its cursor. `begun`: another worker may have done some of it.
    pub(super) async fn do_pack(&self, job: &Job, begun: bool) -> Result<Piece, Error> {
        let pack = self.store.job_pack(&job.id, job.cursor).await?;
        let (deed, customers) = (self.deed(job, &pack).await?, customers(pack));
        let signal = deed.signals(self.clock.now());
        let bulk = Bulk { begun, ..deed.bulk(&customers, &*signal) };
        if is_hopeless(job) {
            tracing::error!(job = %job.id, pack = job.cursor, "a pack in which every worker dies is given up");
            let mut done = self.done_before(&deed, &bulk).await?;
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
                fate => deed.result(customer, fate),
            });
        }
        Ok(Piece::of(job, results))
    }

    /// What a worker did of the pack at the job's cursor who did not come to write it down.
    pub(super) async fn left_behind(&self, job: &Job) -> Result<Vec<ItemResult>, Error> {
        let pack = self.store.job_pack(&job.id, job.cursor).await?;
        let (deed, customers) = (self.deed(job, &pack).await?, customers(pack));
        let signal = deed.signals(self.clock.now());
        let mut done = self.done_before(&deed, &deed.bulk(&customers, &*signal)).await?;
        Ok(customers.iter().filter_map(|customer| done.remove(customer)).collect())
    }

    async fn done_before(
        &self,
        deed: &Deed<'_>,
        bulk: &Bulk<'_>,
    ) -> Result<BTreeMap<CustomerId, ItemResult>, Error> {
        let all: Vec<usize> = (0..bulk.customers.len()).collect();
        let fates = self.fates_of_before(bulk, &all).await?.into_iter();
        let result = |(place, fate): (usize, Fate)| {
            let customer = &bulk.customers[place];
            (customer.clone(), deed.result(customer, fate))
        };
        Ok(fates.map(result).collect())
    }
}

fn customers(pack: Vec<Listed>) -> Vec<CustomerId> {
    pack.into_iter().map(|listed| listed.customer).collect()
}

pub(super) fn unhandled(
    customer: &CustomerId,
    outcome: ItemOutcome,
    trouble: Option<JobTrouble>,
) -> ItemResult {
    ItemResult {
        customer: customer.clone(),
        outcome,
        entry: None,
        refusals: Vec::new(),
        trouble,
        differed: BTreeSet::new(),
    }
}

/// What is kept of an error.
pub(super) fn trouble(error: &Error) -> JobTrouble {
    match error.class() {
        Class::Retry => JobTrouble::Busy,
        Class::Client if matches!(error, Error::WeCom(_)) => JobTrouble::WecomRefuses,
        Class::Client | Class::Bug => JobTrouble::Broken,
    }
}
