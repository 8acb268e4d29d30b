//! Who: one language for segments, rules, audiences and step conditions. Three-valued, because not knowing is not "no"
//! (R5).

use serde::{Deserialize, Serialize};

use crate::{File, StaffId, TagId, playbook::StageRef};

/// True, false, or not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Truth {
    /// Known to hold.
    True,
    /// Known not to hold.
    False,
    /// Depends on something that nobody reports.
    Unknown,
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

/// A predicate over one customer. As written by people its names are names; once resolved
/// ([`crate::playbook::Playbook`]) they are ids.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Predicate {
    /// Every part holds; an empty list does.
    All(Vec<Predicate>),
    /// One part holds; an empty list does not.
    Any(Vec<Predicate>),
    /// The part does not hold.
    Not(Box<Predicate>),
    /// Has the tag (`组/标签` or id).
    Tag(TagId),
    /// Stands at the stage (`board/stage`).
    Stage(StageRef),
    /// Came through the channel: its `state` on an open relation.
    Channel(String),
    /// Was added in this way (WeCom's `add_way`), on an open relation.
    AddWay(u16),
    /// Is served by this staff member.
    Owner(StaffId),
}

impl Default for Predicate {
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

impl Predicate {
    /// Judges one file.
    #[must_use]
    pub fn judge(&self, file: &File) -> Truth {
        match self {
            Self::All(parts) => Self::fold(parts, file, Truth::False, Truth::True),
            Self::Any(parts) => Self::fold(parts, file, Truth::True, Truth::False),
            Self::Not(part) => match part.judge(file) {
                Truth::True => Truth::False,
                Truth::False => Truth::True,
                Truth::Unknown => Truth::Unknown,
            },
            Self::Tag(tag) => file.tags.contains_key(tag).into(),
            Self::Stage(at) => file.cards.get(&at.board).is_some_and(|card| card.stage == at.stage).into(),
            Self::Channel(state) => {
                file.open_relations().any(|(_, relation)| relation.state.as_ref() == Some(state)).into()
            }
            Self::AddWay(way) => {
                file.open_relations().any(|(_, relation)| relation.add_way == Some(*way)).into()
            }
            Self::Owner(staff) => (file.owner.as_ref() == Some(staff)).into(),
        }
    }

    /// `deciding` ends the matter as soon as a part says so; else one unknown part makes the whole unknown.
    fn fold(parts: &[Self], file: &File, deciding: Truth, otherwise: Truth) -> Truth {
        let mut whole = otherwise;
        for part in parts {
            let truth = part.judge(file);
            if truth == deciding {
                return deciding;
            }
            if truth == Truth::Unknown {
                whole = Truth::Unknown;
            }
        }
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BoardId, HeldTag, Origin, Timestamp, file::Card};

    fn tagged(tags: &[&str]) -> File {
        let mut file = File::new("wm1".into());
        for tag in tags {
            let held = HeldTag {
                origin: Origin::Baseline,
                since: Timestamp::default(),
                version: 0,
                expires_at: None,
            };
            file.tags.insert((*tag).into(), held);
        }
        file
    }

    fn parse(json: &str) -> Predicate {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn parts_combine_as_words_say() {
        let predicate = parse(r#"{"all":[{"tag":"a"},{"not":{"any":[{"tag":"b"},{"tag":"c"}]}}]}"#);
        assert_eq!(predicate.judge(&tagged(&["a"])), Truth::True);
        assert_eq!(predicate.judge(&tagged(&["a", "c"])), Truth::False);
        assert_eq!(predicate.judge(&tagged(&[])), Truth::False);
    }

    #[test]
    fn no_parts_means_everybody_for_all_and_nobody_for_any() {
        assert_eq!(Predicate::All(vec![]).judge(&tagged(&[])), Truth::True);
        assert_eq!(Predicate::Any(vec![]).judge(&tagged(&[])), Truth::False);
    }

    #[test]
    fn a_stage_is_written_board_slash_stage() {
        let mut file = tagged(&[]);
        let card = Card { stage: "price".into(), since: None, rev: 1, amount: None };
        file.cards.insert(BoardId::from("cars"), card);
        assert_eq!(parse(r#"{"stage":"cars/price"}"#).judge(&file), Truth::True);
        assert_eq!(parse(r#"{"stage":"cars/deal"}"#).judge(&file), Truth::False);
        assert!(serde_json::from_str::<Predicate>(r#"{"stage":"price"}"#).is_err());
    }

    #[test]
    fn an_unknown_word_is_refused() {
        let error = serde_json::from_str::<Predicate>(r#"{"tagg":"a"}"#).unwrap_err().to_string();
        assert!(error.contains("tagg"), "{error}");
    }
}
