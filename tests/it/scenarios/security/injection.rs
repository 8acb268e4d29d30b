//! Headers, addresses and ids that want to be something else.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use http::Method;
use serde_json::json;
use tests::World;

use super::super::{
    access::corp,
    roles::{
        corp::Corp,
        table::{Column, rows},
    },
};

/// Sends the bytes as they are; the whole answer.
async fn plainly(world: &World, request: Vec<u8>) -> String {
    let address = world.machine.address.trim_start_matches("http://").to_owned();
    let exchange = move || {
        let mut connection = TcpStream::connect(address).unwrap();
        connection.write_all(&request).unwrap();
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    };
    tokio::task::spawn_blocking(exchange).await.unwrap()
}

fn head(method: &str, path: &str, headers: &[u8]) -> Vec<u8> {
    let start = format!(
        "{method} {path} HTTP/1.1\r\nConnection: close\r\nAuthorization: Bearer token-of-the-tests\r\n"
    );
    [start.as_bytes(), headers, b"\r\n\r\n"].concat()
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_else(|| panic!("{answer:?}"))
}

#[tokio::test]
async fn headers_with_line_breaks_and_other_bytes_are_refused_and_never_come_back() {
    let world = corp().await;
    let body = json!({"add": ["客户状态/了解产品"]}).to_string();
    let before = world.kept().await;
    let json = format!("Host: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n", body.len());
    for name in ["Idempotency-Key", "X-CSRF-Token", "If-Match", "X-Request-Id", "Host"] {
        for value in [&b"a\rX-Evil: 1"[..], b"a\nX-Evil\x00: 1", b"a\x00b", b"a\r\n \r\n X-Evil: 1", b"\x01"]
        {
            let mut headers = json.clone().into_bytes();
            headers.extend_from_slice(name.as_bytes());
            headers.extend_from_slice(b": ");
            headers.extend_from_slice(value);
            let mut request = head("POST", "/api/v1/customers/wmzhang/tags", &headers);
            request.extend_from_slice(body.as_bytes());
            let answer = plainly(&world, request).await;
            assert_eq!(status(&answer), 400, "{name}: {value:?}: {answer}");
            assert!(!answer.to_lowercase().contains("x-evil"), "{name}: {answer}");
        }
    }
    for (value, what) in [("", "empty"), ("é", "not ASCII"), (&*"k".repeat(256), "too long")] {
        let headers = [("idempotency-key", value)];
        let path = "/api/v1/customers/wmzhang/tags";
        let body = json!({"add": ["客户状态/了解产品"]});
        let refused = world.send(Method::POST, path, &headers, Some(&body)).await.refused(400);
        assert_eq!(refused["code"], "bad_header", "{what}");
    }
    assert_eq!(world.kept().await, before);
}

#[tokio::test]
async fn what_a_client_says_of_itself_is_neither_believed_nor_repeated() {
    let world = corp().await;
    let own = world.machine.address.trim_start_matches("http://").replace(':', "%3A");
    for host in ["evil.example", "evil.example:80", "a@evil.example", "[::1]"] {
        let answer =
            plainly(&world, head("GET", "/api/v1/session/start", format!("Host: {host}").as_bytes())).await;
        assert_eq!(status(&answer), 303, "{answer}");
        assert!(answer.contains(&format!("redirect_uri=http%3A%2F%2F{own}")), "{answer}");
        assert!(!answer.contains("evil"), "{answer}");
    }
    let headers = [
        ("x-request-id", "evil"),
        ("x-forwarded-for", "203.0.113.66"),
        ("forwarded", "for=203.0.113.66"),
        ("x-forwarded-host", "evil.example"),
    ];
    let mut zhang = world.visitor();
    let body = json!({"userid": "zhang"});
    let answer = zhang.send(Method::POST, "/api/v1/session/dev", &headers, Some(&body)).await;
    assert_ne!(answer.headers["x-request-id"], "evil");
    let listed = zhang.get("/api/v1/staff/zhang/sessions").await.ok();
    assert_eq!(listed["items"][0]["ip"], "127.0.0.1");
    let audit = world.get("/api/v1/audit?action=session.begin").await.ok();
    let begun = &audit["items"][0];
    assert_eq!((&begun["by"]["id"], &begun["ip"]), (&json!("zhang"), &json!("127.0.0.1")));
    // An address that says too much of itself.
    let long =
        plainly(&world, head("GET", &format!("/api/v1/boards?x={}", "x".repeat(100_000)), b"Host: x")).await;
    assert!([414, 422, 431].contains(&status(&long)), "{}", &long[..200]);
}

#[tokio::test]
async fn ids_that_are_too_long_hold_other_bytes_or_climb_name_nothing() {
    let mut corp = Corp::new().await;
    let long = "x".repeat(5000);
    let bad = [
        "%00",
        "wmzhang%00",
        "..%2f..%2fstaff",
        "%2e%2e%2fsettings",
        "wmzhang%2ftimeline",
        "wmzhang%23FILE",
        "a%0d%0aX-Evil:%201",
        "%E6%9D%8E%E9%9B%B7",
        "%20",
        "%25%30%30",
        "$%7Bjndi%7D",
        "'%20OR%201=1",
        &long,
        &long[..65],
    ];
    for row in rows().into_iter().filter(|row| row.path.contains('{')) {
        let asked = corp.asked(&row, Column::Scoped).await;
        let world = &corp.world;
        let before = world.kept().await;
        for id in bad {
            let path = row.address().replace("{id}", id).replace("{userid}", id);
            let answer = world.send(row.method.clone(), &path, &asked.headers, asked.body.as_ref()).await;
            let cell = format!("{} {path}: {}", row.method, answer.page);
            assert!([404, 422].contains(&answer.status), "{}: {cell}", answer.status);
            assert_eq!(answer.headers["content-type"], "application/problem+json", "{cell}");
            assert!(!answer.headers.contains_key("x-evil"), "{cell}");
            assert!(answer.page.len() < 1000 + 2 * id.len(), "{cell}");
        }
        let path = row.address().replace("{id}", "%FF").replace("{userid}", "%FF");
        let answer = world.send(row.method.clone(), &path, &asked.headers, asked.body.as_ref()).await;
        assert_eq!(answer.refused(400)["code"], "bad_request", "{path}");
        assert_eq!(world.kept().await, before, "{}", row.name());
    }
    // Dots that the client does not resolve lead nowhere either.
    for path in [
        "/api/v1/customers/../settings",
        "/api/v1/../../sim/control/calls",
        "/api/v1//settings",
        "/api/v1/./settings",
    ] {
        let answer = plainly(&corp.world, head("GET", path, b"Host: x")).await;
        assert_eq!(status(&answer), 404, "{path}: {answer}");
    }
}
