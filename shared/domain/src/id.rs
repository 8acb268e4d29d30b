//! Identifiers: one type each, so that a tag can never be passed where a stage is meant.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The identifier as written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

macro_rules! verbatim {
    ($($name:ident),+ $(,)?) => {$(
        impl From<&str> for $name {
            fn from(value: &str) -> Self {
                Self(value.to_owned())
            }
        }

        impl From<String> for $name {
            fn from(value: String) -> Self {
                Self(value)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Self)
            }
        }
    )+};
}

ids! {
    /// A WeCom `external_userid`: opaque, case-sensitive, at most 64 bytes.
    CustomerId,
    /// A WeCom `userid`, kept in lower case because WeCom compares it without case and answers in lower case.
    StaffId,
    /// A corp tag (`et…`), as WeCom numbers it.
    TagId,
    /// A corp tag group, as WeCom numbers it.
    TagGroupId,
    /// A board (商机看板).
    BoardId,
    /// A stage of a board; unique within its board.
    StageId,
    /// An automation rule.
    RuleId,
    /// An SOP; all versions share it.
    SopId,
    /// A step, stable across the versions of its SOP.
    StepId,
    /// A content; all versions share it.
    ContentId,
    /// A group of contents.
    ContentGroupId,
    /// The key of a signal: the same happening always has the same id, so a repeat is recognised.
    SignalId,
}

verbatim!(
    CustomerId,
    TagId,
    TagGroupId,
    BoardId,
    StageId,
    RuleId,
    SopId,
    StepId,
    ContentId,
    ContentGroupId,
    SignalId
);

impl SignalId {
    /// An id with a `key` of its sender's choice: of all signals with that key the first alone happens, and `content`
    /// tells whether another is the same one again. Neither has a dot in it.
    #[must_use]
    pub fn keyed(key: &str, content: &str) -> Self {
        Self(format!("{key}.{content}"))
    }

    /// What the receipt is kept under.
    #[must_use]
    pub fn key(&self) -> &str {
        self.0.split_once('.').map_or(&self.0, |(key, _)| key)
    }
}

impl From<&str> for StaffId {
    fn from(value: &str) -> Self {
        Self(value.to_ascii_lowercase())
    }
}

impl<'de> Deserialize<'de> for StaffId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|written| Self::from(written.as_str()))
    }
}

/// Why a name cannot be the id of a board, stage, rule, SOP, step or content.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0:?} is not an id: use 1 to 40 of a-z, 0-9, '-' and '_', beginning with a letter or digit")]
pub struct NotASlug(pub String);

/// Checks that `text` can be an id of our own making: it appears in keys and addresses.
pub fn check_slug(text: &str) -> Result<(), NotASlug> {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    let begins_well = text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    if begins_well && text.len() <= 40 && text.chars().all(legal) {
        Ok(())
    } else {
        Err(NotASlug(text.chars().take(60).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn staff_ids_are_compared_without_case() {
        assert_eq!(StaffId::from("ZhangSan"), StaffId::from("zhangsan"));
        assert_eq!(serde_json::from_str::<StaffId>(r#""ZhangSan""#).unwrap(), StaffId::from("zhangsan"));
        assert_ne!(CustomerId::from("wmA"), CustomerId::from("wma"));
    }

    #[test]
    fn signals_of_one_key_share_their_receipt() {
        let (one, other) = (SignalId::keyed("api-1", "a"), SignalId::keyed("api-1", "b"));
        assert_ne!(one, other);
        assert_eq!((one.key(), other.key()), ("api-1", "api-1"));
        assert_eq!(SignalId::from("ingest-1").key(), "ingest-1");
    }

    #[test]
    fn an_id_of_our_own_has_no_separator_in_it() {
        assert!(check_slug("new-customer").is_ok());
        for bad in ["", "-a", "a~b", "a#b", "A", "中文", "a b", &"x".repeat(41)] {
            assert!(check_slug(bad).is_err(), "{bad}");
        }
    }
}
