use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// Something that somebody is going to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Act {
    /// The customer, who may be new to everybody, adds the member.
    Add { name: String, gender: u8, userid: String, state: Option<String>, add_way: i64, half: bool },
    /// The customer writes to the member.
    Say { userid: String, text: String },
    /// The member writes to the customer.
    Answer { userid: String, text: String },
    /// The customer pays in the company's shop.
    Buy { order_id: String, amount_fen: i64 },
    /// The customer deletes the member.
    Block { userid: String },
}

/// An act with its time and its customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Planned {
    pub(crate) due_ms: i64,
    pub(crate) external_userid: String,
    pub(crate) act: Act,
}

/// What people are going to do, in order of time, and what became of what they wanted.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Schedule {
    planned: VecDeque<Planned>,
    pub(crate) done: u64,
    /// What was not possible any more when its time came.
    pub(crate) skipped: u64,
}

impl Schedule {
    /// Adds acts to those already planned.
    pub(crate) fn add(&mut self, acts: Vec<Planned>) {
        self.planned.extend(acts);
        self.planned.make_contiguous().sort_by_key(|planned| planned.due_ms);
    }

    pub(crate) fn next_due_ms(&self) -> Option<i64> {
        self.planned.front().map(|planned| planned.due_ms)
    }

    /// The next act, if it is due.
    pub(crate) fn take(&mut self, now_ms: i64) -> Option<Planned> {
        self.planned.pop_front_if(|planned| planned.due_ms <= now_ms)
    }

    pub(crate) fn left(&self) -> usize {
        self.planned.len()
    }

    /// Nobody does anything of it any more.
    pub(crate) fn clear(&mut self) -> usize {
        let left = self.planned.len();
        self.planned.clear();
        left
    }
}
