//! Corp tags.

use std::time::Duration;

use http::Method;
use serde_json::json;
use wecom::tag::{MarkTags, NewTag, NewTags, NewTagsGroup, TagDeletion, TagEdit, TagQuery};
use wecom::{Class, Error};

use crate::double::{Double, status, token, url};

fn ids(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

fn mark(add: &[&str], remove: &[&str]) -> MarkTags {
    MarkTags {
        userid: "zhangsan".to_owned(),
        external_userid: "wm1".to_owned(),
        add_tag: ids(add),
        remove_tag: ids(remove),
    }
}

#[tokio::test]
async fn tags_are_listed_by_group() {
    let answer = r#"{"errcode":0,"tag_group":[{"group_id":"g1","group_name":"等级","create_time":"1557838797","order":1,"strategy_id":0,
        "deleted":false,"tag":[{"id":"et1","name":"重要","create_time":1557838798,"order":"4294967295","deleted":1},{"id":"et2","name":"一般"}]},
        {"group_id":"g2","group_name":"空","tag":null}]}"#;
    let (client, double) = Double::with(answer);
    let groups = client.list_corp_tags(&token(), TagQuery::All).await.expect("listed");
    assert_eq!(
        (groups[0].group_id.as_str(), groups[0].create_time, groups[0].deleted),
        ("g1", 1_557_838_797, false)
    );
    assert_eq!((groups[0].tags[0].order, groups[0].tags[0].deleted), (4_294_967_295, true));
    assert_eq!((groups[0].tags[1].name.as_str(), groups[0].tags[1].deleted), ("一般", false));
    assert!(groups[1].tags.is_empty());
    let asked = double.asked_once();
    assert_eq!((&asked.method, &asked.url), (&Method::POST, &url("externalcontact/get_corp_tag_list")));
    assert_eq!(asked.json(), json!({"tag_id": [], "group_id": []}));
    assert_eq!(asked.content_type.as_deref(), Some("application/json"));
}

#[tokio::test]
async fn asking_for_no_tags_is_not_asking_for_all() {
    let (client, double) = Double::with(r#"{"errcode":0,"tag_group":[]}"#);
    for query in [TagQuery::Tags(&[]), TagQuery::Groups(&[])] {
        assert!(matches!(client.list_corp_tags(&token(), query).await, Err(Error::Invalid { .. })));
    }
    client.list_corp_tags(&token(), TagQuery::Groups(&ids(&["g1"]))).await.expect("listed");
    assert_eq!(double.asked_once().json(), json!({"tag_id": [], "group_id": ["g1"]}));
}

#[tokio::test]
async fn tags_are_added_to_a_group_by_name_or_id() {
    let answer = r#"{"errcode":0,"tag_group":{"group_id":"g1","group_name":"等级","tag":[{"id":"et9","name":"重要","order":"1"}]}}"#;
    let (client, double) = Double::with(answer);
    let tag = |name: &str, order| NewTag { name: name.to_owned(), order };
    let new = NewTags {
        group: NewTagsGroup::Named { group_name: "等级".to_owned(), order: Some(3) },
        tags: vec![tag("重要", Some(1)), tag("一般", None)],
        agentid: None,
    };
    let group = client.add_corp_tags(&token(), &new).await.expect("added");
    assert_eq!((group.group_id.as_str(), group.tags[0].id.as_str()), ("g1", "et9"));
    let asked = double.asked_once();
    assert_eq!(asked.url, url("externalcontact/add_corp_tag"));
    assert_eq!(
        asked.json(),
        json!({"group_name": "等级", "order": 3, "tag": [{"name": "重要", "order": 1}, {"name": "一般"}]})
    );
    // Escapes like \u7b49 would mean the same to a JSON reader, and some endpoints refuse them.
    assert!(std::str::from_utf8(&asked.body).expect("UTF-8").contains("等级"));

    let (client, double) = Double::with(answer);
    let existing = NewTags {
        group: NewTagsGroup::Existing { group_id: "g1".to_owned() },
        agentid: Some(1_000_002),
        ..new
    };
    client.add_corp_tags(&token(), &existing).await.expect("added");
    let body = json!({"group_id": "g1", "tag": [{"name": "重要", "order": 1}, {"name": "一般"}], "agentid": 1_000_002});
    assert_eq!(double.asked_once().json(), body);
}

#[tokio::test]
async fn adding_without_an_answer_about_the_tags_is_ambiguous() {
    let (client, _) = Double::with(r#"{"errcode":0}"#);
    let new = NewTags {
        group: NewTagsGroup::Existing { group_id: "g1".to_owned() },
        tags: vec![NewTag { name: "a".to_owned(), order: None }],
        agentid: None,
    };
    assert!(client.add_corp_tags(&token(), &new).await.expect_err("which ids?").is_ambiguous());
}

#[tokio::test]
async fn tags_with_impossible_names_are_not_sent() {
    let (client, double) = Double::answering([]);
    for (group, names, expected) in [
        ("", vec!["a"], "group_name: is required"),
        ("g", vec![], "tag: 0 entries, at least 1"),
        ("g", vec!["a", ""], "tag[1].name: is required"),
        (
            "g",
            vec!["一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一"],
            "tag[0].name: 31 characters, at most 30",
        ),
    ] {
        let new = NewTags {
            group: NewTagsGroup::Named { group_name: group.to_owned(), order: None },
            tags: names.into_iter().map(|name| NewTag { name: name.to_owned(), order: None }).collect(),
            agentid: None,
        };
        let error = client.add_corp_tags(&token(), &new).await.expect_err("invalid");
        assert_eq!(error.to_string(), format!("externalcontact/add_corp_tag: {expected}"));
    }
    assert!(double.asked().is_empty());
}

fn edit(name: Option<&str>, order: Option<u32>) -> TagEdit {
    TagEdit { id: "et1".to_owned(), name: name.map(str::to_owned), order, agentid: None }
}

#[tokio::test]
async fn a_tag_is_renamed_and_moved() {
    let (client, double) = Double::with(r#"{"errcode":0,"errmsg":"ok"}"#);
    let both = TagEdit { agentid: Some(1_000_014), ..edit(Some("重要客户"), Some(u32::MAX)) };
    client.edit_corp_tag(&token(), &both).await.expect("edited");
    let asked = double.asked_once();
    assert_eq!((&asked.method, &asked.url), (&Method::POST, &url("externalcontact/edit_corp_tag")));
    let body = json!({"id": "et1", "name": "重要客户", "order": 4_294_967_295_u32, "agentid": 1_000_014});
    assert_eq!(asked.json(), body);

    let (client, double) = Double::with("{}");
    client.edit_corp_tag(&token(), &edit(None, Some(0))).await.expect("edited");
    assert_eq!(double.asked_once().json(), json!({"id": "et1", "order": 0}));
}

#[tokio::test]
async fn an_edit_that_changes_nothing_or_too_much_is_not_sent() {
    let thirty = "一二三四五六七八九十".repeat(3);
    let (client, double) = Double::with("{}");
    client.edit_corp_tag(&token(), &edit(Some(&thirty), None)).await.expect("30 characters are a name");
    assert_eq!(double.asked().len(), 1);
    let nothing = TagEdit { id: String::new(), ..edit(Some("a"), None) };
    for (edit, expected) in [
        (edit(None, None), "name: is absent, and so is order"),
        (edit(Some(""), Some(1)), "name: is required"),
        (edit(Some(&(thirty + "一")), None), "name: 31 characters, at most 30"),
        (nothing, "id: is required"),
    ] {
        let error = client.edit_corp_tag(&token(), &edit).await.expect_err("invalid");
        assert_eq!(error.to_string(), format!("externalcontact/edit_corp_tag: {expected}"));
    }
    assert!(double.asked().is_empty());
}

#[tokio::test]
async fn tags_and_groups_are_deleted_in_one_call() {
    let (client, double) = Double::with(r#"{"errcode":0,"errmsg":"ok"}"#);
    let both = TagDeletion { tags: ids(&["et1", "et2"]), groups: ids(&["g1"]), agentid: Some(1_000_014) };
    client.delete_corp_tags(&token(), &both).await.expect("deleted");
    let asked = double.asked_once();
    assert_eq!((&asked.method, &asked.url), (&Method::POST, &url("externalcontact/del_corp_tag")));
    assert_eq!(asked.json(), json!({"tag_id": ["et1", "et2"], "group_id": ["g1"], "agentid": 1_000_014}));

    let (client, double) = Double::with("{}");
    let group = TagDeletion { groups: ids(&["g1"]), ..TagDeletion::default() };
    client.delete_corp_tags(&token(), &group).await.expect("deleted");
    assert_eq!(double.asked_once().json(), json!({"group_id": ["g1"]}));
}

#[tokio::test]
async fn deleting_nothing_is_not_sent() {
    let (client, double) = Double::answering([]);
    for (deletion, expected) in [
        (TagDeletion::default(), "tag_id: is empty, and so is group_id"),
        (TagDeletion { tags: ids(&["a", ""]), ..TagDeletion::default() }, "tag_id[1]: is required"),
        (TagDeletion { groups: ids(&[""]), ..TagDeletion::default() }, "group_id[0]: is required"),
    ] {
        let error = client.delete_corp_tags(&token(), &deletion).await.expect_err("invalid");
        assert_eq!(error.to_string(), format!("externalcontact/del_corp_tag: {expected}"));
    }
    assert!(double.asked().is_empty());
}

#[tokio::test]
async fn refused_changes_of_tags_have_their_classes_and_lost_ones_are_ambiguous() {
    let edit = edit(Some("a"), None);
    let deletion = TagDeletion { tags: ids(&["et1"]), ..TagDeletion::default() };
    for (code, class) in
        [(40068, Class::State), (40071, Class::State), (40058, Class::Never), (6000, Class::Transient)]
    {
        let error = Double::refusing(code).edit_corp_tag(&token(), &edit).await.expect_err("refused");
        assert_eq!((error.class(), error.is_ambiguous()), (class, false));
        let error = Double::refusing(code).delete_corp_tags(&token(), &deletion).await.expect_err("refused");
        assert_eq!((error.class(), error.is_ambiguous()), (class, false));
    }
    let (client, _) = Double::answering([status(500, ""), status(500, "")]);
    assert!(client.edit_corp_tag(&token(), &edit).await.expect_err("lost").is_ambiguous());
    assert!(client.delete_corp_tags(&token(), &deletion).await.expect_err("lost").is_ambiguous());
}

#[tokio::test]
async fn marking_names_the_relation_and_both_lists() {
    let (client, double) = Double::with(r#"{"errcode":0,"errmsg":"ok"}"#);
    client.mark_tags(&token(), &mark(&["et1", "et2"], &["et3"])).await.expect("marked");
    let asked = double.asked_once();
    assert_eq!((&asked.method, &asked.url), (&Method::POST, &url("externalcontact/mark_tag")));
    assert_eq!(asked.timeout, Duration::from_secs(10));
    let body = json!({"userid": "zhangsan", "external_userid": "wm1", "add_tag": ["et1", "et2"], "remove_tag": ["et3"]});
    assert_eq!(asked.json(), body);
}

#[tokio::test]
async fn a_mark_that_says_nothing_or_contradicts_itself_is_not_sent() {
    let (client, double) = Double::answering([]);
    let nobody = MarkTags { userid: String::new(), ..mark(&["a"], &[]) };
    for (mark, field) in [
        (mark(&[], &[]), "add_tag"),
        (mark(&["a"], &["b", "a"]), "add_tag[0]"),
        (mark(&["a"], &[""]), "remove_tag[0]"),
        (nobody, "userid"),
    ] {
        let error = client.mark_tags(&token(), &mark).await.expect_err("invalid");
        assert!(matches!(&error, Error::Invalid { field: found, .. } if found == field), "{error}");
    }
    assert!(double.asked().is_empty());
}
