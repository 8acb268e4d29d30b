//! `make bench`: links on disk, opened over HTTP as by customers' phones: how long somebody waits for their page.
//!
//! `cargo bench -p tests --bench links -- 300` for another number of openings of each kind than 2,000;
//! `cargo bench --profile dev -p tests --bench links -- 300` to try it out.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![allow(clippy::unwrap_used, reason = "a bench that cannot go on stops where it stands")]

use std::time::{Duration, Instant};

use app::{LinkFor, net::Net};
use bytes::Bytes;
use domain::{content::Part, file::TouchRef};
use futures::{StreamExt as _, stream};
use serde_json::json;
use tests::{World, at};
use wecom::Transport as _;

const OPENINGS: usize = 2_000;
/// Phones at once, in the second half.
const ABREAST: usize = 8;
const TARGET: &str = "https://example.com/price";
const PHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                     Mobile/15E148 MicroMessenger/8.0.49(0x18003129) NetType/WIFI Language/zh_CN";
const PREVIEW: &str = "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)";
/// The goal.
const MOST_MS: f64 = 20.0;

#[tokio::main]
async fn main() {
    let times = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(OPENINGS);
    let directory = tempfile::tempdir().unwrap();
    let world = World::in_directory(at("2026-03-02 09:00"), directory.path()).await;
    world.staff(&[("zhang", "张三")]).await;
    world
        .content(
            "price-list",
            json!({"title": "报价单"}),
            json!([{"kind": "link", "title": "报价", "url": TARGET}]),
        )
        .await;
    world.customer("wmA", "王先生", "zhang").await;
    let profile = if cfg!(debug_assertions) { "dev" } else { "release" };
    println!("{times} openings of each kind, store on disk, profile {profile}");
    println!("{:<52} {:>8} {:>8} {:>8}", "", "p50 ms", "p99 ms", "a second");

    let began = now();
    let own: Vec<String> = links(&world, times, |n| touch("wmA", n)).await;
    println!("{:<52} {:>8.2}", "making a link, on average", ms(began.elapsed()) / ratio(times));
    let many: Vec<String> = links(&world, times, |n| touch(&format!("wm{n}"), 1)).await;
    let batches: Vec<String> = links(&world, times, |n| LinkFor::Batch(format!("zhang#{n}"))).await;

    let same: Vec<String> = std::iter::repeat_n(own[0].clone(), times).collect();
    open("opened again by the same customer", &same, PHONE, 1).await;
    open("previews", &own, PREVIEW, 1).await;
    let mut worst = open("opened by one customer, and reacted to meanwhile", &own, PHONE, 1).await;
    worst = worst.max(open("opened by many, of whom there is no file", &many, PHONE, 1).await);
    open("links of batches, nobody is identified, 8 abreast", &batches, PHONE, ABREAST).await;
    world.machine.settle().await.unwrap();
    let counted = world.machine.app.store.counters("content#price-list#1#").await.unwrap();
    let summary: Vec<String> =
        counted.iter().map(|one| format!("{} {}", one.name.rsplit('#').next().unwrap(), one.value)).collect();
    println!("counted: {}", summary.join(", "));
    println!(
        "goal: p99 below {MOST_MS} ms one after the other: {}",
        if worst < MOST_MS { "met" } else { "missed" }
    );
}

fn touch(customer: &str, n: usize) -> LinkFor {
    let n = u32::try_from(n).unwrap();
    let touch = TouchRef { sop: "price".into(), n, step: "offer".into() };
    LinkFor::Touch { customer: customer.into(), touch }
}

async fn links(world: &World, times: usize, to: impl Fn(usize) -> LinkFor) -> Vec<String> {
    let app = &world.machine.app;
    let book = app.playbook().await.unwrap();
    let sent = book.contents.get(&"price-list".into()).unwrap().sent_as(None).unwrap();
    let version = app.content_version(&sent.content, sent.version).await.unwrap().unwrap();
    let mut made = Vec::with_capacity(times);
    for n in 0..times {
        let tracked = Box::pin(app.track(&sent, &version.body, &to(n))).await.unwrap();
        let Part::Link { url, .. } = &tracked.parts[0] else { panic!("a link") };
        made.push(url.clone());
    }
    made
}

/// Opens all, so many at once; the 99th percentile.
async fn open(what: &str, urls: &[String], agent: &'static str, abreast: usize) -> f64 {
    let net = Net::new();
    let net = &net;
    let began = now();
    let one = |url: String| async move {
        let request = http::Request::get(url)
            .header("user-agent", agent)
            .header("accept", "text/html,application/xhtml+xml,*/*;q=0.8")
            .header("accept-language", "zh-CN");
        let began = now();
        let answer = net.call(request.body(Bytes::new()).unwrap(), Duration::from_secs(10)).await.unwrap();
        let took = began.elapsed();
        assert_eq!((answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()), (302, TARGET));
        took
    };
    let mut took: Vec<Duration> =
        stream::iter(urls.to_vec()).map(one).buffer_unordered(abreast).collect().await;
    let rate = ratio(urls.len()) / began.elapsed().as_secs_f64();
    took.sort();
    let percentile = |percent: usize| ms(took[(took.len() * percent / 100).min(took.len() - 1)]);
    println!("{what:<52} {:>8.2} {:>8.2} {rate:>8.0}", percentile(50), percentile(99));
    percentile(99)
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

fn ratio(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[expect(clippy::disallowed_methods, reason = "a bench measures real time, finer than a clock has it")]
fn now() -> Instant {
    Instant::now()
}
