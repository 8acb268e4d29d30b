//! What indexes have in common, and a list of cards that reads them.

use std::sync::Arc;

use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, WriteRequest};
use axum::{Router, body::Body};
use domain::playbook::Staff;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use store::{Change, Common, Cursor, Expected, RecordKind};
use tower::ServiceExt as _;

use super::{Hitch, Instance, instances};

const TOKEN: &str = "token-of-the-tests";

fn key(n: usize) -> String {
    format!("wm{n:05}")
}

/// Index rows with these keys.
async fn rows(instance: &Instance, pk: &str, keys: impl IntoIterator<Item = String>) {
    let put = |sk: String| {
        let put = PutRequest::builder()
            .item("pk", AttributeValue::S(pk.to_owned()))
            .item("sk", AttributeValue::S(sk))
            .item("value", AttributeValue::S("closed".to_owned()));
        WriteRequest::builder().put_request(put.build().unwrap()).build()
    };
    let all: Vec<WriteRequest> = keys.into_iter().map(put).collect();
    for some in all.chunks(25) {
        let write = instance.client.batch_write_item().request_items("stepwise-main", some.to_vec());
        write.send().await.unwrap();
    }
}

async fn common(instance: &Instance, limit: usize, from: Option<&Cursor>) -> Common {
    instance.app.store.common_keys(&["A", "B"], limit, from).await.unwrap()
}

/// All pages of this length: their keys, and how many pages.
async fn whole(instance: &Instance, limit: usize) -> (Vec<String>, usize) {
    let (mut keys, mut pages, mut from) = (Vec::new(), 0, None);
    loop {
        let page = common(instance, limit, from.as_ref()).await;
        assert!(page.keys.len() <= limit && page.readings <= 40);
        keys.extend(page.keys);
        (pages, from) = (pages + 1, page.next);
        if from.is_none() {
            return (keys, pages);
        }
    }
}

#[tokio::test]
async fn what_two_indexes_have_in_common_is_found_across_the_borders_of_readings() {
    let [one] = instances().await;
    rows(&one, "A", (0..450).map(key)).await;
    // Around what one reading ends with, and behind everything that the other has. The rows say that the friendship is
    // over: that is for whoever reads the files.
    let others = [0, 1, 198, 199, 200, 201, 399, 400, 401, 449, 450, 451];
    rows(&one, "B", others.map(key)).await;
    let expected: Vec<String> = others[..10].iter().copied().map(key).collect();
    for limit in [1, 3, 200] {
        assert_eq!(whole(&one, limit).await.0, expected, "{limit} at a time");
    }
    let behind = common(&one, 200, Some(&Cursor::behind_key(&key(199)))).await;
    assert_eq!(behind.keys, expected[4..], "behind a key of one's own choice");
    rows(&one, "C", []).await;
    let none = one.app.store.common_keys(&["A", "C"], 50, None).await.unwrap();
    assert_eq!((none.keys, none.next), (Vec::new(), None));
}

#[tokio::test]
async fn a_page_that_takes_too_many_readings_ends_early_and_the_next_goes_on_there() {
    let [one] = instances().await;
    rows(&one, "A", (0..4_300).map(|n| key(2 * n))).await;
    rows(&one, "B", (0..4_300).map(|n| key(2 * n + 1))).await;
    for pk in ["A", "B"] {
        rows(&one, pk, [key(9_000)]).await;
    }
    let first = common(&one, 50, None).await;
    assert_eq!((first.keys.len(), first.readings), (0, 40));
    assert!(first.next.is_some());
    let (keys, pages) = whole(&one, 50).await;
    assert_eq!((keys, pages), (vec![key(9_000)], 2));
}

#[tokio::test]
async fn a_reading_that_finds_nothing_is_not_the_end() {
    let [one] = instances().await;
    for pk in ["A", "B"] {
        rows(&one, pk, (0..3).map(key)).await;
    }
    for _ in 0..3 {
        one.door.hitch(Hitch::Empty);
    }
    let found = common(&one, 50, None).await;
    assert_eq!((found.keys.len(), found.next), (3, None));
}

/// The API of an instance with one board.
async fn api_with_a_board(instance: &Instance) -> Router {
    let doc = json!({"id": "cars", "name": "汽车销售", "tag_group": "g1",
                     "stages": [{"id": "lead", "name": "客户线索", "tag": "et1"}]});
    let board = Change {
        kind: RecordKind::Board,
        id: "cars".into(),
        doc: Some(doc.to_string()),
        revision: 1,
        expected: Expected::Absent,
    };
    instance.app.store.change_playbook(&[board], None, &[], "board").await.unwrap();
    let access = api::Access {
        admin_token: Some(app::config::Secret::new(TOKEN)),
        ingest_secret: app::config::Secret::new("hush"),
        sign_in: api::SignIn { base: None, dev: true },
        trusted_proxies: Vec::new(),
        blobs: None,
    };
    api::router(Arc::clone(&instance.app), access)
}

async fn get(api: &Router, path: &str, (name, value): (&str, &str)) -> Value {
    let request = http::Request::get(path).header(name, value).body(Body::empty());
    let answer = api.clone().oneshot(request.unwrap()).await.unwrap();
    assert_eq!(answer.status(), 200);
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&body).unwrap()
}

/// The cookie of a staff member who signs in; until now nobody knew them.
async fn sign_in(instance: &Instance, api: &Router, userid: &str) -> String {
    let doc = serde_json::to_string(&Staff::named(userid.into(), userid)).unwrap();
    let staff = Change {
        kind: RecordKind::Staff,
        id: userid.into(),
        doc: Some(doc),
        revision: 1,
        expected: Expected::Absent,
    };
    instance.app.store.change_playbook(&[staff], None, &[], userid).await.unwrap();
    let body = json!({"userid": userid}).to_string();
    let request = http::Request::post("/api/v1/session/dev").header("content-type", "application/json");
    let answer = api.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_short_page_of_cards_costs_few_readings_however_many_are_passed_over() {
    let [one] = instances().await;
    let api = api_with_a_board(&one).await;
    // Of customers that the store does not hold.
    rows(&one, "BOARD#cars#lead", (0..3_000).map(key)).await;
    *one.door.queries.lock().unwrap() = 0;
    let admin = ("authorization", format!("Bearer {TOKEN}"));
    let page = get(&api, "/api/v1/boards/cars/cards?stage=lead&limit=1", (admin.0, &admin.1)).await;
    assert_eq!(page["items"], json!([]));
    assert!(page["next_cursor"].is_string(), "there is more");
    let queries = *one.door.queries.lock().unwrap();
    assert!(queries <= 25, "{queries} queries");
}

#[tokio::test]
async fn the_cards_of_somebody_with_many_friends_elsewhere_come_in_pages_that_end_early() {
    let [one] = instances().await;
    let api = api_with_a_board(&one).await;
    let cookie = sign_in(&one, &api, "zhang").await;
    rows(&one, "BOARD#cars#lead", (0..4_300).map(|n| key(2 * n))).await;
    rows(&one, "STAFF#zhang", (0..4_300).map(|n| key(2 * n + 1))).await;
    *one.door.queries.lock().unwrap() = 0;
    let path = "/api/v1/boards/cars/cards?stage=lead";
    let first = get(&api, path, ("cookie", &cookie)).await;
    let queries = *one.door.queries.lock().unwrap();
    assert!((40..=42).contains(&queries), "{queries} queries");
    let next = first["next_cursor"].as_str().expect("where to go on");
    let last = get(&api, &format!("{path}&cursor={next}"), ("cookie", &cookie)).await;
    assert_eq!((&last["items"], &last["next_cursor"]), (&json!([]), &Value::Null));
}
