//! What WeCom made, and nobody wrote down.

use serde_json::{Value, json};
use tests::World;
use wecom::tag::{NewTag, NewTags, NewTagsGroup};

use super::group_named;
use crate::scenarios::price::company;

/// Tags that the app makes in WeCom, as one that dies before it writes them down.
async fn made_by_half(world: &World, group: &str, tags: &[&str]) {
    let app = &world.machine.app;
    let wecom = app.wecom(app::Lane::Bulk);
    let token = wecom.get_token(&app.corp.corp_id, app.corp.secret.expose()).await.unwrap().access_token;
    let tags = tags.iter().map(|name| NewTag { name: (*name).into(), order: None }).collect();
    let group = NewTagsGroup::Named { group_name: group.into(), order: None };
    wecom.add_corp_tags(&token, &NewTags { group, tags, agentid: None }).await.unwrap();
}

fn whose(group: &Value) -> (Value, Value, Value) {
    (group["ours"].clone(), group["editable"].clone(), group["tags"][0]["editable"].clone())
}

fn ours() -> (Value, Value, Value) {
    (json!(true), json!(true), json!(true))
}

#[tokio::test]
async fn a_group_that_a_crash_left_half_made_is_made_by_asking_again() {
    let world = company().await;
    made_by_half(&world, "意向", &["高"]).await;
    // Somebody may have looked in between.
    world.machine.app.refresh_tags().await.unwrap();
    let group = world.post("/api/v1/tag-groups", json!({"name": "意向", "tags": ["高"]})).await;
    assert_eq!((group.status, whose(&group.ok())), (201, ours()));
    world.post("/api/v1/tag-groups", json!({"name": "意向", "tags": ["高"]})).await.refused(422);

    made_by_half(&world, "意向", &["低"]).await;
    let group = group_named(&world, "意向").await;
    let tags = format!("/api/v1/tag-groups/{}/tags", group["id"].as_str().unwrap());
    world.post(&tags, json!({"tags": ["低"]})).await.ok();
    let group = group_named(&world, "意向").await;
    assert_eq!(group["tags"][1]["editable"], true, "{group}");

    made_by_half(&world, "售后阶段", &["甲", "乙"]).await;
    let stages = json!([{"id": "a", "name": "甲"}, {"id": "b", "name": "乙"}]);
    let board = json!({"name": "售后", "tag_group": "售后阶段", "stages": stages});
    world.put("/api/v1/boards/service", board).await.ok();
    assert_eq!(whose(&group_named(&world, "售后阶段").await), ours());
}

#[tokio::test]
async fn what_somebody_else_made_or_customers_have_is_nobodys_half() {
    let world = company().await;
    world.sim("tags", json!({"action": "create", "group": "渠道", "name": "抖音"})).await;
    world.post("/api/v1/tag-groups", json!({"name": "渠道", "tags": ["抖音"]})).await.refused(422);
    assert_eq!(group_named(&world, "渠道").await["ours"], false);

    // Made by the app long ago, as far as anybody knows: what is on phones is history.
    made_by_half(&world, "意向", &["高"]).await;
    world.machine.app.refresh_tags().await.unwrap();
    world.customer("wmA", "王", "zhang").await;
    world.sim("staff/zhang/tag", json!({"external_userid": "wmA", "add": ["意向/高"]})).await;
    world.until(world.now().plus_mins(2)).await;
    assert_eq!(world.tags("wmA").await, ["意向/高"]);
    world.post("/api/v1/tag-groups", json!({"name": "意向", "tags": ["高"]})).await.refused(422);
    assert_eq!(group_named(&world, "意向").await["ours"], false);
}
