//! The example that the product is explained by.

use super::fixture::{Desk, at, causes, kinds};
use crate::{What, file::ExitReason};

#[test]
fn a_question_about_the_price_moves_the_customer_from_one_sop_to_the_next_in_one_reaction() {
    let mut desk = Desk::at_stage("new");
    desk.wait_until("2026-03-02T14:00");
    assert_eq!(desk.inside(), ["hello", "care"]);
    assert_eq!(desk.open("care"), Some("c1".into()));

    let reaction = desk.say("你们产品多少钱");
    let story =
        ["message_received", "rule_fired", "moved", "untagged", "tagged", "exited", "ended", "enrolled"];
    assert_eq!(kinds(&reaction), [story.as_slice(), &["planned"]].concat());
    let planned = |what: &What| matches!(what, What::Planned { .. });
    assert_eq!(causes(&reaction, planned), ["planned", "enrolled", "moved", "rule_fired"]);
    let cancelled = |what: &What| matches!(what, What::Ended { .. });
    assert_eq!(causes(&reaction, cancelled), ["ended", "exited", "moved", "rule_fired"]);
    let tagged = |what: &What| matches!(what, What::Tagged { .. });
    assert_eq!(causes(&reaction, tagged), ["tagged", "moved", "rule_fired"]);

    let why = |what: &What| matches!(what, What::Exited { sop, reason: ExitReason::LeftStage, .. } if sop.as_str() == "care");
    assert_eq!(desk.told(why), 1);
    let word = |what: &What| matches!(what, What::RuleFired { word: Some(word), .. } if word == "多少钱");
    assert_eq!(desk.told(word), 1);
    assert_eq!((desk.stage(), desk.tags()), (Some("price"), vec!["price"]));
    assert_eq!(desk.inside(), ["hello", "offer"]);
    assert_eq!(desk.next("offer"), Some(("o1".into(), at("2026-03-02T14:02"))));

    desk.settle();
    assert_eq!(desk.phone("anna"), ["price"]);
}

#[test]
fn each_step_of_the_new_sop_falls_due_at_its_hour_and_has_one_outcome_with_a_reason() {
    let mut desk = Desk::at_stage("new");
    desk.wait_until("2026-03-02T14:00");
    desk.say("多少钱？");
    desk.settle();
    desk.wait_until("2026-03-02T14:02");
    assert_eq!(desk.open("offer"), Some("o1".into()));
    assert_eq!(desk.next("offer"), Some(("o2".into(), at("2026-03-03T10:00"))));
    desk.done("offer~1~o1");
    desk.edit("anna", &["vip"], &[]);
    desk.settle();
    desk.wait_until("2026-03-03T10:00");
    assert_eq!(desk.next("offer"), Some(("o3".into(), at("2026-03-05T10:00"))));
    desk.wait_until("2026-03-06T19:59");
    assert_eq!(desk.open("offer"), Some("o3".into()));
    desk.wait_until("2026-03-09T12:00");
    let outcomes: Vec<_> = desk.outcomes().into_iter().filter(|line| line.starts_with("offer/")).collect();
    assert_eq!(
        outcomes,
        ["offer/o1: sent staff_marked", "offer/o2: skipped condition", "offer/o3: missed expired"]
    );
    assert!(desk.inside().is_empty());
}

#[test]
fn a_reminder_comes_at_the_hour_of_the_step_or_with_the_next_quarter_of_an_hour() {
    let mut desk = Desk::at_stage("new");
    desk.say("多少钱");
    desk.settle();
    desk.now = at("2026-03-02T10:02");
    let reaction = desk.hear(crate::Happening::Woken);
    let slots: Vec<_> = reaction.slots.into_iter().map(|slot| (slot.staff.to_string(), slot.at)).collect();
    assert_eq!(slots, [("anna".into(), at("2026-03-02T10:15"))]);
    desk.now = at("2026-03-03T10:00");
    let reaction = desk.hear(crate::Happening::Woken);
    assert!(reaction.slots.iter().any(|slot| slot.at == at("2026-03-03T10:00")), "{:?}", reaction.slots);
}
