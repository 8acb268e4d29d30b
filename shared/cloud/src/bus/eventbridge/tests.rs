use aws_sdk_eventbridge::config::retry::RetryConfig;
use aws_sdk_eventbridge::config::{BehaviorVersion, Credentials, Region};
use serde_json::{Value, json};

use super::*;
use crate::bus::MessageKind;
use crate::wire::{Answer, Wire};

fn over(wire: &Wire) -> EventBridge {
    let config = aws_sdk_eventbridge::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("ap-southeast-1"))
        .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .http_client(wire.http_client())
        .build();
    EventBridge::new(Client::from_conf(config), "stepwise-dev")
}

fn inbox(id: u32) -> Message {
    Message { kind: MessageKind::Inbox, id: id.to_string() }
}

/// An answer that takes (`true`) or refuses each entry.
fn taken(entries: &[bool]) -> Answer {
    let results: Vec<Value> = entries
        .iter()
        .map(|ok| match ok {
            true => json!({ "EventId": "e" }),
            false => json!({ "ErrorCode": "ThrottlingException", "ErrorMessage": "slow down" }),
        })
        .collect();
    let failed = entries.iter().filter(|ok| !**ok).count();
    (200, "", json!({ "FailedEntryCount": failed, "Entries": results }))
}

/// The ids in each call, in order.
fn ids(wire: &Wire) -> Vec<Vec<String>> {
    let id = |entry: &Value| {
        let detail: Value = serde_json::from_str(entry["Detail"].as_str().unwrap()).unwrap();
        detail["id"].as_str().unwrap().to_owned()
    };
    wire.sent().iter().map(|sent| sent.body["Entries"].as_array().unwrap().iter().map(id).collect()).collect()
}

#[tokio::test]
async fn a_message_is_an_entry_with_an_id_and_nothing_else() {
    let wire = Wire::answering([taken(&[true, true])]);
    let journal = Message { kind: MessageKind::Journal, id: "C#wm1/J#000000000012".into() };
    over(&wire).publish(&[inbox(3), journal]).await.unwrap();
    let sent = wire.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].target, "AWSEvents.PutEvents");
    assert_eq!(sent[0].uri, "https://events.ap-southeast-1.amazonaws.com/");
    let entry = |kind: &str, detail: &str| json!({ "Source": "stepwise", "DetailType": kind, "Detail": detail, "EventBusName": "stepwise-dev" });
    assert_eq!(
        sent[0].body,
        json!({ "Entries": [
            entry("inbox", r#"{"id":"3"}"#),
            entry("journal", r#"{"id":"C#wm1/J#000000000012"}"#),
        ]})
    );
}

#[tokio::test]
async fn no_messages_are_no_call() {
    let wire = Wire::answering([]);
    over(&wire).publish(&[]).await.unwrap();
    assert_eq!(wire.sent(), []);
}

#[tokio::test]
async fn a_call_carries_ten_entries_at_most() {
    let wire = Wire::answering([taken(&[true; 10]), taken(&[true; 10]), taken(&[true; 3])]);
    let messages: Vec<_> = (0..23).map(inbox).collect();
    over(&wire).publish(&messages).await.unwrap();
    assert_eq!(ids(&wire).iter().map(Vec::len).collect::<Vec<_>>(), [10, 10, 3]);
}

#[tokio::test]
async fn entries_that_were_not_taken_are_offered_once_more() {
    let wire = Wire::answering([taken(&[true, false, true, false]), taken(&[true, true])]);
    over(&wire).publish(&[inbox(0), inbox(1), inbox(2), inbox(3)]).await.unwrap();
    assert_eq!(ids(&wire), [vec!["0", "1", "2", "3"], vec!["1", "3"]]);
}

#[tokio::test]
async fn entries_refused_twice_are_counted_over_all_calls() {
    let first = [true, true, true, true, true, true, true, true, true, false];
    let wire = Wire::answering([taken(&first), taken(&[false]), taken(&[false, true]), taken(&[false])]);
    let messages: Vec<_> = (0..12).map(inbox).collect();
    let error = over(&wire).publish(&messages).await.unwrap_err();
    assert!(
        matches!(&error, Error::Unpublished { failed: 2, total: 12, code } if code == "ThrottlingException")
    );
    assert_eq!(
        error.to_string(),
        "the bus did not accept 2 of 12 messages, the last with ThrottlingException"
    );
}

#[tokio::test]
async fn an_answer_that_is_short_of_results_is_not_taken_for_success() {
    let wire = Wire::answering([taken(&[true]), taken(&[])]);
    let error = over(&wire).publish(&[inbox(0), inbox(1)]).await.unwrap_err();
    assert!(matches!(error, Error::Unpublished { failed: 1, total: 2, .. }));
}

#[tokio::test]
async fn a_call_that_fails_ends_it() {
    let wire = Wire::answering([(400, "ResourceNotFoundException", json!({ "message": "no such bus" }))]);
    let messages: Vec<_> = (0..11).map(inbox).collect();
    let error = over(&wire).publish(&messages).await.unwrap_err();
    assert!(matches!(error, Error::Refused { call: "PutEvents", .. }));
    assert_eq!(wire.sent().len(), 1);
    let unreachable = over(&Wire::answering([]));
    assert!(matches!(unreachable.publish(&[inbox(0)]).await, Err(Error::Unavailable { .. })));
}
