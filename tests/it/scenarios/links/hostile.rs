//! Codes that are none, and requests that would go elsewhere.

use bytes::Bytes;
use http::Method;
use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use tests::{Answer, World};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use super::{PHONE, TARGET, ask, counted, get, leads_to, library, link, touch};

/// A page for people, with nothing of what was asked for.
#[track_caller]
fn is_unknown(answer: &Answer, asked: &str) {
    assert_eq!(answer.status, 404, "{asked}: {:?}", answer.headers);
    assert!(answer.page.contains("链接已失效") && !answer.page.contains("evil"), "{asked}: {}", answer.page);
    assert!(answer.headers["content-security-policy"].starts_with("default-src 'none'"), "{asked}");
    assert_eq!(answer.headers["content-type"], "text/html; charset=utf-8");
    assert!(!answer.headers.contains_key("location"), "{asked}");
}

#[tokio::test]
async fn forged_tampered_truncated_and_overlong_codes_lead_nowhere() {
    let world = library().await;
    let url = link(&world, &touch("wmA")).await;
    let (base, code) = url.rsplit_once('/').unwrap();
    let flipped: String = code
        .chars()
        .map(|c| if c.is_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() })
        .collect();
    let long = "A".repeat(8000);
    for wrong in [
        "AAAAAAAAAAAAAAAA",
        "evilevilevilevil",
        &code[..15],
        &format!("{code}A"),
        &format!("{code}="),
        &format!("{code}%00"),
        &format!("{code}/"),
        &format!("{code}/back/"),
        &format!("{code}/evil"),
        &format!("/{code}"),
        &flipped,
        &long,
        "..%2f",
        "..%2fevil",
        "%2f%2fevil.example",
        "https:%2f%2fevil.example",
        "%0d%0aLocation:%20https:%2f%2fevil.example",
        "%E9%93%BE%E6%8E%A5",
        "%ff%fe",
        "<script>evil".replace('<', "%3C").replace('>', "%3E").as_str(),
        "",
        "back",
    ] {
        is_unknown(&get(&world, &format!("{base}/{wrong}"), &PHONE).await, wrong);
    }
    is_unknown(&get(&world, base, &PHONE).await, "nothing");
    assert!(counted(&world).await.is_empty());
    let posted = ask(&world, Method::POST, &url, &PHONE).await;
    assert_eq!(posted.status, 405);
}

#[tokio::test]
async fn nothing_of_a_request_is_ever_where_it_leads() {
    let world = library().await;
    let url = link(&world, &touch("wmA")).await;
    for trick in [
        "?url=https://evil.example",
        "?to=//evil.example&redirect_uri=https://evil.example",
        "?code=x&state=https://evil.example",
        "?%0d%0aLocation:%20https://evil.example",
        "?",
        "/back",
        "/back?code=x&state=https://evil.example",
        "/back?state=&code=",
        "/back?code=%ff&state=%ff",
        "/back?redirect_uri=https://evil.example",
    ] {
        leads_to(&get(&world, &format!("{url}{trick}"), &PHONE).await, TARGET);
    }
    let tricky = [
        PHONE[0],
        PHONE[1],
        PHONE[2],
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-for", "203.0.113.7, evil"),
        ("x-original-url", "/evil"),
        ("referer", "https://evil.example/"),
    ];
    leads_to(&get(&world, &url, &tricky).await, TARGET);
    assert_eq!(world.facts("wmA", "link_opened").await.len(), 1, "all by the same customer");
}

#[tokio::test]
async fn a_host_that_is_not_ours_changes_nothing() {
    let world = library().await;
    let url = link(&world, &touch("wmA")).await;
    let path = url.strip_prefix(&world.machine.address).unwrap();
    for line in [format!("GET {path} HTTP/1.1"), format!("GET http://evil.example{path} HTTP/1.1")] {
        let answer = raw(&world, &format!("{line}\r\nHost: evil.example\r\nConnection: close\r\n\r\n")).await;
        assert!(answer.contains(&format!("location: {TARGET}\r\n")), "{answer}");
        assert!(!answer.contains("evil"), "{answer}");
    }
    let code = path.trim_start_matches("/l/");
    for line in [
        format!("GET //evil.example{path} HTTP/1.1"),
        format!("GET /l/./{code} HTTP/1.1"),
        format!("GET /l/../l/{code} HTTP/1.1"),
        format!("GET /l/%2e%2e/{code} HTTP/1.1"),
        format!("GET /l//{code} HTTP/1.1"),
        format!("GET /l/{code}%0d%0aLocation:%20https://evil.example HTTP/1.1"),
        "GET /l/a\tb HTTP/1.1".to_owned(),
    ] {
        let answer = raw(&world, &format!("{line}\r\nHost: evil.example\r\nConnection: close\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 4") && !answer.contains("location:"), "{answer}");
    }
}

async fn raw(world: &World, request: &str) -> String {
    let address = world.machine.address.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// Whatever stands behind `/l/`, and in the query: 404, or the page that was registered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_asked_for_there_is_one_place_to_go() {
    let world = library().await;
    let url = link(&world, &touch("wmA")).await;
    let code = url.rsplit('/').next().unwrap().to_owned();
    let path = prop_oneof![
        3 => Just(code.clone()),
        1 => Just(format!("{code}/back")),
        4 => "[A-Za-z0-9_-]{14,18}",
        4 => "[!-~]{0,40}".prop_map(|text| text.replace(['#', '?', '<', '>', '"', '{', '}', '|', '\\', '^', '`'], "%")),
    ];
    let query = "(\\?[a-z]{1,8}=[A-Za-z0-9%:/.@&=-]{0,40})?";
    let handle = tokio::runtime::Handle::current();
    let world = &world;
    tokio::task::block_in_place(|| {
        let mut runner =
            TestRunner::new(Config { cases: 300, failure_persistence: None, ..Config::default() });
        let outcome = runner.run(&(path, query), |(path, query)| {
            let address = format!("{}/l/{path}{query}", world.machine.address);
            let Ok(request) = http::Request::get(&address).header(PHONE[0].0, PHONE[0].1).body(Bytes::new())
            else {
                return Ok(());
            };
            let answer = handle.block_on(world.raw(request));
            match answer.headers.get("location") {
                Some(to) => prop_assert_eq!((answer.status, to.as_str()), (302, TARGET), "{}", address),
                None => prop_assert!(matches!(answer.status, 400 | 404), "{}: {}", address, answer.status),
            }
            Ok(())
        });
        outcome.unwrap();
    });
}
