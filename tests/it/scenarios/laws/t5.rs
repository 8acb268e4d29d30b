//! Hints are asked about, happenings happen once.

use http::Method;
use serde_json::json;
use tests::{World, items};

use super::{befriended, drag, edit, on_phone};

async fn fetches(world: &World) -> usize {
    items(&world.get("/sim/control/calls?api=externalcontact/get").await.ok()["items"]).len()
}

#[tokio::test]
async fn what_we_write_ourselves_comes_back_as_no_callback_and_is_no_phone_edit() {
    let world = befriended().await;
    world.post("/api/v1/tag-groups", json!({"name": "意向", "tags": ["高"]})).await.ok();
    let before = items(&world.get("/sim/control/deliveries").await.ok()["items"]).len();
    let (asked, entries) = (fetches(&world).await, world.timeline("wmA").await.len());
    drag(&world, "interest").await;
    edit(&world, &["意向/高"], &[]).await;
    assert_eq!(items(&world.get("/sim/control/deliveries").await.ok()["items"]).len(), before);
    assert_eq!(fetches(&world).await, asked, "nothing is asked of WeCom either");
    assert_eq!(world.timeline("wmA").await.len(), entries + 4, "two changes, and what was written");
    assert_eq!(world.facts("wmA", "moved").await.len(), 1);
}

#[tokio::test]
async fn a_hint_that_comes_twice_asks_twice_and_changes_once() {
    let world = befriended().await;
    world.sim("faults", json!({"callbacks": "duplicate", "change": "edit_external_contact"})).await;
    let before = fetches(&world).await;
    on_phone(&world, "li", &["客户状态/了解产品"], &[]).await;
    world.send(Method::DELETE, "/sim/control/faults", &[], None).await;
    assert_eq!(fetches(&world).await, before + 2);
    assert_eq!(world.facts("wmA", "moved").await.len(), 1);
}

#[tokio::test]
async fn a_happening_that_comes_twice_happens_once() {
    let world = befriended().await;
    world.sim("faults", json!({"callbacks": "duplicate"})).await;
    world.sim("customers/wmA/block", json!({"userid": "li"})).await;
    world.until(world.now().plus_mins(1)).await;
    world.sim("customers/wmA/add", json!({"userid": "li"})).await;
    world.until(world.now().plus_mins(1)).await;
    assert_eq!(world.facts("wmA", "relation_closed").await.len(), 1);
    assert_eq!(world.facts("wmA", "relation_opened").await.len(), 3, "two at first, and again");
}
