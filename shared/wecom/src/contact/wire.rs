//! Customers and their tags in the form in which they are answered.

use serde::Deserialize;

use super::{Contact, ContactKind, FollowTag, FollowTagKind, Gender};
use crate::lenient;

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct WireContact {
    #[serde(deserialize_with = "lenient::text")]
    pub(super) external_userid: String,
    #[serde(deserialize_with = "lenient::text")]
    name: String,
    #[serde(deserialize_with = "lenient::optional_text")]
    avatar: Option<String>,
    #[serde(rename = "type", deserialize_with = "lenient::integer")]
    kind: i64,
    #[serde(deserialize_with = "lenient::integer")]
    gender: i64,
    #[serde(deserialize_with = "lenient::optional_text")]
    unionid: Option<String>,
    #[serde(deserialize_with = "lenient::optional_text")]
    position: Option<String>,
    #[serde(deserialize_with = "lenient::optional_text")]
    corp_name: Option<String>,
    #[serde(deserialize_with = "lenient::optional_text")]
    corp_full_name: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct WireTag {
    #[serde(deserialize_with = "lenient::optional_text")]
    tag_id: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    group_name: String,
    #[serde(deserialize_with = "lenient::text")]
    tag_name: String,
    #[serde(rename = "type", deserialize_with = "lenient::integer")]
    kind: i64,
}

impl<T> From<WireContact> for Contact<T> {
    fn from(wire: WireContact) -> Contact<T> {
        Contact {
            external_userid: wire.external_userid,
            name: wire.name,
            avatar: wire.avatar,
            kind: match wire.kind {
                1 => ContactKind::WeChat,
                2 => ContactKind::WeCom,
                other => ContactKind::Other(other),
            },
            gender: Gender::from(wire.gender),
            unionid: wire.unionid,
            position: wire.position,
            corp_name: wire.corp_name,
            corp_full_name: wire.corp_full_name,
            relations: Vec::new(),
        }
    }
}

impl From<i64> for Gender {
    fn from(number: i64) -> Gender {
        match number {
            1 => Gender::Male,
            2 => Gender::Female,
            _ => Gender::Unknown,
        }
    }
}

impl Default for FollowTagKind {
    fn default() -> FollowTagKind {
        FollowTagKind::Other(0)
    }
}

impl From<WireTag> for FollowTag {
    fn from(wire: WireTag) -> FollowTag {
        let kind = match wire.kind {
            1 => FollowTagKind::Corp,
            2 => FollowTagKind::Personal,
            3 => FollowTagKind::RuleGroup,
            other => FollowTagKind::Other(other),
        };
        FollowTag { tag_id: wire.tag_id, group_name: wire.group_name, tag_name: wire.tag_name, kind }
    }
}
