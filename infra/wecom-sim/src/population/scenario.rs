//! The scenario document: what customers are like. The README beside this crate describes it.

use serde::Deserialize;
use serde_json::Value;

use crate::random::Stream;

/// One of several, as often as its weight says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Weighted<T> {
    pub(crate) value: T,
    #[serde(default = "one")]
    pub(crate) weight: f64,
}

/// From the first to the second, both included.
pub(crate) type Between = [i64; 2];

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    /// Weight of each hour of China's day: when people arrive and act.
    pub(crate) hours: Vec<f64>,
    pub(crate) arrive: Arrive,
    pub(crate) talk: Talk,
    pub(crate) buy: Buy,
    pub(crate) block: After,
    /// Of those who blocked.
    pub(crate) come_back: After,
    /// What a population that is only placed has on it.
    pub(crate) tags: Vec<TagShare>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Arrive {
    pub(crate) states: Vec<Weighted<String>>,
    pub(crate) add_ways: Vec<Weighted<i64>>,
    /// Whom the member has not added back.
    pub(crate) half: f64,
    /// Who adds another member later that day.
    pub(crate) second_member: f64,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Talk {
    pub(crate) share: f64,
    pub(crate) messages: Between,
    /// After the adding.
    pub(crate) within_hours: i64,
    pub(crate) texts: Vec<Weighted<String>>,
    pub(crate) answer: Answer,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Answer {
    pub(crate) share: f64,
    pub(crate) after_minutes: Between,
    pub(crate) texts: Vec<Weighted<String>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Buy {
    pub(crate) share: f64,
    pub(crate) after_days: Between,
    pub(crate) amount_fen: Between,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct After {
    pub(crate) share: f64,
    pub(crate) after_days: Between,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TagShare {
    pub(crate) group: String,
    pub(crate) name: String,
    pub(crate) share: f64,
}

/// A shop that people look at over lunch and in the evening.
const HOURS: [f64; 24] = [
    1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 4.0, 8.0, 10.0, 9.0, 10.0, 8.0, 7.0, 8.0, 8.0, 7.0, 6.0, 8.0,
    10.0, 10.0, 6.0, 3.0,
];

impl Default for Scenario {
    fn default() -> Self {
        Self {
            name: String::new(),
            hours: HOURS.to_vec(),
            arrive: Arrive::default(),
            talk: Talk::default(),
            buy: Buy::default(),
            block: After { share: 0.1, after_days: [1, 20] },
            come_back: After { share: 0.2, after_days: [1, 10] },
            tags: Vec::new(),
        }
    }
}

impl Default for Arrive {
    fn default() -> Self {
        Self {
            states: Vec::new(),
            add_ways: vec![Weighted { value: 1, weight: 1.0 }],
            half: 0.0,
            second_member: 0.0,
        }
    }
}

impl Default for Talk {
    fn default() -> Self {
        let texts = ["你好", "多少钱？", "还有优惠吗", "什么时候能到", "谢谢"];
        Self {
            share: 0.6,
            messages: [1, 3],
            within_hours: 72,
            texts: texts.map(|text| Weighted { value: text.to_owned(), weight: 1.0 }).to_vec(),
            answer: Answer::default(),
        }
    }
}

impl Default for Answer {
    fn default() -> Self {
        Self { share: 0.0, after_minutes: [1, 30], texts: Vec::new() }
    }
}

impl Default for Buy {
    fn default() -> Self {
        Self { share: 0.15, after_days: [1, 14], amount_fen: [9900, 299_900] }
    }
}

impl Scenario {
    /// A document; `Err` says what is wrong with it.
    pub(crate) fn read(document: &Value) -> Result<Self, String> {
        if !document.is_object() {
            return Err("the scenario is not an object".to_owned());
        }
        let scenario: Self = Self::deserialize(document).map_err(|error| error.to_string())?;
        scenario.check()?;
        Ok(scenario)
    }

    fn check(&self) -> Result<(), String> {
        if self.hours.len() != 24 || !sums_up(self.hours.iter().copied()) {
            return Err("hours has 24 weights, not all 0".to_owned());
        }
        let shares = [
            ("arrive.half", self.arrive.half),
            ("arrive.second_member", self.arrive.second_member),
            ("talk.share", self.talk.share),
            ("talk.answer.share", self.talk.answer.share),
            ("buy.share", self.buy.share),
            ("block.share", self.block.share),
            ("come_back.share", self.come_back.share),
        ];
        let tags = self.tags.iter().map(|tag| ("tags.share", tag.share));
        if let Some((name, _)) =
            shares.into_iter().chain(tags).find(|(_, share)| !(0.0..=1.0).contains(share))
        {
            return Err(format!("{name} is between 0 and 1"));
        }
        let ranges = [
            ("talk.messages", self.talk.messages, 100),
            ("talk.within_hours", [1, self.talk.within_hours], 100_000),
            ("talk.answer.after_minutes", self.talk.answer.after_minutes, 100_000),
            ("buy.after_days", self.buy.after_days, 3650),
            ("buy.amount_fen", self.buy.amount_fen, 10_000_000_000),
            ("block.after_days", self.block.after_days, 3650),
            ("come_back.after_days", self.come_back.after_days, 3650),
        ];
        if let Some((name, _, most)) =
            ranges.into_iter().find(|(_, [from, to], most)| !(0 <= *from && from <= to && to <= most))
        {
            return Err(format!("{name} goes from 0 to {most}, the smaller first"));
        }
        check_weights("talk.texts", self.talk.share, &self.talk.texts)?;
        check_weights("talk.answer.texts", self.talk.answer.share, &self.talk.answer.texts)?;
        check_weights("arrive.add_ways", 1.0, &self.arrive.add_ways)?;
        check_weights("arrive.states", 0.0, &self.arrive.states)
    }
}

/// There must be something to choose from where anything is to be chosen.
fn check_weights<T>(name: &str, share: f64, choices: &[Weighted<T>]) -> Result<(), String> {
    let is_empty = choices.is_empty() && share == 0.0;
    if is_empty || sums_up(choices.iter().map(|choice| choice.weight)) {
        Ok(())
    } else {
        Err(format!("{name} has nothing to choose from, or a negative weight"))
    }
}

fn sums_up(weights: impl Iterator<Item = f64> + Clone) -> bool {
    weights.clone().all(|weight| weight >= 0.0) && weights.sum::<f64>() > 0.0
}

/// One of the choices; `None` where there are none.
pub(crate) fn pick<'a, T>(stream: &mut Stream, choices: &'a [Weighted<T>]) -> Option<&'a T> {
    let place = place(stream, choices.iter().map(|choice| choice.weight))?;
    choices.get(place).map(|choice| &choice.value)
}

/// The place of one weight among others.
pub(crate) fn place(stream: &mut Stream, weights: impl Iterator<Item = f64> + Clone) -> Option<usize> {
    let mut left = stream.unit() * weights.clone().sum::<f64>();
    let mut last = None;
    for (at, weight) in weights.enumerate().filter(|(_, weight)| *weight > 0.0) {
        last = Some(at);
        left -= weight;
        if left < 0.0 {
            break;
        }
    }
    last
}

pub(crate) fn between(stream: &mut Stream, [from, to]: Between) -> i64 {
    let width = usize::try_from(to - from + 1).unwrap_or(1);
    from + i64::try_from(stream.below(width)).unwrap_or(0)
}

fn one() -> f64 {
    1.0
}
