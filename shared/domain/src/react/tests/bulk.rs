//! One customer of many: what is decided is the same, but nobody calls WeCom in a hurry.

use super::fixture::Desk;
use crate::{
    Actor, Happening, Signal, TagId, Timestamp,
    react::{Reaction, Work, react, react_in_bulk},
    signal::{CallResult, Performed},
};

fn edit(add: &[&str], at: Timestamp) -> Signal {
    let add = add.iter().map(|tag| TagId::from(*tag)).collect();
    let what = Happening::TagsEdited { add, remove: [].into(), expires_at: None };
    let by = Actor::Operator { name: "lin".into() };
    Signal { id: "job-1-wm1".into(), at, by, what }
}

fn hear_in_bulk(desk: &mut Desk, add: &[&str], work_at: Timestamp) -> Reaction {
    let before = Some(&desk.file);
    let signal = edit(add, desk.now);
    let reaction = react_in_bulk(&desk.file.id, before, &signal, &desk.book, desk.now, work_at);
    desk.file = reaction.file.clone();
    reaction
}

#[test]
fn what_is_decided_for_one_of_many_is_what_would_be_decided_for_one_alone() {
    let mut desk = Desk::at_stage("new");
    let signal = edit(&["vip", "price"], desk.now);
    let alone = react(&desk.file.id, Some(&desk.file), &signal, &desk.book, desk.now);
    let at = desk.now.plus_mins(3);
    let reaction = hear_in_bulk(&mut desk, &["vip", "price"], at);
    assert_eq!(reaction.facts, alone.facts);
    assert_eq!((&reaction.file.tags, &reaction.file.cards), (&alone.file.tags, &alone.file.cards));
    assert_eq!(reaction.file.enrollments, alone.file.enrollments);
    assert_eq!((alone.work, reaction.work), (vec![Work::Mark("anna".into())], Vec::new()));
}

#[test]
fn the_phone_shows_it_when_its_turn_has_come() {
    let mut desk = Desk::with_friend();
    let at = desk.now.plus_mins(3);
    hear_in_bulk(&mut desk, &["vip"], at);
    assert_eq!(desk.file.wake_at, Some(at));
    desk.wait(desk.now.plus_mins(2));
    assert!(desk.phone("anna").is_empty());
    desk.wait(desk.now.plus_mins(1));
    assert_eq!(desk.phone("anna"), ["vip"]);
    assert_eq!(desk.relation("anna").marking, None);
}

#[test]
fn whatever_happens_to_the_customer_before_writes_it_at_once() {
    let mut desk = Desk::with_friend();
    let at = desk.now.plus_mins(30);
    hear_in_bulk(&mut desk, &["vip"], at);
    desk.say("在吗");
    assert!(desk.relation("anna").marking.as_ref().unwrap().in_bulk, "nobody waits for this one");
    desk.settle();
    assert_eq!(desk.phone("anna"), ["vip"]);

    hear_in_bulk(&mut desk, &["hot"], at);
    desk.drag("price");
    assert!(!desk.relation("anna").marking.as_ref().unwrap().in_bulk, "whoever dragged the card waits");
    desk.settle();
    assert_eq!(desk.phone("anna"), ["hot", "price", "vip"]);
}

#[test]
fn a_second_edit_of_many_waits_for_the_turn_of_the_first() {
    let mut desk = Desk::with_friend();
    let at = desk.now.plus_mins(3);
    hear_in_bulk(&mut desk, &["vip"], at);
    hear_in_bulk(&mut desk, &["hot"], at.plus_mins(5));
    assert_eq!(desk.file.wake_at, Some(at));
    desk.wait(at);
    assert_eq!(desk.phone("anna"), ["hot", "vip"]);
}

#[test]
fn work_that_somebody_is_at_is_left_to_them() {
    let mut desk = Desk::with_friend();
    desk.drag("price");
    let leased = desk.relation("anna").marking.clone();
    let at = desk.now.plus_mins(3);
    let reaction = hear_in_bulk(&mut desk, &["vip"], at);
    assert_eq!(desk.relation("anna").marking, leased);
    assert!(reaction.work.is_empty());
    desk.settle();
    assert_eq!(desk.phone("anna"), ["price", "vip"]);
}

#[test]
fn a_stage_that_staff_set_after_the_job_stands_though_its_marking_still_waits() {
    let mut desk = Desk::at_stage("new");
    let at = desk.now.plus_mins(10);
    hear_in_bulk(&mut desk, &["deal"], at);
    desk.now = desk.now.plus_secs(5);
    let reaction = desk.edit("anna", &["price"], &["new"]);
    assert_eq!(reaction.work, [Work::Fetch], "first it is looked at what the phone shows");
    desk.settle();
    desk.wait(at.plus_mins(5));
    assert_eq!((desk.stage(), desk.phone("anna")), (Some("price"), vec!["price"]));
}

#[test]
fn a_stage_that_staff_set_when_the_turn_of_the_job_had_come_and_nobody_was_by_yet_stands() {
    let mut desk = Desk::at_stage("new");
    let at = desk.now.plus_mins(3);
    hear_in_bulk(&mut desk, &["deal"], at);
    desk.now = at.plus_secs(5);
    let reaction = desk.edit("anna", &["price"], &["new"]);
    assert_eq!(reaction.work, [Work::Fetch], "first it is looked at what the phone shows");
    desk.settle();
    desk.wait(desk.now.plus_mins(10));
    assert_eq!((desk.stage(), desk.phone("anna")), (Some("price"), vec!["price"]));
}

#[test]
fn a_stage_that_staff_set_before_the_job_gives_way_to_it() {
    let mut desk = Desk::at_stage("new");
    desk.wecom.edit("anna", &["price"], &["new"]);
    desk.now = desk.now.plus_secs(5);
    let at = desk.now.plus_mins(10);
    hear_in_bulk(&mut desk, &["deal"], at);
    // WeCom tells late, and of when it was.
    let edited = desk.now.plus_secs(-3);
    desk.hear_of(edited, Happening::ContactEdited { staff: "anna".into() });
    desk.settle();
    desk.wait(at);
    assert_eq!((desk.stage(), desk.phone("anna")), (Some("deal"), vec!["deal"]));
}

#[test]
fn a_fetch_that_never_succeeds_holds_a_marking_up_no_longer_than_to_its_turn() {
    let mut desk = Desk::at_stage("new");
    let at = desk.now.plus_mins(10);
    hear_in_bulk(&mut desk, &["deal"], at);
    desk.now = desk.now.plus_secs(5);
    desk.edit("anna", &[], &[]);
    desk.take_work();
    let failed = Performed::FetchFailed { began: desk.file.version, result: CallResult::Failed };
    desk.performed(failed);
    while let Some(wake_at) = desk.file.wake_at.filter(|wake_at| *wake_at <= at) {
        desk.now = wake_at;
        desk.hear(Happening::Woken);
        if desk.take_work().contains(&Work::Mark("anna".into())) {
            break;
        }
        let failed = Performed::FetchFailed { began: desk.file.version, result: CallResult::Failed };
        desk.performed(failed);
    }
    assert_eq!(desk.now, at);
    assert!(desk.relation("anna").marking.as_ref().unwrap().attempt.running);
}

#[test]
fn steps_that_thousands_reach_together_do_not_take_their_calls_along() {
    let mut desk = Desk::at_stage("new");
    let turn = desk.now.plus_mins(90);
    hear_in_bulk(&mut desk, &["price"], turn);
    let (_, due_at) = desk.next("offer").unwrap();
    assert!(due_at < turn);
    desk.wait(due_at);
    assert_eq!(desk.open("offer"), Some("o1".into()), "the step is offered in time");
    assert_eq!(desk.phone("anna"), ["new"], "the phone waits for its turn");
    desk.wait(turn);
    assert_eq!(desk.phone("anna"), ["price"]);
}

#[test]
fn one_of_many_that_found_no_permit_is_no_pause_for_the_drag_that_follows() {
    let mut desk = Desk::at_stage("new");
    let at = desk.now.plus_mins(3);
    hear_in_bulk(&mut desk, &["vip"], at);
    desk.now = at;
    desk.hear(Happening::Woken);
    assert_eq!(desk.take_work(), [Work::Mark("anna".into())]);
    let tags = desk.relation("anna").marking.as_ref().unwrap().tags.clone();
    let (staff, began) = ("anna".into(), desk.file.version);
    let result = CallResult::NotCalled;
    desk.performed(Performed::Marked { staff, began, tags, result, settled: None });
    assert!(desk.take_work().is_empty(), "it went to the end of the queue");
    desk.drag("price");
    assert_eq!(desk.take_work(), [Work::Mark("anna".into())]);
    assert!(!desk.relation("anna").marking.as_ref().unwrap().in_bulk);
}
