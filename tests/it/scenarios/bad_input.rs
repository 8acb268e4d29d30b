//! Bad input gets a clear error that names the field, and changes nothing.

use std::collections::BTreeMap;

use bytes::Bytes;
use local::{ClockKind, Machine, Options, WeComKind};
use serde_json::{Value, json};
use tests::{World, at, items, text};

use super::price::company;

fn pointers(problem: &Value) -> Vec<String> {
    items(&problem["errors"]).iter().map(|error| text(&error["pointer"])).collect()
}

#[tokio::test]
async fn a_malformed_setting_stops_the_start_and_is_named() {
    let options = |settings: &[(&str, &str)], wecom| Options {
        listen: "127.0.0.1:0".parse().unwrap(),
        data: None,
        wecom,
        clock: ClockKind::Manual(at("2026-03-02 09:00")),
        demo: false,
        settings: settings
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect::<BTreeMap<_, _>>(),
    };
    let bad = options(&[("WECOM_CORP_ID", "not a corp id")], WeComKind::Sim);
    let error = Machine::start(&bad).await.err().unwrap().to_string();
    assert!(error.contains("WECOM_CORP_ID"), "{error}");
    let bare = options(&[], WeComKind::Real);
    let error = Machine::start(&bare).await.err().unwrap().to_string();
    assert!(error.contains("WECOM_CORP_ID"), "{error}");
}

#[tokio::test]
async fn an_unknown_stage_is_refused_with_the_candidates() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    let before = world.view("wmA").await;
    let answer =
        world.put("/api/v1/customers/wmA/stage", json!({"board": "sales", "stage": "nowhere"})).await;
    let problem = answer.refused(422);
    assert_eq!(pointers(&problem), ["/stage"]);
    assert!(problem.to_string().contains("price"), "{problem:#}");
    assert_eq!(world.view("wmA").await["version"], before["version"]);
}

#[tokio::test]
async fn an_sop_with_repeated_step_ids_is_not_published_and_says_which() {
    let world = company().await;
    let step =
        json!({"id": "a", "at": {"day": 1, "time": "10:00"}, "method": "task", "content": {"text": "x"}});
    let document =
        json!({"id": "twice", "name": "重复", "anchor": {"kind": "friend_add"}, "steps": [step, step]});
    world.put("/api/v1/sops/twice", document).await.ok();
    let problem = world.post("/api/v1/sops/twice/publish", json!({})).await.refused(422);
    assert_eq!(pointers(&problem), ["/steps/1/id"]);
    assert_eq!(world.get("/api/v1/sops/twice").await.ok()["published"], Value::Null);
}

#[tokio::test]
async fn a_rule_that_names_a_missing_tag_is_refused() {
    let world = company().await;
    let rule = json!({"id": "r", "name": "规则", "when": {"message_contains": {"any": ["x"]}},
                      "then": [{"add_tag": "客户状态/没有"}]});
    let problem = world.put("/api/v1/rules/r", rule).await.refused(422);
    assert_eq!(pointers(&problem), ["/then/0/add_tag"]);
    assert_eq!(world.get("/api/v1/rules/r").await.status, 404);
}

#[tokio::test]
async fn a_field_that_does_not_exist_is_named() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    let body = json!({"board": "sales", "stage": "price", "colour": "red"});
    let problem = world.put("/api/v1/customers/wmA/stage", body).await.refused(422);
    assert!(problem.to_string().contains("colour"), "{problem:#}");
}

#[tokio::test]
async fn ten_mebibytes_are_refused() {
    let world = company().await;
    let huge = format!("{{\"id\":\"{}\"}}", "x".repeat(10 * 1024 * 1024));
    let request = http::Request::put(format!("{}/api/v1/rules/r", world.machine.address))
        .header("authorization", "Bearer token-of-the-tests")
        .header("content-type", "application/json")
        .body(Bytes::from(huge))
        .unwrap();
    let answer = world.raw(request).await;
    assert_eq!(answer.refused(413)["code"], "body_too_large");
}

#[tokio::test]
async fn without_the_token_nothing_is_told() {
    let world = company().await;
    for path in ["/api/v1/boards", "/api/v1/customers/wmA", "/api/v1/tasks?userid=zhang"] {
        let request =
            http::Request::get(format!("{}{path}", world.machine.address)).body(Bytes::new()).unwrap();
        assert_eq!(world.raw(request).await.status, 401, "{path}");
    }
}

#[tokio::test]
async fn an_ingested_event_counts_once_and_a_wrong_signature_counts_never() {
    let world: World = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    let event = json!({"id": "crm-1", "type": "message.received", "at": world.now().to_string(),
                       "customer": {"external_userid": "wmA"}, "attributes": {"staff": "zhang", "text": "多少钱"}});
    let body = json!({"events": [event]}).to_string();
    let first = world.ingest(&body, "simulated-ingest-secret").await;
    assert_eq!(items(&first.ok()["events"])[0]["status"], "accepted");
    let second = world.ingest(&body, "simulated-ingest-secret").await;
    assert_eq!(items(&second.ok()["events"])[0]["status"], "duplicate");
    assert_eq!(world.ingest(&body, "another secret").await.status, 401);
    assert_eq!(world.facts("wmA", "rule_fired").await.len(), 1);
}

#[tokio::test]
async fn a_message_that_overtakes_the_word_of_the_friendship_still_counts() {
    let world: World = company().await;
    let event = json!({"id": "early-1", "type": "message.received", "at": world.now().to_string(),
                       "customer": {"external_userid": "wmEarly"}, "attributes": {"staff": "zhang", "text": "多少钱"}});
    let body = json!({"events": [event]}).to_string();
    let answer = world.ingest(&body, "simulated-ingest-secret").await;
    assert_eq!(items(&answer.ok()["events"])[0]["status"], "accepted");
    world.customer("wmEarly", "急客户", "zhang").await;
    assert_eq!(world.stage("wmEarly", "sales").await.as_deref(), Some("price"));
    assert_eq!(world.wecom_tags("wmEarly", "zhang").await, ["客户状态/考虑价格"]);
    assert_eq!(world.enrollments("wmEarly").await.len(), 1);
}
