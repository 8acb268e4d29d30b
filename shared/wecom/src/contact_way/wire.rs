//! Contact ways in the form in which they are sent and answered.

use serde::{Deserialize, Serialize};

use super::{ContactWay, ContactWayDetail, MAX_MEMBERS, OneStyle, Place, Reaches, SeveralStyle};
use crate::limits::Check;
use crate::{Error, lenient};

/// What can be changed later, sent whole each time. Texts go out even when empty, because what is
/// left out of an update stays as it was.
#[derive(Serialize)]
pub(super) struct Fields<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    style: Option<u8>,
    remark: &'a str,
    skip_verify: bool,
    state: &'a str,
    user: &'a [String],
    /// Of several members only.
    #[serde(skip_serializing_if = "Option::is_none")]
    party: Option<&'a [i64]>,
    is_exclusive: bool,
}

#[derive(Serialize)]
pub(super) struct NewWay<'a> {
    #[serde(rename = "type")]
    pub(super) kind: u8,
    pub(super) scene: u8,
    #[serde(flatten)]
    pub(super) fields: Fields<'a>,
}

#[derive(Serialize)]
pub(super) struct ChangedWay<'a> {
    pub(super) config_id: &'a str,
    #[serde(flatten)]
    pub(super) fields: Fields<'a>,
}

#[derive(Serialize)]
pub(super) struct Config<'a> {
    pub(super) config_id: &'a str,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Found {
    pub(super) contact_way: Option<ContactWayDetail>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Page {
    #[serde(deserialize_with = "lenient::list")]
    pub(super) contact_way: Vec<OneWay>,
    #[serde(deserialize_with = "lenient::optional_text")]
    pub(super) next_cursor: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct OneWay {
    #[serde(deserialize_with = "lenient::text")]
    pub(super) config_id: String,
}

impl ContactWay {
    pub(super) fn kind(&self) -> u8 {
        match self.reaches {
            Reaches::One { .. } => 1,
            Reaches::Several { .. } => 2,
        }
    }

    pub(super) fn scene(&self) -> u8 {
        match &self.reaches {
            Reaches::One { place, .. } => place.scene(),
            Reaches::Several { place, .. } => place.scene(),
        }
    }

    pub(super) fn check(&self, check: Check) -> Result<(), Error> {
        match &self.reaches {
            Reaches::One { user, .. } => check.required_bytes(format_args!("user[0]"), user, 64)?,
            Reaches::Several { users, parties, .. } => {
                if users.is_empty() && parties.is_empty() {
                    return Err(check.error(format_args!("user"), "is empty, and so is party"));
                }
                check.ids(format_args!("user"), users, 0..=MAX_MEMBERS)?;
                for (i, party) in parties.iter().enumerate() {
                    check.number(format_args!("party[{i}]"), *party, 1..=i64::MAX)?;
                }
            }
        }
        check.chars(format_args!("remark"), &self.remark, 30)?;
        check.chars(format_args!("state"), &self.state, 30)
    }
}

impl<'a> Fields<'a> {
    pub(super) fn of(way: &'a ContactWay) -> Fields<'a> {
        let (style, user, party) = match &way.reaches {
            Reaches::One { user, place } => (place.style(), std::slice::from_ref(user), None),
            Reaches::Several { users, parties, place } => {
                (place.style(), users.as_slice(), Some(parties.as_slice()))
            }
        };
        Fields {
            style,
            remark: &way.remark,
            skip_verify: way.skip_verify,
            state: &way.state,
            user,
            party,
            is_exclusive: way.is_exclusive,
        }
    }
}

impl<Style: Copy + Into<u8>> Place<Style> {
    fn scene(&self) -> u8 {
        match self {
            Place::MiniProgram(_) => 1,
            Place::QrCode => 2,
        }
    }

    fn style(&self) -> Option<u8> {
        match self {
            Place::MiniProgram(style) => style.map(Into::into),
            Place::QrCode => None,
        }
    }
}

impl From<OneStyle> for u8 {
    fn from(style: OneStyle) -> u8 {
        match style {
            OneStyle::First => 1,
            OneStyle::Second => 2,
            OneStyle::Third => 3,
        }
    }
}

impl From<SeveralStyle> for u8 {
    fn from(style: SeveralStyle) -> u8 {
        match style {
            SeveralStyle::First => 1,
            SeveralStyle::Second => 2,
        }
    }
}
