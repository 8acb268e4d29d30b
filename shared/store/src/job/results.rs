//! What became of each customer, a row a pack (`R#00000`…), written together with how far the job has come.

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use domain::{CustomerId, Timestamp, What};
use serde::{Deserialize, Serialize};

use super::{Job, JobCounts, JobId, JobTrouble, item};
use crate::{
    Error, Store,
    attributes::{document, get_document, get_text, item as row, number, text},
    commit::{Condition, put},
    error::sort,
};

/// What became of one customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ItemOutcome {
    /// Something changed.
    Changed,
    /// All was as it should be already.
    Unchanged,
    /// It may not be, or there is no such customer.
    Refused,
    /// It did not work.
    Failed,
}

/// The result of one customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ItemResult {
    /// Whose.
    pub customer: CustomerId,
    /// What became of them.
    pub outcome: ItemOutcome,
    /// Version of the journal entry that tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<u64>,
    /// What was not done, as the reaction put it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<What>,
    /// Why it was refused or failed, where no reaction tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<JobTrouble>,
}

/// The end of a pack.
#[derive(Debug)]
pub struct Booking<'a> {
    /// Who has the job.
    pub holder: &'a str,
    /// What became of the pack's customers.
    pub results: &'a [ItemResult],
    /// Now.
    pub now: Timestamp,
    /// Until when the job is kept.
    pub until: Timestamp,
    /// Unique for each attempt.
    pub token: &'a str,
}

impl JobCounts {
    /// Of these results.
    #[must_use]
    pub fn of(results: &[ItemResult]) -> Self {
        let mut counts = Self::default();
        for result in results {
            *match result.outcome {
                ItemOutcome::Changed => &mut counts.changed,
                ItemOutcome::Unchanged => &mut counts.unchanged,
                ItemOutcome::Refused => &mut counts.refused,
                ItemOutcome::Failed => &mut counts.failed,
            } += 1;
        }
        counts
    }
}

fn result_sk(pack: u32) -> String {
    format!("R#{pack:05}")
}

impl Store {
    /// Writes what the pack at the job's cursor came to, and takes the job further: its holder begins with the next pack.
    /// `false`: somebody else has it, or has
    /// written that pack.
    pub async fn book_pack(&self, job: &Job, booking: &Booking<'_>) -> Result<bool, Error> {
        let results = row(
            item::job_pk(&job.id),
            result_sk(job.cursor),
            [("doc", document(&booking.results)?), ("at", number(booking.now.ms()))],
        );
        let items =
            vec![self.take_job_further(job, booking)?, put(&self.names.main, results, Condition::None)?];
        self.unless_refused(items, booking.token, "the job").await
    }

    fn take_job_further(&self, job: &Job, booking: &Booking<'_>) -> Result<TransactWriteItem, Error> {
        let counts = JobCounts::of(booking.results);
        let update = Update::builder()
            .table_name(&self.names.main)
            .set_key(Some(item::job_key(&job.id)))
            .update_expression(
                "SET #cursor = :next, retry_at = :until, heartbeat_at = :now, tries = :one REMOVE trouble \
                 ADD changed :changed, unchanged :unchanged, refused :refused, failed :failed",
            )
            .condition_expression("#cursor = :cursor AND holder = :holder")
            .expression_attribute_names("#cursor", "cursor")
            .expression_attribute_values(":cursor", number(job.cursor))
            .expression_attribute_values(":next", number(job.cursor + 1))
            .expression_attribute_values(":holder", text(booking.holder))
            .expression_attribute_values(":until", number(booking.until.ms()))
            .expression_attribute_values(":now", number(booking.now.ms()))
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":changed", number(counts.changed))
            .expression_attribute_values(":unchanged", number(counts.unchanged))
            .expression_attribute_values(":refused", number(counts.refused))
            .expression_attribute_values(":failed", number(counts.failed))
            .build()
            .map_err(|e| Error::unreadable("an update", e))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// Results of packs from `pack` on, in order, at most `packs` of them.
    pub async fn job_results(
        &self,
        id: &JobId,
        pack: u32,
        packs: i32,
    ) -> Result<Vec<(u32, Vec<ItemResult>)>, Error> {
        let query = self
            .client
            .query()
            .table_name(&self.names.main)
            .consistent_read(true)
            .limit(packs)
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", text(item::job_pk(id)))
            .expression_attribute_values(":from", text(result_sk(pack)))
            .expression_attribute_values(":to", text("R#~"));
        let answer = Box::pin(query.send()).await.map_err(|e| sort("Query", e))?;
        let read = |found: &crate::attributes::Item| {
            let pack = get_text(found, "sk")?.strip_prefix("R#").and_then(|pack| pack.parse().ok());
            let pack = pack.ok_or_else(|| Error::unreadable(id.as_str(), "a pack without a number"))?;
            Ok((pack, get_document(found, "doc")?))
        };
        answer.items().iter().map(read).collect()
    }
}
