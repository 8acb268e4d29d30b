//! Import is silent (T7): what was there before is recorded; nothing reacts and nothing is written.

use serde_json::json;

use super::fixture::{Desk, kinds, rule};
use crate::{
    Happening,
    react::{Reaction, Work},
    signal::{SideName, Snapshot},
};

/// Anna and Ben had this customer before Stepwise did.
fn found(anna: &[&str], ben: &[&str]) -> Desk {
    let mut desk = Desk::new();
    for (staff, tags) in [("anna", anna), ("ben", ben)] {
        desk.wecom.add(staff, desk.now.plus_days(-10));
        desk.wecom.edit(staff, tags, &[]);
    }
    desk
}

fn import(desk: &mut Desk) -> Reaction {
    let snapshot = Snapshot { baseline: true, ..desk.wecom.snapshot(desk.file.version) };
    desk.hear(Happening::Fetched { snapshot })
}

#[test]
fn an_import_records_everything_and_does_nothing() {
    let mut desk = found(&["price", "vip"], &["new"]);
    let when = json!({"tag_added": "VIP"});
    rule(&mut desk.book, json!({"id": "r", "name": "r", "when": when, "then": [{"add_tag": "SUV"}]}));
    let reaction = import(&mut desk);
    assert!(reaction.work.is_empty() && reaction.slots.is_empty());
    let loud = ["rule_fired", "enrolled", "planned", "stage_conflict"];
    assert!(!kinds(&reaction).iter().any(|kind| loud.contains(&kind.as_str())), "{:?}", kinds(&reaction));
    assert_eq!((desk.stage(), desk.tags()), (Some("price"), vec!["price", "vip"]), "anna owns the customer");
    let card = desk.file.cards.values().next().unwrap();
    assert_eq!(card.since, None, "nobody knows since when");
    assert_eq!(desk.file.wake_at, None);

    // Nor does anything catch up later.
    desk.say("你好");
    assert!(desk.inside().is_empty() && desk.work.is_empty());
    assert_eq!((desk.phone("anna"), desk.phone("ben")), (vec!["price", "vip"], vec!["new"]));
}

/// An import reads the customers of one staff member after the other.
fn import_of(desk: &mut Desk, staff: &str) -> Reaction {
    let mut snapshot = Snapshot { baseline: true, ..desk.wecom.snapshot(desk.file.version) };
    snapshot.relations.retain(|of, _| of.as_str() == staff);
    desk.hear(Happening::Fetched { snapshot })
}

#[test]
fn in_whatever_order_relations_are_imported_the_first_friend_owns_and_decides_the_stage() {
    for order in [["anna", "ben"], ["ben", "anna"]] {
        let mut desk = found(&["price", "vip"], &[]);
        desk.wecom.add("ben", desk.now.plus_days(-20));
        desk.wecom.edit("ben", &["new"], &[]);
        for staff in order {
            assert!(import_of(&mut desk, staff).work.is_empty());
        }
        assert_eq!(desk.file.owner, Some("ben".into()), "{order:?}");
        assert_eq!(desk.file.first_added.as_ref().unwrap().at, desk.now.plus_days(-20));
        assert_eq!((desk.stage(), desk.tags()), (Some("new"), vec!["new", "vip"]), "{order:?}");
        assert_eq!((desk.phone("anna"), desk.phone("ben")), (vec!["price", "vip"], vec!["new"]));
        desk.settle();
        assert!(desk.work.is_empty() && desk.file.wake_at.is_none());
    }
}

#[test]
fn an_import_undoes_nothing_that_has_happened_since() {
    let mut desk = found(&["new"], &[]);
    import_of(&mut desk, "anna");
    desk.edit("anna", &["price"], &["new"]);
    desk.settle();
    desk.wecom.add("ben", desk.now.plus_days(-20));
    desk.wecom.edit("ben", &["new"], &[]);
    import_of(&mut desk, "ben");
    assert_eq!(desk.stage(), Some("price"));
}

#[test]
fn an_import_that_finds_what_is_known_leaves_no_trace() {
    let mut desk = found(&["price", "vip"], &["new"]);
    import(&mut desk);
    let before = desk.file.clone();
    for staff in ["anna", "ben"] {
        assert!(import_of(&mut desk, staff).is_quiet(&before), "{staff}");
    }
}

#[test]
fn after_an_import_a_change_of_one_tag_goes_to_all_and_takes_no_history_along() {
    let mut desk = found(&["vip"], &["car"]);
    import(&mut desk);
    desk.edit("anna", &["hot"], &[]);
    desk.settle();
    assert_eq!(desk.phone("ben"), ["car", "hot"]);
    desk.edit("anna", &[], &["vip"]);
    desk.settle();
    desk.edit("anna", &["vip"], &[]);
    desk.settle();
    assert_eq!((desk.phone("anna"), desk.phone("ben")), (vec!["hot", "vip"], vec!["car", "hot", "vip"]));
}

#[test]
fn a_move_after_an_import_leaves_one_stage_on_every_phone() {
    let mut desk = found(&["price"], &["new"]);
    import(&mut desk);
    desk.drag("deal");
    desk.settle();
    assert_eq!((desk.phone("anna"), desk.phone("ben")), (vec!["deal"], vec!["deal"]));
}

#[test]
fn imported_customers_who_are_dragged_enter_the_sop_of_the_new_stage() {
    let mut desk = found(&["new"], &[]);
    import(&mut desk);
    desk.say("多少钱");
    desk.settle();
    assert_eq!(desk.inside(), ["offer"]);
}

#[test]
fn what_was_to_be_written_before_an_import_still_is() {
    let mut desk = Desk::with_friend();
    let (add, remove) = (["vip".into()].into(), [].into());
    desk.hear(Happening::TagsEdited { add, remove, expires_at: None });
    assert_eq!(desk.take_work(), [Work::Mark("anna".into())]);
    // A wider visible range brings Ben to light, while Anna is being marked by somebody who dies.
    desk.wecom.add("ben", desk.now.plus_days(-10));
    desk.wecom.edit("ben", &["car"], &[]);
    import(&mut desk);
    assert_eq!(desk.tags(), ["car", "vip"]);
    desk.wait(desk.now.plus_mins(5));
    assert_eq!((desk.phone("anna"), desk.phone("ben")), (vec!["vip"], vec!["car"]));
}

#[test]
fn a_tag_being_taken_off_does_not_come_back_with_an_import() {
    let mut desk = Desk::with_friend();
    desk.edit("anna", &["vip"], &[]);
    desk.settle();
    let (add, remove) = ([].into(), ["vip".into()].into());
    desk.hear(Happening::TagsEdited { add, remove, expires_at: None });
    import(&mut desk);
    desk.settle();
    assert!(desk.tags().is_empty() && desk.phone("anna").is_empty());
}

#[test]
fn an_import_brings_no_sop_back_to_life() {
    let mut desk = Desk::with_friend();
    desk.now = desk.now.plus_mins(5);
    desk.unfriend("anna", SideName::Customer);
    desk.now = desk.now.plus_days(5);
    desk.wecom.add("anna", desk.now);
    import(&mut desk);
    assert!(desk.file.has_open_relation());
    assert!(desk.inside().is_empty());
}
