//! `message/send`.

use std::time::Duration;

use serde_json::{Value, json};
use wecom::message::{Body, MainTitle, Message, Target, TemplateCard, TextNotice};
use wecom::{Class, Error};

use crate::double::{Double, token, url};

pub(crate) fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

pub(crate) fn message(body: Body) -> Message {
    Message {
        touser: vec!["zhangsan".to_owned(), "lisi".to_owned()],
        agentid: 1_000_002,
        body,
        duplicate_check_s: None,
    }
}

fn text(content: &str) -> Message {
    message(Body::Text { content: content.to_owned() })
}

pub(crate) async fn sent(message: &Message) -> Value {
    let (client, double) = Double::with("{}");
    client.send_message(&token(), message).await.expect("sent");
    let asked = double.asked_once();
    assert_eq!((asked.url.as_str(), asked.timeout), (url("message/send").as_str(), Duration::from_secs(10)));
    asked.json()
}

pub(crate) async fn problem(message: &Message) -> String {
    let (client, double) = Double::answering([]);
    let error = client.send_message(&token(), message).await.expect_err("invalid");
    assert!(matches!(error, Error::Invalid { .. }), "{error}");
    assert!(double.asked().is_empty());
    error.to_string().trim_start_matches("message/send: ").to_owned()
}

#[tokio::test]
async fn a_text_goes_to_its_members() {
    let body = json!({"touser": "zhangsan|lisi", "agentid": 1_000_002, "msgtype": "text", "text": {"content": "你好"}});
    assert_eq!(sent(&text("你好")).await, body);
    let checked = Message { duplicate_check_s: Some(600), ..text("x") };
    let body = json!({
        "touser": "zhangsan|lisi", "agentid": 1_000_002, "msgtype": "text", "text": {"content": "x"},
        "enable_duplicate_check": 1, "duplicate_check_interval": 600,
    });
    assert_eq!(sent(&checked).await, body);
}

#[tokio::test]
async fn who_did_not_get_it_is_read_from_the_answer() {
    let answer = r#"{"errcode":0,"errmsg":"ok","invaliduser":"userid1|userid2","invalidparty":1,"invalidtag":"","unlicenseduser":null,
        "msgid":"m1","response_code":"rc"}"#;
    let (client, _) = Double::with(answer);
    let sent = client.send_message(&token(), &text("x")).await.expect("sent to some");
    assert_eq!(sent.invalid_users, ["userid1", "userid2"]);
    assert_eq!(sent.invalid_parties, ["1"]);
    assert!(sent.invalid_tags.is_empty() && sent.unlicensed_users.is_empty());
    assert_eq!((sent.msgid.as_deref(), sent.response_code.as_deref()), (Some("m1"), Some("rc")));
    let (client, _) = Double::with(r#"{"errcode":81013}"#);
    let error = client.send_message(&token(), &text("x")).await.expect_err("reached nobody");
    assert_eq!((error.class(), error.code()), (Class::Never, Some(81013)));
}

#[tokio::test]
async fn recipients_and_intervals_are_checked() {
    let to = |ids: &[&str]| Message { touser: ids.iter().map(|id| (*id).to_owned()).collect(), ..text("x") };
    assert_eq!(problem(&to(&[])).await, "touser: 0 entries, at least 1");
    assert_eq!(problem(&to(&["u"; 1001])).await, "touser: 1001 entries, at most 1000");
    assert_eq!(problem(&to(&["a", ""])).await, "touser[1]: is required");
    for not_one_member in ["@all", "@ALL", "a|b"] {
        assert_eq!(problem(&to(&[not_one_member])).await, "touser[0]: is not the id of a member");
    }
    for seconds in [0, 14_401] {
        let message = Message { duplicate_check_s: Some(seconds), ..text("x") };
        assert_eq!(problem(&message).await, "duplicate_check_interval: is not within 1 to 14400 seconds");
    }
    assert_eq!(problem(&text("")).await, "text.content: is required");
    assert_eq!(problem(&text(&"中".repeat(683))).await, "text.content: 2049 bytes, at most 2048");
}

#[test]
fn a_message_does_not_show_what_it_says() {
    let title = MainTitle { title: some("秘密"), desc: None };
    let card = TextNotice { main_title: Some(title), ..TextNotice::new(Target::Url("https://u".to_owned())) };
    let card = message(Body::TemplateCard(Box::new(TemplateCard::TextNotice(card))));
    let shown = format!("{:?} {card:?}", text("秘密"));
    assert!(shown.contains("Text(6 bytes)") && shown.contains("TemplateCard(***)"), "{shown}");
    assert!(!shown.contains("秘密"));
}
