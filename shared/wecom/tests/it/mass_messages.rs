//! Creating, reminding of and stopping mass messages.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use wecom::attachment::{Attachment, Image};
use wecom::mass::{Audience, CreatedMass, Customers, MassMessage, TagFilter};
use wecom::{Class, Error, TransportError};

use crate::double::{Double, token, url};

fn ids(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|n| format!("{prefix}{n}")).collect()
}

fn to(who: Customers) -> MassMessage {
    message(Audience::Customers { who, allow_select: false })
}

fn message(to: Audience) -> MassMessage {
    MassMessage { to, text: Some("你好".to_owned()), attachments: Vec::new() }
}

fn listed(external_userids: Vec<String>, sender: Option<&str>) -> MassMessage {
    to(Customers::Listed { external_userids, sender: sender.map(str::to_owned) })
}

fn tagged(any_of_each: Vec<Vec<String>>) -> MassMessage {
    to(Customers::Tagged { filter: TagFilter { any_of_each }, sender: None })
}

fn groups(sender: &str, chat_ids: Vec<String>) -> MassMessage {
    message(Audience::Groups { sender: sender.to_owned(), chat_ids })
}

async fn sent(message: &MassMessage) -> Value {
    let (client, double) = Double::with(r#"{"errcode":0,"msgid":"msg1"}"#);
    let created = client.add_mass_message(&token(), message).await.expect("created");
    assert_eq!(created, CreatedMass { msgid: "msg1".to_owned(), fail_list: Vec::new() });
    let asked = double.asked_once();
    assert_eq!((&asked.method, &asked.url), (&Method::POST, &url("externalcontact/add_msg_template")));
    assert_eq!(asked.timeout, Duration::from_secs(10));
    asked.json()
}

async fn problem(message: &MassMessage) -> String {
    let (client, double) = Double::answering([]);
    let error = client.add_mass_message(&token(), message).await.expect_err("invalid");
    assert!(matches!(error, Error::Invalid { .. }) && double.asked().is_empty(), "{error}");
    error.to_string().trim_start_matches("externalcontact/add_msg_template: ").to_owned()
}

#[tokio::test]
async fn customers_are_named_chosen_by_tags_or_all_of_a_member() {
    let text = json!({"content": "你好"});
    assert_eq!(
        sent(&listed(ids("wm", 2), Some("zhangsan"))).await,
        json!({"chat_type": "single", "external_userid": ["wm0", "wm1"], "sender": "zhangsan", "allow_select": false, "text": text})
    );
    assert_eq!(
        sent(&listed(ids("wm", 1), None)).await,
        json!({"chat_type": "single", "external_userid": ["wm0"], "allow_select": false, "text": text})
    );
    assert_eq!(
        sent(&tagged(vec![ids("et", 2), ids("eu", 1)])).await,
        json!({
            "chat_type": "single", "allow_select": false, "text": text,
            "tag_filter": {"group_list": [{"tag_list": ["et0", "et1"]}, {"tag_list": ["eu0"]}]},
        })
    );
    let all =
        Audience::Customers { who: Customers::AllOf { sender: "zhangsan".to_owned() }, allow_select: true };
    assert_eq!(
        sent(&message(all)).await,
        json!({"chat_type": "single", "sender": "zhangsan", "allow_select": true, "text": text})
    );
}

#[tokio::test]
async fn groups_are_named_with_their_owner_or_left_to_the_owner() {
    let named = MassMessage {
        attachments: vec![Attachment::Image(Image::MediaId("m".to_owned()))],
        ..groups("zhangsan", ids("wr", 2))
    };
    assert_eq!(
        sent(&named).await,
        json!({
            "chat_type": "group", "sender": "zhangsan", "chat_id_list": ["wr0", "wr1"], "text": {"content": "你好"},
            "attachments": [{"msgtype": "image", "image": {"media_id": "m"}}],
        })
    );
    let open = MassMessage { text: None, ..MassMessage { to: groups("lisi", Vec::new()).to, ..named } };
    assert_eq!(
        sent(&open).await,
        json!({"chat_type": "group", "sender": "lisi", "attachments": [{"msgtype": "image", "image": {"media_id": "m"}}]})
    );
}

#[tokio::test]
async fn who_is_left_out_is_read_from_the_answer() {
    let answer = r#"{"errcode":0,"errmsg":"ok","fail_list":["wmqfasd1e1927831123109rBAAAA"],"msgid":"msgGCAAAXtWyujaWJHDDGi0mAAAA"}"#;
    let (client, _) = Double::with(answer);
    let created = client.add_mass_message(&token(), &listed(ids("wm", 1), None)).await.expect("created");
    assert_eq!(created.msgid, "msgGCAAAXtWyujaWJHDDGi0mAAAA");
    assert_eq!(created.fail_list, ["wmqfasd1e1927831123109rBAAAA"]);
}

#[tokio::test]
async fn what_the_platform_forbids_is_not_sent() {
    let message = |text: Option<String>| MassMessage { text, ..listed(ids("wm", 1), None) };
    for (message, expected) in [
        (listed(Vec::new(), Some("u")), "external_userid: 0 entries, at least 1"),
        (listed(ids("wm", 10_001), None), "external_userid: 10001 entries, at most 10000"),
        (listed(vec![String::new()], None), "external_userid[0]: is required"),
        (listed(ids("wm", 1), Some("")), "sender: is required"),
        (to(Customers::AllOf { sender: String::new() }), "sender: is required"),
        (to(Customers::AllOf { sender: "u".repeat(65) }), "sender: 65 bytes, at most 64"),
        (tagged(Vec::new()), "tag_filter.group_list: 0 entries, at least 1"),
        (tagged(vec![ids("et", 1), Vec::new()]), "tag_filter.group_list[1].tag_list: 0 entries, at least 1"),
        (tagged(vec![ids("et", 101)]), "tag_filter.group_list[0].tag_list: 101 entries, at most 100"),
        (groups("", Vec::new()), "sender: is required"),
        (groups("u", ids("wr", 2001)), "chat_id_list: 2001 entries, at most 2000"),
        (message(None), "text.content: is empty, and so is attachments"),
        (message(Some("中".repeat(1334))), "text.content: 4002 bytes, at most 4000"),
    ] {
        assert_eq!(problem(&message).await, expected);
    }
    for longest in
        [listed(ids("wm", 10_000), None), groups("u", ids("wr", 2000)), tagged(vec![ids("et", 100)])]
    {
        sent(&longest).await;
    }
}

#[tokio::test]
async fn an_unknown_outcome_may_be_a_task_for_every_member() {
    let message = listed(ids("wm", 1), None);
    for answer in [Err(TransportError::Ambiguous("time ran out".to_owned())), crate::double::json("{}")] {
        let (client, _) = Double::answering([answer]);
        assert!(client.add_mass_message(&token(), &message).await.expect_err("unclear").is_ambiguous());
    }
    let (client, _) = Double::with(r#"{"errcode":41048,"errmsg":"no customer"}"#);
    let error = client.add_mass_message(&token(), &message).await.expect_err("refused");
    assert_eq!((error.code(), error.class()), (Some(41048), Class::Never));
}

#[tokio::test]
async fn reminding_and_stopping_name_the_message() {
    let (client, double) =
        Double::answering(["{}", r#"{"errcode":0,"errmsg":"ok"}"#].map(crate::double::json));
    client.remind_mass_message(&token(), "msg1").await.expect("reminded");
    client.cancel_mass_message(&token(), "msg1").await.expect("stopped");
    let asked = double.asked();
    assert_eq!(asked[0].url, url("externalcontact/remind_groupmsg_send"));
    assert_eq!(asked[1].url, url("externalcontact/cancel_groupmsg_send"));
    assert!(asked.iter().all(|asked| asked.json() == json!({"msgid": "msg1"})));

    for (code, class) in [(41063, Class::Transient), (41094, Class::RateLimit), (41047, Class::Never)] {
        let (client, _) = Double::with(&format!(r#"{{"errcode":{code}}}"#));
        let error = client.remind_mass_message(&token(), "msg1").await.expect_err("refused");
        assert_eq!((error.code(), error.class()), (Some(code), class));
    }
    let (client, _) = Double::with(r#"{"errcode":41093}"#);
    let stopped_before = client.cancel_mass_message(&token(), "msg1").await.expect_err("refused");
    assert_eq!((stopped_before.code(), stopped_before.is_ambiguous()), (Some(41093), false));
    let (client, double) = Double::answering([]);
    let error = client.cancel_mass_message(&token(), "").await.expect_err("invalid");
    assert_eq!(error.to_string(), "externalcontact/cancel_groupmsg_send: msgid: is required");
    assert!(double.asked().is_empty());
}

#[test]
fn a_mass_message_does_not_show_what_it_says() {
    let shown = format!("{:?}", listed(ids("wm", 3), Some("zhangsan")));
    let expected =
        r#"MassMessage { to: 3 customers of Some("zhangsan"), text_bytes: Some(6), attachments: [] }"#;
    assert_eq!(shown, expected);
}
