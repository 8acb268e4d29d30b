//! What is done beside the signal (catching up with the playbook) is nobody's act: no undo takes it back, no phone edit is
//! lost to it, and a baseline stays one beside it.

use serde_json::json;

use super::fixture::{Desk, at, kinds, rule};
use crate::{
    BoardId, Happening, StaffId,
    file::Fetch,
    playbook::{Board, FormerStage},
    react::Reaction,
    signal::{CallResult, Performed, SideName, Snapshot},
};

fn undo(desk: &mut Desk, of: &Reaction) -> Reaction {
    let (version, decided_at, facts) = (of.file.version, of.file.committed_at, of.facts.clone());
    let undone = desk.hear(Happening::Undo { version, decided_at, facts });
    desk.settle();
    undone
}

fn page(desk: &mut Desk, staff: &str) -> Reaction {
    let mut snapshot = Snapshot { baseline: true, ..desk.wecom.snapshot(desk.file.version) };
    snapshot.relations.retain(|of, _| of.as_str() == staff);
    let reaction = desk.hear(Happening::Fetched { snapshot });
    desk.settle();
    reaction
}

fn lend(desk: &mut Desk, add: &[&str], remove: &[&str], minutes: Option<i64>) -> Reaction {
    let ids = |tags: &[&str]| tags.iter().map(|tag| (*tag).into()).collect();
    let expires_at = minutes.map(|minutes| desk.now.plus_mins(minutes));
    let reaction = desk.hear(Happening::TagsEdited { add: ids(add), remove: ids(remove), expires_at });
    desk.settle();
    reaction
}

fn delete_stage(desk: &mut Desk, stage: &str, moved_to: &str) {
    let board: &mut Board = desk.book.boards.get_mut(&BoardId::from("sales")).unwrap();
    let tag = board.stages.iter().find(|other| other.id.as_str() == stage).and_then(|it| it.tag.clone());
    board.stages.retain(|other| other.id.as_str() != stage);
    let moved_to = Some(moved_to.into());
    board.former.push(FormerStage { id: stage.into(), name: stage.into(), tag, moved_to });
}

/// Friends of old, with these tags on their phones; the board is made after their import.
fn before_the_board(friends: &[(&str, i64, &str)]) -> (Desk, Board) {
    let mut desk = Desk::new();
    let board = desk.book.boards.remove(&BoardId::from("sales")).unwrap();
    desk.book.sops.clear();
    desk.book.rules.clear();
    for (staff, days, tag) in friends {
        desk.wecom.add(staff, desk.now.plus_days(-days));
        desk.wecom.edit(staff, &[*tag], &[]);
        page(&mut desk, staff);
    }
    (desk, board)
}

#[test]
fn nothing_takes_back_what_was_found() {
    let (mut desk, board) = before_the_board(&[("anna", 30, "price")]);
    desk.book.boards.insert("sales".into(), board.clone());
    let adopted = desk.hear(Happening::BoardChanged { board: "sales".into() });
    assert_eq!(kinds(&undo(&mut desk, &adopted)), ["undo_refused"]);
    assert_eq!((desk.stage(), desk.phone("anna")), (Some("price"), vec!["price"]));

    // An edit whose commit found the card: only the edit is taken back.
    let (mut desk, _) = before_the_board(&[("anna", 30, "price")]);
    desk.book.boards.insert("sales".into(), board);
    let edit = lend(&mut desk, &["vip"], &[], None);
    undo(&mut desk, &edit);
    assert_eq!((desk.stage(), desk.phone("anna")), (Some("price"), vec!["price"]));

    let mut desk = Desk::new();
    desk.wecom.add("anna", desk.now.plus_days(-30));
    desk.wecom.edit("anna", &["price", "vip"], &[]);
    let import = page(&mut desk, "anna");
    undo(&mut desk, &import);
    assert_eq!((desk.stage(), desk.phone("anna")), (Some("price"), vec!["price", "vip"]));
}

#[test]
fn adopting_a_board_beside_a_baseline_writes_to_no_phone() {
    let (mut desk, board) = before_the_board(&[("anna", 30, "new"), ("ben", 20, "price")]);
    desk.wecom.add("carl", desk.now.plus_days(-10));
    desk.wecom.edit("carl", &["vip"], &[]);
    desk.book.boards.insert("sales".into(), board);
    page(&mut desk, "carl");
    assert_eq!(desk.stage(), Some("new"));
    assert_eq!((desk.phone("ben"), desk.phone("carl")), (vec!["price"], vec!["vip"]));
}

#[test]
fn a_colleagues_old_friend_who_adds_another_brings_no_history_along() {
    for in_time in [true, false] {
        let mut desk = Desk::new();
        let when = json!({"tag_added": "兴趣/VIP"});
        rule(&mut desk.book, json!({"id": "r", "name": "r", "when": when, "then": [{"add_tag": "兴趣/热"}]}));
        desk.wecom.add("anna", desk.now.plus_days(-300));
        desk.wecom.edit("anna", &["price", "vip"], &[]);
        desk.wecom.add("ben", desk.now);
        let (staff, half, welcome_code) = ("ben".into(), false, Some("c".to_owned()));
        let snapshot = in_time.then(|| desk.wecom.snapshot(0));
        desk.hear(Happening::ContactAdded { staff, half, state: None, welcome_code, snapshot });
        desk.settle();
        assert_eq!(desk.phone("ben").len(), 0, "{in_time}");
        assert_eq!(
            (desk.tags(), desk.inside().contains(&"offer")),
            (vec!["price", "vip"], false),
            "{in_time}"
        );
    }
}

#[test]
fn who_came_first_does_not_depend_on_names() {
    for (old, new) in [("anna", "ben"), ("ben", "anna")] {
        let mut desk = Desk::new();
        desk.wecom.add(old, desk.now.plus_days(-300));
        desk.wecom.add(new, desk.now.plus_mins(-5));
        desk.hear(Happening::Compared { missing: None, news_since: None });
        desk.settle();
        assert_eq!((desk.inside().len(), desk.file.owner.as_ref().unwrap().as_str()), (0, old));
    }
}

#[test]
fn what_is_heard_while_a_fetch_is_under_way_is_still_known_when_it_is_repeated() {
    // A handover: the open touch goes on.
    let mut desk = Desk::at_stage("new");
    desk.wait_until("2026-03-02T10:31");
    desk.hear(Happening::ContactEdited { staff: "anna".into() });
    let old = desk.wecom.snapshot(desk.file.version);
    desk.take_work();
    desk.now = desk.now.plus_secs(2);
    desk.wecom.add("ben", desk.now);
    desk.wecom.part("anna", SideName::Staff);
    let (staff, side) = ("anna".into(), SideName::Staff);
    desk.hear(Happening::ContactRemoved { staff, side, by_transfer: true });
    desk.hear(Happening::Fetched { snapshot: old });
    desk.settle();
    assert_eq!((desk.inside(), desk.open("care")), (vec!["hello", "care"], Some("c1".into())));

    // A friend who is missing.
    let mut desk = Desk::with_friend();
    desk.add("ben");
    desk.settle();
    desk.now = desk.now.plus_days(1);
    desk.hear(Happening::ContactEdited { staff: "anna".into() });
    let old = desk.wecom.snapshot(desk.file.version);
    desk.take_work();
    desk.wecom.part("ben", SideName::Staff);
    desk.now = desk.now.plus_secs(2);
    desk.hear(Happening::Compared { missing: Some("ben".into()), news_since: None });
    desk.hear(Happening::Fetched { snapshot: old });
    desk.settle();
    assert!(!desk.relation("ben").is_open());
}

#[test]
fn ends_of_tags_are_restored_by_undo_as_far_as_they_are_to_come() {
    // Taken off by mistake.
    let mut desk = Desk::with_friend();
    lend(&mut desk, &["vip"], &[], Some(4000));
    let end = desk.file.tags.values().next().unwrap().expires_at;
    desk.now = desk.now.plus_mins(5);
    let off = lend(&mut desk, &[], &["vip"], None);
    undo(&mut desk, &off);
    assert_eq!(desk.file.tags.values().next().unwrap().expires_at, end);

    // An extension taken back after the earlier end.
    let mut desk = Desk::with_friend();
    lend(&mut desk, &["vip"], &[], Some(10));
    let longer = lend(&mut desk, &["vip"], &[], Some(5000));
    desk.now = desk.now.plus_mins(30);
    undo(&mut desk, &longer);
    assert!(desk.tags().is_empty());

    // Somebody has changed the end since.
    let mut desk = Desk::with_friend();
    let put = lend(&mut desk, &["vip"], &[], None);
    desk.now = desk.now.plus_mins(30);
    lend(&mut desk, &["vip"], &[], Some(5000));
    assert_eq!(kinds(&undo(&mut desk, &put)), ["undo_refused"]);
    assert_eq!(desk.tags(), ["vip"]);

    // It ran out in the same commit.
    let mut desk = Desk::with_friend();
    lend(&mut desk, &["vip"], &[], Some(10));
    desk.now = desk.now.plus_mins(11);
    let edit = lend(&mut desk, &["car"], &[], None);
    undo(&mut desk, &edit);
    assert!(desk.tags().is_empty());
}

#[test]
fn a_stage_deleted_since_stays_left_and_its_tag_stays_off() {
    let mut desk = Desk::at_stage("new");
    let drag = desk.drag("price");
    desk.settle();
    delete_stage(&mut desk, "new", "price");
    desk.now = desk.now.plus_mins(1);
    undo(&mut desk, &drag);
    assert_eq!(
        (desk.stage(), desk.tags(), desk.phone("anna")),
        (Some("price"), vec!["price"], vec!["price"])
    );
    assert!(desk.inside().contains(&"offer"), "the SOP of the stage where it stands goes on");
}

#[test]
fn a_phone_edit_at_a_deleted_stage_counts() {
    let mut desk = Desk::at_stage("new");
    delete_stage(&mut desk, "new", "price");
    desk.edit("anna", &["deal"], &["new"]);
    desk.settle();
    assert_eq!((desk.stage(), desk.phone("anna")), (Some("deal"), vec!["deal"]));
}

#[test]
fn a_drag_from_a_deleted_stage_goes_where_it_was_dragged() {
    let mut desk = Desk::at_stage("price");
    let expected_rev = desk.file.cards.values().next().map(|card| card.rev);
    delete_stage(&mut desk, "price", "deal");
    let (board, stage) = ("sales".into(), Some("new".into()));
    desk.hear(Happening::StageMoved { board, stage, expected_rev, only_from: None, reason: None });
    desk.settle();
    assert_eq!((desk.stage(), desk.phone("anna")), (Some("new"), vec!["new"]));
}

#[test]
fn a_card_is_led_on_when_that_is_done_however_old_the_news_that_does_it() {
    let mut desk = Desk::at_stage("new");
    desk.wait_until("2026-03-06T10:00");
    delete_stage(&mut desk, "new", "price");
    let text = "你好".to_owned();
    desk.hear_of(at("2026-03-04T10:00"), Happening::MessageReceived { staff: "anna".into(), text });
    desk.settle();
    assert_eq!((desk.stage(), desk.open("offer")), (Some("price"), None));
    assert!(desk.next("offer").is_some_and(|(step, due_at)| step == "o1" && due_at > desk.now));
}

#[test]
fn a_return_that_an_import_saw_first_goes_on_with_its_sops() {
    let mut desk = Desk::at_stage("new");
    desk.now = desk.now.plus_mins(10);
    desk.unfriend("anna", SideName::Staff);
    desk.now = desk.now.plus_days(1);
    desk.wecom.add("anna", desk.now);
    page(&mut desk, "anna");
    assert!(desk.inside().is_empty());
    desk.now = desk.now.plus_secs(5);
    desk.add("anna");
    desk.settle();
    assert_eq!(desk.inside(), ["care", "hello"]);
}

#[test]
fn a_newcomers_first_tags_are_news_though_an_import_came_by() {
    let mut desk = Desk::new();
    let when = json!({"tag_added": "兴趣/VIP"});
    rule(&mut desk.book, json!({"id": "r", "name": "r", "when": when, "then": [{"add_tag": "兴趣/热"}]}));
    desk.add("anna");
    let work = desk.take_work();
    desk.now = desk.now.plus_secs(20);
    desk.wecom.edit("anna", &["vip", "price"], &[]);
    desk.hear(Happening::ContactEdited { staff: "anna".into() });
    page(&mut desk, "anna");
    desk.work.extend(work);
    desk.settle();
    assert_eq!(desk.tags(), ["hot", "price", "vip"]);
    assert!(desk.inside().contains(&"offer"));
}

#[test]
fn a_friend_who_was_missing_is_not_gone_in_the_future() {
    let mut desk = Desk::with_friend();
    desk.add("ben");
    desk.settle();
    desk.now = desk.now.plus_days(1);
    desk.wecom.part("ben", SideName::Staff);
    desk.hear(Happening::Compared { missing: Some("ben".into()), news_since: None });
    let failed = |desk: &mut Desk| {
        desk.take_work();
        let began = desk.file.version;
        desk.performed(Performed::FetchFailed { began, result: CallResult::Failed });
    };
    for _ in 0..9 {
        failed(&mut desk);
        desk.now = desk.file.fetch.as_ref().and_then(|fetch: &Fetch| fetch.attempt).unwrap().until;
        desk.hear(Happening::Woken);
    }
    failed(&mut desk);
    // Somebody else is added, and the answer of that very moment says that Ben is gone.
    desk.wecom.add("carl", desk.now);
    let (staff, half, snapshot) = ("carl".into(), false, Some(desk.wecom.snapshot(desk.file.version)));
    desk.hear(Happening::ContactAdded { staff, half, state: None, welcome_code: None, snapshot });
    desk.settle();
    desk.now = desk.now.plus_mins(3);
    desk.add("ben");
    desk.settle();
    assert!(desk.relation("ben").is_open());
}

#[test]
fn an_outage_during_a_handover_writes_no_journal() {
    let mut desk = Desk::with_friend();
    desk.wait_until("2026-03-03T08:00");
    let (staff, side) = ("anna".into(), SideName::Staff);
    desk.hear(Happening::ContactRemoved { staff, side, by_transfer: true });
    let before = desk.file.version;
    while desk.now < at("2026-03-03T18:00") {
        if !desk.take_work().is_empty() {
            let began = desk.file.version;
            desk.performed(Performed::FetchFailed { began, result: CallResult::Failed });
        }
        desk.now = desk.file.wake_at.unwrap();
        desk.hear(Happening::Woken);
    }
    assert!(desk.file.version - before < 150, "{} commits in ten hours", desk.file.version - before);
    assert_eq!(desk.inside(), ["hello"]);
}

#[test]
fn a_reply_ends_what_it_ends_also_while_the_customer_is_handed_over() {
    let mut desk = Desk::new();
    super::fixture::publish(
        &mut desk.book,
        &json!({"id": "rep", "name": "a", "anchor": {"kind": "friend_add"}, "exit": {"on_reply": true}, "steps": [
            {"id": "a", "at": {"day": 1, "time": "09:00"}, "method": "task", "content": {"text": "x"}}]}),
    );
    desk.add("anna");
    desk.settle();
    desk.now = desk.now.plus_mins(5);
    desk.wecom.part("anna", SideName::Staff);
    desk.wecom.add("ben", desk.now);
    let (staff, side) = (StaffId::from("anna"), SideName::Staff);
    desk.hear(Happening::ContactRemoved { staff, side, by_transfer: true });
    desk.hear(Happening::MessageReceived { staff: "ben".into(), text: "x".into() });
    desk.settle();
    assert_eq!(desk.inside(), ["hello"]);
}

#[test]
fn a_step_that_nobody_can_do_is_held_until_its_window_ends() {
    let mut desk = Desk::with_friend();
    desk.book.staff.get_mut(&StaffId::from("anna")).unwrap().licensed = false;
    desk.wait_until("2026-03-03T19:00");
    assert!(!desk.outcomes().iter().any(|it| it.starts_with("hello/d1")), "{:?}", desk.outcomes());
    desk.wait_until("2026-03-05T08:00");
    assert!(desk.outcomes().contains(&"hello/d1: missed expired".into()), "{:?}", desk.outcomes());
}

#[test]
fn a_held_step_leaves_its_alarm_where_it_is() {
    let mut desk = Desk::with_friend();
    desk.book.staff.get_mut(&StaffId::from("anna")).unwrap().licensed = false;
    desk.wait_until("2026-03-05T12:00");
    let (step, due_at) = desk.next("hello").unwrap();
    assert!(step == "d3" && due_at < desk.now, "held");
    let before = desk.file.clone();
    for minutes in [1, 2] {
        desk.now = desk.now.plus_mins(minutes);
        assert!(desk.hear(Happening::Woken).is_quiet(&before));
    }
}
