//! A stage change is one act from whichever side.

use serde_json::json;
use tests::{World, items, text};

use super::{befriended, drag, edit, on_phone, phones, stage};

/// The customer has gone from 了解产品 to 考虑价格, with all that belongs to it, in one entry of the timeline of that kind.
async fn is_one_act(world: &World, kind: &str) {
    is_one_act_with(world, kind, &["moved", "untagged", "tagged", "exited", "enrolled", "planned"]).await;
}

async fn is_one_act_with(world: &World, kind: &str, facts: &[&str]) {
    assert_eq!(stage(world).await.as_deref(), Some("price"));
    assert_eq!(world.tags("wmA").await, ["客户状态/考虑价格"]);
    assert_eq!(phones(world).await, [vec!["客户状态/考虑价格"], vec!["客户状态/考虑价格"]]);
    let states: Vec<(String, String)> =
        world.enrollments("wmA").await.iter().map(|sop| (text(&sop["sop"]), text(&sop["state"]))).collect();
    let at = |sop: &str| states.iter().filter(|(of, _)| of == sop).map(|(_, state)| state.as_str()).next();
    assert_eq!((at("interest"), at("price")), (Some("exited"), Some("active")), "{states:?}");
    let timeline = world.timeline("wmA").await;
    let told = |entry: &&serde_json::Value| items(&entry["facts"]).iter().any(|fact| fact["kind"] == "moved");
    let moved = timeline.iter().find(told).expect("a move");
    assert_eq!(moved["kind"], kind);
    let kinds: Vec<String> = items(&moved["facts"]).iter().map(|fact| text(&fact["kind"])).collect();
    for one in facts {
        assert!(kinds.iter().any(|kind| kind == *one), "{one}: {kinds:?}");
    }
}

async fn at_interest() -> World {
    let world = befriended().await;
    drag(&world, "interest").await;
    world
}

#[tokio::test]
async fn a_stage_change_is_one_act_from_a_drag() {
    let world = at_interest().await;
    drag(&world, "price").await;
    is_one_act(&world, "stage_moved").await;
}

#[tokio::test]
async fn a_stage_change_is_one_act_from_either_phone() {
    for staff in ["zhang", "li"] {
        let world = at_interest().await;
        on_phone(&world, staff, &["客户状态/考虑价格"], &["客户状态/了解产品"]).await;
        is_one_act(&world, "fetched").await;
    }
}

#[tokio::test]
async fn a_stage_change_is_one_act_from_a_tag_in_the_console() {
    let world = at_interest().await;
    edit(&world, &["客户状态/考虑价格"], &[]).await;
    is_one_act(&world, "tags_edited").await;
}

#[tokio::test]
async fn a_stage_change_is_one_act_from_a_rule() {
    let world = at_interest().await;
    world.say("wmA", "li", "多少钱").await;
    is_one_act(&world, "message_received").await;
}

#[tokio::test]
async fn a_stage_change_is_one_act_from_the_edit_of_many() {
    let world = at_interest().await;
    let many = json!({"customers": ["wmA"], "add": ["客户状态/考虑价格"]});
    world.post("/api/v1/customers/batch/tags", many).await.ok();
    world.until(world.now().plus_mins(2)).await;
    is_one_act(&world, "tags_edited").await;
}

#[tokio::test]
async fn a_stage_change_is_one_act_from_an_undo() {
    let world = befriended().await;
    drag(&world, "price").await;
    let wrong = drag(&world, "interest").await;
    world.post("/api/v1/undo", json!({"entry": wrong["entry"]})).await.ok();
    // The SOP of that stage goes on where it was.
    is_one_act_with(&world, "undo", &["moved", "untagged", "tagged", "exited", "resumed"]).await;
}
