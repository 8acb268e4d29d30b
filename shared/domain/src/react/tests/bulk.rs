//! One customer of many: what is decided is the same, but nobody calls WeCom in a hurry.

use super::fixture::Desk;
use crate::{
    Actor, Happening, Signal, TagId, Timestamp,
    react::{Reaction, Work, react, react_in_bulk},
};

fn edit(add: &[&str]) -> Signal {
    let add = add.iter().map(|tag| TagId::from(*tag)).collect();
    let what = Happening::TagsEdited { add, remove: [].into() };
    let by = Actor::Operator { name: "lin".into() };
    Signal { id: "job-1-wm1".into(), at: Timestamp::default(), by, what }
}

fn hear_in_bulk(desk: &mut Desk, add: &[&str], work_at: Timestamp) -> Reaction {
    let before = Some(&desk.file);
    let reaction = react_in_bulk(&desk.file.id, before, &edit(add), &desk.book, desk.now, work_at);
    desk.file = reaction.file.clone();
    reaction
}

#[test]
fn what_is_decided_for_one_of_many_is_what_would_be_decided_for_one_alone() {
    let mut desk = Desk::at_stage("new");
    let alone = react(&desk.file.id, Some(&desk.file), &edit(&["vip", "price"]), &desk.book, desk.now);
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
