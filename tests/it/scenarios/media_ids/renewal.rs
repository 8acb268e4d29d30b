//! What keeps greetings ready when something goes wrong for good: a file, an id, a process that died.

use domain::content::BlobId;
use serde_json::json;
use store::{MediaFile, MediaUse, Standing};
use tests::{World, items, png};

use super::{calls, everything, greeted, greets, heal, lose_picture, picture};

#[tokio::test]
async fn a_doubtful_greeting_ends_though_its_picture_never_comes_back() {
    let world = World::new().await;
    let blob = world.upload("image", &picture()).await.ok();
    greets(&world, json!([{"kind": "image", "blob": blob["blob"]}])).await;
    world.until(world.now().plus_mins(1)).await;
    world
        .sim("faults", json!({"api": "externalcontact/send_welcome_msg", "timeout_after": true, "times": 1}))
        .await;
    // Nothing of what it said can be said again: the second call is refused, and nobody shows that version any more.
    let second = json!({"api": "externalcontact/send_welcome_msg", "errcode": 40007, "times": 1});
    world.sim("customers", json!({"external_userid": "wmA", "name": "王先生"})).await;
    world.sim("faults", second).await;
    world.sim("customers/wmA/add", json!({"userid": "zhang"})).await;
    world.content_changes("hello", json!([{"kind": "text", "text": "您好"}])).await;
    world.until(world.now().plus_mins(10)).await;
    let step = items(&world.enrollments("wmA").await[0]["steps"])[0].clone();
    assert_eq!(step["state"], "sent", "{step:#}");
    assert_eq!(greeted(&world, "wmA").await.1, ["image"], "once, and as it was sent");
    assert!(world.facts("wmA", "parts_left_out").await.is_empty());
    let asked = calls(&world, "externalcontact/send_welcome_msg").await.len();
    world.until(world.now().plus_days(1)).await;
    assert_eq!(calls(&world, "externalcontact/send_welcome_msg").await.len(), asked, "nobody asks any more");
}

#[tokio::test]
async fn a_file_that_wecom_never_takes_costs_the_others_nothing() {
    let world = World::new().await;
    world.staff(&[("zhang", "张三")]).await;
    // The first one that is uploaded: refused for ever.
    let bad = world.upload("image", &png(30, 30, 7)).await.ok();
    world.sim("faults", json!({"api": "media/upload", "errcode": 40009})).await;
    greets(&world, json!([{"kind": "text", "text": "您好"}, {"kind": "image", "blob": bad["blob"]}])).await;
    world.until(world.now().plus_secs(3 * 3600)).await;
    heal(&world).await;
    // It has failed for hours and rests for half an hour; another picture is ready within the minute.
    let other = world.upload("image", &picture()).await.ok();
    let both = json!([{"kind": "image", "blob": bad["blob"]}, {"kind": "image", "blob": other["blob"]}]);
    world.content_changes("hello", both).await;
    world.customer("wmA", "王先生", "zhang").await;
    assert_eq!(greeted(&world, "wmA").await.1, ["image"]);
    // An id that WeCom loses is renewed at once all the same.
    lose_picture(&world).await;
    world.customer("wmB", "李女士", "zhang").await;
    world.customer("wmC", "赵女士", "zhang").await;
    assert_eq!(greeted(&world, "wmC").await.1, ["image"]);
}

#[tokio::test]
async fn what_wecom_refuses_in_every_greeting_is_not_uploaded_for_every_greeting() {
    let world = World::new().await;
    let parts = everything(&world).await;
    greets(&world, parts).await;
    world.until(world.now().plus_mins(1)).await;
    let before = calls(&world, "media/upload").await.len();
    for n in 0..60 {
        let file = MediaFile { blob: BlobId::of(&picture()), used_as: MediaUse::Image };
        if world.machine.app.store.media_id(&file).await.unwrap().is_some() {
            lose_picture(&world).await;
        }
        let customer = format!("wm{n}");
        world.customer(&customer, "王先生", "zhang").await;
        assert_eq!(world.customer_inbox(&customer).await.len(), 1, "{n}");
        world.until(world.now().plus_mins(1)).await;
    }
    let uploads = calls(&world, "media/upload").await.len() - before;
    assert!((4..=2 * 8).contains(&uploads), "at once, after 1, 2, 4 … minutes: {uploads}");
}

#[tokio::test]
async fn what_was_published_by_a_process_that_died_is_ready_with_the_next_tick() {
    let world = World::new().await;
    let parts = everything(&world).await;
    greets(&world, parts).await;
    world.until(world.now().plus_mins(1)).await;
    let store = &world.machine.app.store;
    let other = world.upload("image", &png(50, 30, 9)).await.ok();
    let before = store.standing("greetings").await.unwrap().unwrap();
    world.content_changes("hello", json!([{"kind": "image", "blob": other["blob"]}])).await;
    // As if nobody had been woken by it, nor had looked since.
    let now = store.standing("greetings").await.unwrap().unwrap();
    let slept = Standing { version: now.version + 1, at: world.now().plus_days(30), ..before };
    assert!(store.put_standing("greetings", &slept, None).await.unwrap());
    world.machine.app.tick().await.unwrap();
    let after = store.standing("greetings").await.unwrap().unwrap();
    assert!(after.at <= world.now().plus_secs(3600), "somebody has looked, and looks again within the hour");
}
