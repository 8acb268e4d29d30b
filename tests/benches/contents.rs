//! `make bench`: a library of contents on disk, and what finding something in it costs, over HTTP as from a browser.
//!
//! `cargo bench -p tests --bench contents -- 500` for another number of contents than 5,000;
//! `cargo bench --profile dev -p tests --bench contents -- 500` to try it out.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![allow(clippy::unwrap_used, reason = "a bench that cannot go on stops where it stands")]

use std::time::{Duration, Instant};

use domain::content::{Content, ContentGroup, Visibility};
use http::Method;
use serde_json::{Value, json};
use tests::{Visitor, World, at, items};

const CONTENTS: usize = 5_000;
/// Four levels of four, and their sum.
const GROUPS: usize = 4 + 16 + 64 + 256;
/// Each page is asked for so often.
const TIMES: usize = 200;
/// Changes of the playbook, each of which has the next reader read it anew.
const CHANGES: usize = 30;
const BEGINNINGS: [&str; 5] = ["报价单", "产品介绍", "案例", "活动邀请", "售后说明"];
/// 报价, percent-encoded.
const PRICES: &str = "%E6%8A%A5%E4%BB%B7";
/// 新品, percent-encoded.
const NEW: &str = "%E6%96%B0%E5%93%81";

#[tokio::main]
async fn main() {
    let size = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(CONTENTS);
    let directory = tempfile::tempdir().unwrap();
    let world = World::in_directory(at("2026-03-02 09:00"), directory.path()).await;
    let groups: Vec<Value> = (0..GROUPS).map(group).collect();
    world.machine.engine().load("stepwise-main", groups).unwrap();
    let contents: Vec<Value> = (0..size).map(content).collect();
    let bytes: usize = contents.iter().map(|item| item["doc"]["S"].as_str().unwrap().len()).sum();
    world.machine.engine().load("stepwise-main", contents).unwrap();
    raise_stamp(&world);
    world.staff(&[("boss", "王总"), ("zhang", "张三")]).await;
    let admin = json!({"role": "admin"});
    world.send(Method::PATCH, "/api/v1/staff/boss", &[("if-match", "*")], Some(&admin)).await.ok();
    world.put("/api/v1/contents/first", json!({"title": "第一个"})).await.ok();
    let known = world.machine.app.playbook().await.unwrap().contents.len();
    assert_eq!(known, size + 1, "the playbook has what was loaded");
    println!("{size} contents of {} bytes in {GROUPS} groups", bytes / size.max(1));
    println!("{:<36} {:>8} {:>8} {:>8}", "", "p50 ms", "p99 ms", "shown");
    let (mut boss, mut zhang) = (world.signed_in("boss").await, world.signed_in("zhang").await);
    for (what, path) in [
        ("list, 50 a page", "/api/v1/contents".to_owned()),
        ("title begins with 报价", format!("/api/v1/contents?q={PRICES}")),
        ("title holds 报价", format!("/api/v1/contents?title_contains={PRICES}")),
        ("tag 新品", format!("/api/v1/contents?tag={NEW}")),
        ("tags in use", "/api/v1/contents/tags".to_owned()),
        ("group with those below", "/api/v1/contents?group=g1".to_owned()),
        ("title, tag and group", format!("/api/v1/contents?q={PRICES}&tag={NEW}&group=g1")),
        ("tree of groups, 200 a page", "/api/v1/content-groups?limit=200".to_owned()),
        ("one content", "/api/v1/contents/c17".to_owned()),
    ] {
        measure(what, &mut boss, &path).await;
    }
    measure("an operator's list", &mut zhang, "/api/v1/contents").await;
    measure("an operator's tree", &mut zhang, "/api/v1/content-groups?limit=200").await;
    change(&world, &mut boss).await;
}

/// One page, again and again.
async fn measure(what: &str, visitor: &mut Visitor, path: &str) {
    let (mut took, mut shown) = (Vec::new(), 0);
    for _ in 0..TIMES {
        let began = now();
        let page = visitor.get(path).await;
        took.push(began.elapsed());
        let page = page.ok();
        shown = page.get("items").map_or(1, |list| items(list).len());
    }
    print(what, took, shown);
}

/// A change, and the first look after it: what changed is read.
async fn change(world: &World, boss: &mut Visitor) {
    let (mut writing, mut reading) = (Vec::new(), Vec::new());
    for n in 0..CHANGES {
        let edit = json!({"title": format!("第 {n} 次")});
        let began = now();
        let answer =
            world.send(Method::PUT, "/api/v1/contents/first", &[("if-match", "*")], Some(&edit)).await;
        writing.push(began.elapsed());
        answer.ok();
        let began = now();
        boss.get("/api/v1/contents?limit=1").await.ok();
        reading.push(began.elapsed());
    }
    print("a change", writing, 1);
    print("the first list after a change", reading, 1);
}

fn print(what: &str, mut took: Vec<Duration>, shown: usize) {
    took.sort();
    let ms = |percent: usize| took[(took.len() * percent / 100).min(took.len() - 1)].as_secs_f64() * 1000.0;
    println!("{what:<36} {:>8.1} {:>8.1} {shown:>8}", ms(50), ms(99));
}

#[expect(clippy::disallowed_methods, reason = "a bench measures real time, finer than a clock has it")]
fn now() -> Instant {
    Instant::now()
}

/// `g0` to `g3` are at the top; below each group lie four.
fn group(n: usize) -> Value {
    let parent = n.checked_sub(4).map(|below| format!("g{}", below / 4).as_str().into());
    let id = format!("g{n}").as_str().into();
    let group = ContentGroup { id, name: format!("分组 {n}"), parent, order: 0, revision: 1 };
    record("CONTENTGROUP", &format!("g{n}"), serde_json::to_string(&group).unwrap())
}

/// Published, with two tags; every tenth is for managers.
fn content(n: usize) -> Value {
    let id = format!("c{n}");
    let mut visibility = Visibility::default();
    if n.is_multiple_of(10) {
        visibility.roles.insert(domain::playbook::Role::Manager);
    }
    let content = Content {
        title: format!("{} {n}", BEGINNINGS[n % BEGINNINGS.len()]),
        group: Some(format!("g{}", n % GROUPS).as_str().into()),
        tags: [["新品", "热门", "老客户"][n % 3].to_owned(), format!("系列{}", n % 40)].into(),
        visibility,
        published: Some(1),
        editions: vec![1],
        revision: 1,
        ..Content::new(id.as_str().into())
    };
    record("CONTENT", &id, serde_json::to_string(&content).unwrap())
}

/// Nobody was told of what was loaded: with a change that no line tells of, everybody reads everything.
fn raise_stamp(world: &World) {
    let raise = json!({"TableName": "stepwise-main", "Key": {"pk": {"S": "PLAYBOOK"}, "sk": {"S": "STAMP"}},
        "UpdateExpression": "ADD stamp :one", "ExpressionAttributeValues": {":one": {"N": "1"}}});
    let (status, answer) = world.machine.engine().answer("UpdateItem", raise.to_string().as_bytes());
    assert_eq!(status, 200, "{answer}");
}

/// A record as the store writes it.
fn record(kind: &str, id: &str, doc: String) -> Value {
    json!({"pk": {"S": "PLAYBOOK"}, "sk": {"S": format!("{kind}#{id}")}, "doc": {"S": doc}, "revision": {"N": "1"}})
}
