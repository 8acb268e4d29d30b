use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Calls remembered; older ones are counted only.
const KEPT: usize = 5000;

/// One API call received.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct CallRecord {
    pub(crate) n: u64,
    pub(crate) at_ms: i64,
    pub(crate) method: String,
    /// Path after `/cgi-bin/`.
    pub(crate) api: String,
    /// Without `access_token` and `corpsecret`.
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) body: Value,
    pub(crate) status: u16,
    pub(crate) errcode: Option<i64>,
    pub(crate) fault: Option<String>,
}

/// The calls received, oldest first.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct CallLog {
    received: u64,
    kept: VecDeque<CallRecord>,
}

impl CallLog {
    pub(crate) fn push(&mut self, mut record: CallRecord) {
        self.received += 1;
        record.n = self.received;
        self.kept.push_back(record);
        if self.kept.len() > KEPT {
            self.kept.pop_front();
        }
    }

    pub(crate) fn kept(&self) -> impl DoubleEndedIterator<Item = &CallRecord> {
        self.kept.iter()
    }

    pub(crate) fn get(&self, n: u64) -> Option<&CallRecord> {
        self.kept.iter().rev().find(|call| call.n == n)
    }

    /// How many are no longer kept.
    pub(crate) fn forgotten(&self) -> u64 {
        self.received.saturating_sub(self.kept.len() as u64)
    }
}
