use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};

use crate::bench::Bench;
use crate::callers::code;

const URL: &str = "https://crm.example/sidebar?customer=1";

async fn corp_ticket(bench: &Bench) -> String {
    text(&bench.get("get_jsapi_ticket", "").await)
}

async fn app_ticket(bench: &Bench) -> String {
    text(&bench.get("ticket/get", "type=agent_config").await)
}

fn text(answer: &Value) -> String {
    answer["ticket"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

fn sign(ticket: &str, url: &str) -> String {
    let text = format!("jsapi_ticket={ticket}&noncestr=n1&timestamp=1760000000&url={url}");
    hex::encode(Sha1::digest(text))
}

async fn verdict(bench: &Bench, kind: &str, url: &str, signature: &str) -> i64 {
    let asked = json!({
        "kind": kind, "noncestr": "n1", "timestamp": 1_760_000_000, "url": url, "signature": signature,
    });
    code(&bench.control("jssdk/verify", asked).await)
}

#[tokio::test]
async fn each_kind_has_its_ticket_and_keeps_it_for_two_hours() {
    let bench = Bench::new();
    let answer = bench.get("get_jsapi_ticket", "").await;
    assert_eq!(answer["expires_in"], 7200);
    let (corp, app) = (corp_ticket(&bench).await, app_ticket(&bench).await);
    assert_ne!(corp, app);
    bench.pass(7199);
    assert_eq!((corp_ticket(&bench).await, app_ticket(&bench).await), (corp.clone(), app));
    bench.pass(1);
    assert_ne!(corp_ticket(&bench).await, corp);
    assert_eq!(code(&bench.get("ticket/get", "type=wx_card").await), 91040);
    assert_eq!(code(&bench.get("ticket/get", "").await), 91040);
}

#[tokio::test]
async fn tickets_belong_to_their_app() {
    let bench = Bench::new();
    bench.control("apps", json!({"agentid": 5, "secret": "other"})).await;
    let other = text(&bench.get_as("other", "get_jsapi_ticket", "").await);
    assert_ne!(other, corp_ticket(&bench).await);
    assert_eq!(verdict(&bench, "jsapi", URL, &sign(&other, URL)).await, 42012);
}

#[tokio::test]
async fn a_signature_is_judged_as_the_client_would() {
    let bench = Bench::new();
    let (corp, app) = (corp_ticket(&bench).await, app_ticket(&bench).await);
    assert_eq!(verdict(&bench, "jsapi", URL, &sign(&corp, URL)).await, 0);
    assert_eq!(verdict(&bench, "agent_config", URL, &sign(&app, URL)).await, 0);
    let with_fragment = format!("{URL}#/board");
    assert_eq!(verdict(&bench, "jsapi", &with_fragment, &sign(&corp, URL)).await, 0, "fragments are cut");
    assert_eq!(verdict(&bench, "jsapi", &with_fragment, &sign(&corp, &with_fragment)).await, 40093);
    assert_eq!(verdict(&bench, "agent_config", URL, &sign(&corp, URL)).await, 42012, "the wrong kind");
    assert_eq!(verdict(&bench, "jsapi", URL, &sign("nonsense", URL)).await, 40093);
    assert_eq!(verdict(&bench, "jsapi", &URL.replace("=1", "=2"), &sign(&corp, URL)).await, 40093);
    bench.pass(7200);
    assert_eq!(verdict(&bench, "jsapi", URL, &sign(&corp, URL)).await, 42012, "run out");
    let (status, problem) = bench.try_control("jssdk/verify", json!({"kind": "corp"})).await;
    assert_eq!((status, &problem["field"]), (400, &json!("kind")));
}

#[tokio::test]
async fn the_published_example_of_a_signature_comes_out() {
    let ticket = "sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg";
    let bench = Bench::new();
    app_ticket(&bench).await;
    let mut world = bench.sim.snapshot();
    world["apps"]["configured"]["tickets"][0]["kind"] = json!("jsapi");
    world["apps"]["configured"]["tickets"][0]["text"] = json!(ticket);
    bench.sim.restore(world).expect("a snapshot");
    let asked = json!({
        "kind": "jsapi", "noncestr": "Wm3WZYTPz0wzccnW", "timestamp": "1414587457",
        "url": "http://mp.weixin.qq.com?params=value",
        "signature": "0f9de62fce790f9a083d5c99e95740ceb90c27ed",
    });
    assert_eq!(code(&bench.control("jssdk/verify", asked).await), 0);
}

#[tokio::test]
async fn a_hundred_tickets_an_hour_are_an_app_s_and_four_hundred_a_corp_s() {
    let bench = Bench::new();
    for n in 0..4 {
        bench.control("apps", json!({"agentid": 10 + n, "secret": format!("s{n}")})).await;
        let token = bench.token_of(&format!("s{n}")).await;
        let ask = |api: &str| format!("{api}?access_token={token}&type=agent_config");
        for k in 0..100 {
            let api = if k % 2 == 0 { "get_jsapi_ticket" } else { "ticket/get" };
            assert_eq!(code(&bench.get_from("127.0.0.1", &ask(api)).await), 0);
        }
        assert_eq!(code(&bench.get_from("127.0.0.1", &ask("ticket/get")).await), 45009, "app {n}");
    }
    let own = bench.get("get_jsapi_ticket", "").await;
    assert_eq!(code(&own), 45009, "the corp's are used up");
    bench.pass(3600);
    corp_ticket(&bench).await;
}
