//! `change_external_chat`: a customer group came, went or changed.

use super::ParseError;
use super::fields::Fields;

pub(super) const EVENT: &str = "change_external_chat";

/// A change of one customer group. The group's data settle only afterwards: ask for them about two
/// seconds later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatEvent {
    /// The group.
    pub chat_id: String,
    /// What changed.
    pub change: ChatChange,
}

/// What changed about a customer group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChatChange {
    /// `create`
    Created,
    /// `dismiss`
    Dismissed,
    /// `update`, `add_member`: somebody joined.
    Joined {
        /// How.
        scene: Option<JoinScene>,
        /// Who.
        members: MemberChange,
    },
    /// `update`, `del_member`: somebody left or was removed.
    Left {
        /// How.
        scene: Option<QuitScene>,
        /// Who.
        members: MemberChange,
    },
    /// `update`, `change_owner`
    OwnerChanged,
    /// `update`, `change_name`
    Renamed,
    /// `update`, `change_notice`
    NoticeChanged,
    /// `update` with another detail, or with none.
    Other {
        /// The `UpdateDetail` element.
        detail: Option<String>,
    },
}

/// How somebody joined. The numbers are not those of the group's own data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinScene {
    /// 0: invited by a member, directly or with a link.
    Invited,
    /// 3: scanned the group's code.
    Scanned,
    /// A number that was not known when this was written.
    Other(i64),
}

/// How somebody left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuitScene {
    /// 0: by themselves.
    Left,
    /// 1: removed by the owner or an administrator.
    Removed,
    /// A number that was not known when this was written.
    Other(i64),
}

/// Who came or went. Whoever keeps the list of members compares its version with `last_version`: if
/// they are equal, the change can be applied and makes it `current_version`; if not, the list has to
/// be fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberChange {
    /// How many.
    pub count: Option<i64>,
    /// Ids of members or customers.
    pub ids: Vec<String>,
    /// Version of the list before the change.
    pub last_version: Option<String>,
    /// Version of the list after it.
    pub current_version: Option<String>,
}

/// `None` for a change type that is not known.
pub(super) fn parse(fields: &Fields<'_>, change: &str) -> Result<Option<ChatEvent>, ParseError> {
    let change = match change {
        "create" => ChatChange::Created,
        "dismiss" => ChatChange::Dismissed,
        "update" => update(fields)?,
        _ => return Ok(None),
    };
    Ok(Some(ChatEvent { chat_id: fields.required("ChatId")?, change }))
}

fn update(fields: &Fields<'_>) -> Result<ChatChange, ParseError> {
    let detail = fields.optional("UpdateDetail")?;
    Ok(match detail.as_deref() {
        Some("add_member") => {
            let scene = fields.optional_integer("JoinScene")?.map(|scene| match scene {
                0 => JoinScene::Invited,
                3 => JoinScene::Scanned,
                other => JoinScene::Other(other),
            });
            ChatChange::Joined { scene, members: members(fields)? }
        }
        Some("del_member") => {
            let scene = fields.optional_integer("QuitScene")?.map(|scene| match scene {
                0 => QuitScene::Left,
                1 => QuitScene::Removed,
                other => QuitScene::Other(other),
            });
            ChatChange::Left { scene, members: members(fields)? }
        }
        Some("change_owner") => ChatChange::OwnerChanged,
        Some("change_name") => ChatChange::Renamed,
        Some("change_notice") => ChatChange::NoticeChanged,
        _ => ChatChange::Other { detail },
    })
}

fn members(fields: &Fields<'_>) -> Result<MemberChange, ParseError> {
    let ids = fields.records("MemChangeList").flat_map(|list| list.values("Item"));
    Ok(MemberChange {
        count: fields.optional_integer("MemChangeCnt")?,
        ids: ids.filter(|id| !id.is_empty()).collect(),
        last_version: fields.optional("LastMemVer")?,
        current_version: fields.optional("CurMemVer")?,
    })
}
