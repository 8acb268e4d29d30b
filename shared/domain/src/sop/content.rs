//! What a step says: a text of its own, or a content of the library.

use serde::{Deserialize, Deserializer, Serialize};

use super::{Step, Text};
use crate::{Timestamp, content::ContentRef, playbook::Playbook};

/// A content that a customer has had is not sent again for so many days, unless a step says otherwise (P11).
pub const USUAL_DAYS: u32 = 90;

/// What a step says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Fields", into = "Fields")]
pub enum StepContent {
    /// Text with variables, e.g. `你好 {{customer.name|您}}`.
    Text(String),
    /// A content of the library.
    Content {
        /// Which.
        reference: ContentRef,
        /// Skipped for whoever has had this edition within that time; `None`: [`USUAL_DAYS`].
        unless_had_within: Option<HadWithin>,
    },
}

/// How far back it matters that a customer has had a content: so many days, or `"ever"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum HadWithin {
    /// So many days; 0: it does not matter.
    Days(u32),
    /// Always.
    #[serde(serialize_with = "ever")]
    Ever,
}

impl HadWithin {
    /// Does it still matter at `now` that the customer had it at `had_at`?
    #[must_use]
    pub fn reaches(self, had_at: Timestamp, now: Timestamp) -> bool {
        match self {
            Self::Days(days) => now < had_at.plus_days(days.into()),
            Self::Ever => true,
        }
    }
}

impl StepContent {
    /// The content that it names.
    #[must_use]
    pub const fn reference(&self) -> Option<&ContentRef> {
        match self {
            Self::Content { reference, .. } => Some(reference),
            Self::Text(_) => None,
        }
    }

    /// How far back it matters that the customer has had it.
    #[must_use]
    pub fn unless_had_within(&self) -> HadWithin {
        match self {
            Self::Content { unless_had_within: Some(within), .. } => *within,
            Self::Content { .. } | Self::Text(_) => HadWithin::Days(USUAL_DAYS),
        }
    }
}

impl Playbook {
    /// What lists call a step: its title, that of its content, or the beginning of its text.
    #[must_use]
    pub fn step_title(&self, step: &Step) -> String {
        let otherwise = || match &step.content {
            StepContent::Text(text) => {
                let text = Text::parse(text).map_or_else(|_| text.clone(), |text| text.bare());
                text.lines().next().unwrap_or_default().chars().take(20).collect()
            }
            StepContent::Content { reference, .. } => {
                let known = self.contents.get(&reference.id);
                known.map_or_else(|| reference.to_string(), |content| content.title.clone())
            }
        };
        step.title.clone().unwrap_or_else(otherwise)
    }
}

/// As it is written. Read field by field, so that what is wrong with one has its own pointer.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Fields {
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    reference: Option<ContentRef>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unless_had_within: Option<HadWithin>,
}

impl TryFrom<Fields> for StepContent {
    /// In serde's words, which [`crate::shape`] understands.
    type Error = &'static str;

    fn try_from(fields: Fields) -> Result<Self, Self::Error> {
        match (fields.text, fields.reference, fields.unless_had_within) {
            (Some(text), None, None) => Ok(Self::Text(text)),
            (Some(_), Some(_), _) => Err("unknown field `text`, expected `ref` or `unless_had_within`"),
            (Some(_), None, Some(_)) => Err("unknown field `unless_had_within`, expected `text`"),
            (None, Some(reference), unless_had_within) => Ok(Self::Content { reference, unless_had_within }),
            (None, None, _) => Err("missing field `text`"),
        }
    }
}

impl From<StepContent> for Fields {
    fn from(content: StepContent) -> Self {
        match content {
            StepContent::Text(text) => Self { text: Some(text), ..Self::default() },
            StepContent::Content { reference, unless_had_within } => {
                Self { reference: Some(reference), unless_had_within, ..Self::default() }
            }
        }
    }
}

fn ever<S: serde::Serializer>(serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str("ever")
}

impl<'de> Deserialize<'de> for HadWithin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(word) if word == "ever" => Ok(Self::Ever),
            serde_json::Value::Number(days) if days.as_u64().is_some_and(|days| days <= 3650) => {
                Ok(Self::Days(days.as_u64().and_then(|days| days.try_into().ok()).unwrap_or(USUAL_DAYS)))
            }
            _ => Err(serde::de::Error::custom("this has to be a number of days, 0 to 3650, or \"ever\"")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::shape;

    #[test]
    fn a_step_says_a_text_of_its_own_or_a_content() {
        let read = |value| shape::read::<StepContent>(&value);
        for written in [
            json!({"text": "您好"}),
            json!({"ref": "case-a"}),
            json!({"ref": "case-a@3", "unless_had_within": 30}),
            json!({"ref": "case-a", "unless_had_within": "ever"}),
        ] {
            assert_eq!(json!(read(written.clone()).unwrap()), written);
        }
        for (wrong, pointer) in [
            (json!({}), "/text"),
            (json!({"text": "x", "ref": "a"}), "/text"),
            (json!({"text": "x", "unless_had_within": 3}), "/unless_had_within"),
            (json!({"ref": "a@x"}), "/ref"),
            (json!({"ref": "a", "unless_had_within": -1}), "/unless_had_within"),
            (json!({"ref": "a", "unless_had_within": "always"}), "/unless_had_within"),
        ] {
            assert_eq!(read(wrong.clone()).unwrap_err().pointer, pointer, "{wrong}");
        }
    }
}
