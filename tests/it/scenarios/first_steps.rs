//! From adding a friend to the first steps: welcome, tags, board, SOP.

use serde_json::json;
use tests::{at, items, text};

use super::price::company;

fn newcomers() -> serde_json::Value {
    json!({
        "id": "newcomers", "name": "新客转化", "anchor": {"kind": "friend_add"},
        "steps": [
            {"id": "hello", "at": {"after_minutes": 0}, "method": "welcome",
             "content": {"text": "{{customer.name|您}}好，我是{{staff.name|顾问}}"}},
            {"id": "intro", "at": {"day": 1, "time": "09:00"}, "method": "task", "content": {"text": "品牌介绍"}},
            {"id": "call", "at": {"day": 2, "time": "15:00"}, "method": "todo", "content": {"text": "电话回访"}}
        ],
        "exit": {"when": {"stage": "sales/order"}}
    })
}

#[tokio::test]
async fn a_new_friend_is_welcomed_by_name_at_once_and_enrolled() {
    let world = company().await;
    world.publish(newcomers()).await;
    world.customer("wmA", "王先生", "zhang").await;

    let inbox = world.customer_inbox("wmA").await;
    assert_eq!(inbox.len(), 1);
    assert_eq!(inbox[0]["text"], "王先生好，我是张三");
    let view = world.view("wmA").await;
    assert_eq!((&view["name"], &view["owner"]), (&json!("王先生"), &json!("zhang")));
    let enrollment = &world.enrollments("wmA").await[0];
    assert_eq!(enrollment["next"]["due_at"], at("2026-03-03 09:00").to_string());
    let first = &items(&enrollment["steps"])[0];
    assert_eq!((&first["state"], &first["evidence"]), (&json!("sent"), &json!("wecom_result")));
}

#[tokio::test]
async fn a_welcome_that_wecom_is_too_busy_for_is_tried_again_and_sent_once() {
    let world = company().await;
    world.publish(newcomers()).await;
    world.sim("faults", json!({"api": "send_welcome_msg", "errcode": -1, "times": 2})).await;
    world.customer("wmA", "王先生", "zhang").await;
    world.until(at("2026-03-02 09:01")).await;
    assert_eq!(world.customer_inbox("wmA").await.len(), 1);
}

#[tokio::test]
async fn a_welcome_whose_answer_was_lost_is_not_sent_twice_and_is_known_to_be_sent() {
    let world = company().await;
    world.publish(newcomers()).await;
    world.sim("faults", json!({"api": "send_welcome_msg", "timeout_after": true, "times": 1})).await;
    world.customer("wmA", "王先生", "zhang").await;
    world.until(at("2026-03-02 09:01")).await;
    assert_eq!(world.customer_inbox("wmA").await.len(), 1);
    let first = &items(&world.enrollments("wmA").await[0]["steps"])[0].clone();
    assert_eq!(first["state"], "sent");
}

#[tokio::test]
async fn a_welcome_that_cannot_be_sent_in_twenty_seconds_is_skipped_and_says_so() {
    let world = company().await;
    world.publish(newcomers()).await;
    world.sim("faults", json!({"api": "send_welcome_msg", "timeout_before": true})).await;
    world.customer("wmA", "王先生", "zhang").await;
    world.until(at("2026-03-02 09:05")).await;
    world.send(http::Method::DELETE, "/sim/control/faults", &[], None).await.ok();
    world.until(at("2026-03-02 09:30")).await;
    assert_eq!(world.customer_inbox("wmA").await.len(), 0);
    let first = &items(&world.enrollments("wmA").await[0]["steps"])[0].clone();
    assert_eq!((&first["state"], &first["reason"]), (&json!("skipped"), &json!("too_late")));
}

#[tokio::test]
async fn without_a_welcome_code_the_greeting_is_skipped_and_the_rest_goes_on() {
    let world = company().await;
    world.publish(newcomers()).await;
    world.sim("customers", json!({"external_userid": "wmA", "name": "王先生"})).await;
    world.sim("customers/wmA/add", json!({"userid": "zhang", "welcome_code": false})).await;
    let enrollment = &world.enrollments("wmA").await[0];
    let first = &items(&enrollment["steps"])[0];
    assert_eq!((&first["state"], &first["reason"]), (&json!("skipped"), &json!("no_code")));
    assert_eq!(enrollment["next"]["step"], "intro");
}

#[tokio::test]
async fn a_todo_done_by_hand_completes_the_sop() {
    let world = company().await;
    world.publish(newcomers()).await;
    world.customer("wmA", "王先生", "zhang").await;
    world.until(at("2026-03-03 09:10")).await;
    let task = text(&world.tasks("zhang").await[0]["id"]);
    world.post(&format!("/api/v1/tasks/{task}/sent"), json!({})).await.ok();
    world.until(at("2026-03-04 15:10")).await;
    let todo = &world.tasks("zhang").await[0];
    assert_eq!(todo["kind"], "todo");
    world.post(&format!("/api/v1/tasks/{}/sent", text(&todo["id"])), json!({})).await.ok();
    let enrollment = &world.enrollments("wmA").await[0];
    assert_eq!(enrollment["state"], "completed");
    // The second report of the same thing changes nothing and says why.
    let again = world.post(&format!("/api/v1/tasks/{}/sent", text(&todo["id"])), json!({})).await;
    assert_eq!(again.refused(409)["code"], "task_closed");
}

#[tokio::test]
async fn who_unfriends_leaves_every_sop_and_who_comes_back_within_a_month_goes_on() {
    let world = company().await;
    world.publish(newcomers()).await;
    world.customer("wmA", "王先生", "zhang").await;
    world.sim("customers/wmA/block", json!({"userid": "zhang"})).await;
    let gone = &world.enrollments("wmA").await[0];
    assert_eq!((&gone["state"], &gone["reason"]), (&json!("exited"), &json!("no_relation")));

    world.until(at("2026-03-05 12:00")).await;
    world.sim("customers/wmA/add", json!({"userid": "zhang"})).await;
    let back = &world.enrollments("wmA").await[0];
    assert_eq!(back["state"], "active");
    assert_eq!(back["next"]["step"], "intro");
    assert_eq!(
        back["next"]["due_at"],
        at("2026-03-06 09:00").to_string(),
        "three days away move the rest by three"
    );
}
