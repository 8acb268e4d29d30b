//! Jobs: the same for many customers, by whoever is there, once for each.

mod found;
mod undo;
mod workers;

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};
use tests::{Answer, World, items, text};

use super::price::company;

const TAGS: &str = "/api/v1/customers/batch/tags";

/// The company with a tag for old customers, and so many of them, all friends of Zhang's.
async fn with_customers(count: usize) -> (World, Vec<String>) {
    let world = company().await;
    world.sim("tags", json!({"group": "兴趣", "name": "老客户"})).await;
    world.sim("tags", json!({"group": "兴趣", "name": "SUV"})).await;
    let mut ids = Vec::new();
    for n in 0..count {
        let id = format!("wm{n:03}");
        world.customer(&id, &format!("客户{n}"), "zhang").await;
        ids.push(id);
    }
    (world, ids)
}

/// The job when it is over.
async fn finished(world: &World, job: &Value) -> Value {
    world.machine.settle().await.unwrap();
    let job = world.get(&format!("/api/v1/jobs/{}", text(&job["id"]))).await.ok();
    assert!(["done", "failed", "cancelled"].contains(&&*text(&job["state"])), "{job:#}");
    job
}

async fn results(world: &World, job: &Value, query: &str) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/jobs/{}/results?{query}{cursor}", text(&job["id"]));
        let page = world.get(&path).await.ok();
        all.extend(items(&page["items"]));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

/// Somebody who is signed in: their cookie, and the token of their pages.
struct Session {
    cookie: String,
    csrf: String,
}

async fn sign_in(world: &World, userid: &str) -> Session {
    let request = http::Request::post(format!("{}/api/v1/session/dev", world.machine.address))
        .header("content-type", "application/json")
        .body(Bytes::from(json!({"userid": userid}).to_string()));
    let answer = world.raw(request.unwrap()).await;
    let cookie = answer.headers["set-cookie"].split(';').next().unwrap().to_owned();
    Session { cookie, csrf: text(&answer.ok()["csrf_token"]) }
}

async fn send_as(world: &World, session: &Session, method: Method, path: &str, body: Value) -> Answer {
    let request = http::Request::builder()
        .method(method)
        .uri(format!("{}{path}", world.machine.address))
        .header("content-type", "application/json")
        .header("cookie", &session.cookie)
        .header("x-csrf-token", &session.csrf)
        .body(if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) });
    world.raw(request.unwrap()).await
}

#[tokio::test]
async fn many_customers_get_their_tags_and_every_phone_shows_them() {
    let (world, ids) = with_customers(12).await;
    world.post("/api/v1/customers/wm003/tags", json!({"add": ["兴趣/老客户"]})).await.ok();
    let wanted = json!({"customers": ids, "add": ["兴趣/老客户"], "reason": "三月老客户回访"});
    let begun = world.post(TAGS, wanted).await;
    let job = begun.body.clone();
    assert_eq!(begun.headers["location"], format!("/api/v1/jobs/{}", text(&job["id"])));
    assert_eq!((begun.status, &job["total"], &job["reason"]), (202, &json!(12), &json!("三月老客户回访")));
    assert_eq!(job["what"]["add"][0]["name"], "兴趣/老客户");

    let job = finished(&world, &job).await;
    assert_eq!((&job["state"], &job["done"]), (&json!("done"), &json!(12)));
    assert_eq!(job["counts"], json!({"changed": 11, "unchanged": 1, "refused": 0, "failed": 0}));
    let told = results(&world, &job, "limit=5").await;
    let customers: Vec<String> = told.iter().map(|result| text(&result["customer"])).collect();
    assert_eq!(customers, ids, "in the order given, each once");
    let unchanged = results(&world, &job, "outcome=unchanged").await;
    assert_eq!((unchanged.len(), &unchanged[0]["customer"]), (1, &json!("wm003")));

    world.until(world.now().plus_mins(1)).await;
    for id in &ids {
        assert_eq!(world.tags(id).await, ["兴趣/老客户"], "{id}");
        assert_eq!(world.wecom_tags(id, "zhang").await, ["兴趣/老客户"], "{id}");
        assert_eq!(world.facts(id, "tagged").await.len(), 1, "{id}");
    }
    // What was done to one of them can be taken back.
    let entry = json!({"entry": told[5]["entry"]});
    world.post("/api/v1/undo", entry).await.ok();
    assert!(world.tags("wm005").await.is_empty());
}

#[tokio::test]
async fn the_tag_of_a_stage_moves_the_cards_of_many_and_their_sops_begin() {
    let (world, ids) = with_customers(3).await;
    let job = world.post(TAGS, json!({"customers": ids, "add": ["客户状态/考虑价格"]})).await.ok();
    finished(&world, &job).await;
    for id in &ids {
        assert_eq!(world.stage(id, "sales").await.as_deref(), Some("price"));
        assert_eq!(world.enrollments(id).await.len(), 1);
    }
    // The first step is offered in time, though nobody set an alarm for each of them.
    world.until(world.now().plus_mins(40)).await;
    assert_eq!(world.tasks("zhang").await.len(), 3);
    assert_eq!(world.wecom_tags("wm000", "zhang").await, ["客户状态/考虑价格"]);
}

#[tokio::test]
async fn a_customer_who_is_refused_holds_up_nobody() {
    let (world, _) = with_customers(2).await;
    let many = json!({"customers": ["wm000", "wmNobody", "wm001", "wm000"], "add": ["兴趣/SUV"]});
    let job = world.post(TAGS, many).await.ok();
    let job = finished(&world, &job).await;
    assert_eq!(job["counts"], json!({"changed": 2, "unchanged": 0, "refused": 1, "failed": 0}));
    let refused = results(&world, &job, "outcome=refused").await;
    assert_eq!(refused.len(), 1);
    assert_eq!((&refused[0]["customer"], &refused[0]["entry"]), (&json!("wmNobody"), &Value::Null));
    assert_eq!(refused[0]["trouble"]["code"], "not_found");
    assert_eq!(world.get("/api/v1/customers/wmNobody").await.status, 404, "nobody was made of it");
}

#[tokio::test]
async fn what_is_wrong_with_the_request_is_said_at_once_and_nothing_begins() {
    let (world, _) = with_customers(1).await;
    for (body, pointer, code) in [
        (json!({"customers": ["wm000"], "add": ["兴趣/老客"]}), "/add/0", "unknown_tag"),
        (json!({"customers": ["wm000"]}), "/add", "empty"),
        (json!({"customers": [], "add": ["兴趣/SUV"]}), "/customers", "empty"),
        (json!({"customers": vec!["wm000"; 10_001], "add": ["兴趣/SUV"]}), "/customers", "too_many"),
        (json!({"customers": ["wm000", "王先生"], "add": ["兴趣/SUV"]}), "/customers/1", "bad_value"),
        (json!({"customers": ["wm000"], "add": ["兴趣/SUV"], "raeson": "x"}), "/raeson", "unknown_field"),
    ] {
        let problem = world.post(TAGS, body).await.refused(422);
        let error = &problem["errors"][0];
        assert_eq!((text(&error["pointer"]), text(&error["code"])), (pointer.into(), code.into()));
        if code == "unknown_tag" {
            assert_eq!(error["candidates"][0], "兴趣/老客户");
        }
    }
    assert!(items(&world.get("/api/v1/jobs").await.ok()["items"]).is_empty());
    let problem = world.get("/api/v1/jobs/x?outcome=good").await;
    assert!(problem.status == 404 || problem.status == 422);
}

#[tokio::test]
async fn a_request_that_comes_again_under_its_key_is_one_job() {
    let (world, ids) = with_customers(2).await;
    let send = |key: &'static str, body: Value| {
        let world = &world;
        async move { world.send(Method::POST, TAGS, &[("idempotency-key", key)], Some(&body)).await }
    };
    let body = json!({"customers": ids, "add": ["兴趣/SUV"]});
    let first = send("k", body.clone()).await.ok();
    finished(&world, &first).await;
    world.post("/api/v1/customers/wm000/tags", json!({"remove": ["兴趣/SUV"]})).await.ok();
    let again = send("k", body.clone()).await;
    assert_eq!((again.status, &again.body["id"]), (202, &first["id"]));
    finished(&world, &first).await;
    assert!(world.tags("wm000").await.is_empty(), "what somebody changed since stays changed");
    let other = send("k", json!({"customers": ids, "add": ["兴趣/老客户"]})).await.refused(422);
    assert_eq!(other["code"], "idempotency_mismatch");
    assert_ne!(send("l", body).await.ok()["id"], first["id"]);
    assert_eq!(items(&world.get("/api/v1/jobs").await.ok()["items"]).len(), 2);
}

#[tokio::test]
async fn staff_reach_their_own_customers_and_see_their_own_jobs() {
    let (world, _) = with_customers(2).await;
    world.customer("wmLi", "李四的客户", "li").await;
    let (zhang, li) = (sign_in(&world, "zhang").await, sign_in(&world, "li").await);
    let wanted = json!({"customers": ["wm000", "wmLi", "wm001"], "add": ["兴趣/SUV"]});
    let job = send_as(&world, &zhang, Method::POST, TAGS, wanted).await.ok();
    let job = finished(&world, &job).await;
    assert_eq!(job["counts"], json!({"changed": 2, "unchanged": 0, "refused": 1, "failed": 0}));
    let refused = results(&world, &job, "outcome=refused").await;
    assert_eq!(refused[0]["trouble"]["code"], "not_found", "as if there were no such customer");
    assert!(world.tags("wmLi").await.is_empty());
    assert_eq!((&job["by"]["who"], &job["by"]["id"]), (&json!("staff"), &json!("zhang")));

    let path = format!("/api/v1/jobs/{}", text(&job["id"]));
    for (session, status, jobs) in [(&zhang, 200, 1), (&li, 404, 0)] {
        for path in [path.clone(), format!("{path}/results")] {
            assert_eq!(send_as(&world, session, Method::GET, &path, Value::Null).await.status, status);
        }
        let list = send_as(&world, session, Method::GET, "/api/v1/jobs", Value::Null).await.ok();
        assert_eq!(items(&list["items"]).len(), jobs);
    }
    let cancel = format!("{path}/cancel");
    assert_eq!(send_as(&world, &li, Method::POST, &cancel, Value::Null).await.status, 404);
    let over = send_as(&world, &zhang, Method::POST, &cancel, Value::Null).await.ok();
    assert_eq!(over["state"], "done", "what is over stays as it is");
}

#[tokio::test]
async fn a_job_whose_tags_are_gone_fails_as_a_whole_and_says_why() {
    let (world, ids) = with_customers(1).await;
    let app = &world.machine.app;
    let what =
        store::JobKind::EditTags { add: ["etGone".into()].into(), remove: [].into(), expires_at: None };
    let customers = app::Whom::Named(ids.iter().map(|id| id.as_str().into()).collect());
    let new = app::NewJob { what, customers, reason: None, sight: None, request: None };
    let (job, _) = app.start_job(new, &app::Author::stepwise()).await.unwrap();
    let job = finished(&world, &json!({"id": job.id.as_str()})).await;
    assert_eq!((&job["state"], &job["trouble"]["code"]), (&json!("failed"), &json!("tags_deleted")));
    assert_eq!(job["done"], 0);
}
