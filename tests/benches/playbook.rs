//! `make bench`: what a change of the playbook costs whoever decides by it, over a library of contents on disk: time, and
//! items of the store read.
//!
//! `cargo bench -p tests --bench playbook -- 500` for another number of contents than 5,000;
//! `cargo bench --profile dev -p tests --bench playbook -- 500` to try it out.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![allow(clippy::unwrap_used, reason = "a bench that cannot go on stops where it stands")]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use app::{App, Parts, SystemEntropy};
use domain::content::Content;
use futures::future::join_all;
use http::Method;
use local::embedded::Tally;
use serde_json::{Value, json};
use tests::{Nobody, World, at};

const CONTENTS: usize = 5_000;
/// Changes, each of which another process hears of.
const CHANGES: usize = 30;
/// Reactions that begin at the same time.
const AT_ONCE: usize = 8;

#[tokio::main]
async fn main() {
    let size = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(CONTENTS);
    println!("{:<44} {:>8} {:>8} {:>10}", "", "p50 ms", "p99 ms", "items read");
    changes(size).await;
    import(size).await;
}

/// One process changes something, another one needs the playbook.
async fn changes(size: usize) {
    let directory = tempfile::tempdir().unwrap();
    let world = World::in_directory(at("2026-03-02 09:00"), directory.path()).await;
    world.staff(&[("boss", "王总")]).await;
    world.machine.engine().load("stepwise-main", (0..size).map(content).collect()).unwrap();
    raise_stamp(&world);
    let other = process(&world);
    let before = world.machine.engine().tally();
    let began = now();
    other.playbook().await.unwrap();
    print("the first look of a process", vec![began.elapsed()], world.machine.engine().tally() - before, 1);
    world.machine.app.playbook().await.unwrap();
    let (mut writing, mut reading, mut copying, mut crowd) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut read, mut read_at_once) = (Tally::default(), Tally::default());
    for n in 0..CHANGES {
        let began = now();
        put(&world, "first", n).await;
        writing.push(began.elapsed());
        let before = world.machine.engine().tally();
        let began = now();
        other.playbook().await.unwrap();
        reading.push(began.elapsed());
        read = sum(read, world.machine.engine().tally() - before);
        put(&world, "second", n).await;
        let held = other.playbook().await.unwrap();
        put(&world, "second", n + CHANGES).await;
        let began = now();
        other.playbook().await.unwrap();
        copying.push(began.elapsed());
        drop(held);
        put(&world, "third", n).await;
        let before = world.machine.engine().tally();
        let began = now();
        for book in join_all((0..AT_ONCE).map(|_| other.playbook())).await {
            book.unwrap();
        }
        crowd.push(began.elapsed());
        read_at_once = sum(read_at_once, world.machine.engine().tally() - before);
    }
    print("a change of a content, over HTTP", writing, Tally::default(), CHANGES);
    print("another process hears of one change", reading, read, CHANGES);
    print("the same while the one before is in use", copying, read, CHANGES);
    print(&format!("{AT_ONCE} reactions of it at once after a change"), crowd, read_at_once, CHANGES);
}

/// Headers, one after the other, over HTTP.
async fn import(size: usize) {
    let directory = tempfile::tempdir().unwrap();
    let world = World::in_directory(at("2026-03-02 09:00"), directory.path()).await;
    let (began, before) = (now(), world.machine.engine().tally());
    let mut each = Vec::new();
    for n in 0..size {
        let began = now();
        put(&world, &format!("c{n}"), n).await;
        each.push(began.elapsed());
    }
    println!("{size} headers one after the other: {:.1} s", began.elapsed().as_secs_f64());
    let tenth = (size / 10).max(1);
    let (first, last) = (each[..tenth].to_vec(), each[size - tenth..].to_vec());
    print("  each of the first tenth", first, Tally::default(), 1);
    print("  each of the last tenth", last, Tally::default(), 1);
    print("  each of all", each, world.machine.engine().tally() - before, size);
}

async fn put(world: &World, id: &str, n: usize) {
    let edit = json!({"title": format!("第 {n} 次"), "tags": ["新品", format!("系列{}", n % 40)]});
    let path = format!("/api/v1/contents/{id}");
    let known = world.send(Method::PUT, &path, &[("if-match", "*")], Some(&edit)).await;
    if known.status >= 300 {
        world.put(&path, edit).await.ok();
    }
}

fn sum(a: Tally, b: Tally) -> Tally {
    Tally { requests: a.requests + b.requests, read: a.read + b.read, written: a.written + b.written }
}

fn print(what: &str, mut took: Vec<Duration>, tally: Tally, times: usize) {
    took.sort();
    let ms = |percent: usize| took[(took.len() * percent / 100).min(took.len() - 1)].as_secs_f64() * 1000.0;
    println!("{what:<44} {:>8.2} {:>8.2} {:>10.1}", ms(50), ms(99), tally.read as f64 / times as f64);
}

#[expect(clippy::disallowed_methods, reason = "a bench measures real time, finer than a clock has it")]
fn now() -> Instant {
    Instant::now()
}

/// Another process on the same store, with a memory of its own.
fn process(world: &World) -> App {
    let app = &world.machine.app;
    App::new(Parts {
        store: app.store.clone(),
        wecom: wecom::Client::new("http://wecom.invalid", Arc::new(Nobody)),
        corp: app.corp.clone(),
        clock: Arc::clone(&app.clock),
        entropy: Arc::new(SystemEntropy),
        alarm: Arc::clone(&app.alarm),
        bus: Arc::clone(&app.bus),
        blob: Arc::clone(&app.blob),
    })
}

/// Nobody was told of what was loaded: with a change that no line tells of, everybody reads everything.
fn raise_stamp(world: &World) {
    let raise = json!({"TableName": "stepwise-main", "Key": {"pk": {"S": "PLAYBOOK"}, "sk": {"S": "STAMP"}},
        "UpdateExpression": "ADD stamp :one", "ExpressionAttributeValues": {":one": {"N": "1"}}});
    let (status, answer) = world.machine.engine().answer("UpdateItem", raise.to_string().as_bytes());
    assert_eq!(status, 200, "{answer}");
}

fn content(n: usize) -> Value {
    let id = format!("c{n}");
    let content = Content {
        title: format!("产品介绍 {n}"),
        tags: [["新品", "热门", "老客户"][n % 3].to_owned(), format!("系列{}", n % 40)].into(),
        published: Some(1),
        editions: vec![1],
        revision: 1,
        ..Content::new(id.as_str().into())
    };
    let doc = serde_json::to_string(&content).unwrap();
    json!({"pk": {"S": "PLAYBOOK"}, "sk": {"S": format!("CONTENT#{id}")}, "doc": {"S": doc}, "revision": {"N": "1"}})
}
