//! Tags that come off by themselves.

use serde_json::{Value, json};
use tests::{World, at, text};

use super::price::company;

/// 试驾 is a tag, and an SOP is for who has it.
async fn with_a_campaign() -> World {
    let world = company().await;
    world.post("/api/v1/tag-groups", json!({"name": "活动", "tags": ["试驾", "老客户"]})).await.ok();
    let step = json!({"id": "call", "at": {"day": 5, "time": "10:00"}, "method": "task", "content": {"text": "试驾"}});
    let campaign = json!({"id": "drive", "name": "试驾跟进", "audience": {"tag": "活动/试驾"}, "steps": [step],
        "anchor": {"kind": "stage_entry", "stage": "sales/interest"}, "exit": {"left_audience": true, "left_stage": false}});
    world.publish(campaign).await;
    world.customer("wmA", "王先生", "zhang").await;
    world.sim("customers/wmA/add", json!({"userid": "li"})).await;
    world
}

async fn put_on(world: &World, tag: &str, expires_at: Option<&str>) -> Value {
    let mut body = json!({"add": [tag]});
    if let Some(expires_at) = expires_at {
        body["expires_at"] = json!(at(expires_at).to_string());
    }
    world.post("/api/v1/customers/wmA/tags", body).await.ok()
}

async fn expires(world: &World) -> Value {
    let view = world.view("wmA").await;
    tests::items(&view["tags"]).iter().find(|tag| tag["name"] == "试驾").unwrap()["expires_at"].clone()
}

#[tokio::test]
async fn a_tag_comes_off_every_phone_at_its_second_and_the_sop_that_needs_it_ends() {
    let world = with_a_campaign().await;
    put_on(&world, "活动/试驾", Some("2026-03-04 12:00")).await;
    world.put("/api/v1/customers/wmA/stage", json!({"board": "sales", "stage": "interest"})).await.ok();
    let state = |of: &[Value]| {
        of.iter().find(|e| e["sop"] == "drive").map(|e| (text(&e["state"]), e["reason"].clone()))
    };
    let entered = state(&world.enrollments("wmA").await);
    assert_eq!(entered, Some(("active".to_owned(), Value::Null)));

    world.until(at("2026-03-04 12:00").plus_secs(-1)).await;
    for staff in ["zhang", "li"] {
        assert!(world.wecom_tags("wmA", staff).await.contains(&"活动/试驾".to_owned()));
    }
    world.until(at("2026-03-04 12:00")).await;
    assert_eq!(world.tags("wmA").await, ["客户状态/了解产品"]);
    for staff in ["zhang", "li"] {
        assert_eq!(world.wecom_tags("wmA", staff).await, ["客户状态/了解产品"], "{staff}'s phone");
    }
    let left = state(&world.enrollments("wmA").await);
    assert_eq!(left, Some(("exited".to_owned(), json!("left_audience"))));
    let entry = world
        .timeline("wmA")
        .await
        .into_iter()
        .find(|entry| tests::items(&entry["facts"]).iter().any(|fact| fact["kind"] == "tag_expired"));
    assert_eq!(entry.expect("an entry tells it")["at"], at("2026-03-04 12:00").to_string());
}

#[tokio::test]
async fn put_on_again_without_an_end_it_stays() {
    let world = with_a_campaign().await;
    put_on(&world, "活动/试驾", Some("2026-03-04 12:00")).await;
    assert_eq!(expires(&world).await, at("2026-03-04 12:00").to_string());
    put_on(&world, "活动/试驾", None).await;
    assert_eq!(expires(&world).await, Value::Null);
    world.until(at("2026-03-10 12:00")).await;
    assert_eq!(world.wecom_tags("wmA", "zhang").await, ["活动/试驾"]);
}

#[tokio::test]
async fn undo_restores_the_earlier_end() {
    let world = with_a_campaign().await;
    put_on(&world, "活动/试驾", Some("2026-03-04 12:00")).await;
    let later = put_on(&world, "活动/试驾", Some("2026-03-06 12:00")).await;
    assert_eq!(expires(&world).await, at("2026-03-06 12:00").to_string());
    world.post("/api/v1/undo", json!({"entry": later["entry"]})).await.ok();
    assert_eq!(expires(&world).await, at("2026-03-04 12:00").to_string());
    world.until(at("2026-03-04 12:00")).await;
    assert!(world.tags("wmA").await.is_empty());
}

#[tokio::test]
async fn an_end_that_cannot_be_is_refused_by_a_code() {
    let world = with_a_campaign().await;
    let future = "2026-04-01T09:00:00+08:00";
    for (body, code) in [
        (json!({"add": ["活动/试驾"], "expires_at": "2026-03-02T09:00:00+08:00"}), "in_the_past"),
        (json!({"add": ["活动/试驾"], "expires_at": "tomorrow"}), "bad_value"),
        (json!({"add": ["活动/试驾", "客户状态/下定"], "expires_at": future}), "bad_combination"),
        (json!({"remove": ["活动/试驾"], "expires_at": future}), "bad_combination"),
    ] {
        let refused = world.post("/api/v1/customers/wmA/tags", body.clone()).await.refused(422);
        let error = &refused["errors"][0];
        assert_eq!((&error["pointer"], &error["code"]), (&json!("/expires_at"), &json!(code)), "{body}");
    }
    // A repetition is answered also when the time is over by then.
    let keyed = [("idempotency-key", "k")];
    let body = json!({"add": ["活动/试驾"], "expires_at": "2026-03-02T09:30:00+08:00"});
    let path = "/api/v1/customers/wmA/tags";
    let first = world.send(http::Method::POST, path, &keyed, Some(&body)).await.ok();
    world.until(at("2026-03-02 10:00")).await;
    let again = world.send(http::Method::POST, path, &keyed, Some(&body)).await.ok();
    assert_eq!(
        (&again["repeated"], &again["entry"], &again["tags"]),
        (&json!(true), &first["entry"], &json!([]))
    );
}
