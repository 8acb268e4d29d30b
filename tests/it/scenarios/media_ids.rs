//! Pictures, videos and files as WeCom keeps them: three days under an id, and never uploaded while somebody is greeted.

mod renewal;
mod trial;

use domain::{Timestamp, content::BlobId};
use http::Method;
use serde_json::{Value, json};
use store::{MediaFile, MediaId, MediaUse};
use tests::{World, at, items, png, text};

const PICTURE: (u32, u32, usize) = (40, 30, 9);

fn picture() -> Vec<u8> {
    png(PICTURE.0, PICTURE.1, PICTURE.2)
}

/// A text, a picture, a link with a cover, a file.
async fn everything(world: &World) -> Value {
    let picture = world.upload("image", &picture()).await.ok();
    let cover = world.upload("link_cover", &png(20, 20, 9)).await.ok();
    let file = world.upload("file", b"%PDF-1.7 prices").await.ok();
    json!([{"kind": "text", "text": "{{customer.name|您}}好，我是{{staff.name}}"},
           {"kind": "image", "blob": picture["blob"]},
           {"kind": "link", "title": "新品", "url": "https://example.com/new", "cover": cover["blob"]},
           {"kind": "file", "blob": file["blob"], "name": "报价.pdf"}])
}

fn greeting(content: &str) -> Value {
    let hello =
        json!({"id": "hello", "at": {"after_minutes": 0}, "method": "welcome", "content": {"ref": content}});
    json!({"id": "newcomers", "name": "新客", "anchor": {"kind": "friend_add"}, "steps": [hello]})
}

/// A corp that greets with this content. What it shows is not ready yet.
async fn greets(world: &World, parts: Value) {
    world.staff(&[("zhang", "张三")]).await;
    world.content("hello", json!({"title": "问候"}), parts).await;
    world.publish(greeting("hello")).await;
}

/// The one greeting that somebody got: what it says, and of what kinds the rest is.
async fn greeted(world: &World, customer: &str) -> (String, Vec<String>) {
    let inbox = world.customer_inbox(customer).await;
    assert_eq!(inbox.len(), 1, "{inbox:#?}");
    let kinds = items(&inbox[0]["attachments"]).iter().map(|part| text(&part["msgtype"])).collect();
    (text(&inbox[0]["text"]), kinds)
}

async fn calls(world: &World, api: &str) -> Vec<Value> {
    items(&world.get(&format!("/sim/control/calls?api={api}&brief=true")).await.ok()["items"])
}

/// No upload lies between the news of a customer and their greeting.
async fn nothing_was_uploaded_while_greeting(world: &World) {
    let calls = items(&world.get("/sim/control/calls?brief=true").await.ok()["items"]);
    let mut is_greeting = false;
    for call in &calls {
        match text(&call["api"]).as_str() {
            "externalcontact/get" => is_greeting = true,
            "externalcontact/send_welcome_msg" => is_greeting = false,
            "media/upload" | "media/uploadimg" => assert!(!is_greeting, "{call:#}"),
            _ => {}
        }
    }
}

/// From now on WeCom does not know the picture under what we believe.
async fn lose_picture(world: &World) {
    let file = MediaFile { blob: BlobId::of(&picture()), used_as: MediaUse::Image };
    let lost = MediaId { id: "lost".into(), uploaded_at: world.now() };
    world.machine.app.store.note_media_id(&file, &lost).await.unwrap();
}

async fn heal(world: &World) {
    world.send(Method::DELETE, "/sim/control/faults", &[], None).await;
}

#[tokio::test]
async fn a_newcomer_is_greeted_with_text_picture_link_and_file() {
    let world = World::new().await;
    let parts = everything(&world).await;
    greets(&world, parts).await;
    world.until(world.now().plus_mins(1)).await;
    world.customer("wmA", "王先生", "zhang").await;
    let (said, kinds) = greeted(&world, "wmA").await;
    assert_eq!(
        (said.as_str(), kinds),
        ("王先生好，我是张三", vec!["image".into(), "link".into(), "file".into()])
    );
    let link = &items(&world.customer_inbox("wmA").await[0]["attachments"])[1]["link"];
    assert!(text(&link["picurl"]).starts_with("https://wework.qpic.cn/"), "{link:#}");
    assert!(world.facts("wmA", "parts_left_out").await.is_empty());
    nothing_was_uploaded_while_greeting(&world).await;
}

#[tokio::test]
async fn what_greetings_show_is_renewed_for_a_week_and_never_while_somebody_is_greeted() {
    let world = World::new().await;
    let parts = everything(&world).await;
    greets(&world, parts).await;
    let begin = world.now();
    for half_day in 1..=14 {
        world.until(begin.plus_secs(half_day * 43_200)).await;
        let customer = format!("wm{half_day}");
        world.customer(&customer, "王先生", "zhang").await;
        assert_eq!(greeted(&world, &customer).await.1, ["image", "link", "file"], "{half_day}");
        assert!(world.facts(&customer, "parts_left_out").await.is_empty());
    }
    nothing_was_uploaded_while_greeting(&world).await;
    let uploads = calls(&world, "media/upload").await;
    let at = |call: &Value| Timestamp::from_ms(call["at_ms"].as_i64().unwrap());
    assert_eq!(uploads.len(), 2 * 4, "picture and file, each on the first day and every other day after");
    for pair in uploads.chunks(2).collect::<Vec<_>>().windows(2) {
        assert!(at(&pair[1][0]) <= at(&pair[0][0]).plus_secs(60 * 3600), "{pair:#?}");
    }
    assert_eq!(calls(&world, "media/uploadimg").await.len(), 1, "an address is good for ever");
}

#[tokio::test]
async fn nothing_is_uploaded_for_greetings_that_are_texts_nor_looked_after() {
    let world = World::new().await;
    world.staff(&[("zhang", "张三")]).await;
    let parts = everything(&world).await;
    world.content("hello", json!({"title": "问候"}), parts).await;
    let hello =
        json!({"id": "hello", "at": {"after_minutes": 0}, "method": "welcome", "content": {"text": "你好"}});
    world
        .publish(
            json!({"id": "newcomers", "name": "新客", "anchor": {"kind": "friend_add"}, "steps": [hello]}),
        )
        .await;
    world.until(world.now().plus_days(4)).await;
    assert!(calls(&world, "media/upload").await.is_empty());
    assert!(!world.kept().await.iter().any(|item| item.contains("STANDING#greetings")));
}

#[tokio::test]
async fn another_version_of_the_content_is_ready_before_the_next_newcomer() {
    let world = World::new().await;
    let parts = everything(&world).await;
    greets(&world, parts).await;
    world.until(world.now().plus_mins(10)).await;
    let other = world.upload("image", &png(50, 30, 9)).await.ok();
    world.content_changes("hello", json!([{"kind": "image", "blob": other["blob"]}])).await;
    world.until(world.now().plus_mins(1)).await;
    world.customer("wmA", "王先生", "zhang").await;
    assert_eq!(greeted(&world, "wmA").await, (String::new(), vec!["image".into()]));
}

#[tokio::test]
async fn a_greeting_whose_picture_is_not_ready_goes_with_the_rest_and_says_so() {
    let world = World::new().await;
    let parts = everything(&world).await;
    world.sim("faults", json!({"api": "media/upload", "errcode": -1})).await;
    greets(&world, parts).await;
    world.until(world.now().plus_mins(1)).await;
    world.customer("wmA", "王先生", "zhang").await;
    assert_eq!(greeted(&world, "wmA").await, ("王先生好，我是张三".into(), vec!["link".into()]));
    assert_eq!(world.facts("wmA", "parts_left_out").await, ["欢迎语中有 2 个附件未就绪，未能带上"]);
    nothing_was_uploaded_while_greeting(&world).await;
    heal(&world).await;
    world.until(world.now().plus_mins(30)).await;
    world.customer("wmB", "李女士", "zhang").await;
    assert_eq!(greeted(&world, "wmB").await.1, ["image", "link", "file"]);
}

#[tokio::test]
async fn a_greeting_that_is_nothing_but_a_picture_that_is_not_ready_fails_and_says_why() {
    let world = World::new().await;
    let picture = world.upload("image", &picture()).await.ok();
    world.sim("faults", json!({"api": "media/upload", "errcode": -1})).await;
    greets(&world, json!([{"kind": "image", "blob": picture["blob"]}])).await;
    world.customer("wmA", "王先生", "zhang").await;
    assert!(world.customer_inbox("wmA").await.is_empty());
    assert!(calls(&world, "externalcontact/send_welcome_msg").await.is_empty());
    let step = items(&world.enrollments("wmA").await[0]["steps"])[0].clone();
    assert_eq!((&step["state"], &step["reason"]), (&json!("failed"), &json!("wecom_refused")), "{step:#}");
}

#[tokio::test]
async fn a_link_greets_without_its_cover_when_the_corp_may_upload_no_more() {
    let world = World::new().await;
    let parts = everything(&world).await;
    world.sim("limits", json!({"uploaded_images": {"day": 1}})).await;
    let other = world.upload("link_cover", &png(30, 30, 9)).await.ok();
    let link =
        json!([{"kind": "link", "title": "旧品", "url": "https://example.com/old", "cover": other["blob"]}]);
    greets(&world, link).await;
    world.until(world.now().plus_mins(1)).await;
    world.content_changes("hello", parts).await;
    world.until(world.now().plus_mins(5)).await;
    world.customer("wmA", "王先生", "zhang").await;
    assert_eq!(greeted(&world, "wmA").await.1, ["image", "link", "file"]);
    let link = &items(&world.customer_inbox("wmA").await[0]["attachments"])[1]["link"];
    assert_eq!(link.get("picurl"), None, "{link:#}");
    assert_eq!(world.facts("wmA", "parts_left_out").await, ["欢迎语中有 1 个附件未就绪，未能带上"]);
}

#[tokio::test]
async fn an_id_that_wecom_refuses_costs_one_greeting_its_pictures_and_no_time() {
    let world = World::new().await;
    let parts = everything(&world).await;
    greets(&world, parts).await;
    world.until(world.now().plus_mins(1)).await;
    lose_picture(&world).await;
    let now = world.now();
    world.customer("wmA", "王先生", "zhang").await;
    assert_eq!(greeted(&world, "wmA").await.1, ["link"]);
    assert_eq!(world.facts("wmA", "parts_left_out").await.len(), 1);
    let welcomes = calls(&world, "externalcontact/send_welcome_msg").await;
    let answers: Vec<_> = welcomes.iter().map(|call| (&call["errcode"], &call["at_ms"])).collect();
    assert_eq!(answers, [(&json!(40007), &json!(now.ms())), (&json!(0), &json!(now.ms()))]);
    nothing_was_uploaded_while_greeting(&world).await;
    world.customer("wmB", "李女士", "zhang").await;
    assert_eq!(greeted(&world, "wmB").await.1, ["image", "link", "file"], "it was renewed at once");
}

#[tokio::test]
async fn nobody_notices_that_wecom_takes_no_uploads_for_a_day() {
    let world = World::at(at("2026-03-02 08:30")).await;
    let parts = everything(&world).await;
    greets(&world, parts).await;
    let begin = world.now();
    world.until(begin.plus_secs(47 * 3600)).await;
    world.sim("faults", json!({"api": "media/upload", "http_status": 502})).await;
    for hours in [50, 60, 71] {
        world.until(begin.plus_secs(hours * 3600)).await;
        let customer = format!("wm{hours}");
        world.customer(&customer, "王先生", "zhang").await;
        assert_eq!(greeted(&world, &customer).await.1, ["image", "link", "file"], "{hours}");
    }
    let refused = calls(&world, "media/upload").await.len();
    assert!((30..400).contains(&refused), "tried again and again, less and less often: {refused}");
    heal(&world).await;
    for hours in [72, 100] {
        world.until(begin.plus_secs(hours * 3600)).await;
        let customer = format!("wm{hours}");
        world.customer(&customer, "王先生", "zhang").await;
        assert_eq!(greeted(&world, &customer).await.1, ["image", "link", "file"], "{hours}");
    }
}
