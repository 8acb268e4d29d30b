//! Who serves a customer, said by hand, and what remains of friendships.

use http::Method;
use serde_json::{Value, json};
use tests::{World, at, items, text};

use super::{access::corp, price::company};

async fn assign(world: &World, userid: Value) -> tests::Answer {
    world.put("/api/v1/customers/wmA/owner", json!({"userid": userid})).await
}

/// A friend of two.
async fn shared() -> World {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    world.until(at("2026-03-02 09:05")).await;
    world.sim("customers/wmA/add", json!({"userid": "li"})).await;
    world
}

#[tokio::test]
async fn the_owner_said_by_hand_serves_until_that_friendship_ends() {
    let world = shared().await;
    let before = world.view("wmA").await;
    assert_eq!((&before["owner"], &before["owner_assigned"]), (&json!("zhang"), &json!(false)));

    let after = assign(&world, json!("Li")).await.ok();
    assert_eq!((&after["owner"], &after["owner_assigned"]), (&json!("li"), &json!(true)));
    assert_eq!(world.facts("wmA", "owner_changed").await.last().unwrap(), "归属成员：张三 → 李四");

    world.sim("customers/wmA/block", json!({"userid": "li"})).await;
    let parted = world.view("wmA").await;
    assert_eq!((&parted["owner"], &parted["owner_assigned"]), (&json!("zhang"), &json!(false)));
    assert_eq!(assign(&world, json!("li")).await.refused(422)["errors"][0]["code"], "not_a_friend");
}

#[tokio::test]
async fn nobody_in_particular_is_whoever_the_settings_say_and_undo_restores_who_it_was() {
    let world = shared().await;
    let assigned = assign(&world, json!("li")).await.ok();
    let nobody = assign(&world, Value::Null).await.ok();
    assert_eq!((&nobody["owner"], &nobody["owner_assigned"]), (&json!("zhang"), &json!(false)));
    let undone = world.post("/api/v1/undo", json!({"entry": nobody["entry"]})).await.ok();
    assert_eq!((&undone["owner"], &undone["owner_assigned"]), (&json!("li"), &json!(true)));
    world.post("/api/v1/undo", json!({"entry": assigned["entry"]})).await.ok();
    assert_eq!(world.view("wmA").await["owner"], "zhang");
}

#[tokio::test]
async fn who_cannot_serve_is_refused_by_a_code_and_leaves_no_trace() {
    let world = shared().await;
    world.staff(&[("wu", "吴七")]).await;
    let before = world.view("wmA").await["version"].clone();
    for (userid, code) in
        [(json!("wu"), "not_a_friend"), (json!("nobody"), "unknown_staff"), (json!("a b"), "bad_userid")]
    {
        let refused = assign(&world, userid.clone()).await.refused(422);
        let error = &refused["errors"][0];
        assert_eq!((&error["pointer"], &error["code"]), (&json!("/userid"), &json!(code)), "{userid}");
    }
    let refused = world.put("/api/v1/customers/wmA/owner", json!({})).await.refused(422);
    assert_eq!(refused["errors"][0]["code"], "missing_field");
    assert_eq!(world.view("wmA").await["version"], before);
    world.put("/api/v1/customers/wmX/owner", json!({"userid": "zhang"})).await.refused(404);
}

#[tokio::test]
async fn operators_neither_assign_nor_take_an_assignment_back() {
    let world = corp().await;
    world.until(world.now().plus_mins(5)).await;
    world.sim("customers/wmzhang/add", json!({"userid": "li"})).await;
    let path = "/api/v1/customers/wmzhang/owner";
    let (mut mei, mut zhang) = (world.signed_in("mei").await, world.signed_in("zhang").await);
    zhang.put(path, json!({"userid": "li"})).await.refused(403);
    let assigned = mei.put(path, json!({"userid": "li"})).await.ok();
    zhang.post("/api/v1/undo", json!({"entry": assigned["entry"]})).await.refused(403);
    assert_eq!(world.view("wmzhang").await["owner"], "li");
    mei.post("/api/v1/undo", json!({"entry": assigned["entry"]})).await.ok();
    assert_eq!(world.view("wmzhang").await["owner"], "zhang");
}

#[tokio::test]
async fn a_relation_tells_its_sides_and_the_friendships_before() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    let relation =
        |view: &Value| items(&view["relations"]).into_iter().find(|r| r["userid"] == "zhang").unwrap();
    let first = relation(&world.view("wmA").await);
    assert_eq!((&first["past"], &first["staff_side_at"]), (&json!([]), &first["added_at"]));

    world.until(at("2026-03-03 10:00")).await;
    world.sim("customers/wmA/block", json!({"userid": "zhang"})).await;
    let parted = relation(&world.view("wmA").await);
    assert_eq!(parted["customer_side"], "closed");
    assert_eq!(parted["customer_side_at"], at("2026-03-03 10:00").to_string());
    assert_eq!(parted["staff_side_at"], first["added_at"]);

    world.until(at("2026-03-04 11:00")).await;
    world.sim("customers/wmA/add", json!({"userid": "zhang"})).await;
    let again = relation(&world.view("wmA").await);
    assert_eq!(again["added_at"], at("2026-03-04 11:00").to_string());
    let past = json!([{"added_at": first["added_at"], "staff_closed_at": null,
                       "customer_closed_at": at("2026-03-03 10:00").to_string()}]);
    assert_eq!(again["past"], past);
    assert_eq!(world.view("wmA").await["added_at"], first["added_at"], "of the first adding, as before");
    assert_eq!(text(&again["customer_side"]), "open");
}

#[tokio::test]
async fn an_assignment_is_audited_and_keyed() {
    let world = shared().await;
    let keyed = [("idempotency-key", "k")];
    let path = "/api/v1/customers/wmA/owner";
    let body = json!({"userid": "li"});
    let first = world.send(Method::PUT, path, &keyed, Some(&body)).await.ok();
    world.sim("customers/wmA/block", json!({"userid": "li"})).await;
    let again = world.send(Method::PUT, path, &keyed, Some(&body)).await.ok();
    assert_eq!((&again["repeated"], &again["entry"]), (&json!(true), &first["entry"]));
    assert_eq!(again["owner"], "zhang", "as it is now");
}
