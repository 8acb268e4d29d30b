//! The store: files, journal, index rows, inbox, leases, slots, counters and the playbook's records, in two DynamoDB
//! tables.
//!
//! It decides nothing: what is written has been decided by `domain::react`, and every write carries the condition
//! under which that decision holds. There is one implementation; on one machine and in tests the same SDK client
//! talks to an embedded DynamoDB-compatible engine. Start with [`Store::load`] and [`Store::commit`].

mod attributes;
mod commit;
mod counter;
mod error;
mod file;
mod inbox;
mod index;
mod journal;
mod lease;
mod permit;
mod playbook;
mod slot;
mod tables;

use aws_sdk_dynamodb::Client;

pub use commit::{Commit, Committed, MAX_ITEMS};
pub use counter::{Counter, Folding, OpenJournal};
pub use error::Error;
pub use file::Loaded;
pub use inbox::{Claim, InboxEntry};
pub use index::{Cursor, Due, Page, SHARDS, WorkItem, WorkKind, shard_of};
pub use journal::{JournalEntry, TouchHistory};
pub use lease::StoredToken;
pub use permit::{Bucket, Permits};
pub use playbook::{Change, Expected, RecordKind, StoredRecord};
pub use slot::{SLOT_MARGIN_SECONDS, SlotItem, SlotState, TakenSlot};
pub use tables::TableNames;

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
