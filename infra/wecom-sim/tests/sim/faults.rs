use serde_json::{Value, json};

use crate::bench::Bench;

async fn marked(bench: &Bench) -> Value {
    bench.look("contacts/wmAnna").await["relations"][0]["tag_names"].clone()
}

fn mark(tag: &str) -> String {
    json!({"userid": "LiMing", "external_userid": "wmAnna", "add_tag": [tag]}).to_string()
}

#[tokio::test]
async fn an_error_code_strikes_as_often_as_ordered() {
    let (bench, _) = Bench::befriended().await;
    let tag = bench.app_tag("状态", "新").await;
    bench.control("faults", json!({"api": "mark_tag", "errcode": 45009, "times": 2})).await;
    assert_eq!(bench.mark(&tag).await["errcode"], 45009);
    assert_eq!(bench.get("user/get", "userid=LiMing").await["errcode"], 0, "others are spared");
    assert_eq!(bench.mark(&tag).await["errcode"], 45009);
    assert_eq!(marked(&bench).await, json!([]));
    assert_eq!(bench.mark(&tag).await["errcode"], 0);
}

#[tokio::test]
async fn a_timeout_before_applies_nothing_and_one_after_applies_everything() {
    let (bench, _) = Bench::befriended().await;
    let tag = bench.app_tag("状态", "新").await;
    for (when, effect) in [("before", json!([])), ("after", json!(["状态/新"]))] {
        let fault = format!("timeout_{when}");
        bench.control("faults", json!({"api": "mark_tag", fault.clone(): true, "times": 1})).await;
        let (status, headers, body) = bench.post_raw("externalcontact/mark_tag", &mark(&tag)).await;
        assert_eq!(status, 599);
        assert_eq!(headers["x-sim-timeout"], when);
        assert_eq!(body, "");
        assert_eq!(marked(&bench).await, effect);
        let calls = bench.look("calls?api=mark_tag").await;
        let last = calls["items"].as_array().and_then(|all| all.last());
        assert_eq!(last.expect("a call")["fault"], fault);
    }
}

#[tokio::test]
async fn an_error_code_after_the_effect_applies_everything_and_leaves_other_refusals_as_they_are() {
    let (bench, _) = Bench::befriended().await;
    let tag = bench.app_tag("状态", "新").await;
    bench.control("faults", json!({"api": "mark_tag", "errcode_after": -1, "times": 2})).await;
    assert_eq!(bench.mark(&tag).await["errcode"], -1);
    assert_eq!(marked(&bench).await, json!(["状态/新"]));
    let calls = bench.look("calls?api=mark_tag").await;
    assert_eq!(calls["items"][0]["fault"], "errcode_after -1");
    let refused = json!({"userid": "nobody", "external_userid": "wmAnna", "add_tag": [tag]});
    let refused = bench.post("externalcontact/mark_tag", refused).await;
    assert!(![json!(0), json!(-1)].contains(&refused["errcode"]), "{refused}");
}

#[tokio::test]
async fn http_errors_and_garbage_are_no_json() {
    let (bench, _) = Bench::befriended().await;
    bench.control("faults", json!({"api": "*", "http_status": 502, "times": 1})).await;
    let path = "/sim/cgi-bin/gettoken";
    let (status, _, _) = bench.request("GET", path, None).await;
    assert_eq!(status, 502);
    bench.control("faults", json!({"api": "gettoken", "garbage": true, "times": 1})).await;
    let (status, _, body) = bench.request("GET", path, None).await;
    assert_eq!(status, 200);
    assert!(serde_json::from_str::<Value>(&body).is_err());
}

#[tokio::test]
async fn a_rate_strikes_some_and_the_same_ones_in_every_run() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let bench = Bench::new();
        bench.people().await;
        bench.control("faults", json!({"api": "user/get", "errcode": -1, "rate": 0.3})).await;
        let mut codes = Vec::new();
        for _ in 0..60 {
            let answer = bench.get("user/get", "userid=LiMing").await;
            codes.push(answer["errcode"].as_i64());
        }
        let struck = codes.iter().filter(|code| **code == Some(-1)).count();
        assert!((8..30).contains(&struck), "{struck}");
        runs.push(codes);
    }
    assert_eq!(runs[0], runs[1]);
}

#[tokio::test]
async fn trouble_without_a_count_lasts_until_it_is_removed() {
    let bench = Bench::new();
    bench.people().await;
    bench.control("faults", json!({"api": "user/get", "errcode": 60020})).await;
    for _ in 0..4 {
        let answer = bench.get("user/get", "userid=LiMing").await;
        assert_eq!(answer["errcode"], 60020);
    }
    let active = bench.look("faults").await;
    assert_eq!(active["items"][0]["strikes"], 4);
    let (status, _, _) = bench.request("DELETE", "/sim/control/faults", None).await;
    assert_eq!(status, 200);
    let answer = bench.get("user/get", "userid=LiMing").await;
    assert_eq!(answer["errcode"], 0);
}

#[tokio::test]
async fn an_unclear_order_is_refused() {
    let bench = Bench::new();
    for body in [
        json!({"api": "mark_tag"}),
        json!({"api": "mark_tag", "errcode": 1, "garbage": true}),
        json!({"callbacks": "shred"}),
        json!({"errcode": 1, "rate": 2}),
        json!({"errcode": 1, "times": 0}),
        json!({"http_status": 1}),
    ] {
        let (status, problem) = bench.try_control("faults", body.clone()).await;
        assert_eq!(status, 400, "{body}");
        assert!(problem["field"].is_string());
    }
}
