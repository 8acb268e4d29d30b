//! Contact ways.

use http::Method;
use serde_json::json;
use wecom::contact_way::{ContactWay, ContactWayQuery, OneStyle, Place, Reaches, SeveralStyle};
use wecom::{Class, Error};

use crate::double::{Double, status, token, url};

fn one() -> ContactWay {
    way(Reaches::One { user: "zhangsan".to_owned(), place: Place::QrCode })
}

fn several(users: &[&str], parties: &[i64]) -> ContactWay {
    let users = users.iter().map(|user| (*user).to_owned()).collect();
    way(Reaches::Several { users, parties: parties.to_vec(), place: Place::QrCode })
}

fn way(reaches: Reaches) -> ContactWay {
    ContactWay {
        reaches,
        remark: "渠道客户".to_owned(),
        skip_verify: true,
        state: "c1".to_owned(),
        is_exclusive: false,
    }
}

#[tokio::test]
async fn a_qr_code_of_one_member_is_made() {
    let (client, double) = Double::with(
        r#"{"errcode":0,"errmsg":"ok","config_id":"42b34949e138eb6e027c123cba77fAAA","qr_code":"http://p.qpic.cn/wwhead/0"}"#,
    );
    let added = client.add_contact_way(&token(), &one()).await.expect("made");
    assert_eq!(added.config_id, "42b34949e138eb6e027c123cba77fAAA");
    assert_eq!(added.qr_code.as_deref(), Some("http://p.qpic.cn/wwhead/0"));
    let asked = double.asked_once();
    assert_eq!((&asked.method, &asked.url), (&Method::POST, &url("externalcontact/add_contact_way")));
    let expected = json!({"type": 1, "scene": 2, "remark": "渠道客户", "skip_verify": true, "state": "c1",
        "user": ["zhangsan"], "is_exclusive": false});
    assert_eq!(asked.json(), expected);
}

#[tokio::test]
async fn a_button_has_a_style_and_no_picture() {
    for (reaches, kind, style) in [
        (Reaches::One { user: "a".to_owned(), place: Place::MiniProgram(Some(OneStyle::Third)) }, 1, Some(3)),
        (
            Reaches::Several {
                users: vec!["a".to_owned(), "b".to_owned()],
                parties: vec![2, 3],
                place: Place::MiniProgram(Some(SeveralStyle::Second)),
            },
            2,
            Some(2),
        ),
        (Reaches::One { user: "a".to_owned(), place: Place::MiniProgram(None) }, 1, None),
    ] {
        let (client, double) = Double::with(r#"{"config_id":"c"}"#);
        let added = client.add_contact_way(&token(), &way(reaches)).await.expect("made");
        assert_eq!(added.qr_code, None);
        let asked = double.asked_once().json();
        assert_eq!((&asked["type"], &asked["scene"]), (&json!(kind), &json!(1)));
        assert_eq!(asked.get("style"), style.map(|style| json!(style)).as_ref());
        assert_eq!(asked.get("party"), (kind == 2).then(|| json!([2, 3])).as_ref());
    }
}

#[tokio::test]
async fn a_way_without_its_id_is_lost_and_so_the_call_is_ambiguous() {
    for answer in [r#"{"errcode":0,"qr_code":"http://p"}"#, r#"{"errcode":0,"config_id":""}"#] {
        let (client, _) = Double::with(answer);
        assert!(client.add_contact_way(&token(), &one()).await.expect_err("which?").is_ambiguous());
    }
}

#[tokio::test]
async fn remark_and_state_are_counted_in_characters() {
    let longest = ContactWay { remark: "备".repeat(30), state: "渠".repeat(30), ..one() };
    let (client, double) = Double::with(r#"{"config_id":"c"}"#);
    client.add_contact_way(&token(), &longest).await.expect("just short enough");
    assert_eq!(double.asked().len(), 1);
    for (way, expected) in [
        (ContactWay { remark: "备".repeat(31), ..one() }, "remark: 31 characters, at most 30"),
        (ContactWay { state: "渠".repeat(31), ..one() }, "state: 31 characters, at most 30"),
    ] {
        let error = client.add_contact_way(&token(), &way).await.expect_err("too long");
        assert_eq!(error.to_string(), format!("externalcontact/add_contact_way: {expected}"));
    }
}

#[tokio::test]
async fn a_way_to_nobody_or_to_too_many_is_not_sent() {
    let users: Vec<String> = (0..101).map(|i| format!("u{i}")).collect();
    let users: Vec<&str> = users.iter().map(String::as_str).collect();
    let (client, double) = Double::answering([]);
    let nobody = way(Reaches::One { user: String::new(), place: Place::QrCode });
    for (way, expected) in [
        (nobody, "user[0]: is required"),
        (several(&[], &[]), "user: is empty, and so is party"),
        (several(&users, &[]), "user: 101 entries, at most 100"),
        (several(&["a", ""], &[]), "user[1]: is required"),
        (several(&["a"], &[1, 0]), "party[1]: is 0, at least 1"),
    ] {
        let error = client.add_contact_way(&token(), &way).await.expect_err("invalid");
        assert_eq!(error.to_string(), format!("externalcontact/add_contact_way: {expected}"));
        let error = client.update_contact_way(&token(), "c", &way).await.expect_err("invalid");
        assert_eq!(error.to_string(), format!("externalcontact/update_contact_way: {expected}"));
    }
    assert!(double.asked().is_empty());
    let (client, double) = Double::with(r#"{"config_id":"c"}"#);
    client.add_contact_way(&token(), &several(&users[..100], &[])).await.expect("a hundred are allowed");
    assert_eq!(double.asked_once().json()["user"].as_array().map(Vec::len), Some(100));
}

#[tokio::test]
async fn a_way_is_read_as_the_platform_has_it() {
    let (client, double) = Double::with(
        r#"{"errcode":0,"errmsg":"ok","contact_way":{"config_id":"42b3","type":"1","scene":1,"style":2,"remark":"test remark",
            "skip_verify":true,"state":"teststate","qr_code":"http://p.qpic.cn/0","user":["zhangsan","lisi"],"party":[2,"3"],
            "is_temp":true,"expires_in":86400,"chat_expires_in":86400,"unionid":"ox","conclusions":{"text":{"content":"文本"}}}}"#,
    );
    let way = client.get_contact_way(&token(), "42b3").await.expect("found");
    assert_eq!((way.config_id.as_str(), way.kind, way.scene, way.style), ("42b3", 1, 1, Some(2)));
    assert_eq!((way.remark.as_deref(), way.state.as_deref()), (Some("test remark"), Some("teststate")));
    assert_eq!((way.users.len(), way.parties.as_slice()), (2, [2, 3].as_slice()));
    assert_eq!((way.skip_verify, way.is_temp, way.is_exclusive), (true, true, false));
    let asked = double.asked_once();
    assert_eq!(asked.url, url("externalcontact/get_contact_way"));
    assert_eq!(asked.json(), json!({"config_id": "42b3"}));

    let (client, _) = Double::with(r#"{"contact_way":{"config_id":"42b3","type":1,"scene":2,"user":null}}"#);
    let way = client.get_contact_way(&token(), "42b3").await.expect("found");
    assert_eq!((way.users.len(), way.style, way.qr_code), (0, None, None));
    let (client, _) = Double::with(r#"{"errcode":0}"#);
    assert!(matches!(client.get_contact_way(&token(), "42b3").await, Err(Error::NoAnswer { .. })));
}

#[tokio::test]
async fn ways_are_listed_by_page() {
    let (client, double) = Double::with(
        r#"{"errcode":0,"contact_way":[{"config_id":"534b"},{"config_id":"87bB"}],"next_cursor":"NEXT"}"#,
    );
    let query = ContactWayQuery {
        start_time: Some(1_622_476_800),
        end_time: Some(1_625_068_800),
        cursor: Some("CURSOR".to_owned()),
        limit: Some(1000),
    };
    let page = client.list_contact_ways(&token(), &query).await.expect("listed");
    assert_eq!((page.config_ids.len(), page.next_cursor.as_deref()), (2, Some("NEXT")));
    let asked = double.asked_once();
    assert_eq!(asked.url, url("externalcontact/list_contact_way"));
    let expected =
        json!({"start_time": 1_622_476_800, "end_time": 1_625_068_800, "cursor": "CURSOR", "limit": 1000});
    assert_eq!(asked.json(), expected);

    let (client, double) = Double::with(r#"{"errcode":0,"next_cursor":""}"#);
    let page = client.list_contact_ways(&token(), &ContactWayQuery::default()).await.expect("listed");
    assert_eq!((page.config_ids.len(), page.next_cursor), (0, None));
    assert_eq!(double.asked_once().json(), json!({}));
}

#[tokio::test]
async fn a_list_beyond_the_limits_is_not_asked_for() {
    let (client, double) = Double::answering([]);
    let all = ContactWayQuery::default;
    for (query, expected) in [
        (ContactWayQuery { limit: Some(1001), ..all() }, "limit: is 1001, not within 1 to 1000"),
        (ContactWayQuery { cursor: Some(String::new()), ..all() }, "cursor: is required"),
        (
            ContactWayQuery { start_time: Some(2), end_time: Some(1), ..all() },
            "end_time: is before start_time",
        ),
    ] {
        let error = client.list_contact_ways(&token(), &query).await.expect_err("invalid");
        assert_eq!(error.to_string(), format!("externalcontact/list_contact_way: {expected}"));
    }
    assert!(double.asked().is_empty());
}

#[tokio::test]
async fn an_update_says_everything_but_kind_and_place() {
    let (client, double) = Double::with(r#"{"errcode":0,"errmsg":"ok"}"#);
    let bare = ContactWay {
        remark: String::new(),
        state: String::new(),
        skip_verify: false,
        ..several(&["a"], &[])
    };
    client.update_contact_way(&token(), "42b3", &bare).await.expect("updated");
    let asked = double.asked_once();
    assert_eq!((&asked.method, &asked.url), (&Method::POST, &url("externalcontact/update_contact_way")));
    // What is left out would stay: an emptied text and an emptied list are said.
    let expected = json!({"config_id": "42b3", "remark": "", "skip_verify": false, "state": "", "user": ["a"],
        "party": [], "is_exclusive": false});
    assert_eq!(asked.json(), expected);
}

#[tokio::test]
async fn a_way_is_deleted_by_its_id() {
    let (client, double) = Double::with(r#"{"errcode":0,"errmsg":"ok"}"#);
    client.delete_contact_way(&token(), "42b3").await.expect("deleted");
    let asked = double.asked_once();
    assert_eq!((&asked.method, &asked.url), (&Method::POST, &url("externalcontact/del_contact_way")));
    assert_eq!(asked.json(), json!({"config_id": "42b3"}));
}

#[tokio::test]
async fn no_id_is_no_way() {
    let (client, double) = Double::answering([]);
    for error in [
        client.get_contact_way(&token(), "").await.expect_err("invalid"),
        client.update_contact_way(&token(), "", &one()).await.expect_err("invalid"),
        client.delete_contact_way(&token(), "").await.expect_err("invalid"),
    ] {
        assert!(matches!(&error, Error::Invalid { field, .. } if field == "config_id"), "{error}");
    }
    assert!(double.asked().is_empty());
}

#[tokio::test]
async fn refusals_of_ways_have_their_classes_and_lost_writes_are_ambiguous() {
    for (code, class) in [
        (41045, Class::Never),
        (41041, Class::Never),
        (41054, Class::State),
        (40098, Class::State),
        (60011, Class::State),
        (45009, Class::RateLimit),
    ] {
        let error = Double::refusing(code).add_contact_way(&token(), &one()).await.expect_err("refused");
        assert_eq!((error.class(), error.is_ambiguous()), (class, false));
        let updated = Double::refusing(code).update_contact_way(&token(), "c", &one()).await;
        assert_eq!(updated.expect_err("refused").class(), class);
    }
    for code in [41044, 50100] {
        let client = Double::refusing(code);
        let error = client.list_contact_ways(&token(), &ContactWayQuery::default()).await;
        assert_eq!(error.expect_err("refused").code(), Some(code));
        let error = Double::refusing(code).get_contact_way(&token(), "c").await.expect_err("refused");
        assert_eq!(error.code(), Some(code));
        let error = Double::refusing(code).delete_contact_way(&token(), "c").await.expect_err("refused");
        assert_eq!(error.code(), Some(code));
    }
    let (client, _) = Double::answering([status(504, ""), status(504, ""), status(504, "")]);
    assert!(client.add_contact_way(&token(), &one()).await.expect_err("lost").is_ambiguous());
    assert!(client.update_contact_way(&token(), "c", &one()).await.expect_err("lost").is_ambiguous());
    assert!(client.delete_contact_way(&token(), "c").await.expect_err("lost").is_ambiguous());
}
