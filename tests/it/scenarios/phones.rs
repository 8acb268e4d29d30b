//! Tags and stages are one thing on every device (T1–T6).

use serde_json::json;
use tests::{World, at, text};

use super::price::company;

#[tokio::test]
async fn a_stage_tag_put_on_by_phone_moves_the_card_and_reaches_the_other_phone() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    world.sim("customers/wmA/add", json!({"userid": "li"})).await;
    let edit = json!({"external_userid": "wmA", "add": ["客户状态/了解产品"]});
    world.sim("staff/zhang/tag", edit).await;
    assert_eq!(world.stage("wmA", "sales").await.as_deref(), Some("interest"));
    assert_eq!(world.wecom_tags("wmA", "li").await, ["客户状态/了解产品"]);

    // Dragged on, both phones show the new stage.
    world.put("/api/v1/customers/wmA/stage", json!({"board": "sales", "stage": "price"})).await.ok();
    assert_eq!(world.wecom_tags("wmA", "zhang").await, ["客户状态/考虑价格"]);
    assert_eq!(world.wecom_tags("wmA", "li").await, ["客户状态/考虑价格"]);
}

#[tokio::test]
async fn a_second_stage_tag_on_the_phone_replaces_the_first_there_too() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    world.sim("staff/zhang/tag", json!({"external_userid": "wmA", "add": ["客户状态/了解产品"]})).await;
    world.sim("staff/zhang/tag", json!({"external_userid": "wmA", "add": ["客户状态/考虑价格"]})).await;
    assert_eq!(world.stage("wmA", "sales").await.as_deref(), Some("price"));
    assert_eq!(world.wecom_tags("wmA", "zhang").await, ["客户状态/考虑价格"]);
}

#[tokio::test]
async fn a_stage_tag_taken_off_by_phone_takes_the_card_off_the_board() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    world.put("/api/v1/customers/wmA/stage", json!({"board": "sales", "stage": "price"})).await.ok();
    world.sim("staff/zhang/tag", json!({"external_userid": "wmA", "remove": ["客户状态/考虑价格"]})).await;
    assert_eq!(world.stage("wmA", "sales").await, None);
    assert!(world.tags("wmA").await.is_empty());
}

#[tokio::test]
async fn a_drag_while_a_stale_phone_edit_is_being_fetched_does_not_jump_back() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    world.put("/api/v1/customers/wmA/stage", json!({"board": "sales", "stage": "interest"})).await.ok();
    // The edit's fetch fails at first, and the card is dragged meanwhile.
    world.sim("faults", json!({"api": "externalcontact/get", "errcode": 45009, "times": 1})).await;
    let edit = json!({"external_userid": "wmA", "add": ["客户状态/下定"], "remove": ["客户状态/了解产品"]});
    world.sim("staff/zhang/tag", edit).await;
    world.put("/api/v1/customers/wmA/stage", json!({"board": "sales", "stage": "price"})).await.ok();
    world.until(world.now().plus_mins(30)).await;
    assert_eq!(world.stage("wmA", "sales").await.as_deref(), Some("price"));
    assert_eq!(world.wecom_tags("wmA", "zhang").await, ["客户状态/考虑价格"]);
    assert_eq!(world.facts("wmA", "moved").await.len(), 2, "no move beside the two that people made");
}

#[tokio::test]
async fn a_mark_whose_answer_was_lost_is_settled_and_is_no_phone_edit() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    for fault in ["timeout_after", "timeout_before"] {
        world.sim("faults", json!({"api": "mark_tag", fault: true, "times": 1})).await;
        let stage = if fault == "timeout_after" { "interest" } else { "price" };
        world.put("/api/v1/customers/wmA/stage", json!({"board": "sales", "stage": stage})).await.ok();
        world.until(world.now().plus_mins(10)).await;
        assert_eq!(world.stage("wmA", "sales").await.as_deref(), Some(stage));
        assert_eq!(world.wecom_tags("wmA", "zhang").await, world.tags("wmA").await);
    }
    assert_eq!(world.facts("wmA", "moved").await.len(), 2);
}

#[tokio::test]
async fn deleting_a_stage_tag_in_wecom_moves_nobody() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    world.put("/api/v1/customers/wmA/stage", json!({"board": "sales", "stage": "interest"})).await.ok();
    world.sim("tags", json!({"action": "delete", "group": "客户状态", "name": "了解产品"})).await;
    assert_eq!(world.stage("wmA", "sales").await.as_deref(), Some("interest"));
    world.say("wmA", "zhang", "你好").await;
    assert_eq!(world.stage("wmA", "sales").await.as_deref(), Some("interest"));
}

#[tokio::test]
async fn a_move_can_be_taken_back_with_all_that_followed_from_it() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    world.put("/api/v1/customers/wmA/stage", json!({"board": "sales", "stage": "interest"})).await.ok();
    let wrong =
        world.put("/api/v1/customers/wmA/stage", json!({"board": "sales", "stage": "price"})).await.ok();

    world.post("/api/v1/undo", json!({"entry": wrong["entry"]})).await.ok();

    assert_eq!(world.stage("wmA", "sales").await.as_deref(), Some("interest"));
    assert_eq!(world.wecom_tags("wmA", "zhang").await, ["客户状态/了解产品"]);
    let states: Vec<(String, String)> =
        world.enrollments("wmA").await.iter().map(|e| (text(&e["sop"]), text(&e["state"]))).collect();
    assert!(states.contains(&("interest".into(), "active".into())), "{states:?}");
    assert!(!states.contains(&("price".into(), "active".into())), "{states:?}");
    let again = world.post("/api/v1/undo", json!({"entry": wrong["entry"]})).await;
    assert_eq!(again.status, 409, "{:#}", again.body);
}

#[tokio::test]
async fn two_people_who_move_one_card_are_told_and_a_talkative_customer_disturbs_neither() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    let first =
        world.put("/api/v1/customers/wmA/stage", json!({"board": "sales", "stage": "interest"})).await;
    let tag = first.headers["etag"].clone();
    world.say("wmA", "zhang", "你好").await;
    let move_to = |stage: &str| json!({"board": "sales", "stage": stage});
    let path = "/api/v1/customers/wmA/stage";
    let one = world.send(http::Method::PUT, path, &[("if-match", &tag)], Some(&move_to("price"))).await;
    assert_eq!(one.status, 200, "{:#}", one.body);
    let other = world.send(http::Method::PUT, path, &[("if-match", &tag)], Some(&move_to("order"))).await;
    assert_eq!(other.refused(412)["current"]["stage"], "price");
}

#[tokio::test]
async fn a_board_over_tags_that_customers_carry_already_takes_them_over_as_they_are() {
    let world = World::new().await;
    world.staff(&[("zhang", "张三")]).await;
    for name in ["意向低", "意向高"] {
        world.sim("tags", json!({"group": "意向", "name": name})).await;
    }
    world.customer("wmA", "王先生", "zhang").await;
    let edit = json!({"external_userid": "wmA", "add": ["意向/意向低", "意向/意向高"]});
    world.sim("staff/zhang/tag", edit).await;
    let board = json!({"name": "意向", "tag_group": "意向",
                       "stages": [{"id": "low", "name": "意向低"}, {"id": "high", "name": "意向高"}]});
    world.put("/api/v1/boards/intent", board).await.ok();
    world.say("wmA", "zhang", "你好").await;
    assert_eq!(world.stage("wmA", "intent").await.as_deref(), Some("high"), "the later stage");
    assert_eq!(world.tags("wmA").await, ["意向/意向高"]);
    assert_eq!(world.wecom_tags("wmA", "zhang").await.len(), 2, "nothing is written to WeCom");

    world.put("/api/v1/customers/wmA/stage", json!({"board": "intent", "stage": "low"})).await.ok();
    assert_eq!(world.wecom_tags("wmA", "zhang").await, ["意向/意向低"], "the next change is for all phones");
}

#[tokio::test]
async fn the_first_word_about_an_old_customer_starts_nothing() {
    let world = company().await;
    // WeCom's word of the friendship was lost long ago, as if Stepwise had not been there.
    world.sim("faults", json!({"callbacks": "drop", "change": "add_external_contact", "times": 1})).await;
    world.customer("wmOld", "老客户", "zhang").await;
    world.sim("faults", json!({"callbacks": "drop", "change": "edit_external_contact", "times": 1})).await;
    world.sim("staff/zhang/tag", json!({"external_userid": "wmOld", "add": ["客户状态/了解产品"]})).await;
    world.until(at("2026-05-01 10:00")).await;
    world.sim("staff/zhang/tag", json!({"external_userid": "wmOld", "remark": "老王"})).await;
    assert_eq!(world.stage("wmOld", "sales").await.as_deref(), Some("interest"));
    assert!(world.enrollments("wmOld").await.is_empty());
}
