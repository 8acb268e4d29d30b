//! What staff send by themselves: warned, never kept from it.

use http::Method;
use serde_json::{Value, json};
use tests::{World, at, items, text};

use super::{super::access::corp, TARGET, had, library, one_click, task};

const OFFER: &str = "/api/v1/customers/wmA/contents/case-a";

async fn offer(world: &World, who: &str) -> Value {
    world.get(&format!("{OFFER}?userid={who}")).await.ok()
}

async fn sent(world: &World, body: Value, key: &str) -> Value {
    let path = format!("{OFFER}/sent?userid=zhang");
    world.send(Method::POST, &path, &[("idempotency-key", key)], Some(&body)).await.ok()
}

#[tokio::test]
async fn staff_see_what_a_customer_would_get_and_whether_they_have_had_it() {
    let world = library().await;
    let fresh = offer(&world, "zhang").await;
    assert_eq!(
        fresh["content"],
        json!({"content": "case-a", "version": 1, "edition": 1, "title": "客户案例"})
    );
    assert_eq!(fresh["parts"][0]["text"], "王先生好，案例在这里");
    let url = text(&fresh["parts"][1]["url"]);
    assert!(url.contains("/l/") && url != TARGET, "{url}");
    assert_eq!((&fresh["had"], &fresh["warning"]), (&Value::Null, &Value::Null));

    world.until(at("2026-03-03 10:05")).await;
    one_click(&world, "wmA").await;
    let warned = offer(&world, "zhang").await;
    let route = json!({"id": "task", "name": "SOP 待办"});
    assert_eq!(warned["had"], json!({"edition": 1, "at": "2026-03-03T02:05:00Z", "route": route}));
    let expected = json!({"code": "already_had", "text": "客户3月3日 10:05已收到过这份内容（SOP 待办）"});
    assert_eq!(warned["warning"], expected);

    world.draft("case-a", json!([{"kind": "text", "text": "新"}])).await.ok();
    let how = json!({"substantial": true});
    let path = "/api/v1/contents/case-a/publish";
    world.send(Method::POST, path, &[("if-match", "*")], Some(&how)).await.ok();
    let changed = offer(&world, "zhang").await;
    assert_eq!(
        (&changed["had"]["edition"], &changed["warning"]["code"]),
        (&json!(1), &json!("older_edition_had"))
    );
    sent(&world, json!({"version": 2}), "k").await;
    world.until(at("2026-06-05 10:05")).await;
    let late = offer(&world, "zhang").await;
    assert_eq!(
        (&late["had"]["edition"], &late["warning"]),
        (&json!(2), &Value::Null),
        "ninety days are over"
    );
}

#[tokio::test]
async fn what_may_be_repeated_is_not_warned_of() {
    let world = library().await;
    sent(&world, json!({"version": 1}), "k").await;
    let path = "/api/v1/contents/case-a";
    let edit = json!({"title": "客户案例", "repeatable": true});
    world.send(Method::PUT, path, &[("if-match", "*")], Some(&edit)).await.ok();
    let seen = offer(&world, "zhang").await;
    assert_eq!((&seen["had"]["route"]["name"], &seen["warning"]), (&json!("员工自选"), &Value::Null));
}

#[tokio::test]
async fn a_manual_send_is_noted_once_and_drops_the_task_that_would_send_it_again() {
    let world = library().await;
    world.until(at("2026-03-03 10:05")).await;
    let task = task(&world, "wmA").await["id"].clone();
    let noted = sent(&world, json!({"evidence": "sdk_callback", "version": 1}), "one").await;
    assert_eq!((&noted["again"], &noted["dropped"]), (&json!(false), &json!([task])));
    assert!(text(&noted["entry"]).starts_with("wmA#"), "{noted}");
    let repeated = sent(&world, json!({"evidence": "sdk_callback", "version": 1}), "one").await;
    assert_eq!((&repeated["entry"], &repeated["repeated"]), (&noted["entry"], &json!(true)));
    assert_eq!(repeated["dropped"], json!([task]));
    assert_eq!(sent(&world, json!({"version": 1}), "two").await["again"], true, "warned, never blocked");

    let row = &had(&world, "wmA").await[0];
    assert_eq!(
        (&row["times"], &row["route"]["id"], &row["sop"]),
        (&json!(2), &json!("manual"), &Value::Null)
    );
    assert_eq!(world.timeline("wmA").await[0]["text"], "张三给客户发送了《客户案例》");
    let closed = world.get(&format!("/api/v1/tasks/{}", text(&task))).await.ok();
    assert_eq!((&closed["state"], &closed["reason"]), (&json!("skipped"), &json!("already_had")));
    world.post(&format!("/api/v1/tasks/{}/sent", text(&task)), json!({})).await.refused(409);
    world.until(at("2026-03-05 10:05")).await;
    assert_eq!(world.facts("wmA", "spared").await.len(), 2);
}

#[tokio::test]
async fn only_friends_send_only_what_they_see_and_only_what_was_published() {
    let world = library().await;
    let refused = world.get(&format!("{OFFER}?userid=li")).await;
    let refused = refused.refused(404);
    assert_eq!(refused["code"], "not_found", "Li does not see the customer at all");
    world.get(OFFER).await.refused(422);
    let path = format!("{OFFER}/sent?userid=zhang");
    for version in [0, 2] {
        let refused = world.post(&path, json!({"version": version})).await.refused(422);
        assert_eq!(refused["errors"][0]["code"], "unknown_version");
    }
    world.post(&path, json!({"evidence": "wecom_result", "version": 1})).await.refused(422);
    world.put("/api/v1/contents/draft", json!({"title": "草稿"})).await.ok();
    world.get("/api/v1/customers/wmA/contents/draft?userid=zhang").await.refused(404);
    world
        .send(Method::POST, "/api/v1/contents/case-a/archive?force=true", &[("if-match", "*")], None)
        .await
        .ok();
    world.get(&format!("{OFFER}?userid=zhang")).await.refused(404);
    let draft = "/api/v1/customers/wmA/contents/draft/sent?userid=zhang";
    world.post(draft, json!({"version": 1})).await.refused(404);
    assert!(had(&world, "wmA").await.is_empty());
}

#[tokio::test]
async fn what_was_on_the_screen_is_what_was_sent_whatever_became_of_the_content_meanwhile() {
    let world = library().await;
    let seen = offer(&world, "zhang").await["content"].clone();
    world.draft("case-a", json!([{"kind": "text", "text": "新"}])).await.ok();
    let how = json!({"substantial": true});
    let path = "/api/v1/contents/case-a/publish";
    world.send(Method::POST, path, &[("if-match", "*")], Some(&how)).await.ok();
    let archive = "/api/v1/contents/case-a/archive?force=true";
    world.send(Method::POST, archive, &[("if-match", "*")], None).await.ok();
    world.get(&format!("{OFFER}?userid=zhang")).await.refused(404);
    let path = format!("{OFFER}/sent?userid=zhang");
    let refused = world.post(&path, json!({"evidence": "sdk_callback"})).await.refused(422);
    assert_eq!(
        (&refused["errors"][0]["pointer"], &refused["errors"][0]["code"]),
        (&json!("/version"), &json!("missing_field"))
    );
    world.post(&path, json!({})).await.refused(422);
    let body = json!({"evidence": "sdk_callback", "version": seen["version"]});
    let noted = sent(&world, body.clone(), "one").await;
    assert_eq!((&noted["content"], &noted["again"]), (&seen, &json!(false)));
    let row = &had(&world, "wmA").await[0];
    assert_eq!((&row["edition"], &row["times"]), (&json!(1), &json!(1)));
    let hidden = json!({"title": "客户案例", "visibility": {"departments": [9]}});
    world.send(Method::PUT, "/api/v1/contents/case-a", &[("if-match", "*")], Some(&hidden)).await;
    let again = sent(&world, body, "one").await;
    assert_eq!((&again["entry"], &again["repeated"]), (&noted["entry"], &json!(true)));
}

#[tokio::test]
async fn what_a_task_sent_after_it_was_closed_is_noted_once_and_its_outcome_stays() {
    let world = library().await;
    world.until(at("2026-03-03 10:05")).await;
    let id = text(&task(&world, "wmA").await["id"]);
    let skipped = json!({"note": "已电话沟通"});
    world.post(&format!("/api/v1/tasks/{id}/skip"), skipped).await.ok();
    let path = format!("/api/v1/tasks/{id}/sent");
    let proof = json!({"evidence": "sdk_callback"});
    for key in ["one", "one", "two"] {
        let keyed = [("idempotency-key", key)];
        let refused = world.send(Method::POST, &path, &keyed, Some(&proof)).await.refused(409);
        assert_eq!(
            (&refused["code"], &refused["outcome"]["state"]),
            (&json!("task_closed"), &json!("skipped"))
        );
    }
    world.post(&path, json!({})).await.refused(409);
    let row = &had(&world, "wmA").await[0];
    assert_eq!(
        (&row["times"], &row["route"]["id"], &row["staff"]["id"], &row["evidence"], &row["step"]["id"]),
        (&json!(1), &json!("task"), &json!("zhang"), &json!("sdk_callback"), &json!("one"))
    );
    let closed = world.get(&format!("/api/v1/tasks/{id}")).await.ok();
    assert_eq!((&closed["state"], &closed["note"]), (&json!("skipped"), &json!("已电话沟通")));
    world.until(at("2026-03-05 10:05")).await;
    assert_eq!(world.facts("wmA", "spared").await.len(), 1, "the other SOP does not send it again");
}

#[tokio::test]
async fn a_task_whose_outcome_is_that_it_was_sent_is_not_noted_a_second_time() {
    let world = library().await;
    world.until(at("2026-03-03 10:05")).await;
    let path = format!("/api/v1/tasks/{}/sent", text(&task(&world, "wmA").await["id"]));
    world.post(&path, json!({})).await.ok();
    world.post(&path, json!({"evidence": "sdk_callback"})).await.refused(409);
    assert_eq!(had(&world, "wmA").await[0]["times"], 1);
}

#[tokio::test]
async fn a_manager_sees_what_was_sent_but_sends_to_no_friend_of_others() {
    let world = corp().await;
    let parts = json!([{"kind": "text", "text": "您好"}]);
    world.content("all", json!({"title": "问候"}), parts.clone()).await;
    world.content("service", json!({"title": "售后", "visibility": {"departments": [3]}}), parts).await;
    let (mut zhang, mut mei) = (world.signed_in("zhang").await, world.signed_in("mei").await);
    let path = "/api/v1/customers/wmzhang/contents";
    zhang.post(&format!("{path}/all/sent"), json!({"evidence": "staff_marked", "version": 1})).await.ok();
    zhang.get(&format!("{path}/service")).await.refused(404);
    for refused in [
        mei.get(&format!("{path}/all")).await,
        mei.post(&format!("{path}/all/sent"), json!({"version": 1})).await,
    ] {
        assert_eq!(refused.refused(403)["code"], "not_a_friend");
    }
    let list = mei.get(path).await.ok();
    assert_eq!(items(&list["items"]).len(), 1);
    world.signed_in("li").await.get(path).await.refused(404);
    world.signed_in("tang").await.get(path).await.refused(404);
}
