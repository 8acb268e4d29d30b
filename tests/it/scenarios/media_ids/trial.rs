//! Contents that people send to themselves: through the same ids, within what WeCom delivers.

use futures::future::join_all;
use serde_json::{Value, json};
use tests::{World, items, text};

use super::{super::access::corp, calls, everything, heal, lose_picture};

/// A content with everything, and people who look at it.
async fn library() -> World {
    let world = World::new().await;
    let parts = everything(&world).await;
    world.staff(&[("zhang", "张三"), ("li", "李四"), ("wang", "王五"), ("zhao", "赵六")]).await;
    world.content("all", json!({"title": "全套"}), parts).await;
    world
}

async fn try_it(world: &World, userid: &str) -> Vec<(bool, String)> {
    let tested = world.post(&format!("/api/v1/contents/all/test?userid={userid}"), json!({})).await.ok();
    let answer = |part: &Value| (part["sent"] == json!(true), text(&part["text"]));
    items(&tested["parts"]).iter().map(answer).collect()
}

async fn arrived(world: &World, userid: &str) -> Vec<String> {
    world.staff_inbox(userid).await.iter().map(|message| text(&message["msgtype"])).collect()
}

#[tokio::test]
async fn an_id_that_ends_in_the_middle_of_a_queue_is_renewed_and_everything_is_sent_once() {
    let world = library().await;
    assert!(try_it(&world, "zhang").await.iter().all(|(sent, _)| *sent));
    assert_eq!(calls(&world, "media/upload").await.len(), 2);
    lose_picture(&world).await;
    let queue = ["li", "wang", "zhao"];
    for answers in join_all(queue.map(|userid| try_it(&world, userid))).await {
        assert!(answers.iter().all(|(sent, _)| *sent), "{answers:?}");
    }
    for userid in ["zhang", "li", "wang", "zhao"] {
        assert_eq!(arrived(&world, userid).await, ["text", "image", "news", "file"], "{userid}");
    }
    assert_eq!(calls(&world, "media/upload").await.len(), 3, "the picture once more, for all of them");
    // Two days and a half later each is uploaded once more, whoever asks.
    world.until(world.now().plus_secs(60 * 3600)).await;
    join_all(queue.map(|userid| try_it(&world, userid))).await;
    assert_eq!(calls(&world, "media/upload").await.len(), 5);
    assert!(calls(&world, "media/uploadimg").await.is_empty(), "articles have no covers");
}

#[tokio::test]
async fn what_goes_wrong_with_one_part_is_told_of_that_part() {
    let world = library().await;
    world.sim("faults", json!({"api": "media/upload", "errcode": 40009, "times": 1})).await;
    let answers = try_it(&world, "zhang").await;
    assert_eq!(answers.iter().filter(|(sent, _)| *sent).count(), 3, "{answers:?}");
    assert!(answers.iter().any(|(_, text)| text.contains("40009")), "{answers:?}");
    world.sim("faults", json!({"api": "message/send", "timeout_after": true, "times": 1})).await;
    let answers = try_it(&world, "li").await;
    assert_eq!(answers[0], (false, "不确定是否送达：请看手机，没有收到再试".into()));
    assert!(answers[1..].iter().all(|(sent, _)| *sent), "{answers:?}");
    // Asked for again at once, what arrived does not arrive twice.
    heal(&world).await;
    try_it(&world, "li").await;
    assert_eq!(arrived(&world, "li").await, ["text", "image", "news", "file"]);
    world.sim("faults", json!({"api": "message/send", "errcode": -1})).await;
    let answers = try_it(&world, "wang").await;
    assert!(answers.iter().all(|(sent, text)| !sent && text.contains("请稍后再试")), "{answers:?}");
}

#[tokio::test]
async fn one_person_does_not_use_up_what_wecom_delivers() {
    let world = library().await;
    for _ in 0..5 {
        try_it(&world, "zhang").await;
    }
    let refused = world.post("/api/v1/contents/all/test?userid=zhang", json!({})).await;
    assert_eq!(refused.headers["retry-after"], "49", "four messages, twelve seconds each");
    assert_eq!(refused.refused(429)["code"], "too_many_attempts");
    assert!(try_it(&world, "li").await.iter().all(|(sent, _)| *sent), "others go on");
    for minutes in 1..200 {
        world.until(world.now().plus_mins(1)).await;
        let answer = world.post("/api/v1/contents/all/test?userid=zhang", json!({})).await;
        if answer.status == 429 && minutes > 20 {
            break;
        }
    }
    let sent = calls(&world, "message/send").await.len();
    assert!(sent <= 4 + 104, "a hundred in a day: {sent}");
}

#[tokio::test]
async fn the_audit_tells_of_a_test_and_of_which_version() {
    let world = corp().await;
    world.content("all", json!({"title": "全套"}), json!([{"kind": "text", "text": "您好"}])).await;
    world.draft("all", json!([{"kind": "text", "text": "草稿"}])).await.ok();
    let mut mei = world.signed_in("mei").await;
    for tested in [json!({}), json!({"version": "draft"})] {
        mei.post("/api/v1/contents/all/test", tested).await.ok();
        // Entries of one instant are in no order.
        world.until(world.now().plus_mins(1)).await;
    }
    let audit = world.get("/api/v1/audit?limit=100").await.ok();
    let mut tests: Vec<Value> = items(&audit["items"]);
    tests.retain(|entry| entry["action"] == "content.test");
    let said: Vec<&Value> = tests.iter().map(|entry| &entry["after"]["document"]).collect();
    let of = |version: Value| json!({"version": version, "to": "mei"});
    assert_eq!(said, [&of(json!("draft")), &of(json!(1))], "the last first: {tests:#?}");
}
