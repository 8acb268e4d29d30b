//! What is kept of a link, and what happens when nothing can be.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use api::{Access, SignIn};
use app::{
    App, Lane, Parts,
    config::Secret,
    wiring::{DynamoAccess, dynamo},
};
use aws_smithy_runtime_api::client::{
    http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
    orchestrator::HttpRequest,
    runtime_components::RuntimeComponents,
};
use axum::body::Body;
use cloud::bus::{Bus, Message, MessageKind};
use domain::content::{Body as Said, Part, SentContent};
use http_body_util::BodyExt as _;
use local::embedded::{Embedded, http_answer};
use serde_json::json;
use store::{Store, TableNames};
use tests::{World, at};
use tower::ServiceExt as _;

use super::{PHONE, TARGET, batch, counted, counts, fill, get, leads_to, library, link, touch};

#[tokio::test]
async fn the_same_link_has_the_same_address_and_every_customer_their_own() {
    let directory = tempfile::tempdir().unwrap();
    let world = World::in_directory(at("2026-03-02 09:00"), directory.path()).await;
    world.staff(&[("zhang", "张三")]).await;
    fill(&world).await;
    let mut seen = BTreeSet::new();
    for to in [touch("wmA"), touch("wmB"), batch()] {
        let url = link(&world, &to).await;
        assert_eq!(link(&world, &to).await, url);
        assert!(seen.insert(url), "{to:?}");
    }
    let parts =
        json!([{"kind": "text", "text": "报价改了"}, {"kind": "link", "title": "报价", "url": TARGET}]);
    world.content_changes("price-list", parts).await;
    assert!(seen.insert(link(&world, &touch("wmA")).await), "another version");
    let rows = |kept: &[String]| kept.iter().filter(|item| item.contains("LINK#")).count();
    assert_eq!(rows(&world.kept().await), 4);

    let of = |url: &str| url.rsplit('/').next().unwrap().to_owned();
    let before = of(&link(&world, &touch("wmA")).await);
    drop(world);
    let world = World::in_directory(at("2026-03-02 09:30"), directory.path()).await;
    assert_eq!(of(&link(&world, &touch("wmA")).await), before, "the salt is kept");
    leads_to(&get(&world, &format!("{}/l/{before}", world.machine.address), &PHONE).await, TARGET);
}

#[tokio::test]
async fn only_what_the_version_registered_gets_an_address_of_ours() {
    let world = library().await;
    let sent = SentContent { content: "price-list".into(), version: 1, edition: 1 };
    let part = |url: &str| Part::Link { title: "x".into(), desc: None, url: url.into(), cover: None };
    let word = Part::Text { text: "x".into() };
    let track = async |parts: &[Part], sent: &SentContent| {
        let body = Said { parts: parts.to_vec() };
        Box::pin(world.machine.app.track(sent, &body, &batch())).await.unwrap().parts
    };
    // The right place, but another page; the right page in another place; a version that is none.
    for parts in [
        vec![word.clone(), part("https://evil.example/")],
        vec![part(TARGET), word.clone()],
        vec![word.clone(), word.clone(), part(TARGET)],
    ] {
        assert_eq!(track(&parts, &sent).await, parts);
    }
    let right = vec![word.clone(), part(TARGET)];
    assert_eq!(track(&right, &SentContent { version: 7, ..sent.clone() }).await, right);
    assert_ne!(track(&right, &sent).await, right);
    // Once there is a row, too.
    let wrong = vec![word, part("https://evil.example/")];
    assert_eq!(track(&wrong, &sent).await, wrong);
    assert!(!world.kept().await.iter().any(|item| item.contains("evil.example")));
}

#[tokio::test]
async fn an_opening_that_is_delivered_again_is_one() {
    let world = library().await;
    let (own, shared) = (link(&world, &touch("wmA")).await, link(&world, &batch()).await);
    for url in [&own, &shared] {
        leads_to(&get(&world, url, &PHONE).await, TARGET);
    }
    let mut openings = Vec::new();
    for item in world.kept().await {
        let item: serde_json::Value = serde_json::from_str(&item).unwrap();
        if item["plain"]["S"].as_str().is_some_and(|plain| plain.starts_with('{')) {
            openings.push(item["pk"]["S"].as_str().unwrap().trim_start_matches("IN#").to_owned());
        }
    }
    assert_eq!(openings.len(), 2);
    let app = &world.machine.app;
    for id in openings {
        // Somebody died between the receipt and the end of the entry, and somebody is told twice.
        app.store.put_off(&id, world.now()).await.unwrap();
        let told = Message { kind: MessageKind::Inbox, id };
        app.bus.publish(&[told.clone(), told]).await.unwrap();
        world.machine.settle().await.unwrap();
    }
    assert_eq!(counted(&world).await, counts(&[("openings", 1), ("anonymous", 1)]));
    assert_eq!(world.facts("wmA", "link_opened").await.len(), 1);
}

#[tokio::test]
async fn whoever_opens_a_link_gets_there_also_when_nothing_can_be_recorded() {
    let world = library().await;
    for to in [touch("wmA"), batch()] {
        let url = link(&world, &to).await;
        for trouble in [Trouble::Refuses, Trouble::Hangs] {
            let (status, location, _) = knock(&world, ("stepwise-hot", trouble), &url).await;
            assert_eq!((status, location.as_str()), (302, TARGET), "{trouble:?}");
        }
    }
    // And where even the link cannot be read, they are told to come again.
    let url = link(&world, &touch("wmA")).await;
    for trouble in [Trouble::Refuses, Trouble::Hangs] {
        let (status, location, page) = knock(&world, ("stepwise-main", trouble), &url).await;
        assert_eq!((status, location.as_str()), (503, ""), "{trouble:?}");
        assert!(page.contains("请稍后再打开一次"), "{page}");
    }
    assert!(counted(&world).await.is_empty());
}

#[tokio::test]
async fn a_bus_that_never_answers_keeps_nobody_and_loses_no_opening() {
    let world = library().await;
    for to in [touch("wmA"), batch()] {
        let url = link(&world, &to).await;
        let door = door(&world, world.machine.app.store.clone(), Arc::new(Silent));
        let knocked = tokio::time::timeout(Duration::from_secs(2), knock_at(&world, door, &url)).await;
        let (status, location, _) = knocked.expect("within the customer's patience");
        assert_eq!((status, location.as_str()), (302, TARGET));
    }
    world.until(world.now().plus_mins(3)).await;
    assert_eq!(counted(&world).await, counts(&[("openings", 1), ("anonymous", 1)]));
}

/// It takes messages and never says so.
struct Silent;

#[async_trait::async_trait]
impl Bus for Silent {
    async fn publish(&self, _: &[Message]) -> Result<(), cloud::Error> {
        std::future::pending().await
    }
}

/// The same world, but for a table that is not to be had.
#[derive(Clone, Debug)]
struct Without {
    engine: Embedded,
    table: &'static str,
    trouble: Trouble,
}

#[derive(Clone, Copy, Debug)]
enum Trouble {
    Refuses,
    /// It never answers.
    Hangs,
}

impl HttpClient for Without {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Without {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
        let body = request.body().bytes().unwrap_or_default();
        let concerned = String::from_utf8_lossy(body).contains(self.table);
        HttpConnectorFuture::ready(match self.trouble {
            Trouble::Hangs if concerned => return HttpConnectorFuture::new(std::future::pending()),
            Trouble::Refuses if concerned => {
                http_answer(400, r#"{"__type": "com.amazonaws.dynamodb.v20120810#AccessDeniedException"}"#)
            }
            _ => {
                let (status, answer) = self.engine.answer(&target, body);
                http_answer(status, answer)
            }
        })
    }
}

/// Opens a link through a door whose store has one table less: status, target, page.
async fn knock(world: &World, (table, trouble): (&'static str, Trouble), url: &str) -> (u16, String, String) {
    let without = Without { engine: world.machine.engine().clone(), table, trouble };
    let store = Store::new(dynamo(without, &DynamoAccess::embedded()), TableNames::default());
    knock_at(world, door(world, store, Arc::clone(&world.machine.app.bus)), url).await
}

/// A door of the same world, with this store and this bus.
fn door(world: &World, store: Store, bus: Arc<dyn Bus>) -> App {
    let whole = &world.machine.app;
    App::new(Parts {
        store,
        wecom: whole.wecom(Lane::Interactive).clone(),
        corp: whole.corp.clone(),
        clock: Arc::clone(&whole.clock),
        entropy: Arc::clone(&whole.entropy),
        alarm: Arc::clone(&whole.alarm),
        bus,
        blob: Arc::clone(&whole.blob),
    })
}

async fn knock_at(world: &World, app: App, url: &str) -> (u16, String, String) {
    let access = Access {
        admin_token: None,
        ingest_secret: Secret::new("x"),
        sign_in: SignIn { base: None, dev: false },
        trusted_proxies: Vec::new(),
        blobs: None,
    };
    let path = url.strip_prefix(&world.machine.address).unwrap();
    let mut request = http::Request::get(path);
    for (name, value) in PHONE {
        request = request.header(name, value);
    }
    let request = request.body(Body::empty()).unwrap();
    let answer = api::router(Arc::new(app), access).oneshot(request).await.unwrap();
    let location = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
    let status = answer.status().as_u16();
    let page = answer.into_body().collect().await.unwrap().to_bytes();
    (status, location.unwrap_or_default(), String::from_utf8_lossy(&page).into_owned())
}
