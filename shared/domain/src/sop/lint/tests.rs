use serde_json::json;

use super::*;
use crate::playbook::{Tag, TagGroup, TagTree};

fn book() -> Playbook {
    let tag = |id: &str, name: &str| Tag { id: id.into(), name: name.into(), order: 0, deleted: false };
    let group = TagGroup {
        id: "g1".into(),
        name: "客户状态".into(),
        order: 0,
        ours: true,
        deleted: false,
        tags: vec![tag("et1", "新客"), tag("et2", "已成交")],
    };
    let board = json!({"id": "sales", "name": "销售", "tag_group": "g1", "stages": [
        {"id": "new", "name": "新客", "tag": "et1"}, {"id": "deal", "name": "成交", "tag": "et2", "kind": "won"}]});
    let board: crate::playbook::Board = serde_json::from_value(board).unwrap();
    let mut book = Playbook { tags: TagTree::new([group]), ..Playbook::default() };
    book.boards.insert(board.id.clone(), board);
    book
}

fn step(id: &str, at: &Value) -> Value {
    json!({"id": id, "at": at, "method": "task", "content": {"text": "你好 {{customer.name|您}}"}})
}

fn at(day: u32, time: &str) -> Value {
    json!({"day": day, "time": time})
}

fn document() -> Value {
    json!({"id": "care", "name": "关怀", "anchor": {"kind": "friend_add"},
        "steps": [step("a", &at(0, "10:00")), step("b", &at(1, "09:00"))]})
}

/// The document with the value at `pointer` replaced, or added.
fn with(pointer: &str, value: Value) -> Value {
    let mut document = document();
    let (parent, field) = pointer.rsplit_once('/').unwrap();
    document.pointer_mut(parent).unwrap()[field] = value;
    document
}

fn problems(source: &Value) -> Vec<(String, String)> {
    let problems = compile(source, &book()).err().unwrap_or_default();
    problems.into_iter().map(|problem| (problem.pointer, problem.code)).collect()
}

#[test]
fn a_sound_document_is_compiled_and_its_names_become_ids() {
    let mut source = document();
    source["anchor"] = json!({"kind": "stage_entry", "stage": "销售/新客"});
    source["audience"] = json!({"not": {"tag": "客户状态/已成交"}});
    source["exit"] = json!({"when": {"stage": "sales/成交"}});
    source["steps"][1]["when"] = json!({"any": [{"tag": "新客"}]});
    let compiled = serde_json::to_value(compile(&source, &book()).unwrap()).unwrap();
    assert_eq!(compiled["anchor"]["stage"], "sales/new");
    assert_eq!(compiled["audience"], json!({"not": {"tag": "et2"}}));
    assert_eq!(compiled["exit"]["when"], json!({"stage": "sales/deal"}));
    assert_eq!(compiled["steps"][1]["when"], json!({"any": [{"tag": "et1"}]}));
    assert_eq!(problems(&compiled), [], "what was compiled compiles again");
}

#[test]
fn each_mistake_is_named_with_the_field_it_is_in() {
    let long = "长".repeat(61);
    let steps =
        |n: usize| Value::from((0..n).map(|i| step(&format!("s{i}"), &at(0, "10:00"))).collect::<Vec<_>>());
    for (pointer, value, at_field, code) in [
        ("/id", json!("Care"), "/id", "bad_id"),
        ("/id", json!("x".repeat(41)), "/id", "bad_id"),
        ("/name", json!(" "), "/name", "bad_length"),
        ("/name", json!(long), "/name", "bad_length"),
        ("/priority", json!(101), "/priority", "out_of_range"),
        ("/steps", json!([]), "/steps", "bad_length"),
        ("/steps", steps(101), "/steps", "bad_length"),
        ("/exit", json!({"left_stage": true}), "/exit/left_stage", "bad_combination"),
        ("/steps/1/id", json!("a"), "/steps/1/id", "duplicate_step"),
        ("/steps/1/id", json!("第一"), "/steps/1/id", "bad_id"),
        ("/steps/0/content/text", json!("  "), "/steps/0/content/text", "bad_length"),
        ("/steps/0/content/text", json!("好".repeat(1334)), "/steps/0/content/text", "bad_length"),
        ("/steps/0/content/text", json!("{{customer.phone}}"), "/steps/0/content/text", "bad_variable"),
        ("/steps/0/at", json!({}), "/steps/0/at", "bad_time"),
        ("/steps/0/at", json!({"day": 0}), "/steps/0/at", "bad_time"),
        ("/steps/0/at", json!({"after_minutes": 5, "day": 0, "time": "10:00"}), "/steps/0/at", "bad_time"),
        (
            "/steps/0/at",
            json!({"after_minutes": 5, "until": "12:00"}),
            "/steps/0/at/until",
            "bad_combination",
        ),
        ("/steps/0/at/time", json!("23:00"), "/steps/0/at/time", "quiet_hours"),
        ("/steps/0/at/until", json!("10:00"), "/steps/0/at/until", "order"),
        ("/steps/0/at/expires_at", json!({"time": "10:00"}), "/steps/0/at/expires_at", "order"),
        (
            "/steps/0/at/expires_at",
            json!({"days": 1001, "time": "10:00"}),
            "/steps/0/at/expires_at/days",
            "out_of_range",
        ),
        ("/steps/1/at/day", json!(1001), "/steps/1/at/day", "out_of_range"),
        ("/steps/1/at", at(0, "09:59"), "/steps/1/at", "order"),
        ("/steps/1/method", json!("welcome"), "/steps/1/method", "welcome_not_first"),
        ("/steps/0/method", json!("welcome"), "/steps/0/method", "welcome_not_first"),
        ("/anchor", json!({"kind": "stage_entry", "stage": "sales/x"}), "/anchor/stage", "unknown_stage"),
        ("/anchor", json!({"kind": "stage_entry", "stage": "x/new"}), "/anchor/stage", "unknown_board"),
        ("/audience", json!({"all": [{"tag": "旧客"}]}), "/audience/all/0/tag", "unknown_tag"),
        ("/exit", json!({"when": {"owner": "Nobody"}}), "/exit/when/owner", "unknown_staff"),
        ("/steps/0/when", json!({"not": {"tag": "旧客"}}), "/steps/0/when/not/tag", "unknown_tag"),
    ] {
        let found = problems(&with(pointer, value.clone()));
        assert_eq!(found, [(at_field.to_owned(), code.to_owned())], "{pointer} = {value}");
    }
}

#[test]
fn what_cannot_be_read_is_named_with_its_field() {
    for (pointer, value, at_field) in [
        ("/steps/0/at/time", json!("9:00"), "/steps/0/at/time"),
        ("/steps/1/at/day", json!(-1), "/steps/1/at/day"),
        ("/steps/1/method", json!("sms"), "/steps/1/method"),
        ("/steps/0/at/hour", json!(9), "/steps/0/at/hour"),
        ("/anchor", json!({"kind": "birthday"}), "/anchor/kind"),
        ("/audience", json!({"tagg": "a"}), "/audience"),
        ("/reentry", json!({"policy": "often"}), "/reentry/policy"),
    ] {
        let found = problems(&with(pointer, value.clone()));
        assert_eq!(found, [(at_field.to_owned(), "malformed".to_owned())], "{pointer} = {value}");
    }
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let mut source = document();
    source["name"] = json!("");
    source["steps"][0]["at"]["time"] = json!("22:00");
    source["steps"][1]["id"] = json!("a");
    source["audience"] = json!({"tag": "旧客"});
    let codes: Vec<_> = problems(&source).into_iter().map(|(_, code)| code).collect();
    assert_eq!(codes, ["bad_length", "quiet_hours", "duplicate_step", "unknown_tag"]);
}

#[test]
fn a_welcome_stands_first_at_once_without_a_condition_and_for_new_friends() {
    let welcome =
        || json!({"id": "w", "at": {"after_minutes": 0}, "method": "welcome", "content": {"text": "你好"}});
    let mut source = document();
    source["steps"][0] = welcome();
    assert_eq!(problems(&source), []);
    source["steps"][0]["at"]["after_minutes"] = json!(1);
    assert_eq!(problems(&source), [("/steps/0/method".to_owned(), "welcome_not_first".to_owned())]);
    source["steps"][0] = welcome();
    source["steps"][0]["when"] = json!({"tag": "新客"});
    assert_eq!(problems(&source), [("/steps/0/when".to_owned(), "bad_combination".to_owned())]);
    source["steps"][0] = welcome();
    source["anchor"] = json!({"kind": "stage_entry", "stage": "sales/new"});
    assert_eq!(problems(&source), [("/steps/0/method".to_owned(), "welcome_not_first".to_owned())]);
}

#[test]
fn minutes_and_days_stand_in_order_of_time() {
    let minutes = |n: u32| json!({"after_minutes": n});
    for (first, second, sound) in [
        (minutes(0), minutes(0), true),
        (minutes(60), minutes(30), false),
        (minutes(60), at(0, "10:00"), true),
        (minutes(3000), at(1, "10:00"), false),
        (at(1, "10:00"), minutes(60), false),
        (at(1, "10:00"), at(1, "10:00"), true),
    ] {
        let mut source = document();
        source["steps"] = json!([step("a", &first), step("b", &second)]);
        assert_eq!(problems(&source).is_empty(), sound, "{first} then {second}");
    }
}
