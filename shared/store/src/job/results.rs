//! What became of each customer, a row a piece (`R#00000`…), written together with how far the job has come.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use domain::{CustomerId, Timestamp, What};
use serde::{Deserialize, Serialize};

use super::{DifferenceKind, Job, JobCounts, JobId, JobTrouble, Reading, item};
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
    /// In what they differed from WeCom, where that was compared.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub differed: BTreeSet<DifferenceKind>,
}

/// The end of a piece.
#[derive(Debug)]
pub struct Booking<'a> {
    /// Who has the job.
    pub holder: &'a str,
    /// What became of the piece's customers; where WeCom is read, only what somebody should know of.
    pub results: &'a [ItemResult],
    /// What has come of the job with it.
    pub counts: JobCounts,
    /// See [`Job::reading`].
    pub reading: Option<&'a Reading>,
    /// Now.
    pub now: Timestamp,
    /// Until when the job is kept.
    pub until: Timestamp,
    /// Unique for each attempt.
    pub token: &'a str,
}

impl JobCounts {
    /// With these results.
    #[must_use]
    pub fn with(self, results: &[ItemResult]) -> Self {
        let mut counts = self;
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
    /// Writes what the piece at the job's cursor came to, and takes the job further: its holder begins with the next
    /// piece. `false`: somebody else has it, or has written that piece.
    pub async fn book_piece(&self, job: &Job, booking: &Booking<'_>) -> Result<bool, Error> {
        let results = row(
            item::job_pk(&job.id),
            result_sk(job.cursor),
            [("doc", document(&booking.results)?), ("at", number(booking.now.ms()))],
        );
        let mut items = vec![self.take_job_further(job, booking)?];
        if !booking.results.is_empty() {
            items.push(put(&self.names.main, results, Condition::None)?);
        }
        self.unless_refused(items, booking.token, "the job").await
    }

    fn take_job_further(&self, job: &Job, booking: &Booking<'_>) -> Result<TransactWriteItem, Error> {
        let counts = booking.counts;
        let (reading, removed) = match booking.reading {
            Some(_) => (", reading = :reading", ""),
            None => ("", ", reading"),
        };
        let mut update = Update::builder();
        if let Some(reading) = booking.reading {
            update = update.expression_attribute_values(":reading", document(reading)?);
        }
        let update = update
            .table_name(&self.names.main)
            .set_key(Some(item::job_key(&job.id)))
            .update_expression(format!(
                "SET #cursor = :next, retry_at = :until, heartbeat_at = :now, tries = :one, \
                 changed = :changed, unchanged = :unchanged, refused = :refused, \
                 failed = :failed{reading} REMOVE trouble{removed}",
            ))
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

    /// Results of pieces from `pack` on, in order, at most `packs` of them.
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
