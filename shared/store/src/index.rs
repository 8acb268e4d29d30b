//! Reading index rows, and the two indexes over what is due and what is unfinished.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::{CustomerId, Timestamp, rows::Row};
use sha2::{Digest as _, Sha256};

use crate::{
    Error, Store,
    attributes::{Item, at_position, get_number, get_text, key, number, position, text},
    error::sort,
    file::customer_of,
    journal::PUBLISH_GRACE_SECONDS,
    tables::{WAKE_INDEX, WORK_INDEX},
};

/// Shards of each index.
pub const SHARDS: [&str; 4] = ["0", "1", "2", "3"];

/// Which shard of the indexes an item of partition `pk` is in.
#[must_use]
pub fn shard_of(pk: &str) -> &'static str {
    SHARDS[usize::from(Sha256::digest(pk.as_bytes())[0]) % SHARDS.len()]
}

/// Where a page ended. Opaque; the API seals it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(pub String);

impl Cursor {
    /// Behind this row of an index, for [`Store::rows`].
    #[must_use]
    pub fn behind_row(pk: &str, sk: &str) -> Self {
        Self(position(&key(pk, sk)))
    }

    /// The sort key of the row that this is behind.
    #[must_use]
    pub fn row(&self) -> Option<String> {
        at_position(&self.0)?.get("sk")?.as_s().ok().cloned()
    }
}

/// Part of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The entries.
    pub items: Vec<T>,
    /// Where the next page begins; `None`: this was the last.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    pub(crate) fn try_map<U>(self, map: impl FnMut(T) -> Result<U, Error>) -> Result<Page<U>, Error> {
        Ok(Page { items: self.items.into_iter().map(map).collect::<Result<_, _>>()?, next: self.next })
    }
}

/// A customer whose timer is due.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// When it is due.
    pub at: Timestamp,
    /// Whose.
    pub customer: CustomerId,
}

/// The kinds of unfinished work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum WorkKind {
    /// An accepted callback.
    Inbox,
    /// A journal entry to publish and fold.
    Journal,
    /// A reminder moment.
    Slot,
    /// Long work.
    Job,
    /// Work that is never finished, only put off.
    Standing,
}

/// Something unfinished.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WorkItem {
    /// When to try (again).
    pub at: Timestamp,
    /// What it is.
    pub kind: WorkKind,
    /// Its partition key.
    pub pk: String,
    /// Its sort key.
    pub sk: String,
}

impl Store {
    /// Rows of one index, in order of their sort key.
    pub async fn rows(&self, pk: &str, limit: i32, from: Option<&Cursor>) -> Result<Page<Row>, Error> {
        self.rows_in_order(pk, limit, from, true).await
    }

    /// Rows of one index, in order of their sort key, or from the last to the first.
    pub async fn rows_in_order(
        &self,
        pk: &str,
        limit: i32,
        from: Option<&Cursor>,
        forward: bool,
    ) -> Result<Page<Row>, Error> {
        let page = self.prefix(pk, "", limit, from, forward).await?;
        page.try_map(|item| {
            let value = get_text(&item, "value").ok().map(str::to_owned);
            Ok(Row { pk: get_text(&item, "pk")?.to_owned(), sk: get_text(&item, "sk")?.to_owned(), value })
        })
    }

    /// Items of a partition whose sort key begins with `prefix`.
    pub(crate) async fn prefix(
        &self,
        pk: &str,
        prefix: &str,
        limit: i32,
        from: Option<&Cursor>,
        forward: bool,
    ) -> Result<Page<Item>, Error> {
        let mut query = self
            .client
            .query()
            .table_name(&self.names.main)
            .consistent_read(true)
            .scan_index_forward(forward)
            .limit(limit)
            .set_exclusive_start_key(start_of(from)?)
            .expression_attribute_values(":pk", text(pk));
        query = if prefix.is_empty() {
            query.key_condition_expression("pk = :pk")
        } else {
            let query = query.key_condition_expression("pk = :pk AND begins_with(sk, :prefix)");
            query.expression_attribute_values(":prefix", text(prefix))
        };
        let answer = Box::pin(query.send()).await.map_err(|e| sort("Query", e))?;
        let next = answer.last_evaluated_key.as_ref().map(|key| Cursor(position(key)));
        Ok(Page { items: answer.items.unwrap_or_default(), next })
    }

    /// Customers of one shard whose timers are due by `now`, earliest first. The page behind `from` goes on there,
    /// whatever has become of those before it.
    pub async fn due(
        &self,
        shard: &str,
        now: Timestamp,
        limit: i32,
        from: Option<&Cursor>,
    ) -> Result<Page<Due>, Error> {
        let main = &self.names.main;
        let page = self.by_time((main, WAKE_INDEX, "wake_at"), shard, now, limit, from).await?;
        page.try_map(|item| {
            let customer = customer_of(get_text(&item, "pk")?)
                .ok_or_else(|| Error::unreadable("wake index", "no file"))?;
            Ok(Due { at: Timestamp::from_ms(get_number(&item, "wake_at")?), customer })
        })
    }

    /// Unfinished work of one shard that may be tried by `now`, earliest first, from both tables.
    pub async fn unfinished(&self, shard: &str, now: Timestamp, limit: i32) -> Result<Vec<WorkItem>, Error> {
        let mut found = Vec::new();
        for table in [&self.names.main, &self.names.hot] {
            found.extend(self.unfinished_in(table, shard, now, limit, None).await?.items);
        }
        found.sort();
        Ok(found)
    }

    /// Since when something that happened may not be in the counters yet; `None`: they have everything. Committers wake
    /// the folder, so that it is seconds.
    pub async fn uncounted_since(&self, now: Timestamp) -> Result<Option<Timestamp>, Error> {
        // An entry is in the index under the time at which it is looked after if nobody has folded it.
        let grace = PUBLISH_GRACE_SECONDS;
        let mut since: Option<Timestamp> = None;
        for shard in SHARDS {
            let oldest = self.unfolded(shard, now.plus_secs(2 * grace), 1).await?.into_iter().next();
            since = [since, oldest.map(|entry| entry.at.plus_secs(-grace))].into_iter().flatten().min();
        }
        Ok(since)
    }

    /// Journal entries of one shard that are to be published and folded, as far as the index knows.
    pub async fn unfolded(&self, shard: &str, now: Timestamp, limit: i32) -> Result<Vec<WorkItem>, Error> {
        let wanted = usize::try_from(limit).unwrap_or(0);
        let mut found = Vec::new();
        let mut from = None;
        loop {
            let page = self.unfinished_in(&self.names.main, shard, now, limit, from.as_ref()).await?;
            // Jobs are in the same index; however many there are, they do not hide the entries behind them.
            found.extend(page.items.into_iter().filter(|item| item.kind == WorkKind::Journal));
            found.truncate(wanted);
            from = page.next;
            if from.is_none() || found.len() >= wanted {
                return Ok(found);
            }
        }
    }

    async fn unfinished_in(
        &self,
        table: &str,
        shard: &str,
        now: Timestamp,
        limit: i32,
        from: Option<&Cursor>,
    ) -> Result<Page<WorkItem>, Error> {
        let page = self.by_time((table, WORK_INDEX, "retry_at"), shard, now, limit, from).await?;
        let mut items = Vec::with_capacity(page.items.len());
        for item in page.items {
            let (pk, sk) = (get_text(&item, "pk")?.to_owned(), get_text(&item, "sk")?.to_owned());
            let Some(kind) = kind_of(&pk) else { continue };
            items.push(WorkItem { at: Timestamp::from_ms(get_number(&item, "retry_at")?), kind, pk, sk });
        }
        Ok(Page { items, next: page.next })
    }

    async fn by_time(
        &self,
        (table, index, range): (&str, &str, &str),
        shard: &str,
        now: Timestamp,
        limit: i32,
        from: Option<&Cursor>,
    ) -> Result<Page<Item>, Error> {
        let query = self
            .client
            .query()
            .table_name(table)
            .index_name(index)
            .limit(limit)
            .set_exclusive_start_key(start_of(from)?)
            .key_condition_expression("#shard = :shard AND #at <= :now")
            .expression_attribute_names("#shard", format!("{index}_shard"))
            .expression_attribute_names("#at", range)
            .expression_attribute_values(":shard", text(shard))
            .expression_attribute_values(":now", AttributeValue::N(now.ms().to_string()));
        let answer = Box::pin(query.send()).await.map_err(|e| sort("Query", e))?;
        let next = answer.last_evaluated_key.as_ref().map(|key| Cursor(position(key)));
        Ok(Page { items: answer.items.unwrap_or_default(), next })
    }

    /// The next instant at which anything of the two indexes falls due, if anything is there. For the manual clock and
    /// the in-process alarms of one machine.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, Error> {
        let end = Timestamp::from_ms(i64::MAX / 2);
        let mut next: Option<Timestamp> = None;
        for shard in SHARDS {
            let due = self.due(shard, end, 1, None).await?.items.first().map(|due| due.at);
            let work = self.unfinished(shard, end, 1).await?.first().map(|work| work.at);
            next = [next, due, work].into_iter().flatten().min();
        }
        Ok(next)
    }
}

pub(crate) fn start_of(from: Option<&Cursor>) -> Result<Option<Item>, Error> {
    let refused = || Error::Refused { operation: "Query", reason: "bad cursor".into() };
    from.map(|cursor| at_position(&cursor.0).ok_or_else(refused)).transpose()
}

/// A unit number for attributes of items in both indexes.
pub(crate) fn work_attributes(pk: &str, retry_at: Timestamp) -> [(&'static str, AttributeValue); 2] {
    [("work_shard", text(shard_of(pk))), ("retry_at", number(retry_at.ms()))]
}

fn kind_of(pk: &str) -> Option<WorkKind> {
    let (kind, _) = pk.split_once('#')?;
    match kind {
        "IN" => Some(WorkKind::Inbox),
        "C" => Some(WorkKind::Journal),
        "SLOT" => Some(WorkKind::Slot),
        "JOB" => Some(WorkKind::Job),
        "STANDING" => Some(WorkKind::Standing),
        _ => None,
    }
}
