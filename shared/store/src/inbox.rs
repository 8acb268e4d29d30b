//! The inbox: callbacks, claimed durably before they are acknowledged.

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

    /// Opens a finished entry again: a hint that comes twice asks twice (T5).
    pub async fn reopen(&self, id: &str, now: Timestamp) -> Result<(), Error> {
        self.update_inbox(id, now.plus_secs(FIRST_TRY_SECONDS), 0).await
    }

    /// Puts off an entry that failed.
    pub async fn put_off(&self, id: &str, retry_at: Timestamp) -> Result<(), Error> {
        self.update_inbox(id, retry_at, 1).await
    }

    async fn update_inbox(&self, id: &str, retry_at: Timestamp, tries: u32) -> Result<(), Error> {
        let pk = pk(id);
        let request = self
            .client
            .update_item()
            .table_name(&self.names.hot)
            .set_key(Some(key(&pk, "-")))
            .update_expression(
                "SET work_shard = :shard, retry_at = :at REMOVE done_at, #ttl ADD tries :tries",
            )
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":shard", text(shard_of(&pk)))
            .expression_attribute_values(":at", number(retry_at.ms()))
            .expression_attribute_values(":tries", number(tries));
        Box::pin(request.send()).await.map_err(|e| sort("UpdateItem", e))?;
        Ok(())
    }

    /// Marks an entry as dealt with. Doing it twice is harmless.
    pub async fn finish_inbox(&self, id: &str, now: Timestamp) -> Result<(), Error> {
        let request = self
            .client
            .update_item()
            .table_name(&self.names.hot)
            .set_key(Some(key(pk(id), "-")))
            .update_expression("SET done_at = :now, #ttl = :ttl REMOVE work_shard, retry_at")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":now", number(now.ms()))
            .expression_attribute_values(":ttl", number(now.plus_days(KEPT_DAYS).secs()));
        Box::pin(request.send()).await.map_err(|e| sort("UpdateItem", e))?;
        Ok(())
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
            done: item.contains_key("done_at"),
        }))
    }
}
