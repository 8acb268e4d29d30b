//! Customers who are handed over (P2, O1): no newcomers, and nothing ends for it.

use super::fixture::Desk;
use crate::{
    Happening, StaffId, What,
    file::ExitReason,
    signal::{CallResult, Performed, SideName},
};

const ASSIGNED: u16 = 202;

fn added(staff: &str) -> Happening {
    let staff = staff.into();
    Happening::ContactAdded { staff, half: false, state: None, welcome_code: None, snapshot: None }
}

fn given_away(staff: &str) -> Happening {
    Happening::ContactRemoved { staff: staff.into(), side: SideName::Staff, by_transfer: true }
}

/// WeCom hands the customer over.
fn hand_over(desk: &mut Desk, from: &str, to: &str) {
    desk.wecom.add(to, desk.now);
    desk.wecom.phones.get_mut(&StaffId::from(to)).unwrap().add_way = ASSIGNED;
    desk.wecom.part(from, SideName::Staff);
}

fn fetch_fails(desk: &mut Desk, result: CallResult) {
    let began = desk.file.version;
    desk.performed(Performed::FetchFailed { began, result });
}

fn exited(what: &What) -> bool {
    matches!(what, What::Exited { .. } | What::Ended { .. })
}

/// At a stage, with the first step of its SOP open.
fn with_an_open_touch() -> Desk {
    let mut desk = Desk::at_stage("new");
    desk.wait_until("2026-03-02T10:31");
    assert_eq!(desk.open("care"), Some("c1".into()));
    desk.told.clear();
    desk
}

fn goes_on_with(desk: &Desk, staff: &str) {
    assert_eq!(desk.told(exited), 0, "{:?}", desk.outcomes());
    assert_eq!((desk.inside(), desk.open("care")), (vec!["hello", "care"], Some("c1".into())));
    assert_eq!(desk.file.owner, Some(staff.into()));
    let open = desk.file.enrollments.iter().filter_map(|live| live.open.as_ref());
    assert!(open.map(|open| open.staff.as_str()).eq([staff]));
    assert_eq!(desk.phone(staff), ["new"], "the new phone has the tags");
}

#[test]
fn whoever_takes_a_customer_over_goes_on_at_the_same_step_in_whatever_order_we_are_told() {
    for order in [["add", "remove"], ["remove", "add"]] {
        let mut desk = with_an_open_touch();
        hand_over(&mut desk, "anna", "ben");
        for told in order {
            let what = if told == "add" { added("ben") } else { given_away("anna") };
            desk.hear(what);
        }
        desk.settle();
        goes_on_with(&desk, "ben");
    }
}

#[test]
fn a_handover_to_somebody_who_knew_the_customer_before_is_found_though_wecom_does_not_tell_of_it() {
    let mut desk = with_an_open_touch();
    desk.add("ben");
    desk.settle();
    desk.unfriend("ben", SideName::Staff);
    desk.settle();
    desk.now = desk.now.plus_mins(10);
    desk.told.clear();
    hand_over(&mut desk, "anna", "ben");
    desk.hear(given_away("anna"));
    assert!(!desk.file.has_open_relation());
    desk.settle();
    goes_on_with(&desk, "ben");
}

#[test]
fn what_falls_due_while_nobody_knows_to_whom_waits_and_a_handover_to_nobody_ends_it() {
    let mut desk = with_an_open_touch();
    desk.wecom.part("anna", SideName::Staff);
    desk.hear(given_away("anna"));
    desk.take_work();
    fetch_fails(&mut desk, CallResult::Failed);
    assert_eq!(desk.told(exited), 0, "WeCom did not answer");
    desk.now = desk.file.wake_at.unwrap();
    desk.hear(Happening::Woken);
    desk.take_work();
    fetch_fails(&mut desk, CallResult::Refused { code: 84061 });
    assert!(desk.inside().is_empty());
    let without = |what: &What| matches!(what, What::Exited { reason: ExitReason::NoRelation, .. });
    assert_eq!(desk.told(without), 2);
}

#[test]
fn somebody_unknown_who_is_handed_over_is_no_newcomer_also_where_the_word_of_it_does_not_say_so() {
    let mut desk = Desk::new();
    hand_over(&mut desk, "anna", "ben");
    desk.hear(added("ben"));
    assert!(desk.inside().is_empty(), "how they were added has to be asked first");
    desk.hear(given_away("anna"));
    desk.settle();
    assert!(desk.inside().is_empty());
    assert!(desk.file.first_added.is_some_and(|first| first.by_transfer));
}

#[test]
fn a_newcomer_of_whom_it_has_to_be_asked_enters_as_one_who_was_told_of_in_full() {
    let mut desk = Desk::new();
    desk.wecom.add("anna", desk.now);
    let told = desk.now;
    desk.hear(added("anna"));
    assert!(desk.inside().is_empty());
    desk.now = desk.now.plus_secs(5);
    desk.settle();
    assert_eq!(desk.inside(), ["hello"]);
    assert_eq!(desk.file.enrollments[0].entered_at, told);
}

#[test]
fn where_wecom_does_not_say_how_they_were_added_they_are_newcomers() {
    let mut desk = Desk::new();
    desk.hear(added("anna"));
    desk.take_work();
    fetch_fails(&mut desk, CallResult::Refused { code: 40096 });
    assert_eq!(desk.inside(), ["hello"]);
}
