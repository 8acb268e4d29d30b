//! The law of stages: a stage and its tag are one thing (T2, T3, T8), and rules stop (R2).

use serde_json::json;

use super::fixture::{Desk, causes, delete_tag, kinds, rule};
use crate::{
    Happening, RuleId, What,
    fact::{MoveRefusal, StopReason, TagRefusal},
};

#[test]
fn a_customer_who_has_bought_is_not_moved_back_and_a_fact_says_why() {
    let mut desk = Desk::at_stage("deal");
    let reaction = desk.say("再问一下多少钱");
    assert_eq!(kinds(&reaction), ["message_received", "rule_fired", "move_refused"]);
    let refused = |what: &What| matches!(what, What::MoveRefused { reason: MoveRefusal::Closed, to: Some(to), .. } if to.as_str() == "price");
    assert_eq!(causes(&reaction, refused), ["move_refused", "rule_fired"]);
    assert_eq!((desk.stage(), desk.tags()), (Some("deal"), vec!["deal"]));
    assert!(desk.work.is_empty(), "nothing is written to WeCom");
}

#[test]
fn a_rule_does_not_move_a_card_backward_unless_it_may_move_anywhere() {
    let back = |moves: &str| {
        json!({"id": "back", "name": "退回", "when": {"tag_added": "热"}, "moves": moves,
        "then": [{"add_tag": "新客"}]})
    };
    let mut desk = Desk::at_stage("price");
    rule(&mut desk.book, back("forward"));
    desk.edit("anna", &["hot"], &[]);
    desk.settle();
    assert_eq!(desk.stage(), Some("price"));
    let backward = |what: &What| matches!(what, What::MoveRefused { reason: MoveRefusal::Backward, .. });
    assert_eq!(desk.told(backward), 1);

    let mut desk = Desk::at_stage("deal");
    rule(&mut desk.book, back("any"));
    desk.edit("anna", &["hot"], &[]);
    desk.settle();
    assert_eq!(desk.stage(), Some("new"));
}

#[test]
fn rules_that_chase_each_other_stop_and_the_fact_names_the_rule() {
    let mut desk = Desk::with_friend();
    for (id, seen, put) in [("to-car", "VIP", "SUV"), ("to-vip", "SUV", "VIP")] {
        let then = json!([{"remove_tag": seen}, {"add_tag": put}]);
        rule(&mut desk.book, json!({"id": id, "name": id, "when": {"tag_added": seen}, "then": then}));
    }
    desk.edit("anna", &["vip"], &[]);
    desk.settle();
    let stopped =
        |what: &What| *what == What::RulesStopped { rule: RuleId::from("to-car"), reason: StopReason::Loop };
    assert_eq!(desk.told(stopped), 1);
    assert_eq!(desk.tags(), ["vip"]);
    assert_eq!(desk.phone("anna"), ["vip"]);
}

#[test]
fn a_chain_of_rules_ends_after_eight() {
    let mut desk = Desk::with_friend();
    let tags: Vec<_> = (0..10).map(|n| (format!("t{n}"), format!("第{n}"))).collect();
    let tag = |(id, name): &(String, String)| json!({"id": id, "name": name});
    let group = json!({"id": "g3", "name": "链", "tags": tags.iter().map(tag).collect::<Vec<_>>()});
    let mut groups: Vec<_> = desk.book.tags.groups().cloned().collect();
    groups.push(serde_json::from_value(group).unwrap());
    desk.book.tags = crate::playbook::TagTree::new(groups);
    for n in 0..9 {
        let then = json!([{"add_tag": format!("第{}", n + 1)}]);
        let when = json!({"tag_added": format!("第{n}")});
        rule(&mut desk.book, json!({"id": format!("r{n}"), "name": "r", "when": when, "then": then}));
    }
    desk.edit("anna", &["t0"], &[]);
    desk.settle();
    assert_eq!(desk.told(|what| matches!(what, What::RuleFired { .. })), 8);
    let deep = |what: &What| matches!(what, What::RulesStopped { rule, reason: StopReason::TooDeep } if rule.as_str() == "r8");
    assert_eq!(desk.told(deep), 1);
    assert_eq!(desk.tags().len(), 9);
}

#[test]
fn a_rule_with_a_cooldown_fires_again_only_when_it_is_over() {
    let mut desk = Desk::with_friend();
    rule(
        &mut desk.book,
        json!({"id": "hi", "name": "问候", "when": {"message_contains": {"any": ["你好"]}},
            "cooldown_hours": 24, "then": [{"add_tag": "热"}]}),
    );
    let fired = |what: &What| matches!(what, What::RuleFired { rule, .. } if rule.as_str() == "hi");
    desk.say("你好");
    desk.say("你好吗");
    assert_eq!(desk.told(fired), 1);
    desk.now = desk.now.plus_days(1);
    desk.say("你好");
    assert_eq!(desk.told(fired), 2);
}

#[test]
fn a_stage_tag_taken_off_on_a_phone_without_a_successor_takes_the_card_off_the_board() {
    let mut desk = Desk::at_stage("new");
    desk.edit("anna", &[], &["new"]);
    desk.settle();
    assert_eq!((desk.stage(), desk.tags()), (None, vec![]));
    assert_eq!(desk.inside(), ["hello"], "the SOP of the stage has ended");
}

#[test]
fn a_stage_tag_that_gives_way_to_another_is_one_move() {
    let mut desk = Desk::at_stage("new");
    let (add, remove) = (["price".into()].into(), ["new".into()].into());
    let reaction = desk.hear(Happening::TagsEdited { add, remove, expires_at: None });
    let moves = kinds(&reaction).into_iter().filter(|kind| kind == "moved").count();
    assert_eq!((moves, desk.stage(), desk.tags()), (1, Some("price"), vec!["price"]));
}

#[test]
fn a_stage_whose_tag_was_deleted_in_wecom_moves_nobody() {
    let mut desk = Desk::at_stage("new");
    delete_tag(&mut desk.book, "new");
    desk.wecom.edit("anna", &[], &["new"]);
    let reaction = desk.hear(Happening::ContactEdited { staff: "anna".into() });
    desk.settle();
    assert_eq!(kinds(&reaction), ["caught_up", "untagged"]);
    assert_eq!((desk.stage(), desk.tags()), (Some("new"), vec![]));
    assert_eq!(desk.inside(), ["hello", "care"]);
    // People may still move the card out of the stage, and back into it.
    desk.drag("price");
    desk.drag("new");
    desk.settle();
    assert_eq!((desk.stage(), desk.tags(), desk.phone("anna")), (Some("new"), vec![], vec![]));
}

#[test]
fn a_rule_that_puts_on_a_deleted_stage_tag_moves_nobody() {
    let mut desk = Desk::at_stage("new");
    delete_tag(&mut desk.book, "price");
    desk.say("多少钱");
    assert_eq!(desk.stage(), Some("new"));
    let refused = |what: &What| matches!(what, What::TagRefused { reason: TagRefusal::Deleted, .. });
    assert_eq!(desk.told(refused), 1);
}

#[test]
fn a_move_that_was_decided_on_an_older_card_is_ignored() {
    let mut desk = Desk::at_stage("new");
    let seen = desk.file.cards[&crate::BoardId::from("sales")].rev;
    desk.drag("price");
    let stage = Some("deal".into());
    let late = Happening::StageMoved {
        board: "sales".into(),
        stage,
        expected_rev: Some(seen),
        only_from: None,
        reason: None,
    };
    let reaction = desk.hear(late);
    assert_eq!((kinds(&reaction), desk.stage()), (vec!["ignored".into()], Some("price")));
}
