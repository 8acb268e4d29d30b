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

    pub(crate) fn kept(&self) -> impl Iterator<Item = &CallRecord> {
        self.kept.iter()
    }

    /// How many are no longer kept.
    pub(crate) fn forgotten(&self) -> u64 {
        self.received.saturating_sub(self.kept.len() as u64)
    }
}

/// Counts against WeCom's windows. Nothing is refused yet: the numbers say what would be.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Limits {
    pub(crate) apis: BTreeMap<String, Tally>,
    /// App messages to one member.
    pub(crate) members: BTreeMap<String, Tally>,
}

/// How often something happened in the current minute, hour and (China) day, and at most in any minute.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Tally {
    minute: Window,
    hour: Window,
    day: Window,
    busiest_minute: u64,
    total: u64,
}

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct Window {
    index: i64,
    count: u64,
}

/// A tally read at one instant.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Reading {
    minute: u64,
    hour: u64,
    day: u64,
    busiest_minute: u64,
    total: u64,
}

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 86_400_000;
/// Natural days are China's.
const CHINA_MS: i64 = 8 * HOUR_MS;

impl Tally {
    pub(crate) fn add(&mut self, now_ms: i64) {
        self.minute.add(now_ms.div_euclid(MINUTE_MS));
        self.hour.add(now_ms.div_euclid(HOUR_MS));
        self.day.add((now_ms + CHINA_MS).div_euclid(DAY_MS));
        self.busiest_minute = self.busiest_minute.max(self.minute.count);
        self.total += 1;
    }

    pub(crate) fn read(&self, now_ms: i64) -> Reading {
        Reading {
            minute: self.minute.read(now_ms.div_euclid(MINUTE_MS)),
            hour: self.hour.read(now_ms.div_euclid(HOUR_MS)),
            day: self.day.read((now_ms + CHINA_MS).div_euclid(DAY_MS)),
            busiest_minute: self.busiest_minute,
            total: self.total,
        }
    }
}

impl Window {
    fn add(&mut self, index: i64) {
        if self.index != index {
            *self = Self { index, count: 0 };
        }
        self.count += 1;
    }

    fn read(self, index: i64) -> u64 {
        if self.index == index { self.count } else { 0 }
    }
}
