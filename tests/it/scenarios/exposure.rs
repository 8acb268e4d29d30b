//! Contents and who gets them: tasks that carry them, what staff send by themselves, who has had what, and what of it is
//! counted.

mod by_hand;
mod numbers;

use serde_json::{Value, json};
use tests::{World, at, items, png, text};

const TARGET: &str = "https://example.com/price";

/// A content of three parts, an SOP that sends it on the first day after a friendship and again on the third, and two
/// friends of Zhang's.
async fn library() -> World {
    let world = World::new().await;
    world.staff(&[("zhang", "张三"), ("li", "李四")]).await;
    let picture = world.upload("image", &png(40, 30, 0)).await.ok();
    let parts = json!([{"kind": "text", "text": "{{customer.name|您}}好，案例在这里"},
        {"kind": "link", "title": "客户案例", "desc": "三分钟看完", "url": TARGET},
        {"kind": "image", "blob": picture["blob"]}]);
    world.content("case-a", json!({"title": "客户案例"}), parts).await;
    let step = |id: &str, day: u32| json!({"id": id, "at": {"day": day, "time": "10:00"}, "method": "task", "content": {"ref": "case-a"}});
    let own = json!({"id": "ask", "at": {"day": 2, "time": "10:00"}, "method": "task", "content": {"text": "{{customer.name|您}}，看过了吗"}});
    for (id, steps) in [("cases", vec![step("one", 1), own]), ("again", vec![step("two", 3)])] {
        world
            .publish(json!({"id": id, "name": "案例跟进", "anchor": {"kind": "friend_add"}, "steps": steps}))
            .await;
    }
    for (id, name) in [("wmA", "王先生"), ("wmB", "刘女士")] {
        world.customer(id, name, "zhang").await;
    }
    world
}

async fn task(world: &World, customer: &str) -> Value {
    let tasks = world.tasks("zhang").await;
    tasks.into_iter().find(|task| task["customer"]["id"] == customer).expect("a task")
}

/// Zhang's sidebar sends everything.
async fn one_click(world: &World, customer: &str) {
    let id = task(world, customer).await["id"].clone();
    world.sim("staff/zhang/send", json!({"external_userid": customer, "task": id})).await;
}

async fn had(world: &World, customer: &str) -> Vec<Value> {
    items(&world.get(&format!("/api/v1/customers/{customer}/contents")).await.ok()["items"])
}

async fn stats(world: &World) -> Value {
    world.machine.settle().await.unwrap();
    world.get("/api/v1/contents/case-a/stats").await.ok()
}

#[tokio::test]
async fn a_task_shows_what_there_is_to_send_and_comes_with_every_part_as_this_customer_gets_it() {
    let world = library().await;
    world.until(at("2026-03-03 10:05")).await;
    let listed = task(&world, "wmA").await;
    let reference = json!({"content": "case-a", "version": 1, "edition": 1, "title": "客户案例"});
    assert_eq!(listed["title"], "客户案例", "a step is called like its content");
    let expected =
        json!({"text": "王先生好，案例在这里", "kinds": ["text", "link", "image"], "ref": reference});
    assert_eq!(listed["content"], expected);

    let open = world.get(&format!("/api/v1/tasks/{}", text(&listed["id"]))).await.ok();
    let parts = items(&open["content"]["parts"]);
    assert_eq!(parts[0], json!({"kind": "text", "text": "王先生好，案例在这里"}));
    let (link, picture) = (&parts[1], &parts[2]);
    assert_eq!(
        (&link["title"], &link["desc"], &link["cover"]),
        (&json!("客户案例"), &json!("三分钟看完"), &Value::Null)
    );
    assert!(text(&link["url"]).starts_with(&format!("{}/l/", world.machine.address)), "{link}");
    let again = world.get(&format!("/api/v1/tasks/{}", text(&listed["id"]))).await.ok();
    assert_eq!(again["content"]["parts"][1], *link, "the same address each time");
    let other = world.get(&format!("/api/v1/tasks/{}", text(&task(&world, "wmB").await["id"]))).await.ok();
    assert_ne!(other["content"]["parts"][1]["url"], link["url"], "and another for another customer");
    let shown = world.visitor().get(&text(&picture["file"])).await;
    assert_eq!((shown.status, shown.headers["content-type"].as_str()), (200, "image/png"));

    world.until(at("2026-03-04 10:05")).await;
    let own = world.get(&format!("/api/v1/tasks/{}", text(&task(&world, "wmA").await["id"]))).await.ok();
    let said = "王先生，看过了吗";
    let expected =
        json!({"text": said, "kinds": ["text"], "ref": null, "parts": [{"kind": "text", "text": said}]});
    assert_eq!(own["content"], expected, "a text of the step's own");
}

#[tokio::test]
async fn one_click_sends_every_part_and_an_opened_link_shows_on_what_the_customer_has_had() {
    let world = library().await;
    world.until(at("2026-03-03 10:05")).await;
    one_click(&world, "wmA").await;
    let inbox = world.customer_inbox("wmA").await;
    let kinds: Vec<&Value> = inbox.iter().map(|message| &message["attachments"][0]["msgtype"]).collect();
    assert_eq!(json!(kinds), json!([null, "link", "image"]), "{inbox:#?}");
    assert_eq!(inbox[0]["text"], "王先生好，案例在这里");
    let url = text(&inbox[1]["attachments"][0]["link"]["url"]);
    assert!(inbox.iter().all(|message| message["via"] == "sidebar"));

    let expected = json!({"content": {"id": "case-a", "title": "客户案例"}, "edition": 1, "version": 1,
        "first_at": "2026-03-03T02:05:00Z", "last_at": "2026-03-03T02:05:00Z", "times": 1,
        "route": {"id": "task", "name": "SOP 待办"}, "staff": {"id": "zhang", "name": "张三"}, "evidence": "sdk_callback",
        "sop": {"id": "cases", "name": "案例跟进"}, "step": {"id": "one", "name": "客户案例"},
        "opened_at": null, "last_opened_at": null, "openings": 0});
    assert_eq!(had(&world, "wmA").await, [expected]);
    world.sim("customers/wmA/open", json!({"url": url})).await;
    let opened = had(&world, "wmA").await;
    assert_eq!(
        (&opened[0]["opened_at"], &opened[0]["openings"]),
        (&json!("2026-03-03T02:05:00Z"), &json!(1))
    );
    assert!(had(&world, "wmB").await.is_empty(), "to whom it is only offered");
}

#[tokio::test]
async fn who_has_had_a_content_is_not_sent_it_again_and_both_views_say_why() {
    let world = library().await;
    world.until(at("2026-03-03 10:05")).await;
    one_click(&world, "wmA").await;
    world.until(at("2026-03-05 10:05")).await;
    let enrollments = world.enrollments("wmA").await;
    let step = |sop: &str| {
        let of = enrollments.iter().find(|one| one["sop"] == sop).unwrap();
        items(&of["steps"])[0].clone()
    };
    let reference = json!({"content": "case-a", "version": 1, "edition": 1, "title": "客户案例"});
    assert_eq!((&step("cases")["state"], &step("cases")["content"]), (&json!("sent"), &reference));
    assert_eq!(
        (&step("again")["state"], &step("again")["reason"]),
        (&json!("skipped"), &json!("already_had"))
    );
    let skipped = world.facts("wmA", "ended").await;
    assert!(skipped.iter().any(|line| line.contains("客户已收到过相同内容")), "{skipped:?}");
    assert_eq!(world.facts("wmA", "spared").await, ["未重复发送《客户案例》：3月3日 10:05已收到过"]);
    assert_eq!(world.facts("wmA", "exposed").await, ["收到内容《客户案例》（SOP 待办）"]);
    let facts = world.timeline("wmA").await.into_iter().flat_map(|entry| items(&entry["facts"]));
    let exposed = facts.into_iter().find(|fact| fact["kind"] == "exposed").unwrap();
    assert_eq!(exposed["content"], reference);
    // Who has not had it is offered it.
    let open = world.tasks("zhang").await.into_iter().filter(|task| task["step"] == "two");
    assert_eq!(open.map(|task| text(&task["customer"]["id"])).collect::<Vec<_>>(), ["wmB"]);
}

#[tokio::test]
async fn a_content_that_really_changed_is_sent_again_and_a_task_that_is_open_sends_what_it_was_offered_with()
{
    let world = library().await;
    world.until(at("2026-03-03 10:05")).await;
    world.draft("case-a", json!([{"kind": "text", "text": "全新的案例"}])).await.ok();
    let how = json!({"substantial": true});
    let seen = [("if-match", "*")];
    world.send(http::Method::POST, "/api/v1/contents/case-a/publish", &seen, Some(&how)).await.ok();
    one_click(&world, "wmA").await;
    assert_eq!(had(&world, "wmA").await[0]["edition"], 1);
    world.until(at("2026-03-05 10:05")).await;
    let ask = task(&world, "wmA").await;
    world.post(&format!("/api/v1/tasks/{}/skip", text(&ask["id"])), json!({})).await.ok();
    assert_eq!(task(&world, "wmA").await["content"]["ref"]["edition"], 2);
    one_click(&world, "wmA").await;
    let editions: Vec<Value> = had(&world, "wmA").await.iter().map(|one| one["edition"].clone()).collect();
    assert_eq!(editions, [2, 1], "the last first");
    let page = world.get("/api/v1/customers/wmA/contents?limit=1").await.ok();
    let next = format!("/api/v1/customers/wmA/contents?limit=1&cursor={}", text(&page["next_cursor"]));
    assert_eq!(world.get(&next).await.ok()["items"][0]["edition"], 1);
}
