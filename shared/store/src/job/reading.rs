//! How far a job has read what WeCom holds, staff member by staff member, and what it found.

use std::collections::{BTreeMap, BTreeSet};

use domain::{CustomerId, StaffId, Timestamp};
use serde::{Deserialize, Serialize};

use super::JobCounts;

/// So many of those whom WeCom refused are named; the others are counted.
pub const MOST_PASSED_OVER: usize = 100;
/// So many of those are named who have customers and cannot serve them; the others are counted.
pub const MOST_UNSERVED: usize = 100;

/// A reading of the customers of staff members, in the order of their userids.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// Staff members, as there were when it last began with one.
    pub staff: u32,
    /// Of them read, or passed over.
    pub staff_done: u32,
    /// All up to this one have been read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<StaffId>,
    /// Who is being read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Place>,
    /// What was found with those who have been read.
    pub found: Found,
    /// Whom WeCom did not tell of.
    pub passed_over: u32,
    /// Who they are, at most [`MOST_PASSED_OVER`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<PassedOver>,
    /// Everybody has been read.
    #[serde(default)]
    pub complete: bool,
    /// Friendships that nobody knew of are news if they began since then, else they were merely not in sight (T7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub news_since: Option<Timestamp>,
    /// Who cannot serve customers and still has some (O4), as far as has been looked; `None`: that is not looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unserved: Option<Unserved>,
    /// What differed, if it was compared.
    #[serde(default)]
    pub compared: Compared,
}

/// What differed from what was known, in contacts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// With those who have been read.
    pub found: Differences,
    /// Customers to whom a difference may bring rules and SOPs, and who are still to be fetched.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub waiting: BTreeMap<CustomerId, Waiting>,
    /// Customers who were.
    pub fetched: u32,
    /// Customers who could not be.
    #[serde(default)]
    pub failed: u32,
}

/// How a contact may differ from what was known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// There was no such customer here.
    Customer,
    /// A staff member was not known to be their friend.
    Relation,
    /// WeCom has other tags.
    Tags,
    /// WeCom does not list them as a staff member's friend any more.
    Lost,
}

/// A customer who differs and is to be fetched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// In what.
    pub kinds: BTreeSet<DifferenceKind>,
    /// Whose list does not show them any more.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub missing: BTreeSet<StaffId>,
}

/// Staff who have left or have no licence, and who are friends of customers (O4).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unserved {
    /// All up to this one have been looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<StaffId>,
    /// Everybody has been.
    #[serde(default)]
    pub complete: bool,
    /// How many they are.
    #[serde(default)]
    pub staff: u32,
    /// Who they are, at most [`MOST_UNSERVED`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub named: Vec<UnservedStaff>,
}

/// Somebody who cannot serve the customers that they have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnservedStaff {
    /// Who.
    pub staff: StaffId,
    /// Their customers, counted up to 1,000.
    pub customers: u32,
    /// What they had to do and somebody else does now.
    pub moved: u32,
    /// What they had to do and nobody else can, counted up to 1,000.
    pub held: u32,
}

/// Differences by kind, in contacts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Differences {
    /// Of customers who were not known.
    pub customers: u32,
    /// Of known customers: with whom a staff member was not known to be friends.
    pub relations: u32,
    /// With other tags.
    pub tags: u32,
    /// Not in a friend's list any more.
    #[serde(default)]
    pub lost: u32,
    /// Of these, taken over silently: by decision, or because they were there long before.
    pub adopted: u32,
}

/// A place among the customers of one staff member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Whose customers.
    pub staff: StaffId,
    /// WeCom's cursor of the next page; `None`: the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
    /// How often it had to begin anew, because the cursor was not good any more.
    #[serde(default)]
    pub restarts: u32,
    /// How many contacts there are to be read, as WeCom's list had them; `None`: it does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<u32>,
    /// What was found with them so far, since it last began.
    #[serde(default)]
    pub found: Found,
    /// What was taken over before it last began anew: since then it is found as known.
    #[serde(default)]
    pub before: Found,
    /// All pages have been read; now those are looked for whom WeCom did not list.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read: bool,
    /// All of their customers up to this one have been looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looked_for: Option<CustomerId>,
    /// What differed with them so far, if it was compared.
    #[serde(default)]
    pub differences: Differences,
}

/// What was found, in contacts: a customer of two staff members is two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Of customers who were not known.
    pub new: u32,
    /// Of known customers, with something that was not known.
    pub changed: u32,
    /// Known as they are.
    pub unchanged: u32,
    /// Could not be taken over.
    pub failed: u32,
}

/// A staff member whose customers WeCom did not tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedOver {
    /// Who.
    pub staff: StaffId,
    /// WeCom's refusal; `None`: they have no licence.
    pub code: Option<i64>,
}

impl Reading {
    /// What was found so far, that of who is being read included.
    #[must_use]
    pub fn found_so_far(&self) -> Found {
        self.at.as_ref().map_or(self.found, |at| self.found.and(at.found_in_all()))
    }

    /// What differed so far, that of who is being read included.
    #[must_use]
    pub fn differences_so_far(&self) -> Differences {
        let found = self.compared.found;
        self.at.as_ref().map_or(found, |at| found.and(at.differences))
    }

    /// Whoever is being read has been read.
    pub fn end_of_staff(&mut self) {
        if let Some(at) = self.at.take() {
            self.found = self.found.and(at.found_in_all());
            self.compared.found = self.compared.found.and(at.differences);
            self.staff_done += 1;
            self.after = Some(at.staff);
        }
    }

    /// Whoever is being read is passed over; what was taken over of theirs stays.
    pub fn pass_over(&mut self, code: Option<i64>) {
        self.note_refusal(code);
        self.end_of_staff();
    }

    /// Notes that WeCom did not tell of the customers of whoever is being read.
    pub fn note_refusal(&mut self, code: Option<i64>) {
        self.passed_over += 1;
        if let Some(at) = self.at.as_ref().filter(|_| self.refused.len() < MOST_PASSED_OVER) {
            self.refused.push(PassedOver { staff: at.staff.clone(), code });
        }
    }

    /// Is nothing left to do?
    #[must_use]
    pub fn is_over(&self) -> bool {
        let looked = self.unserved.as_ref().is_none_or(|unserved| unserved.complete);
        self.complete && self.compared.waiting.is_empty() && looked
    }

    /// How many contacts there are in all, so far as can be told: those who are still to be read have as many each as
    /// those who have been. `None`: it is too early to say.
    #[must_use]
    pub fn contacts_expected(&self) -> Option<u32> {
        let seen = self.found.seen();
        let (here, begun) = self.at.as_ref().map_or((0, 0), |at| {
            let here = at.expected.unwrap_or_default().max(at.found.seen());
            (here, u32::from(at.expected.is_some()))
        });
        let known = u64::from(seen) + u64::from(here);
        // Whoever WeCom does not tell of says nothing of the others.
        let told = u64::from(self.staff_done.saturating_sub(self.passed_over) + begun);
        let to_come = u64::from(self.staff.saturating_sub(self.staff_done + u32::from(self.at.is_some())));
        let others = if to_come == 0 { 0 } else { known.checked_div(told)? * to_come };
        u32::try_from(known + others).ok()
    }
}

impl Place {
    /// Before the first of a staff member's customers.
    #[must_use]
    pub fn first_of(staff: StaffId) -> Self {
        Self {
            staff,
            page: None,
            restarts: 0,
            expected: None,
            found: Found::default(),
            before: Found::default(),
            read: false,
            looked_for: None,
            differences: Differences::default(),
        }
    }

    /// Before the first again, after WeCom's cursor has expired.
    #[must_use]
    pub fn anew(&self) -> Self {
        Self {
            restarts: self.restarts + 1,
            expected: self.expected,
            before: self.taken_over(),
            ..Self::first_of(self.staff.clone())
        }
    }

    /// Contacts that were new or changed, before it began anew and since.
    const fn taken_over(&self) -> Found {
        let (new, changed) = (self.before.new + self.found.new, self.before.changed + self.found.changed);
        Found { new, changed, unchanged: 0, failed: 0 }
    }

    /// What was found so far: who was taken over before it began anew is no less new for being known since.
    const fn found_in_all(&self) -> Found {
        let Found { unchanged, failed, .. } = self.found;
        let known_since = self.before.new + self.before.changed;
        Found { unchanged: unchanged.saturating_sub(known_since), failed, ..self.taken_over() }
    }
}

impl Found {
    /// Contacts.
    #[must_use]
    pub const fn seen(self) -> u32 {
        self.new + self.changed + self.unchanged + self.failed
    }

    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            new: self.new + other.new,
            changed: self.changed + other.changed,
            unchanged: self.unchanged + other.unchanged,
            failed: self.failed + other.failed,
        }
    }
}

impl Differences {
    /// Both together.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            customers: self.customers + other.customers,
            relations: self.relations + other.relations,
            tags: self.tags + other.tags,
            lost: self.lost + other.lost,
            adopted: self.adopted + other.adopted,
        }
    }
}

impl From<Found> for JobCounts {
    fn from(found: Found) -> Self {
        let Found { new, changed, unchanged, failed } = found;
        Self { changed: new + changed, unchanged, refused: 0, failed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_read_anew_counts_once() {
        let mut reading = Reading::default();
        let place = |found| Place { found, ..Place::first_of("li".into()) };
        reading.at = Some(place(Found { new: 90, ..Found::default() }));
        assert_eq!(reading.found_so_far().seen(), 90);
        let again = reading.at.take().unwrap().anew();
        reading.at = Some(Place { found: Found { new: 30, unchanged: 90, ..Found::default() }, ..again });
        reading.end_of_staff();
        let found = reading.found_so_far();
        assert_eq!((found.new, found.unchanged, reading.staff_done), (120, 0, 1));
        assert_eq!(reading.after, Some("li".into()));
    }

    #[test]
    fn how_many_contacts_there_are_is_told_by_those_who_were_read() {
        let mut reading = Reading { staff: 4, ..Reading::default() };
        assert_eq!(reading.contacts_expected(), None);
        reading.at = Some(Place { expected: Some(500), ..Place::first_of("anna".into()) });
        assert_eq!(reading.contacts_expected(), Some(2000));
        reading.at.as_mut().unwrap().found.new = 300;
        reading.end_of_staff();
        assert_eq!(reading.contacts_expected(), Some(1200));
        reading.at = Some(Place { expected: Some(100), ..Place::first_of("ben".into()) });
        assert_eq!(reading.contacts_expected(), Some(800));
        for staff in ["ben", "cleo", "dora"] {
            reading.at = Some(Place::first_of(staff.into()));
            reading.end_of_staff();
        }
        assert_eq!(reading.contacts_expected(), Some(300));
    }
}
