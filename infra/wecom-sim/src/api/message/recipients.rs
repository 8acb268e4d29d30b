//! Whom a message is for.

use std::collections::BTreeSet;

use super::{Call, Refusal, Send};
use crate::state::{Staff, Status, World};

const MOST_MEMBERS: usize = 1000;
const MOST_PARTIES: usize = 100;
const MOST_TAGS: usize = 100;

/// Ids that are no good come back in lower case, whatever the caller wrote.
#[derive(Default)]
pub(super) struct Recipients {
    /// Keys of members, each once.
    pub(super) valid: Vec<String>,
    /// Those without a licence get nothing.
    pub(super) unlicensed: Vec<String>,
    pub(super) invalid_members: Vec<String>,
    pub(super) invalid_parties: Vec<String>,
    /// The directory's tags are not simulated: nobody is in them.
    pub(super) invalid_tags: Vec<String>,
}

impl Recipients {
    pub(super) fn of(world: &World, call: &Call<'_>, asked: &Send) -> Result<Self, Refusal> {
        let members = listed(asked.touser.as_deref());
        let parties = listed(asked.toparty.as_deref());
        let tags = listed(asked.totag.as_deref());
        if members.is_empty() && parties.is_empty() && tags.is_empty() {
            return Err(Refusal::new(82001, "recipients all empty"));
        }
        check_count(members.len(), MOST_MEMBERS, 40032, "invalid userid list size")?;
        check_count(parties.len(), MOST_PARTIES, 82002, "party list size out of limit")?;
        check_count(tags.len(), MOST_TAGS, 82003, "tag list size out of limit")?;
        let mut found = Self::default();
        if members == ["@all"] {
            // the other lists are ignored
            found.add(visible(world, call));
            return Ok(found);
        }
        for member in members {
            match world.member(member).filter(|staff| is_reachable(world, call, staff)) {
                Some(staff) => found.add([staff]),
                None => found.invalid_members.push(member.to_ascii_lowercase()),
            }
        }
        for party in parties {
            let id = party.parse().ok().filter(|id| world.departments.get(*id).is_some());
            match id.filter(|id| world.sees_department(call.app(world), *id)) {
                Some(id) => found.add(visible(world, call).filter(|staff| is_in(world, staff, id))),
                None => found.invalid_parties.push(party.to_ascii_lowercase()),
            }
        }
        found.invalid_tags = tags.into_iter().map(str::to_ascii_lowercase).collect();
        Ok(found)
    }

    /// Whether all are invalid.
    pub(super) fn is_nobody(&self) -> bool {
        self.valid.is_empty() && self.unlicensed.is_empty()
    }

    fn add<'w>(&mut self, members: impl IntoIterator<Item = &'w Staff>) {
        let mut known: BTreeSet<String> = self.valid.iter().chain(&self.unlicensed).cloned().collect();
        for staff in members {
            let key = staff.userid.to_ascii_lowercase();
            if known.insert(key.clone()) {
                let list = if staff.licensed { &mut self.valid } else { &mut self.unlicensed };
                list.push(key);
            }
        }
    }
}

fn visible<'w>(world: &'w World, call: &Call<'_>) -> impl Iterator<Item = &'w Staff> {
    world.staff.values().filter(|staff| is_reachable(world, call, staff))
}

fn is_reachable(world: &World, call: &Call<'_>, staff: &Staff) -> bool {
    world.sees(call.app(world), staff) && !matches!(staff.status, Status::Left | Status::Disabled)
}

fn is_in(world: &World, staff: &Staff, department: u64) -> bool {
    staff.departments.iter().any(|id| world.departments.is_within(*id, department))
}

fn listed(ids: Option<&str>) -> Vec<&str> {
    ids.unwrap_or_default().split('|').filter(|id| !id.is_empty()).collect()
}

fn check_count(count: usize, most: usize, code: i64, text: &str) -> Result<(), Refusal> {
    if count > most { Err(Refusal::new(code, text)) } else { Ok(()) }
}
