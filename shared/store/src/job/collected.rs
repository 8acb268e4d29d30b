//! How far a job has come with finding its customers itself. Those found are appended to its rows in the very
//! transaction that says how far it has come: nobody is named twice, and nobody left out, whoever dies in it.

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use domain::{CustomerId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Job, item};
use crate::{
    Error, Store,
    attributes::{document, key, number, text},
    commit::{Condition, put},
    error::sort,
};

/// A job that finds its customers itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Collected {
    /// Customers found.
    pub found: u32,
    /// All up to this one have been looked at, where they are looked for in order of their ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<CustomerId>,
    /// So many pieces of the other job have been looked at.
    #[serde(default)]
    pub pieces: u32,
    /// Everybody has been found.
    #[serde(default)]
    pub complete: bool,
}

/// A customer of a job, as its rows have them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Kept", into = "Kept")]
pub struct Listed {
    /// Who.
    pub customer: CustomerId,
    /// Version of the journal entry that is meant, if one is.
    pub entry: Option<u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Kept {
    Alone(CustomerId),
    With(CustomerId, u64),
}

impl From<Kept> for Listed {
    fn from(kept: Kept) -> Self {
        match kept {
            Kept::Alone(customer) => Self { customer, entry: None },
            Kept::With(customer, entry) => Self { customer, entry: Some(entry) },
        }
    }
}

impl From<Listed> for Kept {
    fn from(Listed { customer, entry }: Listed) -> Self {
        match entry {
            None => Self::Alone(customer),
            Some(entry) => Self::With(customer, entry),
        }
    }
}

impl From<CustomerId> for Listed {
    fn from(customer: CustomerId) -> Self {
        Self { customer, entry: None }
    }
}

/// The end of a piece of looking for customers.
#[derive(Debug)]
pub struct Gathering<'a> {
    /// Who has the job.
    pub holder: &'a str,
    /// Who was found, at most a thousand, none of whom the job has.
    pub more: Vec<Listed>,
    /// How far it has come with them.
    pub collected: &'a Collected,
    /// Now.
    pub now: Timestamp,
    /// Until when the job is kept.
    pub until: Timestamp,
    /// Unique for each attempt.
    pub token: &'a str,
}

impl Store {
    /// Writes down whom a job has found, and takes it further. `false`: somebody else has it, or has done so.
    pub async fn book_gathering(&self, job: &Job, gathering: &Gathering<'_>) -> Result<bool, Error> {
        let found = job.collected.as_ref().map_or(0, |collected| collected.found);
        let first = usize::try_from(found).unwrap_or(usize::MAX);
        let mut items = vec![self.take_gathering_further(job, gathering)?];
        if !gathering.more.is_empty() {
            let mut all = self.begun_row(job, first).await?;
            let begin = first - all.len();
            all.extend(gathering.more.iter().cloned());
            for row in item::rows_from(&job.id, begin, &all)? {
                items.push(put(&self.names.main, row, Condition::None)?);
            }
        }
        self.unless_refused(items, gathering.token, "the job").await
    }

    /// Who is in the row that is not full yet, behind which nobody is.
    async fn begun_row(&self, job: &Job, first: usize) -> Result<Vec<Listed>, Error> {
        let (row, place) = item::place_of(first);
        if place == 0 {
            return Ok(Vec::new());
        }
        let mut begun = self.job_row(&job.id, &row).await?;
        // Somebody who has taken over may have written more; then this piece is not booked.
        begun.truncate(place);
        Ok(begun)
    }

    pub(super) async fn job_row(&self, id: &super::JobId, row: &str) -> Result<Vec<Listed>, Error> {
        let request = self.client.get_item().table_name(&self.names.main).consistent_read(true);
        let found = Box::pin(request.set_key(Some(key(item::job_pk(id), row))).send()).await;
        let found = found.map_err(|e| sort("GetItem", e))?.item;
        let row = found.ok_or_else(|| Error::unreadable(id.as_str(), "its customers are missing"))?;
        item::read_customers(&row)
    }

    fn take_gathering_further(
        &self,
        job: &Job,
        gathering: &Gathering<'_>,
    ) -> Result<TransactWriteItem, Error> {
        let mut update = Update::builder();
        let unchanged = match &job.collected {
            None => "attribute_not_exists(collected)",
            Some(before) => {
                update = update.expression_attribute_values(":before", document(before)?);
                "collected = :before"
            }
        };
        let update = update
            .table_name(&self.names.main)
            .set_key(Some(item::job_key(&job.id)))
            .update_expression(
                "SET collected = :collected, retry_at = :until, heartbeat_at = :now, tries = :one REMOVE trouble",
            )
            .condition_expression(format!("{unchanged} AND holder = :holder"))
            .expression_attribute_values(":collected", document(gathering.collected)?)
            .expression_attribute_values(":holder", text(gathering.holder))
            .expression_attribute_values(":until", number(gathering.until.ms()))
            .expression_attribute_values(":now", number(gathering.now.ms()))
            .expression_attribute_values(":one", number(1))
            .build()
            .map_err(|e| Error::unreadable("an update", e))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }
}
