//! What is told of a sending, and when: greetings without some of their parts, tasks that were closed while somebody sent
//! them, links that were opened before.

use serde_json::json;

use super::{
    super::fixture::{Desk, kinds},
    beside, rows, shelve, sop, step,
};
use crate::{
    Happening, What,
    content::SentContent,
    file::{Evidence, Route, TouchRef},
    react::Reaction,
    signal::{CallResult, LateSending, LinkSource, Performed},
};

/// A greeting with case-a is being sent, and the day after a task sends it.
fn greeting() -> Desk {
    let mut desk = Desk::new();
    desk.book.sops.clear();
    shelve(&mut desk, "case-a", 1, &[1]);
    let content = json!({"ref": "case-a"});
    let hello = json!({"id": "hi", "at": {"after_minutes": 0}, "method": "welcome", "content": content});
    sop(&mut desk, "greet", &[hello, step("x", 1, &content)]);
    desk.add("anna");
    desk.take_work();
    desk
}

fn greeted(desk: &mut Desk, left_out: u32, partly: bool) -> Reaction {
    let [work] = desk.file.pending.as_slice() else { panic!("{:?}", desk.file.pending) };
    let (id, attempt) = (work.id.clone(), work.attempt.number);
    let told = Performed::Welcomed { id, attempt, result: CallResult::Done, left_out, partly };
    let reaction = desk.hear(Happening::Performed { results: vec![told] });
    desk.settle();
    reaction
}

#[test]
fn a_greeting_that_lost_parts_is_noted_and_the_task_after_it_sends_everything() {
    let mut desk = greeting();
    let reaction = greeted(&mut desk, 1, true);
    assert_eq!(rows(&reaction).iter().map(|row| row.sendings).collect::<Vec<_>>(), [1]);
    let partly = |what: &What| matches!(what, What::Exposed { route: Route::Welcome, partly: true, .. });
    assert_eq!(desk.told(partly), 1);
    assert!(desk.file.exposures.is_empty());
    desk.wait_until("2026-03-03T10:00");
    assert_eq!(desk.open("greet"), Some("x".into()));
    desk.done("greet~1~x");
    assert_eq!(desk.told(|what| matches!(what, What::Exposed { again: true, .. })), 0);
    assert_eq!(desk.file.exposures[&"case-a".into()].edition, 1);
}

#[test]
fn a_greeting_whose_link_merely_lacks_its_picture_counts() {
    let mut desk = greeting();
    greeted(&mut desk, 1, false);
    desk.wait_until("2026-03-03T10:00");
    assert_eq!(desk.outcomes(), ["greet/hi: sent wecom_result", "greet/x: skipped already_had"]);
}

#[test]
fn what_a_greeting_said_counts_also_if_nothing_is_left_of_its_touch() {
    let mut desk = greeting();
    desk.file.enrollments.clear();
    let reaction = greeted(&mut desk, 0, false);
    let [row] = rows(&reaction)[..] else { panic!("{:?}", reaction.records) };
    let sending = row.sent.clone().unwrap();
    assert_eq!((sending.route, sending.staff.as_str()), (Route::Welcome, "anna"));
    assert_eq!(desk.file.exposures[&"case-a".into()].edition, 1);
}

#[test]
fn what_was_sent_by_a_task_that_was_closed_meanwhile_counts_and_the_outcome_stays() {
    let mut desk = beside(&[step("x", 5, &json!({"ref": "case-a"}))]);
    desk.wait_until("2026-03-03T10:05");
    let touch = TouchRef::parse("first~1~a").unwrap();
    desk.hear(Happening::TaskSkipped { touch: touch.clone(), note: None });
    let outcome = desk.outcomes();
    let content = desk.book.contents[&"case-a".into()].sent_as(None).unwrap();
    let late = Some(LateSending { staff: "anna".into(), content });
    let evidence = Evidence::SdkCallback;
    let reaction = desk.hear(Happening::TaskDone { touch: touch.clone(), evidence, late });
    assert_eq!(kinds(&reaction), ["task_not_open", "exposed"]);
    assert_eq!(reaction.facts[1].because, Some(0));
    let [row] = rows(&reaction)[..] else { panic!("{:?}", reaction.records) };
    let sending = row.sent.clone().unwrap();
    assert_eq!((sending.route, sending.touch), (Route::Task, Some(touch)));
    assert_eq!((desk.outcomes(), desk.file.contact.sent_at), (outcome, Some(desk.now)));
    desk.wait_until("2026-03-07T10:00");
    assert!(desk.outcomes().contains(&"then/x: skipped already_had".into()), "{:?}", desk.outcomes());
}

#[test]
fn a_link_that_is_opened_before_anybody_says_that_it_was_sent_is_opened_once() {
    let mut desk = beside(&[step("x", 300, &json!({"text": "x"}))]);
    desk.wait_until("2026-03-03T10:05");
    let open = |desk: &mut Desk| {
        let content = SentContent { content: "case-a".into(), version: 1, edition: 1 };
        let via = LinkSource::Touch(TouchRef::parse("first~1~a").unwrap());
        let reaction = desk.hear(Happening::LinkOpened { content, part: 1, via });
        reaction.facts.iter().any(|fact| matches!(fact.what, What::LinkOpened { first: true, .. }))
    };
    assert!(open(&mut desk));
    assert!(!open(&mut desk));
    desk.done("first~1~a");
    assert!(desk.file.exposures[&"case-a".into()].opened);
    assert!(!open(&mut desk));
}
