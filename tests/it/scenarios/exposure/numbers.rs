//! What is counted of contents.

use std::sync::Arc;

use app::{
    App, Parts,
    wiring::{DynamoAccess, dynamo},
};
use async_trait::async_trait;
use cloud::{
    alarm::{Alarm, Armed, Wake},
    bus::{Bus, Message},
};
use domain::{Actor, Happening, Signal, counters, file::Evidence};
use serde_json::{Value, json};
use store::{Store, TableNames};
use tests::{World, at, items, text};

use super::{library, one_click, stats};

/// The numbers of the content, recounted from the journals of both customers.
async fn recount(world: &World) -> Vec<(String, i64)> {
    let mut facts = Vec::new();
    for customer in ["wmA", "wmB"] {
        let page = world.machine.app.store.timeline(&customer.into(), 500, None).await.unwrap();
        facts.extend(page.items.into_iter().flat_map(|entry| entry.facts));
    }
    let all = counters::deltas(&facts).into_iter();
    all.filter(|(name, value)| name.starts_with("content#") && *value != 0).collect()
}

#[tokio::test]
async fn a_content_tells_how_often_it_was_sent_saved_and_opened() {
    let world = library().await;
    world.until(at("2026-03-03 10:05")).await;
    one_click(&world, "wmA").await;
    let inbox = world.customer_inbox("wmA").await;
    let url = text(&inbox[1]["attachments"][0]["link"]["url"]);
    world.sim("customers/wmA/open", json!({"url": url})).await;
    for _ in 0..2 {
        world
            .post("/api/v1/customers/wmB/contents/case-a/sent?userid=zhang", json!({"version": 1}))
            .await
            .ok();
    }
    let offered = world.get("/api/v1/customers/wmB/contents/case-a?userid=zhang").await.ok();
    world.sim("customers/wmB/open", json!({"url": offered["parts"][1]["url"]})).await;
    world.until(at("2026-03-05 10:05")).await;

    let shown = stats(&world).await;
    let numbers = json!({"sent": 3, "sent_by": {"welcome": 0, "task": 1, "manual": 2}, "again": 1, "spared": 3,
        "openings": 1, "opened": 1, "anonymous_openings": 1});
    assert_eq!(shown["total"], numbers);
    let mut edition = numbers.clone();
    edition["edition"] = json!(1);
    assert_eq!(shown["editions"], json!([edition]));
    assert_eq!(shown["as_of"], world.now().to_string());
    let definitions = items(&shown["definitions"]);
    assert!(definitions.iter().all(|one| !text(&one["zh"]).is_empty() && !text(&one["en"]).is_empty()));
    assert!(definitions.iter().any(|one| text(&one["en"]).starts_with("Waste saved:")));

    let counted = world.machine.app.store.counters("content#").await.unwrap();
    let counted = counted.into_iter().filter(|one| !one.name.contains("#anonymous#"));
    let counted: Vec<(String, i64)> = counted.map(|one| (one.name, one.value)).collect();
    assert_eq!(counted, recount(&world).await, "as the journals have it");
}

#[tokio::test]
async fn managers_see_which_contents_are_used_most() {
    let world = library().await;
    let parts = json!([{"kind": "text", "text": "您好"}]);
    for (id, times) in [("hello", 3), ("bye", 2), ("never", 0)] {
        world.content(id, json!({"title": id}), parts.clone()).await;
        for _ in 0..times {
            let path = format!("/api/v1/customers/wmA/contents/{id}/sent?userid=zhang");
            world.post(&path, json!({"version": 1})).await.ok();
        }
    }
    world.machine.settle().await.unwrap();
    let ranked = |list: &Value| -> Vec<(String, i64)> {
        items(&list["items"]).iter().map(|one| (text(&one["id"]), one["sent"].as_i64().unwrap())).collect()
    };
    let first = world.get("/api/v1/content-stats?by=sent&limit=1").await.ok();
    assert_eq!(ranked(&first), [("hello".to_owned(), 3)]);
    assert_eq!((&first["total"]["sent"], &first["total"]["again"]), (&json!(5), &json!(3)));
    let next = format!("/api/v1/content-stats?by=sent&limit=1&cursor={}", text(&first["next_cursor"]));
    assert_eq!(ranked(&world.get(&next).await.ok()), [("bye".to_owned(), 2)]);
    world.get("/api/v1/content-stats?by=title").await.refused(422);
}

/// Hands nothing on: whoever commits with it dies before anything is folded.
struct Dead;

#[async_trait]
impl Bus for Dead {
    async fn publish(&self, _: &[Message]) -> Result<(), cloud::Error> {
        Ok(())
    }
}

#[async_trait]
impl Alarm for Dead {
    async fn arm(&self, _: &Wake, _: i64) -> Result<Armed, cloud::Error> {
        Ok(Armed::Set)
    }

    async fn disarm(&self, _: &str, _: u64) -> Result<(), cloud::Error> {
        Ok(())
    }
}

/// A process beside the machine's, on the same store.
fn dying(world: &World) -> App {
    let app = &world.machine.app;
    App::new(Parts {
        store: Store::new(
            dynamo(world.machine.engine().clone(), &DynamoAccess::embedded()),
            TableNames::default(),
        ),
        wecom: app.wecom(app::Lane::Interactive).clone(),
        corp: app.corp.clone(),
        clock: Arc::clone(&app.clock),
        entropy: Arc::clone(&app.entropy),
        alarm: Arc::new(Dead),
        bus: Arc::new(Dead),
        blob: Arc::clone(&app.blob),
    })
}

#[tokio::test]
async fn a_sending_whose_process_died_before_it_was_counted_is_counted_once_and_until_then_the_numbers_say_so()
 {
    let world = library().await;
    let before = stats(&world).await;
    let app = dying(&world);
    let book = app.playbook().await.unwrap();
    let content = book.contents[&"case-a".into()].sent_as(None).unwrap();
    let by = Actor::Staff { userid: "zhang".into() };
    let what = Happening::ContentSent { staff: "zhang".into(), content, evidence: Evidence::StaffMarked };
    world.until(at("2026-03-02 09:10")).await;
    let sent_at = world.now();
    let signal = Signal { id: "died".into(), at: sent_at, by, what };
    for _ in 0..2 {
        Box::pin(app.handle(&"wmA".into(), signal.clone())).await.unwrap();
    }
    drop(app);
    let uncounted = world.get("/api/v1/contents/case-a/stats").await.ok();
    assert_eq!(uncounted["total"], before["total"]);
    assert!(text(&uncounted["as_of"]) <= sent_at.to_string(), "{}", uncounted["as_of"]);
    world.until(at("2026-03-02 09:15")).await;
    let counted = stats(&world).await;
    assert_eq!((&counted["total"]["sent"], &counted["total"]["sent_by"]["manual"]), (&json!(1), &json!(1)));
    assert_eq!(counted["as_of"], world.now().to_string());
}
