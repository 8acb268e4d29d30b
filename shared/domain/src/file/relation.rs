//! One staff member with one customer.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::Attempt;
use crate::{TagId, Timestamp};

/// WeCom's `createtime` and the CreateTime of the callback about the same adding may differ by a little.
pub(crate) const SAME_ADDING_MS: u64 = 60_000;

/// A friendship in WeCom, as far as it is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Relation {
    /// When they became friends (the last time).
    pub added_at: Timestamp,
    /// WeCom's `add_way`, once fetched.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub add_way: Option<u16>,
    /// The channel's `state` (渠道参数).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The name that staff gave the customer.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub remark: String,
    /// The staff member's list holds the customer.
    pub staff_side: Side,
    /// The customer's list holds the staff member.
    pub customer_side: Side,
    /// The customer added, staff have not added back: relation calls are refused (84061) until they do.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub half: bool,
    /// Corp tags known to be on this relation in WeCom; `None` until the first fetch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mirror: Option<BTreeSet<TagId>>,
    /// Friends again after a parting: WeCom may have dropped the tags, so the first fetch is believed as it is and
    /// read as no phone edit.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub believe_first_fetch: bool,
    /// Tags in which a baseline let this relation differ from the wanted set (T1).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub leave: BTreeSet<TagId>,
    /// A change of tags is being written to WeCom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marking: Option<Marking>,
    /// File version that recorded the last result of a marking, or took over the last fetch: a fetch begun earlier
    /// knows less and is thrown away (T4).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub marked_version: u64,
    /// A refusal that will not pass by itself; counts as rest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held: Option<Held>,
    /// The staff member's own tags: shown, never mirrored.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub personal_tags: BTreeSet<String>,
    /// A welcome code not yet used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub welcome: Option<WelcomeCode>,
    /// Earlier friendships of the two, the last [`MAX_PAST`], oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub past: Vec<Past>,
}

/// Of a relation so many earlier friendships are kept.
pub const MAX_PAST: usize = 10;

/// A friendship that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// When they had become friends.
    pub added_at: Timestamp,
    /// When the staff member deleted the customer, if they did and we heard of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff_closed_at: Option<Timestamp>,
    /// When the customer deleted the staff member, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_closed_at: Option<Timestamp>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

/// One side of a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// Is the other still in this side's list?
    pub open: bool,
    /// The happening that last changed it; earlier ones change nothing (T6).
    pub at: Timestamp,
}

impl Side {
    /// Open since `at`.
    #[must_use]
    pub const fn open(at: Timestamp) -> Self {
        Self { open: true, at }
    }

    /// Closed since `at`.
    #[must_use]
    pub const fn closed(at: Timestamp) -> Self {
        Self { open: false, at }
    }
}

/// What has to change in WeCom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagDifference {
    /// To put on.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub add: BTreeSet<TagId>,
    /// To take off.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub remove: BTreeSet<TagId>,
}

impl TagDifference {
    /// Nothing to do?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.add.is_empty() && self.remove.is_empty()
    }
}

/// A marking under way: whoever committed it holds the lease and calls WeCom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marking {
    /// File version that took the lease: what an earlier worker reports is about an earlier marking.
    #[serde(default)]
    pub leased: u64,
    /// What is being written.
    pub tags: TagDifference,
    /// Lease or pause.
    pub attempt: Attempt,
    /// An earlier attempt may or may not have had its effect: mark again, then fetch, and believe the fetch.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub settle: bool,
    /// Decided for many customers at once: nobody waits for it, and its calls go behind everybody else's.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_bulk: bool,
}

impl Marking {
    /// Is somebody writing now, or may somebody have written?
    #[must_use]
    pub const fn is_in_doubt(&self) -> bool {
        self.attempt.running || self.settle
    }

    /// Was it put off to a moment that is still to come?
    #[must_use]
    pub fn waits_its_turn(&self, now: Timestamp) -> bool {
        self.attempt.is_put_off() && self.attempt.until > now
    }
}

/// WeCom refused this difference for good; tried again when relation, staff or tags change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// WeCom's error code.
    pub code: i64,
    /// What was refused.
    pub tags: TagDifference,
}

/// The right to greet, once, until the deadline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WelcomeCode {
    /// WeCom's one-time code.
    pub code: String,
    /// WeCom takes it until then: 20 seconds after the event.
    pub until: Timestamp,
}

impl Relation {
    /// A relation of two open sides.
    #[must_use]
    pub fn opened(at: Timestamp) -> Self {
        Self {
            added_at: at,
            add_way: None,
            state: None,
            remark: String::new(),
            staff_side: Side::open(at),
            customer_side: Side::open(at),
            half: false,
            mirror: None,
            believe_first_fetch: false,
            leave: BTreeSet::new(),
            marking: None,
            marked_version: 0,
            held: None,
            personal_tags: BTreeSet::new(),
            welcome: None,
            past: Vec::new(),
        }
    }

    /// The friendship that this relation is or was, as a past one.
    #[must_use]
    pub fn as_past(&self) -> Past {
        let closed_at = |side: Side| (!side.open).then_some(side.at);
        Past {
            added_at: self.added_at,
            staff_closed_at: closed_at(self.staff_side),
            customer_closed_at: closed_at(self.customer_side),
        }
    }

    /// Open on both sides, and not merely half-added.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.staff_side.open && self.customer_side.open && !self.half
    }

    /// Open, and by the very adding of which another source says that it was `at`?
    #[must_use]
    pub fn is_open_by_adding_of(&self, at: Timestamp) -> bool {
        self.is_open() && self.added_at.ms().abs_diff(at.ms()) < SAME_ADDING_MS
    }
}
