//! How far a job has read what WeCom holds, staff member by staff member, and what it found.

use std::collections::BTreeSet;

use domain::{CustomerId, StaffId};
use serde::{Deserialize, Serialize};

use super::JobCounts;

/// So many of those whom WeCom refused are named; the others are counted.
pub const MOST_PASSED_OVER: usize = 100;

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
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub waiting: BTreeSet<CustomerId>,
    /// Customers who were.
    pub fetched: u32,
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
    /// What was found with them so far.
    #[serde(default)]
    pub found: Found,
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
        self.at.as_ref().map_or(self.found, |at| self.found.and(at.found))
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
            self.found = self.found.and(at.found);
            self.compared.found = self.compared.found.and(at.differences);
            self.staff_done += 1;
            self.after = Some(at.staff);
        }
    }

    /// Whoever is being read is passed over; what was taken over of theirs stays.
    pub fn pass_over(&mut self, code: Option<i64>) {
        self.passed_over += 1;
        if let Some(at) = self.at.as_ref().filter(|_| self.refused.len() < MOST_PASSED_OVER) {
            self.refused.push(PassedOver { staff: at.staff.clone(), code });
        }
        self.end_of_staff();
    }

    /// Is nothing left to do?
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.complete && self.compared.waiting.is_empty()
    }
}

impl Place {
    /// Before the first of a staff member's customers.
    #[must_use]
    pub fn first_of(staff: StaffId) -> Self {
        Self { staff, page: None, restarts: 0, found: Found::default(), differences: Differences::default() }
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
        reading.at = Some(place(Found::default()));
        reading.at = Some(place(Found { new: 90, unchanged: 30, ..Found::default() }));
        reading.end_of_staff();
        assert_eq!((reading.found_so_far().seen(), reading.staff_done), (120, 1));
        assert_eq!(reading.after, Some("li".into()));
    }
}
