//! What several indexes have in common: keys in one order, read side by side.

use std::collections::{BTreeMap, VecDeque};

use crate::{
    Cursor, Error, Store,
    attributes::{get_text, key, text},
    error::sort,
};

/// So many keys are read of an index at once.
const CHUNK: i32 = 200;
/// DynamoDB reads so many items at once by their keys.
const LOOKED_UP_AT_ONCE: usize = 100;
/// So many readings serve one page; a page that would take more ends early.
const MOST_READINGS: usize = 40;

/// Part of what is common to several indexes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Common {
    /// Sort keys that every index has, in order.
    pub keys: Vec<String>,
    /// Where to go on; `None`: that was all. Given, the page may be short or empty.
    pub next: Option<Cursor>,
    /// How many readings it took; at most 40.
    pub readings: usize,
}

impl Cursor {
    /// Behind this key, for [`Store::common_keys`].
    #[must_use]
    pub fn behind_key(key: &str) -> Self {
        Floor { key: key.to_owned(), included: false }.cursor()
    }
}

/// From where on keys are of interest.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Floor {
    key: String,
    /// Is the key itself?
    included: bool,
}

impl Floor {
    fn is_below(&self, key: &str) -> bool {
        if self.included { *self.key <= *key } else { *self.key < *key }
    }

    fn cursor(&self) -> Cursor {
        Cursor(format!("{}{}", if self.included { '=' } else { '>' }, self.key))
    }

    fn at(cursor: Option<&Cursor>) -> Self {
        let text = cursor.map_or(">", |cursor| cursor.0.as_str());
        match text.strip_prefix('=') {
            Some(key) => Self { key: key.to_owned(), included: true },
            None => Self { key: text.trim_start_matches('>').to_owned(), included: false },
        }
    }
}

/// Keys of one index, a chunk at a time.
struct Side<'a> {
    pk: &'a str,
    ahead: VecDeque<String>,
    /// Where the last reading ended without having found anything.
    barren: Option<String>,
    ended: bool,
}

impl Store {
    /// Up to `limit` sort keys that all of these partitions have. Each leaps to where the others are, so that what only
    /// one of them has in great number costs little.
    pub async fn common_keys<'a>(
        &self,
        partitions: &[&'a str],
        limit: usize,
        from: Option<&Cursor>,
    ) -> Result<Common, Error> {
        let side = |pk: &&'a str| Side { pk, ahead: VecDeque::new(), barren: None, ended: false };
        let mut sides: Vec<Side<'_>> = partitions.iter().map(side).collect();
        let (mut floor, mut keys, mut readings) = (Floor::at(from), Vec::new(), 0);
        loop {
            let mut agreed = 0;
            for side in &mut sides {
                while side.ahead.front().is_some_and(|key| !floor.is_below(key)) {
                    side.ahead.pop_front();
                }
                // A reading may find nothing, and still not be the last.
                while side.ahead.is_empty() && !side.ended {
                    if readings == MOST_READINGS {
                        return Ok(Common { keys, next: Some(floor.cursor()), readings });
                    }
                    readings += 1;
                    self.read_on(side, &floor).await?;
                }
                let Some(key) = side.ahead.front() else {
                    return Ok(Common { keys, next: None, readings });
                };
                if floor.included && floor.key == *key {
                    agreed += 1;
                } else {
                    (floor, agreed) = (Floor { key: key.clone(), included: true }, 1);
                }
            }
            if agreed == sides.len() {
                keys.push(floor.key.clone());
                floor.included = false;
                if keys.len() == limit {
                    return Ok(Common { keys, next: Some(floor.cursor()), readings });
                }
            }
        }
    }

    /// Which of these sort keys the partition has, with the values of their rows.
    pub async fn values_of(
        &self,
        pk: &str,
        keys: &[String],
    ) -> Result<BTreeMap<String, Option<String>>, Error> {
        let mut found = BTreeMap::new();
        for some in keys.chunks(LOOKED_UP_AT_ONCE) {
            let wanted = some.iter().map(|sk| key(pk, sk)).collect();
            for item in self.get_many(wanted).await? {
                let value = get_text(&item, "value").ok().map(str::to_owned);
                found.insert(get_text(&item, "sk")?.to_owned(), value);
            }
        }
        Ok(found)
    }

    async fn read_on(&self, side: &mut Side<'_>, floor: &Floor) -> Result<(), Error> {
        let (at, included) = match &side.barren {
            Some(last) if *last >= floor.key => (last.as_str(), false),
            _ => (floor.key.as_str(), floor.included),
        };
        let condition = if included { "pk = :pk AND sk >= :at" } else { "pk = :pk AND sk > :at" };
        // An empty key is none; no key of ours comes before a space.
        let at = if at.is_empty() { " " } else { at };
        let query = self
            .client
            .query()
            .table_name(&self.names.main)
            .consistent_read(true)
            .projection_expression("sk")
            .key_condition_expression(condition)
            .expression_attribute_values(":pk", text(side.pk))
            .expression_attribute_values(":at", text(at))
            .limit(CHUNK);
        let found = Box::pin(query.send()).await.map_err(|e| sort("Query", e))?;
        let last = found.last_evaluated_key();
        side.ended = last.is_none();
        side.barren = match last {
            Some(last) if found.items().is_empty() => Some(get_text(last, "sk")?.to_owned()),
            _ => None,
        };
        for item in found.items() {
            side.ahead.push_back(get_text(item, "sk")?.to_owned());
        }
        Ok(())
    }
}
