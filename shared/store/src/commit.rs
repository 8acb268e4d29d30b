//! The commit: file, journal entry, receipt, rows, change log and audit in one transaction, on the condition that nobody
//! committed to the file meanwhile and that the signal was not committed before.

mod many;

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem};
use domain::{
    File, SignalId, SopId, Timestamp,
    file::TouchRef,
    react::Record,
    rows::{Beside, Row},
};

use crate::{
    AuditEntry, Error, JournalEntry, Store,
    attributes::{Item, document, get_number, get_text, item, key, number, text},
    error::{cancellations, sort},
    file::{FORMAT, file_pk},
    index::shard_of,
};

pub use many::{Hindrance, Part, pack};

/// Items in one transaction (DynamoDB allows 100).
pub const MAX_ITEMS: usize = 90;
/// Receipts outlive every repetition of their signal by days.
const RECEIPT_DAYS: i64 = 7;

/// Everything that one reaction writes.
#[derive(Debug)]
pub struct Commit<'a> {
    /// Version that was loaded; 0: the file is new.
    pub loaded_version: u64,
    /// The file as decided.
    pub file: &'a File,
    /// Its journal entry.
    pub entry: &'a JournalEntry,
    /// The receipt of a signal that may come again.
    pub receipt: Option<&'a SignalId>,
    /// Rows, chosen by [`domain::rows::fit`] to fit beside the rest.
    pub beside: &'a Beside,
    /// The audit entry, if somebody asked for it through the API.
    pub audit: Option<&'a AuditEntry>,
    /// Unique for each attempt: a repetition of this very attempt by the client library has one effect.
    pub token: String,
}

/// How a commit ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Committed {
    /// It is written.
    Now,
    /// The signal had been committed before; nothing was written.
    Before,
}

/// What is kept of a signal that was dealt with, for seven days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The signal.
    pub signal: SignalId,
    /// Version of the journal entry that tells what followed; `None`: it was seen without consequences.
    pub version: Option<u64>,
}

/// What the reasons of a cancelled transaction say of one of its commits.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// Nothing stood against this one.
    Unhindered,
    /// Its signal had been committed before.
    Before,
    /// It cannot be written as it is.
    Failed(Error),
}

impl Commit<'_> {
    /// Reads the reasons of this commit's own items: one code for each that [`Store::commit_items`] made, in their
    /// order; none where the transaction was not cancelled but failed otherwise.
    pub(crate) fn verdict(&self, reasons: &[&str]) -> Verdict {
        let failed = |place: usize| reasons.get(place) == Some(&"ConditionalCheckFailed");
        if self.receipt.is_some() && failed(2) {
            return Verdict::Before;
        }
        if failed(0) || failed(1) {
            return Verdict::Failed(Error::LostRace("the file"));
        }
        if reasons.contains(&"TransactionConflict") {
            return Verdict::Failed(Error::LostRace("an item of the transaction"));
        }
        if reasons.contains(&"ValidationError") {
            // Too large, most likely: the same again fares no better.
            let reason = "an item of the transaction is not valid".into();
            return Verdict::Failed(Error::Refused { operation: "TransactWriteItems", reason });
        }
        Verdict::Unhindered
    }
}

impl Store {
    /// Writes the commit, whole or not at all.
    pub async fn commit(&self, commit: &Commit<'_>) -> Result<Committed, Error> {
        let request = self.client.transact_write_items().set_transact_items(Some(self.commit_items(commit)?));
        let Err(error) = Box::pin(request.client_request_token(&commit.token).send()).await else {
            return Ok(Committed::Now);
        };
        let reasons = error.as_service_error().map(cancellations).unwrap_or_default();
        match commit.verdict(&reasons) {
            Verdict::Before => Ok(Committed::Before),
            Verdict::Failed(failed) => Err(failed),
            Verdict::Unhindered => Err(sort("TransactWriteItems", error)),
        }
    }

    /// What the commit writes, in the order in which [`Commit::verdict`] reads the reasons of a cancelled transaction.
    pub(crate) fn commit_items(&self, commit: &Commit<'_>) -> Result<Vec<TransactWriteItem>, Error> {
        let mut items = vec![self.put_file(commit)?, self.put_entry(commit.entry, &commit.file.id)?];
        if let Some(receipt) = commit.receipt {
            items.push(put(
                &self.names.hot,
                receipt_item(receipt, commit.file.committed_at, Some(commit.file.version)),
                Condition::Absent,
            )?);
        }
        let pk = file_pk(&commit.file.id);
        for record in &commit.beside.records {
            items.push(self.write_record(&pk, record)?);
        }
        for row in &commit.beside.rows.put {
            items.push(put(&self.names.main, row_item(row), Condition::None)?);
        }
        for (pk, sk) in &commit.beside.rows.delete {
            items.push(delete(&self.names.main, key(pk, sk))?);
        }
        for board in &commit.beside.boards {
            items.push(self.put_change(board, commit.file)?);
        }
        if let Some(entry) = commit.audit {
            items.push(self.put_audit(entry)?);
        }
        debug_assert!(items.len() <= MAX_ITEMS);
        Ok(items)
    }

    /// Notes that a signal without consequences was seen. `false`: it had been seen before.
    pub async fn put_receipt(&self, signal: &SignalId, now: Timestamp) -> Result<bool, Error> {
        let request = self
            .client
            .put_item()
            .table_name(&self.names.hot)
            .set_item(Some(receipt_item(signal, now, None)))
            .condition_expression("attribute_not_exists(pk)");
        match Box::pin(request.send()).await {
            Ok(_) => Ok(true),
            Err(error) if crate::error::condition_failed(&error) => Ok(false),
            Err(error) => Err(sort("PutItem", error)),
        }
    }

    /// The write of a receipt, for a transaction that tells of no file.
    pub(crate) fn receipt_put(&self, signal: &SignalId, now: Timestamp) -> Result<TransactWriteItem, Error> {
        put(&self.names.hot, receipt_item(signal, now, None), Condition::Absent)
    }

    /// The receipt under the key of this signal: its own, if it comes again; with [`SignalId::keyed`] it may be
    /// another's.
    pub async fn receipt(&self, signal: &SignalId) -> Result<Option<Receipt>, Error> {
        let request = self.client.get_item().table_name(&self.names.hot).consistent_read(true);
        let request = request.set_key(Some(key(receipt_pk(signal), "-")));
        let found = Box::pin(request.send()).await.map_err(|e| sort("GetItem", e))?.item;
        let read = |item: Item| {
            let version = get_number(&item, "version").ok();
            Ok(Receipt { signal: get_text(&item, "signal")?.into(), version })
        };
        found.map(read).transpose()
    }

    /// Those of these signals that were committed, each with the version of its journal entry, or seen without
    /// consequences (`None`). At most 100.
    pub async fn receipts(&self, signals: &[SignalId]) -> Result<BTreeMap<SignalId, Option<u64>>, Error> {
        let keys = signals.iter().map(|signal| key(receipt_pk(signal), "-")).collect();
        let mut found = BTreeMap::new();
        for item in self.get_many_of(&self.names.hot, keys).await? {
            found.insert(get_text(&item, "signal")?.into(), get_number(&item, "version").ok());
        }
        Ok(found)
    }

    fn put_file(&self, commit: &Commit<'_>) -> Result<TransactWriteItem, Error> {
        let file = commit.file;
        let pk = file_pk(&file.id);
        let mut item = item(
            &pk,
            "FILE",
            [("version", number(file.version)), ("format", number(FORMAT)), ("doc", document(file)?)],
        );
        if let Some(wake_at) = file.wake_at {
            item.insert("wake_shard".into(), text(shard_of(&pk)));
            item.insert("wake_at".into(), number(wake_at.ms()));
        }
        let condition = match commit.loaded_version {
            0 => Condition::Absent,
            version => Condition::Version(version),
        };
        put(&self.names.main, item, condition)
    }

    fn put_entry(
        &self,
        entry: &JournalEntry,
        customer: &domain::CustomerId,
    ) -> Result<TransactWriteItem, Error> {
        put(&self.names.main, entry.open_item(customer)?, Condition::Absent)
    }

    fn write_record(&self, pk: &str, record: &Record) -> Result<TransactWriteItem, Error> {
        let main = &self.names.main;
        match record {
            Record::Touch(touch) => {
                let sk = touch_sk(&touch.sop, touch.n, touch.step.as_str());
                put(main, item(pk, sk, [("doc", document(touch)?)]), Condition::None)
            }
            Record::TouchReopened(TouchRef { sop, n, step }) => {
                delete(main, key(pk, touch_sk(sop, *n, step.as_str())))
            }
            Record::Enrollment(ended) => {
                let sk = enrollment_sk(&ended.sop, ended.n);
                put(main, item(pk, sk, [("doc", document(ended)?)]), Condition::None)
            }
            Record::EnrollmentReopened { sop, n } => delete(main, key(pk, enrollment_sk(sop, *n))),
            Record::Content(content) => self.add_to_content(pk, content),
        }
    }
}

fn touch_sk(sop: &SopId, n: u32, step: &str) -> String {
    format!("T#{sop}#{n:05}#{step}")
}

fn enrollment_sk(sop: &SopId, n: u32) -> String {
    format!("H#{sop}#{n:05}")
}

fn receipt_item(signal: &SignalId, now: Timestamp, version: Option<u64>) -> Item {
    let ttl = number(now.plus_days(RECEIPT_DAYS).secs());
    let mut receipt = item(
        receipt_pk(signal),
        "-",
        [("at", number(now.ms())), ("ttl", ttl), ("signal", text(signal.as_str()))],
    );
    // The journal entry that tells what followed.
    if let Some(version) = version {
        receipt.insert("version".into(), number(version));
    }
    receipt
}

fn receipt_pk(signal: &SignalId) -> String {
    format!("R#{}", signal.key())
}

fn row_item(row: &Row) -> Item {
    let mut item = key(&row.pk, &row.sk);
    if let Some(value) = &row.value {
        item.insert("value".into(), text(value));
    }
    item
}

#[derive(Clone, Copy)]
pub(crate) enum Condition {
    /// The item must not exist.
    Absent,
    /// The file's version must be this.
    Version(u64),
    /// Rows are guarded by the file's condition in the same transaction.
    None,
}

pub(crate) fn put(table: &str, item: Item, condition: Condition) -> Result<TransactWriteItem, Error> {
    let put = Put::builder().table_name(table).set_item(Some(item));
    let put = match condition {
        Condition::Absent => put.condition_expression("attribute_not_exists(pk)"),
        Condition::Version(version) => put
            .condition_expression("#version = :version")
            .expression_attribute_names("#version", "version")
            .expression_attribute_values(":version", number(version)),
        Condition::None => put,
    };
    let put = put.build().map_err(|e| Error::unreadable("a put", e))?;
    Ok(TransactWriteItem::builder().put(put).build())
}

pub(crate) fn delete(table: &str, key: Item) -> Result<TransactWriteItem, Error> {
    let delete = Delete::builder().table_name(table).set_key(Some(key)).build();
    let delete = delete.map_err(|e| Error::unreadable("a delete", e))?;
    Ok(TransactWriteItem::builder().delete(delete).build())
}
