//! What other systems know of a customer.

use http::Method;
use serde_json::{Value, json};
use tests::{Answer, World, items, text};

use super::{access::corp, price::company};

const SECRET: &str = "simulated-ingest-secret";

/// The verdict on one event.
async fn tell(world: &World, id: &str, at: &str, attributes: Value) -> Value {
    let event = json!({"id": id, "type": "customer.attributes", "at": at,
                       "customer": {"external_userid": "wmA"}, "attributes": attributes});
    let body = json!({"events": [event]}).to_string();
    world.ingest(&body, SECRET).await.ok()["events"][0].clone()
}

async fn set(world: &World, headers: &[(&str, &str)], attributes: &Value) -> Answer {
    world.send(Method::PATCH, "/api/v1/customers/wmA/attributes", headers, Some(attributes)).await
}

#[tokio::test]
async fn the_newest_word_of_another_system_stands_and_is_heard_once() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    let first = json!({"预算": 120_000, "会员": true, "意向车型": "SUV", "折扣": 0.85});
    assert_eq!(tell(&world, "crm-1", "2026-03-02T08:00:00+08:00", first.clone()).await["status"], "accepted");
    assert_eq!(world.view("wmA").await["attributes"], first);

    let later = json!({"预算": 150_000, "意向车型": null});
    assert_eq!(tell(&world, "crm-2", "2026-03-02T08:30:00+08:00", later).await["status"], "accepted");
    let known = json!({"预算": 150_000, "会员": true, "折扣": 0.85});
    assert_eq!(world.view("wmA").await["attributes"], known);
    // An older word that comes late, and one that comes again.
    let older = json!({"预算": 90_000});
    assert_eq!(tell(&world, "crm-0", "2026-03-02T07:00:00+08:00", older).await["status"], "accepted");
    assert_eq!(tell(&world, "crm-1", "2026-03-02T08:00:00+08:00", first).await["status"], "duplicate");
    assert_eq!(world.view("wmA").await["attributes"], known);

    // Nor does an older word bring back what was forgotten.
    let older = json!({"意向车型": "轿车"});
    tell(&world, "crm-3", "2026-03-02T08:10:00+08:00", older).await;
    assert_eq!(world.view("wmA").await["attributes"], known);

    let timeline = world.timeline("wmA").await;
    let told: Vec<&Value> = timeline.iter().filter(|entry| entry["kind"] == "attributes_set").collect();
    assert_eq!(text(&told[0]["text"]), "业务系统更新了客户属性");
    assert_eq!(world.facts("wmA", "attribute_changed").await.len(), 6);
    let refused = ["未更新属性「预算」：已有更新的值", "未更新属性「意向车型」：已有更新的值"];
    assert_eq!(world.facts("wmA", "attribute_refused").await, refused);
}

#[tokio::test]
async fn a_wrong_attribute_is_rejected_with_its_place_and_the_next_event_is_heard() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    let many: serde_json::Map<String, Value> = (0..101).map(|n| (format!("a{n}"), json!(n))).collect();
    for (attributes, pointer) in [
        (json!({"订单": [1, 2]}), "/attributes/订单"),
        (json!({"地址": {"城市": "上海"}}), "/attributes/地址"),
        (json!({"a/b": "x".repeat(1001)}), "/attributes/a~1b"),
        (json!({"长".repeat(61): 1}), &*format!("/attributes/{}", "长".repeat(60))),
        (json!({"换\n行": 1}), "/attributes/换\n行"),
        (Value::Object(many), "/attributes"),
    ] {
        let verdict = tell(&world, "crm-1", "2026-03-02T08:00:00+08:00", attributes).await;
        assert_eq!((&verdict["reason"], &verdict["pointer"]), (&json!("malformed"), &json!(pointer)));
    }
    assert_eq!(world.view("wmA").await["attributes"], json!({}));
    let verdict = tell(&world, "crm-1", "2026-03-02T08:00:00+08:00", json!({"订单": 2})).await;
    assert_eq!(verdict["status"], "accepted", "a rejected event may come again, mended");
}

#[tokio::test]
async fn a_value_is_in_the_file_and_nowhere_else() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    tell(&world, "crm-1", "2026-03-02T08:00:00+08:00", json!({"身份证": "SECRET-310101"})).await;
    set(&world, &[], &json!({"车牌": "SECRET-沪A12345"})).await.ok();
    let kept: Vec<String> = world.kept().await.into_iter().filter(|item| item.contains("SECRET-")).collect();
    assert_eq!(kept.len(), 1, "{kept:#?}");
    assert!(kept[0].contains("\"FILE\""), "{kept:#?}");
}

#[tokio::test]
async fn attributes_set_by_hand_answer_like_other_changes() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    let keyed = [("idempotency-key", "k")];
    let first = set(&world, &keyed, &json!({"预算": 120_000})).await.ok();
    assert_eq!(first["attributes"], json!({"预算": 120_000}));
    assert!(text(&first["entry"]).starts_with("wmA#"), "{first:#}");
    let again = set(&world, &keyed, &json!({"预算": 120_000})).await.ok();
    assert_eq!((&again["repeated"], &again["entry"]), (&json!(true), &first["entry"]));
    set(&world, &keyed, &json!({"预算": 1})).await.refused(422);

    let refused = set(&world, &[], &json!({})).await.refused(422);
    assert_eq!(refused["errors"][0]["code"], "empty");
    let refused = set(&world, &[], &json!({"x": [], "y": {}, "z": 1})).await.refused(422);
    let wrong: Vec<_> = items(&refused["errors"]).iter().map(|error| text(&error["pointer"])).collect();
    assert_eq!(wrong, ["/x", "/y"]);

    // A hundred fit; the next is refused by name, and what is known can still be changed.
    let many: serde_json::Map<String, Value> = (0..99).map(|n| (format!("a{n:02}"), json!(n))).collect();
    set(&world, &[], &Value::Object(many)).await.ok();
    let full = set(&world, &[], &json!({"又一个": 1, "预算": 2})).await.ok();
    let kinds: Vec<_> = items(&full["refused"]).iter().map(|refusal| text(&refusal["kind"])).collect();
    assert_eq!((kinds, &full["attributes"]["预算"]), (vec!["attribute_refused".to_owned()], &json!(2)));
    let forgotten = set(&world, &[], &json!({"预算": null})).await.ok();
    assert_eq!(forgotten["attributes"]["预算"], Value::Null);
}

#[tokio::test]
async fn a_colleagues_customer_has_no_attributes_for_others() {
    let world = corp().await;
    let mut zhang = world.signed_in("zhang").await;
    let path = |customer: &str| format!("/api/v1/customers/{customer}/attributes");
    let body = json!({"预算": 1});
    let mine = zhang.send(Method::PATCH, &path("wmzhang"), &[], Some(&body)).await.ok();
    assert_eq!(mine["attributes"]["预算"], 1);
    zhang.send(Method::PATCH, &path("wmli"), &[], Some(&body)).await.refused(404);
    zhang.send(Method::PATCH, &path("wmnobody"), &[], Some(&body)).await.refused(404);
    assert_eq!(world.get("/api/v1/customers/wmnobody").await.status, 404, "and makes no customer");
}
