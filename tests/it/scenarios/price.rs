//! The worked example: a customer asks the price.

use serde_json::json;
use tests::{World, at, items, text};

/// 客户状态 as a board: 了解产品 → 考虑价格 → 下定, a keyword rule, an SOP for each of the first two stages.
pub(super) async fn company() -> World {
    let world = World::new().await;
    world.staff(&[("zhang", "张三"), ("li", "李四")]).await;
    let stages = json!([
        {"id": "interest", "name": "了解产品"},
        {"id": "price", "name": "考虑价格"},
        {"id": "order", "name": "下定", "kind": "won"}
    ]);
    let board = json!({"name": "销售", "tag_group": "客户状态", "stages": stages});
    world.put("/api/v1/boards/sales", board).await.ok();
    let rule = json!({
        "id": "asks-price", "name": "价格关键词",
        "when": {"message_contains": {"any": ["多少钱", "价格"]}},
        "then": [{"add_tag": "客户状态/考虑价格"}]
    });
    world.rule("asks-price", rule).await;
    let interest = json!({
        "id": "interest", "name": "了解产品跟进", "anchor": {"kind": "stage_entry", "stage": "sales/interest"},
        "steps": [{"id": "intro", "at": {"day": 1, "time": "10:00"}, "method": "task", "content": {"text": "产品介绍"}}]
    });
    world.publish(interest).await;
    let price = json!({
        "id": "price", "name": "考虑价格跟进", "anchor": {"kind": "stage_entry", "stage": "sales/price"},
        "steps": [
            {"id": "offer", "title": "报价单", "at": {"after_minutes": 30}, "method": "task",
             "content": {"text": "{{customer.name|您好}}，这是报价单"}},
            {"id": "compare", "title": "对比表", "at": {"day": 1, "time": "11:00"}, "method": "task",
             "content": {"text": "竞品对比表"}},
            {"id": "case", "title": "客户案例", "at": {"day": 2, "time": "16:00", "until": "17:00",
             "expires_at": {"time": "18:00"}}, "method": "task", "content": {"text": "客户案例"}}
        ]
    });
    world.publish(price).await;
    world
}

#[tokio::test]
async fn a_customer_who_asks_the_price_moves_and_gets_the_three_steps_of_that_stage() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    let moved = json!({"board": "sales", "stage": "interest"});
    world.put("/api/v1/customers/wmA/stage", moved).await.ok();
    assert_eq!(world.wecom_tags("wmA", "zhang").await, ["客户状态/了解产品"]);

    world.say("wmA", "zhang", "你们产品多少钱").await;

    assert_eq!(world.stage("wmA", "sales").await.as_deref(), Some("price"));
    assert_eq!(world.tags("wmA").await, ["客户状态/考虑价格"]);
    assert_eq!(
        world.wecom_tags("wmA", "zhang").await,
        ["客户状态/考虑价格"],
        "the old stage's tag is gone in WeCom too"
    );
    let enrollments = world.enrollments("wmA").await;
    let state = |sop: &str| {
        let of = enrollments.iter().find(|e| e["sop"] == sop).expect(sop);
        (text(&of["state"]), of["next"]["due_at"].as_str().map(str::to_owned))
    };
    assert_eq!(state("interest").0, "exited");
    assert_eq!(state("price"), ("active".into(), Some(at("2026-03-02 09:30").to_string())));

    // Due at 09:30, reminded within the quarter of an hour after, sent with one click.
    world.until(at("2026-03-02 09:52")).await;
    let tasks = world.tasks("zhang").await;
    assert_eq!(tasks.len(), 1);
    assert_eq!(tasks[0]["content"]["text"], "王先生，这是报价单");
    assert_eq!(world.staff_inbox("zhang").await.len(), 1);
    let send = json!({"external_userid": "wmA", "task": tasks[0]["id"]});
    world.sim("staff/zhang/send", send).await;
    assert_eq!(world.customer_inbox("wmA").await.last().unwrap()["text"], "王先生，这是报价单");

    // Skipped with a reason.
    world.until(at("2026-03-03 11:10")).await;
    let task = text(&world.tasks("zhang").await[0]["id"]);
    world.post(&format!("/api/v1/tasks/{task}/skip"), json!({"note": "客户刚看过"})).await.ok();

    // Missed, because its time ended.
    world.until(at("2026-03-04 16:10")).await;
    assert_eq!(world.tasks("zhang").await.len(), 1);
    world.until(at("2026-03-04 18:01")).await;
    assert_eq!(world.tasks("zhang").await.len(), 0);

    let enrollments = world.enrollments("wmA").await;
    let price = enrollments.iter().find(|e| e["sop"] == "price").unwrap();
    let states: Vec<(String, String)> =
        items(&price["steps"]).iter().map(|step| (text(&step["step"]), text(&step["state"]))).collect();
    let expected = [("offer", "sent"), ("compare", "skipped"), ("case", "missed")];
    assert_eq!(states, expected.map(|(step, state)| (step.to_owned(), state.to_owned())));
    assert_eq!(price["state"], "completed");

    // The timeline names rule, cause and outcome.
    let fired = world.facts("wmA", "rule_fired").await;
    assert!(fired.len() == 1 && fired[0].contains("价格关键词") && fired[0].contains("多少钱"), "{fired:?}");
    let moves = world.facts("wmA", "moved").await;
    assert!(
        moves.last().unwrap().contains("了解产品") && moves.last().unwrap().contains("考虑价格"),
        "{moves:?}"
    );
    let outcomes = world.facts("wmA", "ended").await;
    assert_eq!(outcomes.len(), 3, "{outcomes:?}");
    let entry =
        world.timeline("wmA").await.into_iter().find(|entry| entry["kind"] == "message_received").unwrap();
    let facts = items(&entry["facts"]);
    let place = |kind: &str| facts.iter().position(|fact| fact["kind"] == kind).expect(kind);
    assert_eq!(facts[place("moved")]["because"], place("rule_fired"));
    assert_eq!(facts[place("exited")]["because"], place("moved"));
    assert_eq!(facts[place("enrolled")]["because"], place("moved"));
}

#[tokio::test]
async fn a_customer_who_has_ordered_and_asks_the_price_stays_where_they_are_and_a_fact_says_why() {
    let world = company().await;
    world.customer("wmB", "赵女士", "zhang").await;
    world.put("/api/v1/customers/wmB/stage", json!({"board": "sales", "stage": "order"})).await.ok();

    world.say("wmB", "zhang", "再买一台多少钱").await;

    assert_eq!(world.stage("wmB", "sales").await.as_deref(), Some("order"));
    assert_eq!(world.wecom_tags("wmB", "zhang").await, ["客户状态/下定"]);
    let refused = world.facts("wmB", "move_refused").await;
    assert!(refused.len() == 1 && refused[0].contains("下定"), "{refused:?}");
}
