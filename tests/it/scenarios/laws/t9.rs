//! What was done by mistake is taken back.

use serde_json::{Value, json};
use tests::{World, at, text};

use super::{befriended, drag, edit, on_phone, phones, stage};

async fn undo(world: &World, entry: &Value) -> tests::Answer {
    world.post("/api/v1/undo", json!({"entry": entry})).await
}

async fn state(world: &World, sop: &str) -> Option<String> {
    let all = world.enrollments("wmA").await;
    all.iter().find(|enrollment| enrollment["sop"] == sop).map(|enrollment| text(&enrollment["state"]))
}

/// The newest entry of this kind.
async fn entry(world: &World, kind: &str) -> Value {
    world.timeline("wmA").await.into_iter().find(|entry| entry["kind"] == kind).expect(kind)["id"].clone()
}

#[tokio::test]
async fn an_undo_restores_stage_tags_and_what_had_exited_and_cancels_what_had_begun_on_every_side() {
    for by_phone in [false, true] {
        let world = befriended().await;
        drag(&world, "interest").await;
        let wrong = if by_phone {
            on_phone(&world, "li", &["客户状态/考虑价格"], &["客户状态/了解产品"]).await;
            entry(&world, "fetched").await
        } else {
            drag(&world, "price").await["entry"].clone()
        };
        assert_eq!(state(&world, "interest").await.as_deref(), Some("exited"));
        undo(&world, &wrong).await.ok();
        assert_eq!(stage(&world).await.as_deref(), Some("interest"));
        assert_eq!(phones(&world).await, [vec!["客户状态/了解产品"], vec!["客户状态/了解产品"]]);
        assert_eq!(state(&world, "interest").await.as_deref(), Some("active"));
        assert_ne!(state(&world, "price").await.as_deref(), Some("active"));
        world.until(world.now().plus_mins(40)).await;
        assert!(
            world.tasks("zhang").await.is_empty(),
            "nothing of the stage that was a mistake is asked for"
        );
    }
}

#[tokio::test]
async fn what_a_rule_did_is_taken_back_by_its_entry_and_not_done_again_by_the_undo() {
    let world = befriended().await;
    drag(&world, "interest").await;
    world.say("wmA", "zhang", "多少钱").await;
    assert_eq!(stage(&world).await.as_deref(), Some("price"));
    let fired = entry(&world, "message_received").await;
    undo(&world, &fired).await.ok();
    assert_eq!(stage(&world).await.as_deref(), Some("interest"));
    assert_eq!(phones(&world).await, [vec!["客户状态/了解产品"], vec!["客户状态/了解产品"]]);
    assert_eq!(world.facts("wmA", "rule_fired").await.len(), 1);
}

#[tokio::test]
async fn tags_of_no_board_come_back_too_on_every_phone() {
    let world = befriended().await;
    world.post("/api/v1/tag-groups", json!({"name": "意向", "tags": ["高", "急"]})).await.ok();
    edit(&world, &["意向/高"], &[]).await;
    let wrong = edit(&world, &["意向/急"], &["意向/高"]).await;
    undo(&world, &wrong["entry"]).await.ok();
    assert_eq!(world.tags("wmA").await, ["意向/高"]);
    assert_eq!(phones(&world).await, [vec!["意向/高"], vec!["意向/高"]]);
}

#[tokio::test]
async fn an_sop_that_has_sent_something_goes_on_though_the_move_that_began_it_is_taken_back() {
    let world = befriended().await;
    let step = |id: &str, minutes: u32| json!({"id": id, "at": {"after_minutes": minutes}, "method": "task", "content": {"text": "谢谢"}});
    let document = |id: &str, minutes: u32| {
        json!({"id": id, "name": id, "anchor": {"kind": "stage_entry", "stage": "sales/order"},
               "steps": [step("one", minutes), step("two", 600)], "exit": {"left_stage": false}})
    };
    world.publish(document("has-sent", 30)).await;
    world.publish(document("has-not", 300)).await;
    let wrong = drag(&world, "order").await;
    world.until(at("2026-03-02 09:52")).await;
    let task = text(&world.tasks("zhang").await[0]["id"]);
    world.sim("staff/zhang/send", json!({"external_userid": "wmA", "task": task})).await;
    let answer = undo(&world, &wrong["entry"]).await.ok();
    assert_eq!(answer["refused"][0]["text"], "未撤销：已有内容发出");
    assert_eq!(stage(&world).await, None);
    assert_eq!(state(&world, "has-sent").await.as_deref(), Some("active"));
    assert_eq!(state(&world, "has-not").await.as_deref(), Some("exited"));
}

#[tokio::test]
async fn after_a_day_nothing_is_taken_back_and_just_before_it_is() {
    for (minutes, status) in [(23 * 60 + 59, 200), (24 * 60 + 1, 409)] {
        let world = befriended().await;
        let wrong = drag(&world, "order").await;
        world.until(world.now().plus_mins(minutes)).await;
        let answer = undo(&world, &wrong["entry"]).await;
        assert_eq!(answer.status, status, "{:#}", answer.body);
        assert_eq!(stage(&world).await.is_some(), status == 409);
    }
}

#[tokio::test]
async fn what_was_changed_since_is_not_taken_back() {
    let world = befriended().await;
    let wrong = drag(&world, "interest").await;
    on_phone(&world, "li", &["客户状态/下定"], &["客户状态/了解产品"]).await;
    assert_eq!(undo(&world, &wrong["entry"]).await.refused(409)["reason"], "changed_since");
    assert_eq!(stage(&world).await.as_deref(), Some("order"));
}

#[tokio::test]
async fn touches_of_a_new_stage_fall_due_no_sooner_than_two_minutes_after_entry() {
    let world = befriended().await;
    let at_once = json!({
        "id": "won", "name": "成交", "anchor": {"kind": "stage_entry", "stage": "sales/order"},
        "steps": [{"id": "thanks", "at": {"after_minutes": 0}, "method": "task", "content": {"text": "谢谢"}}]
    });
    world.publish(at_once).await;
    for by_phone in [false, true] {
        let entered = world.now();
        if by_phone {
            on_phone(&world, "li", &["客户状态/下定"], &[]).await;
        } else {
            drag(&world, "order").await;
        }
        let all = world.enrollments("wmA").await;
        let live = all.iter().find(|sop| sop["sop"] == "won" && sop["state"] == "active").expect("entered");
        let due = domain::Timestamp::parse_rfc3339(&text(&live["next"]["due_at"])).expect("a time");
        assert!(due >= entered.plus_mins(2), "{live:#}");
        let wrong = entry(&world, if by_phone { "fetched" } else { "stage_moved" }).await;
        undo(&world, &wrong).await.ok();
        world.until(world.now().plus_mins(5)).await;
        assert!(world.tasks("zhang").await.is_empty());
    }
}
