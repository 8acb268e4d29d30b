use serde_json::json;

use super::*;
use crate::playbook::{Tag, TagGroup, TagTree};

fn book() -> Playbook {
    let tag = |id: &str, name: &str| Tag {
        id: id.into(),
        name: name.into(),
        order: 0,
        deleted: false,
        editable: None,
    };
    let group = TagGroup {
        id: "g1".into(),
        name: "客户状态".into(),
        order: 0,
        ours: true,
        deleted: false,
        editable: None,
        mirrored: false,
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
        |n: u32| Value::from((0..n).map(|i| step(&format!("s{i}"), &at(i, "10:00"))).collect::<Vec<_>>());
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
        ("/steps/1/at", at(0, "10:00"), "/steps/1/at", "order"),
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
    for (pointer, value, at_field, code) in [
        ("/steps/0/at/time", json!("9:00"), "/steps/0/at/time", "bad_value"),
        ("/steps/1/at/day", json!(-1), "/steps/1/at/day", "out_of_range"),
        ("/steps/1/at/day", json!("tomorrow"), "/steps/1/at/day", "wrong_type"),
        ("/steps/1/method", json!("sms"), "/steps/1/method", "unknown_value"),
        ("/steps/0/at/hour", json!(9), "/steps/0/at/hour", "unknown_field"),
        ("/steps/0/content", json!({}), "/steps/0/content/text", "missing_field"),
        ("/steps", json!([step("a", &at(0, "10:00")), "b"]), "/steps/1", "wrong_type"),
        ("/steps", json!({}), "/steps", "wrong_type"),
        ("/name", json!(5), "/name", "wrong_type"),
        ("/priority", json!(-1), "/priority", "out_of_range"),
        ("/owner", json!("anna"), "/owner", "unknown_field"),
        ("/anchor", json!("friend_add"), "/anchor", "wrong_type"),
        ("/anchor", json!({}), "/anchor/kind", "missing_field"),
        ("/anchor", json!({"kind": "birthday"}), "/anchor/kind", "unknown_value"),
        ("/anchor", json!({"kind": "stage_entry"}), "/anchor/stage", "missing_field"),
        ("/anchor", json!({"kind": "stage_entry", "stage": 5}), "/anchor/stage", "wrong_type"),
        ("/anchor", json!({"kind": "stage_entry", "stage": "new"}), "/anchor/stage", "bad_value"),
        ("/anchor", json!({"kind": "friend_add", "stage": "sales/new"}), "/anchor/stage", "unknown_field"),
        ("/audience", json!({"tagg": "a"}), "/audience", "unknown_value"),
        ("/audience", json!({"tag": "a", "owner": "b"}), "/audience", "bad_value"),
        ("/reentry", json!({"policy": "often"}), "/reentry/policy", "unknown_value"),
    ] {
        let found = problems(&with(pointer, value.clone()));
        assert_eq!(found, [(at_field.to_owned(), code.to_owned())], "{pointer} = {value}");
    }
    assert_eq!(problems(&json!([])), [(String::new(), "wrong_type".to_owned())]);
}

#[test]
fn what_could_have_been_meant_is_listed_in_words_without_our_types() {
    let told = |pointer: &str, value: Value| compile(&with(pointer, value), &book()).unwrap_err().remove(0);
    assert_eq!(told("/steps/0/method", json!("sms")).candidates, ["welcome", "task", "todo"]);
    assert!(told("/prioritty", json!(1)).candidates.contains(&"priority".to_owned()));
    let minutes = told("/steps/0/at", json!({"after_minutes": -5}));
    assert_eq!(minutes.message, "this has to be a whole number from 0 to 4294967295, not -5");
}

#[test]
fn what_cannot_be_read_hides_nothing_that_is_wrong_with_the_rest() {
    let mut source = document();
    source.as_object_mut().unwrap().remove("name");
    source["anchor"] = json!({"kind": "birthday"});
    source["exit"] = json!({"when": {"tag": "旧客"}, "left_stage": true});
    source["colour"] = json!("red");
    source["steps"][0]["at"]["day"] = json!("first");
    source["steps"][1]["at"]["time"] = json!("22:00");
    source["steps"].as_array_mut().unwrap().push(json!({"id": "b"}));
    let found = problems(&source);
    let found: Vec<_> = found.iter().map(|(pointer, code)| (pointer.as_str(), code.as_str())).collect();
    assert_eq!(
        found,
        [
            ("/name", "missing_field"),
            ("/anchor/kind", "unknown_value"),
            ("/steps/0/at/day", "wrong_type"),
            ("/steps/2/at", "missing_field"),
            ("/colour", "unknown_field"),
            ("/steps/1/at/time", "quiet_hours"),
            ("/exit/when/tag", "unknown_tag"),
        ]
    );
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
fn what_goes_with_a_welcome_may_come_with_it() {
    let mut source = document();
    let mut welcome = step("w", &json!({"after_minutes": 0}));
    welcome["method"] = json!("welcome");
    source["steps"] = json!([welcome, step("b", &json!({"after_minutes": 0}))]);
    assert_eq!(problems(&source), []);
}

#[test]
fn minutes_and_days_stand_in_order_of_time() {
    let minutes = |n: u32| json!({"after_minutes": n});
    for (first, second, sound) in [
        (minutes(0), minutes(0), false),
        (minutes(0), minutes(1), true),
        (minutes(60), minutes(30), false),
        (minutes(60), at(0, "10:00"), true),
        (minutes(3000), at(1, "10:00"), false),
        (at(1, "10:00"), minutes(60), false),
        (at(1, "10:00"), at(1, "10:00"), false),
        (at(1, "10:00"), at(1, "10:01"), true),
    ] {
        let mut source = document();
        source["steps"] = json!([step("a", &first), step("b", &second)]);
        assert_eq!(problems(&source).is_empty(), sound, "{first} then {second}");
    }
}
