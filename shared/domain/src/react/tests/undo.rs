//! Undo (T9): as if it had not happened, as far as nobody has built on it and nothing was sent.

use serde_json::json;

use super::fixture::{Desk, at, kinds, rule};
use crate::{
    BoardId, Fact, Happening, Timestamp, What,
    fact::UndoRefusal,
    react::{Reaction, Record},
    signal::SideName,
};

/// A commit that somebody may want to take back.
struct Commit {
    version: u64,
    decided_at: Timestamp,
    facts: Vec<Fact>,
}

impl From<Reaction> for Commit {
    fn from(reaction: Reaction) -> Self {
        Self { version: reaction.file.version, decided_at: reaction.file.committed_at, facts: reaction.facts }
    }
}

fn undo(desk: &mut Desk, commit: &Commit) -> Reaction {
    let Commit { version, decided_at, facts } = commit;
    desk.hear(Happening::Undo { version: *version, decided_at: *decided_at, facts: facts.clone() })
}

fn refusals(reaction: &Reaction) -> Vec<UndoRefusal> {
    let refusal = |fact: &Fact| match fact.what {
        What::UndoRefused { reason, .. } => Some(reason),
        _ => None,
    };
    reaction.facts.iter().filter_map(refusal).collect()
}

/// A new customer with an open touch, moved on by a question about the price.
fn moved_by_a_rule() -> (Desk, Commit) {
    let mut desk = Desk::at_stage("new");
    desk.edit("anna", &["vip"], &[]);
    desk.settle();
    desk.wait_until("2026-03-02T10:40");
    assert_eq!(desk.open("care"), Some("c1".into()));
    let commit = desk.say("多少钱").into();
    desk.settle();
    assert_eq!((desk.stage(), desk.inside()), (Some("price"), vec!["hello", "offer"]));
    (desk, commit)
}

#[test]
fn an_undo_restores_stage_tags_and_the_enrollment_with_its_open_touch() {
    let (mut desk, commit) = moved_by_a_rule();
    desk.now = desk.now.plus_mins(1);
    let reaction = undo(&mut desk, &commit);
    assert!(refusals(&reaction).is_empty());
    desk.settle();
    assert_eq!(
        (desk.stage(), desk.tags(), desk.phone("anna")),
        (Some("new"), vec!["new", "vip"], vec!["new", "vip"])
    );
    let card = &desk.file.cards[&BoardId::from("sales")];
    assert_eq!(card.since, Some(at("2026-03-02T10:00")), "as if it had never left");
    assert_eq!(desk.inside(), ["hello", "care"]);
    assert_eq!(desk.open("care"), Some("c1".into()));
    let reopened =
        |record: &Record| matches!(record, Record::TouchReopened(touch) if touch.to_string() == "care~1~c1");
    assert!(reaction.records.iter().any(reopened), "its row of a cancelled touch is taken back");

    desk.done("care~1~c1");
    desk.wait_until("2026-03-10T12:00");
    let care: Vec<_> = desk.outcomes().into_iter().filter(|line| line.starts_with("care")).collect();
    assert_eq!(
        care,
        ["care/c1: cancelled left_stage", "care/c1: sent staff_marked", "care/c2: missed expired"]
    );
    assert!(!desk.outcomes().iter().any(|line| line.starts_with("offer")), "the offer never began");
}

#[test]
fn an_undone_customer_may_be_moved_again_and_enters_the_sop_anew() {
    let (mut desk, commit) = moved_by_a_rule();
    undo(&mut desk, &commit);
    desk.settle();
    desk.now = desk.now.plus_mins(1);
    desk.drag("price");
    assert_eq!(desk.inside(), ["hello", "offer"]);
}

#[test]
fn what_has_been_changed_since_is_not_taken_back() {
    let (mut desk, commit) = moved_by_a_rule();
    desk.drag("deal");
    desk.settle();
    let reaction = undo(&mut desk, &commit);
    assert!(refusals(&reaction).contains(&UndoRefusal::ChangedSince));
    assert_eq!(desk.stage(), Some("deal"));
}

#[test]
fn an_undo_is_done_once() {
    let (mut desk, commit) = moved_by_a_rule();
    undo(&mut desk, &commit);
    desk.settle();
    let reaction = undo(&mut desk, &commit);
    assert_eq!(refusals(&reaction), [UndoRefusal::ChangedSince]);
    assert_eq!((kinds(&reaction).len(), desk.stage()), (1, Some("new")));
}

#[test]
fn an_enrollment_that_has_sent_something_is_not_cancelled_by_the_undo() {
    let (mut desk, commit) = moved_by_a_rule();
    desk.wait_until("2026-03-02T10:45");
    desk.done("offer~1~o1");
    let reaction = undo(&mut desk, &commit);
    assert_eq!(refusals(&reaction), [UndoRefusal::AlreadySent]);
    assert_eq!(desk.stage(), Some("new"));
    assert!(desk.outcomes().contains(&"offer/o1: sent staff_marked".into()));
}

#[test]
fn after_a_day_nothing_is_taken_back() {
    let (mut desk, commit) = moved_by_a_rule();
    desk.now = desk.now.plus_days(1).plus_secs(1);
    let reaction = undo(&mut desk, &commit);
    assert_eq!(refusals(&reaction), [UndoRefusal::TooOld]);
    assert_eq!(desk.stage(), Some("price"));
}

#[test]
fn a_commit_that_moved_a_card_twice_is_taken_back_whole() {
    let mut desk = Desk::at_stage("new");
    let when = json!({"tag_added": "考虑价格"});
    let then = json!([{"add_tag": "VIP"}, {"add_tag": "已成交"}, {"remove_tag": "VIP"}]);
    rule(&mut desk.book, json!({"id": "on", "name": "直达", "when": when, "then": then}));
    let commit = desk.say("多少钱").into();
    assert_eq!(desk.stage(), Some("deal"));
    let reaction = undo(&mut desk, &commit);
    assert!(refusals(&reaction).is_empty(), "{:?}", refusals(&reaction));
    assert_eq!((desk.stage(), desk.tags()), (Some("new"), vec!["new"]));
    assert_eq!(desk.inside(), ["care", "hello"]);
}

#[test]
fn a_rule_does_not_undo_the_undo() {
    let mut desk = Desk::at_stage("new");
    let commit = desk.drag("price").into();
    let when = json!({"tag_added": "新客"});
    rule(
        &mut desk.book,
        json!({"id": "on", "name": "推进", "when": when, "then": [{"add_tag": "考虑价格"}]}),
    );
    undo(&mut desk, &commit);
    desk.settle();
    assert_eq!((desk.stage(), desk.phone("anna")), (Some("new"), vec!["new"]));
}

#[test]
fn tags_put_on_and_taken_off_by_hand_come_back_unless_they_changed_again() {
    let mut desk = Desk::with_friend();
    desk.edit("anna", &["car", "hot"], &[]);
    desk.settle();
    let (add, remove) = (["vip".into()].into(), ["car".into(), "hot".into()].into());
    let commit = desk.hear(Happening::TagsEdited { add, remove, expires_at: None }).into();
    desk.settle();
    desk.edit("anna", &["hot"], &[]);
    desk.settle();
    let reaction = undo(&mut desk, &commit);
    desk.settle();
    assert_eq!(refusals(&reaction), [UndoRefusal::ChangedSince], "hot is back already");
    assert_eq!((desk.tags(), desk.phone("anna")), (vec!["car", "hot"], vec!["car", "hot"]));
}

#[test]
fn a_greeting_under_way_cannot_be_called_back() {
    let mut desk = Desk::new();
    let commit = desk.add("anna").into();
    let reaction = undo(&mut desk, &commit);
    assert_eq!(refusals(&reaction), [UndoRefusal::AlreadySent]);
    assert_eq!(desk.inside(), ["hello"]);
}

#[test]
fn an_entry_that_holds_nothing_to_take_back_says_so() {
    let mut desk = Desk::with_friend();
    let commit = desk.say("你好").into();
    let reaction = undo(&mut desk, &commit);
    assert_eq!(refusals(&reaction), [UndoRefusal::Nothing]);
}

#[test]
fn a_touch_that_an_undo_reopens_is_mentioned_again() {
    let mut desk = Desk::at_stage("new");
    desk.wait_until("2026-03-02T10:40");
    assert_eq!(desk.open("care"), Some("c1".into()));
    let wrong = Commit::from(desk.drag("price"));
    desk.settle();
    // Its slot, 10:45, has passed meanwhile.
    desk.now = at("2026-03-02T10:52");
    let undone = undo(&mut desk, &wrong);
    assert_eq!(desk.open("care"), Some("c1".into()));
    let slots: Vec<_> = undone.slots.iter().map(|slot| (slot.staff.as_str(), slot.at)).collect();
    assert_eq!(slots, [("anna", at("2026-03-02T11:00"))]);
}

#[test]
fn a_parting_cannot_be_undone() {
    let mut desk = Desk::at_stage("new");
    let parted = Commit::from(desk.unfriend("anna", SideName::Customer));
    let reaction = undo(&mut desk, &parted);
    assert_eq!(kinds(&reaction), ["undo_refused"]);
    assert!(desk.inside().is_empty());
}

#[test]
fn an_sop_comes_back_only_to_the_stage_it_belongs_to() {
    let mut desk = Desk::at_stage("new");
    desk.wait_until("2026-03-02T10:40");
    let first = Commit::from(desk.drag("price"));
    desk.settle();
    desk.drag("deal");
    desk.settle();
    let reaction = undo(&mut desk, &first);
    assert_eq!(kinds(&reaction), ["undo_refused"], "somebody has moved the card since");
    assert!(reaction.slots.is_empty());
    assert_eq!(desk.inside(), Vec::<&str>::new());
}
