//! What does not fit into a transaction is owed, and written next (§5).

use std::collections::BTreeMap;

use super::fixture::Desk;
use crate::{
    File, Happening,
    react::{Reaction, Record, explain::Subject},
    rows::{Beside, fit, index_rows},
};

type Rows = BTreeMap<(String, String), Option<String>>;

/// Index rows as the store holds them.
#[derive(Default)]
pub(super) struct Shelf {
    pub(super) rows: Rows,
}

impl Shelf {
    /// Commits a reaction with room for so many rows beside it, as the store does.
    pub(super) fn commit(&mut self, before: &File, reaction: &mut Reaction, room: usize) -> Beside {
        let known = (before.version > 0).then_some(before);
        let beside = fit(known, reaction, room);
        let rows = beside.records.len() + beside.rows.put.len() + beside.rows.delete.len();
        let written = rows + beside.boards.len();
        assert!(written <= room, "{written} rows in a room for {room}");
        for row in &beside.rows.put {
            self.rows.insert((row.pk.clone(), row.sk.clone()), row.value.clone());
        }
        for key in &beside.rows.delete {
            self.rows.remove(key);
        }
        beside
    }

    /// The rows of the file, but for those it owes.
    pub(super) fn check(&self, file: &File) {
        let owes =
            |key: &(String, String)| file.owed.iter().any(|row| (&row.pk, &row.sk) == (&key.0, &key.1));
        let but_owed = |rows: &Rows| rows.clone().into_iter().filter(|(key, _)| !owes(key)).collect::<Rows>();
        assert_eq!(but_owed(&self.rows), but_owed(&index_rows(file)));
        if !file.owed.is_empty() || !file.owed_records.is_empty() {
            assert_eq!(file.wake_at, Some(file.committed_at), "woken at once to write the rest");
        }
    }
}

/// Commits the desk's last reaction.
fn commit(shelf: &mut Shelf, desk: &mut Desk, before: &File, mut reaction: Reaction, room: usize) -> Beside {
    let beside = shelf.commit(before, &mut reaction, room);
    desk.file = reaction.file;
    shelf.check(&desk.file);
    beside
}

#[test]
fn rows_that_do_not_fit_are_written_by_the_next_commits() {
    let (mut desk, mut shelf) = (Desk::new(), Shelf::default());
    let before = desk.file.clone();
    let reaction = desk.add("anna");
    commit(&mut shelf, &mut desk, &before, reaction, 1);
    assert!(!desk.file.owed.is_empty());
    while !desk.file.owed.is_empty() {
        let before = desk.file.clone();
        // Awake already: it is owed, so the timer is now.
        let reaction = desk.hear(Happening::Woken);
        commit(&mut shelf, &mut desk, &before, reaction, 1);
    }
    assert_eq!(shelf.rows, index_rows(&desk.file));
    assert!(desk.file.wake_at > Some(desk.now), "and nobody is woken for nothing");
}

#[test]
fn a_row_whose_new_value_was_owed_goes_when_it_is_no_longer_wanted() {
    let (mut desk, mut shelf) = (Desk::new(), Shelf::default());
    let steps: [fn(&mut Desk) -> Reaction; 5] = [
        |desk| desk.add("anna"),
        |desk| desk.drag("new"),
        |desk| desk.add("ben"),
        // Ben owns the customer now: the card's row has another value, which does not fit.
        |desk| desk.unfriend("anna", crate::signal::SideName::Staff),
        |desk| desk.drag("deal"),
    ];
    for (place, step) in steps.into_iter().enumerate() {
        let before = desk.file.clone();
        let reaction = step(&mut desk);
        let room = if place == 3 { 0 } else { 90 };
        commit(&mut shelf, &mut desk, &before, reaction, room);
    }
    assert_eq!(shelf.rows, index_rows(&desk.file));
}

#[test]
fn one_transaction_writes_a_record_once() {
    let (mut desk, mut shelf) = (Desk::at_stage("new"), Shelf::default());
    desk.unfriend("anna", crate::signal::SideName::Customer);
    desk.file.cards.clear();
    desk.file.tags.clear();
    desk.now = desk.now.plus_mins(1);
    let before = desk.file.clone();
    shelf.rows = index_rows(&before);
    // Back, and out again at once: the stage is another by now.
    let reaction = desk.add("anna");
    let told = |record: &&Record| matches!(record.subject(), Subject::Sop(sop, ..) if sop.as_str() == "care");
    assert_eq!(reaction.records.iter().filter(told).count(), 2, "resumed and ended");
    let beside = commit(&mut shelf, &mut desk, &before, reaction, 90);
    let written: Vec<_> = beside.records.iter().filter(told).collect();
    assert!(matches!(written.as_slice(), [Record::Enrollment(_)]), "{written:?}");
}
