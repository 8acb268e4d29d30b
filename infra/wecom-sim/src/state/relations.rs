use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

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
    #[serde(default)]
    pub(crate) description: String,
    /// The corp that the member noted for a WeChat user.
    #[serde(default)]
    pub(crate) remark_company: String,
    #[serde(default)]
    pub(crate) remark_mobiles: Vec<String>,
    /// Who began it, where it was not the customer: the member, or an admin.
    #[serde(default)]
    pub(crate) operator: Option<String>,
}

impl Relation {
    /// A half relation that begins now: no member has added back a customer never seen before.
    pub(crate) fn new(userid: &str, external_userid: &str, now_ms: i64) -> Self {
        Self {
            userid: userid.to_owned(),
            external_userid: external_userid.to_owned(),
            created_at_ms: now_ms,
            add_way: 0,
            state: None,
            remark: String::new(),
            tags: BTreeSet::new(),
            personal_tags: BTreeSet::new(),
            half: true,
            customer_closed_at_ms: None,
            staff_closed_at_ms: None,
            chatted: false,
            welcomed: false,
            description: String::new(),
            remark_company: String::new(),
            remark_mobiles: Vec::new(),
            operator: None,
        }
    }

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

type ByCustomer = BTreeMap<String, BTreeMap<String, Relation>>;

/// All relations, by customer, then by member's lower-case userid.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "ByCustomer", into = "ByCustomer")]
pub(crate) struct Relations {
    by_customer: ByCustomer,
    /// The customers of each member, by lower-case userid: so that one page of a large corp is cheap.
    by_staff: BTreeMap<String, BTreeSet<String>>,
}

impl From<ByCustomer> for Relations {
    fn from(by_customer: ByCustomer) -> Self {
        let mut by_staff: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (customer, members) in &by_customer {
            for member in members.keys() {
                by_staff.entry(member.clone()).or_default().insert(customer.clone());
            }
        }
        Self { by_customer, by_staff }
    }
}

impl From<Relations> for ByCustomer {
    fn from(relations: Relations) -> Self {
        relations.by_customer
    }
}

impl Relations {
    pub(crate) fn get(&self, external_userid: &str, userid: &str) -> Option<&Relation> {
        self.by_customer.get(external_userid)?.get(&userid.to_ascii_lowercase())
    }

    pub(crate) fn get_mut(&mut self, external_userid: &str, userid: &str) -> Option<&mut Relation> {
        self.by_customer.get_mut(external_userid)?.get_mut(&userid.to_ascii_lowercase())
    }

    pub(crate) fn put(&mut self, relation: Relation) {
        let key = relation.userid.to_ascii_lowercase();
        self.by_staff.entry(key.clone()).or_default().insert(relation.external_userid.clone());
        self.by_customer.entry(relation.external_userid.clone()).or_default().insert(key, relation);
    }

    /// The customer's relations, by userid.
    pub(crate) fn of_customer(&self, external_userid: &str) -> impl Iterator<Item = &Relation> {
        self.by_customer.get(external_userid).into_iter().flat_map(BTreeMap::values)
    }

    /// The member's relations, by customer.
    pub(crate) fn of_staff<'a>(&'a self, userid: &str) -> impl Iterator<Item = &'a Relation> + use<'a> {
        self.of_staff_after(userid, "")
    }

    /// The same from behind one customer on.
    pub(crate) fn of_staff_after<'a>(
        &'a self,
        userid: &str,
        customer: &str,
    ) -> impl Iterator<Item = &'a Relation> + use<'a> {
        let key = userid.to_ascii_lowercase();
        let behind = (Bound::Excluded(customer.to_owned()), Bound::Unbounded);
        let customers = self.by_staff.get(&key).into_iter().flat_map(move |all| all.range(behind.clone()));
        customers.filter_map(move |customer| self.by_customer.get(customer)?.get(&key))
    }

    /// Takes tags that no longer exist from everybody.
    pub(crate) fn strip_tags(&mut self, gone: &BTreeSet<String>) {
        for relation in self.by_customer.values_mut().flat_map(BTreeMap::values_mut) {
            relation.tags.retain(|tag| !gone.contains(tag));
        }
    }
}
