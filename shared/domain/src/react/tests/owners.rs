//! Who serves a customer: the corp's policy, or whoever somebody said, and friendships as they come and go.

use super::fixture::{Desk, kinds};
use crate::{
    Happening, StaffId,
    playbook::OwnerPolicy,
    signal::{SideName, Snapshot},
};

fn assign(desk: &mut Desk, staff: Option<&str>) -> Vec<String> {
    kinds(&desk.hear(Happening::OwnerAssigned { staff: staff.map(StaffId::from) }))
}

fn owner(desk: &Desk) -> Option<&str> {
    desk.file.owner.as_ref().map(StaffId::as_str)
}

fn served_by_two() -> Desk {
    let mut desk = Desk::with_friend();
    desk.now = desk.now.plus_mins(5);
    desk.add("ben");
    desk.settle();
    desk
}

#[test]
fn who_is_assigned_owns_the_customer_until_they_part() {
    let mut desk = served_by_two();
    assert_eq!(owner(&desk), Some("anna"));
    assert_eq!(assign(&mut desk, Some("ben")), ["owner_assigned", "owner_changed"]);
    assert_eq!(owner(&desk), Some("ben"));
    assert!(assign(&mut desk, Some("ben")).is_empty(), "said twice");
    desk.now = desk.now.plus_mins(5);
    desk.unfriend("ben", SideName::Customer);
    assert_eq!((owner(&desk), &desk.file.assigned), (Some("anna"), &None));
    desk.now = desk.now.plus_mins(5);
    desk.add("ben");
    assert_eq!(owner(&desk), Some("anna"), "an assignment ends with its friendship");
}

#[test]
fn only_a_friend_can_be_assigned() {
    let mut desk = Desk::with_friend();
    assert_eq!(assign(&mut desk, Some("ben")), ["ignored"]);
    assert_eq!(owner(&desk), Some("anna"));
}

#[test]
fn without_an_assignment_the_policy_decides_again() {
    let mut desk = served_by_two();
    assign(&mut desk, Some("ben"));
    assert_eq!(assign(&mut desk, None), ["owner_assigned", "owner_changed"]);
    assert_eq!(owner(&desk), Some("anna"));
    desk.book.settings.owner = OwnerPolicy::Latest;
    assign(&mut desk, Some("anna"));
    desk.now = desk.now.plus_mins(5);
    desk.unfriend("ben", SideName::Customer);
    desk.now = desk.now.plus_mins(5);
    desk.add("ben");
    assert_eq!(owner(&desk), Some("anna"), "a later friend does not undo what somebody said");
}

#[test]
fn an_assignment_can_be_taken_back() {
    let mut desk = served_by_two();
    let commit = desk.hear(Happening::OwnerAssigned { staff: Some("ben".into()) });
    let (version, facts) = (commit.file.version, commit.facts);
    desk.hear(Happening::Undo { version, decided_at: desk.now, facts });
    assert_eq!((owner(&desk), &desk.file.assigned), (Some("anna"), &None));
}

#[test]
fn earlier_friendships_are_remembered_with_who_ended_them() {
    let mut desk = Desk::with_friend();
    let first = desk.now;
    let mut ends = Vec::new();
    for side in [SideName::Customer, SideName::Staff] {
        desk.now = desk.now.plus_days(1);
        desk.unfriend("anna", side);
        ends.push(desk.now);
        desk.now = desk.now.plus_days(1);
        desk.add("anna");
        desk.settle();
    }
    let past = &desk.relation("anna").past;
    assert_eq!(past.len(), 2);
    assert_eq!((past[0].customer_closed_at, past[0].staff_closed_at), (Some(ends[0]), None));
    assert_eq!((past[1].customer_closed_at, past[1].staff_closed_at), (None, Some(ends[1])));
    assert_eq!(past[0].added_at, first);
    for _ in 0..20 {
        desk.now = desk.now.plus_days(1);
        desk.unfriend("anna", SideName::Customer);
        desk.now = desk.now.plus_days(1);
        desk.add("anna");
        desk.settle();
    }
    assert_eq!(desk.relation("anna").past.len(), crate::file::MAX_PAST);
}

#[test]
fn a_friend_whom_neither_list_nor_contact_shows_any_more_has_gone() {
    let mut desk = served_by_two();
    desk.now = desk.now.plus_days(1);
    // Ben deletes the customer, and nobody hears of it.
    desk.wecom.part("ben", SideName::Staff);
    desk.hear(Happening::Compared { missing: Some("ben".into()), news_since: None });
    desk.settle();
    assert!(!desk.relation("ben").is_open() && desk.relation("anna").is_open());
    // A list that was wrong, or a friend added again meanwhile, ends nothing.
    desk.now = desk.now.plus_days(1);
    desk.hear(Happening::Compared { missing: Some("anna".into()), news_since: None });
    desk.settle();
    assert!(desk.relation("anna").is_open());
}

#[test]
fn a_friendship_that_ends_by_a_lost_word_ends_the_sops_too() {
    let mut desk = Desk::at_stage("price");
    assert!(!desk.inside().is_empty());
    desk.now = desk.now.plus_days(1);
    desk.wecom.part("anna", SideName::Staff);
    desk.hear(Happening::Compared { missing: Some("anna".into()), news_since: None });
    desk.settle();
    assert!(desk.inside().is_empty() && !desk.file.has_open_relation());
}

#[test]
fn who_was_handed_over_is_no_newcomer() {
    let mut desk = Desk::new();
    desk.wecom.add("anna", desk.now);
    let mut snapshot: Snapshot = desk.wecom.snapshot(0);
    for held in snapshot.relations.values_mut() {
        held.add_way = Some(202);
    }
    let (staff, snapshot) = ("anna".into(), Some(snapshot));
    desk.hear(Happening::ContactAdded { staff, half: false, state: None, welcome_code: None, snapshot });
    assert!(desk.inside().is_empty() && desk.file.has_open_relation());
}
