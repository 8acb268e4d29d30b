//! Each API that Stepwise calls, and each way in which the call can go wrong once: what becomes of it. The table in
//! `docs/WECOM.md` says the same in words.

use serde_json::{Value, json};
use tests::{Answer, World, at, items};

use super::price::company;

/// The classes of trouble, by the fault that causes them.
const CLASSES: [(&str, &str); 9] = [
    ("transient", r#"{"errcode": -1}"#),
    ("token", r#"{"errcode": 42001}"#),
    ("rate limit", r#"{"errcode": 45009}"#),
    ("refused", r#"{"errcode": 40058}"#),
    ("time-out before", r#"{"timeout_before": true}"#),
    ("time-out after", r#"{"timeout_after": true}"#),
    ("garbage", r#"{"garbage": true}"#),
    ("5xx", r#"{"http_status": 502}"#),
    ("turned away", r#"{"http_status": 407}"#),
];

/// The next call of `api` goes wrong.
async fn strike(world: &World, api: &str, trouble: &str) {
    let mut fault: Value = serde_json::from_str(trouble).expect("a fault");
    fault["api"] = json!(api);
    fault["times"] = json!(1);
    world.sim("faults", fault).await;
}

async fn struck(world: &World) -> bool {
    items(&world.get("/sim/control/faults").await.ok()["items"]).is_empty()
}

/// Welcome: (messages that arrived, outcome).
async fn welcome(trouble: &str) -> (usize, String) {
    let world = company().await;
    let steps = json!([{"id": "hello", "at": {"after_minutes": 0}, "method": "welcome", "content": {"text": "你好"}}]);
    world
        .publish(json!({"id": "hi", "name": "欢迎", "anchor": {"kind": "friend_add"}, "steps": steps}))
        .await;
    strike(&world, "send_welcome_msg", trouble).await;
    world.customer("wmA", "王先生", "zhang").await;
    world.until(at("2026-03-02 09:05")).await;
    assert!(struck(&world).await);
    let step = &items(&world.enrollments("wmA").await[0]["steps"])[0].clone();
    let word = |name: &str| step[name].as_str().unwrap_or_default().to_owned();
    (
        world.customer_inbox("wmA").await.len(),
        format!("{} {}{}", word("state"), word("reason"), word("evidence")),
    )
}

#[tokio::test]
async fn a_welcome_arrives_once_or_says_why_not() {
    for (class, trouble) in CLASSES {
        let expected = match class {
            // WeCom blocks the API for a minute, and the code lives for twenty seconds.
            "rate limit" => (0, "skipped too_late"),
            "refused" => (0, "failed wecom_refused"),
            _ => (1, "sent wecom_result"),
        };
        let (arrived, outcome) = welcome(trouble).await;
        assert_eq!((arrived, outcome.trim()), (expected.0, expected.1.trim()), "{class}");
    }
}

#[tokio::test]
async fn tags_are_the_same_on_the_phone_in_the_end_or_the_timeline_says_that_wecom_refused() {
    for (class, trouble) in CLASSES {
        let world = company().await;
        world.customer("wmA", "王先生", "zhang").await;
        strike(&world, "mark_tag", trouble).await;
        world.put("/api/v1/customers/wmA/stage", json!({"board": "sales", "stage": "interest"})).await.ok();
        world.until(at("2026-03-02 09:10")).await;
        assert!(struck(&world).await);
        let there = world.wecom_tags("wmA", "zhang").await;
        assert_eq!(world.stage("wmA", "sales").await.as_deref(), Some("interest"), "{class}");
        if class == "refused" {
            assert!(there.is_empty());
            assert_eq!(world.facts("wmA", "mark_held").await.len(), 1);
            // The next change is written, and with it what was refused.
            world.put("/api/v1/customers/wmA/stage", json!({"board": "sales", "stage": "price"})).await.ok();
            assert_eq!(world.wecom_tags("wmA", "zhang").await, ["客户状态/考虑价格"]);
        } else {
            assert_eq!(there, ["客户状态/了解产品"], "{class}");
            assert!(world.facts("wmA", "mark_held").await.is_empty(), "{class}");
        }
    }
}

#[tokio::test]
async fn a_contact_is_fetched_in_the_end_and_one_that_wecom_refuses_with_the_next_hint() {
    for (class, trouble) in CLASSES {
        let world = company().await;
        world.sim("customers", json!({"external_userid": "wmA", "name": "王先生"})).await;
        strike(&world, "externalcontact/get", trouble).await;
        world.sim("customers/wmA/add", json!({"userid": "zhang"})).await;
        world.until(at("2026-03-02 09:10")).await;
        assert!(struck(&world).await);
        if class == "refused" {
            world.sim("staff/zhang/tag", json!({"external_userid": "wmA", "remark": "王总"})).await;
        }
        assert_eq!(world.view("wmA").await["name"], "王先生", "{class}");
    }
}

#[tokio::test]
async fn a_reminder_arrives_once_and_one_that_wecom_refuses_leaves_the_task_in_the_list() {
    for (class, trouble) in CLASSES {
        let world = company().await;
        world.customer("wmA", "王先生", "zhang").await;
        world.put("/api/v1/customers/wmA/stage", json!({"board": "sales", "stage": "price"})).await.ok();
        strike(&world, "message/send", trouble).await;
        world.until(at("2026-03-02 09:50")).await;
        assert!(struck(&world).await);
        let arrived = usize::from(class != "refused");
        assert_eq!(world.staff_inbox("zhang").await.len(), arrived, "{class}");
        assert_eq!(world.tasks("zhang").await.len(), 1, "{class}");
    }
}

#[tokio::test]
async fn a_renamed_tag_is_known_in_the_end_whatever_the_list_answers_first() {
    for (class, trouble) in CLASSES {
        let world = company().await;
        world.sim("tags", json!({"group": "兴趣", "name": "旧名"})).await;
        strike(&world, "get_corp_tag_list", trouble).await;
        world.sim("tags", json!({"action": "rename", "group": "兴趣", "name": "旧名", "to": "新名"})).await;
        world.until(at("2026-03-02 09:10")).await;
        assert!(struck(&world).await);
        let tags = world.get("/api/v1/tags").await.ok().to_string();
        assert!(tags.contains("新名") && !tags.contains("旧名"), "{class}: {tags}");
    }
}

async fn board(world: &World) -> Answer {
    let stages = json!([{"id": "a", "name": "甲"}, {"id": "b", "name": "乙"}]);
    world
        .put("/api/v1/boards/extra", json!({"name": "另一块", "tag_group": "另一组", "stages": stages}))
        .await
}

#[tokio::test]
async fn a_board_is_made_once_and_who_gets_no_answer_may_ask_again() {
    for (class, trouble) in CLASSES {
        let world = company().await;
        strike(&world, "add_corp_tag", trouble).await;
        let first = board(&world).await;
        assert!(struck(&world).await);
        let expected = match class {
            // Where WeCom did it without saying so, its list tells.
            "transient" | "token" | "time-out after" => 201,
            "refused" => 422,
            _ => 503,
        };
        assert_eq!(first.status, expected, "{class}: {:#}", first.body);
        if expected != 201 {
            world.until(at("2026-03-02 09:02")).await;
            assert_eq!(board(&world).await.status, 201, "{class}");
        }
        let groups = world.get("/sim/control/tags").await.ok();
        let made = items(&groups["items"]).into_iter().filter(|group| group["name"] == "另一组");
        let tags: Vec<usize> = made.map(|group| items(&group["tags"]).len()).collect();
        assert_eq!(tags, [2], "{class}: one group with two tags");
    }
}

#[tokio::test]
async fn a_token_is_got_in_the_end_and_a_refusal_is_not_repeated_within_a_minute() {
    for (class, trouble) in CLASSES {
        let world = company().await;
        world.sim("tokens/expire", json!({})).await;
        strike(&world, "gettoken", trouble).await;
        world.customer("wmA", "王先生", "zhang").await;
        let asked = async || items(&world.get("/sim/control/calls?api=gettoken").await.ok()["items"]).len();
        if class == "refused" {
            world.customer("wmB", "李女士", "zhang").await;
            assert_eq!(asked().await, 2, "the first token and the refusal");
        }
        world.until(at("2026-03-02 09:10")).await;
        assert!(struck(&world).await);
        assert_eq!(world.view("wmA").await["name"], "王先生", "{class}");
    }
}
