//! Corp tags (企业标签): listing and adding them, marking customers with them; renaming and deleting
//! them is in `change.rs`.
//!
//! There are two levels, group and tag. A tag is put on a *relation*, a member with a customer, and
//! not on the customer. These calls cause no callbacks; who makes them updates what it believes
//! from their success.
//!
//! Limits: 10 000 tags in a corp (40126; its text still says 3000), names of 1 to 30 characters,
//! unique within their group as the groups' are within the corp, `order` an unsigned 32-bit number.
//! An app changes and deletes only what it added itself.
//!
//! Source: 客户联系 / 客户标签管理 / 管理企业标签,
//! <https://developer.work.weixin.qq.com/document/path/92117>; 编辑客户企业标签,
//! <https://developer.work.weixin.qq.com/document/path/92118>.

mod change;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use change::{TagDeletion, TagEdit};

use crate::client::{Api, Client, DEFAULT_TIMEOUT, Effect, Nothing, unclear};
use crate::limits::Check;
use crate::{AccessToken, Error, lenient};

/// How long `mark_tag` may take. Callers hold a lease across the call, so this must stay well below
/// the lease.
pub const MARK_TAG_TIMEOUT: Duration = Duration::from_secs(10);

const LIST: Api =
    Api { path: "externalcontact/get_corp_tag_list", effect: Effect::Reads, timeout: DEFAULT_TIMEOUT };
const ADD: Api =
    Api { path: "externalcontact/add_corp_tag", effect: Effect::Writes, timeout: DEFAULT_TIMEOUT };
const MARK: Api = Api { path: "externalcontact/mark_tag", effect: Effect::Writes, timeout: MARK_TAG_TIMEOUT };

/// Which tags to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagQuery<'a> {
    /// All of the corp.
    All,
    /// These tags, inside their groups. Deleted ones come back marked as such.
    Tags(&'a [String]),
    /// These groups with their tags. Deleted ones come back marked as such.
    Groups(&'a [String]),
}

/// A tag group and its tags.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct TagGroup {
    /// Case-sensitive.
    #[serde(deserialize_with = "lenient::text")]
    pub group_id: String,
    /// Up to 30 characters.
    #[serde(deserialize_with = "lenient::text")]
    pub group_name: String,
    /// Unix seconds.
    #[serde(deserialize_with = "lenient::integer")]
    pub create_time: i64,
    /// Larger ones come first; an unsigned 32-bit number.
    #[serde(deserialize_with = "lenient::integer")]
    pub order: i64,
    /// Only ever true when asked for by id.
    #[serde(deserialize_with = "lenient::flag")]
    pub deleted: bool,
    /// In the platform's order.
    #[serde(rename = "tag", deserialize_with = "lenient::list")]
    pub tags: Vec<Tag>,
}

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub struct Tag {
    /// Case-sensitive.
    #[serde(deserialize_with = "lenient::text")]
    pub id: String,
    /// Up to 30 characters, unique within its group.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    /// Unix seconds.
    #[serde(deserialize_with = "lenient::integer")]
    pub create_time: i64,
    /// Larger ones come first; an unsigned 32-bit number.
    #[serde(deserialize_with = "lenient::integer")]
    pub order: i64,
    /// Only ever true when asked for by id.
    #[serde(deserialize_with = "lenient::flag")]
    pub deleted: bool,
}

/// Tags to add. There are no empty groups: a group begins with its first tag and ends with its
/// last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewTags {
    /// Where to add them.
    #[serde(flatten)]
    pub group: NewTagsGroup,
    /// At least one. Equal names in one call become one tag.
    #[serde(rename = "tag")]
    pub tags: Vec<NewTag>,
    /// The app on whose behalf; `None` is right for a self-built app's own token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agentid: Option<i64>,
}

/// The group that new tags go to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum NewTagsGroup {
    /// A group that exists.
    Existing {
        /// Its id.
        group_id: String,
    },
    /// A group by name: made if there is none of that name, else appended to.
    Named {
        /// 1 to 30 characters.
        group_name: String,
        /// Larger ones come first.
        #[serde(skip_serializing_if = "Option::is_none")]
        order: Option<u32>,
    },
}

/// A tag to add.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewTag {
    /// 1 to 30 characters.
    pub name: String,
    /// Larger ones come first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<u32>,
}

/// A change to the tags of one relation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MarkTags {
    /// The member of the relation.
    pub userid: String,
    /// The customer of the relation.
    pub external_userid: String,
    /// Ids of corp tags to put on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub add_tag: Vec<String>,
    /// Ids of corp tags to take off.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remove_tag: Vec<String>,
}

#[derive(Serialize)]
struct ListRequest<'a> {
    tag_id: &'a [String],
    group_id: &'a [String],
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ListAnswer {
    #[serde(deserialize_with = "lenient::list")]
    tag_group: Vec<TagGroup>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct AddAnswer {
    tag_group: Option<TagGroup>,
}

impl Client {
    /// `POST externalcontact/get_corp_tag_list`: tag groups with their tags. Not paged.
    ///
    /// An empty list of ids is refused here, because the platform takes it for "all".
    pub async fn list_corp_tags(
        &self,
        token: &AccessToken,
        query: TagQuery<'_>,
    ) -> Result<Vec<TagGroup>, Error> {
        let check = Check { api: LIST.path };
        let request = match query {
            TagQuery::All => ListRequest { tag_id: &[], group_id: &[] },
            TagQuery::Tags(tag_id) => {
                check.count(format_args!("tag_id"), tag_id.len(), 1..=usize::MAX)?;
                ListRequest { tag_id, group_id: &[] }
            }
            TagQuery::Groups(group_id) => {
                check.count(format_args!("group_id"), group_id.len(), 1..=usize::MAX)?;
                ListRequest { tag_id: &[], group_id }
            }
        };
        let answer: ListAnswer = self.post(&LIST, token, &request).await?;
        Ok(answer.tag_group)
    }

    /// `POST externalcontact/add_corp_tag`: adds tags and returns their group with the tags' ids.
    ///
    /// Refusals: 40071 name exists, 40072 name length, 40126 the corp has as many tags as it may
    /// (10 000), 40068 unknown group. An app can later change and delete only tags that it added
    /// itself. If [ambiguous](Error::is_ambiguous), list the tags before adding again.
    pub async fn add_corp_tags(&self, token: &AccessToken, tags: &NewTags) -> Result<TagGroup, Error> {
        let check = Check { api: ADD.path };
        match &tags.group {
            NewTagsGroup::Existing { group_id } => {
                check.present(format_args!("group_id"), group_id)?;
            }
            NewTagsGroup::Named { group_name, .. } => {
                check.required_chars(format_args!("group_name"), group_name, 30)?;
            }
        }
        check.count(format_args!("tag"), tags.tags.len(), 1..=usize::MAX)?;
        for (i, tag) in tags.tags.iter().enumerate() {
            check.required_chars(format_args!("tag[{i}].name"), &tag.name, 30)?;
        }
        let answer: AddAnswer = self.post(&ADD, token, tags).await?;
        answer.tag_group.ok_or_else(|| unclear(&ADD, "answer has no tag_group"))
    }

    /// `POST externalcontact/mark_tag`: changes the tags of one relation. Takes at most
    /// [`MARK_TAG_TIMEOUT`].
    ///
    /// At least one list has entries and no tag is in both. The platform publishes no limit on
    /// their number. Repeating a call changes nothing more, as far as is known; an
    /// [ambiguous](Error::is_ambiguous) one is settled by fetching the customer.
    ///
    /// Refusals: 84061 no relation (the member deleted the customer, or the customer is only half
    /// added), 40096 unknown customer, 40068 unknown tag, 40003 and 60111 unknown member, 60011
    /// outside the visible range.
    pub async fn mark_tags(&self, token: &AccessToken, mark: &MarkTags) -> Result<(), Error> {
        let check = Check { api: MARK.path };
        check.required_bytes(format_args!("userid"), &mark.userid, 64)?;
        check.required_bytes(format_args!("external_userid"), &mark.external_userid, 64)?;
        if mark.add_tag.is_empty() && mark.remove_tag.is_empty() {
            return Err(check.error(format_args!("add_tag"), "is empty, and so is remove_tag"));
        }
        for (i, tag) in mark.add_tag.iter().enumerate() {
            check.present(format_args!("add_tag[{i}]"), tag)?;
            if mark.remove_tag.contains(tag) {
                return Err(check.error(format_args!("add_tag[{i}]"), "is in remove_tag too"));
            }
        }
        for (i, tag) in mark.remove_tag.iter().enumerate() {
            check.present(format_args!("remove_tag[{i}]"), tag)?;
        }
        let Nothing {} = self.post(&MARK, token, mark).await?;
        Ok(())
    }
}
