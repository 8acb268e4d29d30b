//! The corp's departments: one tree.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The department that every corp has.
pub(crate) const ROOT: u64 = 1;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Department {
    pub(crate) id: u64,
    pub(crate) name: String,
    /// 0 for the root alone.
    pub(crate) parent: u64,
    /// Larger comes first among its siblings.
    pub(crate) order: u32,
    /// Userids.
    pub(crate) leaders: Vec<String>,
}

/// All departments, by id.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Departments(BTreeMap<u64, Department>);

impl Default for Departments {
    fn default() -> Self {
        let name = "公司".to_owned();
        let root = Department { id: ROOT, name, parent: 0, order: 100_000_000, leaders: Vec::new() };
        Self(BTreeMap::from([(ROOT, root)]))
    }
}

impl Departments {
    pub(crate) fn get(&self, id: u64) -> Option<&Department> {
        self.0.get(&id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Department> {
        self.0.values()
    }

    /// A new department or a changed one; the caller has seen to it that the tree stays a tree.
    pub(crate) fn put(&mut self, department: Department) {
        self.0.insert(department.id, department);
    }

    /// Whether `id` is `ancestor` or somewhere below it.
    pub(crate) fn is_within(&self, id: u64, ancestor: u64) -> bool {
        let mut at = id;
        while let Some(department) = self.get(at) {
            if at == ancestor {
                return true;
            }
            at = department.parent;
        }
        false
    }
}
