//! The change log of each board: which customers' cards changed when, for a day. Whoever shows a board asks it what has
//! changed since they last asked.

use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::{BoardId, CustomerId, File, Timestamp};

use crate::{
    Cursor, Error, Store,
    attributes::{Item, get_text, item, number, position, text},
    commit::{Condition, put},
    error::sort,
    index::start_of,
};

/// What is older is gone.
pub const LOG_HOURS: i64 = 24;
/// A commit carries the time at which it was decided, and may be there later: so long at most. Readers look so far
/// back behind what they have read.
pub const LOG_LAG_SECONDS: i64 = 10;
/// Entries in one query.
const PAGE: i32 = 500;

/// A commit that changed a card.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CardChange {
    /// When it was decided.
    pub at: Timestamp,
    /// Whose card.
    pub customer: CustomerId,
    /// The file's version that it made: the id of its journal entry.
    pub version: u64,
}

/// Part of a board's change log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CardChanges {
    /// In order of their time.
    pub changes: Vec<CardChange>,
    /// There were more than asked for; the latest are missing.
    pub cut: bool,
}

fn log_pk(board: &BoardId, at: Timestamp) -> String {
    // An hour of UTC: the zone of the corp may change, and nobody sees this.
    format!("LOG#{board}#{}", at.utc().format("%Y%m%d%H"))
}

fn place(at: Timestamp) -> String {
    format!("{:013}", at.ms().max(0))
}

fn log_item(board: &BoardId, change: &CardChange) -> Item {
    let CardChange { at, customer, version } = change;
    let ttl = at.plus_secs(LOG_HOURS * 3600).secs();
    item(log_pk(board, *at), format!("{}#{customer}#{version}", place(*at)), [("ttl", number(ttl))])
}

fn read(item: &Item) -> Result<CardChange, Error> {
    let sk = get_text(item, "sk")?;
    let parts = || {
        let (at, rest) = sk.split_once('#')?;
        let (customer, version) = rest.rsplit_once('#')?;
        let at = Timestamp::from_ms(at.parse().ok()?);
        Some(CardChange { at, customer: customer.into(), version: version.parse().ok()? })
    };
    parts().ok_or_else(|| Error::unreadable("a board's change log", "not an entry's key"))
}

impl Store {
    /// The entry that a commit of `file` writes for `board`.
    pub(crate) fn put_change(&self, board: &BoardId, file: &File) -> Result<TransactWriteItem, Error> {
        let change = CardChange { at: file.committed_at, customer: file.id.clone(), version: file.version };
        put(&self.names.hot, log_item(board, &change), Condition::None)
    }

    /// Tells of a commit once more, as of now: it took longer than readers look back.
    pub async fn repeat_change(&self, board: &BoardId, change: &CardChange) -> Result<(), Error> {
        let request =
            self.client.put_item().table_name(&self.names.hot).set_item(Some(log_item(board, change)));
        Box::pin(request.send()).await.map_err(|e| sort("PutItem", e))?;
        Ok(())
    }

    /// What changed on `board` from `since` to `now`, at most `limit` entries. An entry that somebody whose clock is
    /// ahead has dated a little later than `now` may be among them.
    pub async fn changes(
        &self,
        board: &BoardId,
        since: Timestamp,
        now: Timestamp,
        limit: usize,
    ) -> Result<CardChanges, Error> {
        let mut found = CardChanges::default();
        let last = log_pk(board, now);
        let mut hour = since;
        loop {
            let pk = log_pk(board, hour);
            let mut from: Option<Cursor> = None;
            loop {
                let query = self
                    .client
                    .query()
                    .table_name(&self.names.hot)
                    .consistent_read(true)
                    .limit(PAGE)
                    .set_exclusive_start_key(start_of(from.as_ref())?)
                    .key_condition_expression("pk = :pk AND sk >= :since")
                    .expression_attribute_values(":pk", text(&pk))
                    .expression_attribute_values(":since", text(place(since)));
                let answer = Box::pin(query.send()).await.map_err(|e| sort("Query", e))?;
                for item in answer.items() {
                    if found.changes.len() == limit {
                        found.cut = true;
                        return Ok(found);
                    }
                    found.changes.push(read(item)?);
                }
                from = answer.last_evaluated_key.as_ref().map(|key| Cursor(position(key)));
                if from.is_none() {
                    break;
                }
            }
            if pk >= last {
                return Ok(found);
            }
            hour = hour.plus_secs(3600);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_read_from_its_key_whatever_the_customer_is_called() {
        let at = Timestamp::parse_rfc3339("2026-03-02T09:59:59.999+08:00").unwrap();
        for customer in ["wmA", "wm_a-b", "wm#odd"] {
            let change = CardChange { at, customer: customer.into(), version: 12 };
            let item = log_item(&"cars".into(), &change);
            assert_eq!(get_text(&item, "pk").unwrap(), "LOG#cars#2026030201");
            assert_eq!(read(&item).unwrap(), change);
        }
    }
}
