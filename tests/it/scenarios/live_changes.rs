//! Several people look at one board: each sees what the others do, without reading the board anew.

use bytes::Bytes;
use domain::Timestamp;
use serde_json::{Value, json};
use store::CardChange;
use tests::{World, items, text};

use super::price::company;

/// What one poll answers, and the cursor for the next.
async fn poll(world: &World, cursor: &str) -> (Vec<Value>, String) {
    let answer = world.get(&format!("/api/v1/boards/sales/changes?since={cursor}")).await.ok();
    assert_eq!(answer["reset"], false, "{answer:#}");
    (items(&answer["changes"]), text(&answer["cursor"]))
}

/// A first cursor.
async fn begin(world: &World) -> String {
    let answer = world.get("/api/v1/boards/sales/changes").await.ok();
    assert_eq!((&answer["changes"], &answer["reset"]), (&json!([]), &json!(false)));
    text(&answer["cursor"])
}

async fn drag(world: &World, customer: &str, stage: &str) -> Value {
    let body = json!({"board": "sales", "stage": stage});
    world.put(&format!("/api/v1/customers/{customer}/stage"), body).await.ok()
}

fn seconds_later(world: &World, seconds: i64) -> Timestamp {
    world.now().plus_secs(seconds)
}

/// An entry as a commit that was decided at `at` leaves it.
async fn commit_lands(world: &World, at: Timestamp, customer: &str, version: u64) {
    let change = CardChange { at, customer: customer.into(), version };
    world.machine.app.store.repeat_change(&"sales".into(), &change).await.unwrap();
}

#[tokio::test]
async fn a_drag_by_one_is_seen_by_the_other_within_one_poll() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    let cursor = begin(&world).await;
    drag(&world, "wmA", "interest").await;

    let (changes, cursor) = poll(&world, &cursor).await;
    assert_eq!(changes.len(), 1, "{changes:#?}");
    assert_eq!((&changes[0]["customer"], &changes[0]["card"]["stage"]), (&json!("wmA"), &json!("interest")));
    let cards = world.get("/api/v1/boards/sales/cards?stage=interest").await.ok();
    assert_eq!(changes[0]["card"], cards["items"][0], "the very card that the board shows");
    let (again, cursor) = poll(&world, &cursor).await;
    assert_eq!(again, Vec::<Value>::new(), "told once");

    // Not only drags: the customer asks the price, and a rule moves them.
    world.until(seconds_later(&world, 4)).await;
    world.say("wmA", "zhang", "多少钱").await;
    let (changes, _) = poll(&world, &cursor).await;
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0]["card"]["stage"], "price");
}

#[tokio::test]
async fn an_own_echo_carries_the_entry_of_ones_own_answer() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    let cursor = begin(&world).await;
    let answer = drag(&world, "wmA", "interest").await;

    let (changes, cursor) = poll(&world, &cursor).await;
    assert_eq!(changes[0]["entry"], answer["entry"]);
    // Two acts between two polls: one card, told with the last of them.
    drag(&world, "wmA", "price").await;
    let last = drag(&world, "wmA", "order").await;
    let (changes, _) = poll(&world, &cursor).await;
    assert_eq!(changes.len(), 1);
    assert_eq!((&changes[0]["entry"], &changes[0]["card"]["stage"]), (&last["entry"], &json!("order")));
}

#[tokio::test]
async fn what_moves_no_card_is_not_told() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    drag(&world, "wmA", "interest").await;
    let cursor = begin(&world).await;
    world.say("wmA", "zhang", "你好").await;
    drag(&world, "wmA", "interest").await;
    let (changes, _) = poll(&world, &cursor).await;
    assert_eq!(changes, Vec::<Value>::new());
}

#[tokio::test]
async fn who_leaves_the_board_is_told_without_a_card_and_who_comes_back_with_one() {
    let world = company().await;
    for customer in ["wmA", "wmB"] {
        world.customer(customer, "王先生", "zhang").await;
        drag(&world, customer, "interest").await;
    }
    let cursor = begin(&world).await;
    world.put("/api/v1/customers/wmA/stage", json!({"board": "sales", "stage": null})).await.ok();
    world.sim("customers/wmB/block", json!({"userid": "zhang"})).await;

    let (changes, cursor) = poll(&world, &cursor).await;
    let told: Vec<_> = changes.iter().map(|change| (text(&change["customer"]), &change["card"])).collect();
    assert_eq!(told, [("wmA".to_owned(), &Value::Null), ("wmB".to_owned(), &Value::Null)]);

    world.until(seconds_later(&world, 60)).await;
    world.sim("customers/wmB/add", json!({"userid": "zhang"})).await;
    let (changes, _) = poll(&world, &cursor).await;
    assert_eq!(changes.len(), 1, "{changes:#?}");
    assert_eq!(changes[0]["card"]["stage"], "interest");
}

#[tokio::test]
async fn a_commit_that_lands_late_is_not_missed() {
    let world = company().await;
    for customer in ["wmA", "wmB"] {
        world.customer(customer, "王先生", "zhang").await;
    }
    let cursor = begin(&world).await;
    drag(&world, "wmB", "interest").await;
    world.until(seconds_later(&world, 8)).await;
    let (changes, cursor) = poll(&world, &cursor).await;
    assert_eq!(changes.len(), 1);

    // Decided before that poll, there after it.
    commit_lands(&world, seconds_later(&world, -9), "wmA", 70).await;
    let (changes, cursor) = poll(&world, &cursor).await;
    assert_eq!(changes.len(), 1, "and what was told is not told again: {changes:#?}");
    assert_eq!(changes[0]["entry"], "wmA#70");
    world.until(seconds_later(&world, 4)).await;
    assert_eq!(poll(&world, &cursor).await.0, Vec::<Value>::new());
}

#[tokio::test]
async fn polls_over_an_hour_and_over_midnight_lose_nothing() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    let mut cursor = begin(&world).await;
    for stage in ["interest", "price", "interest", "price"] {
        drag(&world, "wmA", stage).await;
        world.until(seconds_later(&world, 5 * 3600 + 1800)).await;
        let (changes, next) = poll(&world, &cursor).await;
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0]["card"]["stage"], stage);
        cursor = next;
    }
}

#[tokio::test]
async fn a_cursor_older_than_a_day_is_reset() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    let cursor = begin(&world).await;
    drag(&world, "wmA", "interest").await;
    world.until(world.now().plus_days(1)).await;

    let answer = world.get(&format!("/api/v1/boards/sales/changes?since={cursor}")).await.ok();
    assert_eq!((&answer["reset"], &answer["changes"]), (&json!(true), &json!([])));
    drag(&world, "wmA", "order").await;
    let (changes, _) = poll(&world, &text(&answer["cursor"])).await;
    assert_eq!(changes.len(), 1, "and it goes on from there");
}

#[tokio::test]
async fn who_missed_more_than_an_answer_carries_is_reset() {
    let world = company().await;
    let cursor = begin(&world).await;
    for n in 0..=500 {
        commit_lands(&world, world.now(), &format!("wm{n}"), 1).await;
    }
    let answer = world.get(&format!("/api/v1/boards/sales/changes?since={cursor}")).await.ok();
    assert_eq!((&answer["reset"], &answer["changes"]), (&json!(true), &json!([])));
}

#[tokio::test]
async fn a_cursor_opens_its_own_board_only() {
    let world = company().await;
    let stages = json!([{"id": "new", "name": "新"}, {"id": "done", "name": "完成", "kind": "won"}]);
    let other = json!({"name": "售后", "tag_group": "售后阶段", "stages": stages});
    world.put("/api/v1/boards/service", other).await.ok();
    let cursor = begin(&world).await;
    for bad in [cursor.as_str(), "x", "MTIzNDU2Nzg5MDEyMTIzNDU2Nzg5MC4", &cursor[1..]] {
        let path = format!("/api/v1/boards/service/changes?since={bad}");
        assert_eq!(world.get(&path).await.refused(400)["code"], "bad_cursor", "{bad}");
    }
    world.get("/api/v1/boards/nowhere/changes").await.refused(404);
}

/// The cookie of a staff member who signed in.
async fn sign_in(world: &World, userid: &str) -> String {
    let signed_in = world.post("/api/v1/session/dev", json!({"userid": userid})).await;
    signed_in.headers["set-cookie"].split(';').next().unwrap().to_owned()
}

/// A first cursor of somebody who is signed in.
async fn begin_as(world: &World, cookie: &str) -> String {
    let path = format!("{}/api/v1/boards/sales/changes", world.machine.address);
    let request = http::Request::get(path).header("cookie", cookie).body(Bytes::new());
    text(&world.raw(request.unwrap()).await.ok()["cursor"])
}

/// What a poll tells somebody who is signed in: customers, with the stage that is shown; and the cursor for the next.
async fn poll_as(world: &World, cookie: &str, cursor: &str) -> (Vec<(String, Option<String>)>, String) {
    let path = format!("{}/api/v1/boards/sales/changes?since={cursor}", world.machine.address);
    let request = http::Request::get(path).header("cookie", cookie).body(Bytes::new());
    let answer = world.raw(request.unwrap()).await.ok();
    let stage = |change: &Value| change["card"]["stage"].as_str().map(str::to_owned);
    let told = items(&answer["changes"]).iter().map(|c| (text(&c["customer"]), stage(c))).collect();
    (told, text(&answer["cursor"]))
}

#[tokio::test]
async fn a_colleague_hears_of_a_card_while_they_are_friends_with_the_customer() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    let (zhang, li) = (sign_in(&world, "zhang").await, sign_in(&world, "li").await);
    let card = |stage: Option<&str>| ("wmA".to_owned(), stage.map(str::to_owned));
    let (of_zhang, cursor) = (begin_as(&world, &zhang).await, begin_as(&world, &li).await);

    drag(&world, "wmA", "interest").await;
    let (told, of_zhang) = poll_as(&world, &zhang, &of_zhang).await;
    assert_eq!(told, [card(Some("interest"))]);
    let (told, cursor) = poll_as(&world, &li, &cursor).await;
    assert_eq!(told, [], "not even that there is such a customer");

    world.sim("customers/wmA/add", json!({"userid": "li"})).await;
    let (told, cursor) = poll_as(&world, &li, &cursor).await;
    assert_eq!(told, [card(Some("interest"))]);
    world.sim("customers/wmA/block", json!({"userid": "li"})).await;
    assert_eq!(poll_as(&world, &li, &cursor).await.0, [card(None)]);
    assert_eq!(poll_as(&world, &zhang, &of_zhang).await.0, [card(Some("interest"))]);
}
