//! Counters, folded from journal entries: adding to them and closing the entries is one transaction, so that each fact
//! counts once.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{TransactWriteItem, Update};
use domain::CustomerId;

use crate::{
    Error, JournalEntry, Store,
    attributes::{get_document, get_number, get_text, key, number},
    error::{cancellations, sort},
    file::{customer_of, file_pk},
    journal::entry_sk,
};

const PARTITION: &str = "COUNT";

/// A counter and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counter {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: i64,
}

/// A journal entry that has not been published and folded.
#[derive(Clone, Debug)]
pub struct OpenJournal {
    /// Whose.
    pub customer: CustomerId,
    /// The entry.
    pub entry: JournalEntry,
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
        Ok(Some(OpenJournal { customer, entry: get_document(&item, "doc")? }))
    }

    /// Adds `deltas` and closes `entries`, together. Fails with `LostRace` if one of them was closed meanwhile.
    pub async fn fold(
        &self,
        entries: &[(CustomerId, u64)],
        deltas: &BTreeMap<String, i64>,
        token: &str,
    ) -> Result<(), Error> {
        let mut items = Vec::with_capacity(entries.len() + deltas.len());
        for (customer, version) in entries {
            let close = Update::builder()
                .table_name(&self.names.main)
                .set_key(Some(key(file_pk(customer), entry_sk(*version))))
                .update_expression("REMOVE work_shard, retry_at")
                .condition_expression("attribute_exists(work_shard)")
                .build()
                .map_err(|e| Error::unreadable("an update", e))?;
            items.push(TransactWriteItem::builder().update(close).build());
        }
        for (name, delta) in deltas.iter().filter(|(_, delta)| **delta != 0) {
            let add = Update::builder()
                .table_name(&self.names.main)
                .set_key(Some(key(PARTITION, name)))
                .update_expression("ADD #value :delta")
                .expression_attribute_names("#value", "value")
                .expression_attribute_values(":delta", number(delta))
                .build()
                .map_err(|e| Error::unreadable("an update", e))?;
            items.push(TransactWriteItem::builder().update(add).build());
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
                });
            }
            from = page.next;
            if from.is_none() {
                return Ok(counters);
            }
        }
    }
}
