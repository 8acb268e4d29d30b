//! What no client sends and every fuzzer does: refused in words, and the world goes on.

use serde_json::json;

use crate::bench::Bench;

#[tokio::test]
async fn a_message_of_the_wrong_shape_is_refused() {
    let (bench, _) = Bench::befriended().await;
    for (msgtype, body) in [
        ("news", json!(1)),
        ("news", json!([1])),
        ("news", json!("x")),
        ("mpnews", json!(true)),
        ("textcard", json!(7)),
        ("template_card", json!([])),
    ] {
        let message = json!({"touser": "LiMing", "agentid": 1_000_002, "msgtype": msgtype, msgtype: body});
        let answer = bench.post("message/send", message).await;
        assert_ne!(answer["errcode"], 0, "{msgtype} {body}");
    }
}

#[tokio::test]
async fn times_at_the_ends_of_the_numbers_are_only_times() {
    let (bench, _) = Bench::befriended().await;
    for (start, end) in [(i64::MIN, 0), (0, i64::MAX), (i64::MIN, i64::MAX), (i64::MAX, i64::MIN)] {
        let span = json!({"start_time": start, "end_time": end});
        let listed = bench.post("externalcontact/list_contact_way", span.clone()).await;
        assert!(listed["errcode"].is_i64(), "{span}");
        let mut span = span;
        span["chat_type"] = json!("single");
        let listed = bench.post("externalcontact/get_groupmsg_list_v2", span).await;
        assert_ne!(listed["errcode"], 0, "more than a month");
    }
}

#[tokio::test]
async fn trouble_lasts_no_longer_than_a_year() {
    let bench = Bench::new();
    for seconds in [i64::MAX, 31_536_001] {
        let fault = json!({"callbacks": "delay", "seconds": seconds});
        assert_eq!(bench.try_control("faults", fault).await.0, 422);
    }
    let latency = json!({"latency_ms": 9_223_372_036_854_775_808_u64});
    assert_eq!(bench.try_control("limits", latency).await.0, 422);
}

#[tokio::test]
async fn made_up_apis_and_large_bodies_do_not_pile_up() {
    let bench = Bench::new();
    let large = format!("[{}1]", "1,".repeat(50_000));
    for n in 0..3 {
        bench.request("POST", &format!("/sim/cgi-bin/nothing{n}"), Some(&large)).await;
    }
    let limits = bench.look("limits").await;
    assert_eq!(limits["apis"]["unknown"]["total"], 3);
    assert!(limits["apis"]["nothing0"].is_null());
    let calls = bench.look("calls").await;
    assert!(calls.to_string().len() < 20_000, "{}", calls.to_string().len());
}
