//! Baselines over what is known: what an import, an adoption or a wider visible range shows of customers who live here
//! already (T7).

use super::fixture::Desk;
use crate::{
    Happening, StaffId,
    difference::{Difference, difference},
    signal::Snapshot,
};

fn differs(desk: &Desk, staff: &str) -> Option<Difference> {
    let snapshot = desk.wecom.snapshot(desk.file.version);
    let held = &snapshot.relations[&StaffId::from(staff)];
    difference(Some(&desk.file), &staff.into(), held, desk.file.version, &desk.book)
}

/// A page of one staff member's customers.
fn page(desk: &mut Desk, staff: &str, adopt_known: bool) {
    let mut snapshot = Snapshot { baseline: true, adopt_known, ..desk.wecom.snapshot(desk.file.version) };
    snapshot.relations.retain(|of, _| of.as_str() == staff);
    desk.hear(Happening::Fetched { snapshot });
}

fn compared(desk: &mut Desk) {
    desk.hear(Happening::Compared { missing: None, news_since: None });
    desk.settle();
}

/// Anna moved her customer from price to deal on her phone, and the word of it was lost.
fn moved_unheard() -> Desk {
    let mut desk = Desk::at_stage("price");
    desk.now = desk.now.plus_days(2);
    desk.wecom.edit("anna", &["deal"], &["price"]);
    desk
}

#[test]
fn an_import_leaves_what_is_known_to_the_comparison() {
    let mut desk = moved_unheard();
    page(&mut desk, "anna", false);
    desk.settle();
    assert_eq!((desk.stage(), differs(&desk, "anna")), (Some("price"), Some(Difference::Tags)));
    compared(&mut desk);
    assert_eq!((desk.stage(), desk.phone("anna")), (Some("deal"), vec!["deal"]));
    assert_eq!(differs(&desk, "anna"), None);
}

#[test]
fn what_is_adopted_moves_the_card_and_starts_nothing() {
    let mut desk = moved_unheard();
    page(&mut desk, "anna", true);
    desk.settle();
    assert_eq!((desk.stage(), desk.tags(), desk.phone("anna")), (Some("deal"), vec!["deal"], vec!["deal"]));
    assert_eq!(desk.file.cards.values().next().unwrap().since, None, "nobody knows since when");
    assert_eq!(differs(&desk, "anna"), None);
    desk.say("你好");
    assert!(!desk.inside().contains(&"offer"), "the SOP of the stage that it left is over");
}

#[test]
fn a_tag_that_was_taken_off_goes_when_that_is_adopted() {
    let mut desk = Desk::with_friend();
    desk.add("ben");
    desk.settle();
    desk.edit("anna", &["vip", "car"], &[]);
    desk.settle();
    desk.now = desk.now.plus_mins(10);
    desk.wecom.edit("anna", &[], &["vip"]);
    desk.wecom.edit("ben", &[], &["vip"]);
    page(&mut desk, "anna", true);
    assert_eq!(desk.tags(), ["car", "vip"], "Ben's phone was not looked at yet");
    page(&mut desk, "ben", true);
    desk.settle();
    assert_eq!((desk.tags(), desk.phone("ben")), (vec!["car"], vec!["car"]));
}

#[test]
fn a_phone_edit_of_which_we_were_told_stays_one_while_pages_are_read() {
    for adopt_known in [false, true] {
        let mut desk = Desk::at_stage("new");
        desk.now = desk.now.plus_mins(10);
        desk.edit("anna", &["price"], &["new"]);
        desk.now = desk.now.plus_secs(5);
        page(&mut desk, "anna", adopt_known);
        desk.settle();
        assert_eq!((desk.stage(), desk.inside().contains(&"offer")), (Some("price"), true), "{adopt_known}");
    }
}

#[test]
fn a_newcomer_whom_an_import_saw_first_is_greeted_all_the_same() {
    let mut desk = Desk::new();
    desk.wecom.add("anna", desk.now);
    page(&mut desk, "anna", false);
    let (at, welcome_code) = (desk.now, Some("code-anna".to_owned()));
    desk.now = desk.now.plus_secs(2);
    let (staff, half) = ("anna".into(), false);
    desk.hear_of(at, Happening::ContactAdded { staff, half, state: None, welcome_code, snapshot: None });
    desk.settle();
    assert_eq!(desk.inside(), ["hello"]);
    assert!(desk.wecom.greeted.contains("code-anna"));
}

#[test]
fn a_friend_of_old_who_comes_into_sight_changes_no_stage_and_no_phone() {
    let mut desk = Desk::with_friend();
    desk.edit("anna", &["car"], &[]);
    desk.settle();
    desk.now = desk.now.plus_days(3);
    desk.wecom.add("ben", desk.now.plus_days(-200));
    desk.wecom.edit("ben", &["price", "vip"], &[]);
    // Anna edits at the same time: that is news, and goes to all.
    desk.edit("anna", &["hot"], &[]);
    desk.settle();
    assert!(!desk.inside().contains(&"offer"), "{:?}", desk.inside());
    assert_eq!(desk.tags(), ["car", "hot", "price", "vip"]);
    assert_eq!((desk.phone("anna"), desk.phone("ben")), (vec!["car", "hot"], vec!["hot", "price", "vip"]));
}

#[test]
fn a_friend_of_old_without_any_tags_gets_none_by_coming_into_sight() {
    let mut desk = Desk::at_stage("price");
    desk.now = desk.now.plus_days(3);
    desk.wecom.add("ben", desk.now.plus_days(-200));
    desk.edit("anna", &[], &[]);
    desk.settle();
    assert!(desk.relation("ben").is_open() && desk.phone("ben").is_empty());
}

#[test]
fn what_counts_as_news_whoever_compares_may_say() {
    let mut desk = Desk::new();
    desk.wecom.add("anna", desk.now);
    let news_since = Some(desk.now.plus_mins(-60));
    desk.now = desk.now.plus_days(2);
    desk.hear(Happening::Compared { missing: None, news_since });
    desk.settle();
    assert_eq!(desk.inside(), ["hello"]);
    let mut desk = Desk::new();
    desk.wecom.add("anna", desk.now);
    desk.now = desk.now.plus_days(2);
    compared(&mut desk);
    assert!(desk.inside().is_empty() && desk.file.has_open_relation());
}

#[test]
fn whoever_serves_a_customer_already_goes_on() {
    let mut desk = Desk::new();
    desk.wecom.add("anna", desk.now.plus_days(-10));
    page(&mut desk, "anna", false);
    desk.say("多少钱");
    desk.settle();
    assert_eq!(desk.inside(), ["offer"]);
    desk.now = desk.now.plus_days(1);
    desk.wecom.add("ben", desk.now.plus_days(-200));
    page(&mut desk, "ben", false);
    assert_eq!(desk.file.owner, Some("anna".into()));
}

#[test]
fn of_three_friends_the_order_of_reading_decides_nothing() {
    let names = ["anna", "ben", "cleo"];
    let mut outcomes = std::collections::BTreeSet::new();
    for order in [[0, 1, 2], [1, 2, 0], [2, 1, 0], [1, 0, 2], [2, 0, 1], [0, 2, 1]] {
        let mut desk = Desk::new();
        desk.book.staff.insert("cleo".into(), crate::playbook::Staff::named("cleo".into(), "cleo"));
        for (staff, days) in [("anna", -30), ("ben", -20), ("cleo", -10)] {
            desk.wecom.add(staff, desk.now.plus_days(days));
        }
        desk.wecom.edit("ben", &["new"], &[]);
        desk.wecom.edit("cleo", &["price"], &[]);
        for place in order {
            page(&mut desk, names[place], false);
        }
        desk.settle();
        outcomes.insert((desk.file.owner.clone(), desk.stage().map(str::to_owned), desk.work.len()));
    }
    let expected = (Some(StaffId::from("anna")), Some("price".to_owned()), 0);
    assert_eq!(outcomes, [expected].into(), "anna owns, and has no stage: the later one stands");
}
