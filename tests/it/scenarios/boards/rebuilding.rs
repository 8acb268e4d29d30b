//! 重建标签: what was lost comes back, and nothing else happens.

use domain::TagId;
use serde_json::{Value, json};
use tests::{World, items, text};

use super::{BOARD, done, put_at};
use crate::scenarios::price::company;

const PRICE: &str = "/api/v1/boards/sales/stages/price/rebuild-tag";

async fn marks(world: &World) -> usize {
    items(&world.get("/sim/control/calls?api=mark_tag&brief=true").await.ok()["items"]).len()
}

async fn lose_price(world: &World) {
    world.sim("tags", json!({"action": "delete", "group": "客户状态", "name": "考虑价格"})).await;
}

async fn rebuild(world: &World) -> Value {
    let job = world.post(PRICE, json!({})).await;
    assert_eq!(job.status, 202, "{}", job.body);
    let job = done(world, &job.body).await;
    world.until(world.now().plus_mins(2)).await;
    job
}

async fn names(world: &World) -> Vec<String> {
    let groups = items(&world.get("/api/v1/tags").await.ok()["items"]);
    let of = |group: &Value| {
        let name = text(&group["name"]);
        items(&group["tags"]).into_iter().map(move |tag| format!("{name}/{}", text(&tag["name"])))
    };
    let mut names: Vec<String> = groups.iter().flat_map(of).collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_tag_that_is_there_is_not_rebuilt_and_no_phone_hears_of_it() {
    let world = company().await;
    let scenario = json!({"arrive": {"second_member": 1.0},
        "tags": [{"group": "客户状态", "name": "考虑价格", "share": 0.5}]});
    let people =
        json!({"staff": 0, "customers": 40, "days": 90, "silent": true, "seed": 3, "scenario": scenario});
    world.sim("population", people).await;
    world.post("/api/v1/customers/import", json!({})).await.ok();
    world.until(world.now().plus_mins(5)).await;
    assert!(world.get(BOARD).await.ok()["stages"][1]["count"].as_u64().unwrap() > 20);
    let answer = world.post(PRICE, json!({})).await;
    assert_eq!((answer.status, &answer.body["id"]), (200, &json!("sales")));
    world.until(world.now().plus_mins(10)).await;
    assert_eq!(marks(&world).await, 0);
}

#[tokio::test]
async fn only_who_lacks_the_rebuilt_tag_gets_it_and_no_rule_takes_it_for_news() {
    let world = company().await;
    let rule = json!({"name": "看价格", "when": {"tag_added": "客户状态/考虑价格"}, "then": [{"add_tag": "客户状态/下定"}]});
    for customer in ["wmA", "wmB"] {
        world.customer(customer, customer, "zhang").await;
        put_at(&world, customer, "price").await;
    }
    world.rule("sees-price", rule).await;
    lose_price(&world).await;
    let before = marks(&world).await;
    let job = rebuild(&world).await;
    assert_eq!((&job["counts"]["changed"], marks(&world).await - before), (&json!(2), 2));
    for customer in ["wmA", "wmB"] {
        assert_eq!(world.wecom_tags(customer, "zhang").await, ["客户状态/考虑价格"]);
        assert_eq!(world.facts(customer, "rule_fired").await, [""; 0]);
        assert_eq!(world.enrollments(customer).await.len(), 1, "nobody enters again");
    }
    assert_eq!(world.post(PRICE, json!({})).await.status, 200);
}

#[tokio::test]
async fn rules_and_drafts_go_on_with_the_new_tag_and_sops_that_cannot_are_told_of() {
    let world = company().await;
    let known = world.get(BOARD).await.ok()["stages"][1]["tag"]["id"].clone();
    let sop = |id: &str| {
        json!({"id": id, "name": id, "anchor": {"kind": "friend_add"}, "audience": {"not": {"tag": known}},
            "steps": [{"id": "a", "at": {"after_minutes": 5}, "method": "task", "content": {"text": "您好"}}]})
    };
    world.publish(sop("published")).await;
    world.put("/api/v1/sops/draft", sop("draft")).await.ok();
    world.customer("wmA", "王", "zhang").await;
    put_at(&world, "wmA", "interest").await;
    lose_price(&world).await;
    let rebuilt = world.post(PRICE, json!({})).await;
    assert_eq!(rebuilt.status, 200, "nobody stands there: {}", rebuilt.body);

    world.say("wmA", "zhang", "你们产品多少钱").await;
    assert_eq!(world.stage("wmA", "sales").await.as_deref(), Some("price"));
    let board = world.get(BOARD).await.ok();
    let new = board["stages"][1]["tag"]["id"].clone();
    assert_ne!(new, known);
    assert_eq!(board["dead_tag_users"], json!([{"kind": "sop", "id": "published", "name": "published"}]));
    let draft = world.machine.app.draft(&"draft".into()).await.unwrap().unwrap();
    assert_eq!(draft.source["audience"]["not"]["tag"], new);
    let usage = items(&world.get("/api/v1/tags/usage").await.ok()["items"]);
    let dead = usage.iter().find(|tag| tag["id"] == known).expect("it is in the report");
    assert_eq!((&dead["deleted"], &dead["used_by"][0]["id"]), (&json!(true), &json!("published")));
    let entry = world.get("/api/v1/rules/asks-price").await.ok();
    assert_eq!(entry["then"][0]["add_tag"], new);
}

#[tokio::test]
async fn a_group_that_somebody_made_again_by_hand_is_gone_on_with() {
    let world = company().await;
    world.customer("wmA", "王", "zhang").await;
    put_at(&world, "wmA", "price").await;
    world.sim("tags", json!({"action": "delete", "group": "客户状态"})).await;
    for name in ["老客户", "考虑价格"] {
        world.sim("tags", json!({"action": "create", "group": "客户状态", "name": name})).await;
    }
    rebuild(&world).await;
    assert_eq!(world.wecom_tags("wmA", "zhang").await, ["客户状态/考虑价格"]);
    world.post("/api/v1/boards/sales/stages/order/rebuild-tag", json!({})).await.ok();
    let expected = ["客户状态/下定", "客户状态/老客户", "客户状态/考虑价格"];
    assert_eq!(names(&world).await, expected, "what is there stays");
    let groups = world.get("/api/v1/tags").await.ok();
    assert_eq!(
        (items(&groups["items"]).len(), &groups["items"][0]["ours"]),
        (1, &json!(false)),
        "it is somebody else's"
    );
    let book = world.machine.app.playbook().await.unwrap();
    assert!(book.find_tag("客户状态/老客户", "").is_ok_and(|tag: TagId| book.tags.is_live(&tag)));
}
