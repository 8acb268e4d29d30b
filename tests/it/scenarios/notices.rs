//! What waits for an admin is told to admins, once, and not at night.

use http::Method;
use serde_json::{Value, json};
use tests::{World, at, items};

use super::price::company;

async fn with_admin() -> World {
    let world = company().await;
    let etag = world.get("/api/v1/staff/li").await.headers["etag"].clone();
    let change = json!({"role": "admin"});
    world.send(Method::PATCH, "/api/v1/staff/li", &[("if-match", &etag)], Some(&change)).await.ok();
    world
}

/// The texts that the app sent to a staff member.
async fn told(world: &World, staff: &str) -> Vec<String> {
    let inbox = world.staff_inbox(staff).await;
    let texts = inbox.iter().filter(|message| message["msgtype"] == "text");
    texts.map(|message: &Value| message.to_string()).collect()
}

async fn delete_stage_tag(world: &World, name: &str) {
    world.sim("tags", json!({"action": "delete", "group": "客户状态", "name": name})).await;
}

#[tokio::test]
async fn admins_hear_of_a_stage_tag_that_somebody_deleted_once_and_by_day() {
    let world = with_admin().await;
    delete_stage_tag(&world, "考虑价格").await;
    world.until(world.now().plus_mins(3)).await;
    let heard = told(&world, "li").await;
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert!(heard[0].contains("考虑价格") && heard[0].contains("重建标签"), "{heard:?}");
    assert!(told(&world, "zhang").await.is_empty(), "admins only");

    // Another one at night: in the morning, and only that one.
    world.until(at("2026-03-02 23:00")).await;
    delete_stage_tag(&world, "下定").await;
    world.until(at("2026-03-03 08:20")).await;
    assert_eq!(told(&world, "li").await.len(), 1);
    world.until(at("2026-03-03 08:35")).await;
    let heard = told(&world, "li").await;
    assert_eq!(heard.len(), 2, "{heard:?}");
    assert!(heard[1].contains("下定") && !heard[1].contains("考虑价格"), "{heard:?}");
    world.until(at("2026-03-04 12:00")).await;
    assert_eq!(told(&world, "li").await.len(), 2);
    assert!(!items(&world.get("/api/v1/boards").await.ok()["items"]).is_empty());
}

#[tokio::test]
async fn what_wecom_does_not_take_is_told_later() {
    let world = with_admin().await;
    world.sim("faults", json!({"api": "message/send", "errcode": -1, "times": 12})).await;
    delete_stage_tag(&world, "考虑价格").await;
    world.until(world.now().plus_mins(3)).await;
    assert!(told(&world, "li").await.is_empty());
    world.until(world.now().plus_mins(40)).await;
    assert_eq!(told(&world, "li").await.len(), 1);
}
