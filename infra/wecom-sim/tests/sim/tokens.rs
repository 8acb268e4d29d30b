use serde_json::{Value, json};

use crate::bench::{Bench, CORP};

async fn errcode(bench: &Bench, method: &str, path: &str) -> i64 {
    let (status, _, text) = bench.request(method, path, None).await;
    assert_eq!(status, 200, "failures are HTTP 200 too");
    let answer: Value = serde_json::from_str(&text).expect("JSON");
    answer["errcode"].as_i64().expect("an errcode")
}

const LIST: &str = "/sim/cgi-bin/externalcontact/get_follow_user_list";

#[tokio::test]
async fn a_token_stays_the_same_until_it_runs_out() {
    let bench = Bench::new();
    let first = bench.token().await;
    bench.pass(7199);
    assert_eq!(bench.token().await, first);
    bench.pass(1);
    assert_ne!(bench.token().await, first);
}

#[tokio::test]
async fn a_token_says_how_it_is_wrong() {
    let bench = Bench::new();
    let token = bench.token().await;
    let with = |token: &str| format!("{LIST}?access_token={token}");
    assert_eq!(errcode(&bench, "GET", LIST).await, 41001);
    assert_eq!(errcode(&bench, "GET", &with("")).await, 41001);
    assert_eq!(errcode(&bench, "GET", &with("nonsense")).await, 40014);
    assert_eq!(errcode(&bench, "GET", &with(&token)).await, 0);
    bench.pass(7200);
    assert_eq!(errcode(&bench, "GET", &with(&token)).await, 42001);
}

#[tokio::test]
async fn credentials_are_checked_one_by_one() {
    let bench = Bench::new();
    let base = "/sim/cgi-bin/gettoken";
    for (query, code) in [
        (String::new(), 41002),
        (format!("?corpid={CORP}"), 41004),
        ("?corpid=ww1&corpsecret=app-secret".to_owned(), 40013),
        (format!("?corpid={CORP}&corpsecret=wrong"), 40001),
        (format!("?corpid={CORP}&corpsecret=app-secret"), 0),
    ] {
        let path = format!("{base}{query}");
        assert_eq!(errcode(&bench, "GET", &path).await, code, "{query}");
    }
}

#[tokio::test]
async fn a_token_taken_back_early_is_replaced_by_the_next_gettoken() {
    let bench = Bench::new();
    for code in [42001, 40014] {
        let token = bench.token().await;
        bench.control("tokens/expire", json!({"errcode": code})).await;
        let path = format!("{LIST}?access_token={token}");
        assert_eq!(errcode(&bench, "GET", &path).await, code);
        let renewed = bench.token().await;
        assert_ne!(renewed, token);
        let path = format!("{LIST}?access_token={renewed}");
        assert_eq!(errcode(&bench, "GET", &path).await, 0);
    }
}

#[tokio::test]
async fn the_wrong_verb_broken_json_and_unknown_paths_are_refused() {
    let bench = Bench::new();
    let token = bench.token().await;
    let path = format!("/sim/cgi-bin/externalcontact/mark_tag?access_token={token}");
    assert_eq!(errcode(&bench, "GET", &path).await, 40058);
    let path = format!("{LIST}?access_token={token}");
    assert_eq!(errcode(&bench, "POST", &path).await, 40058);

    let (_, _, text) = bench.post_raw("externalcontact/mark_tag", "{\"userid\":").await;
    let answer: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(answer["errcode"], 40058);

    let (status, _, _) = bench.post_raw("externalcontact/no_such", "{}").await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn a_failing_text_carries_a_hint_that_changes() {
    let bench = Bench::new();
    let mut texts = Vec::new();
    for _ in 0..2 {
        let answer = bench.get("user/get", "userid=nobody").await;
        assert_eq!(answer["errcode"], 60111);
        texts.push(answer["errmsg"].as_str().expect("a text").to_owned());
    }
    assert!(texts[0].contains(", hint: [1760000000_"));
    assert!(texts[0].contains("], from ip: "));
    assert!(texts[0].ends_with("more info at https://open.work.weixin.qq.com/devtool/query?e=60111"));
    assert_ne!(texts[0], texts[1]);
}
