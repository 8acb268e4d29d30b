use std::sync::atomic::Ordering;
use std::task::Poll;

use serde_json::{Value, json};

use crate::bench::{Bench, Post};

/// A day at the shop: what left, what was called, and what is left behind.
async fn script(bench: &Bench) -> (Vec<Post>, Value, Value) {
    bench.people().await;
    bench.control("faults", json!({"callbacks": "duplicate", "rate": 0.5})).await;
    bench.control("faults", json!({"api": "mark_tag", "timeout_after": true, "rate": 0.5})).await;
    bench.answer_next([Err("timed out".to_owned())]);
    for n in 0..5 {
        let id = format!("wm{n}");
        bench.control("customers", json!({"external_userid": id})).await;
        let added =
            bench.control(&format!("customers/{id}/add"), json!({"userid": "LiMing", "state": "expo"})).await;
        let welcome = json!({"welcome_code": added["welcome_code"], "text": {"content": "你好"}});
        bench.post("externalcontact/send_welcome_msg", welcome).await;
        let tag = bench.app_tag("状态", &format!("第{n}")).await;
        let mark = json!({"userid": "LiMing", "external_userid": id, "add_tag": [tag]});
        bench.post_raw("externalcontact/mark_tag", &mark.to_string()).await;
        bench.control(&format!("customers/{id}/say"), json!({"userid": "LiMing", "text": "在吗"})).await;
        bench.get("user/get", "userid=nobody").await;
        bench.pass(30);
        bench.sim.run_due().await;
    }
    (bench.posts(), bench.look("calls").await, bench.sim.snapshot())
}

#[tokio::test]
async fn two_runs_of_one_script_are_equal_to_the_byte() {
    let (first, second, other) = (Bench::new(), Bench::new(), Bench::seeded(43));
    let first = script(&first).await;
    assert_eq!(first, script(&second).await);
    let other = script(&other).await;
    assert_ne!(first.0, other.0, "another seed, other ciphertext");
    assert!(first.0.len() > 10);
}

#[tokio::test]
async fn a_snapshot_carries_everything_over() {
    let (bench, code) = Bench::befriended().await;
    let tag = bench.app_tag("状态", "新").await;
    let token = bench.token().await;
    bench.control("faults", json!({"callbacks": "delay", "seconds": 60, "times": 1})).await;
    bench.control("customers/wmAnna/block", json!({"userid": "LiMing"})).await;
    let text = bench.sim.snapshot().to_string();

    let copy = Bench::new();
    let before = copy.sim.revision();
    let parsed: Value = serde_json::from_str(&text).expect("JSON");
    copy.sim.restore(parsed).expect("its own snapshot");
    assert!(copy.sim.revision() > before);
    assert_eq!(copy.sim.snapshot().to_string(), text);
    assert_eq!(copy.sim.next_event_at(), bench.sim.next_event_at());

    for bench in [&bench, &copy] {
        assert_eq!(bench.token().await, token);
        assert_eq!(bench.mark(&tag).await["errcode"], 0);
        let welcome = json!({"welcome_code": code, "text": {"content": "你好"}});
        bench.post("externalcontact/send_welcome_msg", welcome).await;
        bench.pass(60);
        bench.sim.run_due().await;
    }
    assert_eq!(bench.changes(), ["del_follow_user"]);
    assert_eq!(bench.posts(), copy.posts());
    assert_eq!(bench.sim.snapshot(), copy.sim.snapshot());
}

#[tokio::test]
async fn what_is_no_snapshot_changes_nothing() {
    let (bench, _) = Bench::befriended().await;
    let before = bench.sim.snapshot();
    assert!(bench.sim.restore(json!({"version": 1})).is_err());
    let mut newer = before.clone();
    newer["version"] = json!(99);
    assert!(bench.sim.restore(newer).is_err());
    assert_eq!(bench.sim.snapshot(), before);
}

#[tokio::test]
async fn a_snapshot_from_before_apps_and_limits_is_read_with_the_real_ones() {
    let (bench, _) = Bench::befriended().await;
    let mut old = bench.sim.snapshot();
    for news in ["apps", "departments", "ways", "identities", "behaviour"] {
        old.as_object_mut().expect("an object").remove(news).expect("part of the world");
    }
    for news in ["changed", "gates", "concurrency", "latency_ms"] {
        old["limits"].as_object_mut().expect("an object").remove(news).expect("part of the limits");
    }
    for news in ["status", "departments", "position", "gender", "mobile"] {
        old["staff"]["liming"].as_object_mut().expect("an object").remove(news).expect("part of a member");
    }
    old["tokens"] = json!([]);
    let copy = Bench::new();
    copy.sim.restore(old).expect("a snapshot");
    assert_eq!(copy.get("user/get", "userid=liming").await["department"], json!([1]));
    assert_eq!(copy.get("externalcontact/list", "userid=liming").await["external_userid"], json!(["wmAnna"]));
    assert_eq!(copy.look("limits").await["caps"]["api"]["minute"], 10_000);
}

#[tokio::test]
async fn a_snapshot_that_counted_the_messages_of_all_apps_together_is_read() {
    let (bench, _) = Bench::befriended().await;
    let mut old = bench.sim.snapshot();
    let tally =
        json!({"minute": 0, "in_minute": 0, "hour": 0, "in_hour": 0, "day": 0, "in_day": 3, "month": 0});
    old["outbox"].as_object_mut().expect("an object").remove("by_app").expect("part of the outbox");
    old["outbox"]["today"] = tally;
    let copy = Bench::new();
    copy.sim.restore(old).expect("a snapshot");
    assert_eq!(copy.look("limits").await["app_messages_today"]["sent"], 0);
}

#[tokio::test]
async fn the_revision_rises_with_changes_only() {
    let (bench, _) = Bench::befriended().await;
    let revision = bench.sim.revision();
    bench.look("contacts/wmAnna").await;
    bench.look("calls").await;
    bench.request("GET", "/sim/state", None).await;
    bench.sim.run_due().await;
    bench.sim.snapshot();
    assert_eq!(bench.sim.revision(), revision);
    bench.token().await;
    assert!(bench.sim.revision() > revision);
}

#[tokio::test]
async fn an_abandoned_delivery_is_made_later() {
    let (bench, _) = Bench::befriended().await;
    bench.control("faults", json!({"callbacks": "delay", "seconds": 1})).await;
    bench.control("customers/wmAnna/block", json!({"userid": "LiMing"})).await;
    bench.pass(1);
    bench.outbound.is_stuck.store(true, Ordering::SeqCst);
    let in_flight = std::future::poll_fn(|_| Poll::Ready(!bench.sim.is_idle()));
    tokio::select! {
        biased;
        () = bench.sim.run_due() => panic!("nobody answers"),
        is_in_flight = in_flight => assert!(is_in_flight),
    }
    assert!(bench.sim.is_idle(), "given up by its caller");
    assert!(bench.sim.next_event_at().is_some(), "and not forgotten");
    bench.outbound.is_stuck.store(false, Ordering::SeqCst);
    bench.sim.run_due().await;
    assert_eq!(bench.changes(), ["del_follow_user", "del_follow_user"]);
    assert_eq!(bench.sim.next_event_at(), None);
}
