//! The welcome (W1): one code, twenty seconds, one outcome.

use serde_json::json;

use super::fixture::{Desk, kinds, publish};
use crate::{
    Happening, Timestamp,
    fact::What,
    file::{OneShot, OneShotKind},
    react::Work,
    signal::{CallResult, Performed, SideName},
};

/// Anna's friend since this moment; the welcome is being sent.
fn greeting() -> Desk {
    let mut desk = Desk::new();
    desk.add("anna");
    assert!(matches!(desk.take_work().as_slice(), [Work::Welcome(_), Work::Fetch]));
    desk
}

fn pending(desk: &Desk) -> &OneShot {
    let [one_shot] = desk.file.pending.as_slice() else { panic!("{:?}", desk.file.pending) };
    one_shot
}

/// What the worker that holds the lease now will tell.
fn welcomed(desk: &Desk, result: CallResult) -> Performed {
    let one_shot = pending(desk);
    Performed::Welcomed {
        id: one_shot.id.clone(),
        attempt: one_shot.attempt.number,
        result,
        left_out: 0,
        partly: false,
    }
}

fn answer(desk: &mut Desk, result: CallResult) {
    let told = welcomed(desk, result);
    desk.performed(told);
}

const DELIVERED_OR_CHATTING: CallResult = CallResult::Refused { code: 41051 };

#[test]
fn a_new_friend_is_greeted_once_by_name_if_it_is_known() {
    let mut desk = Desk::new();
    desk.wecom.add("anna", desk.now);
    let snapshot = Some(desk.wecom.snapshot(0));
    let welcome_code = Some("code".into());
    let staff = "anna".into();
    desk.hear(Happening::ContactAdded { staff, half: false, state: None, welcome_code, snapshot });
    let OneShotKind::Welcome { text, code, .. } = &pending(&desk).kind;
    assert_eq!((text.as_str(), code.as_str()), ("你好 李雷", "code"));
    desk.settle();
    assert_eq!(desk.outcomes(), ["hello/w: sent wecom_result"]);
    assert_eq!(desk.file.contact.sent_at, Some(desk.now));
}

#[test]
fn what_wecom_answers_is_the_outcome() {
    for (result, outcome) in [
        (CallResult::Done, "hello/w: sent wecom_result"),
        (CallResult::Refused { code: 41050 }, "hello/w: skipped too_late"),
        (CallResult::NotCalled, "hello/w: skipped too_late"),
        (DELIVERED_OR_CHATTING, "hello/w: skipped already_chatting"),
        (CallResult::Refused { code: 48002 }, "hello/w: failed 48002"),
    ] {
        let mut desk = greeting();
        answer(&mut desk, result);
        assert_eq!(desk.outcomes(), [outcome]);
        assert!(desk.file.pending.is_empty());
    }
}

#[test]
fn a_code_that_is_used_after_a_doubtful_call_means_that_the_call_had_its_effect() {
    let mut desk = greeting();
    answer(&mut desk, CallResult::Ambiguous);
    assert!(desk.outcomes().is_empty());
    desk.now = desk.now.plus_secs(3);
    desk.hear(Happening::Woken);
    answer(&mut desk, DELIVERED_OR_CHATTING);
    assert_eq!(desk.outcomes(), ["hello/w: sent wecom_result"]);
}

#[test]
fn a_failed_call_is_tried_again_while_the_code_lives() {
    let mut desk = greeting();
    for _ in 0..4 {
        answer(&mut desk, CallResult::Failed);
        let next = desk.file.wake_at.unwrap();
        assert!(next <= desk.now.plus_secs(3), "seconds count");
        desk.now = next;
        desk.hear(Happening::Woken);
        assert_eq!(desk.take_work(), [Work::Welcome(pending(&desk).id.clone())]);
    }
    answer(&mut desk, CallResult::Done);
    assert_eq!(desk.outcomes(), ["hello/w: sent wecom_result"]);
}

#[test]
fn calls_that_fail_until_the_code_is_dead_end_too_late() {
    let mut desk = greeting();
    desk.now = desk.now.plus_secs(20);
    answer(&mut desk, CallResult::Failed);
    assert_eq!(desk.outcomes(), ["hello/w: skipped too_late"]);
}

#[test]
fn a_worker_that_died_may_have_greeted_so_the_same_code_is_asked() {
    let mut desk = greeting();
    desk.performed(Performed::FetchFailed { began: u64::MAX, result: CallResult::Refused { code: 84061 } });
    assert_eq!(desk.file.wake_at, Some(desk.now.plus_secs(5)));
    desk.now = desk.now.plus_secs(5);
    desk.hear(Happening::Woken);
    assert!(pending(&desk).ambiguous);
    assert_eq!(desk.take_work(), [Work::Welcome(pending(&desk).id.clone())]);
    answer(&mut desk, DELIVERED_OR_CHATTING);
    assert_eq!(desk.outcomes(), ["hello/w: sent wecom_result"]);
}

#[test]
fn what_a_greeting_lacked_is_told_of_the_call_that_greeted() {
    let told = |desk: &Desk, result, parts| {
        let Performed::Welcomed { id, attempt, result, .. } = welcomed(desk, result) else { unreachable!() };
        Performed::Welcomed { id, attempt, result, left_out: parts, partly: false }
    };
    let asked = CallResult::Ambiguous;
    for (calls, parts) in [
        // It went whole, and was asked about when an id was lost.
        (vec![(asked, 0), (asked, 1), (DELIVERED_OR_CHATTING, 2)], None),
        // It went bare, and was asked about when everything was there again.
        (vec![(asked, 2), (DELIVERED_OR_CHATTING, 0)], Some(2)),
        // It had not greeted: the one that asked did.
        (vec![(asked, 2), (CallResult::Done, 0)], None),
        (vec![(asked, 0), (CallResult::Done, 1)], Some(1)),
    ] {
        let mut desk = greeting();
        for (result, parts) in calls {
            while !pending(&desk).attempt.running {
                desk.now = desk.file.wake_at.unwrap();
                desk.hear(Happening::Woken);
            }
            let told = told(&desk, result, parts);
            desk.performed(told);
        }
        assert_eq!(desk.outcomes()[0], "hello/w: sent wecom_result");
        let lacked = desk.told.iter().find_map(|fact| match &fact.what {
            What::PartsLeftOut { parts, .. } => Some(*parts),
            _ => None,
        });
        assert_eq!(lacked, parts);
    }
}

#[test]
fn a_doubtful_greeting_is_asked_about_until_wecom_says() {
    let mut desk = greeting();
    answer(&mut desk, CallResult::Ambiguous);
    let mut asked = 0;
    while asked < 8 {
        desk.now = desk.file.wake_at.unwrap();
        desk.hear(Happening::Woken);
        if desk.take_work().iter().any(|work| matches!(work, Work::Welcome(_))) {
            answer(&mut desk, CallResult::Failed);
            asked += 1;
        }
    }
    let pause = desk.file.pending[0].attempt.until.ms() - desk.now.ms();
    assert!(pause > 60_000, "the code is long dead, so there is no hurry: {pause} ms");
    answer_when_free(&mut desk, CallResult::Refused { code: 41050 });
    assert_eq!(desk.outcomes()[0], "hello/w: skipped too_late");
}

fn answer_when_free(desk: &mut Desk, result: CallResult) {
    desk.now = pending(desk).attempt.until;
    desk.hear(Happening::Woken);
    answer(desk, result);
}

#[test]
fn a_friend_we_hear_of_too_late_is_not_greeted() {
    for late in [21, 3600, 90_000] {
        let mut desk = Desk::new();
        let added_at = desk.now;
        desk.now = desk.now.plus_secs(late);
        let welcome_code = Some("code".into());
        let staff = "anna".into();
        let added = Happening::ContactAdded { staff, half: false, state: None, welcome_code, snapshot: None };
        desk.hear_of(added_at, added);
        assert_eq!(desk.outcomes()[0], "hello/w: skipped too_late", "{late} s");
    }
}

#[test]
fn without_a_code_there_is_no_welcome() {
    let mut desk = Desk::new();
    let staff = "anna".into();
    desk.hear(Happening::ContactAdded {
        staff,
        half: false,
        state: None,
        welcome_code: None,
        snapshot: None,
    });
    desk.wecom.add("anna", desk.now);
    desk.settle();
    assert_eq!(desk.outcomes(), ["hello/w: skipped no_code"]);
    assert!(desk.next("hello").is_some(), "the other steps follow");
}

#[test]
fn a_customer_who_blocks_during_the_greeting_still_gets_its_outcome() {
    let mut desk = greeting();
    desk.unfriend("anna", SideName::Customer);
    assert!(desk.inside().is_empty());
    assert!(desk.outcomes().is_empty(), "it may arrive yet");
    answer(&mut desk, CallResult::Done);
    assert_eq!(desk.outcomes(), ["hello/w: sent wecom_result"]);

    desk.now = desk.now.plus_days(1);
    desk.add("anna");
    assert_eq!(desk.next("hello").map(|(step, _)| step), Some("d1".into()));
    desk.settle();
    assert_eq!(desk.outcomes().len(), 1, "nobody is greeted twice");
}

#[test]
fn a_greeting_under_way_when_the_sop_is_deleted_still_has_its_record() {
    let mut desk = greeting();
    desk.book.sops.clear();
    desk.hear(Happening::Woken);
    assert!(desk.inside().is_empty());
    let told = welcomed(&desk, CallResult::Done);
    let reaction = desk.performed(told);
    assert_eq!((kinds(&reaction).len(), reaction.records.len()), (1, 1));
}

#[test]
fn the_step_behind_a_welcome_waits_for_its_outcome_without_waking_anybody() {
    let mut desk = greeting();
    answer(&mut desk, CallResult::Ambiguous);
    // Nobody answers until the next morning's step is due.
    while desk.now < super::fixture::at("2026-03-03T09:30") {
        desk.now = desk.file.wake_at.unwrap().max(desk.now.plus_mins(9));
        desk.hear(Happening::Woken);
        if !desk.take_work().is_empty() {
            answer(&mut desk, CallResult::Failed);
        }
    }
    assert_eq!(desk.open("hello"), Some("w".into()));
    answer_when_free(&mut desk, CallResult::Refused { code: 41050 });
    assert_eq!(desk.open("hello"), Some("d1".into()));
}

#[test]
fn a_worker_that_was_held_up_does_not_decide_what_another_has_taken_over() {
    let mut desk = greeting();
    let held_up = welcomed(&desk, CallResult::NotCalled);
    // Another takes over, and its call times out after the effect; a third asks.
    desk.now = desk.now.plus_secs(5);
    desk.hear(Happening::Woken);
    answer(&mut desk, CallResult::Ambiguous);
    desk.now = desk.now.plus_secs(30);
    desk.hear(Happening::Woken);
    desk.performed(held_up);
    assert!(desk.outcomes().is_empty());
    answer(&mut desk, CallResult::NotCalled);
    assert!(desk.outcomes().is_empty(), "not having called now says nothing of the call before");
    answer_when_free(&mut desk, DELIVERED_OR_CHATTING);
    assert_eq!(desk.outcomes(), ["hello/w: sent wecom_result"]);
}

#[test]
fn a_straggler_that_did_greet_is_believed() {
    let mut desk = greeting();
    let held_up = welcomed(&desk, CallResult::Done);
    desk.now = desk.now.plus_secs(5);
    desk.hear(Happening::Woken);
    desk.performed(held_up);
    assert_eq!(desk.outcomes(), ["hello/w: sent wecom_result"]);
}

#[test]
fn a_friend_of_a_second_that_our_clock_has_not_reached_is_greeted_at_once() {
    let mut desk = Desk::new();
    let ahead = Timestamp::from_ms(desk.now.ms() + 700);
    desk.wecom.add("anna", ahead);
    let (staff, welcome_code) = ("anna".into(), Some("code".into()));
    desk.hear_of(
        ahead,
        Happening::ContactAdded { staff, half: false, state: None, welcome_code, snapshot: None },
    );
    desk.settle();
    assert_eq!(desk.outcomes(), ["hello/w: sent wecom_result"]);
}

#[test]
fn of_two_sops_that_greet_the_more_important_takes_the_code() {
    let mut desk = Desk::new();
    publish(
        &mut desk.book,
        &json!({"id": "vip", "name": "贵宾", "priority": 90, "anchor": {"kind": "friend_add"}, "steps": [
            {"id": "w", "at": {"after_minutes": 0}, "method": "welcome", "content": {"text": "您好"}}]}),
    );
    desk.add("anna");
    desk.settle();
    assert_eq!(desk.outcomes(), ["hello/w: skipped no_code", "vip/w: sent wecom_result"]);
}

#[test]
fn a_friendship_that_is_fetched_before_its_callback_waits_for_the_code() {
    let mut desk = Desk::new();
    desk.wecom.add("anna", desk.now);
    // A message overtakes the callback, and asks WeCom who that is.
    desk.say("你好");
    desk.settle();
    assert!(desk.relation("anna").is_open());
    assert!(desk.outcomes().is_empty());
    let added = desk.now;
    desk.now = desk.now.plus_secs(5);
    let (staff, welcome_code) = ("anna".into(), Some("code".into()));
    let told = Happening::ContactAdded { staff, half: false, state: None, welcome_code, snapshot: None };
    desk.hear_of(added, told);
    desk.settle();
    assert_eq!(desk.outcomes(), ["hello/w: sent wecom_result"]);
}

#[test]
fn a_friendship_whose_callback_is_lost_waits_no_longer_than_a_code_lives() {
    let mut desk = Desk::new();
    desk.wecom.add("anna", desk.now);
    desk.say("你好");
    desk.settle();
    desk.wait(desk.now.plus_secs(21));
    assert_eq!(desk.outcomes(), ["hello/w: skipped no_code"]);
}
