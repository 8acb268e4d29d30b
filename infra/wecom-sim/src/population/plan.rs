//! Planning: who comes when, and what they do then.

use super::scenario::{Scenario, between, pick, place};
use super::{Size, customer};
use crate::random::Stream;
use crate::state::{Act, Planned};
use crate::time::{DAY_MS, china_day, china_midnight};

const HOUR_MS: i64 = 3_600_000;
const MINUTE_MS: i64 = 60_000;

/// What the customers of `members` do from `now_ms` on, in no order. With `speed` 2 it happens twice as
/// fast as the scenario says.
pub(crate) fn plan(
    scenario: &Scenario,
    size: Size,
    members: &[String],
    now_ms: i64,
    speed: f64,
    stream: &mut Stream,
) -> Vec<Planned> {
    let mut acts = Vec::new();
    for _ in 0..size.customers {
        let mut life = Life { scenario, members, now_ms, acts: Vec::new(), stream: &mut *stream };
        life.live(size.days);
        acts.append(&mut life.acts);
    }
    for planned in &mut acts {
        // the cast ends at the greatest integer
        planned.due_ms = now_ms + ((planned.due_ms - now_ms) as f64 / speed) as i64;
    }
    acts
}

/// One customer's.
struct Life<'a> {
    scenario: &'a Scenario,
    members: &'a [String],
    now_ms: i64,
    acts: Vec<Planned>,
    stream: &'a mut Stream,
}

impl Life<'_> {
    fn live(&mut self, days: i64) {
        let person = customer(self.stream);
        let id = person.external_userid.as_str();
        let day = between(self.stream, [0, days - 1]);
        let mut arrival_ms = self.on_day(self.now_ms, day);
        if arrival_ms < self.now_ms {
            // what is past of today comes at the end, so that no hour is missed
            arrival_ms += days * DAY_MS;
        }
        let userid = self.member();
        let add = self.add(&person.name, person.gender, &userid);
        self.put(arrival_ms, id, add.clone());
        if self.stream.chance(self.scenario.arrive.second_member) && self.members.len() > 1 {
            let others: Vec<&String> = self.members.iter().filter(|one| **one != userid).collect();
            let other = others[self.stream.below(others.len())].clone();
            let later_ms = arrival_ms + self.within(4 * HOUR_MS);
            let second = self.add(&person.name, person.gender, &other);
            self.put(later_ms, id, second);
        }
        let block_ms = self.leave(arrival_ms, id, &userid, &add);
        self.talk(arrival_ms, block_ms, id, &userid);
        self.buy(arrival_ms, id);
    }

    fn add(&mut self, name: &str, gender: u8, userid: &str) -> Act {
        let arrive = &self.scenario.arrive;
        Act::Add {
            name: name.to_owned(),
            gender,
            userid: userid.to_owned(),
            state: pick(self.stream, &arrive.states).filter(|state| !state.is_empty()).cloned(),
            add_way: pick(self.stream, &arrive.add_ways).copied().unwrap_or(1),
            half: self.stream.chance(arrive.half),
        }
    }

    /// Blocks the member, and perhaps comes back; answers when the member was blocked.
    fn leave(&mut self, arrival_ms: i64, id: &str, userid: &str, add: &Act) -> Option<i64> {
        let (block, come_back) = (&self.scenario.block, &self.scenario.come_back);
        if !self.stream.chance(block.share) {
            return None;
        }
        let block_ms = self.days_later(arrival_ms, block.after_days);
        self.put(block_ms, id, Act::Block { userid: userid.to_owned() });
        if self.stream.chance(come_back.share) {
            let back_ms = self.days_later(block_ms, come_back.after_days);
            self.put(back_ms, id, add.clone());
        }
        Some(block_ms)
    }

    fn talk(&mut self, arrival_ms: i64, block_ms: Option<i64>, id: &str, userid: &str) {
        let talk = &self.scenario.talk;
        if !self.stream.chance(talk.share) {
            return;
        }
        for _ in 0..between(self.stream, talk.messages) {
            let at_ms = arrival_ms + self.within(talk.within_hours * HOUR_MS);
            let Some(text) = pick(self.stream, &talk.texts).cloned() else {
                return;
            };
            let is_answered = self.stream.chance(talk.answer.share);
            let answer = pick(self.stream, &talk.answer.texts).filter(|_| is_answered).cloned();
            let answer_ms = at_ms + between(self.stream, talk.answer.after_minutes) * MINUTE_MS;
            if block_ms.is_some_and(|block_ms| at_ms >= block_ms) {
                continue;
            }
            self.put(at_ms, id, Act::Say { userid: userid.to_owned(), text });
            if let Some(text) = answer {
                self.put(answer_ms, id, Act::Answer { userid: userid.to_owned(), text });
            }
        }
    }

    fn buy(&mut self, arrival_ms: i64, id: &str) {
        let buy = &self.scenario.buy;
        if self.stream.chance(buy.share) {
            let at_ms = self.days_later(arrival_ms, buy.after_days);
            let amount_fen = between(self.stream, buy.amount_fen);
            let order_id = format!("order-{}", self.stream.alphanumeric(12));
            self.put(at_ms, id, Act::Buy { order_id, amount_fen });
        }
    }

    fn put(&mut self, due_ms: i64, id: &str, act: Act) {
        self.acts.push(Planned { due_ms, external_userid: id.to_owned(), act });
    }

    fn member(&mut self) -> String {
        self.members[self.stream.below(self.members.len())].clone()
    }

    /// So many China days after `from_ms`, at an hour that people like.
    fn on_day(&mut self, from_ms: i64, days: i64) -> i64 {
        let hour = place(self.stream, self.scenario.hours.iter().copied()).unwrap_or(0);
        let hour = i64::try_from(hour).unwrap_or(0);
        china_midnight(china_day(from_ms) + days) + hour * HOUR_MS + self.within(HOUR_MS)
    }

    fn days_later(&mut self, from_ms: i64, days: [i64; 2]) -> i64 {
        let days = between(self.stream, days);
        // on the same day nothing happens before what it follows
        self.on_day(from_ms, days).max(from_ms + MINUTE_MS)
    }

    fn within(&mut self, ms: i64) -> i64 {
        between(self.stream, [0, ms - 1])
    }
}
