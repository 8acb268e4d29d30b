//! Touches: when they begin, how they end (D1, P4, P6, P9).

use serde_json::json;

use super::fixture::{Desk, at, kinds, publish};
use crate::{Happening, What, file::TouchRef, timing};

#[test]
fn an_open_touch_is_superseded_when_the_next_step_falls_due() {
    let mut desk = Desk::at_stage("price");
    desk.wait_until("2026-03-03T10:00");
    assert!(desk.outcomes().contains(&"offer/o1: missed superseded".into()), "{:?}", desk.outcomes());
    assert_eq!(desk.open("offer"), Some("o2".into()));
}

#[test]
fn a_touch_that_nobody_does_is_missed_when_its_hard_end_comes() {
    let mut desk = Desk::with_friend();
    desk.wait_until("2026-03-03T20:01");
    assert_eq!(desk.open("hello"), Some("d1".into()), "overdue since eight, but doable");
    desk.wait_until("2026-03-04T20:00");
    assert!(desk.outcomes().contains(&"hello/d1: missed expired".into()));
}

#[test]
fn steps_that_were_slept_through_are_missed_and_not_all_offered_at_once() {
    let mut desk = Desk::with_friend();
    desk.now = at("2026-03-20T12:00");
    let reaction = desk.hear(Happening::Woken);
    assert!(!kinds(&reaction).contains(&"offered".to_owned()));
    assert_eq!(desk.outcomes()[1..], ["hello/d1: missed expired", "hello/d3: missed expired"]);
    assert!(desk.inside().is_empty());
    assert_eq!(desk.told(|what| matches!(what, What::Completed { .. })), 1);
}

#[test]
fn a_step_whose_condition_is_false_when_it_is_due_is_skipped_with_its_reason() {
    let mut desk = Desk::at_stage("price");
    desk.edit("anna", &["vip"], &[]);
    desk.settle();
    desk.wait_until("2026-03-03T10:00");
    assert!(desk.outcomes().contains(&"offer/o2: skipped condition".into()));
}

#[test]
fn a_task_is_done_once() {
    let mut desk = Desk::at_stage("price");
    desk.wait_until("2026-03-02T10:02");
    let reaction = desk.done("offer~1~o1");
    assert_eq!((kinds(&reaction), reaction.records.len()), (vec!["ended".into()], 1));
    let reaction = desk.done("offer~1~o1");
    assert_eq!((kinds(&reaction), reaction.records.len()), (vec!["task_not_open".into()], 0));
    let skipped = TouchRef::parse("offer~1~o1").unwrap();
    let reaction = desk.hear(Happening::TaskSkipped { touch: skipped, note: None });
    assert_eq!(kinds(&reaction), ["task_not_open"]);
    let sent: Vec<_> = desk.outcomes().into_iter().filter(|line| line.starts_with("offer")).collect();
    assert_eq!(sent, ["offer/o1: sent staff_marked"]);
}

#[test]
fn staff_skip_a_task_with_their_own_words() {
    let mut desk = Desk::at_stage("price");
    desk.wait_until("2026-03-02T10:02");
    let touch = TouchRef::parse("offer~1~o1").unwrap();
    desk.hear(Happening::TaskSkipped { touch, note: Some("在出差".into()) });
    let done = &desk.file.enrollments.last().unwrap().done[0];
    let shown = serde_json::to_value(done).unwrap();
    assert_eq!((&shown["reason"], &shown["note"]), (&json!("by_staff"), &json!("在出差")));
}

#[test]
fn a_step_of_the_day_whose_window_is_open_starts_late_and_others_are_skipped() {
    let mut desk = Desk::with_friend();
    publish(
        &mut desk.book,
        &json!({"id": "day", "name": "当天", "anchor": {"kind": "friend_add"}, "audience": {"tag": "热"}, "steps": [
            {"id": "m", "at": {"day": 0, "time": "11:00", "until": "12:00"}, "method": "task", "content": {"text": "早"}},
            {"id": "a", "at": {"day": 0, "time": "15:00"}, "method": "task", "content": {"text": "午"}},
            {"id": "n", "at": {"day": 1, "time": "11:00"}, "method": "task", "content": {"text": "次日"}},
        ]}),
    );
    desk.wait_until("2026-03-02T17:00");
    desk.edit("anna", &["hot"], &[]);
    desk.settle();
    assert_eq!(desk.outcomes()[1..], ["day/m: skipped late_start"]);
    assert_eq!(desk.next("day"), Some(("a".into(), at("2026-03-02T17:02"))));
    desk.wait_until("2026-03-02T17:02");
    assert_eq!(desk.next("day"), Some(("n".into(), at("2026-03-03T11:00"))));
}

#[test]
fn two_minutes_of_grace_do_not_reach_into_the_quiet_hours() {
    let mut desk = Desk::with_friend();
    desk.wait_until("2026-03-02T21:29");
    desk.drag("price");
    desk.settle();
    assert_eq!(desk.next("offer"), Some(("o1".into(), at("2026-03-03T08:30"))));
    let next = desk.file.enrollments.last().unwrap().next.clone().unwrap();
    assert!(next.until > next.due_at.plus_mins(60), "and leave time to do it: {}", next.until);
}

#[test]
fn who_wakes_at_night_is_offered_the_touch_and_reminded_in_the_morning() {
    let settings = crate::playbook::Settings::default();
    let slot = timing::slot(at("2026-03-02T21:00"), true, at("2026-03-02T23:00"), &settings);
    assert_eq!(slot, at("2026-03-03T08:30"));
}

#[test]
fn an_sop_ends_when_its_exit_condition_comes_true() {
    let mut desk = Desk::with_friend();
    desk.drag("deal");
    desk.settle();
    assert!(desk.inside().is_empty());
    assert_eq!(desk.file.wake_at, None);
}

#[test]
fn an_sop_ends_on_a_reply_or_when_the_audience_no_longer_fits_if_it_says_so() {
    let mut desk = Desk::new();
    for (id, exit) in [("reply", json!({"on_reply": true})), ("leave", json!({"left_audience": true}))] {
        publish(
            &mut desk.book,
            &json!({"id": id, "name": id, "anchor": {"kind": "friend_add"}, "audience": {"not": {"tag": "SUV"}},
                "exit": exit, "steps": [
                {"id": "a", "at": {"day": 5, "time": "11:00"}, "method": "task", "content": {"text": "x"}}]}),
        );
    }
    desk.add("anna");
    desk.settle();
    assert_eq!(desk.inside(), ["hello", "leave", "reply"]);
    let earlier = desk.now.plus_mins(-30);
    let old = Happening::MessageReceived { staff: "anna".into(), text: "在吗".into() };
    desk.hear_of(earlier, old);
    assert_eq!(desk.inside(), ["hello", "leave", "reply"], "written before they entered");
    desk.now = desk.now.plus_mins(1);
    desk.say("在吗");
    assert_eq!(desk.inside(), ["hello", "leave"]);
    desk.edit("anna", &["car"], &[]);
    desk.settle();
    assert_eq!(desk.inside(), ["hello"]);
}

#[test]
fn a_customer_who_comes_back_to_a_stage_enters_its_sop_again_only_after_thirty_days() {
    let mut desk = Desk::at_stage("price");
    desk.drag("new");
    desk.now = desk.now.plus_days(1);
    desk.drag("price");
    desk.settle();
    assert!(!desk.inside().contains(&"offer"));
    desk.drag("new");
    desk.now = desk.now.plus_days(30);
    desk.drag("price");
    desk.settle();
    assert!(desk.inside().contains(&"offer"));
    assert_eq!(desk.file.enrollments.last().map(|live| live.n), Some(2));
}

#[test]
fn a_full_file_refuses_an_entry_once_and_says_why() {
    let mut desk = Desk::new();
    for n in 0..21 {
        publish(
            &mut desk.book,
            &json!({"id": format!("s{n:02}"), "name": "s", "anchor": {"kind": "friend_add"}, "steps": [
                {"id": "a", "at": {"day": 5, "time": "11:00"}, "method": "task", "content": {"text": "x"}}]}),
        );
    }
    desk.add("anna");
    desk.settle();
    desk.say("你好");
    desk.hear(Happening::Woken);
    assert_eq!(desk.inside().len(), 20);
    // s19 and s20 did not fit beside hello; each was told of when the friend was added.
    assert_eq!(desk.told(|what| matches!(what, What::EntryRefused { .. })), 2);
}

/// A friend at `time`, with an SOP of two steps on that day and one later.
fn newcomer(time: &str, steps: &[serde_json::Value]) -> Desk {
    let mut desk = Desk::new();
    desk.now = at(time);
    publish(
        &mut desk.book,
        &json!({"id": "mix", "name": "m", "anchor": {"kind": "friend_add"}, "steps": steps}),
    );
    desk.add("anna");
    desk.settle();
    desk
}

fn step(id: &str, at: &serde_json::Value) -> serde_json::Value {
    json!({"id": id, "at": at, "method": "task", "content": {"text": "x"}})
}

#[test]
fn steps_whose_order_a_late_anchor_turns_round_stay_an_hour_apart() {
    let steps = [
        step("a", &json!({"after_minutes": 120})),
        step("b", &json!({"day": 0, "time": "18:00"})),
        step("z", &json!({"day": 2, "time": "18:00"})),
    ];
    let mut desk = newcomer("2026-03-02T17:00", &steps);
    desk.wait_until("2026-03-02T19:00");
    assert_eq!(desk.open("mix"), Some("a".into()));
    desk.wait_until("2026-03-02T20:00");
    assert_eq!(desk.open("mix"), Some("b".into()));
    assert!(desk.outcomes().contains(&"mix/a: missed superseded".to_owned()));
}

#[test]
fn a_step_whose_hour_was_past_on_entry_is_skipped_also_when_the_one_before_waits_for_the_morning() {
    let steps = [
        step("a", &json!({"after_minutes": 60})),
        step("b", &json!({"day": 0, "time": "20:00"})),
        step("z", &json!({"day": 2, "time": "18:00"})),
    ];
    let mut desk = newcomer("2026-03-02T21:00", &steps);
    desk.wait_until("2026-03-03T08:30");
    assert_eq!(desk.open("mix"), Some("a".into()));
    let of_mix: Vec<String> = desk.outcomes().into_iter().filter(|line| line.starts_with("mix/")).collect();
    assert_eq!(of_mix, ["mix/b: skipped late_start"]);
}

#[test]
fn late_entries_share_the_next_quarter_of_an_hour_as_their_reminder() {
    let mut desk = Desk::with_friend();
    publish(
        &mut desk.book,
        &json!({"id": "day", "name": "当天", "anchor": {"kind": "stage_entry", "stage": "sales/price"},
            "steps": [step("a", &json!({"day": 0, "time": "15:00"}))]}),
    );
    desk.now = crate::Timestamp::from_ms(at("2026-03-02T17:00").ms() + 13_457);
    desk.drag("price");
    desk.settle();
    desk.now = desk.next("day").unwrap().1;
    let slots: Vec<_> = desk.hear(Happening::Woken).slots.into_iter().map(|slot| slot.at).collect();
    assert_eq!(slots, [at("2026-03-02T17:15")]);
}

#[test]
fn who_is_woken_late_into_the_night_is_offered_nothing_before_the_morning() {
    let mut desk = newcomer("2026-03-02T10:00", &[step("a", &json!({"day": 0, "time": "21:20"}))]);
    desk.now = at("2026-03-02T21:40");
    desk.hear(Happening::Woken);
    assert_eq!(desk.open("mix"), None);
    assert_eq!(desk.next("mix"), Some(("a".into(), at("2026-03-03T08:30"))));
    desk.wait_until("2026-03-03T08:30");
    assert_eq!(desk.open("mix"), Some("a".into()));
}

#[test]
fn nobody_enters_only_to_leave_at_once() {
    let mut desk = Desk::with_friend();
    publish(
        &mut desk.book,
        &json!({"id": "short", "name": "s", "anchor": {"kind": "stage_entry", "stage": "sales/price"},
            "exit": {"when": {"tag": "热"}}, "steps": [step("a", &json!({"after_minutes": 30}))]}),
    );
    desk.edit("anna", &["hot"], &[]);
    desk.settle();
    desk.drag("price");
    desk.settle();
    assert!(!desk.inside().contains(&"short"));
    assert!(desk.file.ended.keys().all(|sop| sop.as_str() != "short"));
}
