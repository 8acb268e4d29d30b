//! The file: everything Stepwise knows about one customer that a decision needs. One item in the store, loaded by one
//! consistent read, replaced whole by each commit.
//!
//! Nothing in it grows without bound; rows beside it (see [`crate::rows`]) are for reading and are computed from it.

mod attribute;
mod enrollment;
mod exposure;
mod oneshot;
mod relation;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use attribute::{Attribute, AttributeValue, MAX_ATTRIBUTE_BYTES, MAX_ATTRIBUTES, MAX_FORGOTTEN};
pub use enrollment::{
    DoneStep, Ended, Enrollment, Evidence, ExitReason, Method, MissReason, OpenTouch, Outcome, PlannedStep,
    SkipReason, TouchRef,
};
pub use exposure::{Exposure, MAX_EXPOSURES, Route};
pub use oneshot::{Attempt, OneShot, OneShotKind};
pub(crate) use relation::{ASSIGNED_BY_ADMIN, same_adding};
pub use relation::{Held, MAX_PAST, Marking, Past, Relation, Side, TagDifference, WelcomeCode};

use crate::{
    BoardId, ContentId, CustomerId, RuleId, SopId, StaffId, StageId, TagId, Timestamp, react::Record,
    rows::OwedRow,
};

/// At most this many live enrollments (design §5); more are refused with a reason.
pub const MAX_LIVE_ENROLLMENTS: usize = 20;
/// At most this many corp tags by the will of people or rules; what happened on a phone is always recorded.
pub const MAX_TAGS: usize = 200;

/// One customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct File {
    /// Whose file this is.
    pub id: CustomerId,
    /// Number of commits so far; 0 = never committed. The condition of every commit.
    pub version: u64,
    /// The instant of the last commit: time never runs backwards within a file.
    pub committed_at: Timestamp,
    /// The earliest timer of any kind; the key of the wake index. `None`: nothing to wake for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wake_at: Option<Timestamp>,
    /// What the one live schedule of this customer stands at.
    #[serde(default)]
    pub alarm: Alarm,
    /// What WeCom tells of the person.
    #[serde(default)]
    pub profile: Profile,
    /// One per staff member who ever had this customer; closed, never deleted.
    #[serde(default)]
    pub relations: BTreeMap<StaffId, Relation>,
    /// Who serves the customer (归属成员).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<StaffId>,
    /// Who was said to, by hand; holds until that relation closes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assigned: Option<StaffId>,
    /// The first open relation with the corp, the anchor of `friend_add`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_added: Option<FirstAdded>,
    /// What other systems told of the customer, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, Attribute>,
    /// Which of them were forgotten of late, and when it was so: an older word brings none back. At most
    /// [`MAX_FORGOTTEN`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub forgotten: BTreeMap<String, Timestamp>,
    /// The wanted set of corp tags.
    #[serde(default)]
    pub tags: BTreeMap<TagId, HeldTag>,
    /// Where the customer stands, per board.
    #[serde(default)]
    pub cards: BTreeMap<BoardId, Card>,
    /// Live enrollments in order of entry.
    #[serde(default)]
    pub enrollments: Vec<Enrollment>,
    /// The last ended enrollment of each SOP.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ended: BTreeMap<SopId, Ended>,
    /// Contents that the customer has had of late. At most [`MAX_EXPOSURES`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub exposures: BTreeMap<ContentId, Exposure>,
    /// One-shot work not yet finished: welcomes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pending: Vec<OneShot>,
    /// The contact detail has to be fetched from WeCom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fetch: Option<Fetch>,
    /// When rules with a cooldown last fired here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub cooldowns: BTreeMap<RuleId, Timestamp>,
    /// Last known messages.
    #[serde(default)]
    pub contact: Contact,
    /// Rows that did not fit into a transaction and are written by the next ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owed: Vec<OwedRow>,
    /// Reading rows that did not fit, likewise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub owed_records: Vec<Record>,
}

/// The customer's one alarm. `generation` rises whenever `at` changes, so a stale schedule is recognised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alarm {
    /// Fencing number of the schedule.
    pub generation: u64,
    /// When the next step's timer falls due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// What WeCom tells of the person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    /// Display name; empty until fetched.
    pub name: String,
    /// Address of the portrait, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar: Option<String>,
    /// 1 = WeChat user, 2 = WeCom user of another corp.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<u8>,
    /// Only if the corp bound a WeChat developer account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unionid: Option<String>,
    /// The customer's company, WeCom users only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corp_name: Option<String>,
}

/// The customer's first open relation with the corp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstAdded {
    /// When it happened.
    pub at: Timestamp,
    /// Found by an import: recorded, but no anchor (T7).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub baseline: bool,
    /// Handed over by a colleague of whom nothing is known: no newcomer, and no anchor (P2).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_transfer: bool,
}

impl FirstAdded {
    /// Is it an anchor of `friend_add`?
    #[must_use]
    pub const fn is_anchor(self) -> bool {
        !self.baseline && !self.by_transfer
    }
}

/// Why and since when the customer has a tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldTag {
    /// Who or what put it there.
    pub origin: Origin,
    /// When.
    pub since: Timestamp,
    /// The commit whose journal entry tells the cause.
    pub version: u64,
    /// When it comes off by itself; never, if absent. The tag of a stage has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// Where a tag or a stage change came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Origin {
    /// Edited by a staff member in WeCom.
    Phone { staff: StaffId },
    /// A rule fired.
    Rule { rule: RuleId },
    /// The tag of a stage that the customer was moved to.
    Stage { board: BoardId },
    /// Somebody used the API or the console.
    Api { actor: String },
    /// Present when Stepwise first looked.
    Baseline,
    /// Restored by an undo.
    Undo,
}

/// A customer on a board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// The stage; its tag is in [`File::tags`] unless the tag was deleted outside Stepwise.
    pub stage: StageId,
    /// Since when; unknown for what a baseline found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Revision of the card: the file version of its last change. The card's ETag.
    pub rev: u64,
    /// What the deal is worth, in hundredths: the attribute that the board names, 0 where the customer has none.
    /// `None`: the board names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<i64>,
}

/// The contact detail is to be fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetch {
    /// Whose phone edit asked for it; decides conflicts (T4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff: Option<StaffId>,
    /// When the last edit happened of which we were told: what is found is no later act than that (T4).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heard_at: Option<Timestamp>,
    /// The lease of whoever fetches now, or the pause after a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt: Option<Attempt>,
    /// File version of the commit that took the lease: a fetch begun earlier is somebody else's and answers nothing.
    #[serde(default)]
    pub leased: u64,
    /// An edit was heard of while a fetch was under way: once more.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub again: bool,
    /// Whom WeCom's lists did not show as a friend any more: if the fetch does not either, it is over.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub missing: BTreeSet<StaffId>,
    /// Friendships that nobody knew of are news if they began later, else a baseline; `None`: a day before the fetch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub news_since: Option<Timestamp>,
    /// Somebody handed the customer over: until the fetch shows to whom, nothing ends for want of a friend (O1).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub handover: bool,
    /// Asked for by a comparison of thousands: nobody waits for it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_bulk: bool,
}

/// Recent contact, from whatever source reports messages.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// The customer last wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_at: Option<Timestamp>,
    /// Staff last wrote or sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Timestamp>,
}

impl Contact {
    /// The later of both.
    #[must_use]
    pub fn last(&self) -> Option<Timestamp> {
        self.received_at.max(self.sent_at)
    }
}

impl File {
    /// The file of somebody we have not seen before.
    #[must_use]
    pub fn new(id: CustomerId) -> Self {
        Self {
            id,
            version: 0,
            committed_at: Timestamp::default(),
            wake_at: None,
            alarm: Alarm::default(),
            profile: Profile::default(),
            relations: BTreeMap::new(),
            owner: None,
            assigned: None,
            first_added: None,
            attributes: BTreeMap::new(),
            forgotten: BTreeMap::new(),
            tags: BTreeMap::new(),
            cards: BTreeMap::new(),
            enrollments: Vec::new(),
            ended: BTreeMap::new(),
            exposures: BTreeMap::new(),
            pending: Vec::new(),
            fetch: None,
            cooldowns: BTreeMap::new(),
            contact: Contact::default(),
            owed: Vec::new(),
            owed_records: Vec::new(),
        }
    }

    /// Relations open on both sides.
    pub fn open_relations(&self) -> impl Iterator<Item = (&StaffId, &Relation)> {
        self.relations.iter().filter(|(_, relation)| relation.is_open())
    }

    /// Is anybody of the corp still a friend?
    #[must_use]
    pub fn has_open_relation(&self) -> bool {
        self.open_relations().next().is_some()
    }

    /// Has the customer been handed over, nobody knows yet to whom?
    #[must_use]
    pub fn is_being_handed_over(&self) -> bool {
        self.fetch.as_ref().is_some_and(|fetch| fetch.handover) && !self.has_open_relation()
    }

    /// The live enrollment `n` of `sop`.
    #[must_use]
    pub fn enrollment(&self, sop: &SopId, n: u32) -> Option<&Enrollment> {
        self.enrollments.iter().find(|e| &e.sop == sop && e.n == n)
    }
}
