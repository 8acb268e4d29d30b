//! `change_contact`: members, departments or member tags changed (通讯录).
//!
//! It goes to the contacts-sync assistant, not to ordinary apps. Callback addresses set up after
//! 2022-08-15 hear little: of a new member the departments, of a changed one only departments,
//! leaders and the id.

use super::ParseError;
use super::fields::Fields;

pub(super) const EVENT: &str = "change_contact";

/// A change of the directory. What it says of members beyond ids and departments is not kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DirectoryEvent {
    /// `create_user`
    UserCreated {
        /// The member.
        userid: String,
        /// Their departments, as far as they are told.
        departments: Vec<i64>,
    },
    /// `update_user`
    UserUpdated {
        /// The member's id until now.
        userid: String,
        /// The id from now on, if it changed.
        new_userid: Option<String>,
        /// Their departments, as far as they are told.
        departments: Vec<i64>,
    },
    /// `delete_user`: the member left.
    UserDeleted {
        /// The member.
        userid: String,
    },
    /// `create_party`
    PartyCreated(Party),
    /// `update_party`
    PartyUpdated(Party),
    /// `delete_party`
    PartyDeleted {
        /// The department.
        id: i64,
    },
    /// `update_tag`: other members or departments have a member tag.
    TagUpdated {
        /// The tag.
        tag_id: i64,
        /// Members who have it now.
        added_users: Vec<String>,
        /// Members who no longer have it.
        removed_users: Vec<String>,
        /// Departments that have it now.
        added_parties: Vec<i64>,
        /// Departments that no longer have it.
        removed_parties: Vec<i64>,
    },
}

/// A department, as far as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Party {
    /// Its id.
    pub id: i64,
    /// Its name.
    pub name: Option<String>,
    /// The department it belongs to.
    pub parent_id: Option<i64>,
    /// Its place among its siblings.
    pub order: Option<i64>,
}

/// `None` for a change type that is not known.
pub(super) fn parse(fields: &Fields<'_>, change: &str) -> Result<Option<DirectoryEvent>, ParseError> {
    Ok(Some(match change {
        "create_user" => DirectoryEvent::UserCreated {
            userid: fields.required("UserID")?,
            departments: integers(fields, "Department")?,
        },
        "update_user" => DirectoryEvent::UserUpdated {
            userid: fields.required("UserID")?,
            new_userid: fields.optional("NewUserID")?,
            departments: integers(fields, "Department")?,
        },
        "delete_user" => DirectoryEvent::UserDeleted { userid: fields.required("UserID")? },
        "create_party" => DirectoryEvent::PartyCreated(party(fields)?),
        "update_party" => DirectoryEvent::PartyUpdated(party(fields)?),
        "delete_party" => DirectoryEvent::PartyDeleted { id: fields.required_integer("Id")? },
        "update_tag" => DirectoryEvent::TagUpdated {
            tag_id: fields.required_integer("TagId")?,
            added_users: texts(fields, "AddUserItems")?,
            removed_users: texts(fields, "DelUserItems")?,
            added_parties: integers(fields, "AddPartyItems")?,
            removed_parties: integers(fields, "DelPartyItems")?,
        },
        _ => return Ok(None),
    }))
}

fn party(fields: &Fields<'_>) -> Result<Party, ParseError> {
    Ok(Party {
        id: fields.required_integer("Id")?,
        name: fields.optional("Name")?,
        parent_id: fields.optional_integer("ParentId")?,
        order: fields.optional_integer("Order")?,
    })
}

/// A list with commas.
fn texts(fields: &Fields<'_>, element: &'static str) -> Result<Vec<String>, ParseError> {
    let list = fields.optional(element)?.unwrap_or_default();
    Ok(list.split(',').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect())
}

fn integers(fields: &Fields<'_>, element: &'static str) -> Result<Vec<i64>, ParseError> {
    let integer = |text: &String| text.parse().map_err(|_| ParseError::NotANumber { element });
    texts(fields, element)?.iter().map(integer).collect()
}
