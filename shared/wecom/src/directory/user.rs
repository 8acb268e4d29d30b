//! A member as the directory tells of them.

use std::fmt;

use serde::Deserialize;

use crate::lenient;

/// A member. `Debug` shows ids and status only.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "WireUser")]
pub struct User {
    /// The member's id.
    pub userid: String,
    /// The member's name.
    pub name: String,
    /// Where the member works.
    pub departments: Vec<InDepartment>,
    /// The one of the departments that counts as the member's own.
    pub main_department: Option<i64>,
    /// What the member does, as colleagues see it.
    pub position: Option<String>,
    /// What the member does, as customers see it.
    pub external_position: Option<String>,
    /// Another name.
    pub alias: Option<String>,
    /// Landline number.
    pub telephone: Option<String>,
    /// Ids of the members whom this one reports to.
    pub direct_leaders: Vec<String>,
    /// Whether the member uses WeCom.
    pub status: Status,
}

/// A member's place in one department.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InDepartment {
    /// The department's id.
    pub id: i64,
    /// Larger ones come first; an unsigned 32-bit number.
    pub order: i64,
    /// Whether the member leads it.
    pub is_leader: bool,
}

/// Whether a member uses WeCom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// 1: activated.
    Active,
    /// 2: switched off by an admin.
    Disabled,
    /// 4: invited, not yet activated.
    Inactive,
    /// 5: has left the corp.
    Left,
    /// A number that was not known when this was written; 0 if none was sent.
    Other(i64),
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireUser {
    #[serde(deserialize_with = "lenient::text")]
    userid: String,
    #[serde(deserialize_with = "lenient::text")]
    name: String,
    #[serde(deserialize_with = "lenient::integers")]
    department: Vec<i64>,
    #[serde(deserialize_with = "lenient::integers")]
    order: Vec<i64>,
    #[serde(deserialize_with = "lenient::integers")]
    is_leader_in_dept: Vec<i64>,
    #[serde(deserialize_with = "lenient::optional_integer")]
    main_department: Option<i64>,
    #[serde(deserialize_with = "lenient::optional_text")]
    position: Option<String>,
    #[serde(deserialize_with = "lenient::optional_text")]
    external_position: Option<String>,
    #[serde(deserialize_with = "lenient::optional_text")]
    alias: Option<String>,
    #[serde(deserialize_with = "lenient::optional_text")]
    telephone: Option<String>,
    #[serde(deserialize_with = "lenient::texts")]
    direct_leader: Vec<String>,
    #[serde(deserialize_with = "lenient::integer")]
    status: i64,
}

impl From<WireUser> for User {
    fn from(wire: WireUser) -> User {
        // Three lists of equal length; where one is missing or short, its usual value stands.
        let departments = wire.department.iter().enumerate().map(|(i, id)| InDepartment {
            id: *id,
            order: wire.order.get(i).copied().unwrap_or_default(),
            is_leader: wire.is_leader_in_dept.get(i).is_some_and(|leads| *leads != 0),
        });
        User {
            departments: departments.collect(),
            userid: wire.userid,
            name: wire.name,
            main_department: wire.main_department,
            position: wire.position,
            external_position: wire.external_position,
            alias: wire.alias,
            telephone: wire.telephone,
            direct_leaders: wire.direct_leader,
            status: match wire.status {
                1 => Status::Active,
                2 => Status::Disabled,
                4 => Status::Inactive,
                5 => Status::Left,
                other => Status::Other(other),
            },
        }
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("userid", &self.userid)
            .field("departments", &self.departments)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}
