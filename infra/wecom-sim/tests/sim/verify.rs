use serde_json::{Value, json};
use wecom_sim::Fetched;

use crate::bench::{AES_KEY, Bench, TOKEN};
use crate::opened::Opened;

/// What a product that understands the protocol echoes.
fn echo(url: &str) -> Vec<u8> {
    let (front, sealed) = url.split_once("&echostr=").expect("an echostr at the end");
    let sealed = sealed.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=");
    let body = format!("<xml><Encrypt>{sealed}</Encrypt></xml>");
    Opened::open(front, &body, TOKEN, AES_KEY).xml.into_bytes()
}

async fn verify(answer: impl Fn(&str) -> (u16, Vec<u8>, u64) + Send + 'static) -> Value {
    let bench = Bench::new();
    *bench.outbound.page.lock().expect("lock") = Some(Box::new(move |url| {
        let (status, body, took_ms) = answer(url);
        Ok(Fetched { status, body, took_ms })
    }));
    bench.control("callback/verify", json!({})).await
}

#[tokio::test]
async fn an_address_that_echoes_within_a_second_is_accepted() {
    let report = verify(|url| (200, echo(url), 1000)).await;
    assert_eq!(
        report,
        json!({"ok": true, "status": 200, "body_equal": true, "in_time": true, "took_ms": 1000, "limit_ms": 1000})
    );
}

#[tokio::test]
async fn a_late_a_decorated_and_a_refused_echo_are_told_apart() {
    let late = verify(|url| (200, echo(url), 1001)).await;
    assert_eq!(
        (&late["ok"], &late["in_time"], &late["body_equal"]),
        (&json!(false), &json!(false), &json!(true))
    );
    let decorated = verify(|url| (200, [echo(url), b"\n".to_vec()].concat(), 5)).await;
    assert_eq!((&decorated["ok"], &decorated["body_equal"]), (&json!(false), &json!(false)));
    let refused = verify(|url| (403, echo(url), 5)).await;
    assert_eq!((&refused["ok"], &refused["status"]), (&json!(false), &json!(403)));
}

#[tokio::test]
async fn an_address_where_nobody_answers_is_said_to_be_unreachable() {
    let bench = Bench::new();
    let (status, problem) = bench.try_control("callback/verify", json!({})).await;
    assert_eq!((status, &problem["detail"]), (502, &json!("nobody answers")));
    let bench = Bench::with(|config| config.callback_url = String::new());
    let (status, _) = bench.try_control("callback/verify", json!({})).await;
    assert_eq!(status, 409);
}

#[tokio::test]
async fn every_verification_has_its_own_secret() {
    let bench = Bench::new();
    for _ in 0..2 {
        bench.try_control("callback/verify", json!({})).await;
    }
    let got = bench.outbound.got.lock().expect("lock").clone();
    assert!(got[0].starts_with("http://product/wecom/callback?msg_signature="));
    assert_ne!(echo(&got[0]), echo(&got[1]));
    assert!(!got.iter().any(|url| url.contains('+')), "percent-encoded");
}
