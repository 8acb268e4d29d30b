//! WeCom's door: what other people's libraries made is accepted or refused as it should be.

use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tests::{World, at, items};
use wecom::crypto::CallbackKeys;

use super::price::company;

fn samples(file: &str) -> Vec<Value> {
    let path = format!("{}/callbacks/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn body_of(sample: &Value) -> String {
    if let Some(body) = sample["body"].as_str() {
        return body.to_owned();
    }
    let make = &sample["body_gen"];
    let part = |name: &str| make[name].as_str().unwrap_or_default().to_owned();
    let count = usize::try_from(make["count"].as_u64().unwrap_or(0)).unwrap();
    format!("{}{}{}", part("prefix"), part("fill").repeat(count), part("suffix"))
}

async fn world_of_the_samples() -> World {
    let path = format!("{}/callbacks/config.json", env!("CARGO_MANIFEST_DIR"));
    let config: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    World::with_settings(
        at("2026-03-02 09:00"),
        &[
            ("WECOM_CORP_ID", config["corp_id"].as_str().unwrap()),
            ("WECOM_CALLBACK_TOKEN", config["token"].as_str().unwrap()),
            ("WECOM_CALLBACK_AES_KEY", config["encoding_aes_key"].as_str().unwrap()),
        ],
    )
    .await
}

async fn deliver(world: &World, sample: &Value) -> tests::Answer {
    let mut query = Vec::new();
    for name in ["msg_signature", "timestamp", "nonce"] {
        if let Some(value) = sample[name].as_str() {
            query.push(format!("{name}={value}"));
        }
    }
    let uri = format!("{}/wecom/callback?{}", world.machine.address, query.join("&"));
    let request =
        http::Request::post(uri).header("content-type", "text/xml").body(Bytes::from(body_of(sample)));
    world.raw(request.unwrap()).await
}

#[tokio::test]
async fn five_hundred_real_callbacks_are_accepted_and_kept() {
    let world = world_of_the_samples().await;
    let samples = samples("valid.jsonl");
    assert_eq!(samples.len(), 500);
    for sample in &samples {
        let answer = deliver(&world, sample).await;
        assert_eq!((answer.status, answer.body), (200, Value::Null), "{}", sample["id"]);
        let plain = sample["plain"].as_str().unwrap();
        let id = hex::encode(Sha256::digest(plain.as_bytes()));
        let entry = world.machine.app.store.inbox_entry(&id).await.unwrap().expect("an inbox entry");
        assert_eq!(entry.plain, plain);
    }
}

#[tokio::test]
async fn two_hundred_invalid_callbacks_are_refused_alike_and_leave_nothing() {
    let world = world_of_the_samples().await;
    // The night's synchronisation of staff, and nothing else.
    let before = world.machine.app.store.next_due().await.unwrap();
    assert_eq!(before, Some(at("2026-03-03 03:30")));
    let samples = samples("invalid.jsonl");
    assert_eq!(samples.len(), 200);
    for sample in &samples {
        let answer = deliver(&world, sample).await;
        assert_eq!(answer.status, 403, "{} {}", sample["kind"], sample["id"]);
        if let Some(plain) = sample["plain"].as_str() {
            let id = hex::encode(Sha256::digest(plain.as_bytes()));
            assert!(world.machine.app.store.inbox_entry(&id).await.unwrap().is_none(), "{}", sample["kind"]);
        }
    }
    assert_eq!(world.machine.app.store.next_due().await.unwrap(), before, "nothing is in the inbox");
}

#[tokio::test]
async fn url_verification_answers_the_echo_and_nothing_else() {
    let world = company().await;
    let keys = keys();
    let sealed = keys.seal(1_700_000_000, "n0nce", [7; 16], "4221930712");
    let echo: String = sealed.encrypt.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let uri = format!(
        "{}/wecom/callback?msg_signature={}&timestamp=1700000000&nonce=n0nce&echostr={echo}",
        world.machine.address, sealed.msg_signature
    );
    let request = http::Request::get(uri).body(Bytes::new()).unwrap();
    let answer = world.raw(request).await;
    assert_eq!((answer.status, answer.body), (200, json!(4_221_930_712_u64)));
}

fn keys() -> CallbackKeys {
    let key = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
    CallbackKeys::parse("SimulatedCallbackToken", key, "ww5f0e1d2c3b4a5968").unwrap()
}

#[tokio::test]
async fn an_event_delivered_three_times_at_once_is_one_entry_one_welcome_one_enrollment() {
    let world = company().await;
    let document = json!({
        "id": "newcomers", "name": "新客", "anchor": {"kind": "friend_add"},
        "steps": [{"id": "hello", "at": {"after_minutes": 0}, "method": "welcome", "content": {"text": "你好"}},
                  {"id": "next", "at": {"day": 1, "time": "10:00"}, "method": "task", "content": {"text": "明天"}}]
    });
    world.publish(document).await;
    // WeCom's own delivery is lost; ours comes three times.
    world.sim("faults", json!({"callbacks": "drop", "times": 1})).await;
    world.sim("customers", json!({"external_userid": "wmA", "name": "王先生"})).await;
    let added = world.sim("customers/wmA/add", json!({"userid": "zhang"})).await;
    let plain = format!(
        "<xml><ToUserName><![CDATA[ww5f0e1d2c3b4a5968]]></ToUserName><FromUserName><![CDATA[sys]]></FromUserName>\
         <CreateTime>{}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[change_external_contact]]></Event>\
         <ChangeType><![CDATA[add_external_contact]]></ChangeType><UserID><![CDATA[zhang]]></UserID>\
         <ExternalUserID><![CDATA[wmA]]></ExternalUserID><WelcomeCode><![CDATA[{}]]></WelcomeCode></xml>",
        world.now().secs(),
        added["welcome_code"].as_str().unwrap()
    );
    let keys = keys();
    let send = |nonce: u8| {
        let sealed = keys.seal(world.now().secs(), &format!("nonce{nonce}"), [nonce; 16], &plain);
        let body = format!(
            "<xml><ToUserName><![CDATA[ww5f0e1d2c3b4a5968]]></ToUserName><Encrypt><![CDATA[{}]]></Encrypt></xml>",
            sealed.encrypt
        );
        let sample = json!({"msg_signature": sealed.msg_signature, "timestamp": sealed.timestamp.to_string(),
                            "nonce": sealed.nonce, "body": body});
        let world = &world;
        async move { deliver(world, &sample).await.status }
    };
    let (a, b, c) = tokio::join!(send(1), send(2), send(3));
    assert_eq!((a, b, c), (200, 200, 200));
    world.machine.settle().await.unwrap();

    assert_eq!(world.customer_inbox("wmA").await.len(), 1);
    let enrollments = world.enrollments("wmA").await;
    assert_eq!(enrollments.len(), 1);
    assert_eq!(enrollments[0]["occurrence"], 1);
    let added = world.timeline("wmA").await.into_iter().filter(|entry| entry["kind"] == "contact_added");
    assert_eq!(added.count(), 1);
    assert_eq!(items(&enrollments[0]["steps"])[0]["state"], "sent");
}
