//! The inbox: callbacks, claimed durably before they are acknowledged.

use aws_sdk_dynamodb::types::ReturnValue;
use domain::Timestamp;

use crate::{
    Error, Store,
    attributes::{get_number, get_text, item, key, number, text},
    error::{condition_failed, sort},
    index::{shard_of, work_attributes},
};

/// An entry is nobody's business but its first worker's for so long.
const FIRST_TRY_SECONDS: i64 = 60;
/// WeCom repeats within seconds; a week covers every replay that matters.
const KEPT_DAYS: i64 = 7;

/// Whether an event was new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It was not known.
    New,
    /// It is in the inbox, unfinished.
    Pending,
    /// It was dealt with.
    Done,
}

/// An accepted callback.
#[derive(Clone, PartialEq, Eq)]
pub struct InboxEntry {
    /// SHA-256 of the decrypted event, in hex.
    pub id: String,
    /// The decrypted event.
    pub plain: String,
    /// When it was accepted.
    pub received_at: Timestamp,
    /// Failed tries so far.
    pub tries: u32,
    /// How often it was asked again.
    pub asked: u32,
    /// Dealt with already.
    pub done: bool,
}

impl std::fmt::Debug for InboxEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InboxEntry").field("id", &self.id).field("tries", &self.tries).finish_non_exhaustive()
    }
}

fn pk(id: &str) -> String {
    format!("IN#{id}")
}

impl Store {
    /// Claims an event. Durable once it returns.
    pub async fn claim(&self, id: &str, plain: &str, now: Timestamp) -> Result<Claim, Error> {
        let pk = pk(id);
        let [shard, retry_at] = work_attributes(&pk, now.plus_secs(FIRST_TRY_SECONDS));
        let fresh = item(
            &pk,
            "-",
            [
                ("plain", text(plain)),
                ("received_at", number(now.ms())),
                ("tries", number(0)),
                ("asked", number(0)),
                shard,
                retry_at,
            ],
        );
        let put = self.client.put_item().table_name(&self.names.hot).set_item(Some(fresh));
        match Box::pin(put.condition_expression("attribute_not_exists(pk)").send()).await {
            Ok(_) => Ok(Claim::New),
            Err(error) if condition_failed(&error) => {
                let known = self.inbox_entry(id).await?;
                Ok(if known.is_some_and(|known| !known.done) { Claim::Pending } else { Claim::Done })
            }
            Err(error) => Err(sort("PutItem", error)),
        }
    }

    /// A hint came again: it asks again, whether it was dealt with or is being dealt with (T5). `true`: it was done, so
    /// somebody has to be told.
    pub async fn ask_again(&self, id: &str, now: Timestamp) -> Result<bool, Error> {
        let pk = pk(id);
        let retry_at = now.plus_secs(FIRST_TRY_SECONDS);
        let request = self
            .client
            .update_item()
            .table_name(&self.names.hot)
            .set_key(Some(key(&pk, "-")))
            .update_expression("SET work_shard = :shard, retry_at = :at REMOVE done_at, #ttl ADD asked :one")
            .condition_expression("attribute_exists(pk)")
            .return_values(ReturnValue::AllOld)
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":shard", text(shard_of(&pk)))
            .expression_attribute_values(":at", number(retry_at.ms()))
            .expression_attribute_values(":one", number(1));
        let before = Box::pin(request.send()).await.map_err(|e| sort("UpdateItem", e))?;
        Ok(before.attributes.is_some_and(|item| item.contains_key("done_at")))
    }

    /// Puts off an entry that failed.
    pub async fn put_off(&self, id: &str, retry_at: Timestamp) -> Result<(), Error> {
        let pk = pk(id);
        let request = self
            .client
            .update_item()
            .table_name(&self.names.hot)
            .set_key(Some(key(&pk, "-")))
            .update_expression("SET work_shard = :shard, retry_at = :at REMOVE done_at, #ttl ADD tries :one")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":shard", text(shard_of(&pk)))
            .expression_attribute_values(":at", number(retry_at.ms()))
            .expression_attribute_values(":one", number(1));
        Box::pin(request.send()).await.map_err(|e| sort("UpdateItem", e))?;
        Ok(())
    }

    /// Marks an entry as dealt with, unless it was asked again since it was read with `asked`. `false`: it was.
    pub async fn finish_inbox(&self, id: &str, asked: u32, now: Timestamp) -> Result<bool, Error> {
        let request = self
            .client
            .update_item()
            .table_name(&self.names.hot)
            .set_key(Some(key(pk(id), "-")))
            .update_expression("SET done_at = :now, #ttl = :ttl REMOVE work_shard, retry_at")
            .condition_expression("attribute_exists(pk) AND asked = :asked")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":asked", number(asked))
            .expression_attribute_values(":now", number(now.ms()))
            .expression_attribute_values(":ttl", number(now.plus_days(KEPT_DAYS).secs()));
        match Box::pin(request.send()).await {
            Ok(_) => Ok(true),
            Err(error) if condition_failed(&error) => Ok(false),
            Err(error) => Err(sort("UpdateItem", error)),
        }
    }

    /// An entry by id.
    pub async fn inbox_entry(&self, id: &str) -> Result<Option<InboxEntry>, Error> {
        let request = self.client.get_item().table_name(&self.names.hot).consistent_read(true);
        let found =
            Box::pin(request.set_key(Some(key(pk(id), "-"))).send()).await.map_err(|e| sort("GetItem", e))?;
        let Some(item) = found.item else { return Ok(None) };
        Ok(Some(InboxEntry {
            id: id.to_owned(),
            plain: get_text(&item, "plain")?.to_owned(),
            received_at: Timestamp::from_ms(get_number(&item, "received_at")?),
            tries: get_number(&item, "tries")?,
            asked: get_number(&item, "asked")?,
            done: item.contains_key("done_at"),
        }))
    }
}
