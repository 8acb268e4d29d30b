//! What members did day by day, for WeCom's statistics.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{ChatMessage, Via, World};
use crate::time::{DAY_MS, china_day, china_midnight};

/// What is counted as it happens, by lower-case userid, then by China day. Chats are counted from what
/// was said.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Behaviour(BTreeMap<String, BTreeMap<i64, Events>>);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Events {
    /// Requests sent to customers, who then became contacts.
    pub(crate) applied: u64,
    /// New contacts.
    pub(crate) gained: u64,
    /// Customers who deleted or blocked the member.
    pub(crate) lost: u64,
}

impl Behaviour {
    /// The counts of the day, to be raised.
    pub(crate) fn on(&mut self, userid: &str, now_ms: i64) -> &mut Events {
        let days = self.0.entry(userid.to_ascii_lowercase()).or_default();
        days.entry(china_day(now_ms)).or_default()
    }

    fn of(&self, userid: &str, day: i64) -> Events {
        self.0.get(userid).and_then(|days| days.get(&day)).copied().unwrap_or_default()
    }
}

/// One day of some members together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Day {
    pub(crate) events: Events,
    /// Chats in which a member said something, and how much they said.
    pub(crate) chats: u64,
    pub(crate) messages: u64,
    /// Chats that the customer began that day, and those among them answered the same day.
    pub(crate) begun: u64,
    pub(crate) answered: u64,
    /// From the customer's first message to the first answer, over all answered.
    pub(crate) waited_ms: i64,
}

impl World {
    /// The China days from `first` to `last` of these members (lower-case userids), added up.
    pub(crate) fn behaviour_of(&self, members: &BTreeSet<String>, first: i64, last: i64) -> Vec<Day> {
        let mut days: Vec<Day> = (first..=last).map(|day| self.events_of(members, day)).collect();
        let (begin, end) = (china_midnight(first), china_midnight(last + 1));
        for chat in self.chats.values() {
            let mut threads: BTreeMap<(i64, String), Vec<&ChatMessage>> = BTreeMap::new();
            for message in chat.iter().filter(|message| (begin..end).contains(&message.at_ms)) {
                let member = message.userid.to_ascii_lowercase();
                if members.contains(&member) && said(message.via).is_some() {
                    threads.entry((china_day(message.at_ms), member)).or_default().push(message);
                }
            }
            for ((day, _), thread) in threads {
                let place = usize::try_from(day - first).unwrap_or(0);
                if let Some(day) = days.get_mut(place) {
                    day.count(&thread);
                }
            }
        }
        days
    }

    fn events_of(&self, members: &BTreeSet<String>, day: i64) -> Day {
        let mut events = Events::default();
        for member in members {
            let own = self.behaviour.of(member, day);
            events.applied += own.applied;
            events.gained += own.gained;
            events.lost += own.lost;
        }
        Day { events, ..Day::default() }
    }
}

impl Day {
    /// One day's messages between one member and one customer, oldest first.
    fn count(&mut self, thread: &[&ChatMessage]) {
        let by_member = |message: &&&ChatMessage| said(message.via) == Some(Speaker::Member);
        let said_by_member = thread.iter().filter(by_member).count() as u64;
        self.messages += said_by_member;
        self.chats += u64::from(said_by_member > 0);
        let Some(first) = thread.first().filter(|first| !by_member(first)) else {
            return;
        };
        self.begun += 1;
        if let Some(answer) = thread.iter().find(by_member) {
            self.answered += 1;
            self.waited_ms += (answer.at_ms - first.at_ms).clamp(0, DAY_MS);
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Speaker {
    Customer,
    Member,
}

/// Who spoke; `None`: nobody did, the platform sent it.
fn said(via: Via) -> Option<Speaker> {
    if via == Via::Customer {
        Some(Speaker::Customer)
    } else {
        matches!(via, Via::Staff | Via::Sidebar).then_some(Speaker::Member)
    }
}
