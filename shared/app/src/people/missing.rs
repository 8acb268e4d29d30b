//! Who is merely not found, and who has no licence any more. WeCom answers alike for somebody who is gone and for somebody whom the app may not see any
//! more, and of those whom it does not see it lists no licence either. So a few have left, many have not: more likely
//! somebody narrowed the app's visible range. Nor does the last admin leave unseen. With licences it is the same: what
//! somebody without one has to do moves to others, and does not come back.

use std::collections::BTreeSet;

use domain::{
    Playbook, StaffId,
    playbook::{Role, Staff},
};

use super::{
    ask::{Found, Sighting},
    state::{Part, Run},
    sync::CHUNK,
};
use crate::{App, Error};

/// So many are believed to have left in however small a corp,
const FEW: usize = 5;
/// in a larger one this part of all,
const TENTH: usize = 10;
/// and in none more than this: the run remembers them.
const MOST: usize = 1_000;

impl Run {
    /// Keeps somebody in mind until everybody has been looked at.
    pub(super) fn miss(&mut self, userid: &StaffId) {
        if self.missing.contains(userid) {
            return;
        }
        self.found.missing += 1;
        if self.missing.len() < MOST {
            self.missing.insert(userid.clone());
        }
    }

    /// Keeps somebody in mind who is not listed as licensed any more.
    pub(super) fn note_unlicensed(&mut self, userid: &StaffId) {
        if self.unlicensed.len() <= MOST {
            self.unlicensed.insert(userid.clone());
        }
    }

    /// Are there more than it can remember?
    fn has_lost_count(&self) -> bool {
        self.found.missing > super::count(self.missing.len())
    }
}

impl App {
    /// Once everybody has been looked at: marks as left whom WeCom does not find, if that can be the truth. Else they
    /// stay as they are, and it is noted: somebody who asks for a synchronisation that believes it says so.
    pub(super) async fn take_leave_of_missing(&self, run: &mut Run) -> Result<(), Error> {
        let book = self.playbook().await?;
        if run.has_lost_count() || !is_plausible(&book, &run.missing) {
            tracing::warn!(
                missing = run.found.missing,
                "WeCom does not find staff who cannot all have left; they stay"
            );
            run.note(Part::Leavers, None);
            return Ok(());
        }
        while !run.missing.is_empty() {
            let some: Vec<StaffId> = run.missing.iter().take(CHUNK).cloned().collect();
            let gone = |userid: &StaffId| Sighting {
                userid: userid.clone(),
                licensed: Some(false),
                found: Found::Nobody,
            };
            self.write_staff(&some.iter().map(gone).collect::<Vec<_>>(), run).await?;
            for userid in &some {
                run.missing.remove(userid);
            }
            run.found.missing = super::count(run.missing.len());
        }
        Ok(())
    }
}

impl App {
    /// Once everybody has been looked at: takes their licences from those whom WeCom does not list any more, if that can
    /// be the truth. Else they keep them, and it is noted.
    pub(super) async fn take_licences(&self, run: &mut Run) -> Result<(), Error> {
        let book = self.playbook().await?;
        if !can_have_lost_licences(&book, &run.unlicensed) {
            tracing::warn!(
                unlicensed = run.unlicensed.len(),
                "WeCom does not list staff as licensed who cannot all have lost their licence; they keep it"
            );
            run.note(Part::Licences, None);
            return Ok(());
        }
        while !run.unlicensed.is_empty() {
            let some: Vec<StaffId> = run.unlicensed.iter().take(CHUNK).cloned().collect();
            let without = |userid: &StaffId| Sighting {
                userid: userid.clone(),
                licensed: Some(false),
                found: Found::Hidden,
            };
            self.write_staff(&some.iter().map(without).collect::<Vec<_>>(), run).await?;
            for userid in &some {
                run.unlicensed.remove(userid);
            }
        }
        Ok(())
    }
}

/// Can all of these have lost their licence? Those who have lost it meanwhile count no more.
fn can_have_lost_licences(book: &Playbook, unlicensed: &BTreeSet<StaffId>) -> bool {
    let licensed: Vec<&Staff> =
        book.staff.values().filter(|staff| staff.licensed && staff.is_with_us()).collect();
    let gone = licensed.iter().filter(|staff| unlicensed.contains(&staff.userid));
    gone.count() <= FEW.max(licensed.len() / TENTH)
}

/// Can all of these have left? Those who were marked meanwhile count no more.
fn is_plausible(book: &Playbook, missing: &BTreeSet<StaffId>) -> bool {
    let there: Vec<&Staff> = book.staff.values().filter(|staff| staff.is_with_us()).collect();
    let gone = there.iter().filter(|staff| missing.contains(&staff.userid));
    let admins = || there.iter().filter(|staff| staff.role == Role::Admin);
    let all_admins_are_gone =
        admins().next().is_some() && admins().all(|admin| missing.contains(&admin.userid));
    gone.count() <= FEW.max(there.len() / TENTH) && !all_admins_are_gone
}

#[cfg(test)]
mod tests {
    use domain::{Timestamp, playbook::StaffStatus};

    use super::*;

    fn book(staff: usize, admins: &[usize]) -> Playbook {
        let mut book = Playbook::default();
        for n in 0..staff {
            let mut one = Staff::named(userid(n), "x");
            if admins.contains(&n) {
                one.role = Role::Admin;
            }
            book.staff.insert(userid(n), one);
        }
        book
    }

    fn userid(n: usize) -> StaffId {
        StaffId::from(format!("u{n:04}").as_str())
    }

    fn first(n: usize) -> BTreeSet<StaffId> {
        (0..n).map(userid).collect()
    }

    #[test]
    fn five_or_a_tenth_may_have_left_at_once_and_more_have_not() {
        for (staff, most) in [(6, 5), (59, 5), (60, 6), (200, 20)] {
            let book = book(staff, &[staff - 1]);
            assert!(is_plausible(&book, &first(most)), "{most} of {staff}");
            assert!(!is_plausible(&book, &first(most + 1)), "{} of {staff}", most + 1);
        }
        assert!(is_plausible(&book(3, &[]), &first(3)), "a corp without an admin has none to lose");
    }

    #[test]
    fn five_or_a_tenth_may_lose_their_licence_at_once_and_more_have_not() {
        let mut book = book(60, &[0]);
        assert!(can_have_lost_licences(&book, &first(6)) && !can_have_lost_licences(&book, &first(7)));
        for n in 10..60 {
            book.staff.get_mut(&userid(n)).unwrap().licensed = false;
        }
        assert!(can_have_lost_licences(&book, &first(5)) && !can_have_lost_licences(&book, &first(6)));
    }

    #[test]
    fn the_last_admins_do_not_leave_unseen() {
        assert!(!is_plausible(&book(50, &[0]), &first(1)));
        assert!(!is_plausible(&book(50, &[0, 1]), &first(2)));
        assert!(is_plausible(&book(50, &[0, 9]), &first(1)));
        let mut book = book(50, &[0, 9]);
        let since = Timestamp::from_secs(0);
        book.staff.get_mut(&userid(9)).unwrap().status = StaffStatus::Left { since };
        assert!(!is_plausible(&book, &first(1)), "who has left is nobody to rely on");
    }

    #[test]
    fn whoever_is_missed_twice_counts_once_and_no_more_are_kept_than_a_record_holds() {
        let mut run = Run::default();
        for n in (0..MOST + 3).chain(0..5) {
            run.miss(&userid(n));
        }
        assert_eq!((run.missing.len(), run.found.missing), (MOST, 1_003));
        assert!(run.has_lost_count());
    }
}
