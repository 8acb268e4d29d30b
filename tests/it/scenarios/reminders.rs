//! Staff are told when to send what to whom.

use serde_json::json;
use tests::{at, text};

use super::price::company;

#[tokio::test]
async fn many_touches_of_one_hour_are_one_reminder() {
    let world = company().await;
    for n in 0..5 {
        let id = format!("wmMany{n}");
        world.customer(&id, &format!("客户{n}"), "zhang").await;
        world
            .put(&format!("/api/v1/customers/{id}/stage"), json!({"board": "sales", "stage": "interest"}))
            .await
            .ok();
    }
    world.until(at("2026-03-03 10:10")).await;
    assert_eq!(world.tasks("zhang").await.len(), 5);
    let inbox = world.staff_inbox("zhang").await;
    assert_eq!(inbox.len(), 1, "{inbox:#?}");
    let card = inbox[0].to_string();
    assert!(card.contains("待跟进客户 5 位") && card.contains("5 人"), "{card}");
}

#[tokio::test]
async fn a_reminder_whose_answer_was_lost_arrives_once() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    world.put("/api/v1/customers/wmA/stage", json!({"board": "sales", "stage": "interest"})).await.ok();
    world.sim("faults", json!({"api": "message/send", "timeout_after": true, "times": 2})).await;
    world.until(at("2026-03-03 10:20")).await;
    assert_eq!(world.staff_inbox("zhang").await.len(), 1);
}

#[tokio::test]
async fn nobody_is_reminded_of_what_was_done_or_exited_before() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    world.put("/api/v1/customers/wmA/stage", json!({"board": "sales", "stage": "interest"})).await.ok();
    world.until(at("2026-03-03 10:00")).await;
    let task = text(&world.tasks("zhang").await[0]["id"]);
    world.post(&format!("/api/v1/tasks/{task}/sent"), json!({})).await.ok();
    world.until(at("2026-03-03 11:00")).await;
    assert_eq!(world.staff_inbox("zhang").await.len(), 0);
}

#[tokio::test]
async fn a_task_goes_to_a_colleague_who_is_still_a_friend_when_its_owner_is_blocked() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    world.sim("customers/wmA/add", json!({"userid": "li"})).await;
    world.put("/api/v1/customers/wmA/stage", json!({"board": "sales", "stage": "interest"})).await.ok();
    world.until(at("2026-03-03 10:10")).await;
    assert_eq!(world.tasks("zhang").await.len(), 1);
    world.sim("customers/wmA/block", json!({"userid": "zhang"})).await;
    assert_eq!(world.tasks("zhang").await.len(), 0);
    assert_eq!(world.tasks("li").await.len(), 1);
    assert_eq!(world.view("wmA").await["owner"], "li");
}
