use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Relation, Via, World};
use crate::time::{DAY_MS, china_day, china_month, china_week, days_in_china_month};

/// How long after its creation a task is still being handed out to the members.
const DISPATCH_MS: i64 = 3000;
/// Reminders of one task within 24 hours.
const MOST_REMINDERS: usize = 3;
/// Nothing received earlier matters to any rule.
const REMEMBERED_MS: i64 = 32 * DAY_MS;

/// How many mass messages one customer or customer group receives, the corp's and the members' own taken
/// together: the corp's rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Pace {
    /// As many in a month as it has days.
    #[default]
    Month,
    /// 7 in a week.
    Week,
    /// 1 on a day.
    Day,
}

impl Pace {
    fn most(self, now_ms: i64) -> usize {
        match self {
            Pace::Month => days_in_china_month(now_ms),
            Pace::Week => 7,
            Pace::Day => 1,
        }
    }

    fn window(self, at_ms: i64) -> i64 {
        match self {
            Pace::Month => china_month(at_ms),
            Pace::Week => china_week(at_ms),
            Pace::Day => china_day(at_ms),
        }
    }
}

/// To whom a mass message goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Target {
    /// To customers.
    Single,
    /// To customer groups.
    Group,
}

/// What became of a mass message for one of those it is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    #[default]
    NotSent,
    Sent,
    /// The customer is no friend (any more).
    NoFriend,
    /// The customer has received as many as the corp's rule allows.
    Capped,
}

impl Outcome {
    /// WeCom's `status`.
    pub(crate) fn number(self) -> u8 {
        match self {
            Outcome::NotSent => 0,
            Outcome::Sent => 1,
            Outcome::NoFriend => 2,
            Outcome::Capped => 3,
        }
    }
}

/// One customer or group of one member's part.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) outcome: Outcome,
    pub(crate) sent_at_ms: Option<i64>,
}

/// One member's part of a task.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct MemberTask {
    pub(crate) userid: String,
    /// When the member confirmed.
    pub(crate) sent_at_ms: Option<i64>,
    pub(crate) rows: Vec<Row>,
}

/// A mass message: nothing is sent of it until a member confirms.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct MassTask {
    pub(crate) msgid: String,
    pub(crate) target: Target,
    /// The member whose own it is; `None`: the corp's, made through the API.
    pub(crate) creator: Option<String>,
    pub(crate) at_ms: i64,
    pub(crate) text: String,
    pub(crate) attachments: Vec<Value>,
    pub(crate) allow_select: bool,
    pub(crate) is_cancelled: bool,
    pub(crate) reminded_ms: Vec<i64>,
    /// By the member's key.
    pub(crate) members: BTreeMap<String, MemberTask>,
}

/// What is to be sent, before it is a task.
#[derive(Debug)]
pub(crate) struct NewMass {
    pub(crate) target: Target,
    pub(crate) creator: Option<String>,
    pub(crate) text: String,
    pub(crate) attachments: Vec<Value>,
    pub(crate) allow_select: bool,
    /// Ids by the userid of the member who is to send to them.
    pub(crate) parts: BTreeMap<String, Vec<String>>,
}

impl MassTask {
    /// Whether results cannot be asked for yet (41063), nor the task be found in lists.
    pub(crate) fn is_dispatching(&self, now_ms: i64) -> bool {
        self.creator.is_none() && now_ms - self.at_ms < DISPATCH_MS
    }

    pub(crate) fn member(&self, userid: &str) -> Option<&MemberTask> {
        self.members.get(&userid.to_ascii_lowercase())
    }

    /// Reminds those who have not sent; false if that was done too often.
    pub(crate) fn remind(&mut self, now_ms: i64) -> bool {
        let recent = self.reminded_ms.iter().filter(|at_ms| now_ms - **at_ms < DAY_MS).count();
        if recent >= MOST_REMINDERS {
            return false;
        }
        self.reminded_ms.push(now_ms);
        true
    }
}

/// A customer group, as far as mass messages need it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ChatGroup {
    pub(crate) name: String,
    /// Userid.
    pub(crate) owner: String,
}

/// All mass messages, oldest first, and what the rule counts.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct MassMessages {
    pub(crate) pace: Pace,
    tasks: Vec<MassTask>,
    /// When mass messages arrived, by customer or group.
    received: BTreeMap<String, Vec<i64>>,
    /// By chat id.
    pub(crate) groups: BTreeMap<String, ChatGroup>,
}

impl MassMessages {
    pub(crate) fn tasks(&self) -> impl DoubleEndedIterator<Item = &MassTask> {
        self.tasks.iter()
    }

    pub(crate) fn get(&self, msgid: &str) -> Option<&MassTask> {
        self.tasks.iter().rev().find(|task| task.msgid == msgid)
    }

    pub(crate) fn get_mut(&mut self, msgid: &str) -> Option<&mut MassTask> {
        self.tasks.iter_mut().rev().find(|task| task.msgid == msgid)
    }

    /// How many more the customer or group may receive now.
    pub(crate) fn room(&self, id: &str, now_ms: i64) -> usize {
        let window = self.pace.window(now_ms);
        let received = self
            .received
            .get(id)
            .map_or(0, |times| times.iter().filter(|at_ms| self.pace.window(**at_ms) == window).count());
        self.pace.most(now_ms).saturating_sub(received)
    }

    fn note_received(&mut self, id: &str, now_ms: i64) {
        let times = self.received.entry(id.to_owned()).or_default();
        times.retain(|at_ms| now_ms - at_ms < REMEMBERED_MS);
        times.push(now_ms);
    }
}

impl World {
    /// Makes a task of it; answers its msgid.
    pub(crate) fn add_mass(&mut self, mass: NewMass, now_ms: i64) -> String {
        let msgid = format!("msg{}", self.draws.draw("mass_msgid").alphanumeric(29));
        let part = |(userid, ids): (String, Vec<String>)| {
            let row = |id| Row { id, outcome: Outcome::NotSent, sent_at_ms: None };
            let rows = ids.into_iter().map(row).collect();
            (userid.to_ascii_lowercase(), MemberTask { userid, sent_at_ms: None, rows })
        };
        self.mass.tasks.push(MassTask {
            msgid: msgid.clone(),
            target: mass.target,
            creator: mass.creator,
            at_ms: now_ms,
            text: mass.text,
            attachments: mass.attachments,
            allow_select: mass.allow_select,
            is_cancelled: false,
            reminded_ms: Vec::new(),
            members: mass.parts.into_iter().map(part).collect(),
        });
        msgid
    }

    /// The member confirms: everything of their part goes out, but to those in `left_out`.
    pub(crate) fn confirm_mass(
        &mut self,
        msgid: &str,
        userid: &str,
        left_out: &BTreeSet<&str>,
        now_ms: i64,
    ) -> Option<MemberTask> {
        let key = userid.to_ascii_lowercase();
        let task = self.mass.get_mut(msgid)?;
        let mut part = task.members.get(&key)?.clone();
        let (target, text, attachments) = (task.target, task.text.clone(), task.attachments.clone());
        part.sent_at_ms = Some(now_ms);
        for row in part.rows.iter_mut().filter(|row| !left_out.contains(row.id.as_str())) {
            row.outcome = match target {
                Target::Single => self.mass_to_customer(&row.id, &part.userid, &text, &attachments, now_ms),
                Target::Group => self.mass_to_group(&row.id, now_ms),
            };
            row.sent_at_ms = (row.outcome == Outcome::Sent).then_some(now_ms);
        }
        self.mass.get_mut(msgid)?.members.insert(key, part.clone());
        Some(part)
    }

    fn mass_to_customer(
        &mut self,
        id: &str,
        userid: &str,
        text: &str,
        attachments: &[Value],
        now_ms: i64,
    ) -> Outcome {
        let relation = self.relations.get_mut(id, userid).filter(|relation| Relation::is_whole(relation));
        let Some(relation) = relation else {
            return Outcome::NoFriend;
        };
        if self.mass.room(id, now_ms) == 0 {
            return Outcome::Capped;
        }
        relation.chatted = true;
        self.mass.note_received(id, now_ms);
        self.enter_message(now_ms, id, userid, Via::Mass, text, attachments.to_vec());
        Outcome::Sent
    }

    fn mass_to_group(&mut self, id: &str, now_ms: i64) -> Outcome {
        if self.mass.room(id, now_ms) == 0 {
            return Outcome::Capped;
        }
        self.mass.note_received(id, now_ms);
        Outcome::Sent
    }
}
