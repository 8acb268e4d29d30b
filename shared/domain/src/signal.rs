//! Everything that happens to a customer.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::{
    BoardId, SignalId, StaffId, StageId, TagGroupId, TagId, Timestamp,
    content::SentContent,
    fact::Fact,
    file::{AttributeValue, Evidence, Profile, TagDifference, TouchRef},
};

/// A happening, with its key, its time and who did it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// The same happening always has the same id.
    pub id: SignalId,
    /// When it happened, which may be long before it is heard of.
    pub at: Timestamp,
    /// Who did it.
    pub by: Actor,
    /// What happened.
    #[serde(flatten)]
    pub what: Happening,
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "who", rename_all = "snake_case")]
pub enum Actor {
    /// The customer.
    Customer,
    /// A staff member, in WeCom or as themselves in Stepwise.
    Staff { userid: StaffId },
    /// Somebody with an API token or the console.
    Operator { name: String },
    /// Stepwise itself: timers, results of outside calls.
    Stepwise,
}

impl Actor {
    /// Short name for origins.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Customer => "customer".into(),
            Self::Staff { userid } => userid.to_string(),
            Self::Operator { name } => name.clone(),
            Self::Stepwise => "stepwise".into(),
        }
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Happening {
    /// Became friends (`add_external_contact`), or the customer's half of it.
    ContactAdded {
        staff: StaffId,
        #[serde(default)]
        half: bool,
        state: Option<String>,
        #[serde(skip)]
        welcome_code: Option<String>,
        /// The contact detail, if it could be had in time. Not journalled.
        #[serde(skip)]
        snapshot: Option<Snapshot>,
    },
    /// Staff edited remark or tags in WeCom: a hint to fetch.
    ContactEdited { staff: StaffId },
    /// What WeCom holds was compared, and differs: a hint to fetch.
    Compared {
        /// Whom WeCom's lists do not show as a friend any more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        missing: Option<StaffId>,
        /// Friendships that nobody knew of are news if they began later, else a baseline; `None`: a day ago.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        news_since: Option<Timestamp>,
    },
    /// One side ended the relation.
    ContactRemoved {
        staff: StaffId,
        side: SideName,
        /// Removed by handing the customer over to a colleague.
        #[serde(default)]
        by_transfer: bool,
    },
    /// What WeCom answered to a fetch.
    Fetched {
        #[serde(skip)]
        snapshot: Snapshot,
    },
    /// The customer wrote. The text decides rules and is not journalled.
    MessageReceived {
        staff: StaffId,
        #[serde(skip)]
        text: String,
    },
    /// Staff wrote.
    MessageSent { staff: StaffId },
    /// Somebody moved the card; `None` takes it off the board.
    StageMoved {
        board: BoardId,
        stage: Option<StageId>,
        /// Only if the card still has this revision; 0: only if there is no card.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expected_rev: Option<u64>,
        /// Only if the card still stands there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        only_from: Option<StageId>,
        reason: Option<String>,
    },
    /// Somebody edited tags through the API.
    TagsEdited {
        add: BTreeSet<TagId>,
        remove: BTreeSet<TagId>,
        /// When those put on come off again by themselves; `None`: never.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        expires_at: Option<Timestamp>,
    },
    /// Somebody said who serves the customer; `None`: whoever the corp's policy says.
    OwnerAssigned { staff: Option<StaffId> },
    /// Another system told what it knows of the customer; `None` forgets. Values are not journalled.
    AttributesSet {
        #[serde(skip)]
        values: BTreeMap<String, Option<AttributeValue>>,
    },
    /// A board was made or changed: what it says of this customer is taken over, silently (T7).
    BoardChanged { board: BoardId },
    /// Every open relation is to have the wanted tags of this group, whatever a baseline let be (T1, mode `all`).
    GroupMirrored { group: TagGroupId },
    /// Timers are due.
    Woken,
    /// Staff did what was asked.
    TaskDone {
        touch: TouchRef,
        evidence: Evidence,
        /// Of a task that has its outcome already: what the customer has got all the same.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        late: Option<LateSending>,
    },
    /// Staff decided not to.
    TaskSkipped { touch: TouchRef, note: Option<String> },
    /// Staff sent a content that they chose themselves.
    ContentSent {
        staff: StaffId,
        #[serde(flatten)]
        content: SentContent,
        evidence: Evidence,
    },
    /// The customer opened a link of a content.
    LinkOpened {
        #[serde(flatten)]
        content: SentContent,
        /// Which of its parts.
        part: u32,
        /// What brought the link.
        via: LinkSource,
    },
    /// What outside calls did.
    Performed { results: Vec<Performed> },
    /// What an earlier commit did is to be taken back.
    Undo {
        /// The commit's file version.
        version: u64,
        /// When it was committed; undo reaches back 24 hours (T9).
        decided_at: Timestamp,
        /// Its facts, as journalled.
        #[serde(skip)]
        facts: Vec<Fact>,
    },
}

/// What a customer got by a task after it had another outcome: it was skipped, cancelled or missed meanwhile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateSending {
    /// Whose task it was.
    pub staff: StaffId,
    /// The content that it was offered with.
    #[serde(flatten)]
    pub content: SentContent,
}

/// What brought a link to the customer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkSource {
    /// A touch of this customer.
    Touch(TouchRef),
    /// A batch, the same for all who were in it; by its key.
    Batch(String),
    /// A staff member who chose the content themselves; the same for all to whom they sent it.
    Staff(StaffId),
}

/// A side of a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SideName {
    /// The staff member's list.
    Staff,
    /// The customer's list.
    Customer,
}

/// A contact as WeCom holds it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The file's version when the fetch began: results of markings recorded later make it stale (T4).
    pub began: u64,
    /// The person.
    pub profile: Profile,
    /// By staff member.
    pub relations: BTreeMap<StaffId, SnapshotRelation>,
    /// Found by an import: recorded, nothing reacts (T7).
    #[serde(default)]
    pub baseline: bool,
    /// Of a baseline: also what has changed of relations that were known is taken over. Otherwise a known relation's
    /// tags stay as they are known, and whoever compares finds the difference.
    #[serde(default)]
    pub adopt_known: bool,
}

/// One relation as WeCom holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SnapshotRelation {
    /// When they became friends.
    pub createtime: Timestamp,
    /// WeCom's number.
    pub add_way: Option<u16>,
    /// Channel parameter.
    pub state: Option<String>,
    /// Staff's name for the customer.
    pub remark: String,
    /// Corp tags.
    pub tags: BTreeSet<TagId>,
    /// The staff member's own tags, by name; `None`: of them nothing was told.
    pub personal_tags: Option<BTreeSet<String>>,
}

/// The result of one piece of outside work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "work", rename_all = "snake_case")]
pub enum Performed {
    /// `mark_tag` on one relation.
    Marked {
        staff: StaffId,
        /// The file's version when the call was made.
        began: u64,
        tags: TagDifference,
        result: CallResult,
        /// After an ambiguous attempt: what a fetch then found.
        #[serde(skip_serializing_if = "Option::is_none")]
        settled: Option<BTreeSet<TagId>>,
    },
    /// The contact could not be fetched.
    FetchFailed {
        /// The file's version when the fetch began: a straggler does not end a later one.
        began: u64,
        result: CallResult,
    },
    /// A welcome.
    Welcomed {
        id: String,
        /// Number of the attempt: of one that was taken over only success is news.
        attempt: u32,
        result: CallResult,
        /// So many parts went without what they show, or not at all, because it was not ready.
        #[serde(default, skip_serializing_if = "is_nought")]
        left_out: u32,
        /// Some of these did not go at all: not only the cover of a link was not ready.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        partly: bool,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_nought(n: &u32) -> bool {
    *n == 0
}

/// How an outside call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum CallResult {
    /// It had its effect.
    Done,
    /// Refused for good, with WeCom's code.
    Refused { code: i64 },
    /// It had no effect, and may work later.
    Failed,
    /// It may have had its effect.
    Ambiguous,
    /// It was not called: its time had passed.
    NotCalled,
}
