//! Reading the playbook: whole by a query, or what changed since, by key.
//!
//! Neither a query nor a batch is one instant: another writer's transaction may be half in it, and even its stamp may be
//! seen a moment before its records are. Therefore what was read is held against the lines beside the stamp: every record
//! that they name has to be found as they left it, by its mark, or to be gone. What they do not name has not changed. What
//! is not wholly visible is waited for, and never taken for read.

use std::collections::BTreeMap;

use super::{
    PARTITION, RecordKind, StoredRecord,
    stamp::{self, Apart, Line, Noted, STAMP, Stamp, noted},
};
use crate::{
    Error, Store,
    attributes::{Item, get_number, get_text, key},
};

/// Thousands of records are small. A page ends at 1 MB, however many it may have.
const RECORDS_A_PAGE: i32 = 2_000;
/// Keys in one batch (DynamoDB allows 100).
const KEYS_A_BATCH: usize = 100;
/// Small records cost a unit each by key, and sixteen of them a unit in a query.
const MOST_BY_KEY: usize = 200;
/// Others may go on changing it while it is read.
const ROUNDS: u32 = 4;

/// The playbook, or what is new in it.
#[derive(Clone, Debug)]
pub struct PlaybookRecords {
    /// Which playbook it is, or becomes.
    pub stamp: Stamp,
    /// Is it all there is, and not only what changed?
    pub whole: bool,
    /// Records as they are.
    pub records: Vec<StoredRecord>,
    /// Records that are no more.
    pub gone: Vec<(RecordKind, String)>,
}

/// Items by sort key.
type Items = BTreeMap<String, Item>;

/// What reading by key came to.
enum Since {
    Read(PlaybookRecords),
    /// Others write, or a change is not wholly visible.
    NotYet,
    /// Too much changed.
    Whole,
}

impl Store {
    /// The playbook as it is: what changed since `held`, or the whole where nothing is held or too much changed. It is that
    /// of its stamp exactly. `None`: a change is not wholly visible yet, or others write too fast; asked again after a
    /// moment it will be there.
    ///
    /// `is_last_try`: a record without any mark is taken for one that a release without marks wrote since, and a line that is
    /// not understood for settled: both are old by now, or written by another release.
    pub async fn playbook_since(
        &self,
        held: Option<&Stamp>,
        is_last_try: bool,
    ) -> Result<Option<PlaybookRecords>, Error> {
        let since = match held {
            Some(held) => self.changed_since(held).await?,
            None => Since::Whole,
        };
        match since {
            Since::Read(read) => Ok(Some(read)),
            Since::NotYet => Ok(None),
            Since::Whole => self.whole_playbook(is_last_try).await,
        }
    }

    async fn changed_since(&self, held: &Stamp) -> Result<Since, Error> {
        for _ in 0..ROUNDS {
            let mut now = self.stamp_item().await?;
            let Some(lines) = now.since(held) else { return Ok(Since::Whole) };
            let (count, apart) = (lines.len(), self.names_apart(lines).await?);
            if !now.complete(count, &apart) {
                continue;
            }
            let Some(changed) = now.since(held).and_then(noted) else { return Ok(Since::Whole) };
            if changed.len() > MOST_BY_KEY {
                return Ok(Since::Whole);
            }
            let found = self.by_key(changed.keys().copied()).await?;
            if changed.iter().all(|(sk, noted)| is_as(*noted, found.get(*sk))) {
                return Ok(Since::Read(some(now.stamp(), &changed, &found)?));
            }
        }
        Ok(Since::NotYet)
    }

    async fn whole_playbook(&self, is_last_try: bool) -> Result<Option<PlaybookRecords>, Error> {
        let before = self.stamp_item().await?.stamp();
        let mut items = self.all_of_playbook().await?;
        for _ in 0..ROUNDS {
            let mut now = self.stamp_item().await?;
            let apart = self.names_apart(&now.lines).await?;
            if !now.complete(now.lines.len(), &apart) {
                continue;
            }
            if now.since(&before).and_then(noted).is_none() {
                return Ok(None);
            }
            // Those of before, too: of a change that was just being made, the stamp may have been seen first.
            let expected = now.noted();
            let amiss = |(sk, noted): &(&&str, &Noted<'_>)| !is_as(**noted, items.get(**sk));
            let amiss: Vec<&str> = expected.iter().filter(amiss).map(|(sk, _)| *sk).collect();
            let mut found = self.by_key(amiss.iter().copied()).await?;
            for sk in amiss {
                match found.remove(sk) {
                    Some(item) => _ = items.insert(sk.to_owned(), item),
                    None => _ = items.remove(sk),
                }
            }
            let is_settled = |(sk, noted): (&&str, &Noted<'_>)| {
                let item = items.get(*sk);
                is_as(*noted, item) || is_last_try && item.is_some_and(|item| !item.contains_key("change"))
            };
            if expected.iter().all(is_settled) && (is_last_try || now.is_understood()) {
                let records = items.iter().filter_map(|(sk, item)| record(sk, item).transpose());
                let records = records.collect::<Result<_, _>>()?;
                let stamp = now.stamp();
                return Ok(Some(PlaybookRecords { stamp, whole: true, records, gone: Vec::new() }));
            }
        }
        Ok(None)
    }

    /// What those of these lines name that have no room for it.
    async fn names_apart(&self, lines: &[Line]) -> Result<Apart, Error> {
        let keys: Vec<Item> = lines.iter().filter_map(Line::key_apart).collect();
        let mut names = Apart::new();
        for some in keys.chunks(KEYS_A_BATCH) {
            for item in self.get_many(some.to_vec()).await? {
                let (mark, named) = stamp::read_apart(&item)?;
                names.insert(mark, named);
            }
        }
        Ok(names)
    }

    async fn all_of_playbook(&self) -> Result<Items, Error> {
        let mut items = Items::new();
        let mut from = None;
        loop {
            let page = self.prefix(PARTITION, "", RECORDS_A_PAGE, from.as_ref(), true).await?;
            for item in page.items {
                items.insert(get_text(&item, "sk")?.to_owned(), item);
            }
            from = page.next;
            if from.is_none() {
                items.remove(STAMP);
                return Ok(items);
            }
        }
    }

    async fn by_key(&self, sks: impl Iterator<Item = &str>) -> Result<Items, Error> {
        let keys: Vec<Item> = sks.map(|sk| key(PARTITION, sk)).collect();
        let mut found = Items::new();
        for some in keys.chunks(KEYS_A_BATCH) {
            for item in self.get_many(some.to_vec()).await? {
                found.insert(get_text(&item, "sk")?.to_owned(), item);
            }
        }
        Ok(found)
    }
}

/// Is the item as its last change left it?
fn is_as(noted: Noted<'_>, item: Option<&Item>) -> bool {
    match noted {
        Noted::Marked(mark) => item.is_some_and(|item| get_text(item, "change").ok() == Some(mark)),
        Noted::Gone => item.is_none(),
    }
}

fn some(stamp: Stamp, changed: &BTreeMap<&str, Noted<'_>>, found: &Items) -> Result<PlaybookRecords, Error> {
    let mut read = PlaybookRecords { stamp, whole: false, records: Vec::new(), gone: Vec::new() };
    for sk in changed.keys() {
        match found.get(*sk) {
            Some(item) => read.records.extend(record(sk, item)?),
            None => read.gone.extend(named(sk).map(|(kind, id)| (kind, id.to_owned()))),
        }
    }
    Ok(read)
}

/// Kind and id by the sort key; `None`: a kind of another release.
fn named(sk: &str) -> Option<(RecordKind, &str)> {
    let (prefix, id) = sk.split_once('#').unwrap_or((sk, ""));
    Some((RecordKind::ALL.into_iter().find(|kind| kind.prefix() == prefix)?, id))
}

fn record(sk: &str, item: &Item) -> Result<Option<StoredRecord>, Error> {
    let Some((kind, id)) = named(sk) else { return Ok(None) };
    let doc = match get_text(item, "doc") {
        // Whoever reads it leaves it out.
        Err(_) if kind.is_of_contents() => "",
        doc => doc?,
    };
    let revision = get_number(item, "revision");
    let revision = if kind.is_of_contents() { revision.unwrap_or(0) } else { revision? };
    Ok(Some(StoredRecord { kind, id: id.to_owned(), doc: doc.to_owned(), revision }))
}
