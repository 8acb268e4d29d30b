//! Boards that live on: their stages change, and nobody is lost on the way.

mod adopting;
mod deleting;
mod names;
mod rebuilding;

use http::Method;
use serde_json::{Value, json};
use tests::{Answer, World, items, text};

use super::price::company;

const BOARD: &str = "/api/v1/boards/sales";

/// A change on the condition of what is there now.
async fn ask(world: &World, method: Method, path: &str, body: Option<Value>) -> Answer {
    let etag = world.get(BOARD).await.headers["etag"].clone();
    world.send(method, path, &[("if-match", &etag)], body.as_ref()).await
}

async fn patch(world: &World, body: Value) -> Answer {
    ask(world, Method::PATCH, BOARD, Some(body)).await
}

async fn put_at(world: &World, customer: &str, stage: &str) {
    let body = json!({"board": "sales", "stage": stage});
    world.put(&format!("/api/v1/customers/{customer}/stage"), body).await.ok();
}

fn of_stages(board: &Value, field: &str) -> Vec<Value> {
    items(&board["stages"]).iter().map(|stage| stage[field].clone()).collect()
}

async fn done(world: &World, job: &Value) -> Value {
    world.machine.settle().await.unwrap();
    let job = world.get(&format!("/api/v1/jobs/{}", text(&job["id"]))).await.ok();
    assert_eq!(job["state"], "done", "{job:#}");
    job
}

#[tokio::test]
async fn stages_are_renamed_moved_and_added_and_their_tags_with_them() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    put_at(&world, "wmA", "price").await;
    let stages = json!([
        {"id": "price", "name": "谈价格", "colour": "#1a7f5a", "follow_up_days": 3}, {"id": "interest"}, {"id": "order"},
        {"id": "lost", "name": "流失", "kind": "lost", "reason_required": true}]);
    let board = patch(&world, json!({"name": "直销", "stages": stages})).await.ok();

    assert_eq!(board["name"], "直销");
    assert_eq!(of_stages(&board, "id"), ["price", "interest", "order", "lost"]);
    assert_eq!(of_stages(&board, "tag_missing"), [false; 4]);
    assert_eq!(
        (&board["stages"][0]["colour"], &board["stages"][0]["follow_up_days"]),
        (&json!("#1a7f5a"), &json!(3))
    );
    assert_eq!(
        world.wecom_tags("wmA", "zhang").await,
        ["客户状态/谈价格"],
        "renamed, and on everybody as before"
    );
    assert_eq!(world.stage("wmA", "sales").await.as_deref(), Some("price"));
    assert_eq!(board, world.get(BOARD).await.ok());
    let again = patch(
        &world,
        json!({"stages": [{"id": "price", "colour": null}, {"id": "interest"}, {"id": "order"}, {"id": "lost"}]}),
    );
    assert_eq!(again.await.ok()["stages"][0]["colour"], Value::Null);
}

#[tokio::test]
async fn what_would_lose_a_stage_or_overwrite_a_colleague_is_refused() {
    let world = company().await;
    let all = json!([{"id": "interest"}, {"id": "price"}, {"id": "order"}]);
    for (stages, pointer, code) in [
        (json!([{"id": "interest"}, {"id": "price"}]), "/stages", "stage_left_out"),
        (
            json!([{"id": "interest"}, {"id": "price"}, {"id": "order"}, {"id": "x"}]),
            "/stages/3/name",
            "missing_field",
        ),
        (
            json!([{"id": "interest"}, {"id": "price", "name": "下定"}, {"id": "order"}]),
            "/stages/2/name",
            "duplicate",
        ),
        (
            json!([{"id": "interest", "reason_required": true}, {"id": "price"}, {"id": "order"}]),
            "/stages/0/reason_required",
            "bad_combination",
        ),
        (
            json!([{"id": "interest", "colour": "red"}, {"id": "price"}, {"id": "order"}]),
            "/stages/0/colour",
            "bad_value",
        ),
        (
            json!([{"id": "interest", "follow_up_days": 0}, {"id": "price"}, {"id": "order"}]),
            "/stages/0/follow_up_days",
            "out_of_range",
        ),
    ] {
        let refused = patch(&world, json!({"stages": stages})).await.refused(422);
        let error = &refused["errors"][0];
        assert_eq!((&error["pointer"], &error["code"]), (&json!(pointer), &json!(code)), "{stages}");
    }
    let body = json!({"stages": all});
    world.send(Method::PATCH, BOARD, &[], Some(&body)).await.refused(428);
    let stale = world.send(Method::PATCH, BOARD, &[("if-match", "\"9\"")], Some(&body)).await.refused(412);
    assert_eq!(stale["current"]["name"], "销售");
}

#[tokio::test]
async fn a_stage_goes_once_its_cards_have_gone_where_they_were_sent() {
    let world = company().await;
    for customer in ["wmA", "wmB"] {
        world.customer(customer, customer, "zhang").await;
        put_at(&world, customer, "interest").await;
    }
    world.sim("staff/zhang/delete", json!({"external_userid": "wmB"})).await;
    let stage = format!("{BOARD}/stages/interest");
    let refused = ask(&world, Method::DELETE, &stage, None).await.refused(409);
    assert_eq!(
        (&refused["code"], &refused["used_by"][0]["id"]),
        (&json!("in_use"), &json!("interest")),
        "an SOP"
    );
    let forced = format!("{stage}?force=true");
    let refused = ask(&world, Method::DELETE, &forced, None).await.refused(409);
    assert_eq!(refused["cards"], 2, "the hidden one too");

    let moving = format!("{forced}&move_to=price");
    let job = ask(&world, Method::DELETE, &moving, None).await;
    assert_eq!(job.status, 202);
    done(&world, &job.ok()).await;
    assert_eq!(world.stage("wmA", "sales").await.as_deref(), Some("price"));
    assert_eq!(world.wecom_tags("wmA", "zhang").await, ["客户状态/考虑价格"]);
    assert_eq!(world.stage("wmB", "sales").await.as_deref(), Some("price"));

    let board = world.get(BOARD).await;
    assert_eq!(of_stages(&board.ok(), "id"), ["price", "order"]);
    ask(&world, Method::DELETE, &moving, None).await.refused(404);
    let last = format!("{BOARD}/stages/order?force=true");
    ask(&world, Method::DELETE, &last, None).await.refused(409);
}

#[tokio::test]
async fn a_tag_that_was_deleted_in_wecom_is_rebuilt_and_put_on_whoever_stands_there() {
    let world = company().await;
    for customer in ["wmA", "wmB"] {
        world.customer(customer, customer, "zhang").await;
    }
    put_at(&world, "wmA", "price").await;
    put_at(&world, "wmB", "interest").await;
    world.sim("tags", json!({"action": "delete", "group": "客户状态", "name": "考虑价格"})).await;
    assert_eq!(world.get(BOARD).await.ok()["stages"][1]["tag_missing"], true);
    assert_eq!(world.wecom_tags("wmA", "zhang").await, [""; 0]);

    let rebuild = format!("{BOARD}/stages/price/rebuild-tag");
    let job = world.post(&rebuild, json!({})).await;
    assert_eq!(job.status, 202);
    done(&world, &job.ok()).await;
    world.until(world.now().plus_mins(2)).await;
    assert_eq!(world.get(BOARD).await.ok()["stages"][1]["tag_missing"], false);
    assert_eq!(world.tags("wmA").await, ["客户状态/考虑价格"]);
    assert_eq!(world.wecom_tags("wmA", "zhang").await, ["客户状态/考虑价格"]);
    assert_eq!(world.wecom_tags("wmB", "zhang").await, ["客户状态/了解产品"], "nobody else");
    assert_eq!(world.facts("wmA", "moved").await.len(), 1, "no move");
}

#[tokio::test]
async fn a_lost_customer_is_lost_for_a_reason() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    let lost = json!({"id": "lost", "name": "流失", "kind": "lost", "reason_required": true});
    patch(&world, json!({"stages": [{"id": "interest"}, {"id": "price"}, {"id": "order"}, lost]})).await.ok();

    let path = "/api/v1/customers/wmA/stage";
    for reason in [Value::Null, json!(" ")] {
        let body = json!({"board": "sales", "stage": "lost", "reason": reason});
        let refused = world.put(path, body).await.refused(422);
        assert_eq!(
            (&refused["errors"][0]["pointer"], &refused["errors"][0]["code"]),
            (&json!("/reason"), &json!("reason_needed"))
        );
    }
    let tag = json!({"add": ["客户状态/流失"]});
    world.post("/api/v1/customers/wmA/tags", tag.clone()).await.refused(422);
    let many = json!({"customers": ["wmA"], "add": ["客户状态/流失"]});
    world.post("/api/v1/customers/batch/tags", many).await.refused(422);
    assert_eq!(world.stage("wmA", "sales").await, None);
    world.put(path, json!({"board": "sales", "stage": "lost", "reason": "买了别家"})).await.ok();
    assert_eq!(world.stage("wmA", "sales").await.as_deref(), Some("lost"));
}

#[tokio::test]
async fn every_template_makes_a_board() {
    let world = company().await;
    let templates = items(&world.get("/api/v1/templates/boards").await.ok()["items"]);
    assert_eq!(templates.len(), 5);
    for template in templates {
        let id = text(&template["id"]);
        let board = world.put(&format!("/api/v1/boards/{id}"), template["plan"].clone()).await.ok();
        assert_eq!(of_stages(&board, "name"), of_stages(&template["plan"], "name"));
        assert!(items(&board["stages"]).iter().all(|stage| stage["tag_missing"] == false), "{board}");
    }
}

#[tokio::test]
async fn cards_are_found_by_owner_and_tag_and_in_order_of_entry() {
    let world = company().await;
    for (customer, staff) in [("wmA", "zhang"), ("wmB", "li"), ("wmC", "zhang"), ("wmD", "zhang")] {
        world.customer(customer, customer, staff).await;
    }
    for customer in ["wmC", "wmA", "wmD", "wmB"] {
        world.until(world.now().plus_mins(1)).await;
        put_at(&world, customer, "interest").await;
    }
    world.post("/api/v1/tag-groups", json!({"name": "意向", "tags": ["高"]})).await.ok();
    for customer in ["wmA", "wmB", "wmC"] {
        world.post(&format!("/api/v1/customers/{customer}/tags"), json!({"add": ["意向/高"]})).await.ok();
    }
    // A friend of 李四 too, but 张三 serves them.
    world.sim("customers/wmC/add", json!({"userid": "li"})).await;

    let found = async |query: &str| {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("{BOARD}/cards?stage=interest&limit=1{query}{cursor}");
            let page = world.get(&path).await.ok();
            all.extend(items(&page["items"]).iter().map(|card| text(&card["customer"]["id"])));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return all,
            }
        }
    };
    assert_eq!(found("").await, ["wmA", "wmB", "wmC", "wmD"]);
    assert_eq!(found("&sort=entered").await, ["wmC", "wmA", "wmD", "wmB"]);
    assert_eq!(found("&owner=zhang&tag=高").await, ["wmA", "wmC"]);
    assert_eq!(found("&owner=li").await, ["wmB"]);
    assert_eq!(found("&tag=意向/高&sort=entered").await, ["wmC", "wmA", "wmB"]);
    let refused = world.get(&format!("{BOARD}/cards?stage=interest&tag=低")).await.refused(422);
    assert_eq!(refused["errors"][0]["code"], "unknown_tag");
    let refused = world.get(&format!("{BOARD}/cards?stage=interest&sort=name")).await.refused(422);
    assert_eq!(refused["errors"][0]["candidates"], json!(["customer", "entered", "contact", "amount"]));
}
