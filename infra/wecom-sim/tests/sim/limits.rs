use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::bench::Bench;
use crate::callers::code;

const FOLLOWERS: &str = "externalcontact/get_follow_user_list";
/// The bench begins at 16:53:20 in China: so many seconds to the next minute, hour and midnight.
const TO_MINUTE: i64 = 40;
const TO_HOUR: i64 = 400;
const TO_MIDNIGHT: i64 = 25_600;

async fn call(bench: &Bench) -> i64 {
    code(&bench.get(FOLLOWERS, "").await)
}

#[tokio::test]
async fn the_real_figures_are_in_force_unless_somebody_changes_them() {
    let bench = Bench::new();
    let caps = bench.look("limits").await["caps"].clone();
    assert_eq!(caps["api"]["minute"], 10_000);
    assert_eq!(caps["api"]["hour"], 150_000);
    assert_eq!(caps["tickets_of_corp"]["hour"], 400);
    assert_eq!(caps["tickets_of_app"]["hour"], 100);
    assert_eq!(caps["debug"]["minute"], 5);
    assert_eq!(bench.look("limits").await["concurrency"], Value::Null);

    bench.control("limits", json!({"api": {"minute": 7}})).await;
    let changed = bench.look("limits").await["caps"]["api"].clone();
    assert_eq!(changed, json!({"minute": 7, "hour": null, "day": null, "month": null}));
    bench.control("limits", json!({"reset": true})).await;
    assert_eq!(bench.look("limits").await["caps"], caps);
}

#[tokio::test]
async fn the_call_after_the_last_of_a_minute_is_refused_and_sixty_seconds_long() {
    let bench = Bench::new();
    bench.control("limits", json!({FOLLOWERS: {"minute": 3}})).await;
    bench.pass(TO_MINUTE);
    for _ in 0..3 {
        assert_eq!(call(&bench).await, 0);
    }
    bench.pass(10);
    assert_eq!(call(&bench).await, 45009);
    let blocked = bench.look("limits").await["blocked"].clone();
    assert_eq!(blocked, json!({format!("api {FOLLOWERS}"): "2025-10-09T08:55:10.000Z"}));
    bench.pass_ms(59_999);
    assert_eq!(call(&bench).await, 45009, "also in the next minute");
    bench.pass_ms(1);
    assert_eq!(call(&bench).await, 0, "what was refused did not prolong it");
    let other = bench.get("externalcontact/list", "userid=nobody").await;
    assert_eq!(code(&other), 60111, "other APIs have limits of their own");
}

#[tokio::test]
async fn an_hour_s_block_lasts_sixty_minutes_and_a_day_s_until_midnight_in_china() {
    for (cap, until) in [
        (json!({"hour": 2}), 3600),
        (json!({"day": 2}), TO_MIDNIGHT),
        (json!({"month": 2}), 30 * 86_400),
        (json!({"minute": 2, "hour": 2}), 3600),
    ] {
        let bench = Bench::new();
        bench.control("limits", json!({FOLLOWERS: cap})).await;
        assert_eq!([call(&bench).await, call(&bench).await, call(&bench).await], [0, 0, 45009], "{cap}");
        bench.pass(until - 1);
        assert_eq!(call(&bench).await, 45009, "{cap}");
        bench.pass(1);
        assert_eq!(call(&bench).await, 0, "{cap}");
    }
}

#[tokio::test]
async fn ten_thousand_calls_fit_into_a_minute_and_no_more() {
    let bench = Bench::new();
    let token = bench.token().await;
    let (router, path) = (bench.sim.router(), format!("/sim/cgi-bin/{FOLLOWERS}?access_token={token}"));
    for _ in 0..10_000 {
        let request = Request::get(&path).body(Body::empty()).expect("a request");
        router.clone().oneshot(request).await.expect("an answer");
    }
    let logged = bench.look(&format!("calls?api={FOLLOWERS}")).await;
    assert!(logged["items"].as_array().is_some_and(|all| all.iter().all(|call| call["errcode"] == 0)));
    assert_eq!(call(&bench).await, 45009);
}

#[tokio::test]
async fn the_console_lifts_blocks() {
    let bench = Bench::new();
    bench.control("limits", json!({FOLLOWERS: {"hour": 1}})).await;
    assert_eq!([call(&bench).await, call(&bench).await], [0, 45009]);
    let after = bench.control("limits", json!({"lift": true})).await;
    assert_eq!(after["blocked"], json!({}));
    assert_eq!(after["caps"][FOLLOWERS]["hour"], 1);
    assert_eq!(call(&bench).await, 0);
}

#[tokio::test]
async fn messages_to_members_do_not_count_in_the_base_rate() {
    let (bench, _) = Bench::befriended().await;
    let token = bench.token().await;
    bench.control("limits", json!({"api": {"minute": 0}})).await;
    let path = format!("/sim/cgi-bin/message/send?access_token={token}");
    let text =
        json!({"touser": "liming", "agentid": 1_000_002, "msgtype": "text", "text": {"content": "你好"}});
    let (_, _, answer) = bench.request("POST", &path, Some(&text.to_string())).await;
    assert!(answer.contains("\"errcode\":0"), "{answer}");
    let other = bench.get_from("127.0.0.1", &format!("{FOLLOWERS}?access_token={token}")).await;
    assert_eq!(code(&other), 45009);
}

#[tokio::test]
async fn debugging_is_for_five_calls_a_minute() {
    let bench = Bench::new();
    let debug = || bench.get(FOLLOWERS, "debug=1");
    for _ in 0..5 {
        assert_eq!(code(&debug().await), 0);
    }
    assert_eq!(code(&debug().await), 45009);
    assert_eq!(call(&bench).await, 0, "without debug=1 nothing is amiss");
    bench.pass(60);
    assert_eq!(code(&debug().await), 0);
}

#[tokio::test]
async fn calls_that_set_out_together_may_be_too_many() {
    let bench = Bench::new();
    let token = bench.token().await;
    bench.control("limits", json!({"concurrency": 3})).await;
    let path = format!("{FOLLOWERS}?access_token={token}");
    let one = || bench.get_from("127.0.0.1", &path);
    let together: [Value; 5] = tokio::join!(one(), one(), one(), one(), one()).into();
    let codes: Vec<i64> = together.iter().map(code).collect();
    assert_eq!(codes, [0, 0, 0, 45033, 45033]);
    assert_eq!(code(&one().await), 0, "one after the other they pass");
    let logged = bench.look(&format!("calls?api={FOLLOWERS}")).await;
    assert_eq!(logged["items"].as_array().map(Vec::len), Some(6), "all are in the log");
}

#[tokio::test]
async fn a_slow_answer_keeps_its_call_under_way() {
    let bench = Bench::new();
    let token = bench.token().await;
    bench.control("limits", json!({"concurrency": 1, "latency_ms": 1})).await;
    let path = format!("{FOLLOWERS}?access_token={token}");
    let one = || bench.get_from("127.0.0.1", &path);
    let (first, second) = tokio::join!(one(), one());
    assert_eq!([code(&first), code(&second)], [0, 45033]);
    assert_eq!(code(&one().await), 0);
}

#[tokio::test]
async fn limits_that_nobody_knows_are_refused() {
    let bench = Bench::new();
    for (body, field) in [
        (json!({"no/such_api": {"minute": 1}}), "no/such_api"),
        (json!({"api": 5}), "api"),
        (json!({"api": {"week": 5}}), "api"),
        (json!({"api": {"minute": -5}}), "api"),
        (json!({"concurrency": "many"}), "concurrency"),
    ] {
        let (status, problem) = bench.try_control("limits", body.clone()).await;
        assert_eq!((status, problem["field"].as_str()), (400, Some(field)), "{body}");
    }
}

#[tokio::test]
async fn blocks_and_changed_limits_outlive_a_restart() {
    let bench = Bench::new();
    bench.control("limits", json!({FOLLOWERS: {"hour": 1}})).await;
    assert_eq!([call(&bench).await, call(&bench).await], [0, 45009]);
    let copy = Bench::new();
    copy.sim.restore(bench.sim.snapshot()).expect("its own snapshot");
    copy.pass(TO_HOUR);
    assert_eq!(call(&copy).await, 45009);
    assert_eq!(copy.look("limits").await["caps"][FOLLOWERS]["hour"], 1);
}
