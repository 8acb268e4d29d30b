//! The journal: one entry for each commit. It is the timeline and the audit trail; until it has been published and
//! folded into counters it is also unfinished work.

use std::collections::BTreeMap;

use domain::{
    CustomerId, Fact, Signal, Timestamp,
    react::{EnrollmentRecord, TouchRecord},
};
use serde::{Deserialize, Serialize};

use crate::{
    Cursor, Error, Page, Store,
    attributes::{Item, document, get_document, get_number, get_text, item, key, number, text},
    error::sort,
    file::file_pk,
    index::shard_of,
};

/// After so long the janitor looks after an entry that its committer did not get published.
pub(crate) const PUBLISH_GRACE_SECONDS: i64 = 60;

/// One commit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// The file's version that it made.
    pub version: u64,
    /// When it was committed.
    pub at: Timestamp,
    /// What had happened.
    pub signal: Signal,
    /// What followed.
    pub facts: Vec<Fact>,
    /// What it adds to the gauges ([`domain::counters::gauges`]).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub gauges: BTreeMap<String, i64>,
}

/// What ended, for one customer.
#[derive(Clone, Debug, Default)]
pub struct TouchHistory {
    /// Touches with their outcome, by SOP and occurrence.
    pub touches: Vec<TouchRecord>,
    /// Finished enrollments.
    pub enrollments: Vec<EnrollmentRecord>,
}

pub(crate) fn entry_sk(version: u64) -> String {
    format!("J#{version:012}")
}

impl JournalEntry {
    /// The item as the commit writes it: open until published and folded.
    pub(crate) fn open_item(&self, customer: &CustomerId) -> Result<Item, Error> {
        let pk = file_pk(customer);
        let retry_at = self.at.plus_secs(PUBLISH_GRACE_SECONDS);
        Ok(item(
            &pk,
            entry_sk(self.version),
            [
                ("doc", document(self)?),
                ("work_shard", text(shard_of(&pk))),
                ("retry_at", number(retry_at.ms())),
            ],
        ))
    }
}

impl Store {
    /// Entries of a customer, newest first.
    pub async fn timeline(
        &self,
        customer: &CustomerId,
        limit: i32,
        from: Option<&Cursor>,
    ) -> Result<Page<JournalEntry>, Error> {
        let page = self.prefix(&file_pk(customer), "J#", limit, from, false).await?;
        page.try_map(|item| get_document(&item, "doc"))
    }

    /// One entry.
    pub async fn journal_entry(
        &self,
        customer: &CustomerId,
        version: u64,
    ) -> Result<Option<JournalEntry>, Error> {
        let request = self.client.get_item().table_name(&self.names.main).consistent_read(true);
        let found = Box::pin(request.set_key(Some(key(file_pk(customer), entry_sk(version)))).send()).await;
        let found = found.map_err(|e| sort("GetItem", e))?;
        found.item.map(|item| get_document(&item, "doc")).transpose()
    }

    /// Several entries at once; those that do not exist are left out, and one that cannot be read hides no other. At most
    /// 100, each named once.
    pub async fn journal_entries(
        &self,
        wanted: &[(CustomerId, u64)],
    ) -> Result<BTreeMap<(CustomerId, u64), Result<JournalEntry, Error>>, Error> {
        let keys = wanted.iter().map(|(customer, version)| key(file_pk(customer), entry_sk(*version)));
        let mut items = BTreeMap::new();
        for item in self.get_many(keys.collect()).await? {
            items.insert((get_text(&item, "pk")?.to_owned(), get_text(&item, "sk")?.to_owned()), item);
        }
        let entry = |(customer, version): &(CustomerId, u64)| {
            let item = items.get(&(file_pk(customer), entry_sk(*version)))?;
            Some(((customer.clone(), *version), get_document(item, "doc")))
        };
        Ok(wanted.iter().filter_map(entry).collect())
    }

    /// Everything of a customer that has ended.
    pub async fn history(&self, customer: &CustomerId) -> Result<TouchHistory, Error> {
        let pk = file_pk(customer);
        let mut history = TouchHistory::default();
        for item in self.all(&pk, "T#").await? {
            history.touches.push(get_document(&item, "doc")?);
        }
        for item in self.all(&pk, "H#").await? {
            history.enrollments.push(get_document(&item, "doc")?);
        }
        Ok(history)
    }

    pub(crate) async fn all(&self, pk: &str, prefix: &str) -> Result<Vec<Item>, Error> {
        let mut items = Vec::new();
        let mut from = None;
        loop {
            let page = self.prefix(pk, prefix, 200, from.as_ref(), true).await?;
            items.extend(page.items);
            from = page.next;
            if from.is_none() {
                return Ok(items);
            }
        }
    }

    /// Is an entry still to be published and folded?
    pub(crate) fn is_open(item: &Item) -> bool {
        get_text(item, "work_shard").is_ok() && get_number::<i64>(item, "retry_at").is_ok()
    }
}
