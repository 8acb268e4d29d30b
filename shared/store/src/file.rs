//! Loading: one consistent read brings the file and the playbook's stamp.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::KeysAndAttributes;
use domain::{CustomerId, File};

use crate::{
    Error, Store,
    attributes::{Item, get_document, get_number, get_text, key},
    error::sort,
};

/// Files written by a newer release than this are not touched.
pub(crate) const FORMAT: u32 = 1;
const UNPROCESSED_TRIES: u32 = 5;

/// What a reaction starts from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The file, if there is one.
    pub file: Option<File>,
    /// The playbook's stamp at this moment; 0 before its first change.
    pub stamp: u64,
}

/// What reactions of many start from.
#[derive(Debug)]
pub struct LoadedMany {
    /// Files that are there.
    pub files: BTreeMap<CustomerId, Result<File, Error>>,
    /// The playbook's stamp at this moment.
    pub stamp: u64,
}

pub(crate) fn file_pk(customer: &CustomerId) -> String {
    format!("C#{customer}")
}

/// The customer that a key of the `wake` index names.
pub(crate) fn customer_of(pk: &str) -> Option<CustomerId> {
    pk.strip_prefix("C#").map(CustomerId::from)
}

fn read(item: &Item) -> Result<File, Error> {
    let format: u32 = get_number(item, "format")?;
    if format > FORMAT {
        let what = get_text(item, "pk").unwrap_or_default();
        return Err(Error::unreadable(what, format!("format {format} is of a newer release than {FORMAT}")));
    }
    get_document(item, "doc")
}

impl Store {
    /// The file and the playbook's stamp, in one consistent read.
    pub async fn load(&self, customer: &CustomerId) -> Result<Loaded, Error> {
        let keys = [key(file_pk(customer), "FILE"), key(crate::playbook::PARTITION, crate::playbook::STAMP)];
        let mut loaded = Loaded { file: None, stamp: 0 };
        for item in self.get_many(keys.to_vec()).await? {
            if get_text(&item, "sk")? == "FILE" {
                loaded.file = Some(read(&item)?);
            } else {
                loaded.stamp = get_number(&item, "stamp")?;
            }
        }
        Ok(loaded)
    }

    /// Several files and the playbook's stamp, in one consistent read, at most 99. One that cannot be read has its error in
    /// its place; those that do not exist are left out.
    pub async fn load_many(&self, customers: &[CustomerId]) -> Result<LoadedMany, Error> {
        let stamp = key(crate::playbook::PARTITION, crate::playbook::STAMP);
        let keys = customers.iter().map(|customer| key(file_pk(customer), "FILE")).chain([stamp]).collect();
        let mut loaded = LoadedMany { files: BTreeMap::new(), stamp: 0 };
        for item in self.get_many(keys).await? {
            match customer_of(get_text(&item, "pk")?) {
                Some(customer) => _ = loaded.files.insert(customer, read(&item)),
                None => loaded.stamp = get_number(&item, "stamp")?,
            }
        }
        Ok(loaded)
    }

    /// Several files at once, in the order asked for; those that do not exist are left out. At most 100.
    pub async fn load_files(&self, customers: &[CustomerId]) -> Result<Vec<File>, Error> {
        let keys = customers.iter().map(|customer| key(file_pk(customer), "FILE")).collect();
        let mut files = Vec::with_capacity(customers.len());
        for item in self.get_many(keys).await? {
            files.push(read(&item)?);
        }
        let place = |file: &File| customers.iter().position(|customer| customer == &file.id);
        files.sort_by_key(place);
        Ok(files)
    }

    /// Consistent reads from `main`.
    pub(crate) async fn get_many(&self, keys: Vec<Item>) -> Result<Vec<Item>, Error> {
        self.get_many_of(&self.names.main, keys).await
    }

    /// Consistent reads; what the store leaves unprocessed is asked for again.
    pub(crate) async fn get_many_of(&self, table: &str, keys: Vec<Item>) -> Result<Vec<Item>, Error> {
        let mut found = Vec::new();
        let mut wanted = keys;
        for _ in 0..UNPROCESSED_TRIES {
            if wanted.is_empty() {
                return Ok(found);
            }
            let ask = KeysAndAttributes::builder().set_keys(Some(wanted)).consistent_read(true).build();
            let ask = ask.map_err(|e| Error::unreadable("keys to read", e))?;
            let request = self.client.batch_get_item().request_items(table, ask);
            let answer = Box::pin(request.send()).await;
            let mut answer = answer.map_err(|e| sort("BatchGetItem", e))?;
            if let Some(items) = answer.responses.as_mut().and_then(|tables| tables.remove(table)) {
                found.extend(items);
            }
            let left = answer.unprocessed_keys.as_mut().and_then(|tables| tables.remove(table));
            wanted = left.map(|left| left.keys).unwrap_or_default();
        }
        Err(Error::Unavailable { operation: "BatchGetItem", reason: "keys stayed unprocessed".into() })
    }
}
