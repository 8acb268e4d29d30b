//! The store: files, journal, index rows, inbox, leases, slots, counters and the playbook's records, in two DynamoDB
//! tables.
//!
//! It decides nothing: what is written has been decided by `domain::react`, and every write carries the condition
//! under which that decision holds. There is one implementation; on one machine and in tests the same SDK client
//! talks to an embedded DynamoDB-compatible engine. Start with [`Store::load`] and [`Store::commit`].

mod attributes;
mod audit;
mod change_log;
mod commit;
mod counter;
mod error;
mod exposure;
mod file;
mod inbox;
mod index;
mod job;
mod join;
mod journal;
mod lease;
mod link;
mod media_id;
mod permit;
mod playbook;
mod session;
mod slot;
mod standing;
mod tables;
mod token;

use aws_sdk_dynamodb::Client;

pub use audit::{AuditEntry, AuditPage, AuditPlace, Audited, MAX_AUDITED_BYTES, Origin, Target, Via};
pub use change_log::{CardChange, CardChanges, LOG_HOURS, LOG_LAG_SECONDS};
pub use commit::{Commit, Committed, Hindrance, MAX_ITEMS, Part, Receipt, pack};
pub use counter::{Counter, Folding, OpenJournal};
pub use error::Error;
pub use exposure::HadContent;
pub use file::{Loaded, LoadedMany};
pub use inbox::{Claim, InboxEntry};
pub use index::{Cursor, Due, Page, SHARDS, WorkItem, WorkKind, shard_of};
pub use job::{
    Booking, Collected, Compared, Created, Decision, DifferenceKind, Differences, Found, Gathering,
    ItemOutcome, ItemResult, Job, JobCounts, JobId, JobKind, JobOrder, JobState, JobTrouble, Listed,
    MAX_JOB_CUSTOMERS, MOST_PASSED_OVER, MOST_UNSERVED, PACK, PassedOver, Place, Queue, ReadMark, Reading,
    Source, Unserved, UnservedPlace, UnservedStaff, Waiting,
};
pub use join::Common;
pub use journal::{JournalEntry, TouchHistory};
pub use lease::StoredToken;
pub use link::Link;
pub use media_id::{MEDIA_ID_DAYS, MediaFile, MediaId, MediaUse};
pub use permit::{Bucket, Permits};
pub use playbook::{Change, Expected, PlaybookRecords, RecordKind, Stamp, StoredRecord};
pub use session::Session;
pub use slot::{Later, SLOT_MARGIN_SECONDS, SLOT_SENT, SlotItem, SlotState};
pub use standing::Standing;
pub use tables::TableNames;
pub use token::ApiToken;

/// A handle on both tables. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {
    client: Client,
    names: TableNames,
}

impl Store {
    /// Uses `client` for the tables called `names`.
    #[must_use]
    pub fn new(client: Client, names: TableNames) -> Self {
        Self { client, names }
    }
}
