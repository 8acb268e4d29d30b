//! Staff who have left or have no licence (O4): others serve their customers, or nobody does.

use super::fixture::{Desk, kinds};
use crate::{Happening, StaffId, What, playbook::StaffStatus};

fn leaves(desk: &mut Desk, staff: &str) {
    let since = desk.now;
    desk.book.staff.get_mut(&StaffId::from(staff)).unwrap().status = StaffStatus::Left { since };
}

fn licence(desk: &mut Desk, staff: &str, on: bool) {
    desk.book.staff.get_mut(&StaffId::from(staff)).unwrap().licensed = on;
}

/// Whose task the open touch of an SOP is.
fn whose(desk: &Desk, sop: &str) -> Option<String> {
    let live = desk.file.enrollments.iter().find(|live| live.sop.as_str() == sop)?;
    live.open.as_ref().map(|open| open.staff.to_string())
}

#[test]
fn what_falls_due_is_offered_to_a_friend_who_can_serve() {
    let mut desk = Desk::at_stage("new");
    desk.add("ben");
    desk.settle();
    leaves(&mut desk, "anna");
    desk.wait_until("2026-03-02T10:31");
    assert_eq!(whose(&desk, "care"), Some("ben".into()));
    assert_eq!(desk.file.owner, Some("anna".into()), "whose customer it is people decide");
}

#[test]
fn open_touches_of_somebody_who_cannot_serve_move_to_a_friend_who_can_and_are_reminded_of() {
    let mut desk = Desk::at_stage("new");
    desk.add("ben");
    desk.settle();
    desk.wait_until("2026-03-02T10:31");
    assert_eq!(whose(&desk, "care"), Some("anna".into()));
    licence(&mut desk, "anna", false);
    let reaction = desk.hear(Happening::Woken);
    assert_eq!(kinds(&reaction), ["reassigned"]);
    assert_eq!(reaction.slots.iter().map(|slot| slot.staff.as_str()).collect::<Vec<_>>(), ["ben"]);
    assert_eq!(whose(&desk, "care"), Some("ben".into()));
    assert!(kinds(&desk.hear(Happening::Woken)).is_empty(), "once");
}

#[test]
fn where_nobody_can_serve_open_touches_stay_and_new_ones_wait_for_somebody_who_can() {
    let mut desk = Desk::at_stage("price");
    desk.settle();
    assert_eq!(whose(&desk, "offer"), None);
    desk.wait_until("2026-03-02T10:03");
    assert_eq!(whose(&desk, "offer"), Some("anna".into()));
    licence(&mut desk, "anna", false);
    desk.hear(Happening::Woken);
    assert_eq!(whose(&desk, "offer"), Some("anna".into()), "it stays where it is");

    desk.wait_until("2026-03-03T10:01");
    let offered = |desk: &Desk, step: &str| {
        desk.told(|what| matches!(what, What::Offered { step: of, .. } if of.as_str() == step))
    };
    assert_eq!((offered(&desk, "d1"), offered(&desk, "o2")), (0, 0));
    let (step, due_at) = desk.next("hello").unwrap();
    assert_eq!(step, "d1");
    assert!(due_at > desk.now && desk.inside() == ["hello", "offer"], "held, not ended");

    licence(&mut desk, "anna", true);
    desk.wait(due_at);
    assert_eq!(whose(&desk, "hello"), Some("anna".into()));
}

#[test]
fn what_nobody_could_do_in_time_is_missed_and_the_sop_goes_on() {
    let mut desk = Desk::at_stage("new");
    leaves(&mut desk, "anna");
    desk.wait_until("2026-03-12T12:00");
    assert_eq!(desk.told(|what| matches!(what, What::Offered { .. })), 1, "the welcome alone");
    assert!(desk.outcomes().contains(&"care/c2: missed expired".into()), "{:?}", desk.outcomes());
    assert!(desk.outcomes().contains(&"hello/d3: missed expired".into()));
    assert!(desk.inside().is_empty() && desk.file.has_open_relation());
    assert_eq!(desk.file.wake_at, None);
}
