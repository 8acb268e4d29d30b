//! `change_external_tag`: somebody changed corp tags outside of this app.

use super::ParseError;
use super::fields::Fields;

pub(super) const EVENT: &str = "change_external_tag";

/// A change of the corp's tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagEvent {
    /// `create`, `update`, `delete`. Deleting a group deletes its tags without an event for each of
    /// them.
    Changed {
        /// What was done.
        change: TagChange,
        /// What it was done to.
        subject: TagSubject,
        /// Id of the tag or the group.
        id: String,
        /// The rule group, for tags of one; documented as sent only to the platform's own
        /// customer-contact app.
        strategy_id: Option<i64>,
    },
    /// `shuffle`: the order of tags changed.
    Shuffled {
        /// The group whose order changed; `None` means all groups.
        group_id: Option<String>,
        /// As in [`Changed`](Self::Changed).
        strategy_id: Option<i64>,
    },
}

/// What was done to a tag or a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagChange {
    /// `create`
    Created,
    /// `update`
    Updated,
    /// `delete`
    Deleted,
}

/// What a tag event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TagSubject {
    /// `tag`
    Tag,
    /// `tag_group`
    Group,
}

/// `None` for a change type or a tag type that is not known.
pub(super) fn parse(fields: &Fields<'_>, change: &str) -> Result<Option<TagEvent>, ParseError> {
    let strategy_id = fields.optional_integer("StrategyId")?;
    let change = match change {
        "create" => TagChange::Created,
        "update" => TagChange::Updated,
        "delete" => TagChange::Deleted,
        "shuffle" => {
            return Ok(Some(TagEvent::Shuffled { group_id: fields.optional("Id")?, strategy_id }));
        }
        _ => return Ok(None),
    };
    let subject = match fields.required("TagType")?.as_str() {
        "tag" => TagSubject::Tag,
        "tag_group" => TagSubject::Group,
        _ => return Ok(None),
    };
    Ok(Some(TagEvent::Changed { change, subject, id: fields.required("Id")?, strategy_id }))
}
