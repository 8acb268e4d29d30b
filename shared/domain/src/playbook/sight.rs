//! Whose customers somebody sees. Asked where customers are read, and by long work done in somebody's name.

use std::collections::BTreeSet;

use super::{Playbook, Role};
use crate::{File, Relation, StaffId};

/// Whose customers somebody sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sight {
    /// Everybody's.
    Corp,
    /// Those who are friends with one of these, or were.
    Led(BTreeSet<StaffId>),
    /// Those who are friends with this staff member now.
    Own(StaffId),
}

impl Sight {
    /// What a staff member sees.
    #[must_use]
    pub fn of(userid: &StaffId, book: &Playbook) -> Self {
        match book.staff.get(userid) {
            Some(staff) if staff.role == Role::Admin => Self::Corp,
            Some(staff) if staff.role == Role::Manager => {
                let mut led = book.staff_led_by(staff);
                led.insert(userid.clone());
                Self::Led(led)
            }
            _ => Self::Own(userid.clone()),
        }
    }

    /// Tells lists apart that are read in different ways.
    #[must_use]
    pub fn kind(&self) -> String {
        match self {
            Self::Corp => "corp".to_owned(),
            Self::Led(_) => "led".to_owned(),
            Self::Own(own) => format!("own/{own}"),
        }
    }

    /// Does it reach this customer?
    #[must_use]
    pub fn reaches(&self, file: &File) -> bool {
        match self {
            Self::Corp => true,
            Self::Led(led) => file.relations.keys().any(|staff| led.contains(staff)),
            Self::Own(own) => file.relations.get(own).is_some_and(Relation::is_open),
        }
    }

    /// Does it reach what this colleague does?
    #[must_use]
    pub fn reaches_staff(&self, userid: &StaffId) -> bool {
        match self {
            Self::Corp => true,
            Self::Led(led) => led.contains(userid),
            Self::Own(own) => own == userid,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Timestamp, file::Side, playbook::Staff};

    fn file(open: bool) -> File {
        let at = Timestamp::from_secs(1_700_000_000);
        let mut file = File::new("wm1".into());
        let mut relation = Relation::opened(at);
        if !open {
            relation.customer_side = Side::closed(at);
        }
        file.relations.insert("zhang".into(), relation);
        file
    }

    fn book() -> Playbook {
        let mut book = Playbook::default();
        let mut put = |userid: &str, role, departments: &[u64], manages: &[u64]| {
            let staff = Staff {
                role,
                departments: departments.iter().copied().collect(),
                manages: manages.iter().copied().collect(),
                ..Staff::named(userid.into(), userid)
            };
            book.staff.insert(userid.into(), staff);
        };
        put("boss", Role::Admin, &[1], &[]);
        put("lead", Role::Manager, &[2], &[2]);
        put("other", Role::Manager, &[3], &[3]);
        put("zhang", Role::Operator, &[2], &[]);
        put("li", Role::Operator, &[2], &[]);
        book
    }

    #[test]
    fn friends_see_their_customer_managers_their_departments_and_admins_all() {
        let book = book();
        let sees = |userid: &str, open| Sight::of(&userid.into(), &book).reaches(&file(open));
        for (userid, open, lost) in [
            ("boss", true, true),
            ("lead", true, true),
            ("other", false, false),
            ("zhang", true, false),
            ("li", false, false),
            ("stranger", false, false),
        ] {
            assert_eq!((sees(userid, true), sees(userid, false)), (open, lost), "{userid}");
        }
    }
}
