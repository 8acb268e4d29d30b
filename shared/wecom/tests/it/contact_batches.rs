//! `externalcontact/batch/get_by_user`.

use http::Method;
use serde_json::json;
use wecom::contact::{BatchQuery, ContactKind, Gender, TagId};
use wecom::{Class, Error};

use crate::double::{Double, token, url};

const FULL: &str = r#"{"errcode":0,"errmsg":"ok","external_contact_list":[
 {"external_contact":{"external_userid":"woAJ","name":"李四","position":"Manager","avatar":"http://p/0","corp_name":"腾讯",
   "corp_full_name":"腾讯科技有限公司","type":2,"gender":1,"unionid":"oz1","external_profile":{"external_attr":[{"type":0,"name":"文本","text":{"value":"文"}}]}},
  "follow_info":{"userid":"rocky","remark":"李部长","description":"对接采购事务","createtime":1525779812,
   "tag_id":["etAJ","stAJ"],"remark_corp_name":"腾讯科技","remark_mobiles":["13800000001","13000000002"],"oper_userid":"rocky","add_way":"10",
   "wechat_channels":{"nickname":"视频号名称","source":"1"}}},
 {"external_contact":{"external_userid":"wmAJ","name":"王五","type":1,"gender":0},
  "follow_info":{"userid":"tommy","createtime":"1525881637","state":"外联二维码1","tag_id":null,"add_way":3}}],
 "next_cursor":"r9FqSqsI8fgNbHLHE5QoCP50UIg2cFQbfma3l2QsmwI","fail_info":{"unlicensed_userid_list":["USER_2"]}}"#;

fn query(users: &[&str]) -> BatchQuery {
    BatchQuery {
        userid_list: users.iter().map(|user| (*user).to_owned()).collect(),
        cursor: None,
        limit: None,
    }
}

#[tokio::test]
async fn relations_of_several_members_come_in_one_page() {
    let (client, double) = Double::with(FULL);
    let page = client.batch_get_contacts(&token(), &query(&["rocky", "tommy"])).await.expect("read");
    let [first, second] = page.contacts.as_slice() else { panic!("two rows") };
    assert_eq!(
        (first.external_userid.as_str(), first.kind, first.gender),
        ("woAJ", ContactKind::WeCom, Gender::Male)
    );
    assert_eq!(first.corp_full_name.as_deref(), Some("腾讯科技有限公司"));
    let [follow] = first.relations.as_slice() else { panic!("the row's one relation") };
    assert_eq!(
        (follow.userid.as_str(), follow.createtime, follow.add_way),
        ("rocky", Some(1_525_779_812), 10)
    );
    assert_eq!(follow.tags, [TagId("etAJ".to_owned()), TagId("stAJ".to_owned())]);
    assert_eq!(follow.remark_mobiles, ["13800000001", "13000000002"]);
    let channels = follow.wechat_channels.as_ref().expect("came through Channels");
    assert_eq!((channels.nickname.as_deref(), channels.source), (Some("视频号名称"), 1));
    let follow = &second.relations[0];
    assert_eq!((follow.state.as_deref(), follow.tags.len(), &follow.remark), (Some("外联二维码1"), 0, &None));
    assert_eq!(page.next_cursor.as_deref(), Some("r9FqSqsI8fgNbHLHE5QoCP50UIg2cFQbfma3l2QsmwI"));
    assert_eq!(page.unlicensed_users, ["USER_2"]);

    let asked = double.asked_once();
    assert_eq!((&asked.method, &asked.url), (&Method::POST, &url("externalcontact/batch/get_by_user")));
    assert_eq!(asked.json(), json!({"userid_list": ["rocky", "tommy"]}));
}

#[tokio::test]
async fn the_next_page_is_asked_for_with_the_cursor_as_it_came() {
    let (client, double) = Double::with(r#"{"external_contact_list":[]}"#);
    let next = BatchQuery { cursor: Some("a+/=中".to_owned()), limit: Some(100), ..query(&["rocky"]) };
    client.batch_get_contacts(&token(), &next).await.expect("read");
    assert_eq!(
        double.asked_once().json(),
        json!({"userid_list": ["rocky"], "cursor": "a+/=中", "limit": 100})
    );
}

#[tokio::test]
async fn a_short_page_ends_nothing_and_an_empty_cursor_does() {
    let (client, _) = Double::with(r#"{"errcode":0,"external_contact_list":[],"next_cursor":"c"}"#);
    let page = client.batch_get_contacts(&token(), &query(&["rocky"])).await.expect("read");
    assert_eq!((page.contacts.len(), page.next_cursor.as_deref()), (0, Some("c")));
    for end in [r#""""#, "null"] {
        let (client, _) = Double::with(&format!(r#"{{"errcode":0,"next_cursor":{end}}}"#));
        let page = client.batch_get_contacts(&token(), &query(&["rocky"])).await.expect("read");
        assert_eq!((page.contacts.len(), page.next_cursor, page.unlicensed_users.len()), (0, None, 0));
    }
}

#[tokio::test]
async fn a_row_about_nobody_makes_the_page_unusable() {
    for row in [
        r#"{"external_contact":{"external_userid":"wm1"}}"#,
        r#"{"follow_info":{"userid":"rocky"}}"#,
        r#"{"external_contact":{"external_userid":""},"follow_info":{"userid":"rocky"}}"#,
    ] {
        let (client, _) = Double::with(&format!(r#"{{"external_contact_list":[{row}]}}"#));
        let error = client.batch_get_contacts(&token(), &query(&["rocky"])).await.expect_err("about whom?");
        assert!(matches!(error, Error::NoAnswer { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_query_beyond_the_limits_is_not_sent() {
    let (client, double) = Double::answering([]);
    let hundred_and_one: Vec<String> = (0..101).map(|i| format!("u{i}")).collect();
    for (query, expected) in [
        (query(&[]), "userid_list: 0 entries, at least 1"),
        (BatchQuery { userid_list: hundred_and_one, ..query(&[]) }, "userid_list: 101 entries, at most 100"),
        (query(&["a", ""]), "userid_list[1]: is required"),
        (query(&[&"u".repeat(65)]), "userid_list[0]: 65 bytes, at most 64"),
        (BatchQuery { limit: Some(0), ..query(&["a"]) }, "limit: is 0, not within 1 to 100"),
        (BatchQuery { limit: Some(101), ..query(&["a"]) }, "limit: is 101, not within 1 to 100"),
        (BatchQuery { cursor: Some(String::new()), ..query(&["a"]) }, "cursor: is required"),
    ] {
        let error = client.batch_get_contacts(&token(), &query).await.expect_err("invalid");
        assert_eq!(error.to_string(), format!("externalcontact/batch/get_by_user: {expected}"));
    }
    assert!(double.asked().is_empty());
    let (client, double) = Double::with("{}");
    let hundred = BatchQuery { userid_list: (0..100).map(|i| format!("u{i}")).collect(), ..query(&[]) };
    client.batch_get_contacts(&token(), &hundred).await.expect("a hundred are allowed");
    assert_eq!(double.asked_once().json()["userid_list"].as_array().map(Vec::len), Some(100));
}

#[tokio::test]
async fn refusals_of_a_page_have_their_classes() {
    for (code, class) in [
        (50100, Class::State),
        (40031, Class::Never),
        (60111, Class::State),
        (701_008, Class::Never),
        (45033, Class::Transient),
    ] {
        let client = Double::refusing(code);
        let error = client.batch_get_contacts(&token(), &query(&["rocky"])).await.expect_err("refused");
        assert_eq!((error.code(), error.class(), error.is_ambiguous()), (Some(code), class, false));
    }
}

#[tokio::test]
async fn a_page_does_not_show_what_is_personal() {
    let (client, _) = Double::with(FULL);
    let page = client.batch_get_contacts(&token(), &query(&["rocky"])).await.expect("read");
    let shown = format!("{page:?}");
    for personal in ["李四", "李部长", "采购", "13800000001", "腾讯", "http"] {
        assert!(!shown.contains(personal), "{shown}");
    }
}
