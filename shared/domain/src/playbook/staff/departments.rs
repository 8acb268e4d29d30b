//! Who belongs where.

use std::collections::{BTreeMap, BTreeSet};

use super::{DepartmentId, Role, Staff};
use crate::{Playbook, StaffId};

impl Playbook {
    /// These departments and all below them. What WeCom does not show (an unknown department, a parent out of sight)
    /// and what it never should (a circle) does no harm.
    #[must_use]
    pub fn departments_below(&self, tops: &BTreeSet<DepartmentId>) -> BTreeSet<DepartmentId> {
        let mut children: BTreeMap<DepartmentId, Vec<DepartmentId>> = BTreeMap::new();
        for department in self.departments.values() {
            if let Some(parent) = department.parent {
                children.entry(parent).or_default().push(department.id);
            }
        }
        let mut found = BTreeSet::new();
        let mut open: Vec<DepartmentId> = tops.iter().copied().collect();
        while let Some(id) = open.pop() {
            if found.insert(id) {
                open.extend(children.get(&id).into_iter().flatten());
            }
        }
        found
    }

    /// The staff who belong to a department that this manager manages, or to one below it; those who have left too,
    /// whose customers are still to be seen. Nobody, if it is no manager.
    #[must_use]
    pub fn staff_led_by(&self, manager: &Staff) -> BTreeSet<StaffId> {
        if manager.role != Role::Manager || manager.manages.is_empty() {
            return BTreeSet::new();
        }
        let departments = self.departments_below(&manager.manages);
        let led = self.staff.values().filter(|staff| !staff.departments.is_disjoint(&departments));
        led.map(|staff| staff.userid.clone()).collect()
    }
}
