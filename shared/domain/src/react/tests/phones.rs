//! Phones: what staff edit there, and how it meets what is decided elsewhere (T1, T4).

use super::fixture::{Desk, kinds};
use crate::{
    Happening, What,
    react::Work,
    signal::{CallResult, Performed, Snapshot},
};

fn with_both(stage: &str) -> Desk {
    let mut desk = Desk::at_stage(stage);
    desk.add("ben");
    desk.settle();
    desk
}

fn fetched(snapshot: Snapshot) -> Happening {
    Happening::Fetched { snapshot }
}

#[test]
fn an_edit_on_one_phone_is_written_to_the_other_in_both_directions() {
    let mut desk = with_both("new");
    assert_eq!(desk.phone("ben"), ["new"], "a second friend gets what is wanted");
    desk.edit("anna", &["vip"], &[]);
    desk.settle();
    assert_eq!(desk.phone("ben"), ["new", "vip"]);
    desk.edit("ben", &["price"], &["new", "vip"]);
    let began = desk.file.version;
    assert_eq!(desk.take_work(), [Work::Fetch]);
    desk.hear(fetched(desk.wecom.snapshot(began)));
    assert_eq!(desk.work, [Work::Mark("anna".into())]);
    desk.settle();
    assert_eq!((desk.stage(), desk.phone("anna")), (Some("price"), vec!["price"]));
}

#[test]
fn a_stage_chosen_on_a_phone_beside_the_old_one_replaces_it_on_every_phone() {
    let mut desk = with_both("new");
    desk.edit("ben", &["price"], &[]);
    desk.settle();
    assert_eq!((desk.stage(), desk.tags()), (Some("price"), vec!["price"]));
    assert_eq!((desk.phone("anna"), desk.phone("ben")), (vec!["price"], vec!["price"]));
}

#[test]
fn of_two_stages_set_in_one_fetch_the_one_of_the_staff_member_whose_event_it_was_wins() {
    let mut desk = with_both("new");
    desk.wecom.edit("anna", &["deal"], &["new"]);
    desk.edit("ben", &["price"], &["new"]);
    desk.settle();
    assert_eq!(desk.stage(), Some("price"));
    let told = |what: &What| {
        matches!(what, What::StageConflict { staff, lost, won, .. }
            if (staff.as_str(), lost.as_str(), won.as_str()) == ("anna", "deal", "price"))
    };
    assert_eq!(desk.told(told), 1);
    assert_eq!((desk.phone("anna"), desk.phone("ben")), (vec!["price"], vec!["price"]));
}

#[test]
fn of_two_stages_set_in_a_fetch_that_nobody_asked_for_the_owners_wins() {
    let mut desk = with_both("new");
    desk.wecom.edit("anna", &["price"], &["new"]);
    desk.wecom.edit("ben", &["deal"], &["new"]);
    let began = desk.file.version;
    desk.hear(fetched(desk.wecom.snapshot(began)));
    desk.settle();
    assert_eq!(desk.stage(), Some("price"), "anna owns the customer");
}

#[test]
fn a_fetch_that_comes_back_during_a_marking_is_thrown_away_and_repeated() {
    let mut desk = Desk::at_stage("new");
    desk.edit("anna", &["vip"], &[]);
    let old = desk.wecom.snapshot(desk.file.version);
    assert_eq!(desk.take_work(), [Work::Fetch]);
    desk.drag("price");
    assert_eq!(desk.take_work(), [Work::Mark("anna".into())]);
    let reaction = desk.hear(fetched(old));
    assert!(kinds(&reaction).is_empty(), "{:?}", kinds(&reaction));
    assert!(desk.work.is_empty(), "the next fetch waits for the marking");
    let marked = desk.wecom.perform(&desk.file, &Work::Mark("anna".into())).unwrap();
    desk.hear(marked);
    assert_eq!(desk.work, [Work::Fetch]);
    desk.settle();
    assert_eq!((desk.stage(), desk.tags()), (Some("price"), vec!["price", "vip"]));
}

#[test]
fn a_fetch_that_began_before_a_marking_had_its_result_is_thrown_away_and_repeated() {
    let mut desk = Desk::at_stage("new");
    desk.hear(Happening::ContactEdited { staff: "anna".into() });
    let old = desk.wecom.snapshot(desk.file.version);
    desk.take_work();
    desk.drag("price");
    desk.settle();
    desk.hear(fetched(old));
    assert_eq!(desk.work, [Work::Fetch]);
    desk.settle();
    assert_eq!((desk.stage(), desk.phone("anna")), (Some("price"), vec!["price"]));
}

#[test]
fn a_drag_while_an_older_edit_is_being_fetched_does_not_jump_back() {
    let mut desk = Desk::at_stage("new");
    desk.edit("anna", &["price"], &["new"]);
    let edit = desk.wecom.snapshot(desk.file.version);
    desk.take_work();
    desk.drag("deal");
    desk.hear(fetched(edit));
    desk.settle();
    assert_eq!((desk.stage(), desk.phone("anna")), (Some("deal"), vec!["deal"]));
    let moves = desk.told(|what| matches!(what, What::Moved { .. }));
    assert_eq!(moves, 2, "onto the board and to the end, not to and fro");
}

#[test]
fn an_edit_that_is_heard_of_after_a_later_drag_was_written_does_not_jump_back() {
    let mut desk = Desk::at_stage("new");
    desk.wecom.edit("anna", &["price"], &["new"]);
    desk.drag("deal");
    desk.settle();
    desk.hear(Happening::ContactEdited { staff: "anna".into() });
    desk.settle();
    assert_eq!((desk.stage(), desk.phone("anna")), (Some("deal"), vec!["deal"]));
}

#[test]
fn an_edit_made_after_a_drag_was_written_moves_the_card() {
    let mut desk = Desk::at_stage("new");
    desk.drag("deal");
    desk.settle();
    desk.edit("anna", &["price"], &["deal"]);
    desk.settle();
    assert_eq!((desk.stage(), desk.phone("anna")), (Some("price"), vec!["price"]));
}

#[test]
fn an_edit_heard_of_while_a_fetch_is_under_way_is_fetched_once_more() {
    let mut desk = Desk::with_friend();
    desk.hear(Happening::ContactEdited { staff: "anna".into() });
    let old = desk.wecom.snapshot(desk.file.version);
    desk.take_work();
    desk.edit("anna", &["vip"], &[]);
    assert!(desk.work.is_empty(), "one fetch at a time");
    desk.hear(fetched(old));
    desk.settle();
    assert_eq!(desk.tags(), ["vip"]);
}

#[test]
fn a_fetch_that_comes_back_late_does_not_undo_a_newer_one() {
    let mut desk = Desk::with_friend();
    desk.hear(Happening::ContactEdited { staff: "anna".into() });
    let old = desk.wecom.snapshot(desk.file.version);
    desk.take_work();
    // Its lease runs out, and another worker fetches.
    desk.now = desk.now.plus_secs(60);
    desk.wecom.edit("anna", &["vip"], &[]);
    desk.hear(Happening::Woken);
    desk.settle();
    assert_eq!(desk.tags(), ["vip"]);
    desk.hear(fetched(old));
    assert_eq!(desk.tags(), ["vip"]);
    assert!(desk.work.is_empty(), "there is nothing to fetch for");
}

#[test]
fn the_same_fetch_reported_twice_is_taken_once() {
    let mut desk = Desk::with_friend();
    desk.edit("anna", &["vip"], &[]);
    desk.take_work();
    let found = fetched(desk.wecom.snapshot(desk.file.version));
    desk.hear(found.clone());
    let once = desk.file.clone();
    let reaction = desk.hear(found);
    assert!(reaction.is_quiet(&once));
}

#[test]
fn a_fetch_that_fails_is_tried_again_and_one_that_is_refused_is_not() {
    let mut desk = Desk::with_friend();
    let failed = |result| crate::signal::Performed::FetchFailed { began: u64::MAX, result };
    desk.edit("anna", &["vip"], &[]);
    desk.take_work();
    desk.performed(failed(CallResult::Failed));
    assert_eq!(desk.file.wake_at, Some(desk.now.plus_secs(2)));
    desk.performed(failed(CallResult::Refused { code: 84061 }));
    desk.wait(desk.now.plus_mins(1));
    assert_eq!(desk.tags(), ["vip"], "a late refusal of the first attempt ends nothing");

    desk.edit("anna", &["car"], &[]);
    desk.take_work();
    desk.edit("anna", &["hot"], &[]);
    desk.performed(failed(CallResult::Refused { code: 84061 }));
    desk.wait(desk.now.plus_mins(1));
    assert_eq!(desk.tags(), ["car", "hot", "vip"], "the edit meanwhile asked again");

    desk.hear(Happening::ContactEdited { staff: "anna".into() });
    desk.take_work();
    desk.performed(failed(CallResult::Refused { code: 84061 }));
    assert_eq!(desk.file.fetch, None);
}

#[test]
fn a_tag_put_on_by_hand_reaches_the_friend_it_was_never_copied_to() {
    let mut desk = Desk::new();
    desk.wecom.add("anna", desk.now);
    desk.wecom.add("ben", desk.now);
    desk.wecom.add("cleo", desk.now);
    desk.wecom.edit("anna", &["vip"], &[]);
    let snapshot = Snapshot { baseline: true, ..desk.wecom.snapshot(0) };
    desk.hear(fetched(snapshot));
    desk.edit("ben", &["vip"], &[]);
    desk.settle();
    assert_eq!(desk.phone("cleo"), ["vip"]);
}

fn failed(desk: &Desk, result: CallResult) -> Performed {
    let marking = desk.relation("anna").marking.clone().unwrap();
    Performed::Marked {
        staff: "anna".into(),
        began: marking.leased,
        tags: marking.tags,
        result,
        settled: None,
    }
}

#[test]
fn a_drag_whose_writing_failed_is_not_undone_by_an_older_edit_fetched_before_or_after() {
    for fetched_before in [true, false] {
        let mut desk = Desk::at_stage("new");
        desk.edit("anna", &["price"], &["new"]);
        let stale = desk.wecom.snapshot(desk.file.version);
        desk.take_work();
        desk.now = desk.now.plus_secs(1);
        desk.drag("deal");
        desk.take_work();
        let told = failed(&desk, CallResult::Failed);
        desk.performed(told);
        if fetched_before {
            desk.hear(Happening::Fetched { snapshot: stale });
        } else {
            let snapshot = desk.wecom.snapshot(desk.file.version);
            desk.hear(Happening::Fetched { snapshot });
        }
        assert_eq!(desk.stage(), Some("deal"), "fetched before: {fetched_before}");
        desk.wait(desk.now.plus_mins(5));
        assert_eq!((desk.stage(), desk.phone("anna")), (Some("deal"), vec!["deal"]));
    }
}

#[test]
fn an_edit_after_a_drag_counts_while_the_drag_waits_to_be_written() {
    let mut desk = Desk::at_stage("new");
    desk.drag("deal");
    desk.take_work();
    let told = failed(&desk, CallResult::Failed);
    desk.performed(told);
    desk.now = desk.now.plus_secs(1);
    desk.edit("anna", &["price"], &["new"]);
    desk.settle();
    assert_eq!(desk.stage(), Some("price"));
}

#[test]
fn a_stage_set_on_a_phone_and_fetched_later_makes_nobody_late() {
    let mut desk = Desk::at_stage("new");
    // The fetch succeeds only long after the edit, when the first step was due.
    let edited = desk.now.plus_mins(1);
    desk.now = edited;
    desk.edit("anna", &["price"], &["new"]);
    desk.now = edited.plus_mins(45);
    desk.settle();
    assert_eq!(desk.stage(), Some("price"));
    assert_eq!(desk.file.cards[&crate::BoardId::from("sales")].since, Some(edited));
    assert_eq!(desk.told(|what| matches!(what, What::Ended { sop, .. } if sop.as_str() == "offer")), 0);
    assert_eq!(desk.open("offer"), Some("o1".into()), "overdue, not skipped");
}
