//! Tracked links: who opened what, and who did not.

mod hostile;
mod identified;
mod kept;

use std::collections::BTreeMap;

use app::LinkFor;
use bytes::Bytes;
use domain::{content::Part, file::TouchRef};
use http::Method;
use serde_json::{Value, json};
use tests::{Answer, World, at, items, text};

const TARGET: &str = "https://example.com/price?a=1&b=%E4%BB%B7#top";
/// What WeChat's webview sends.
const PHONE: [(&str, &str); 3] = [
    (
        "user-agent",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
         Mobile/15E148 MicroMessenger/8.0.49(0x18003129) NetType/WIFI Language/zh_CN",
    ),
    ("accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    ("accept-language", "zh-CN,zh-Hans;q=0.9"),
];
const BROWSER: (&str, &str) =
    ("user-agent", "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0.0.0");
const PREVIEW: [(&str, &str); 3] = [
    ("user-agent", "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)"),
    PHONE[1],
    PHONE[2],
];

/// A content with a link among its parts, and two customers of one staff member.
async fn library() -> World {
    let world = World::new().await;
    world.staff(&[("zhang", "张三")]).await;
    fill(&world).await;
    world
}

async fn fill(world: &World) {
    let parts =
        json!([{"kind": "text", "text": "报价在这里"}, {"kind": "link", "title": "报价", "url": TARGET}]);
    world.content("price-list", json!({"title": "报价单"}), parts).await;
    world.customer("wmA", "王先生", "zhang").await;
    world.customer("wmB", "刘女士", "zhang").await;
}

fn touch(customer: &str) -> LinkFor {
    let touch = TouchRef { sop: "price".into(), n: 1, step: "offer".into() };
    LinkFor::Touch { customer: customer.into(), touch }
}

fn batch() -> LinkFor {
    LinkFor::Batch("zhang#price-list#2026-03-02T10:00".into())
}

/// The address of the content's link, as somebody gets it.
async fn link(world: &World, to: &LinkFor) -> String {
    let app = &world.machine.app;
    let book = app.playbook().await.unwrap();
    let sent = book.contents.get(&"price-list".into()).unwrap().sent_as(None).unwrap();
    let version = app.content_version(&sent.content, sent.version).await.unwrap().unwrap();
    let tracked = Box::pin(app.track(&sent, &version.body, to)).await.unwrap();
    assert_eq!(tracked.parts[0], version.body.parts[0], "a text stays");
    let Part::Link { url, title, .. } = &tracked.parts[1] else { panic!("a link") };
    assert_eq!(title, "报价");
    url.clone()
}

async fn ask(world: &World, method: Method, url: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    world.raw(request.body(Bytes::new()).unwrap()).await
}

async fn get(world: &World, url: &str, headers: &[(&str, &str)]) -> Answer {
    let answer = ask(world, Method::GET, url, headers).await;
    world.machine.settle().await.unwrap();
    answer
}

/// Sends the browser on, and says nothing of whence it came.
#[track_caller]
fn leads_to(answer: &Answer, target: &str) {
    let header = |name: &str| answer.headers.get(name).map(String::as_str);
    assert_eq!((answer.status, header("location")), (302, Some(target)), "{}", answer.page);
    assert_eq!(header("cache-control"), Some("no-store"));
    assert_eq!(header("referrer-policy"), Some("no-referrer"));
    assert_eq!(header("x-robots-tag"), Some("noindex"));
}

/// Counters of openings, those that are not nought.
async fn counted(world: &World) -> BTreeMap<String, i64> {
    world.machine.settle().await.unwrap();
    let all = world.machine.app.store.counters("content#price-list#1#").await.unwrap();
    let mut counted = BTreeMap::new();
    for one in all {
        let name = one.name.split('#').nth(3).unwrap();
        if ["openings", "opened", "anonymous"].contains(&name) {
            *counted.entry(name.to_owned()).or_default() += one.value;
        }
    }
    counted
}

fn counts(of: &[(&str, i64)]) -> BTreeMap<String, i64> {
    of.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect()
}

#[tokio::test]
async fn a_link_that_was_sent_and_opened_is_on_the_timeline_and_counts_once_in_half_an_hour() {
    let world = library().await;
    let steps = json!([{"id": "offer", "at": {"after_minutes": 30}, "method": "task", "content": {"ref": "price-list"}}]);
    let anchor = json!({"kind": "friend_add"});
    world.publish(json!({"id": "price", "name": "报价跟进", "anchor": anchor, "steps": steps})).await;
    world.customer("wmC", "陈先生", "zhang").await;
    world.until(at("2026-03-02 09:50")).await;
    let task = text(&world.tasks("zhang").await[0]["id"]);
    world.post(&format!("/api/v1/tasks/{task}/sent"), json!({"evidence": "staff_marked"})).await.ok();
    let url = link(&world, &touch("wmC")).await;
    assert!(url.starts_with(&format!("{}/l/", world.machine.address)) && !url.contains("wmC"), "{url}");

    let opened = world.sim("customers/wmC/open", json!({"url": url})).await;
    assert_eq!(opened["url"], TARGET.split('#').next().unwrap());
    assert_eq!(world.facts("wmC", "link_opened").await.len(), 1);
    let line = world.timeline("wmC").await[0].clone();
    assert!(text(&line["text"]).contains("报价单"), "{line:#}");
    assert_eq!(counted(&world).await, counts(&[("openings", 1), ("opened", 1)]));

    for _ in 0..20 {
        leads_to(&get(&world, &url, &PHONE).await, TARGET);
    }
    assert_eq!(counted(&world).await, counts(&[("openings", 1), ("opened", 1)]));
    world.until(at("2026-03-02 10:20")).await;
    leads_to(&get(&world, &url, &PHONE).await, TARGET);
    assert_eq!(counted(&world).await, counts(&[("openings", 2), ("opened", 1)]));
    let had = world.machine.app.store.had_contents(&"wmC".into()).await.unwrap();
    assert_eq!((had.len(), had[0].openings), (1, 2));
}

#[tokio::test]
async fn a_thousand_openings_by_a_preview_bot_are_none() {
    let world = library().await;
    let (own, shared) = (link(&world, &touch("wmA")).await, link(&world, &batch()).await);
    for _ in 0..500 {
        for url in [&own, &shared] {
            leads_to(&ask(&world, Method::GET, url, &PREVIEW).await, TARGET);
        }
    }
    let ahead = [PHONE[0], PHONE[1], PHONE[2], ("sec-purpose", "prefetch;prerender")];
    for url in [&own, &shared] {
        leads_to(&get(&world, url, &ahead).await, TARGET);
        leads_to(&get(&world, url, &[BROWSER, PHONE[1]]).await, TARGET);
        leads_to(&get(&world, url, &[]).await, TARGET);
        leads_to(&ask(&world, Method::HEAD, url, &PHONE).await, TARGET);
    }
    assert!(world.facts("wmA", "link_opened").await.is_empty());
    assert!(counted(&world).await.is_empty());
    assert!(!world.kept().await.iter().any(|item| item.contains("Baiduspider")));

    // Somebody at last.
    leads_to(&get(&world, &own, &PHONE).await, TARGET);
    assert_eq!(world.facts("wmA", "link_opened").await.len(), 1);
}

#[tokio::test]
async fn openings_of_whom_nobody_knows_are_counted_and_nobodys() {
    let world = library().await;
    let other = [("user-agent", PHONE[0].1.replace("iPhone OS 17_4", "iPhone OS 16_1"))];
    let other = [(other[0].0, other[0].1.as_str()), PHONE[1], PHONE[2]];
    for to in [batch(), LinkFor::Staff("zhang".into())] {
        let url = link(&world, &to).await;
        for _ in 0..3 {
            leads_to(&get(&world, &url, &PHONE).await, TARGET);
            leads_to(&get(&world, &url, &other).await, TARGET);
        }
    }
    assert_eq!(counted(&world).await, counts(&[("anonymous", 4)]), "two browsers, two links");
    for customer in ["wmA", "wmB"] {
        assert!(world.facts(customer, "link_opened").await.is_empty());
    }
    assert!(!world.kept().await.iter().any(|item| item.contains("MicroMessenger")));
}

#[tokio::test]
async fn whoever_makes_up_browsers_is_sixty_four_of_them_and_always_gets_there() {
    let world = library().await;
    let url = link(&world, &batch()).await;
    for n in 0..400 {
        let agent = format!("Mozilla/5.0 (number {n}) MicroMessenger/8.0");
        leads_to(
            &ask(&world, Method::GET, &url, &[("user-agent", &agent), PHONE[1], PHONE[2]]).await,
            TARGET,
        );
    }
    let anonymous = counted(&world).await["anonymous"];
    assert!((32..=64).contains(&anonymous), "{anonymous}");
    let all = world.machine.app.store.counters("content#price-list#1#anonymous").await.unwrap();
    assert!(all.len() > 4, "they do not all meet at one item: {all:?}");
    let shown = world.get("/api/v1/contents/price-list/stats").await.ok();
    assert_eq!(shown["total"]["anonymous_openings"], json!(anonymous), "{shown:#}");
}

#[tokio::test]
async fn a_link_that_is_opened_too_often_leads_on_and_only_its_anonymous_openings_are_let_be() {
    let world = library().await;
    let (own, shared) = (link(&world, &touch("wmA")).await, link(&world, &batch()).await);
    leads_to(&get(&world, &shared, &PHONE).await, TARGET);
    let kept = world.kept().await;
    let rows: Vec<Value> = kept.iter().map(|item| serde_json::from_str(item).unwrap()).collect();
    let of_a_link = |row: &Value| {
        let pk = row["pk"]["S"].as_str()?.strip_prefix("PERMIT#")?;
        pk.starts_with("link-openings-").then(|| pk.to_owned())
    };
    let bucket = rows.iter().find_map(of_a_link).unwrap();
    assert!(
        !shared.ends_with(bucket.trim_start_matches("link-openings-")),
        "a code is nowhere but in its row"
    );
    let full = store::Bucket { cost_ms: 249_900, depth_ms: 250_000 };
    let now = world.now();
    world.machine.app.store.take_permits(&bucket, full, now).await.unwrap();
    let agent = ["1", "2", "3", "4", "5", "6", "7", "8"].map(|n| PHONE[0].1.replace("17_4", n));
    for agent in &agent {
        leads_to(&get(&world, &shared, &[("user-agent", agent), PHONE[1], PHONE[2]]).await, TARGET);
    }
    leads_to(&get(&world, &own, &PHONE).await, TARGET);
    let counted = counted(&world).await;
    assert!(counted["anonymous"] <= 3, "{counted:?}");
    assert_eq!(counted["openings"], 1);
}

#[tokio::test]
async fn what_the_phones_page_shows_as_a_link_can_be_tapped() {
    let world = library().await;
    let page =
        ask(&world, Method::GET, &format!("{}/sim/assets/attachment.js", world.machine.address), &[]).await;
    assert!(page.page.contains("data-url"), "{}", page.page);
    let opened = world.sim("customers/wmB/open", json!({"url": link(&world, &touch("wmB")).await})).await;
    let hops: Vec<Value> = items(&opened["hops"]);
    assert_eq!((hops.len(), &hops[0]["status"]), (1, &json!(302)));
    assert_eq!(world.facts("wmB", "link_opened").await.len(), 1);
}
