//! Changes to corp tags that exist: `externalcontact/edit_corp_tag`, `externalcontact/del_corp_tag`.
//! Only of tags that the same app added.

use serde::Serialize;

use crate::client::{Api, Client, DEFAULT_TIMEOUT, Effect, Nothing};
use crate::limits::Check;
use crate::{AccessToken, Error};

const EDIT: Api =
    Api { path: "externalcontact/edit_corp_tag", effect: Effect::Writes, timeout: DEFAULT_TIMEOUT };
const DELETE: Api =
    Api { path: "externalcontact/del_corp_tag", effect: Effect::Writes, timeout: DEFAULT_TIMEOUT };

/// A change to a tag or to a group: at least one of name and order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TagEdit {
    /// Id of a tag or of a group.
    pub id: String,
    /// 1 to 30 characters, in no other group of the corp or in no other tag of the group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Larger ones come first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<u32>,
    /// The app on whose behalf; `None` is right for a self-built app's own token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agentid: Option<i64>,
}

/// Tags and groups to delete: at least one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct TagDeletion {
    /// Ids of tags. A group goes with its last tag.
    #[serde(rename = "tag_id", skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// Ids of groups, which go with all their tags.
    #[serde(rename = "group_id", skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// The app on whose behalf; `None` is right for a self-built app's own token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agentid: Option<i64>,
}

impl Client {
    /// `POST externalcontact/edit_corp_tag`: renames a tag or a group, or moves it among its like.
    /// Repeating a call changes nothing more.
    ///
    /// Refusals: 40068 unknown tag or group, 40071 name exists, 40072 name length. The tag of
    /// another app is refused too; with which code is not documented.
    pub async fn edit_corp_tag(&self, token: &AccessToken, edit: &TagEdit) -> Result<(), Error> {
        let check = Check { api: EDIT.path };
        check.present(format_args!("id"), &edit.id)?;
        if edit.name.is_none() && edit.order.is_none() {
            return Err(check.error(format_args!("name"), "is absent, and so is order"));
        }
        if let Some(name) = &edit.name {
            check.required_chars(format_args!("name"), name, 30)?;
        }
        let Nothing {} = self.post(&EDIT, token, edit).await?;
        Ok(())
    }

    /// `POST externalcontact/del_corp_tag`: deletes tags and groups, and takes them off every
    /// relation. It cannot be undone: a tag of the same name is another tag. If
    /// [ambiguous](Error::is_ambiguous), list the tags before deleting again.
    ///
    /// Refusals: 40068 unknown tag or group, perhaps because it was deleted before. The tag of
    /// another app is refused too; with which code is not documented.
    pub async fn delete_corp_tags(&self, token: &AccessToken, deletion: &TagDeletion) -> Result<(), Error> {
        let check = Check { api: DELETE.path };
        if deletion.tags.is_empty() && deletion.groups.is_empty() {
            return Err(check.error(format_args!("tag_id"), "is empty, and so is group_id"));
        }
        check.ids(format_args!("tag_id"), &deletion.tags, 0..=usize::MAX)?;
        check.ids(format_args!("group_id"), &deletion.groups, 0..=usize::MAX)?;
        let Nothing {} = self.post(&DELETE, token, deletion).await?;
        Ok(())
    }
}
