//! Customers who are handed over to a colleague: no newcomers, and whatever runs goes on with the colleague (P2, O1).

use http::Method;
use serde_json::{Value, json};
use tests::{World, at, items, text};

use super::price::company;

/// The company, with an SOP for new friends.
async fn greeting() -> World {
    let world = company().await;
    let greeting = json!({"id": "greeting", "name": "新客跟进", "anchor": {"kind": "friend_add"},
        "steps": [{"id": "hello", "at": {"after_minutes": 5}, "method": "task", "content": {"text": "您好"}}]});
    world.publish(greeting).await;
    world
}

/// Wang, at 考虑价格 with Zhang; the first step of its SOP is open, and that of the SOP for new friends is done.
async fn with_zhang() -> World {
    let world = greeting().await;
    world.customer("wmA", "王先生", "zhang").await;
    world.put("/api/v1/customers/wmA/stage", json!({"board": "sales", "stage": "price"})).await.ok();
    world.until(at("2026-03-02 09:20")).await;
    let hello = text(&world.tasks("zhang").await[0]["id"]);
    world.sim("staff/zhang/send", json!({"external_userid": "wmA", "task": hello})).await;
    world.until(at("2026-03-02 09:52")).await;
    assert_eq!(world.tasks("zhang").await.len(), 1);
    world
}

async fn hand_over(world: &World, from: &str, to: &str) {
    let answer = world.sim("transfer", json!({"from": from, "to": to, "external_userid": ["wmA"]})).await;
    assert_eq!(answer["items"][0]["errcode"], 0, "{answer:#}");
}

/// Whatever ran with Zhang runs with Li, at the same step.
async fn goes_on_with_li(world: &World) {
    let view = world.view("wmA").await;
    assert_eq!((&view["owner"], &view["hidden"]), (&json!("li"), &json!(false)), "{view:#}");
    assert_eq!(view["stages"]["sales"]["stage"], "price");
    assert_eq!(world.tags("wmA").await, ["客户状态/考虑价格"]);
    assert_eq!(world.wecom_tags("wmA", "li").await, ["客户状态/考虑价格"], "the new phone has the tags");
    let (theirs, hers) = (world.tasks("zhang").await, world.tasks("li").await);
    assert_eq!((theirs.len(), hers.len()), (0, 1));
    assert_eq!(hers[0]["content"]["text"], "王先生，这是报价单");
    let enrollments = world.enrollments("wmA").await;
    let of = |sop: &str| enrollments.iter().filter(|live| live["sop"] == sop).collect::<Vec<_>>();
    assert_eq!((of("price").len(), &of("price")[0]["state"]), (1, &json!("active")));
    assert_eq!(of("price")[0]["next"]["step"], "compare");
    assert_eq!(of("greeting").len(), 1, "an SOP for new friends begins once: {enrollments:#?}");
    assert!(world.facts("wmA", "resumed").await.is_empty() && world.facts("wmA", "exited").await.is_empty());

    // The next step is hers as well.
    world.until(at("2026-03-03 11:20")).await;
    let hers: Vec<String> =
        world.tasks("li").await.iter().map(|task| text(&task["content"]["text"])).collect();
    assert_eq!(hers, ["竞品对比表"]);
}

#[tokio::test]
async fn whatever_runs_goes_on_with_whoever_takes_the_customer_over() {
    let world = with_zhang().await;
    hand_over(&world, "zhang", "li").await;
    goes_on_with_li(&world).await;
    let view = world.view("wmA").await;
    let li = items(&view["relations"]).into_iter().find(|one| one["userid"] == "li").unwrap();
    assert_eq!((&li["add_way"], &view["added_by_transfer"]), (&json!(202), &json!(false)));
}

#[tokio::test]
async fn it_goes_on_also_where_the_parting_is_told_before_the_adding() {
    let world = with_zhang().await;
    let late = json!({"callbacks": "delay", "change": "add_external_contact", "seconds": 30, "times": 1});
    world.sim("faults", late).await;
    hand_over(&world, "zhang", "li").await;
    world.until(at("2026-03-02 09:55")).await;
    goes_on_with_li(&world).await;
}

#[tokio::test]
async fn a_colleague_who_knew_the_customer_before_is_found_though_wecom_tells_of_no_adding() {
    let world = with_zhang().await;
    world.sim("customers/wmA/add", json!({"userid": "li"})).await;
    world.until(at("2026-03-02 09:53")).await;
    world.sim("staff/li/delete", json!({"external_userid": "wmA"})).await;
    world.until(at("2026-03-02 09:54")).await;
    hand_over(&world, "zhang", "li").await;
    world.until(at("2026-03-02 09:55")).await;
    goes_on_with_li(&world).await;
}

#[tokio::test]
async fn a_customer_who_was_never_heard_of_is_no_newcomer_for_being_handed_over() {
    for detail in [true, false] {
        let world = greeting().await;
        world.sim("faults", json!({"callbacks": "drop", "change": "add_external_contact"})).await;
        world.customer("wmA", "王先生", "zhang").await;
        world.send(Method::DELETE, "/sim/control/faults", &[], None).await;
        world.until(at("2026-03-02 09:30")).await;
        if !detail {
            // WeCom does not say in time how they were added.
            world.sim("faults", json!({"api": "externalcontact/get", "http_status": 503, "times": 8})).await;
        }
        hand_over(&world, "zhang", "li").await;
        world.until(at("2026-03-02 12:00")).await;
        let view = world.view("wmA").await;
        assert_eq!((&view["owner"], &view["added_by_transfer"]), (&json!("li"), &json!(true)), "{view:#}");
        assert!(world.enrollments("wmA").await.is_empty());
        assert!(world.tasks("li").await.is_empty());
    }
}

#[tokio::test]
async fn a_handover_that_the_customer_refuses_changes_nothing() {
    let world = with_zhang().await;
    let refused =
        json!({"from": "zhang", "to": "li", "external_userid": ["wmA"], "fail": "customer_refused"});
    world.sim("transfer", refused).await;
    world.until(at("2026-03-02 09:55")).await;
    assert_eq!(world.view("wmA").await["owner"], "zhang");
    assert_eq!((world.tasks("zhang").await.len(), world.tasks("li").await.len()), (1, 0));
}

#[tokio::test]
async fn customers_of_somebody_who_left_are_listed_and_a_friend_who_is_there_does_their_work() {
    let world = with_zhang().await;
    world.customer("wmB", "陈女士", "zhang").await;
    world.put("/api/v1/customers/wmB/stage", json!({"board": "sales", "stage": "price"})).await.ok();
    world.until(at("2026-03-02 10:40")).await;
    world.sim("customers/wmA/add", json!({"userid": "li"})).await;
    world.post("/api/v1/customers/import", json!({})).await;
    world.sim("staff/zhang/leave", json!({})).await;
    let left_at = world.now();
    world.until(at("2026-03-03 04:15")).await;

    let staff = world.get("/api/v1/staff/zhang").await.ok();
    assert_eq!((&staff["status"]["is"], &staff["licensed"]), (&json!("left"), &json!(false)));
    let since = text(&staff["unlicensed_since"]);
    assert!(since > left_at.to_string(), "noticed at night: {since}");
    let jobs = items(&world.get("/api/v1/jobs").await.ok()["items"]);
    assert_eq!((&jobs[0]["id"], &jobs[0]["state"]), (&json!("nightly20260303"), &json!("done")));
    let listed = &jobs[0]["reading"]["unserved"];
    let of_zhang = json!({"staff": {"id": "zhang", "name": "张三"}, "since": since, "customers": 2, "moved": 1,
                          "held": 2});
    assert_eq!(listed, &json!({"staff": 1, "items": [of_zhang]}), "{:#}", jobs[0]);
    let whose = |tasks: &[Value]| tasks.iter().map(|task| text(&task["customer"]["id"])).collect::<Vec<_>>();
    assert_eq!(whose(&world.tasks("li").await), ["wmA"]);
    assert_eq!(whose(&world.tasks("zhang").await), ["wmB", "wmB"], "of whom nobody else is a friend");

    // The next steps: one is hers, the other waits for somebody to whom the customer is given.
    world.until(at("2026-03-03 11:20")).await;
    assert_eq!(whose(&world.tasks("li").await), ["wmA"]);
    assert!(world.facts("wmB", "offered").await.len() < world.facts("wmA", "offered").await.len());
    world.sim("transfer", json!({"from": "zhang", "to": "li", "external_userid": ["wmB"]})).await;
    world.until(at("2026-03-03 12:00")).await;
    assert!(whose(&world.tasks("li").await).contains(&"wmB".to_owned()));
}
