//! WeCom as one customer's relations see it: what is on each phone, and what a call does to it.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    File, Happening, StaffId, TagId, Timestamp,
    file::{OneShotKind, Profile, TagDifference},
    react::Work,
    signal::{CallResult, Performed, SideName, Snapshot, SnapshotRelation},
};

/// One relation.
#[derive(Clone, Debug, Default)]
pub(super) struct Phone {
    /// The staff member's list holds the customer: calls work.
    pub(super) in_list: bool,
    pub(super) createtime: Timestamp,
    /// 0: in a usual way.
    pub(super) add_way: u16,
    pub(super) tags: BTreeSet<TagId>,
}

/// All relations of the customer.
#[derive(Clone, Debug, Default)]
pub(super) struct WeCom {
    pub(super) phones: BTreeMap<StaffId, Phone>,
    /// Welcome codes that were used.
    pub(super) greeted: BTreeSet<String>,
}

impl WeCom {
    pub(super) fn add(&mut self, staff: &str, now: Timestamp) {
        let phone = self.phones.entry(staff.into()).or_default();
        // WeCom counts in seconds.
        phone.createtime = Timestamp::from_secs(now.secs());
        phone.add_way = 0;
        phone.in_list = true;
    }

    /// Staff who delete a customer lose their notes; a customer who deletes staff stays in their list.
    pub(super) fn part(&mut self, staff: &str, side: SideName) {
        if side == SideName::Staff {
            let phone = self.phones.entry(staff.into()).or_default();
            phone.in_list = false;
            phone.tags.clear();
        }
    }

    pub(super) fn edit(&mut self, staff: &str, add: &[&str], remove: &[&str]) {
        let phone = self.phones.entry(staff.into()).or_default();
        phone.tags.extend(add.iter().map(|tag| TagId::from(*tag)));
        phone.tags.retain(|tag| !remove.contains(&tag.as_str()));
    }

    /// What a fetch finds now.
    pub(super) fn snapshot(&self, began: u64) -> Snapshot {
        let relations = self.phones.iter().filter(|(_, phone)| phone.in_list).map(|(staff, phone)| {
            let held = SnapshotRelation {
                createtime: phone.createtime,
                add_way: Some(phone.add_way.max(1)),
                state: None,
                remark: String::new(),
                tags: phone.tags.clone(),
                personal_tags: Some(BTreeSet::new()),
            };
            (staff.clone(), held)
        });
        let profile = Profile { name: "李雷".into(), ..Profile::default() };
        Snapshot { began, profile, relations: relations.collect(), baseline: false, adopt_known: false }
    }

    /// Writes tags, if the relation is one.
    pub(super) fn mark(&mut self, staff: &StaffId, tags: &TagDifference) -> CallResult {
        match self.phones.get_mut(staff).filter(|phone| phone.in_list) {
            Some(phone) => {
                phone.tags.extend(tags.add.iter().cloned());
                phone.tags.retain(|tag| !tags.remove.contains(tag));
                CallResult::Done
            }
            None => CallResult::Refused { code: 84061 },
        }
    }

    /// Performs a piece of work as a worker does who finds everything in order.
    pub(super) fn perform(&mut self, file: &File, work: &Work) -> Option<Happening> {
        let result = match work {
            Work::Fetch => return Some(Happening::Fetched { snapshot: self.snapshot(file.version) }),
            Work::Mark(staff) => {
                let marking = file.relations.get(staff)?.marking.clone()?;
                let result = self.mark(staff, &marking.tags);
                let found = self.phones.get(staff).map(|phone| phone.tags.clone());
                let settled = found.filter(|_| marking.settle);
                Performed::Marked {
                    staff: staff.clone(),
                    began: u64::MAX,
                    tags: marking.tags,
                    result,
                    settled,
                }
            }
            Work::Welcome(id) => {
                let one_shot = file.pending.iter().find(|one_shot| &one_shot.id == id)?;
                let OneShotKind::Welcome { code, .. } = &one_shot.kind;
                let result = match self.greeted.insert(code.clone()) {
                    true => CallResult::Done,
                    false => CallResult::Refused { code: 41051 },
                };
                Performed::Welcomed {
                    id: id.clone(),
                    attempt: one_shot.attempt.number,
                    result,
                    left_out: 0,
                    partly: false,
                }
            }
        };
        Some(Happening::Performed { results: vec![result] })
    }
}
