use domain::{
    content::{Content, ContentGroup, ContentVersion, Draft},
    playbook::Rule,
    sop::SopVersion,
};
use serde_json::json;

use super::*;

fn parsed<T: DeserializeOwned>(value: &Value) -> Result<T, Error> {
    read(|| "a record".into(), &value.to_string())
}

/// Puts a field that nobody knows into every object within, but for those of one field: these say which of several things
/// they are, and another field would be another thing.
fn strange(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(strange).collect(),
        Value::Object(fields) if fields.len() > 1 => {
            let fields = fields.iter().map(|(name, value)| (name.clone(), strange(value)));
            fields.chain([("of_a/later~release".to_owned(), json!({"x": [1]}))]).collect()
        }
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), strange(value))).collect(),
        other => other.clone(),
    }
}

#[test]
fn contents_and_groups_are_read_with_fields_of_a_later_release_in_all_their_objects() {
    let content = json!({"id": "c", "title": "报价单", "published": 2, "editions": [1, 2]});
    assert_eq!(parsed::<Content>(&strange(&content)).unwrap(), parsed(&content).unwrap());
    let group = json!({"id": "g", "name": "分组", "order": 3});
    assert_eq!(parsed::<ContentGroup>(&strange(&group)).unwrap(), parsed(&group).unwrap());
    let body = json!({"parts": [{"kind": "text", "text": "您好"}, {"kind": "link", "title": "a", "url": "https://x.cn/"}]});
    let draft = json!({"body": body, "revision": 1, "changed_at": 5});
    assert_eq!(parsed::<Draft>(&strange(&draft)).unwrap(), parsed(&draft).unwrap());
    let version = json!({"version": 1, "edition": 1, "body": body, "published_at": 5});
    assert_eq!(parsed::<ContentVersion>(&strange(&version)).unwrap(), parsed(&version).unwrap());
}

#[test]
fn a_field_that_may_narrow_a_decision_down_is_never_passed_over() {
    let step = |content: Value| {
        json!({"id": "s", "name": "跟进", "anchor": {"kind": "friend_add"}, "steps": [
            {"id": "a", "at": {"day": 1, "time": "10:00"}, "method": "task", "content": content}]})
    };
    let version = |document: Value| {
        parsed::<SopVersion>(
            &json!({"version": 1, "published_at": 1_795_482_000_000_i64, "document": document}),
        )
    };
    version(step(json!({"ref": "intro"}))).unwrap();
    // Known fields that do not go together, too: something else would be sent.
    let mut staged = step(json!({"ref": "intro"}));
    staged["anchor"]["stage"] = json!("b/s");
    let mut later = step(json!({"text": "您好"}));
    later["steps"][0]["if_unsent"] = json!("skip");
    for document in [step(json!({"text": "您好", "ref": "intro"})), staged, later] {
        let said = version(document).unwrap_err().to_string();
        assert!(said.contains("a record") && !said.contains("您好"), "{said}");
    }
    let rule = json!({"id": "r", "name": "规则", "when": {"message_contains": {"any": ["价"], "in_last_days": 3}},
        "then": [{"add_tag": "t"}]});
    let said = parsed::<Rule>(&rule).unwrap_err().to_string();
    assert!(said.contains("unknown_field at \"/when/message_contains/in_last_days\""), "{said}");
}

#[test]
fn what_is_not_understood_is_an_error_that_quotes_nothing() {
    let of_a_later_kind = json!({"id": "r", "name": "张三的规则", "when": {"moon_is_full": {}}, "then": []});
    let wrong = json!({"id": "c", "title": 13_800_138_000_u64});
    for (found, place) in [
        (parsed::<Rule>(&of_a_later_kind).err(), "unknown_value at \"/when\""),
        (parsed::<Content>(&wrong).err(), "wrong_type at \"/title\""),
        (read::<Content>(|| "a record".into(), "{\"title\": \"张三").err(), "Eof error at line 1"),
    ] {
        let said = found.unwrap().to_string();
        assert!(said.contains(place) && !said.contains("张三") && !said.contains("138"), "{said}");
    }
}
