use serde_json::{Value, json};

use crate::bench::Bench;

async fn greet(bench: &Bench, code: &str) -> i64 {
    let answer = bench
        .post("externalcontact/send_welcome_msg", json!({"welcome_code": code, "text": {"content": "你好"}}))
        .await;
    answer["errcode"].as_i64().expect("an errcode")
}

async fn inbox(bench: &Bench) -> Value {
    bench.look("customers/wmAnna/inbox").await["items"].clone()
}

#[tokio::test]
async fn a_code_works_once_within_twenty_seconds() {
    let (bench, code) = Bench::befriended().await;
    bench.pass(20);
    assert_eq!(greet(&bench, &code).await, 0);
    assert_eq!(greet(&bench, &code).await, 41051);
    let items = inbox(&bench).await;
    assert_eq!(items.as_array().map(Vec::len), Some(1));
    assert_eq!(items[0]["text"], "你好");
    assert_eq!(items[0]["via"], "welcome");
    assert_eq!(items[0]["userid"], "LiMing");
}

#[tokio::test]
async fn a_used_code_is_used_however_late_and_an_unused_one_is_invalid() {
    let (bench, used) = Bench::befriended().await;
    assert_eq!(greet(&bench, &used).await, 0);
    bench.control("customers", json!({"external_userid": "wmBea"})).await;
    let unused = bench.control("customers/wmBea/add", json!({"userid": "LiMing"})).await;
    bench.pass_ms(20_001);
    assert_eq!(greet(&bench, &used).await, 41051);
    let unused = unused["welcome_code"].as_str().expect("a code");
    assert_eq!(greet(&bench, unused).await, 41050);
    assert_eq!(greet(&bench, "no-such-code").await, 41050);
    assert_eq!(greet(&bench, "").await, 41049);
}

#[tokio::test]
async fn who_has_begun_to_chat_is_not_welcomed() {
    let (bench, code) = Bench::befriended().await;
    bench.control("customers/wmAnna/say", json!({"userid": "LiMing", "text": "在吗"})).await;
    assert_eq!(greet(&bench, &code).await, 41051);
    assert_eq!(inbox(&bench).await, json!([]));
}

#[tokio::test]
async fn a_used_half_code_leaves_none_for_the_whole() {
    let bench = Bench::new();
    bench.people().await;
    let half = bench.control("customers/wmAnna/add", json!({"userid": "LiMing", "half": true})).await;
    let code = half["welcome_code"].as_str().expect("a code");
    assert_eq!(greet(&bench, code).await, 0);
    let whole = bench.control("customers/wmAnna/add", json!({"userid": "LiMing"})).await;
    assert_eq!(whole["welcome_code"], Value::Null);
    assert_eq!(bench.callbacks()[1].field("WelcomeCode"), None);
}

#[tokio::test]
async fn where_the_console_greets_no_code_is_issued() {
    let bench = Bench::new();
    bench.people().await;
    bench.control("staff", json!({"userid": "liming", "console_welcome": true})).await;
    let added = bench.control("customers/wmAnna/add", json!({"userid": "LiMing"})).await;
    assert_eq!(added["welcome_code"], Value::Null);
    assert_eq!(added["event"], "add_external_contact");
}

#[tokio::test]
async fn content_has_limits_in_bytes() {
    let (bench, code) = Bench::befriended().await;
    let send = |rest: Value| {
        let mut body = json!({"welcome_code": code});
        body.as_object_mut().expect("an object").extend(rest.as_object().expect("an object").clone());
        body
    };
    let image = json!({"msgtype": "image", "image": {"media_id": "m"}});
    for (rest, errcode) in [
        (json!({}), 44004),
        (json!({"text": {"content": "字".repeat(1334)}}), 45002),
        (json!({"attachments": vec![&image; 10]}), 41064),
        (json!({"attachments": [{"msgtype": "voice"}]}), 41065),
        (json!({"attachments": [{"msgtype": "link"}]}), 40058),
        (json!({"text": {"content": "字".repeat(1333)}, "attachments": [&image]}), 0),
    ] {
        let answer = bench.post("externalcontact/send_welcome_msg", send(rest)).await;
        assert_eq!(answer["errcode"], errcode, "{answer}");
    }
    assert_eq!(inbox(&bench).await[0]["attachments"], json!([image]));
}

#[tokio::test]
async fn who_blocked_the_member_meanwhile_gets_nothing() {
    let (bench, code) = Bench::befriended().await;
    bench.control("customers/wmAnna/block", json!({"userid": "LiMing"})).await;
    assert_eq!(greet(&bench, &code).await, 0);
    assert_eq!(inbox(&bench).await, json!([]));
}
