//! What people try who mean no good: it is refused, nothing is stored, and the product does not grow.

mod guessing;
mod injection;

use std::collections::BTreeMap;

use http::Method;
use serde_json::{Value, json};
use tests::{Visitor, World, items, text};

use super::{
    access::corp,
    roles::{
        corp::Corp,
        operations,
        table::{Column, Row, rows},
    },
};

const INGEST_SECRET: &str = "simulated-ingest-secret";

/// Routes that ask who it is.
fn guarded() -> Vec<Row> {
    rows().into_iter().filter(|row| row.scope.is_some()).collect()
}

/// The row's address with names that nothing has.
fn anywhere(row: &Row) -> String {
    row.address().replace("{id}", "x").replace("{userid}", "zhang")
}

fn session_cookie(visitor: &Visitor) -> (String, String) {
    let cookie = visitor.cookies["stepwise"].clone();
    let (secret, userid) = cookie.split_once('.').unwrap();
    (secret.to_owned(), userid.to_owned())
}

#[tokio::test]
async fn a_session_that_is_forged_ended_or_somebody_elses_opens_no_route() {
    let world = corp().await;
    let (zhang, boss, mut gone) =
        (world.signed_in("zhang").await, world.signed_in("boss").await, world.signed_in("boss").await);
    let ended = gone.cookies["stepwise"].clone();
    assert_eq!(gone.delete("/api/v1/session").await.status, 204);
    let ((of_zhang, _), (of_boss, _)) = (session_cookie(&zhang), session_cookie(&boss));
    let csrf = boss.csrf.clone().unwrap();
    let before = world.kept().await;
    for row in guarded() {
        for cookie in [
            format!("stepwise={ended}"),
            format!("stepwise={of_zhang}.boss"),
            format!("stepwise={}.boss", "0".repeat(64)),
            format!("stepwise={}.boss", &of_boss[1..]),
            format!("stepwise={of_boss}"),
            format!("stepwise={of_zhang}.zhang; stepwise={of_boss}.boss"),
            format!("stepwise-sign-in={of_boss}.boss"),
            format!("__Host-stepwise={of_boss}.boss"),
        ] {
            let headers = [("cookie", cookie.as_str()), ("x-csrf-token", csrf.as_str())];
            let answer = world.visitor().send(row.method.clone(), &anywhere(&row), &headers, None).await;
            let refused = answer.refused(401);
            assert_eq!(refused["code"], "unauthorized", "{} with {cookie}", row.name());
        }
    }
    // Nor is there another way in beside the methods of the document.
    for row in guarded().iter().filter(|row| !row.writes()) {
        let head = world.visitor().send(Method::HEAD, &anywhere(row), &[], None).await;
        assert_eq!(head.status, 401, "{}", row.name());
    }
    for path in ["/api/v1/nowhere", "/api/v1/customers", "/api/v1/customers/wmzhang/"] {
        world.visitor().get(path).await.refused(401);
    }
    assert_eq!(world.kept().await, before);
}

#[tokio::test]
async fn a_change_that_is_not_the_pages_own_wish_is_refused_on_every_route() {
    let world = corp().await;
    let mut boss = world.signed_in("boss").await;
    let stale = boss.csrf.clone().unwrap();
    assert_eq!(boss.delete("/api/v1/session").await.status, 204);
    boss.sign_in_as("boss").await.ok();
    let (good, of_li) = (boss.csrf.take().unwrap(), world.signed_in("li").await.csrf.unwrap());
    let before = world.kept().await;
    for row in guarded().into_iter().filter(Row::writes) {
        for headers in [
            &[][..],
            &[("x-csrf-token", "")],
            &[("x-csrf-token", stale.as_str())],
            &[("x-csrf-token", of_li.as_str())],
            &[("x-csrf-token", good.as_str()), ("origin", "https://evil.example")],
            &[("x-csrf-token", good.as_str()), ("origin", "null")],
            &[("x-csrf-token", good.as_str()), ("sec-fetch-site", "cross-site")],
            &[("x-csrf-token", good.as_str()), ("sec-fetch-site", "same-site")],
        ] {
            let answer = boss.send(row.method.clone(), &anywhere(&row), headers, Some(&json!({}))).await;
            assert_eq!(answer.refused(403)["code"], "csrf", "{} with {headers:?}", row.name());
        }
    }
    assert_eq!(world.kept().await, before);
    // Reading needs no token, and tells no other site.
    let read = boss.send(Method::GET, "/api/v1/me", &[("origin", "https://evil.example")], None).await;
    assert_eq!(read.status, 200);
    assert!(!read.headers.keys().any(|name| name.starts_with("access-control-")), "{:?}", read.headers);
    boss.csrf = Some(good);
    let own = [("origin", world.machine.address.as_str()), ("sec-fetch-site", "same-origin")];
    assert_eq!(boss.send(Method::DELETE, "/api/v1/session", &own, None).await.status, 204);
}

/// A cursor of the list, which has more than one entry.
async fn cursor(visitor: &mut Visitor, list: &str) -> String {
    let separator = if list.contains('?') { '&' } else { '?' };
    let page = visitor.get(&format!("{list}{separator}limit=1")).await.ok();
    page["next_cursor"].as_str().unwrap_or_else(|| panic!("{list}: {page:#}")).to_owned()
}

#[tokio::test]
async fn a_cursor_that_is_forged_or_of_another_list_opens_none() {
    let mut corp = Corp::new().await;
    let operations = operations(&corp.world).await;
    let mut boss = corp.world.signed_in("boss").await;
    let (of_staff, of_audit) =
        (cursor(&mut boss, "/api/v1/staff").await, cursor(&mut boss, "/api/v1/audit").await);
    let mut lists = 0;
    for row in rows() {
        let parameters = items(&operations[&row.name()]["parameters"]);
        if !parameters.iter().any(|parameter| parameter["name"] == "cursor") {
            continue;
        }
        lists += 1;
        let asked = corp.asked(&row, Column::Admin).await;
        let separator = if asked.path.contains('?') { '&' } else { '?' };
        let foreign = if row.path == "/staff" { &of_audit } else { &of_staff };
        let unsigned = "eyJwayI6IkMjd216aGFuZyIsInNrIjoiRklMRSJ9";
        for bad in ["x", "%00", "AAAA", unsigned, foreign, &foreign[1..], &"A".repeat(5000)] {
            let answer = boss.get(&format!("{}{separator}cursor={bad}", asked.path)).await;
            assert_eq!(answer.refused(400)["code"], "bad_cursor", "{} with {bad}", row.name());
        }
    }
    assert!(lists >= 10, "{lists}");

    // Another filter, another customer, another person: another list.
    let world = &corp.world;
    boss.get(&format!("/api/v1/staff?role=operator&cursor={of_staff}")).await.refused(400);
    let timeline = |customer: &str| format!("/api/v1/customers/{customer}/timeline");
    let of_zhang = cursor(&mut boss, &timeline("wmzhang")).await;
    boss.get(&format!("{}?cursor={of_zhang}", timeline("wmli"))).await.refused(400);
    world.customer("wmzhang2", "钱女士", "zhang").await;
    for customer in ["wmzhang", "wmzhang2"] {
        let moved = json!({"board": "sales", "stage": "price"});
        world.put(&format!("/api/v1/customers/{customer}/stage"), moved).await.ok();
    }
    let cards = "/api/v1/boards/sales/cards?stage=price";
    let of_boss = cursor(&mut boss, cards).await;
    for (userid, status) in [("zhang", 400), ("mei", 400), ("boss", 200)] {
        let mut person = world.signed_in(userid).await;
        assert_eq!(person.get(&format!("{cards}&cursor={of_boss}")).await.status, status, "{userid}");
    }
}

#[tokio::test]
async fn a_colleagues_key_tells_nothing_of_the_colleagues_customer() {
    let world = corp().await;
    let (mut li, mut zhang) = (world.signed_in("li").await, world.signed_in("zhang").await);
    let path = "/api/v1/customers/wmli/stage";
    let (key, body) = ([("idempotency-key", "k")], json!({"board": "sales", "stage": "price"}));
    let entry = li.send(Method::PUT, path, &key, Some(&body)).await.ok()["entry"].clone();
    let before = world.view("wmli").await;
    let undo = json!({"entry": entry});
    for (method, path, body) in [
        (Method::PUT, path, &body),
        (Method::PUT, path, &json!({"board": "sales", "stage": "order"})),
        (Method::POST, "/api/v1/undo", &undo),
    ] {
        let refused = zhang.send(method, path, &key, Some(body)).await.refused(404);
        assert!(!refused.to_string().contains("price"), "{refused:#}");
    }
    assert_eq!(world.view("wmli").await, before);
}

#[tokio::test]
async fn a_delivery_that_comes_again_counts_once_and_its_signature_is_good_for_nothing_else() {
    let world = corp().await;
    let event = json!({"id": "crm-1", "type": "message.received", "at": world.now().to_string(),
        "customer": {"external_userid": "wmzhang"}, "attributes": {"staff": "zhang", "text": "多少钱"}});
    let body = json!({"events": [event]}).to_string();
    let signed = world.signed(&body, INGEST_SECRET, world.now());
    let mut verdicts = Vec::new();
    for _ in 0..3 {
        verdicts.push(text(&world.raw(signed.clone()).await.ok()["events"][0]["status"]));
    }
    assert_eq!(verdicts, ["accepted", "duplicate", "duplicate"]);
    let told = (world.facts("wmzhang", "rule_fired").await.len(), world.timeline("wmzhang").await.len());
    assert_eq!(told.0, 1);

    let before = world.kept().await;
    let mut later = signed.clone();
    later.headers_mut().insert("x-stepwise-timestamp", (world.now().secs() + 1).into());
    let mut other = signed.clone();
    *other.body_mut() = body.replace("crm-1", "crm-2").into();
    let mut unsigned = signed.clone();
    unsigned.headers_mut().remove("x-stepwise-signature");
    let old = world.signed(&body, INGEST_SECRET, world.now().plus_secs(-301));
    let early = world.signed(&body, INGEST_SECRET, world.now().plus_secs(301));
    let guessed = world.signed(&body, "another secret", world.now());
    for request in [later, other, unsigned, old, early, guessed] {
        assert_eq!(world.raw(request).await.refused(401)["code"], "bad_signature");
    }
    assert_eq!(world.kept().await, before);
    world.until(world.now().plus_secs(301)).await;
    assert_eq!(
        world.raw(signed).await.refused(401)["code"],
        "bad_signature",
        "recorded, and played back later"
    );
    assert_eq!(world.timeline("wmzhang").await.len(), told.1);
}

/// Rows whose operation takes a body, with what is asked of them.
async fn with_bodies(corp: &mut Corp) -> BTreeMap<String, (Row, String, Vec<(&'static str, &'static str)>)> {
    let operations = operations(&corp.world).await;
    let mut found = BTreeMap::new();
    // Deliveries are signed: they are looked at apart.
    for row in rows().into_iter().filter(|row| !row.path.starts_with("/ingest")) {
        if !operations[&row.name()]["requestBody"].is_null() {
            let asked = corp.asked(&row, Column::Scoped).await;
            found.insert(row.name(), (row, asked.path, asked.headers));
        }
    }
    found
}

async fn send_text(world: &World, row: &Row, path: &str, headers: &[(&str, &str)], body: &str) -> Value {
    let mut request = http::Request::builder()
        .method(row.method.clone())
        .uri(format!("{}{path}", world.machine.address))
        .header("authorization", "Bearer token-of-the-tests")
        .header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = world.raw(request.body(body.to_owned().into()).unwrap()).await;
    json!({"status": answer.status, "code": answer.body["code"]})
}

#[tokio::test]
async fn bodies_that_are_too_large_or_too_deep_are_refused_everywhere_and_memory_stays_flat() {
    let mut corp = Corp::new().await;
    let rows = with_bodies(&mut corp).await;
    assert!(rows.len() >= 12, "{:?}", rows.keys());
    let large = format!("{{\"name\": \"{}\"}}", "x".repeat(10 * 1024 * 1024));
    let deep = format!("{{\"name\": {}", "[".repeat(60_000));
    let whole = format!("{{\"name\": {}1{}}}", "{\"a\":".repeat(32), "}".repeat(32));
    let world = &corp.world;
    let before = world.kept().await;
    let resident = guessing::resident_kib();
    for (name, (row, path, headers)) in &rows {
        for (body, status, code) in
            [(&large, 413, "body_too_large"), (&deep, 400, "json_too_deep"), (&whole, 400, "json_too_deep")]
        {
            let told = send_text(world, row, path, headers, body).await;
            assert_eq!(told, json!({"status": status, "code": code}), "{name}");
        }
    }
    let grown = guessing::resident_kib().saturating_sub(resident);
    assert!(grown < 96 * 1024, "{grown} KiB more after {} bodies of 10 MiB", rows.len());
    for (body, status, code) in [(&large, 413, "body_too_large"), (&whole, 400, "json_too_deep")] {
        assert_eq!(world.ingest(body, INGEST_SECRET).await.refused(status)["code"], code);
    }
    let unsigned = world.ingest(&whole, "another secret").await;
    assert_eq!(unsigned.refused(401)["code"], "bad_signature", "nobody reads what is not signed");
    assert_eq!(world.kept().await, before);
}
