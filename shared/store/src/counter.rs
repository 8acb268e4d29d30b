//! Counters, folded from journal entries: adding to them and closing the entries is one transaction, so that each fact
//! counts once.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use domain::{CustomerId, SignalId, Timestamp};

use crate::{
    Error, JournalEntry, Store,
    attributes::{get_document, get_number, get_text, key, number, text},
    error::{cancellations, sort},
    file::{customer_of, file_pk},
    journal::entry_sk,
};

const PARTITION: &str = "COUNT";
/// DynamoDB reads so many items at once.
const AT_ONCE: usize = 100;

/// A counter and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counter {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: i64,
    /// When it was last added to.
    pub at: Option<Timestamp>,
}

/// A journal entry that has not been published and folded.
#[derive(Clone, Debug)]
pub struct OpenJournal {
    /// Whose.
    pub customer: CustomerId,
    /// The entry.
    pub entry: JournalEntry,
    /// Counters up to and including this name have been added to: the entry moves more than one transaction holds.
    pub folded_to: Option<String>,
}

/// What a fold does to an entry.
#[derive(Clone, Debug)]
pub struct Folding {
    /// Whose.
    pub customer: CustomerId,
    /// Which entry.
    pub version: u64,
    /// How far it had been folded; somebody else's progress in between fails the fold.
    pub from: Option<String>,
    /// How far it is folded now; `None`: wholly, and closed.
    pub to: Option<String>,
}

impl Store {
    /// The entry, if it is still open.
    pub async fn open_journal(&self, pk: &str, sk: &str) -> Result<Option<OpenJournal>, Error> {
        let request = self.client.get_item().table_name(&self.names.main).consistent_read(true);
        let found =
            Box::pin(request.set_key(Some(key(pk, sk))).send()).await.map_err(|e| sort("GetItem", e))?;
        let Some(item) = found.item.filter(Store::is_open) else { return Ok(None) };
        let customer =
            customer_of(get_text(&item, "pk")?).ok_or_else(|| Error::unreadable(pk, "no customer"))?;
        let folded_to = get_text(&item, "folded_to").ok().map(str::to_owned);
        Ok(Some(OpenJournal { customer, entry: get_document(&item, "doc")?, folded_to }))
    }

    /// Adds `deltas` and takes `entries` further, together. Fails with `LostRace` if somebody else did meanwhile.
    pub async fn fold(
        &self,
        entries: &[Folding],
        deltas: &BTreeMap<String, i64>,
        now: Timestamp,
        token: &str,
    ) -> Result<(), Error> {
        let mut items = Vec::with_capacity(entries.len() + deltas.len());
        for entry in entries {
            items.push(self.take_further(entry)?);
        }
        for (name, delta) in deltas.iter().filter(|(_, delta)| **delta != 0) {
            items.push(self.add_to_counter(name, *delta, now)?);
        }
        let request =
            self.client.transact_write_items().set_transact_items(Some(items)).client_request_token(token);
        let Err(error) = Box::pin(request.send()).await else { return Ok(()) };
        let reasons = error.as_service_error().map(cancellations).unwrap_or_default();
        if reasons.iter().any(|code| matches!(*code, "ConditionalCheckFailed" | "TransactionConflict")) {
            return Err(Error::LostRace("a journal entry"));
        }
        Err(sort("TransactWriteItems", error))
    }

    /// Counts what happened outside any file: adds 1, and keeps the signal's receipt. `false`: it had been counted.
    pub async fn count_once(
        &self,
        name: &str,
        signal: &SignalId,
        now: Timestamp,
        token: &str,
    ) -> Result<bool, Error> {
        let items = vec![self.receipt_put(signal, now)?, self.add_to_counter(name, 1, now)?];
        let request =
            self.client.transact_write_items().set_transact_items(Some(items)).client_request_token(token);
        let Err(error) = Box::pin(request.send()).await else { return Ok(true) };
        let reasons = error.as_service_error().map(cancellations).unwrap_or_default();
        if reasons.first() == Some(&"ConditionalCheckFailed") {
            return Ok(false);
        }
        if reasons.contains(&"TransactionConflict") {
            return Err(Error::LostRace("a counter"));
        }
        Err(sort("TransactWriteItems", error))
    }

    fn add_to_counter(&self, name: &str, delta: i64, now: Timestamp) -> Result<TransactWriteItem, Error> {
        let add = Update::builder()
            .table_name(&self.names.main)
            .set_key(Some(key(PARTITION, name)))
            .update_expression("ADD #value :delta SET added_at = :now")
            .expression_attribute_names("#value", "value")
            .expression_attribute_values(":now", number(now.ms()))
            .expression_attribute_values(":delta", number(delta))
            .build()
            .map_err(|e| Error::unreadable("an update", e))?;
        Ok(TransactWriteItem::builder().update(add).build())
    }

    fn take_further(&self, entry: &Folding) -> Result<TransactWriteItem, Error> {
        let update = Update::builder()
            .table_name(&self.names.main)
            .set_key(Some(key(file_pk(&entry.customer), entry_sk(entry.version))));
        let update = match &entry.to {
            Some(to) => {
                update.update_expression("SET folded_to = :to").expression_attribute_values(":to", text(to))
            }
            None => update.update_expression("REMOVE work_shard, retry_at, folded_to"),
        };
        let update = match &entry.from {
            Some(from) => update
                .condition_expression("attribute_exists(work_shard) AND folded_to = :from")
                .expression_attribute_values(":from", text(from)),
            None => update
                .condition_expression("attribute_exists(work_shard) AND attribute_not_exists(folded_to)"),
        };
        let update = update.build().map_err(|e| Error::unreadable("an update", e))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    /// The values of these counters, in their order; 0 for one that nothing was added to yet.
    pub async fn counts_of(&self, names: &[String]) -> Result<Vec<i64>, Error> {
        let mut found = BTreeMap::new();
        for some in names.chunks(AT_ONCE) {
            let keys = some.iter().map(|name| key(PARTITION, name)).collect();
            for item in self.get_many(keys).await? {
                found.insert(get_text(&item, "sk")?.to_owned(), get_number(&item, "value")?);
            }
        }
        Ok(names.iter().map(|name| found.get(name).copied().unwrap_or(0)).collect())
    }

    /// Counters whose name begins with `prefix`.
    pub async fn counters(&self, prefix: &str) -> Result<Vec<Counter>, Error> {
        let mut counters = Vec::new();
        let mut from = None;
        loop {
            let page = self.prefix(PARTITION, prefix, 500, from.as_ref(), true).await?;
            for item in &page.items {
                counters.push(Counter {
                    name: get_text(item, "sk")?.to_owned(),
                    value: get_number(item, "value")?,
                    at: get_number(item, "added_at").ok().map(Timestamp::from_ms),
                });
            }
            from = page.next;
            if from.is_none() {
                return Ok(counters);
            }
        }
    }
}
