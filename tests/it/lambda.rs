//! The functions' own binaries, as they are deployed: they start with the template's variables, fetch their invocations
//! from Lambda's runtime API and find AWS behind one address, where a few lines of ours stand in for it.

mod aws;
mod uploads;

use domain::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use store::RecordKind;
use wecom::crypto::CallbackKeys;

use crate::architecture::template::SECRET;
use aws::Aws;

/// One of the recorded callbacks, as the HTTP API passes it on, and the id of its inbox entry.
fn recorded(line: usize) -> (Value, String) {
    let samples = include_str!("../callbacks/valid.jsonl");
    let sample: Value = serde_json::from_str(samples.lines().nth(line).unwrap()).unwrap();
    let given = |name: &str| sample[name].as_str().unwrap().to_owned();
    let query = ["msg_signature", "timestamp", "nonce"].map(|name| format!("{name}={}", given(name)));
    let http = json!({ "method": "POST", "path": callback::PATH, "protocol": "HTTP/1.1",
                       "sourceIp": "203.0.113.7", "userAgent": "Mozilla/4.0" });
    let event = json!({
        "version": "2.0", "routeKey": "POST /wecom/callback", "rawPath": callback::PATH,
        "rawQueryString": query.join("&"), "body": given("body"), "isBase64Encoded": false,
        "headers": { "content-type": "text/xml", "host": "api.example.com" },
        "requestContext": { "accountId": "111122223333", "apiId": "api", "stage": "$default", "requestId": "r",
                            "domainName": "api.example.com", "time": "22/Nov/2026:07:00:00 +0000",
                            "timeEpoch": 1_795_330_800_000_u64, "http": http },
    });
    (event, hex::encode(Sha256::digest(given("plain").as_bytes())))
}

/// AWS with the secrets of the recorded callbacks.
async fn aws() -> Aws {
    let config: Value = serde_json::from_str(include_str!("../callbacks/config.json")).unwrap();
    let secret = |name: &str| config[name].as_str().unwrap().to_owned();
    assert!(CallbackKeys::parse(&secret("token"), &secret("encoding_aes_key"), &secret("corp_id")).is_ok());
    Aws::with_secrets([
        ("wecom-secret", SECRET.to_owned()),
        ("wecom-callback-token", secret("token")),
        ("wecom-callback-aes-key", secret("encoding_aes_key")),
    ])
    .await
}

#[tokio::test]
async fn callback_keeps_an_event_and_hands_it_over() {
    let aws = aws().await;
    let mut function = aws.start("callback");
    let (event, id) = recorded(0);
    let answer = function.invoke(&event).await;
    assert_eq!(answer["statusCode"], 200, "{answer}");
    assert!(aws.store.inbox_entry(&id).await.unwrap().is_some_and(|entry| !entry.done));
    assert_eq!(aws.published(), [("inbox".to_owned(), json!({ "id": id }))]);

    // Repeated before anybody has dealt with it: whoever heard of it first may have died.
    assert_eq!(function.invoke(&event).await["statusCode"], 200);
    assert_eq!(aws.published().len(), 2);
    // Dealt with: answered, and told to nobody again.
    let asked = aws.store.inbox_entry(&id).await.unwrap().unwrap().asked;
    assert!(aws.store.finish_inbox(&id, asked, app::Clock::now(&app::RealClock)).await.unwrap());
    assert_eq!(function.invoke(&event).await["statusCode"], 200);
    assert_eq!(aws.published().len(), 2);

    let mut damaged = event;
    damaged["rawQueryString"] = "msg_signature=0&timestamp=0&nonce=0".into();
    assert_eq!(function.invoke(&damaged).await["statusCode"], 403);
}

#[tokio::test]
async fn callback_goes_round_a_bus_that_fails() {
    let aws = aws().await;
    aws.break_the_bus();
    let (event, id) = recorded(1);
    assert_eq!(aws.start("callback").invoke(&event).await["statusCode"], 200);
    let path = "/2015-03-31/functions/stepwise-dev/invocations".to_owned();
    assert_eq!(aws.invoked(), [(path, json!({ "detail-type": "inbox", "detail": { "id": id } }))]);
}

#[tokio::test]
async fn janitor_sets_up_a_new_store_and_finishes_what_lies_about() {
    let aws = aws().await;
    let plain = "<xml><ToUserName>ww</ToUserName><CreateTime>1</CreateTime><MsgType>event</MsgType>\
                 <Event>of_which_we_know_nothing</Event></xml>";
    aws.store.claim("lost", plain, Timestamp::from_secs(1_760_000_000)).await.unwrap();
    let answer = aws.start("janitor").invoke(&json!({})).await;
    assert_eq!(answer, Value::Null);
    assert!(aws.store.inbox_entry("lost").await.unwrap().unwrap().done);
    let settings = aws.store.record(RecordKind::Settings, "").await.unwrap().unwrap();
    assert!(settings.doc.contains("Asia/Urumqi"), "{}", settings.doc);
}

#[tokio::test]
async fn a_function_without_its_secret_does_not_start_and_says_which() {
    let aws = Aws::with_secrets([("wecom-callback-token", SECRET.to_owned())]).await;
    let said = aws.start("callback").end().await;
    let name = "arn:aws:ssm:eu-central-1:111122223333:parameter/stepwise/dev/wecom-callback-aes-key";
    assert!(said.contains("WECOM_CALLBACK_AES_KEY_ARN") && said.contains(name), "{said}");
    assert!(!said.contains(SECRET));
}
