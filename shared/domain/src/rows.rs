//! Index rows: who has a tag, who stands at a stage, who has what to do. Computed from the file by ONE function, so
//! that they can be rebuilt by computing them again. They hold nothing that changes with every message.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{BoardId, File, Reaction, Timestamp, changes::boards_changed, file::TouchRef, react::Record};

/// A row: its key, and at most one value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Row {
    /// Which index, e.g. `TAG#et1`.
    pub pk: String,
    /// Which entry; the customer's id comes last.
    pub sk: String,
    /// A short value that lists show or filter by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// A row that a commit still has to write or take away.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OwedRow {
    /// Key.
    pub pk: String,
    /// Key.
    pub sk: String,
    /// `true`: not written yet; `false`: not taken away yet.
    pub put: bool,
}

/// The difference between what the store holds and what it should hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RowChanges {
    /// To write.
    pub put: Vec<Row>,
    /// To take away: (pk, sk).
    pub delete: Vec<(String, String)>,
}

/// Every index row of a file, by key.
#[must_use]
pub fn index_rows(file: &File) -> BTreeMap<(String, String), Option<String>> {
    let mut rows = BTreeMap::new();
    let mut put = |pk: String, sk: String, value: Option<String>| {
        rows.insert((pk, sk), value);
    };
    let id = file.id.as_str();
    for tag in file.tags.keys() {
        put(format!("TAG#{tag}"), id.to_owned(), None);
    }
    let shown = file.has_open_relation();
    for (board, card) in &file.cards {
        let stage = &card.stage;
        if shown {
            let owner = file.owner.as_ref().map(ToString::to_string);
            put(format!("BOARD#{board}#{stage}"), id.to_owned(), owner);
            put(format!("BOARD#{board}#{stage}#entered"), format!("{}#{id}", sortable(card.since)), None);
            put(format!("BOARD#{board}#{stage}#contact"), format!("{}#{id}", day(file.contact.last())), None);
            if let Some(amount) = card.amount {
                put(
                    format!("BOARD#{board}#{stage}#amount"),
                    format!("{}#{id}", sortable_amount(amount)),
                    None,
                );
            }
        } else {
            put(format!("BOARD#{board}#{stage}#hidden"), id.to_owned(), None);
        }
    }
    for (staff, relation) in &file.relations {
        let state = if relation.is_open() { "open" } else { "closed" };
        put(format!("STAFF#{staff}"), id.to_owned(), Some(state.to_owned()));
    }
    for live in &file.enrollments {
        put(format!("SOP#{}", live.sop), format!("{id}#{}", live.n), None);
        if let Some(open) = &live.open
            && open.method != crate::Method::Welcome
        {
            let touch = TouchRef { sop: live.sop.clone(), n: live.n, step: open.step.clone() };
            put(
                format!("TASK#{}", open.staff),
                format!("{}#{id}#{touch}", sortable(Some(open.due_at))),
                None,
            );
        }
    }
    if let Some(added) = file.first_added {
        // A month of UTC: the corp's zone is no part of a file. Whoever asks for a local month reads two and filters.
        put(format!("ADDED#{}", added.at.utc().format("%Y%m")), id.to_owned(), None);
    }
    if let Some(unionid) = &file.profile.unionid {
        put(format!("ID#unionid#{}", hash(unionid)), id.to_owned(), None);
    }
    rows
}

/// What has to change in the store when `old` becomes `new`: the rows of the old file become the rows of the new one.
/// What the old file still owed may be there or not, with this value or an earlier one: it is written or taken away
/// whatever it is.
#[must_use]
pub fn changes(old: Option<&File>, new: &File) -> RowChanges {
    let mut stored = old.map(index_rows).unwrap_or_default();
    let owed = old.map(|old| old.owed.as_slice()).unwrap_or_default();
    let unknown: BTreeSet<_> = owed.iter().map(|row| (row.pk.clone(), row.sk.clone())).collect();
    stored.retain(|key, _| !unknown.contains(key));
    let wanted = index_rows(new);
    let mut changes = RowChanges::default();
    for (key, value) in &wanted {
        if stored.get(key) != Some(value) {
            changes.put.push(Row { pk: key.0.clone(), sk: key.1.clone(), value: value.clone() });
        }
    }
    changes.delete.extend(stored.into_keys().chain(unknown).filter(|key| !wanted.contains_key(key)));
    changes
}

/// What one transaction writes beside file, journal entry and receipt.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Beside {
    /// Reading rows.
    pub records: Vec<Record>,
    /// Index rows.
    pub rows: RowChanges,
    /// Boards whose change log tells of this commit, an item each. They are never owed: who asks what has changed asks
    /// now.
    pub boards: BTreeSet<BoardId>,
}

/// Chooses at most `room` items to write with this commit; rows that do not fit are noted in the file as owed, and the
/// file wakes at once to write them.
#[must_use]
pub fn fit(before: Option<&File>, reaction: &mut Reaction, room: usize) -> Beside {
    let file = &mut reaction.file;
    let boards: BTreeSet<BoardId> = boards_changed(before, file).into_iter().take(room).collect();
    let room = room - boards.len();
    let mut records = std::mem::take(&mut file.owed_records);
    records.append(&mut reaction.records);
    let mut records = once_each(records);
    file.owed.clear();
    let RowChanges { mut put, mut delete } = changes(before, file);
    file.owed_records = records.split_off(records.len().min(room));
    let room = room - records.len();
    let later_puts = put.split_off(put.len().min(room));
    let room = room - put.len();
    let later_deletes = delete.split_off(delete.len().min(room));
    let puts = later_puts.into_iter().map(|row| OwedRow { pk: row.pk, sk: row.sk, put: true });
    let deletes = later_deletes.into_iter().map(|(pk, sk)| OwedRow { pk, sk, put: false });
    file.owed = puts.chain(deletes).collect();
    if !(file.owed.is_empty() && file.owed_records.is_empty()) {
        file.wake_at = Some(file.committed_at);
    }
    Beside { records, rows: RowChanges { put, delete }, boards }
}

/// One transaction writes an item once.
fn once_each(records: Vec<Record>) -> Vec<Record> {
    let mut once: Vec<Record> = Vec::with_capacity(records.len());
    for record in records {
        match once.iter().position(|known| known.subject() == record.subject()) {
            Some(place) => {
                let known = once.remove(place);
                once.push(known.followed_by(record));
            }
            None => once.push(record),
        }
    }
    once
}

/// A time as text that sorts like the time; unknown sorts first.
fn sortable(at: Option<Timestamp>) -> String {
    format!("{:013}", at.map_or(0, Timestamp::ms))
}

/// A day of UTC as text; unknown sorts first. By day, so that a customer who chats writes the row once a day.
fn day(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "00000000".to_owned(), |at| at.utc().format("%Y%m%d").to_string())
}

/// An amount as text that sorts like the number, below nought too.
fn sortable_amount(amount: i64) -> String {
    const NOUGHT: i64 = 1_000_000_000_000_000;
    format!("{:016}", amount.saturating_add(NOUGHT))
}

fn hash(text: &str) -> String {
    use sha2::{Digest as _, Sha256};
    hex::encode(&Sha256::digest(text.as_bytes())[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_owed_is_written_by_the_next_commit() {
        let mut old = File::new("wm1".into());
        old.profile.unionid = Some("u".into());
        let key = index_rows(&old).into_keys().next().unwrap();
        assert!(changes(Some(&old), &old).put.is_empty());
        old.owed.push(OwedRow { pk: key.0.clone(), sk: key.1.clone(), put: true });
        old.owed.push(OwedRow { pk: "TAG#gone".into(), sk: "wm1".into(), put: false });
        let changes = changes(Some(&old), &old);
        assert_eq!(changes.put.len(), 1);
        assert_eq!(changes.delete, [("TAG#gone".to_owned(), "wm1".to_owned())]);
    }
}
