//! Staff are told when to send what to whom.

use serde_json::json;
use tests::{at, items, text};

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

#[tokio::test]
async fn two_reminders_of_the_same_work_on_one_day_both_arrive() {
    let world = company().await;
    for (id, hour) in [("wmA", "10:30"), ("wmB", "11:30")] {
        world.customer(id, "客户", "zhang").await;
        world
            .put(&format!("/api/v1/customers/{id}/stage"), json!({"board": "sales", "stage": "price"}))
            .await
            .ok();
        world.until(at(&format!("2026-03-02 {hour}"))).await;
        for task in world.tasks("zhang").await {
            world.post(&format!("/api/v1/tasks/{}/sent", text(&task["id"])), json!({})).await.ok();
        }
    }
    let inbox = world.staff_inbox("zhang").await;
    assert_eq!(inbox.len(), 2, "WeCom must not take the second for a repetition: {inbox:#?}");
}

#[tokio::test]
async fn a_wrong_secret_is_not_tried_again_and_again() {
    let world = company().await;
    world.sim("tokens/expire", json!({})).await;
    world.sim("faults", json!({"api": "gettoken", "errcode": 40001})).await;
    let asked = async || items(&world.get("/sim/control/calls?api=gettoken").await.ok()["items"]).len();
    let before = asked().await;
    for n in 0..10 {
        world.customer(&format!("wm{n}"), "客户", "zhang").await;
    }
    world.until(at("2026-03-02 10:00")).await;
    let asked = asked().await - before;
    assert!((1..20).contains(&asked), "{asked} times within an hour: WeCom blocks the address");
}

#[tokio::test]
async fn a_reminder_waits_for_a_limit_to_pass_however_long_that_takes() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    world.put("/api/v1/customers/wmA/stage", json!({"board": "sales", "stage": "price"})).await.ok();
    world.sim("faults", json!({"api": "message/send", "errcode": 45009})).await;
    world.until(at("2026-03-02 11:00")).await;
    let called = items(&world.get("/sim/control/calls?api=message/send").await.ok()["items"]).len();
    assert!((3..20).contains(&called), "{called}: silence in between, and now and then a look");
    world.send(http::Method::DELETE, "/sim/control/faults", &[], None).await.ok();
    world.until(at("2026-03-02 11:30")).await;
    assert_eq!(world.staff_inbox("zhang").await.len(), 1);
}

#[tokio::test]
async fn the_token_is_not_asked_for_while_wecom_limits_that() {
    let world = company().await;
    world.sim("tokens/expire", json!({})).await;
    world.sim("faults", json!({"api": "gettoken", "errcode": 45009, "times": 1})).await;
    let asked = async || items(&world.get("/sim/control/calls?api=gettoken").await.ok()["items"]).len();
    let before = asked().await;
    world.customer("wmA", "王先生", "zhang").await;
    world.customer("wmB", "李女士", "zhang").await;
    world.until(at("2026-03-02 09:00")).await;
    assert_eq!(asked().await - before, 1, "one says it to all");
    world.until(at("2026-03-02 09:05")).await;
    assert_eq!(world.view("wmB").await["name"], "李女士");
}

#[tokio::test]
async fn what_the_night_held_up_is_told_in_the_morning_as_overdue() {
    let world = company().await;
    world.until(at("2026-03-02 20:45")).await;
    world.customer("wmA", "王先生", "zhang").await;
    world.put("/api/v1/customers/wmA/stage", json!({"board": "sales", "stage": "price"})).await.ok();
    // Due at 21:15; WeCom is in trouble until ten.
    world.sim("faults", json!({"api": "message/send", "errcode": 45009})).await;
    world.until(at("2026-03-02 22:00")).await;
    world.send(http::Method::DELETE, "/sim/control/faults", &[], None).await.ok();
    world.until(at("2026-03-03 08:29")).await;
    assert!(world.staff_inbox("zhang").await.is_empty(), "nobody is bothered at night");
    world.until(at("2026-03-03 08:40")).await;
    let inbox = world.staff_inbox("zhang").await;
    assert_eq!(inbox.len(), 1);
    assert!(inbox[0].to_string().contains("《报价单》 已逾期"), "{inbox:#?}");
}

#[tokio::test]
async fn an_hours_reminder_survives_half_an_hour_of_trouble() {
    for trouble in [json!({"errcode": -1}), json!({"errcode": 60020}), json!({"http_status": 403})] {
        let world = company().await;
        world.customer("wmA", "王先生", "zhang").await;
        world.put("/api/v1/customers/wmA/stage", json!({"board": "sales", "stage": "price"})).await.ok();
        let mut fault = trouble.clone();
        fault["api"] = json!("message/send");
        world.sim("faults", fault).await;
        world.until(at("2026-03-02 10:10")).await;
        world.send(http::Method::DELETE, "/sim/control/faults", &[], None).await.ok();
        world.until(at("2026-03-02 10:25")).await;
        assert_eq!(world.staff_inbox("zhang").await.len(), 1, "{trouble}");
    }
}

#[tokio::test]
async fn what_may_have_arrived_is_not_told_in_other_words() {
    for evening in [false, true] {
        let world = company().await;
        if evening {
            world.until(at("2026-03-02 20:45")).await;
        }
        for customer in ["wmA", "wmB"] {
            world.customer(customer, "客户", "zhang").await;
            let moved = json!({"board": "sales", "stage": "price"});
            world.put(&format!("/api/v1/customers/{customer}/stage"), moved).await.ok();
        }
        world.sim("faults", json!({"api": "message/send", "timeout_after": true, "times": 1})).await;
        world.sim("faults", json!({"api": "message/send", "errcode": 60020})).await;
        world.until(world.now().plus_mins(50)).await;
        let task = text(&world.tasks("zhang").await[0]["id"]);
        world.post(&format!("/api/v1/tasks/{task}/sent"), json!({})).await.ok();
        world.send(http::Method::DELETE, "/sim/control/faults", &[], None).await.ok();
        world.until(world.now().plus_mins(60 * 13)).await;
        let inbox = world.staff_inbox("zhang").await;
        let of_slot = |card: &&serde_json::Value| card.to_string().contains("客户 2 位");
        assert_eq!(inbox.iter().filter(of_slot).count(), 1, "evening: {evening} {inbox:#?}");
    }
}

#[tokio::test]
async fn after_an_outage_one_card_tells_all() {
    let world = company().await;
    world.sim("faults", json!({"api": "message/send", "errcode": 60020})).await;
    for n in 0..5 {
        let id = format!("wm{n}");
        world.customer(&id, "客户", "zhang").await;
        let moved = json!({"board": "sales", "stage": "price"});
        world.put(&format!("/api/v1/customers/{id}/stage"), moved).await.ok();
        world.until(world.now().plus_mins(60)).await;
    }
    world.send(http::Method::DELETE, "/sim/control/faults", &[], None).await.ok();
    world.until(world.now().plus_mins(14)).await;
    let inbox = world.staff_inbox("zhang").await;
    assert_eq!(inbox.len(), 1, "{inbox:#?}");
    assert!(inbox[0].to_string().contains("待跟进客户 5 位"), "{inbox:#?}");
}
