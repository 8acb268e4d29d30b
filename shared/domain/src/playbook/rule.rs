//! Automation rules (自动化规则): when a trigger, if a predicate, then actions.

use serde::{Deserialize, Serialize};

use crate::{Predicate, RuleId, TagId};

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its id.
    pub id: RuleId,
    /// Shown name.
    pub name: String,
    /// Does it fire?
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Higher is asked first; equal ones by id.
    #[serde(default)]
    pub priority: i32,
    /// What it waits for.
    pub when: Trigger,
    /// Who it is for; absent: everybody.
    #[serde(default, rename = "if", skip_serializing_if = "Option::is_none")]
    pub condition: Option<Predicate>,
    /// What it does.
    pub then: Vec<Action>,
    /// How far its stage tags may move a card (T8).
    #[serde(default)]
    pub moves: Moves,
    /// Not again for the same customer within so many hours; 0: every time.
    #[serde(default)]
    pub cooldown_hours: u32,
    /// Revision, for If-Match.
    #[serde(default)]
    pub revision: u64,
}

fn yes() -> bool {
    true
}

/// What a rule waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// The customer wrote something with these words in it.
    MessageContains(Words),
    /// A tag was put on, by whatever cause.
    TagAdded(TagId),
}

/// Words looked for in a message. Case and full-width forms do not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// One of these is in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub any: Vec<String>,
    /// Each of these is in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub all: Vec<String>,
    /// The whole message is one of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exact: Vec<String>,
}

/// What a rule does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Puts a tag on; the tag of a stage moves the card (T3, T8).
    AddTag(TagId),
    /// Takes a tag off.
    RemoveTag(TagId),
}

/// Where a rule may move a card.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moves {
    /// Only to a later stage, never out of won or lost.
    #[default]
    Forward,
    /// Anywhere, won and lost included.
    Any,
}

impl Words {
    /// The word that hit, if the message matches.
    #[must_use]
    pub fn hit<'a>(&'a self, text: &str) -> Option<&'a str> {
        let text = fold(text);
        if let Some(word) = self.exact.iter().find(|word| fold(word) == text) {
            return Some(word);
        }
        let contains = |word: &&String| text.contains(&fold(word));
        let any = self.any.iter().find(contains);
        if any.is_none() && !self.any.is_empty() {
            return None;
        }
        if !self.all.iter().all(|word| contains(&word)) {
            return None;
        }
        any.or(self.all.first()).map(String::as_str)
    }
}

/// Lower case, full-width ASCII narrowed, outer white space gone.
pub(crate) fn fold(text: &str) -> String {
    let narrow = |c: char| match c {
        '\u{3000}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        _ => c,
    };
    text.trim().chars().map(narrow).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(any: &[&str], all: &[&str], exact: &[&str]) -> Words {
        let own = |list: &[&str]| list.iter().map(ToString::to_string).collect();
        Words { any: own(any), all: own(all), exact: own(exact) }
    }

    #[test]
    fn a_word_inside_a_sentence_hits() {
        assert_eq!(words(&["价格", "多少钱"], &[], &[]).hit("你们产品多少钱"), Some("多少钱"));
        assert_eq!(words(&["价格"], &[], &[]).hit("你好"), None);
    }

    #[test]
    fn case_and_width_do_not_matter() {
        assert_eq!(words(&["VIP"], &[], &[]).hit("我是ｖｉｐ"), Some("VIP"));
        assert_eq!(words(&[], &[], &["TD"]).hit(" td "), Some("TD"));
        assert_eq!(words(&[], &[], &["TD"]).hit("std"), None);
    }

    #[test]
    fn all_words_are_needed_beside_one_of_any() {
        let both = words(&["红", "蓝"], &["车"], &[]);
        assert_eq!(both.hit("红色的车"), Some("红"));
        assert_eq!(both.hit("红色"), None);
        assert_eq!(both.hit("车"), None);
    }

    #[test]
    fn a_rule_without_words_never_hits() {
        assert_eq!(Words::default().hit("anything"), None);
    }
}
