//! Staff as they are shown.

use std::collections::BTreeSet;

use domain::{
    Timestamp,
    playbook::{DepartmentId, Role, Staff, StaffStatus},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::view::At;

/// A staff member. What is only for admins, for managers of those whom they lead, and for oneself is absent for others.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Staff, example = json!({"userid": "zhangwei", "name": "张伟", "role": "manager", "departments": [2],
    "manages": [2, 3], "projects": ["春季展会"], "status": {"is": "away", "delegate": "lina", "until": "2026-03-09T01:00:00Z"},
    "licensed": true, "revision": 4}))]
pub(crate) struct StaffView {
    /// In lower case.
    #[schema(value_type = crate::schema::UserId)]
    pub(super) userid: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(inline, nullable = false)]
    role: Option<RoleName>,
    /// Departments that they belong to in WeCom.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeSet<u64>>, nullable = false)]
    departments: Option<BTreeSet<DepartmentId>>,
    /// Departments whose staff and customers they see as manager, with all below.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<BTreeSet<u64>>, nullable = false)]
    manages: Option<BTreeSet<DepartmentId>>,
    /// Projects that they are on: they find contents that are for these.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    projects: Option<BTreeSet<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(inline, nullable = false)]
    status: Option<StatusView>,
    /// Has the corp a licence for them to serve customers?
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    licensed: Option<bool>,
    /// Since when they have none, if they had one before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    unlicensed_since: Option<At>,
    /// As in the ETag.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    revision: Option<u64>,
}

/// Is somebody there?
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(crate) enum StatusView {
    /// Yes.
    Active,
    /// For a while not.
    Away {
        /// Who stands in with customers who are friends of theirs too.
        delegate: Option<String>,
        /// Back at this time; null: when they say so.
        until: Option<At>,
    },
    /// Not with the corp any more.
    Left {
        /// When that was noticed.
        since: At,
    },
}

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Role)]
pub(crate) enum RoleName {
    /// Serves their own customers.
    Operator,
    /// Sees the customers of their departments; decides rules and SOPs.
    Manager,
    /// Everything.
    Admin,
}

/// Is somebody there? In one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StatusName {
    /// Yes.
    Active,
    /// For a while not.
    Away,
    /// Not with the corp any more.
    Left,
}

impl StaffView {
    /// As every colleague sees them.
    pub(super) fn named(staff: &Staff) -> Self {
        Self {
            userid: staff.userid.to_string(),
            name: staff.name.clone(),
            role: None,
            departments: None,
            manages: None,
            projects: None,
            status: None,
            licensed: None,
            unlicensed_since: None,
            revision: None,
        }
    }

    /// With everything.
    pub(super) fn whole(staff: &Staff, now: Timestamp) -> Self {
        Self {
            role: Some(staff.role.into()),
            departments: Some(staff.departments.clone()),
            manages: Some(staff.manages.clone()),
            projects: Some(staff.projects.clone()),
            status: Some(staff.status.at(now).into()),
            licensed: Some(staff.licensed),
            unlicensed_since: staff.unlicensed_since.map(At),
            revision: Some(staff.revision),
            ..Self::named(staff)
        }
    }
}

impl StatusName {
    pub(super) const fn of(status: &StaffStatus) -> Self {
        match status {
            StaffStatus::Active => Self::Active,
            StaffStatus::Away { .. } => Self::Away,
            StaffStatus::Left { .. } => Self::Left,
        }
    }
}

impl From<StaffStatus> for StatusView {
    fn from(status: StaffStatus) -> Self {
        match status {
            StaffStatus::Active => Self::Active,
            StaffStatus::Away { delegate, until } => {
                Self::Away { delegate: delegate.map(|delegate| delegate.to_string()), until: until.map(At) }
            }
            StaffStatus::Left { since } => Self::Left { since: At(since) },
        }
    }
}

impl From<Role> for RoleName {
    fn from(role: Role) -> Self {
        match role {
            Role::Operator => Self::Operator,
            Role::Manager => Self::Manager,
            Role::Admin => Self::Admin,
        }
    }
}

impl From<RoleName> for Role {
    fn from(role: RoleName) -> Self {
        match role {
            RoleName::Operator => Self::Operator,
            RoleName::Manager => Self::Manager,
            RoleName::Admin => Self::Admin,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: Timestamp = Timestamp::from_secs(1_772_413_200);

    fn away() -> Staff {
        let until = Some(NOW.plus_days(1));
        Staff {
            role: Role::Manager,
            departments: [2].into(),
            manages: [2, 3].into(),
            status: StaffStatus::Away { delegate: Some("lina".into()), until },
            revision: 4,
            ..Staff::named("zhangwei".into(), "张伟")
        }
    }

    #[test]
    fn colleagues_learn_the_name_and_nothing_else() {
        let shown = serde_json::to_value(StaffView::named(&away())).unwrap();
        assert_eq!(shown, json!({"userid": "zhangwei", "name": "张伟"}));
    }

    #[test]
    fn whoever_may_reads_all_of_it_as_it_is_now() {
        let shown = |now| serde_json::to_value(StaffView::whole(&away(), now)).unwrap();
        assert_eq!(
            shown(NOW),
            json!({"userid": "zhangwei", "name": "张伟", "role": "manager", "departments": [2], "manages": [2, 3],
                "projects": [], "status": {"is": "away", "delegate": "lina", "until": "2026-03-03T01:00:00Z"},
                "licensed": true, "revision": 4})
        );
        assert_eq!(shown(NOW.plus_days(1))["status"], json!({"is": "active"}));
    }
}
