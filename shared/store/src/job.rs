//! Jobs: long work for many customers, piece by piece; its kind says what the next piece is: a pack of those named, or a
//! page of what WeCom holds. What a piece came to and how far the job has come are written together, on the condition
//! that nobody else has taken it further: a piece counts once, whoever dies in it and however many work on it.

mod collected;
mod item;
mod kind;
mod lease;
mod reading;
mod results;
mod turns;

use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::{Actor, CustomerId, StaffId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    AuditEntry, Cursor, Error, Origin, Page, Store,
    attributes::{Item, get_text},
    commit::{Condition, put},
    error::{cancellations, sort},
};

pub use collected::{Collected, Gathering, Listed};
pub use kind::{JobKind, Source};
pub use reading::{
    Compared, DifferenceKind, Differences, Found, MOST_PASSED_OVER, MOST_UNSERVED, PassedOver, Place,
    Reading, Unserved, UnservedStaff, Waiting,
};
pub use results::{Booking, ItemOutcome, ItemResult};

/// Customers of one pack: what is done between two looks at the job.
pub const PACK: usize = 100;
/// At most this many customers are named when a job is made: with all its rows that is one transaction. Of those whom it
/// finds itself there may be any number.
pub const MAX_JOB_CUSTOMERS: usize = 10_000;
/// Items of one batch read.
const BATCH: usize = 100;

/// A job's id: letters and digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct JobId(String);

impl JobId {
    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for JobId {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl std::fmt::Display for JobId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What becomes of differences that are too many to react to unasked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// They are fetched, and whatever follows follows.
    React,
    /// They are taken over silently (T7).
    Adopt,
}

/// What was asked for: it never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobOrder {
    /// What to do.
    #[serde(flatten)]
    pub what: JobKind,
    /// Why, in the words of who asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who asked.
    pub by: Actor,
    /// From where; `None`: not through the API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// Only customers whom this staff member sees; `None`: everybody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sight: Option<StaffId>,
    /// When.
    pub created_at: Timestamp,
    /// Customers named; 0 where the job finds them itself.
    pub total: u32,
    /// Where it finds its customers itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<Source>,
    /// Recognises the request when it comes again under the same key.
    pub fingerprint: String,
}

/// How a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Nobody has begun.
    Queued,
    /// Begun.
    Running,
    /// It goes on when an admin has decided.
    Waiting,
    /// To end before the next piece.
    Cancelling,
    /// Nothing is left to do.
    Done,
    /// It could not go on, for a reason that concerns all of it.
    Failed,
    /// Ended by somebody; what was done stays.
    Cancelled,
}

impl JobState {
    /// Is it over?
    #[must_use]
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }
}

/// How many customers, or contacts that were read, had which outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobCounts {
    /// Something changed.
    pub changed: u32,
    /// All was as it should be already.
    pub unchanged: u32,
    /// It may not be, or there is no such customer.
    pub refused: u32,
    /// It did not work.
    pub failed: u32,
}

impl JobCounts {
    /// Customers with a result.
    #[must_use]
    pub const fn done(self) -> u32 {
        self.changed + self.unchanged + self.refused + self.failed
    }
}

/// Why a job, the last try of a piece, or one of its customers failed or was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobTrouble {
    /// There is no such customer, or none whom the job's creator may see.
    NotFound,
    /// The store did not answer, or others kept writing the same file.
    Busy,
    /// What is stored could not be read or written: the log tells.
    Broken,
    /// None of its tags is there any more.
    TagsDeleted,
    /// Its board is not there any more.
    BoardDeleted,
    /// Its stage is not there any more.
    StageDeleted,
    /// Its tag group is not there any more.
    GroupDeleted,
    /// Whoever asked for it is not with the corp any more.
    CreatorLeft,
    /// WeCom refuses to tell the app of customers, whosever they are.
    WecomRefuses,
    /// The API token with which it was asked for was revoked, or has expired.
    TokenRevoked,
}

/// A job as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// What was asked for.
    pub order: JobOrder,
    /// How it stands.
    pub state: JobState,
    /// Pieces that are done: the number of the next.
    pub cursor: u32,
    /// How far it has come with finding its customers itself; `None`: it has not begun, or need not.
    pub collected: Option<Collected>,
    /// Where the next piece begins, if WeCom is read; `None`: nothing has been read.
    pub reading: Option<Reading>,
    /// What an admin decided.
    pub decision: Option<Decision>,
    /// What came of them.
    pub counts: JobCounts,
    /// Tries of the next piece, the one that is under way among them: whoever takes the job begins one, and who dies in
    /// it cannot say so afterwards.
    pub tries: u32,
    /// Why it failed, or the last try of the next piece did.
    pub trouble: Option<JobTrouble>,
    /// When somebody began.
    pub started_at: Option<Timestamp>,
    /// When it last went further.
    pub heartbeat_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Who works on it now, as far as is known.
    pub holder: Option<String>,
}

impl Job {
    /// A job that nobody has begun.
    #[must_use]
    pub fn new(id: JobId, order: JobOrder) -> Self {
        Self {
            id,
            order,
            state: JobState::Queued,
            cursor: 0,
            collected: None,
            reading: None,
            decision: None,
            counts: JobCounts::default(),
            tries: 0,
            trouble: None,
            started_at: None,
            heartbeat_at: None,
            finished_at: None,
            holder: None,
        }
    }

    /// Is it still finding its customers?
    #[must_use]
    pub fn is_collecting(&self) -> bool {
        self.order.of.is_some() && !self.collected.as_ref().is_some_and(|collected| collected.complete)
    }

    /// Its customers, as far as it knows them.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.collected.as_ref().map_or(self.order.total, |collected| collected.found)
    }

    /// Number of packs of its customers.
    #[must_use]
    pub fn packs(&self) -> u32 {
        self.total().div_ceil(u32::try_from(PACK).unwrap_or(1))
    }
}

impl Store {
    /// Makes a job for these customers, at most [`MAX_JOB_CUSTOMERS`], and its audit entry. `false`: there is one with
    /// this id.
    pub async fn create_job(
        &self,
        job: &Job,
        customers: &[CustomerId],
        audit: Option<&AuditEntry>,
        token: &str,
    ) -> Result<bool, Error> {
        let main = &self.names.main;
        let mut items = vec![put(main, item::fresh(job)?, Condition::Absent)?];
        for row in item::list_rows(job) {
            items.push(put(main, row, Condition::None)?);
        }
        for row in item::customer_rows(&job.id, customers)? {
            items.push(put(main, row, Condition::None)?);
        }
        if let Some(entry) = audit {
            items.push(self.put_audit(entry)?);
        }
        self.unless_refused(items, token, "the job's rows").await
    }

    /// A job.
    pub async fn job(&self, id: &JobId) -> Result<Option<Job>, Error> {
        let request = self.client.get_item().table_name(&self.names.main).consistent_read(true);
        let found = Box::pin(request.set_key(Some(item::job_key(id))).send()).await;
        found.map_err(|e| sort("GetItem", e))?.item.as_ref().map(item::read).transpose()
    }

    /// Jobs of one staff member, or all, the newest first.
    pub async fn jobs(
        &self,
        of: Option<&StaffId>,
        limit: i32,
        from: Option<&Cursor>,
    ) -> Result<Page<Job>, Error> {
        let page = self.prefix(&item::list_pk(of), "", limit, from, false).await?;
        let ids: Vec<JobId> =
            page.items.iter().map(|row| get_text(row, "job").map(JobId::from)).collect::<Result<_, _>>()?;
        let mut jobs = Vec::with_capacity(ids.len());
        for some in ids.chunks(BATCH) {
            for found in self.get_many(some.iter().map(item::job_key).collect()).await? {
                jobs.push(item::read(&found)?);
            }
        }
        jobs.sort_by_key(|job| ids.iter().position(|id| id == &job.id));
        Ok(Page { items: jobs, next: page.next })
    }

    /// Asks the job to end before its next pack. `false`: it is over, or was asked before.
    pub async fn cancel_job(
        &self,
        id: &JobId,
        audit: Option<&AuditEntry>,
        token: &str,
    ) -> Result<bool, Error> {
        let main = &self.names.main;
        let mut items = vec![item::cancel(main, id)?];
        if let Some(entry) = audit {
            items.push(self.put_audit(entry)?);
        }
        if self.unless_refused(items.clone(), token, "the job").await? {
            return Ok(true);
        }
        // One that waits for a decision goes on to its end.
        items[0] = item::wake(main, id, item::CANCELLING, None)?;
        self.unless_refused(items, &format!("{token}w"), "the job").await
    }

    /// Lets a job that waits for a decision go on. `false`: it does not wait.
    pub async fn decide_job(
        &self,
        id: &JobId,
        decision: Decision,
        audit: Option<&AuditEntry>,
        token: &str,
    ) -> Result<bool, Error> {
        let mut items = vec![item::wake(&self.names.main, id, item::OPEN, Some(decision))?];
        if let Some(entry) = audit {
            items.push(self.put_audit(entry)?);
        }
        self.unless_refused(items, token, "the job").await
    }

    /// Customers of the pack with this number.
    pub async fn job_pack(&self, id: &JobId, pack: u32) -> Result<Vec<Listed>, Error> {
        let first = usize::try_from(pack).unwrap_or(usize::MAX).saturating_mul(PACK);
        let (row, place) = item::place_of(first);
        Ok(self.job_row(id, &row).await?.into_iter().skip(place).take(PACK).collect())
    }

    /// The job that an entry of the work index names.
    #[must_use]
    pub fn job_of(pk: &str) -> Option<JobId> {
        pk.strip_prefix(item::PK_PREFIX).map(JobId::from)
    }

    /// Sends the transaction. `false`: the condition of its first item failed.
    async fn unless_refused(
        &self,
        items: Vec<TransactWriteItem>,
        token: &str,
        what: &'static str,
    ) -> Result<bool, Error> {
        let request = self.client.transact_write_items().set_transact_items(Some(items));
        let Err(error) = Box::pin(request.client_request_token(token).send()).await else { return Ok(true) };
        let reasons = error.as_service_error().map(cancellations).unwrap_or_default();
        if reasons.first() == Some(&"ConditionalCheckFailed") {
            return Ok(false);
        }
        if reasons.iter().any(|code| matches!(*code, "ConditionalCheckFailed" | "TransactionConflict")) {
            return Err(Error::LostRace(what));
        }
        Err(sort("TransactWriteItems", error))
    }
}

/// A number of an item that may be missing.
fn time(item: &Item, name: &str) -> Option<Timestamp> {
    crate::attributes::get_number(item, name).ok().map(Timestamp::from_ms)
}
