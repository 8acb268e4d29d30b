use serde_json::{Value, json};

use super::*;
use crate::playbook::{Staff, Tag, TagGroup, TagTree};

fn group(id: &str, name: &str, tags: &[(&str, &str)]) -> TagGroup {
    let tag = |(id, name): &(&str, &str)| Tag {
        id: (*id).into(),
        name: (*name).into(),
        order: 0,
        deleted: id.starts_with("gone"),
        editable: None,
    };
    let deleted = id.starts_with("gone");
    let tags = tags.iter().map(tag).collect();
    TagGroup {
        id: id.into(),
        name: name.into(),
        order: 0,
        ours: false,
        deleted,
        editable: None,
        mirrored: false,
        tags,
    }
}

fn book() -> Playbook {
    let mut book = Playbook {
        tags: TagTree::new([
            group("g1", "客户状态", &[("et1", "新客"), ("et2", "考虑价格"), ("gone1", "旧客")]),
            group("g2", "售前/售后", &[("et3", "新客"), ("et4", "A/B")]),
            group("gone2", "以前", &[("et5", "老")]),
        ]),
        ..Playbook::default()
    };
    for (id, name) in [("cars", "汽车"), ("homes", "房产"), ("flats", "房产")] {
        let board = json!({"id": id, "name": name, "tag_group": "g1", "stages": [
            {"id": "new", "name": "开始"}, {"id": "mid", "name": "new"}, {"id": "x1", "name": "同名"},
            {"id": "x2", "name": "同名"}]});
        let board: Board = serde_json::from_value(board).unwrap();
        book.boards.insert(board.id.clone(), board);
    }
    let anna = Staff::named("Anna".into(), "安娜");
    book.staff.insert(anna.userid.clone(), anna);
    book
}

fn tag(name: &str) -> Result<String, (String, Vec<String>)> {
    let found = book().find_tag(name, "/tag");
    found.map(|tag| tag.to_string()).map_err(|problem| (problem.code, problem.candidates))
}

fn stage(at: &str) -> Result<String, String> {
    let at: StageRef = serde_json::from_value(json!(at)).unwrap();
    book().find_stage(&at, "/stage").map(|found| found.to_string()).map_err(|problem| problem.code)
}

#[test]
fn a_tag_is_found_by_id_by_its_whole_name_or_by_a_name_of_its_own() {
    assert_eq!(tag("et1"), Ok("et1".into()));
    assert_eq!(tag("客户状态/新客"), Ok("et1".into()));
    assert_eq!(tag("考虑价格"), Ok("et2".into()));
    assert_eq!(tag("售前/售后/新客"), Ok("et3".into()), "a group may have a slash in its name");
    assert_eq!(tag("A/B"), Ok("et4".into()), "and so may a tag");
}

#[test]
fn a_name_that_several_tags_have_is_refused_with_the_candidates() {
    let candidates = vec!["客户状态/新客".to_owned(), "售前/售后/新客".to_owned()];
    assert_eq!(tag("新客"), Err(("ambiguous_tag".into(), candidates)));
}

#[test]
fn a_name_that_no_tag_has_is_refused_with_what_is_near() {
    assert_eq!(tag("客户状态/价格"), Err(("unknown_tag".into(), vec!["客户状态/考虑价格".into()])));
    assert_eq!(tag("无"), Err(("unknown_tag".into(), vec![])));
}

#[test]
fn deleted_tags_and_tags_of_deleted_groups_are_not_found() {
    for name in ["gone1", "旧客", "客户状态/旧客", "et5", "老", "以前/老"] {
        assert!(matches!(tag(name), Err((code, _)) if code == "unknown_tag"), "{name}");
    }
}

#[test]
fn a_stage_is_found_by_ids_or_names_and_ids_come_first() {
    assert_eq!(stage("cars/new"), Ok("cars/new".into()), "another stage has this for its name");
    assert_eq!(stage("汽车/开始"), Ok("cars/new".into()));
    assert_eq!(stage("homes/开始"), Ok("homes/new".into()));
}

#[test]
fn a_stage_that_is_not_there_or_not_the_only_one_is_refused() {
    assert_eq!(stage("汽车/没有"), Err("unknown_stage".into()));
    assert_eq!(stage("没有/new"), Err("unknown_board".into()));
    assert_eq!(stage("房产/new"), Err("ambiguous_board".into()));
    assert_eq!(stage("cars/同名"), Err("ambiguous_stage".into()));
}

fn rule(changes: &Value) -> Result<Rule, Vec<(String, String)>> {
    let mut rule = json!({"id": "ask", "name": "问价", "when": {"message_contains": {"any": ["多少钱"]}},
        "then": [{"add_tag": "考虑价格"}]});
    for (field, value) in changes.as_object().unwrap() {
        rule[field] = value.clone();
    }
    let rule: Rule = serde_json::from_value(rule).unwrap();
    let known = |problem: Problem| (problem.pointer, problem.code);
    book().resolve_rule(rule).map_err(|problems| problems.into_iter().map(known).collect())
}

#[test]
fn a_sound_rule_is_kept_by_ids() {
    let rule = rule(&json!({"if": {"all": [{"owner": "ANNA"}, {"stage": "汽车/开始"}]},
        "when": {"tag_added": "客户状态/新客"}, "then": [{"remove_tag": "售前/售后/新客"}]}));
    let kept = serde_json::to_value(rule.unwrap()).unwrap();
    assert_eq!(kept["if"], json!({"all": [{"owner": "anna"}, {"stage": "cars/new"}]}));
    assert_eq!(kept["when"], json!({"tag_added": "et1"}));
    assert_eq!(kept["then"], json!([{"remove_tag": "et3"}]));
}

#[test]
fn each_mistake_in_a_rule_is_named_with_the_field_it_is_in() {
    for (changes, pointer, code) in [
        (json!({"id": "Ask price"}), "/id", "bad_id"),
        (json!({"name": ""}), "/name", "bad_length"),
        (json!({"when": {"message_contains": {}}}), "/when/message_contains", "empty"),
        (
            json!({"when": {"message_contains": {"all": ["价", " "]}}}),
            "/when/message_contains/all/1",
            "empty",
        ),
        (json!({"when": {"tag_added": "没有"}}), "/when/tag_added", "unknown_tag"),
        (json!({"if": {"tag": "新客"}}), "/if/tag", "ambiguous_tag"),
        (json!({"then": []}), "/then", "empty"),
        (json!({"then": [{"add_tag": "考虑价格"}, {"add_tag": "没有"}]}), "/then/1/add_tag", "unknown_tag"),
    ] {
        let found = rule(&changes);
        assert_eq!(found, Err(vec![(pointer.to_owned(), code.to_owned())]), "{changes}");
    }
}

/// A board with two stages of its own tags, and another with one.
fn with_stages() -> Playbook {
    let mut book = book();
    for (id, stages) in [("deals", vec![("a", "et1"), ("b", "et2")]), ("care", vec![("c", "et3")])] {
        let stage = |(id, tag): &(&str, &str)| json!({"id": id, "name": id, "tag": tag});
        let stages: Vec<Value> = stages.iter().map(stage).collect();
        let board = json!({"id": id, "name": id, "tag_group": "g1", "stages": stages});
        book.boards.insert(id.into(), serde_json::from_value(board).unwrap());
    }
    book
}

#[test]
fn a_rule_sends_a_card_to_one_stage_of_a_board() {
    for (then, refused) in [
        (json!([{"add_tag": "et1"}, {"add_tag": "et2"}]), Some("/then/1/add_tag")),
        (
            json!([{"add_tag": "et4"}, {"add_tag": "et2"}, {"add_tag": "客户状态/新客"}]),
            Some("/then/2/add_tag"),
        ),
        (json!([{"add_tag": "et1"}, {"remove_tag": "et2"}]), None),
        (json!([{"remove_tag": "et1"}, {"add_tag": "et2"}]), None),
        (json!([{"add_tag": "et1"}, {"add_tag": "et3"}]), None),
        (json!([{"add_tag": "et1"}, {"add_tag": "客户状态/新客"}]), None),
    ] {
        let rule = json!({"id": "r", "name": "r", "when": {"tag_added": "et4"}, "then": then});
        let resolved = with_stages().resolve_rule(serde_json::from_value(rule).unwrap());
        let problems = resolved.err().unwrap_or_default();
        let found: Vec<_> = problems.iter().map(|p| (p.pointer.as_str(), p.code.as_str())).collect();
        let expected: Vec<_> = refused.iter().map(|pointer| (*pointer, "contradiction")).collect();
        assert_eq!(found, expected, "{then}");
    }
}
