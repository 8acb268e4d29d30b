//! What people decide about staff: roles, and who stands in while somebody is away.

use std::collections::BTreeSet;

use super::{DepartmentId, Role, Staff, StaffStatus};
use crate::{Playbook, StaffId, Timestamp, content::Field, playbook::Problem};

/// The most projects that one is on.
const MAX_PROJECTS: usize = 50;

/// A change of a staff member's record by people. What is `None` stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StaffChange {
    /// What they may do.
    pub role: Option<Role>,
    /// Departments that they see as manager. Whoever ceases to be a manager manages none.
    pub manages: Option<BTreeSet<DepartmentId>>,
    /// Projects that they are on, as they were written.
    pub projects: Option<Vec<String>>,
    /// `Some(None)`: they are back.
    pub away: Option<Option<Absence>>,
}

/// For how long somebody is away, and who stands in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Absence {
    /// Who stands in with customers who are friends of theirs too (O3).
    pub delegate: Option<StaffId>,
    /// Back at this time; `None`: when they say so.
    pub until: Option<Timestamp>,
}

impl Playbook {
    /// The record after the change, or everything that is wrong with the change; pointers are into
    /// `{"role", "manages", "projects", "away": {"delegate", "until"}}`.
    pub fn change_staff(
        &self,
        staff: &Staff,
        change: &StaffChange,
        now: Timestamp,
    ) -> Result<Staff, Vec<Problem>> {
        let mut problems = Vec::new();
        let role = change.role.unwrap_or(staff.role);
        let kept = if role == Role::Manager { staff.manages.clone() } else { BTreeSet::new() };
        let manages = change.manages.clone().unwrap_or(kept);
        if change.role.is_some() || change.manages.is_some() {
            self.check_manages(role, &manages, &mut problems);
        }
        let status = match &change.away {
            None => staff.status.clone(),
            Some(away) => self.status_after(staff, away.as_ref(), now, &mut problems),
        };
        let projects = match &change.projects {
            None => staff.projects.clone(),
            Some(written) => projects(written, &mut problems),
        };
        if problems.is_empty() {
            Ok(Staff { role, manages, projects, status, ..staff.clone() })
        } else {
            Err(problems)
        }
    }

    /// Is there no other admin who is still with the corp?
    #[must_use]
    pub fn is_last_admin(&self, staff: &Staff) -> bool {
        let is_admin = |staff: &Staff| staff.role == Role::Admin && staff.is_with_us();
        is_admin(staff) && !self.staff.values().any(|other| other.userid != staff.userid && is_admin(other))
    }

    fn check_manages(&self, role: Role, manages: &BTreeSet<DepartmentId>, problems: &mut Vec<Problem>) {
        let mut refuse = |code, text: String| problems.push(Problem::new("/manages", code, text));
        match role {
            Role::Manager if manages.is_empty() => {
                refuse("manager_without_departments", "a manager manages at least one department".into());
            }
            Role::Operator | Role::Admin if !manages.is_empty() => {
                refuse("not_a_manager", "only a manager manages departments".into());
            }
            Role::Operator | Role::Manager | Role::Admin => {}
        }
        let known = |id: &DepartmentId| self.departments.contains_key(id);
        for unknown in manages.iter().filter(|id| !known(id)) {
            refuse("unknown_department", format!("there is no department {unknown}"));
        }
    }

    fn status_after(
        &self,
        staff: &Staff,
        away: Option<&Absence>,
        now: Timestamp,
        problems: &mut Vec<Problem>,
    ) -> StaffStatus {
        if !staff.is_with_us() {
            problems.push(Problem::new("/away", "has_left", "who has left is neither away nor back"));
            return staff.status.clone();
        }
        let Some(Absence { delegate, until }) = away.cloned() else { return StaffStatus::Active };
        if until.is_some_and(|until| until <= now) {
            problems.push(Problem::new("/away/until", "in_the_past", "this time is over"));
        }
        if let Some(delegate) = &delegate
            && let Some((code, text)) = self.refuse_delegate(staff, delegate, now)
        {
            problems.push(Problem::new("/away/delegate", code, text));
        }
        StaffStatus::Away { delegate, until }
    }

    fn refuse_delegate(
        &self,
        staff: &Staff,
        delegate: &StaffId,
        now: Timestamp,
    ) -> Option<(&'static str, String)> {
        if *delegate == staff.userid {
            return Some(("self_delegate", "nobody stands in for themselves".into()));
        }
        let Some(known) = self.staff.get(delegate) else {
            return Some(("unknown_staff", format!("there is no staff member {:?}", delegate.as_str())));
        };
        match known.status.at(now) {
            StaffStatus::Active => None,
            StaffStatus::Away { .. } => Some(("delegate_away", format!("{} is away too", known.name))),
            StaffStatus::Left { .. } => Some(("delegate_left", format!("{} has left", known.name))),
        }
    }
}

fn projects(written: &[String], problems: &mut Vec<Problem>) -> BTreeSet<String> {
    let most = Field::Project.most();
    for (i, name) in written.iter().enumerate() {
        let length = name.trim().chars().count();
        if length == 0 || length > most {
            let text = format!("the name of a project has 1 to {most} characters; this has {length}");
            let zh = format!("项目名称为 1 至 {most} 个字，请修改");
            problems.push(Problem::new(format!("/projects/{i}"), "bad_length", text).saying(zh));
        }
    }
    let projects: BTreeSet<String> = written.iter().map(|name| name.trim().to_owned()).collect();
    if projects.len() > MAX_PROJECTS {
        let text = format!("at most {MAX_PROJECTS} projects");
        problems.push(Problem::new("/projects", "too_many", text));
    }
    projects
}
