//! How often things may happen, how often they did, and who has to wait.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::time::{DAY_MS, china_day, china_midnight, china_month};

/// How often something may happen in a window; `None`: as often as one likes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cap {
    pub(crate) minute: Option<u64>,
    pub(crate) hour: Option<u64>,
    pub(crate) day: Option<u64>,
    pub(crate) month: Option<u64>,
}

const NONE: Cap = Cap { minute: None, hour: None, day: None, month: None };

/// WeCom's own figures, by subject. How many wrong secrets are too many is not published.
const REAL: &[(&str, Cap)] = &[
    ("api", Cap { minute: Some(10_000), hour: Some(150_000), ..NONE }),
    ("tickets_of_corp", Cap { hour: Some(400), ..NONE }),
    ("tickets_of_app", Cap { hour: Some(100), ..NONE }),
    ("debug", Cap { minute: Some(5), ..NONE }),
    ("app_messages_to_member", Cap { minute: Some(30), hour: Some(1000), ..NONE }),
    ("uploaded_images", Cap { day: Some(1000), month: Some(3000), ..NONE }),
    ("wrong_secrets", Cap { hour: Some(10), ..NONE }),
];

/// What is counted and what is refused.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Limits {
    /// Every call received, by API, refused ones too.
    pub(crate) apis: BTreeMap<String, Tally>,
    /// App messages to one member.
    pub(crate) members: BTreeMap<String, Tally>,
    /// Caps that differ from the real ones, by subject or by API.
    #[serde(default)]
    changed: BTreeMap<String, Cap>,
    /// By subject and whom it concerns.
    #[serde(default)]
    gates: BTreeMap<String, Gate>,
    /// Most calls at one time; what WeCom allows is not published.
    #[serde(default)]
    pub(crate) concurrency: Option<u64>,
    /// How long (real milliseconds) a call stays under way before it is dealt with.
    #[serde(default)]
    pub(crate) latency_ms: u64,
}

/// The subject is blocked (45009).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooOften;

impl Limits {
    /// Counts one more of `subject` (for `of`: an API, an app, an address). Too many in a window block
    /// it for as long as that window is: 60 s, 60 min, the rest of China's day, 30 days. What is refused
    /// during a block is not counted, so that the block is not prolonged.
    pub(crate) fn pass(&mut self, subject: &str, of: &str, now_ms: i64) -> Result<(), TooOften> {
        let cap = self.cap(subject, of);
        self.gates.entry(key(subject, of)).or_default().pass(&cap, now_ms)
    }

    /// Whether `subject` is blocked for `of`, without counting.
    pub(crate) fn is_blocked(&self, subject: &str, of: &str, now_ms: i64) -> bool {
        self.gates.get(&key(subject, of)).is_some_and(|gate| now_ms < gate.blocked_until_ms)
    }

    /// All caps in force: the real ones, and what was set instead or besides.
    pub(crate) fn caps(&self) -> BTreeMap<&str, Cap> {
        let real = REAL.iter().map(|(subject, cap)| (*subject, *cap));
        real.chain(self.changed.iter().map(|(subject, cap)| (subject.as_str(), *cap))).collect()
    }

    /// What is blocked, and until when (ms).
    pub(crate) fn blocks(&self, now_ms: i64) -> BTreeMap<&str, i64> {
        let blocked = self.gates.iter().filter(|(_, gate)| now_ms < gate.blocked_until_ms);
        blocked.map(|(key, gate)| (key.as_str(), gate.blocked_until_ms)).collect()
    }

    /// Sets the cap of a subject or of one API.
    pub(crate) fn set(&mut self, subject: &str, cap: Cap) {
        self.changed.insert(subject.to_owned(), cap);
    }

    /// Whether somebody gave this subject or API a cap of its own.
    pub(crate) fn is_changed(&self, subject: &str) -> bool {
        self.changed.contains_key(subject)
    }

    pub(crate) fn is_subject(name: &str) -> bool {
        REAL.iter().any(|(subject, _)| *subject == name)
    }

    /// Ends all blocks and forgets what led to them, as the developer console's self-service does.
    pub(crate) fn lift(&mut self) {
        self.gates.clear();
    }

    /// Back to the real figures.
    pub(crate) fn reset(&mut self) {
        self.lift();
        self.changed.clear();
        self.concurrency = None;
        self.latency_ms = 0;
    }

    /// The cap in force for `subject`, unless there is one for `of`.
    pub(crate) fn cap(&self, subject: &str, of: &str) -> Cap {
        let changed = self.changed.get(of).or_else(|| self.changed.get(subject));
        let real = || REAL.iter().find(|(known, _)| *known == subject).map(|(_, cap)| *cap);
        changed.copied().or_else(real).unwrap_or(NONE)
    }
}

fn key(subject: &str, of: &str) -> String {
    if of.is_empty() { subject.to_owned() } else { format!("{subject} {of}") }
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Gate {
    passed: Tally,
    blocked_until_ms: i64,
}

impl Gate {
    fn pass(&mut self, cap: &Cap, now_ms: i64) -> Result<(), TooOften> {
        if now_ms < self.blocked_until_ms {
            return Err(TooOften);
        }
        self.passed.add(now_ms);
        let counted = self.passed.read(now_ms);
        let over = |count: u64, most: Option<u64>| most.is_some_and(|most| count > most);
        let blocked_until_ms = if over(counted.month, cap.month) {
            now_ms + 30 * DAY_MS
        } else if over(counted.day, cap.day) {
            china_midnight(china_day(now_ms) + 1)
        } else if over(counted.hour, cap.hour) {
            now_ms + HOUR_MS
        } else if over(counted.minute, cap.minute) {
            now_ms + MINUTE_MS
        } else {
            return Ok(());
        };
        self.blocked_until_ms = blocked_until_ms;
        Err(TooOften)
    }
}

/// How often something happened in the current minute, hour, day and month (China's), and at most in any
/// minute.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Tally {
    minute: Window,
    hour: Window,
    day: Window,
    #[serde(default)]
    month: Window,
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
    month: u64,
    busiest_minute: u64,
    total: u64,
}

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 3_600_000;

impl Tally {
    pub(crate) fn add(&mut self, now_ms: i64) {
        self.minute.add(now_ms.div_euclid(MINUTE_MS));
        self.hour.add(now_ms.div_euclid(HOUR_MS));
        self.day.add(china_day(now_ms));
        self.month.add(china_month(now_ms));
        self.busiest_minute = self.busiest_minute.max(self.minute.count);
        self.total += 1;
    }

    pub(crate) fn read(&self, now_ms: i64) -> Reading {
        Reading {
            minute: self.minute.read(now_ms.div_euclid(MINUTE_MS)),
            hour: self.hour.read(now_ms.div_euclid(HOUR_MS)),
            day: self.day.read(china_day(now_ms)),
            month: self.month.read(china_month(now_ms)),
            busiest_minute: self.busiest_minute,
            total: self.total,
        }
    }
}

impl Tally {
    /// Whether one more now would be more than the cap allows.
    pub(crate) fn is_full(&self, cap: &Cap, now_ms: i64) -> bool {
        let counted = self.read(now_ms);
        let full = |count: u64, most: Option<u64>| most.is_some_and(|most| count >= most);
        full(counted.minute, cap.minute)
            || full(counted.hour, cap.hour)
            || full(counted.day, cap.day)
            || full(counted.month, cap.month)
    }

    /// How often it happened on the present day.
    pub(crate) fn today(&self, now_ms: i64) -> u64 {
        self.read(now_ms).day
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
