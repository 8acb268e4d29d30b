//! `externalcontact/get`.

use http::Method;
use wecom::Error;
use wecom::contact::{ContactKind, FollowTagKind, Gender};

use crate::double::{Double, json, token, url};

const FULL: &str = r#"{"errcode":0,"errmsg":"ok",
 "external_contact":{"external_userid":"wmAbC","name":"李四","avatar":"https://a/b","type":1,"gender":"1","unionid":"o1",
   "position":"","corp_name":null,"external_profile":{"external_attr":[]}},
 "follow_user":[{"userid":"rocky","remark":"老李","description":"","createtime":"1525779812",
   "tags":[{"group_name":"等级","tag_name":"重要","tag_id":"et1","type":1},{"group_name":"","tag_name":"mine","type":2},
           {"tag_name":"r","tag_id":"st1","type":"3"},{"tag_name":"x","type":9}],
   "remark_corp_name":"腾讯","remark_mobiles":["13800000001"],"oper_userid":"rocky","add_way":10,"state":"s1",
   "wechat_channels":{"nickname":"n","source":1}}],
 "next_cursor":""}"#;

#[tokio::test]
async fn a_customer_is_read_with_relations_and_tags() {
    let (client, double) = Double::with(FULL);
    let contact = client.get_contact(&token(), "wmAbC").await.expect("found");
    assert_eq!((contact.external_userid.as_str(), contact.name.as_str()), ("wmAbC", "李四"));
    assert_eq!((contact.kind, contact.gender), (ContactKind::WeChat, Gender::Male));
    assert_eq!((contact.avatar.as_deref(), contact.unionid.as_deref()), (Some("https://a/b"), Some("o1")));
    assert_eq!((&contact.position, &contact.corp_name, &contact.corp_full_name), (&None, &None, &None));
    let [follow] = contact.relations.as_slice() else { panic!("one relation") };
    assert_eq!(
        (follow.userid.as_str(), follow.createtime, follow.add_way),
        ("rocky", Some(1_525_779_812), 10)
    );
    assert_eq!((follow.remark.as_deref(), &follow.description), (Some("老李"), &None));
    assert_eq!((follow.state.as_deref(), follow.oper_userid.as_deref()), (Some("s1"), Some("rocky")));
    assert_eq!(
        (follow.remark_mobiles.as_slice(), follow.remark_corp_name.as_deref()),
        (["13800000001".to_owned()].as_slice(), Some("腾讯"))
    );
    let channels = follow.wechat_channels.as_ref().expect("came through Channels");
    assert_eq!((channels.nickname.as_deref(), channels.source), (Some("n"), 1));
    let kinds: Vec<_> = follow.tags.iter().map(|tag| (tag.tag_id.as_deref(), tag.kind)).collect();
    assert_eq!(
        kinds,
        [
            (Some("et1"), FollowTagKind::Corp),
            (None, FollowTagKind::Personal),
            (Some("st1"), FollowTagKind::RuleGroup),
            (None, FollowTagKind::Other(9)),
        ]
    );
    let asked = double.asked_once();
    assert_eq!(
        (asked.method, asked.url),
        (Method::GET, url("externalcontact/get") + "&external_userid=wmAbC")
    );
}

#[tokio::test]
async fn all_pages_are_followed() {
    let page = |user: &str, cursor: &str| {
        json(&format!(
            r#"{{"external_contact":{{"external_userid":"wm1"}},"follow_user":[{{"userid":"{user}"}}],"next_cursor":{cursor}}}"#
        ))
    };
    let (client, double) =
        Double::answering([page("a", r#""c/1""#), page("b", r#""c2""#), page("c", "null")]);
    let contact = client.get_contact(&token(), "wm1").await.expect("found");
    let users: Vec<_> = contact.relations.iter().map(|follow| follow.userid.as_str()).collect();
    assert_eq!(users, ["a", "b", "c"]);
    let urls: Vec<_> = double.asked().into_iter().map(|asked| asked.url).collect();
    let first = url("externalcontact/get") + "&external_userid=wm1";
    assert_eq!(urls, [first.clone(), format!("{first}&cursor=c%2F1"), format!("{first}&cursor=c2")]);
}

#[tokio::test]
async fn a_failing_page_fails_the_call() {
    let first = r#"{"external_contact":{"external_userid":"wm1"},"follow_user":[],"next_cursor":"c"}"#;
    let (client, _) = Double::answering([json(first), json(r#"{"errcode":50100}"#)]);
    let error = client.get_contact(&token(), "wm1").await.expect_err("half a customer is none");
    assert_eq!(error.code(), Some(50100));
}

#[tokio::test]
async fn pages_without_end_are_given_up() {
    let page = r#"{"external_contact":{"external_userid":"wm1"},"next_cursor":"c"}"#;
    let (client, double) = Double::answering(std::iter::repeat_with(|| json(page)).take(1000));
    assert!(matches!(client.get_contact(&token(), "wm1").await, Err(Error::NoAnswer { .. })));
    assert_eq!(double.asked().len(), 200);
}

#[tokio::test]
async fn the_barest_answer_is_enough_and_one_without_customer_is_not() {
    let (client, _) = Double::with(
        r#"{"external_contact":{"external_userid":"wm1"},"follow_user":[{"userid":"a","tags":null,"remark_mobiles":null}]}"#,
    );
    let contact = client.get_contact(&token(), "wm1").await.expect("found");
    assert_eq!(
        (contact.kind, contact.gender, contact.relations[0].createtime),
        (ContactKind::Other(0), Gender::Unknown, None)
    );
    let (client, _) = Double::with(r#"{"errcode":0,"follow_user":[]}"#);
    assert!(matches!(client.get_contact(&token(), "wm1").await, Err(Error::NoAnswer { .. })));
}

#[tokio::test]
async fn a_customer_does_not_show_what_is_personal() {
    let (client, _) = Double::with(FULL);
    let contact = client.get_contact(&token(), "wmAbC").await.expect("found");
    let shown = format!("{contact:?} {:?}", contact.relations[0].tags);
    for personal in ["李四", "老李", "13800000001", "mine", "腾讯", "https"] {
        assert!(!shown.contains(personal), "{shown}");
    }
}
