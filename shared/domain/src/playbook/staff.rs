//! Staff and departments: who there is, what they may do, who stands in for whom.

mod change;
mod departments;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use change::{Absence, StaffChange};

use crate::{StaffId, Timestamp};

/// WeCom's department id; 1 is the whole corp.
pub type DepartmentId = u64;

/// A staff member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staff {
    /// WeCom's `userid`.
    pub userid: StaffId,
    /// Display name.
    pub name: String,
    /// What they may do.
    #[serde(default)]
    pub role: Role,
    /// Departments they belong to in WeCom.
    #[serde(default)]
    pub departments: BTreeSet<DepartmentId>,
    /// Departments whose staff and customers they see as manager, with all departments below.
    #[serde(default)]
    pub manages: BTreeSet<DepartmentId>,
    /// Projects that they are on, by name: contents may be for some projects only.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub projects: BTreeSet<String>,
    /// Are they there?
    #[serde(default)]
    pub status: StaffStatus,
    /// Has the corp a licence for them to serve customers?
    #[serde(default = "yes")]
    pub licensed: bool,
    /// Since when it has none, if it had one before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlicensed_since: Option<Timestamp>,
    /// Revision of the record, for If-Match.
    #[serde(skip)]
    pub revision: u64,
}

const fn yes() -> bool {
    true
}

/// What somebody may do; each may what the one before may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Serves their own customers.
    #[default]
    Operator,
    /// Sees the customers of their departments; decides rules and SOPs.
    Manager,
    /// Everything.
    Admin,
}

/// Is a staff member there?
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum StaffStatus {
    /// Yes.
    #[default]
    Active,
    /// For a while not; the delegate stands in with customers who are friends of theirs too (O3).
    Away {
        /// Who stands in; nobody: see O3.
        delegate: Option<StaffId>,
        /// Back at this time; `None`: when they say so.
        until: Option<Timestamp>,
    },
    /// Not with the corp any more.
    Left {
        /// When that was noticed.
        since: Timestamp,
    },
}

/// A department of the corp.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Department {
    /// WeCom's id.
    pub id: DepartmentId,
    /// Its name; WeCom gives it to some apps only.
    #[serde(default)]
    pub name: String,
    /// The department above; `None`: the whole corp.
    #[serde(default)]
    pub parent: Option<DepartmentId>,
}

impl Staff {
    /// Somebody of whom nothing is known but the name.
    #[must_use]
    pub fn named(userid: StaffId, name: &str) -> Self {
        Self {
            userid,
            name: name.to_owned(),
            role: Role::default(),
            departments: BTreeSet::new(),
            manages: BTreeSet::new(),
            projects: BTreeSet::new(),
            status: StaffStatus::default(),
            licensed: true,
            unlicensed_since: None,
            revision: 0,
        }
    }

    /// May customers be given to them: still with the corp, and with a licence (O4)?
    #[must_use]
    pub const fn can_serve(&self) -> bool {
        self.licensed && self.is_with_us()
    }

    /// Still with the corp?
    #[must_use]
    pub const fn is_with_us(&self) -> bool {
        !matches!(self.status, StaffStatus::Left { .. })
    }
}

impl StaffStatus {
    /// The status as it is at `now`: an absence ends by itself.
    #[must_use]
    pub fn at(&self, now: Timestamp) -> Self {
        match self {
            Self::Away { until: Some(until), .. } if *until <= now => Self::Active,
            other => other.clone(),
        }
    }
}
