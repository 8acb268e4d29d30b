//! Staff are told when to send what to whom.

use domain::Timestamp;
use serde_json::{Value, json};
use tests::{World, at, items, text};

use super::price::company;

/// A customer of Zhang's to whom the offer is due in half an hour.
async fn interested(world: &World, customer: &str) {
    world.customer(customer, "客户", "zhang").await;
    let moved = json!({"board": "sales", "stage": "price"});
    world.put(&format!("/api/v1/customers/{customer}/stage"), moved).await.ok();
}

/// From now on `message/send` fails like this.
async fn trouble(world: &World, trouble: &Value) {
    let mut fault = trouble.clone();
    fault["api"] = json!("message/send");
    world.sim("faults", fault).await;
}

async fn no_trouble(world: &World) {
    world.send(http::Method::DELETE, "/sim/control/faults", &[], None).await.ok();
}

/// Zhang does the first of the open tasks.
async fn one_done(world: &World) {
    let task = text(&world.tasks("zhang").await[0]["id"]);
    world.post(&format!("/api/v1/tasks/{task}/sent"), json!({})).await.ok();
}

/// What may hide a delivery.
fn doubtful() -> [Value; 3] {
    [json!({"errcode": -1}), json!({"timeout_before": true}), json!({"http_status": 502})]
}

#[tokio::test]
async fn many_touches_of_one_hour_are_one_reminder() {
    let world = company().await;
    for n in 0..5 {
        let id = format!("wmMany{n}");
        world.customer(&id, &format!("客户{n}"), "zhang").await;
        world
            .put(&format!("/api/v1/customers/{id}/stage"), json!({"board": "sales", "stage": "interest"}))
            .await
            .ok();
    }
    world.until(at("2026-03-03 10:10")).await;
    assert_eq!(world.tasks("zhang").await.len(), 5);
    let inbox = world.staff_inbox("zhang").await;
    assert_eq!(inbox.len(), 1, "{inbox:#?}");
    let card = inbox[0].to_string();
    assert!(card.contains("待跟进客户 5 位") && card.contains("5 人"), "{card}");
}

#[tokio::test]
async fn a_reminder_whose_answer_was_lost_arrives_once() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    world.put("/api/v1/customers/wmA/stage", json!({"board": "sales", "stage": "interest"})).await.ok();
    world.sim("faults", json!({"api": "message/send", "timeout_after": true, "times": 2})).await;
    world.until(at("2026-03-03 10:20")).await;
    assert_eq!(world.staff_inbox("zhang").await.len(), 1);
}

#[tokio::test]
async fn nobody_is_reminded_of_what_was_done_or_exited_before() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    world.put("/api/v1/customers/wmA/stage", json!({"board": "sales", "stage": "interest"})).await.ok();
    world.until(at("2026-03-03 10:00")).await;
    let task = text(&world.tasks("zhang").await[0]["id"]);
    world.post(&format!("/api/v1/tasks/{task}/sent"), json!({})).await.ok();
    world.until(at("2026-03-03 11:00")).await;
    assert_eq!(world.staff_inbox("zhang").await.len(), 0);
}

#[tokio::test]
async fn a_task_goes_to_a_colleague_who_is_still_a_friend_when_its_owner_is_blocked() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    world.sim("customers/wmA/add", json!({"userid": "li"})).await;
    world.put("/api/v1/customers/wmA/stage", json!({"board": "sales", "stage": "interest"})).await.ok();
    world.until(at("2026-03-03 10:10")).await;
    assert_eq!(world.tasks("zhang").await.len(), 1);
    world.sim("customers/wmA/block", json!({"userid": "zhang"})).await;
    assert_eq!(world.tasks("zhang").await.len(), 0);
    assert_eq!(world.tasks("li").await.len(), 1);
    assert_eq!(world.view("wmA").await["owner"], "li");
}

#[tokio::test]
async fn two_reminders_of_the_same_work_on_one_day_both_arrive() {
    let world = company().await;
    for (id, hour) in [("wmA", "10:30"), ("wmB", "11:30")] {
        world.customer(id, "客户", "zhang").await;
        world
            .put(&format!("/api/v1/customers/{id}/stage"), json!({"board": "sales", "stage": "price"}))
            .await
            .ok();
        world.until(at(&format!("2026-03-02 {hour}"))).await;
        for task in world.tasks("zhang").await {
            world.post(&format!("/api/v1/tasks/{}/sent", text(&task["id"])), json!({})).await.ok();
        }
    }
    let inbox = world.staff_inbox("zhang").await;
    assert_eq!(inbox.len(), 2, "WeCom must not take the second for a repetition: {inbox:#?}");
}

#[tokio::test]
async fn a_wrong_secret_is_not_tried_again_and_again() {
    let world = company().await;
    world.sim("tokens/expire", json!({})).await;
    world.sim("faults", json!({"api": "gettoken", "errcode": 40001})).await;
    let asked = async || items(&world.get("/sim/control/calls?api=gettoken").await.ok()["items"]).len();
    let before = asked().await;
    for n in 0..10 {
        world.customer(&format!("wm{n}"), "客户", "zhang").await;
    }
    world.until(at("2026-03-02 10:00")).await;
    let asked = asked().await - before;
    assert!((1..20).contains(&asked), "{asked} times within an hour: WeCom blocks the address");
}

#[tokio::test]
async fn a_reminder_waits_for_a_limit_to_pass_however_long_that_takes() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    world.put("/api/v1/customers/wmA/stage", json!({"board": "sales", "stage": "price"})).await.ok();
    world.sim("faults", json!({"api": "message/send", "errcode": 45009})).await;
    world.until(at("2026-03-02 11:00")).await;
    let called = items(&world.get("/sim/control/calls?api=message/send").await.ok()["items"]).len();
    assert!((3..20).contains(&called), "{called}: silence in between, and now and then a look");
    world.send(http::Method::DELETE, "/sim/control/faults", &[], None).await.ok();
    world.until(at("2026-03-02 11:30")).await;
    assert_eq!(world.staff_inbox("zhang").await.len(), 1);
}

#[tokio::test]
async fn the_token_is_not_asked_for_while_wecom_limits_that() {
    let world = company().await;
    world.sim("tokens/expire", json!({})).await;
    world.sim("faults", json!({"api": "gettoken", "errcode": 45009, "times": 1})).await;
    let asked = async || items(&world.get("/sim/control/calls?api=gettoken").await.ok()["items"]).len();
    let before = asked().await;
    world.customer("wmA", "王先生", "zhang").await;
    world.customer("wmB", "李女士", "zhang").await;
    world.until(at("2026-03-02 09:00")).await;
    assert_eq!(asked().await - before, 1, "one says it to all");
    world.until(at("2026-03-02 09:05")).await;
    assert_eq!(world.view("wmB").await["name"], "李女士");
}

#[tokio::test]
async fn what_the_night_held_up_is_told_in_the_morning_as_overdue() {
    for kind in [json!({"errcode": 45009})].into_iter().chain(doubtful()) {
        let world = company().await;
        world.until(at("2026-03-02 20:45")).await;
        interested(&world, "wmA").await;
        // Due at 21:15; WeCom is in trouble until ten.
        trouble(&world, &kind).await;
        world.until(at("2026-03-02 22:00")).await;
        no_trouble(&world).await;
        world.until(at("2026-03-03 08:29")).await;
        assert!(world.staff_inbox("zhang").await.is_empty(), "nobody is bothered at night: {kind}");
        world.until(at("2026-03-03 08:40")).await;
        let inbox = world.staff_inbox("zhang").await;
        assert_eq!(inbox.len(), 1, "{kind}");
        assert!(inbox[0].to_string().contains("《报价单》 已逾期"), "{kind} {inbox:#?}");
    }
}

#[tokio::test]
async fn what_was_in_doubt_for_longer_than_wecom_remembers_is_told_as_it_is_then() {
    let once = json!({"timeout_before": true, "times": 1});
    let after_one = [vec![once, json!({"errcode": 60020})]];
    for kinds in doubtful().map(|kind| vec![kind]).into_iter().chain(after_one) {
        let world = company().await;
        for customer in ["wmA", "wmB"] {
            interested(&world, customer).await;
        }
        for kind in &kinds {
            trouble(&world, kind).await;
        }
        world.until(at("2026-03-02 12:00")).await;
        one_done(&world).await;
        world.until(at("2026-03-02 13:00")).await;
        no_trouble(&world).await;
        world.until(at("2026-03-02 13:15")).await;
        let inbox = world.staff_inbox("zhang").await;
        assert_eq!(inbox.len(), 1, "{kinds:?} {inbox:#?}");
        assert!(inbox[0].to_string().contains("待跟进客户 1 位"), "{kinds:?} {inbox:#?}");
    }
}

#[tokio::test]
async fn an_hours_reminder_survives_half_an_hour_of_trouble() {
    for kind in [json!({"errcode": -1}), json!({"errcode": 60020}), json!({"http_status": 403})] {
        let world = company().await;
        interested(&world, "wmA").await;
        trouble(&world, &kind).await;
        world.until(at("2026-03-02 10:10")).await;
        no_trouble(&world).await;
        world.until(at("2026-03-02 10:25")).await;
        assert_eq!(world.staff_inbox("zhang").await.len(), 1, "{kind}");
    }
}

/// Two customers; the first try arrives though WeCom does not say so, and the trusted address is missing from then on.
/// One of the tasks is done before the trouble ends. What arrived until `later`.
async fn arrived_unnoticed(world: &World, first: &Value, later: Timestamp) -> Vec<String> {
    for customer in ["wmA", "wmB"] {
        interested(world, customer).await;
    }
    trouble(world, first).await;
    trouble(world, &json!({"errcode": 60020})).await;
    world.until(world.now().plus_mins(50)).await;
    one_done(world).await;
    no_trouble(world).await;
    world.until(later).await;
    let of = |card: Value| text(&card["card"]["main_title"]["title"]);
    world.staff_inbox("zhang").await.into_iter().map(of).collect()
}

#[tokio::test]
async fn what_may_have_arrived_is_not_told_in_other_words() {
    // With "busy" the next try follows within the same call.
    for first in [json!({"timeout_after": true, "times": 1}), json!({"errcode_after": -1, "times": 1})] {
        let world = company().await;
        let cards = arrived_unnoticed(&world, &first, at("2026-03-02 23:00")).await;
        assert_eq!(cards, ["待跟进客户 2 位"], "{first}");
    }
}

#[tokio::test]
async fn what_may_have_arrived_in_the_evening_is_told_once_more_in_the_morning_if_it_is_still_open() {
    for first in [json!({"timeout_after": true, "times": 1}), json!({"errcode_after": -1, "times": 1})] {
        let world = company().await;
        world.until(at("2026-03-02 20:45")).await;
        let cards = arrived_unnoticed(&world, &first, at("2026-03-03 10:30")).await;
        assert_eq!(cards, ["待跟进客户 2 位", "待跟进客户 1 位"], "{first}");
    }
}

#[tokio::test]
async fn what_nobody_can_have_sent_is_told_as_it_is_when_the_trouble_is_over() {
    for trouble in ["wecom has no token", "somebody else fetches it for ever"] {
        let world = company().await;
        for customer in ["wmA", "wmB"] {
            interested(&world, customer).await;
        }
        world.until(at("2026-03-02 09:25")).await;
        world.sim("tokens/expire", json!({})).await;
        let store = &world.machine.app.store;
        if trouble == "wecom has no token" {
            world.sim("faults", json!({"api": "gettoken", "errcode": -1})).await;
        } else {
            let (now, until) = (world.now(), at("2026-03-02 09:49"));
            assert!(store.lease("wecom-token", "somebody", now, until).await.unwrap());
        }
        world.until(at("2026-03-02 09:45")).await;
        one_done(&world).await;
        no_trouble(&world).await;
        world.until(at("2026-03-02 10:05")).await;
        let inbox = world.staff_inbox("zhang").await;
        assert_eq!(inbox.len(), 1, "{trouble} {inbox:#?}");
        assert!(inbox[0].to_string().contains("待跟进客户 1 位"), "{trouble} {inbox:#?}");
    }
}

#[tokio::test]
async fn after_an_outage_one_card_tells_all() {
    let certain = [(json!({"errcode": 60020}), 5, 60), (json!({"errcode": 60020}), 6, 15)];
    let in_doubt = doubtful().map(|kind| (kind, 6, 15));
    for (kind, count, minutes) in certain.into_iter().chain(in_doubt) {
        let world = company().await;
        trouble(&world, &kind).await;
        for n in 0..count {
            interested(&world, &format!("wm{n}")).await;
            world.until(world.now().plus_mins(minutes)).await;
        }
        world.until(world.now().plus_mins(60 - minutes)).await;
        no_trouble(&world).await;
        world.until(world.now().plus_mins(14)).await;
        let inbox = world.staff_inbox("zhang").await;
        assert_eq!(inbox.len(), 1, "{kind}, every {minutes} minutes: {inbox:#?}");
        let all = format!("待跟进客户 {count} 位");
        assert!(inbox[0].to_string().contains(&all), "{kind} {inbox:#?}");
    }
}

#[tokio::test]
async fn a_reminder_in_doubt_is_not_repeated_once_a_later_one_has_told_all() {
    for kind in doubtful() {
        let world = company().await;
        trouble(&world, &kind).await;
        // For half past nine and for a quarter past ten.
        interested(&world, "wmA").await;
        world.until(at("2026-03-02 09:35")).await;
        interested(&world, "wmB").await;
        world.until(at("2026-03-02 10:15")).await;
        no_trouble(&world).await;
        world.until(at("2026-03-02 13:00")).await;
        let inbox = world.staff_inbox("zhang").await;
        assert_eq!(inbox.len(), 1, "{kind} {inbox:#?}");
        assert!(inbox[0].to_string().contains("待跟进客户 2 位"), "{kind} {inbox:#?}");
    }
}
