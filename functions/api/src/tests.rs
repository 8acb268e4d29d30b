//! The router without a store behind it: who is let in, how refusals look, what bodies are taken.

use std::sync::Arc;

use app::{
    App, Parts, SystemEntropy,
    config::{Secret, WeCom},
    net::Net,
    wiring::{DynamoAccess, dynamo},
};
use async_trait::async_trait;
use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use domain::Timestamp;
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use store::{Store, TableNames};
use tower::ServiceExt as _;

use crate::{Access, SignIn, ingest::sign, router};

const TOKEN: &str = "the-admin-token";
const SECRET: &str = "the-ingest-secret";
const NOW: i64 = 1_772_672_400;

struct Stopped;

#[async_trait]
impl app::Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(NOW)
    }

    async fn pause(&self, _: std::time::Duration) {}

    async fn wait_until(&self, _: Timestamp) -> bool {
        false
    }
}

struct Nobody;

#[async_trait]
impl cloud::alarm::Alarm for Nobody {
    async fn arm(&self, _: &cloud::alarm::Wake, _: i64) -> Result<cloud::alarm::Armed, cloud::Error> {
        Ok(cloud::alarm::Armed::Set)
    }

    async fn disarm(&self, _: &str, _: u64) -> Result<(), cloud::Error> {
        Ok(())
    }
}

#[async_trait]
impl cloud::bus::Bus for Nobody {
    async fn publish(&self, _: &[cloud::bus::Message]) -> Result<(), cloud::Error> {
        Ok(())
    }
}

/// An app whose store refuses every connection.
fn routes(admin_token: Option<&str>) -> Router {
    let nowhere = "http://127.0.0.1:1";
    let net = Net::new();
    let access = DynamoAccess { endpoint: Some(nowhere.into()), ..DynamoAccess::embedded() };
    let app = App::new(Parts {
        store: Store::new(dynamo(net.clone(), &access), TableNames::default()),
        wecom: wecom::Client::new(nowhere, Arc::new(net)),
        corp: WeCom {
            corp_id: "ww1".into(),
            agent_id: 1,
            secret: Secret::new("s"),
            public_url: nowhere.into(),
        },
        clock: Arc::new(Stopped),
        entropy: Arc::new(SystemEntropy),
        alarm: Arc::new(Nobody),
        bus: Arc::new(Nobody),
        blob: Arc::new(cloud::blob::local::Local::memory([0; 32])),
    });
    let access = Access {
        admin_token: admin_token.map(Secret::new),
        ingest_secret: Secret::new(SECRET),
        sign_in: SignIn { base: None, dev: false },
        trusted_proxies: Vec::new(),
        blobs: None,
    };
    router(Arc::new(app), access)
}

struct Answered {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

async fn ask(routes: &Router, request: Request<Body>) -> Answered {
    let response = routes.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
    Answered { status: parts.status.as_u16(), headers: parts.headers, body }
}

fn request(method: Method, path: &str) -> axum::http::request::Builder {
    let builder = Request::builder().method(method).uri(path);
    builder.header(header::AUTHORIZATION, format!("Bearer {TOKEN}"))
}

fn json_request(method: Method, path: &str, body: impl Into<Body>) -> Request<Body> {
    request(method, path).header(header::CONTENT_TYPE, "application/json").body(body.into()).unwrap()
}

/// A whole problem document, with the same id in header and body.
fn check_problem(answered: &Answered, status: StatusCode, code: &str) {
    let body = &answered.body;
    assert_eq!((answered.status, &body["code"]), (status.as_u16(), &json!(code)), "{body}");
    assert_eq!(answered.headers[header::CONTENT_TYPE], "application/problem+json");
    assert_eq!(body["status"], status.as_u16());
    assert_eq!(body["type"], format!("urn:stepwise:problem:{code}"));
    for name in ["title", "detail"] {
        assert!(body[name].as_str().is_some_and(|text| !text.is_empty()), "{name}: {body}");
    }
    assert_eq!(answered.headers["x-request-id"], body["request_id"].as_str().unwrap());
    assert_eq!(answered.headers[header::CACHE_CONTROL], "no-store");
}

#[tokio::test]
async fn nobody_comes_in_without_the_token() {
    let routes = routes(Some(TOKEN));
    for path in ["/api/v1/boards", "/api/v1/customers/wm1", "/api/v1/nowhere", "/api/v1/tasks?userid=a"] {
        let bare = Request::get(path).body(Body::empty()).unwrap();
        let answered = ask(&routes, bare).await;
        check_problem(&answered, StatusCode::UNAUTHORIZED, "unauthorized");
        assert_eq!(answered.headers[header::WWW_AUTHENTICATE], "Bearer");
    }
    let closed = self::routes(None);
    let answered = ask(&closed, request(Method::GET, "/api/v1/boards").body(Body::empty()).unwrap()).await;
    check_problem(&answered, StatusCode::UNAUTHORIZED, "unauthorized");
}

#[tokio::test]
async fn with_the_real_wecom_nobody_signs_in_as_anybody() {
    let routes = routes(Some(TOKEN));
    for (method, path) in [(Method::GET, "/api/v1/session/dev"), (Method::POST, "/api/v1/session/dev")] {
        for body in [r#"{"userid": "zhangsan"}"#, "no JSON at all"] {
            let answered = ask(&routes, json_request(method.clone(), path, body)).await;
            check_problem(&answered, StatusCode::NOT_FOUND, "not_found");
            assert!(!answered.headers.contains_key(header::SET_COOKIE));
        }
    }
}

#[tokio::test]
async fn what_is_not_there_or_not_taken_is_a_problem() {
    let routes = routes(Some(TOKEN));
    for path in ["/api/v1/nowhere", "/api/v1/customers", "/api/v2/boards", "/api/x", "/ingest/v2/events"] {
        let answered = ask(&routes, request(Method::GET, path).body(Body::empty()).unwrap()).await;
        check_problem(&answered, StatusCode::NOT_FOUND, "not_found");
    }
    for (method, path) in [
        (Method::POST, "/api/v1/boards"),
        (Method::GET, "/api/v1/undo"),
        (Method::DELETE, "/api/v1/customers/wm1/stage"),
        (Method::GET, "/ingest/v1/events"),
    ] {
        let answered = ask(&routes, request(method, path).body(Body::empty()).unwrap()).await;
        check_problem(&answered, StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed");
        assert!(answered.headers.contains_key(header::ALLOW));
    }
    for path in
        ["/api/v1/customers/a%23b", "/api/v1/customers/%E6%9D%8E", "/api/v1/sops/Price", "/api/v1/tasks/x"]
    {
        let answered = ask(&routes, request(Method::GET, path).body(Body::empty()).unwrap()).await;
        check_problem(&answered, StatusCode::NOT_FOUND, "not_found");
    }
    let answered = ask(&routes, request(Method::GET, "/api/v1/sops/%FF").body(Body::empty()).unwrap()).await;
    check_problem(&answered, StatusCode::BAD_REQUEST, "bad_request");
}

#[tokio::test]
async fn a_body_is_json_of_a_bounded_size_and_depth() {
    let routes = routes(Some(TOKEN));
    let path = "/api/v1/customers/wm1/stage";
    let put = |body: String| json_request(Method::PUT, path, body);
    let large = format!("{{\"board\": \"{}\"}}", "x".repeat(10 * 1024 * 1024));
    check_problem(&ask(&routes, put(large)).await, StatusCode::PAYLOAD_TOO_LARGE, "body_too_large");
    check_problem(&ask(&routes, put("{".into())).await, StatusCode::BAD_REQUEST, "malformed_json");
    let deep = format!("{}{}", "[".repeat(33), "]".repeat(33));
    check_problem(&ask(&routes, put(deep)).await, StatusCode::BAD_REQUEST, "json_too_deep");
    let answered = ask(&routes, put(json!({"board": "b", "stage": "s", "stgae": 1}).to_string())).await;
    check_problem(&answered, StatusCode::UNPROCESSABLE_ENTITY, "invalid");
    assert_eq!(answered.body["errors"][0]["pointer"], "/stgae");
    let plain = request(Method::PUT, path).header(header::CONTENT_TYPE, "text/plain");
    let answered = ask(&routes, plain.body("{}".into()).unwrap()).await;
    check_problem(&answered, StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type");
    let answered = ask(&routes, json_request(Method::PUT, "/api/v1/sops/price", "[]")).await;
    check_problem(&answered, StatusCode::BAD_REQUEST, "malformed_json");
}

#[tokio::test]
async fn queries_are_checked_before_the_store_is_asked() {
    let routes = routes(Some(TOKEN));
    for (path, pointer) in [
        ("/api/v1/tasks", "/userid"),
        ("/api/v1/tasks?userid=a%20b", "/userid"),
        ("/api/v1/customers/wm1/timeline?limit=0", "/limit"),
        ("/api/v1/customers/wm1/timeline?limit=201", "/limit"),
    ] {
        let answered = ask(&routes, request(Method::GET, path).body(Body::empty()).unwrap()).await;
        check_problem(&answered, StatusCode::UNPROCESSABLE_ENTITY, "invalid");
        assert_eq!(answered.body["errors"][0]["pointer"], pointer, "{path}");
    }
    let path = "/api/v1/customers/wm1/timeline?cursor=abc";
    let answered = ask(&routes, request(Method::GET, path).body(Body::empty()).unwrap()).await;
    check_problem(&answered, StatusCode::BAD_REQUEST, "bad_cursor");
    let path = "/api/v1/customers/wm1/timeline?limit=1&limit=2";
    let answered = ask(&routes, request(Method::GET, path).body(Body::empty()).unwrap()).await;
    check_problem(&answered, StatusCode::BAD_REQUEST, "bad_request");
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_a_reason_to_come_back() {
    let routes = routes(Some(TOKEN));
    let answered = ask(&routes, request(Method::GET, "/api/v1/boards").body(Body::empty()).unwrap()).await;
    check_problem(&answered, StatusCode::SERVICE_UNAVAILABLE, "unavailable");
    assert_eq!(answered.headers[header::RETRY_AFTER], "2");
    assert!(!answered.body.to_string().contains("127.0.0.1"));
}

#[tokio::test]
async fn undo_names_a_malformed_entry() {
    let routes = routes(Some(TOKEN));
    let answered = ask(&routes, json_request(Method::POST, "/api/v1/undo", r#"{"entry": "wm1"}"#)).await;
    check_problem(&answered, StatusCode::UNPROCESSABLE_ENTITY, "invalid");
    assert_eq!(answered.body["errors"][0]["pointer"], "/entry");
}

fn delivery(body: &str, signature: &str, timestamp: i64) -> Request<Body> {
    Request::post("/ingest/v1/events")
        .header(header::CONTENT_TYPE, "application/json")
        .header("x-stepwise-signature", signature)
        .header("x-stepwise-timestamp", timestamp.to_string())
        .body(body.to_owned().into())
        .unwrap()
}

fn signed(body: &str) -> Request<Body> {
    delivery(body, &sign(SECRET, &NOW.to_string(), body.as_bytes()), NOW)
}

#[tokio::test]
async fn unsigned_events_are_turned_away_unread_and_all_alike() {
    let routes = routes(Some(TOKEN));
    let nonsense = "no JSON at all";
    let good = sign(SECRET, &NOW.to_string(), nonsense.as_bytes());
    let mut seen = std::collections::BTreeSet::new();
    for request in [
        Request::post("/ingest/v1/events").body(nonsense.into()).unwrap(),
        request(Method::POST, "/ingest/v1/events").body(nonsense.into()).unwrap(),
        delivery(nonsense, "v1=00", NOW),
        delivery(nonsense, &good, NOW + 1),
        delivery(nonsense, &sign(SECRET, &(NOW - 301).to_string(), nonsense.as_bytes()), NOW - 301),
        delivery("other", &good, NOW),
    ] {
        let mut answered = ask(&routes, request).await;
        check_problem(&answered, StatusCode::UNAUTHORIZED, "bad_signature");
        answered.body["request_id"] = Value::Null;
        seen.insert(answered.body.to_string());
    }
    assert_eq!(seen.len(), 1);
    check_problem(
        &ask(&routes, delivery(nonsense, &good, NOW)).await,
        StatusCode::BAD_REQUEST,
        "malformed_json",
    );
}

#[tokio::test]
async fn each_event_has_its_own_verdict() {
    let routes = routes(Some(TOKEN));
    let body = json!({"events": [
        {"id": "e1", "type": "order.paid", "at": "2026-03-05T09:00:00+08:00", "customer": {"external_userid": "wm1"}},
        {"id": "e2", "type": "message.received", "at": "x", "customer": {"external_userid": "wm1"}},
        {"type": "message.received"}
    ]});
    let answered = ask(&routes, signed(&body.to_string())).await;
    assert_eq!(answered.status, 200, "{}", answered.body);
    let verdicts = answered.body["events"].as_array().unwrap();
    assert_eq!((&verdicts[0]["id"], &verdicts[0]["status"]), (&json!("e1"), &json!("rejected")));
    assert_eq!(verdicts[0]["reason"], "type_not_supported");
    assert_eq!(verdicts[1]["pointer"], "/at");
    assert_eq!((&verdicts[2]["id"], &verdicts[2]["reason"]), (&Value::Null, &json!("malformed")));
}

#[tokio::test]
async fn a_delivery_is_bounded() {
    let routes = routes(Some(TOKEN));
    let many = json!({"events": vec![json!({}); 101]}).to_string();
    let answered = ask(&routes, signed(&many)).await;
    check_problem(&answered, StatusCode::UNPROCESSABLE_ENTITY, "invalid");
    assert_eq!(answered.body["errors"][0]["pointer"], "/events");
    let large = format!("{{\"events\": [], \"x\": \"{}\"}}", "x".repeat(256 * 1024));
    check_problem(&ask(&routes, signed(&large)).await, StatusCode::PAYLOAD_TOO_LARGE, "body_too_large");
    // An event that could not be taken for want of a store comes again, whole.
    let body = json!({"events": [{"id": "e1", "type": "message.sent", "at": "2026-03-05T09:00:00+08:00",
        "customer": {"external_userid": "wm1"}, "attributes": {"staff": "zhangsan"}}]});
    let answered = ask(&routes, signed(&body.to_string())).await;
    check_problem(&answered, StatusCode::SERVICE_UNAVAILABLE, "unavailable");
}

#[tokio::test]
async fn a_query_parameter_that_is_not_known_is_refused_with_those_that_are() {
    let routes = routes(Some(TOKEN));
    for (method, path, unknown) in [
        (Method::GET, "/api/v1/boards?limti=3", "/limti"),
        (Method::HEAD, "/api/v1/boards/cars?fields=card", "/fields"),
        (Method::GET, "/api/v1/boards/cars/cards?stage=a&a~b/c=1", "/a~0b~1c"),
        (Method::DELETE, "/api/v1/rules/x?force=1", "/force"),
    ] {
        let answered = ask(&routes, request(method.clone(), path).body(Body::empty()).unwrap()).await;
        assert_eq!(answered.status, 422, "{path}");
        if method != Method::HEAD {
            check_problem(&answered, StatusCode::UNPROCESSABLE_ENTITY, "invalid");
            let error = &answered.body["errors"][0];
            assert_eq!((&error["pointer"], &error["code"]), (&json!(unknown), &json!("unknown_field")));
            assert!(error["candidates"].as_array().unwrap().contains(&json!("userid")), "{error}");
        }
    }
}

#[tokio::test]
async fn what_describes_the_interface_is_there_for_everybody_and_kept_by_who_has_it() {
    let routes = routes(None);
    let get = |path: &str, etag: Option<&str>| {
        let asked = Request::get(path);
        let asked = etag.iter().fold(asked, |asked, etag| asked.header(header::IF_NONE_MATCH, *etag));
        asked.body(Body::empty()).unwrap()
    };
    for (path, kind) in [
        ("/api/v1/openapi.json", "application/json"),
        ("/api/v1/schema/sop.json", "application/schema+json"),
        ("/api/docs", "text/html; charset=utf-8"),
        ("/api/docs/page.css", "text/css; charset=utf-8"),
        ("/api/docs/page.js", "text/javascript; charset=utf-8"),
    ] {
        let answered = ask(&routes, get(path, None)).await;
        assert_eq!((answered.status, &answered.headers[header::CONTENT_TYPE]), (200, &kind.parse().unwrap()));
        assert!(!answered.headers[header::CACHE_CONTROL].to_str().unwrap().contains("no-store"), "{path}");
        let etag = answered.headers[header::ETAG].to_str().unwrap();
        let again = ask(&routes, get(path, Some(etag))).await;
        assert_eq!((again.status, again.body), (304, Value::Null), "{path}");
    }
    let page = ask(&routes, get("/api/docs", None)).await;
    let policy = page.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
    let answered = ask(&routes, Request::post("/api/docs").body(Body::empty()).unwrap()).await;
    check_problem(&answered, StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed");
}
