//! Contact ways (「联系我」): what a customer scans to add a member.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Staff, World};

/// Most members of one way, departments expanded.
pub(crate) const MOST_MEMBERS: usize = 100;
/// Most ways of one corp.
pub(crate) const MOST_WAYS: usize = 500_000;

/// One way, as the app made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Way {
    pub(crate) config_id: String,
    /// Whose it is: an app manages its own only.
    pub(crate) agent_id: u64,
    pub(crate) created_at_ms: i64,
    pub(crate) kind: WayKind,
    pub(crate) scene: WayScene,
    pub(crate) style: Option<u8>,
    pub(crate) remark: String,
    pub(crate) skip_verify: bool,
    pub(crate) state: String,
    /// Userids as written.
    pub(crate) users: Vec<String>,
    pub(crate) parties: Vec<u64>,
    pub(crate) is_exclusive: bool,
}

/// `type`: 1 or 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WayKind {
    Single,
    Multi,
}

/// `scene`: 1 or 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WayScene {
    MiniProgram,
    QrCode,
}

/// All ways that exist, by config id.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Ways(BTreeMap<String, Way>);

impl Ways {
    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn get(&self, config_id: &str) -> Option<&Way> {
        self.0.get(config_id)
    }

    pub(crate) fn put(&mut self, way: Way) {
        self.0.insert(way.config_id.clone(), way);
    }

    pub(crate) fn remove(&mut self, config_id: &str) {
        self.0.remove(config_id);
    }

    /// By age.
    pub(crate) fn in_order(&self) -> Vec<&Way> {
        let mut ways: Vec<&Way> = self.0.values().collect();
        ways.sort_by_key(|way| (way.created_at_ms, &way.config_id));
        ways
    }
}

impl World {
    /// Whom the way leads to, departments expanded: everybody who has not left, each once.
    pub(crate) fn members_of(&self, users: &[String], parties: &[u64]) -> Vec<&Staff> {
        let named: BTreeSet<String> = users.iter().map(|userid| userid.to_ascii_lowercase()).collect();
        let is_in = |staff: &Staff| {
            let within = |id: &u64| parties.iter().any(|party| self.departments.is_within(*id, *party));
            staff.departments.iter().any(within)
        };
        let wanted = |(key, staff): &(&String, &Staff)| {
            !staff.has_left() && (named.contains(key.as_str()) || is_in(staff))
        };
        self.staff.iter().filter(wanted).map(|(_, staff)| staff).collect()
    }
}
