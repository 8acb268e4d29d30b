//! A content as others name it, and what was sent when somebody was sent it.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Content;
use crate::{ContentId, id::check_slug};

/// `brand-intro`: whatever version is published when it is sent; `brand-intro@3`: always that one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ContentRef {
    /// Which content.
    pub id: ContentId,
    /// The version that is pinned.
    pub pin: Option<u32>,
}

/// What a customer gets, or got: a version, which never changes, and its edition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SentContent {
    /// Which content.
    pub content: ContentId,
    /// Which version of it.
    pub version: u32,
    /// The edition of that version.
    pub edition: u32,
}

impl ContentRef {
    /// Reads what [`fmt::Display`] writes. The id is not looked up; it may be a title, also one with an `@` of its own.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let Some((id, pin)) = text.split_once('@') else {
            return (!text.is_empty()).then(|| Self { id: text.into(), pin: None });
        };
        // No id stands before it: a title, as `报价@2026`.
        if !id.is_empty() && check_slug(id).is_err() {
            return Some(Self { id: text.into(), pin: None });
        }
        // One form for each: no sign, no leading nought.
        let number = pin.parse().ok().filter(|number: &u32| *number > 0 && number.to_string() == pin)?;
        (!id.is_empty()).then(|| Self { id: id.into(), pin: Some(number) })
    }
}

impl fmt::Display for ContentRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pin {
            Some(pin) => write!(f, "{}@{pin}", self.id),
            None => write!(f, "{}", self.id),
        }
    }
}

impl Serialize for ContentRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ContentRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = || {
            serde::de::Error::custom("this has to be a content's id, or one with a version: brand-intro@3")
        };
        Self::parse(&text).ok_or_else(wrong)
    }
}

impl Content {
    /// The edition that is published; 0: never published.
    #[must_use]
    pub fn edition(&self) -> u32 {
        u32::try_from(self.editions.len()).unwrap_or(u32::MAX)
    }

    /// What is sent when the content is sent now, or when this version of it is. `None`: there is none.
    #[must_use]
    pub fn sent_as(&self, pin: Option<u32>) -> Option<SentContent> {
        let last = self.published?;
        let version = pin.unwrap_or(last);
        if version == 0 || version > last {
            return None;
        }
        let edition = self.editions.iter().filter(|first| **first <= version).count();
        Some(SentContent {
            content: self.id.clone(),
            version,
            edition: u32::try_from(edition).unwrap_or(u32::MAX),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_follows_the_published_version_or_pins_one() {
        for text in ["brand-intro", "brand-intro@3", "品牌介绍", "报价@2026", "客服@企业微信"] {
            assert_eq!(ContentRef::parse(text).unwrap().to_string(), text);
        }
        for wrong in ["", "@3", "a@", "a@0", "a@03", "a@+3", "a@b", "a@3@4"] {
            assert_eq!(ContentRef::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_version_has_the_edition_that_was_begun_last_before_it() {
        let content = Content { published: Some(4), editions: vec![1, 3], ..Content::new("a".into()) };
        let edition = |pin| content.sent_as(pin).map(|sent| (sent.version, sent.edition));
        assert_eq!(edition(None), Some((4, 2)));
        assert_eq!([1, 2, 3].map(|pin| edition(Some(pin))), [Some((1, 1)), Some((2, 1)), Some((3, 2))]);
        assert_eq!([0, 5].map(|pin| edition(Some(pin))), [None, None]);
        assert_eq!(Content::new("b".into()).sent_as(None), None);
    }
}
