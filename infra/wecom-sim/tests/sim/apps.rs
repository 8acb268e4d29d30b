use serde_json::json;

use crate::bench::{Bench, CORP};
use crate::callers::code;

const OTHER: &str = "other-secret";
const FOLLOWERS: &str = "externalcontact/get_follow_user_list";

async fn with_other_app() -> Bench {
    let (bench, _) = Bench::befriended().await;
    bench.control("apps", json!({"agentid": 1_000_003, "name": "另一个", "secret": OTHER})).await;
    bench
}

#[tokio::test]
async fn every_app_has_its_own_token() {
    let bench = with_other_app().await;
    assert_ne!(bench.token().await, bench.token_of(OTHER).await);
    assert_eq!(bench.token_of(OTHER).await, bench.token_of(OTHER).await);
    bench.control("tokens/expire", json!({"agentid": 1_000_003})).await;
    let (own, other) = (bench.get(FOLLOWERS, "").await, bench.get_as(OTHER, FOLLOWERS, "").await);
    assert_eq!(
        (code(&own), code(&other)),
        (0, 0),
        "gettoken gives a new one, and the first app kept its own"
    );
}

#[tokio::test]
async fn a_token_taken_back_from_one_app_leaves_the_other_s_alone() {
    let bench = with_other_app().await;
    let (own, other) = (bench.token().await, bench.token_of(OTHER).await);
    bench.control("tokens/expire", json!({"agentid": 1_000_003, "errcode": 40014})).await;
    let ask = |token: String| format!("{FOLLOWERS}?access_token={token}");
    assert_eq!(code(&bench.get_from("127.0.0.1", &ask(own)).await), 0);
    assert_eq!(code(&bench.get_from("127.0.0.1", &ask(other)).await), 40014);
}

#[tokio::test]
async fn another_app_s_token_does_not_speak_for_this_agentid() {
    let bench = with_other_app().await;
    let message = |agentid: u64| json!({"touser": "liming", "agentid": agentid, "msgtype": "text", "text": {"content": "你好"}});
    assert_eq!(code(&bench.post_as(OTHER, "message/send", message(1_000_002)).await), 301_002);
    assert_eq!(code(&bench.post_as(OTHER, "message/send", message(1_000_003)).await), 0);
    assert_eq!(code(&bench.post("message/send", message(1_000_003)).await), 301_002);
    let tag = json!({"group_name": "状态", "tag": [{"name": "新"}], "agentid": 1_000_003});
    assert_eq!(code(&bench.post("externalcontact/add_corp_tag", tag).await), 301_002);
}

#[tokio::test]
async fn what_another_app_sends_is_not_counted_against_the_configured_one() {
    let bench = with_other_app().await;
    for (secret, agentid) in [(OTHER, 1_000_003), (OTHER, 1_000_003), ("app-secret", 1_000_002)] {
        let message = json!({"touser": "liming", "agentid": agentid, "msgtype": "text", "text": {"content": agentid.to_string()}});
        assert_eq!(code(&bench.post_as(secret, "message/send", message).await), 0);
        bench.pass(1);
    }
    assert_eq!(bench.look("limits").await["app_messages_today"], json!({"sent": 1, "most": 200}));
}

#[tokio::test]
async fn an_app_that_is_not_on_the_list_may_not_touch_customers() {
    let bench = with_other_app().await;
    bench.control("apps", json!({"callable": false})).await;
    for (api, query) in
        [(FOLLOWERS, ""), ("externalcontact/list", "userid=liming"), ("externalcontact/get", "")]
    {
        assert_eq!(code(&bench.get(api, query).await), 48002, "{api}");
    }
    assert_eq!(code(&bench.post("externalcontact/mark_tag", json!({})).await), 48002);
    assert_eq!(code(&bench.get("user/get", "userid=liming").await), 0, "the directory is another matter");
    assert_eq!(code(&bench.get_as(OTHER, FOLLOWERS, "").await), 0, "and so is another app");
    bench.control("apps", json!({"callable": true})).await;
    assert_eq!(code(&bench.get(FOLLOWERS, "").await), 0);
}

#[tokio::test]
async fn calls_from_addresses_off_the_list_are_refused_with_the_address() {
    let bench = Bench::new();
    bench.control("apps", json!({"trusted_ips": ["10.0.0.7", "10.0.0.8"]})).await;
    let token = bench.gettoken("app-secret", "203.0.113.9").await;
    assert_eq!(code(&token), 0, "gettoken answers from anywhere");
    let token = token["access_token"].as_str().expect("a token");
    let path = format!("getcallbackip?access_token={token}");
    assert_eq!(code(&bench.get_from("10.0.0.8", &path).await), 0);
    let refused = bench.get_from("203.0.113.9", &path).await;
    assert_eq!(code(&refused), 60020);
    assert!(
        refused["errmsg"].as_str().is_some_and(|text| text.contains("from ip: 203.0.113.9,")),
        "{refused}"
    );
    let here = bench.get("getcallbackip", "").await;
    assert!(here["errmsg"].as_str().is_some_and(|text| text.contains("from ip: 127.0.0.1,")), "{here}");
    bench.control("apps", json!({"trusted_ips": "any"})).await;
    assert_eq!(code(&bench.get_from("203.0.113.9", &path).await), 0);
}

#[tokio::test]
async fn repeated_wrong_secrets_ban_the_address_for_an_hour() {
    let bench = Bench::new();
    let token = bench.token().await;
    for _ in 0..10 {
        assert_eq!(code(&bench.gettoken("wrong", "10.0.0.7").await), 40001);
    }
    assert_eq!(code(&bench.gettoken("wrong", "10.0.0.7").await), 45009);
    let path = format!("{FOLLOWERS}?access_token={token}");
    assert_eq!(code(&bench.gettoken("app-secret", "10.0.0.7").await), 45009, "the right one comes too late");
    assert_eq!(code(&bench.get_from("10.0.0.7", &path).await), 45009, "whatever is called from there");
    assert_eq!(code(&bench.get_from("10.0.0.8", &path).await), 0, "other addresses are not concerned");
    bench.pass(3599);
    assert_eq!(code(&bench.gettoken("app-secret", "10.0.0.7").await), 45009);
    bench.pass(1);
    assert_eq!(code(&bench.gettoken("app-secret", "10.0.0.7").await), 0);
}

#[tokio::test]
async fn the_contacts_sync_secret_opens_the_directory_s_ids_and_nothing_else() {
    let (bench, _) = Bench::befriended().await;
    bench
        .control("apps", json!({"agentid": 2_000_002, "kind": "contacts_sync", "secret": "sync-secret"}))
        .await;
    let sync = "sync-secret";
    let ids = bench.post_as(sync, "user/list_id", json!({})).await;
    assert_eq!(ids["dept_user"], json!([{"userid": "LiMing", "department": 1}]));
    assert_eq!(code(&bench.post("user/list_id", json!({})).await), 48002, "which an app's does not");
    for (api, query, errcode) in [
        ("department/simplelist", "", 0),
        ("user/get", "userid=liming", 48009),
        ("department/list", "", 48009),
        (FOLLOWERS, "", 48002),
        ("get_jsapi_ticket", "", 48002),
    ] {
        assert_eq!(code(&bench.get_as(sync, api, query).await), errcode, "{api}");
    }
}

#[tokio::test]
async fn an_app_is_set_up_with_care() {
    let bench = with_other_app().await;
    for (body, status, field) in [
        (json!({"agentid": 5}), 400, "secret"),
        (json!({"agentid": 5, "secret": "app-secret"}), 409, "secret"),
        (json!({"agentid": 5, "secret": OTHER}), 409, "secret"),
        (json!({"secret": "new"}), 409, "secret"),
        (json!({"agentid": -1}), 400, "agentid"),
        (json!({"kind": "robot"}), 400, "kind"),
        (json!({"trusted_ips": ["here"]}), 400, "trusted_ips"),
        (json!({"trusted_ips": "none"}), 400, "trusted_ips"),
        (json!({"visible": {"users": ["nobody"]}}), 404, "userid"),
        (json!({"visible": {"departments": [9]}}), 404, "visible"),
        (json!({"visible": []}), 400, "visible"),
    ] {
        let (found, problem) = bench.try_control("apps", body.clone()).await;
        assert_eq!((found, problem["field"].as_str()), (status, Some(field)), "{body}");
    }
    let (status, _) = bench.try_control("tokens/expire", json!({"agentid": 77})).await;
    assert_eq!(status, 200, "there is nothing to take back");
    let apps = bench.look("apps").await;
    assert_eq!(apps["items"][0]["agentid"], 1_000_002);
    assert_eq!(apps["items"][1]["name"], "另一个");
    assert!(!apps.to_string().contains("secret"), "{apps}");
    let wrong = format!("gettoken?corpid={CORP}");
    assert_eq!(code(&bench.get_from("127.0.0.1", &wrong).await), 41004);
}
