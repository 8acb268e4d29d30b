use std::sync::Arc;

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::bench::{Bench, Runner, START_MS};

fn with_runner(bench: &Bench) -> Arc<Runner> {
    let runner = Arc::new(Runner::default());
    bench.sim.set_hooks(runner.clone());
    runner
}

#[tokio::test]
async fn what_people_say_goes_out_as_signed_events() {
    let (bench, _) = Bench::befriended().await;
    let said = bench.control("customers/wmAnna/say", json!({"userid": "liming", "text": "多少钱？"})).await;
    assert_eq!(said["delivery"]["fate"], "delivered");
    bench.control("staff/LiMing/say", json!({"external_userid": "wmAnna", "text": "九十九"})).await;
    let posts = bench.posts();
    assert_eq!(posts.len(), 2);
    let mut ids = Vec::new();
    for (post, (kind, text)) in
        posts.iter().zip([("message.received", "多少钱？"), ("message.sent", "九十九")])
    {
        assert_eq!(post.url, "http://product/ingest/v1/events");
        let header = |name: &str| {
            let found = post.headers.iter().find(|(known, _)| known == name);
            found.expect(name).1.clone()
        };
        let timestamp = header("X-Stepwise-Timestamp");
        assert_eq!(timestamp, (START_MS / 1000).to_string());
        let mut mac = Hmac::<Sha256>::new_from_slice(b"ingest-secret").expect("a key");
        mac.update(b"v1:");
        mac.update(timestamp.as_bytes());
        mac.update(b":");
        mac.update(post.body.as_bytes());
        let expected = format!("v1={}", hex::encode(mac.finalize().into_bytes()));
        assert_eq!(header("X-Stepwise-Signature"), expected);

        let body: Value = serde_json::from_str(&post.body).expect("JSON");
        let event = &body["events"][0];
        assert_eq!(event["type"], kind);
        assert_eq!(event["at"], "2025-10-09T08:53:20.000Z");
        assert_eq!(event["customer"], json!({"external_userid": "wmAnna"}));
        assert_eq!(event["attributes"], json!({"staff": "LiMing", "text": text}));
        ids.push(event["id"].clone());
    }
    assert_ne!(ids[0], ids[1]);
    assert_eq!(said["event_id"], ids[0]);
    let inbox = bench.look("customers/wmAnna/inbox").await;
    assert_eq!(inbox["items"].as_array().map(Vec::len), Some(1));
    assert_eq!(inbox["items"][0]["text"], "九十九");
    let desk = bench.look("staff/LiMing/inbox").await;
    assert_eq!(desk["chats"][0]["text"], "多少钱？");
    assert_eq!(desk["items"], json!([]));
}

#[tokio::test]
async fn an_event_found_wrong_is_not_repeated() {
    let (bench, _) = Bench::befriended().await;
    bench.answer_next([Ok((401, b"bad signature".to_vec()))]);
    let said = bench.control("customers/wmAnna/say", json!({"userid": "LiMing", "text": "在吗"})).await;
    assert_eq!(said["delivery"]["fate"], "given_up");
    assert_eq!(said["delivery"]["attempts"][0]["detail"], "bad signature");
    assert_eq!(bench.sim.next_event_at(), None);
}

#[tokio::test]
async fn nobody_talks_across_an_ended_contact() {
    let (bench, _) = Bench::befriended().await;
    bench.control("customers/wmAnna/block", json!({"userid": "LiMing"})).await;
    bench.forget();
    let (status, _) =
        bench.try_control("staff/LiMing/say", json!({"external_userid": "wmAnna", "text": "喂"})).await;
    assert_eq!(status, 409);
    assert_eq!(bench.posts(), []);
}

#[tokio::test]
async fn complaints_name_the_field() {
    let (bench, _) = Bench::befriended().await;
    for (path, body, status, field) in [
        ("staff", json!({"userid": "李明"}), 400, "userid"),
        ("staff", json!({}), 400, "userid"),
        ("customers", json!({"external_userid": "a b"}), 400, "external_userid"),
        ("customers/wmNo/add", json!({"userid": "LiMing"}), 404, "external_userid"),
        ("customers/wmAnna/add", json!({"userid": "no"}), 404, "userid"),
        ("customers/wmAnna/say", json!({"userid": "LiMing"}), 400, "text"),
        ("staff/LiMing/licence", json!({}), 400, "on"),
        ("tags", json!({"group": "g"}), 400, "name"),
        ("tags", json!({"group": "g", "action": "melt"}), 400, "action"),
        ("tags", json!({"group": "g", "action": "delete"}), 404, "group"),
        ("no/such", json!({}), 404, "path"),
    ] {
        let (code, problem) = bench.try_control(path, body.clone()).await;
        assert_eq!(code, status, "{path} {body} {problem}");
        assert_eq!(problem["field"], field, "{path} {body}");
        assert!(problem["detail"].is_string());
    }
    let (status, _, text) = bench.request("POST", "/sim/control/staff", Some("{")).await;
    assert_eq!(status, 400);
    assert!(text.contains("not JSON"));
    let (status, _, text) = bench.request("GET", "/sim/control/staff", None).await;
    assert_eq!(status, 405);
    assert!(text.contains("detail"));
}

#[tokio::test]
async fn a_control_call_answers_when_all_has_settled() {
    let bench = Bench::new();
    let runner = with_runner(&bench);
    bench.people().await;
    assert_eq!(runner.settled.lock().expect("lock").len(), 2);
    *runner.open.lock().expect("lock") = Some("inbox entry 7".to_owned());
    let (status, problem) = bench.try_control("customers/wmAnna/add", json!({"userid": "LiMing"})).await;
    assert_eq!(status, 504);
    let detail = problem["detail"].as_str().expect("a text");
    assert!(detail.contains("inbox entry 7"));
    assert_eq!(bench.posts().len(), 1, "what happened has happened");
}

#[tokio::test]
async fn one_click_sends_the_task_and_reports_it() {
    let (bench, _) = Bench::befriended().await;
    let runner = with_runner(&bench);
    let task = json!({"external_userid": "wmAnna", "task": "t/1"});
    bench.control("staff/liming/send", task.clone()).await;
    let inbox = bench.look("customers/wmAnna/inbox").await;
    assert_eq!(inbox["items"][0]["text"], "第一天的内容");
    assert_eq!(inbox["items"][0]["via"], "sidebar");
    let asked = runner.asked.lock().expect("lock").clone();
    let (method, path, body) = asked.last().expect("a report");
    assert_eq!(method, "POST");
    assert_eq!(path, "/api/v1/tasks/t%2F1/sent?userid=LiMing");
    assert_eq!(*body, Some(json!({"evidence": "sdk_callback"})));
    let items = inbox["items"].as_array().expect("items");
    let sent: Vec<&Value> = items.iter().map(|message| &message["attachments"][0]).collect();
    let kinds: Vec<&Value> = sent.iter().map(|part| &part["msgtype"]).collect();
    assert_eq!(
        json!(kinds),
        json!([null, "link", "image", "miniprogram", "file"]),
        "each part as a message of its own"
    );
    assert_eq!(
        sent[1]["link"],
        json!({"title": "新品", "desc": null, "url": "https://p/l/x1", "picurl": "/b/1"})
    );
    assert_eq!(sent[4]["file"], json!({"name": "报价.pdf", "url": "/b/3"}));

    let wrong = json!({"external_userid": "wmAnna", "task": "t2"});
    let (status, problem) = bench.try_control("staff/LiMing/send", wrong).await;
    assert_eq!((status, &problem["field"]), (404, &json!("task")));

    bench.control("customers/wmAnna/block", json!({"userid": "LiMing"})).await;
    let (status, _) = bench.try_control("staff/LiMing/send", task).await;
    assert_eq!(status, 409);
    let inbox = bench.look("customers/wmAnna/inbox").await;
    assert_eq!(inbox["items"].as_array().map(Vec::len), Some(5));
}

#[tokio::test]
async fn what_a_todo_says_never_reaches_the_customer() {
    let (bench, _) = Bench::befriended().await;
    let runner = with_runner(&bench);
    for kind in [json!("todo"), json!("urgent"), Value::Null] {
        *runner.kind.lock().expect("lock") = kind.clone();
        let task = json!({"external_userid": "wmAnna", "task": "t/1"});
        let (status, problem) = bench.try_control("staff/LiMing/send", task).await;
        assert_eq!((status, &problem["field"]), (409, &json!("task")), "{kind}");
        let detail = problem["detail"].as_str().expect("a detail");
        assert!(detail.contains("nothing was sent") && detail.contains("/sent"), "{detail}");
    }
    assert_eq!(bench.look("customers/wmAnna/inbox").await["items"], json!([]));
    let asked = runner.asked.lock().expect("lock").clone();
    assert!(asked.iter().all(|(method, ..)| method == "GET"), "nothing is reported either: {asked:?}");
}

#[tokio::test]
async fn the_manual_clock_moves_forward_only() {
    let bench = Bench::new();
    let runner = with_runner(&bench);
    let (status, problem) = bench.try_control("clock/advance", json!({"seconds": 60})).await;
    assert_eq!(status, 409, "the clock is real");
    assert_eq!(problem["detail"], "clock is real");
    assert_eq!(bench.look("clock").await["manual"], false);

    *runner.clock.lock().expect("lock") = Some(bench.clock.clone());
    bench.sim.set_hooks(runner);
    assert_eq!(bench.look("clock").await["manual"], true);
    let moved = bench.control("clock/advance", json!({"seconds": 60})).await;
    assert_eq!(moved["now_ms"], START_MS + 60_000);
    let to = json!({"to": "2025-10-09T17:00:00+08:00"});
    let moved = bench.control("clock/advance", to.clone()).await;
    assert_eq!(moved["now"], "2025-10-09T09:00:00.000Z");
    let moved = bench.control("clock/advance", json!({"to": 1_760_001_000})).await;
    assert_eq!(moved["now_ms"], 1_760_001_000_000_i64);
    for bad in [to, json!({}), json!({"seconds": -1}), json!({"to": "soon"}), json!({"to": 1.5})] {
        let (status, _) = bench.try_control("clock/advance", bad).await;
        assert_eq!(status, 400);
    }
}

#[tokio::test]
async fn the_clock_goes_no_further_than_the_year_9999() {
    let bench = Bench::new();
    let runner = with_runner(&bench);
    *runner.clock.lock().expect("lock") = Some(bench.clock.clone());
    for far in [
        r#"{"seconds": 1e300}"#,
        r#"{"seconds": 1.7e308}"#,
        r#"{"seconds": 1e400}"#,
        r#"{"seconds": 9223372036854775807}"#,
        r#"{"to": 9223372036854775807}"#,
        r#"{"to": 18446744073709551615}"#,
        r#"{"to": 1e300}"#,
        r#"{"to": 253402300800}"#,
        r#"{"to": "9999-12-31T23:59:59-01:00"}"#,
    ] {
        let (status, _, text) = bench.request("POST", "/sim/control/clock/advance", Some(far)).await;
        assert_eq!(status, 422, "{far} {text}");
        assert_eq!(bench.look("clock").await["now_ms"], START_MS, "{far}");
    }
    let (_, problem) = bench.try_control("clock/advance", json!({"seconds": 1e300})).await;
    assert_eq!(problem["field"], "seconds");
    assert_eq!(problem["detail"], "the clock goes no further than 9999-12-31T23:59:59.999Z");
    let moved = bench.control("clock/advance", json!({"to": "9999-12-31T23:59:59Z"})).await;
    assert_eq!(moved["now"], "9999-12-31T23:59:59.000Z");
}

#[tokio::test]
async fn the_page_and_its_parts_are_served() {
    let (bench, _) = Bench::befriended().await;
    let (status, headers, page) = bench.request("GET", "/sim/", None).await;
    assert_eq!(status, 200);
    assert_eq!(headers["content-type"], "text/html; charset=utf-8");
    assert!(!page.contains("https://"), "nothing comes from elsewhere");
    for part in ["app.js", "dom.js", "phone.js", "desk.js", "product.js", "style.css"] {
        let path = format!("/sim/assets/{part}");
        let (status, _, text) = bench.request("GET", &path, None).await;
        assert_eq!(status, 200, "{part}");
        assert!(!text.is_empty());
    }
    let (status, _, _) = bench.request("GET", "/sim/assets/other.js", None).await;
    assert_eq!(status, 404);
    let (_, _, text) = bench.request("GET", "/sim/state", None).await;
    let state: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(state["staff"][0]["userid"], "LiMing");
    assert_eq!(state["customers"][0]["relations"][0]["userid"], "LiMing");
    assert_eq!(state["connected"], false);
}

#[tokio::test]
async fn the_page_reads_the_product_and_ends_tasks_by_hand_and_no_more() {
    let bench = Bench::new();
    let unreachable = "/sim/product?path=%2Fapi%2Fv1%2Fboards";
    let (status, _, _) = bench.request("GET", unreachable, None).await;
    assert_eq!(status, 503);
    let runner = with_runner(&bench);
    for (method, path, expected) in [
        ("GET", "/api/v1/boards", 200),
        ("GET", "/api/v1/tasks?userid=LiMing", 200),
        ("POST", "/api/v1/tasks/t1/skip?userid=LiMing", 200),
        ("POST", "/api/v1/tasks/t1/sent", 403),
        ("POST", "/api/v1/customers/x/stage?x=/skip", 403),
        ("POST", "/api/v1/tasks/../settings/skip", 403),
        ("GET", "/wecom/callback", 403),
        ("DELETE", "/api/v1/boards", 405),
    ] {
        let path = path.replace('?', "%3F").replace('&', "%26");
        let (status, _, _) = bench.request(method, &format!("/sim/product?path={path}"), Some("{}")).await;
        assert_eq!(status, expected, "{method} {path}");
    }
    assert_eq!(runner.asked.lock().expect("lock").len(), 3);

    let done = "/sim/product?path=/api/v1/tasks/t1/sent%3Fuserid=LiMing";
    for (body, expected) in [
        (r#"{"evidence": "staff_marked"}"#, 200),
        (r#"{"evidence": "sdk_callback"}"#, 403),
        ("{}", 403),
        ("", 403),
    ] {
        let (status, _, _) = bench.request("POST", done, Some(body)).await;
        assert_eq!(status, expected, "{body}");
    }
    let asked = runner.asked.lock().expect("lock").clone();
    let (method, path, body) = asked.last().expect("a report");
    assert_eq!((method.as_str(), path.as_str()), ("POST", "/api/v1/tasks/t1/sent?userid=LiMing"));
    assert_eq!(*body, Some(json!({"evidence": "staff_marked"})));
    assert_eq!(asked.len(), 4);
}
