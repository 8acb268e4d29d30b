//! Tags that come off by themselves.

use super::fixture::{Desk, kinds};
use crate::{Happening, Timestamp, What};

fn lend(desk: &mut Desk, tag: &str, until: Option<Timestamp>) -> Vec<String> {
    let (add, remove) = ([tag.into()].into(), [].into());
    let reaction = desk.hear(Happening::TagsEdited { add, remove, expires_at: until });
    kinds(&reaction)
}

#[test]
fn a_tag_comes_off_at_its_time_and_on_every_phone() {
    let mut desk = Desk::with_friend();
    desk.add("ben");
    desk.settle();
    let end = desk.now.plus_days(2);
    lend(&mut desk, "vip", Some(end));
    desk.settle();
    desk.wait(end.plus_secs(-1));
    assert_eq!((desk.tags(), desk.phone("ben")), (vec!["vip"], vec!["vip"]));
    desk.wait(end);
    assert!(desk.tags().is_empty() && desk.phone("anna").is_empty() && desk.phone("ben").is_empty());
    assert_eq!(desk.told(|what| matches!(what, What::TagExpired { .. })), 1);
}

#[test]
fn a_tag_put_on_again_without_an_end_stays() {
    let mut desk = Desk::with_friend();
    let end = desk.now.plus_days(2);
    lend(&mut desk, "vip", Some(end));
    assert_eq!(lend(&mut desk, "vip", None), ["tag_expiry_changed"]);
    desk.settle();
    desk.wait(end.plus_days(1));
    assert_eq!(desk.tags(), ["vip"]);
}

#[test]
fn undo_brings_the_earlier_end_back() {
    let mut desk = Desk::with_friend();
    let end = desk.now.plus_days(2);
    lend(&mut desk, "vip", Some(end));
    let (add, remove) = (["vip".into()].into(), [].into());
    let commit = desk.hear(Happening::TagsEdited { add, remove, expires_at: None });
    let (version, facts) = (commit.file.version, commit.facts);
    desk.hear(Happening::Undo { version, decided_at: desk.now, facts });
    desk.settle();
    desk.wait(end);
    assert!(desk.tags().is_empty());
}

#[test]
fn the_tag_of_a_stage_has_no_end() {
    let mut desk = Desk::at_stage("price");
    let end = desk.now.plus_days(1);
    lend(&mut desk, "price", Some(end));
    desk.settle();
    desk.wait(end.plus_days(1));
    assert_eq!((desk.stage(), desk.tags()), (Some("price"), vec!["price"]));
}
