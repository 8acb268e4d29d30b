//! The same request sent again: what came before it was cut short, or did half of it.

use domain::{BoardId, CustomerId, TagId, playbook::StageRef};
use http::Method;
use serde_json::{Value, json};
use tests::{World, items, text};

use super::{BOARD, done, patch};
use crate::scenarios::price::company;

const INT: &str = "/api/v1/boards/int";
const HIGH: &str = "/api/v1/boards/int/stages/hi";

fn plan() -> Value {
    json!({"name": "意向", "tag_group": "意向",
        "stages": [{"id": "hi", "name": "高"}, {"id": "lo", "name": "低"}, {"id": "no", "name": "无"}]})
}

/// A group of which half of forty customers have a tag, and a board over it whose job never came.
async fn half_adopted() -> World {
    let world = company().await;
    world.sim("tags", json!({"group": "意向", "name": "低"})).await;
    let scenario = json!({"tags": [{"group": "意向", "name": "高", "share": 0.5}]});
    let people =
        json!({"staff": 0, "customers": 40, "days": 90, "silent": true, "seed": 3, "scenario": scenario});
    world.sim("population", people).await;
    world.post("/api/v1/customers/import", json!({})).await.ok();
    world.machine.settle().await.unwrap();
    let author = app::Author::stepwise();
    let plan = serde_json::from_value(plan()).unwrap();
    Box::pin(world.machine.app.create_board(&BoardId::from("int"), &plan, &author)).await.unwrap();
    world
}

async fn high(world: &World) -> (StageRef, TagId) {
    let book = world.machine.app.playbook().await.unwrap();
    let at = StageRef { board: "int".into(), stage: "hi".into() };
    let tag = book.stage(&at.board, &at.stage).unwrap().1.tag.clone().unwrap();
    (at, tag)
}

async fn cards(world: &World, stage: &str) -> usize {
    items(&world.get(&format!("{INT}/cards?limit=200&stage={stage}")).await.ok()["items"]).len()
}

#[tokio::test]
async fn both_halves_of_a_deletion_may_come_under_one_key() {
    let world = half_adopted().await;
    let keyed = [("if-match", "*"), ("idempotency-key", "k1")];
    let delete =
        async |to: &str| world.send(Method::DELETE, &format!("{HIGH}?move_to={to}"), &keyed, None).await;
    let first = delete("lo").await;
    assert_eq!((first.status, &first.body["what"]["kind"]), (202, &json!("board")));
    done(&world, &first.ok()).await;
    let waiting = cards(&world, "hi").await;

    let refused = delete("no").await.refused(422);
    assert_eq!(refused["code"], "idempotency_mismatch");
    assert_eq!(cards(&world, "hi").await, waiting, "the stage is still there");

    let second = delete("lo").await;
    assert_eq!((second.status, &second.body["what"]["kind"]), (202, &json!("move_stage")));
    let job = done(&world, &second.ok()).await;
    assert_eq!((cards(&world, "lo").await, waiting > 10), (waiting, true));
    let refused = delete("no").await.refused(422);
    assert_eq!(refused["code"], "idempotency_mismatch");
    assert_eq!(delete("lo").await.ok()["id"], job["id"], "and once more, nothing begins");
}

#[tokio::test]
async fn whom_a_job_left_is_found_however_many_it_came_to() {
    let world = half_adopted().await;
    let ((at, tag), app) = (high(&world).await, &world.machine.app);
    let rows = app.store.rows(&format!("TAG#{tag}"), 100, None).await.unwrap().items;
    let tagged: Vec<CustomerId> = rows.iter().map(|row| CustomerId::from(row.sk.as_str())).collect();
    let adopt = async |some: &[CustomerId]| {
        for customer in some {
            let body = json!({"board": "int", "stage": "hi"});
            world.put(&format!("/api/v1/customers/{customer}/stage"), body).await.ok();
        }
    };
    let board = app.playbook().await.unwrap().boards[&at.board].clone();
    let (most, last) = (3, tagged.len() - 1);
    assert!(last > 10);
    adopt(&tagged[..5]).await;
    assert!(app.is_unadopted(&at, &tag, most).await.unwrap(), "beyond the first three are more");
    adopt(&tagged[5..7]).await;
    adopt(&tagged[8..=last]).await;
    assert!(app.late_adoption_of(&board, most).await.unwrap().is_some(), "one in the middle may be left");
    assert!(app.is_unadopted(&at, &tag, 100).await.unwrap());
    adopt(&tagged[7..8]).await;
    assert!(!app.is_unadopted(&at, &tag, 100).await.unwrap());
    assert_eq!(app.late_adoption_of(&board, 100).await.unwrap(), None);
}

#[tokio::test]
async fn a_board_that_was_made_and_not_told_of_is_made_by_asking_again() {
    let world = half_adopted().await;
    let again = world.put(INT, plan()).await;
    assert_eq!(again.status, 200);
    let job = world.get(&format!("/api/v1/jobs/{}", text(&again.body["job"]))).await.ok();
    done(&world, &job).await;
    assert!(cards(&world, "hi").await > 10);
    let again = world.put(INT, plan()).await.ok();
    assert!(again.get("job").is_none());
    let mut other = plan();
    other["name"] = json!("热度");
    assert_eq!(world.put(INT, other).await.refused(409)["code"], "exists");
}

#[tokio::test]
async fn cards_get_their_values_by_the_next_change_of_nothing() {
    let world = company().await;
    world.customer("wmA", "王", "zhang").await;
    super::put_at(&world, "wmA", "price").await;
    let worth = json!({"报价": 1200});
    world.send(Method::PATCH, "/api/v1/customers/wmA/attributes", &[], Some(&worth)).await.ok();
    // Decided, and cut short before anybody was valued.
    let decided = async |amount: Option<&str>| {
        let app = &world.machine.app;
        let revision = app.playbook().await.unwrap().boards[&BoardId::from("sales")].revision;
        let change = app::BoardChange { amount: Some(amount.map(str::to_owned)), ..Default::default() };
        let author = app::Author::stepwise();
        Box::pin(app.change_board(&"sales".into(), revision, &change, &author)).await.unwrap();
    };
    let healed = async |with: Value| {
        let board = patch(&world, with).await.ok();
        let job = world.get(&format!("/api/v1/jobs/{}", text(&board["job"]))).await.ok();
        done(&world, &job).await;
        let path = format!("{BOARD}/cards?stage=price");
        world.get(&path).await.ok()["items"][0]["amount"].clone()
    };
    decided(Some("报价")).await;
    assert_eq!(healed(json!({})).await, 1200.0);
    decided(None).await;
    assert_eq!(healed(json!({"amount": null})).await, Value::Null);
    assert!(patch(&world, json!({"amount": null})).await.ok().get("job").is_none(), "nothing is left");
}

#[tokio::test]
async fn a_tag_whose_name_was_left_behind_gets_it_when_it_is_asked_for_again() {
    let world = company().await;
    let tag = world.get(BOARD).await.ok()["stages"][1]["tag"].clone();
    let path = format!("/api/v1/tags/{}", text(&tag["id"]));
    world.send(Method::PATCH, &path, &[], Some(&json!({"name": "考虑价格·1"}))).await.ok();
    let named = async |stages: Value| {
        patch(&world, json!({"stages": stages})).await.ok()["stages"][1]["tag"]["name"].clone()
    };
    let all = json!([{"id": "interest"}, {"id": "price"}, {"id": "order"}]);
    assert_eq!(named(all).await, "考虑价格·1", "nobody asked");
    let all = json!([{"id": "interest"}, {"id": "price", "name": "考虑价格"}, {"id": "order"}]);
    assert_eq!(named(all).await, "考虑价格");
    let groups = world.get("/sim/control/tags").await.ok();
    assert!(items(&groups["items"][0]["tags"]).iter().any(|tag| tag["name"] == "考虑价格"), "{groups}");
}
