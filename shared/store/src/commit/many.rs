//! Commits of several files in one transaction. Each stands on its own file's version and its own receipt; one that
//! cannot be written keeps all of them from being written, and is named.

use std::ops::Range;

use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::{SignalId, Timestamp};

use super::{Commit, Condition, MAX_ITEMS, Verdict, put, receipt_item};
use crate::{
    Error, Store,
    error::{cancellations, sort},
};

/// What one of many customers has to be written.
#[derive(Debug)]
pub enum Part<'a> {
    /// A commit. Its token is not used.
    Commit(Commit<'a>),
    /// That a signal without consequences was seen, and when.
    Seen(&'a SignalId, Timestamp),
}

/// Why one of the parts cannot be written.
#[derive(Debug)]
pub enum Hindrance {
    /// Its signal had been committed, or seen, before.
    Before,
    /// Something else; a lost race among others.
    Failed(Error),
}

impl Part<'_> {
    /// Items that it takes of a transaction.
    fn items(&self) -> usize {
        match self {
            Self::Commit(commit) => {
                let beside = commit.beside;
                let rows = beside.records.len() + beside.rows.put.len() + beside.rows.delete.len();
                let fixed = 2 + usize::from(commit.receipt.is_some()) + usize::from(commit.audit.is_some());
                fixed + rows + beside.boards.len()
            }
            Self::Seen(..) => 1,
        }
    }

    /// Reads the reasons of its own items.
    fn hindrance(&self, reasons: &[&str]) -> Option<Hindrance> {
        match self {
            Self::Commit(commit) => match commit.verdict(reasons) {
                Verdict::Unhindered => None,
                Verdict::Before => Some(Hindrance::Before),
                Verdict::Failed(error) => Some(Hindrance::Failed(error)),
            },
            Self::Seen(..) if reasons.contains(&"ConditionalCheckFailed") => Some(Hindrance::Before),
            Self::Seen(..) if reasons.contains(&"TransactionConflict") => {
                Some(Hindrance::Failed(Error::LostRace("a receipt")))
            }
            Self::Seen(..) => None,
        }
    }
}

/// Which parts, in their order, fit into one transaction each.
#[must_use]
pub fn pack(parts: &[Part<'_>]) -> Vec<Range<usize>> {
    let mut packs: Vec<Range<usize>> = Vec::new();
    let mut room = 0;
    for (place, part) in parts.iter().enumerate() {
        match packs.last_mut().filter(|_| part.items() <= room) {
            Some(pack) => pack.end = place + 1,
            None => {
                packs.push(place..place + 1);
                room = MAX_ITEMS;
            }
        }
        room = room.saturating_sub(part.items());
    }
    packs
}

impl Store {
    /// Writes these parts, all of them or none. What is in the answer kept them from being written, by its place among
    /// the parts; an empty one says that they are written.
    ///
    /// `token` is unique for each attempt: a repetition of the very same parts under it has one effect.
    pub async fn commit_together(
        &self,
        parts: &[&Part<'_>],
        token: &str,
    ) -> Result<Vec<(usize, Hindrance)>, Error> {
        let mut items: Vec<TransactWriteItem> = Vec::new();
        let mut begins = Vec::with_capacity(parts.len());
        for part in parts {
            begins.push(items.len());
            match part {
                Part::Commit(commit) => items.extend(self.commit_items(commit)?),
                Part::Seen(signal, at) => {
                    items.push(put(&self.names.hot, receipt_item(signal, *at, None), Condition::Absent)?);
                }
            }
        }
        debug_assert!(items.len() <= MAX_ITEMS);
        let request = self.client.transact_write_items().set_transact_items(Some(items));
        let Err(error) = Box::pin(request.client_request_token(token).send()).await else {
            return Ok(Vec::new());
        };
        let reasons = error.as_service_error().map(cancellations).unwrap_or_default();
        let own = |place: usize| {
            let begin = begins.get(place).copied().unwrap_or(reasons.len());
            let end = begins.get(place + 1).copied().unwrap_or(reasons.len());
            reasons.get(begin..end).unwrap_or_default()
        };
        let hindered: Vec<(usize, Hindrance)> = parts
            .iter()
            .enumerate()
            .filter_map(|(place, part)| Some((place, part.hindrance(own(place))?)))
            .collect();
        if hindered.is_empty() { Err(sort("TransactWriteItems", error)) } else { Ok(hindered) }
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        Actor, File, Happening, Signal,
        rows::{Beside, Row},
    };

    use super::*;
    use crate::JournalEntry;

    #[test]
    fn parts_share_a_transaction_as_long_as_they_fit() {
        let file = File::new("wm1".into());
        let at = Timestamp::from_secs(0);
        let signal = Signal { id: "s".into(), at, by: Actor::Stepwise, what: Happening::Woken };
        let entry = JournalEntry {
            version: 1,
            at,
            signal,
            facts: Vec::new(),
            gauges: std::collections::BTreeMap::new(),
        };
        let receipt = SignalId::from("s");
        let row = Row { pk: "TAG#et1".into(), sk: "wm1".into(), value: None };
        let beside = |rows: usize| {
            let mut beside = Beside::default();
            beside.rows.put = vec![row.clone(); rows];
            beside
        };
        let (small, large) = (beside(1), beside(86));
        let commit = |beside| {
            let token = String::new();
            let receipt = Some(&receipt);
            Part::Commit(Commit {
                loaded_version: 0,
                file: &file,
                entry: &entry,
                receipt,
                beside,
                audit: None,
                token,
            })
        };
        let mut parts: Vec<Part<'_>> = (0..24).map(|_| commit(&small)).collect();
        parts.extend([Part::Seen(&receipt, at), Part::Seen(&receipt, at), commit(&large)]);
        assert_eq!(pack(&parts), [0..22, 22..26, 26..27]);
    }
}
