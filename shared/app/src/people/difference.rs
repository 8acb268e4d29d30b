//! What a sighting changes about a record. Pure.

use std::collections::BTreeMap;

use domain::{
    Timestamp,
    playbook::{Department, DepartmentId, Role, Staff, StaffStatus},
};

use super::{
    ask::{Found, Sighting},
    state::Counts,
};

/// WeCom gives a free userid away anew: whoever comes back after so long may be somebody else.
const KEEPS_ROLE_DAYS: i64 = 7;

/// Has somebody who left at this time kept the role that they had?
pub(super) fn keeps_role(since: Timestamp, now: Timestamp) -> bool {
    now < since.plus_days(KEEPS_ROLE_DAYS)
}

/// The record after WeCom was asked; `None`: as before. Role, managed departments and absence are not WeCom's
/// business, but for those who come back after long.
pub(super) fn after(known: Option<&Staff>, sighting: &Sighting, now: Timestamp) -> Option<Staff> {
    let has_left = match (&sighting.found, sighting.licensed) {
        (Found::Member { left, .. }, _) => *left,
        // Whether somebody is unknown or out of sight, WeCom does not tell; who is listed as licensed is there.
        (Found::Nobody, Some(false)) => true,
        (Found::Nobody | Found::Hidden, _) => false,
    };
    let is_there =
        matches!(sighting.found, Found::Member { left: false, .. }) || sighting.licensed == Some(true);
    let mut staff = match known {
        Some(known) => known.clone(),
        // Somebody without a licence has no customers: no business of ours.
        None if sighting.licensed == Some(true) && !has_left => {
            Staff::named(sighting.userid.clone(), sighting.userid.as_str())
        }
        None => return None,
    };
    let was_licensed = staff.licensed;
    staff.licensed = sighting.licensed.unwrap_or(staff.licensed) && !has_left;
    staff.unlicensed_since = match (staff.licensed, was_licensed) {
        (true, _) => None,
        (false, true) => Some(now),
        (false, false) => staff.unlicensed_since,
    };
    if let Found::Member { name, departments, left: false } = &sighting.found {
        if !name.trim().is_empty() {
            name.trim().clone_into(&mut staff.name);
        }
        staff.departments.clone_from(departments);
    }
    if has_left && staff.is_with_us() {
        staff.status = StaffStatus::Left { since: now };
    } else if is_there
        && !has_left
        && let StaffStatus::Left { since } = staff.status
    {
        staff.status = StaffStatus::Active;
        if !keeps_role(since, now) {
            staff.role = Role::default();
            staff.manages.clear();
            staff.projects.clear();
        }
    }
    (known != Some(&staff)).then_some(staff)
}

impl Counts {
    /// Counts one change of a record.
    pub(super) fn add(&mut self, known: Option<&Staff>, staff: &Staff) {
        let Some(known) = known else {
            self.new += 1;
            return;
        };
        self.left += u64::from(known.is_with_us() && !staff.is_with_us());
        self.back += u64::from(!known.is_with_us() && staff.is_with_us());
        self.licensed += u64::from(!known.licensed && staff.licensed);
        // Of who has left that is said already.
        self.unlicensed += u64::from(known.licensed && !staff.licensed && staff.is_with_us());
        self.demoted += u64::from(known.role != staff.role);
        self.renamed += u64::from(known.name != staff.name);
        self.moved += u64::from(known.departments != staff.departments);
    }
}

/// What has to be written (`Some`) and removed (`None`) so that `known` becomes `found`. A name that WeCom does not tell
/// stays as it was known.
pub(super) fn departments(
    known: &BTreeMap<DepartmentId, Department>,
    found: &[wecom::directory::Department],
) -> BTreeMap<DepartmentId, Option<Department>> {
    let positive = |id: i64| u64::try_from(id).ok().filter(|id| *id > 0);
    let mut wanted = BTreeMap::new();
    for department in found {
        let Some(id) = positive(department.id) else { continue };
        let known_name = || known.get(&id).map(|known| known.name.clone()).unwrap_or_default();
        let name = department.name.clone().unwrap_or_else(known_name);
        wanted.insert(id, Some(Department { id, name, parent: positive(department.parentid) }));
    }
    for id in known.keys() {
        wanted.entry(*id).or_insert(None);
    }
    wanted.retain(|id, department| known.get(id) != department.as_ref());
    wanted
}
