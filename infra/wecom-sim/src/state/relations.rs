use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

/// One member with one customer. It is never removed: WeCom's rudest rules are about what remains of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Relation {
    pub(crate) userid: String,
    pub(crate) external_userid: String,
    pub(crate) created_at_ms: i64,
    pub(crate) add_way: i64,
    pub(crate) state: Option<String>,
    pub(crate) remark: String,
    /// Ids of corp tags.
    pub(crate) tags: BTreeSet<String>,
    /// Names of the member's own tags, which have no ids.
    pub(crate) personal_tags: BTreeSet<String>,
    /// The customer added the member, who has not added back.
    pub(crate) half: bool,
    /// The customer deleted or blocked the member: one-way, still callable.
    pub(crate) customer_closed_at_ms: Option<i64>,
    /// The member deleted the customer: gone for the API.
    pub(crate) staff_closed_at_ms: Option<i64>,
    /// A message went either way since the relation began: no welcome any more.
    pub(crate) chatted: bool,
    /// A welcome was delivered since the relation began.
    pub(crate) welcomed: bool,
}

impl Relation {
    /// Whether the API works on it (else 84061). The customer's side does not matter here.
    pub(crate) fn is_callable(&self) -> bool {
        !self.half && self.staff_closed_at_ms.is_none()
    }

    /// Whether either side ended it.
    pub(crate) fn is_ended(&self) -> bool {
        self.customer_closed_at_ms.is_some() || self.staff_closed_at_ms.is_some()
    }

    /// Whether messages pass both ways.
    pub(crate) fn is_whole(&self) -> bool {
        !self.half && !self.is_ended()
    }
}

/// All relations, by customer, then by member's lower-case userid.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Relations(BTreeMap<String, BTreeMap<String, Relation>>);

impl Relations {
    pub(crate) fn get(&self, external_userid: &str, userid: &str) -> Option<&Relation> {
        self.0.get(external_userid)?.get(&userid.to_ascii_lowercase())
    }

    pub(crate) fn get_mut(&mut self, external_userid: &str, userid: &str) -> Option<&mut Relation> {
        self.0.get_mut(external_userid)?.get_mut(&userid.to_ascii_lowercase())
    }

    pub(crate) fn put(&mut self, relation: Relation) {
        self.0
            .entry(relation.external_userid.clone())
            .or_default()
            .insert(relation.userid.to_ascii_lowercase(), relation);
    }

    /// The customer's relations, by userid.
    pub(crate) fn of_customer(&self, external_userid: &str) -> impl Iterator<Item = &Relation> {
        self.0.get(external_userid).into_iter().flat_map(BTreeMap::values)
    }

    /// The member's relations, by customer.
    pub(crate) fn of_staff(&self, userid: &str) -> impl Iterator<Item = &Relation> {
        let key = userid.to_ascii_lowercase();
        self.0.values().filter_map(move |members| members.get(&key))
    }

    /// Takes tags that no longer exist from everybody.
    pub(crate) fn strip_tags(&mut self, gone: &BTreeSet<String>) {
        for relation in self.0.values_mut().flat_map(BTreeMap::values_mut) {
            relation.tags.retain(|tag| !gone.contains(tag));
        }
    }
}
