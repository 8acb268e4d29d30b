//! What the simulated WeCom knows: one value that can be written down and read back.

mod apps;
mod behaviour;
mod calls;
mod chats;
mod directory;
mod identity;
mod limits;
mod mass;
mod media;
mod outbox;
mod people;
mod queue;
mod relations;
mod schedule;
mod tags;
mod tickets;
mod tokens;
mod ways;
mod welcome;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub(crate) use apps::{App, Apps, Kind, Range};
pub(crate) use behaviour::{Behaviour, Day};
pub(crate) use calls::{CallLog, CallRecord};
pub(crate) use chats::{ChatMessage, Recent, Via};
pub(crate) use directory::{Department, Departments, ROOT};
pub(crate) use identity::{CodeRefusal, Grant, Identities, Person};
pub(crate) use limits::{Cap, Limits, Tally};
pub(crate) use mass::{ChatGroup, MassMessages, MassTask, MemberTask, NewMass, Outcome, Pace, Target};
pub(crate) use media::{MediaKind, Purpose, Shelf};
pub(crate) use outbox::{AppMessage, CardChange, Clicked, Outbox, RecallRefusal};
pub(crate) use people::{Customer, Employer, Staff, Status};
pub(crate) use queue::{Attempt, Fate, Parcel, Posted, Queue, Verdict};
pub(crate) use relations::{Relation, Relations};
pub(crate) use schedule::{Act, Planned, Schedule};
pub(crate) use tags::{Creator, Group, LONGEST_NAME, MOST_TAGS, Tag, Tags};
pub(crate) use tickets::{TICKET_SECONDS, TicketKind, Tickets};
pub(crate) use tokens::{TOKEN_SECONDS, Tokens};
pub(crate) use ways::{MOST_MEMBERS, MOST_WAYS, Way, WayKind, WayScene, Ways};
pub(crate) use welcome::{Hindrance, WelcomeCodes, WelcomeRefusal};

use crate::config::Config;
use crate::crypto::Sealer;
use crate::fault::Faults;
use crate::random::Draws;

/// Raised whenever an older snapshot can no longer be read.
const VERSION: u32 = 1;

/// What a happening may look at besides the world.
pub(crate) struct Scene<'a> {
    pub(crate) now_ms: i64,
    pub(crate) config: &'a Config,
    pub(crate) sealer: &'a Sealer,
}

/// Everything. Changed only by people (`control`) and by the app (`api`).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct World {
    version: u32,
    pub(crate) draws: Draws,
    /// By `userid` in lower case: WeCom compares them without case.
    pub(crate) staff: BTreeMap<String, Staff>,
    /// By `external_userid`, with case.
    pub(crate) customers: BTreeMap<String, Customer>,
    pub(crate) relations: Relations,
    pub(crate) tags: Tags,
    pub(crate) welcome: WelcomeCodes,
    /// What was said, by customer, oldest first.
    pub(crate) chats: BTreeMap<String, Vec<ChatMessage>>,
    /// What the app sent to members, by member, oldest first.
    pub(crate) app_messages: BTreeMap<String, Vec<AppMessage>>,
    /// Task ids of cards ever sent: unique per app.
    pub(crate) card_tasks: BTreeSet<String>,
    /// For `enable_duplicate_check`.
    pub(crate) recent: Recent,
    /// What the app uploaded.
    #[serde(default)]
    pub(crate) media: Shelf,
    /// What the app sent to members, apart from their inboxes.
    #[serde(default)]
    pub(crate) outbox: Outbox,
    /// 群发: the corp's and the members' own.
    #[serde(default)]
    pub(crate) mass: MassMessages,
    /// What people are going to do.
    #[serde(default)]
    pub(crate) schedule: Schedule,
    #[serde(default)]
    pub(crate) apps: Apps,
    #[serde(default)]
    pub(crate) departments: Departments,
    #[serde(default)]
    pub(crate) ways: Ways,
    #[serde(default)]
    pub(crate) identities: Identities,
    #[serde(default)]
    pub(crate) behaviour: Behaviour,
    pub(crate) calls: CallLog,
    pub(crate) limits: Limits,
    pub(crate) faults: Faults,
    pub(crate) queue: Queue,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            version: VERSION,
            draws: Draws::new(seed),
            staff: BTreeMap::new(),
            customers: BTreeMap::new(),
            relations: Relations::default(),
            tags: Tags::default(),
            welcome: WelcomeCodes::default(),
            chats: BTreeMap::new(),
            app_messages: BTreeMap::new(),
            card_tasks: BTreeSet::new(),
            recent: Recent::default(),
            media: Shelf::default(),
            outbox: Outbox::default(),
            mass: MassMessages::default(),
            schedule: Schedule::default(),
            apps: Apps::default(),
            departments: Departments::default(),
            ways: Ways::default(),
            identities: Identities::default(),
            behaviour: Behaviour::default(),
            calls: CallLog::default(),
            limits: Limits::default(),
            faults: Faults::default(),
            queue: Queue::default(),
        }
    }

    pub(crate) fn is_readable(&self) -> bool {
        self.version == VERSION
    }

    /// A member by userid in any case.
    pub(crate) fn member(&self, userid: &str) -> Option<&Staff> {
        self.staff.get(&userid.to_ascii_lowercase())
    }

    /// Whether the member serves customers.
    pub(crate) fn is_licensed(&self, userid: &str) -> bool {
        self.member(userid).is_some_and(Staff::serves)
    }
}
