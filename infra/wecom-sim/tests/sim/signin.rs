use serde_json::{Value, json};

use crate::bench::{Bench, CORP};
use crate::callers::code;

const BACK: &str = "http%3A%2F%2F127.0.0.1%3A8787%2Fback%3Fto%3Dboard%23top";

fn oauth(scope: &str, more: &str) -> String {
    format!(
        "/sim/connect/oauth2/authorize?appid={CORP}&response_type=code&scope={scope}&state=s1\
         &redirect_uri={BACK}{more}"
    )
}

fn login(more: &str) -> String {
    format!(
        "/sim/wwlogin/sso/login?login_type=CorpApp&appid={CORP}&agentid=1000002&state=a-b_c\
         &redirect_uri={BACK}{more}"
    )
}

/// Where the page sends the browser.
async fn location(bench: &Bench, path: &str) -> String {
    let (status, headers, text) = bench.request("GET", path, None).await;
    assert_eq!(status, 302, "{text}");
    headers["location"].to_str().expect("a text").to_owned()
}

fn code_in(location: &str) -> String {
    let (_, rest) = location.split_once("code=").expect("a code");
    rest.split('&').next().expect("a code").to_owned()
}

async fn who(bench: &Bench, code: &str) -> Value {
    bench.get("auth/getuserinfo", &format!("code={code}")).await
}

#[tokio::test]
async fn one_picks_who_one_is_and_goes_back_with_a_code() {
    let (bench, _) = Bench::befriended().await;
    let (status, headers, page) = bench.request("GET", &oauth("snsapi_base", ""), None).await;
    assert_eq!(status, 200);
    assert_eq!(headers["content-type"], "text/html; charset=utf-8");
    assert!(page.contains("李明") && page.contains("安娜") && page.contains("lang=\"zh-CN\""), "{page}");
    let link = page.split("href=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a link");
    let back = location(&bench, &link.replace("&amp;", "&")).await;
    assert!(back.starts_with("http://127.0.0.1:8787/back?to=board&code="), "{back}");
    assert!(back.ends_with("&state=s1#top"), "{back}");
    let answer = who(&bench, &code_in(&back)).await;
    assert_eq!(answer["userid"], "LiMing");
    assert!(answer.get("user_ticket").is_none(), "no more than the name");
}

#[tokio::test]
async fn a_customer_comes_back_as_one() {
    let (bench, _) = Bench::befriended().await;
    bench.control("customers", json!({"external_userid": "wmStranger"})).await;
    let anna = location(&bench, &oauth("snsapi_base", "&external_userid=wmAnna")).await;
    let anna = who(&bench, &code_in(&anna)).await;
    assert_eq!(anna["external_userid"], "wmAnna");
    assert!(anna.get("userid").is_none());
    let openid = anna["openid"].as_str().expect("an openid");
    let again = bench.control("oauth/code", json!({"external_userid": "wmAnna"})).await;
    assert_eq!(who(&bench, again["code"].as_str().expect("a code")).await["openid"], openid);
    let stranger = bench.control("oauth/code", json!({"external_userid": "wmStranger"})).await;
    let stranger = who(&bench, stranger["code"].as_str().expect("a code")).await;
    assert!(stranger.get("external_userid").is_none(), "nobody's customer: {stranger}");
    assert_ne!(stranger["openid"], openid);
}

#[tokio::test]
async fn a_code_is_good_once_and_for_five_minutes() {
    let (bench, _) = Bench::befriended().await;
    let fresh = || async {
        let made = bench.control("oauth/code", json!({"userid": "liming"})).await;
        made["code"].as_str().expect("a code").to_owned()
    };
    let first = fresh().await;
    bench.pass(300);
    assert_eq!(code(&who(&bench, &first).await), 0);
    assert_eq!(code(&who(&bench, &first).await), 42022);
    let late = fresh().await;
    bench.pass(301);
    assert_eq!(code(&who(&bench, &late).await), 42003);
    assert_eq!(code(&who(&bench, "nonsense").await), 40029);
    assert_eq!(code(&bench.get("auth/getuserinfo", "").await), 40029);
    bench.control("apps", json!({"agentid": 5, "secret": "other"})).await;
    let query = format!("code={}", fresh().await);
    assert_eq!(code(&bench.get_as("other", "auth/getuserinfo", &query).await), 40029, "another app's");
}

#[tokio::test]
async fn good_codes_are_unlimited_and_bad_ones_are_not() {
    let (bench, _) = Bench::befriended().await;
    bench.control("limits", json!({"auth/getuserinfo": {"minute": 2}})).await;
    let mut codes = Vec::new();
    for _ in 0..3 {
        let made = bench.control("oauth/code", json!({"userid": "liming"})).await;
        codes.push(code(&who(&bench, made["code"].as_str().expect("a code")).await));
        codes.push(code(&who(&bench, "nonsense").await));
    }
    assert_eq!(codes, [0, 40029, 0, 40029, 0, 45009]);
}

#[tokio::test]
async fn details_need_a_ticket_that_lives_half_an_hour() {
    let (bench, _) = Bench::befriended().await;
    bench.control("staff", json!({"userid": "liming", "gender": 1, "mobile": "138"})).await;
    let base = location(&bench, &oauth("snsapi_privateinfo", "&userid=LiMing")).await;
    assert!(who(&bench, &code_in(&base)).await.get("user_ticket").is_none(), "without an agentid it is base");
    let back = location(&bench, &oauth("snsapi_privateinfo", "&agentid=1000002&userid=LiMing")).await;
    let answer = who(&bench, &code_in(&back)).await;
    let ticket = json!({"user_ticket": answer["user_ticket"]});
    bench.pass(1800);
    let detail = bench.post("auth/getuserdetail", ticket.clone()).await;
    assert_eq!(detail["userid"], "LiMing");
    assert_eq!(detail["gender"], "1", "a text");
    assert_eq!(detail["mobile"], "138");
    assert!(detail.get("email").is_none(), "what is not there is left out");
    bench.pass(1);
    assert_eq!(code(&bench.post("auth/getuserdetail", ticket).await), 84014);
    assert_eq!(code(&bench.post("auth/getuserdetail", json!({"user_ticket": "x"})).await), 84015);
}

#[tokio::test]
async fn out_of_sight_a_member_has_a_name_and_no_details_and_no_login() {
    let (bench, _) = Bench::befriended().await;
    bench.control("apps", json!({"visible": {}})).await;
    let scope = json!({"userid": "liming", "scope": "snsapi_privateinfo"});
    let made = bench.control("oauth/code", scope).await;
    let answer = who(&bench, made["code"].as_str().expect("a code")).await;
    assert_eq!(answer["userid"], "LiMing");
    assert!(answer.get("user_ticket").is_none());
    let (status, _, page) = bench.request("GET", &login("&userid=LiMing"), None).await;
    assert_eq!(status, 400);
    assert!(page.contains("50002"), "{page}");
    let (_, _, page) = bench.request("GET", &login(""), None).await;
    assert!(!page.contains("李明"), "not even offered");
}

#[tokio::test]
async fn the_login_page_is_for_members() {
    let (bench, _) = Bench::befriended().await;
    let (_, _, page) = bench.request("GET", &login(""), None).await;
    assert!(page.contains("李明") && !page.contains("安娜"));
    let back = location(&bench, &login("&userid=LiMing")).await;
    assert!(back.contains("&state=a-b_c"), "{back}");
    assert_eq!(who(&bench, &code_in(&back)).await["userid"], "LiMing");
    let (status, _, _) = bench.request("GET", &login("&external_userid=wmAnna"), None).await;
    assert_eq!(status, 400);
    bench.control("staff/LiMing/leave", json!({})).await;
    let (status, _, _) = bench.request("GET", &login("&userid=LiMing"), None).await;
    assert_eq!(status, 400, "who has left stays out");
}

#[tokio::test]
async fn nobody_is_sent_where_the_app_is_not_at_home() {
    let (bench, _) = Bench::befriended().await;
    let ask = |uri: &str| {
        let uri: String = uri.bytes().map(|byte| format!("%{byte:02X}")).collect();
        format!(
            "/sim/connect/oauth2/authorize?appid={CORP}&response_type=code&scope=snsapi_base&state=s\
             &redirect_uri={uri}&userid=LiMing"
        )
    };
    for uri in [
        "http://evil.example/",
        "http://127.0.0.1@evil.example/",
        "http://localhost.evil.example/",
        "//evil.example/",
        "/relative",
        "javascript:alert(1)",
        "http://evil.example\\@127.0.0.1/",
        "http://127.0.0.1/\"><script>",
        "ftp://127.0.0.1/",
        "",
    ] {
        let (status, headers, page) = bench.request("GET", &ask(uri), None).await;
        assert_eq!(status, 400, "{uri}");
        assert!(headers.get("location").is_none() && page.contains("50001"), "{uri}");
        let code = json!({"userid": "liming", "redirect_uri": uri});
        assert_eq!(bench.try_control("oauth/code", code).await.0, 409, "{uri}");
    }
    for uri in ["http://localhost:1/x", "https://127.9.9.9/", "http://[::1]:8080/?a=b"] {
        assert!(location(&bench, &ask(uri)).await.starts_with(uri), "{uri}");
    }
    bench.control("apps", json!({"trusted_domains": ["crm.example", "Dev.Example:8443"]})).await;
    for (uri, fits) in [
        ("https://crm.example/back", true),
        ("https://dev.example:8443/", true),
        ("https://dev.example/", false),
        ("https://crm.example:444/", false),
        ("https://a.crm.example/", false),
        ("http://localhost/", false),
    ] {
        let (status, _, _) = bench.request("GET", &ask(uri), None).await;
        assert_eq!(status == 302, fits, "{uri}");
    }
}

#[tokio::test]
async fn the_pages_want_what_the_real_ones_want() {
    let (bench, _) = Bench::befriended().await;
    let good = oauth("snsapi_base", "");
    for (path, errcode) in [
        (good.replace(CORP, "wwOther"), "40013"),
        (good.replace("response_type=code", "response_type=token"), "40035"),
        (good.replace("snsapi_base", "snsapi_all"), "40035"),
        (good.replace("state=s1", "state=s%3A1"), "40035"),
        (good.replace("state=s1", &format!("state={}", "s".repeat(129))), "40035"),
        (oauth("snsapi_base", "&agentid=9"), "40056"),
        (oauth("snsapi_base", "&userid=nobody"), "60111"),
        (oauth("snsapi_base", "&external_userid=wmNobody"), "40096"),
        (login("").replace("&agentid=1000002", ""), "41011"),
        (login("").replace("CorpApp", "ServiceApp"), "40035"),
    ] {
        let (status, _, page) = bench.request("GET", &path, None).await;
        assert_eq!(status, 400, "{path}");
        assert!(page.contains(errcode), "{path}: {page}");
    }
}

#[tokio::test]
async fn names_are_text_on_the_page() {
    let bench = Bench::new();
    bench.control("staff", json!({"userid": "x", "name": "<script>alert(\"1\")</script>"})).await;
    let (_, _, page) = bench.request("GET", &oauth("snsapi_base", ""), None).await;
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script>"), "{page}");
}

#[tokio::test]
async fn a_script_gets_its_code_without_a_browser() {
    let (bench, _) = Bench::befriended().await;
    let asked = json!({"userid": "LIMING", "redirect_uri": "http://localhost/cb", "state": "a b"});
    let made = bench.control("oauth/code", asked).await;
    let (code, location) = (made["code"].as_str().expect("a code"), made["location"].as_str());
    assert_eq!(location, Some(&*format!("http://localhost/cb?code={code}&state=a%20b")));
    for (body, status, field) in [
        (json!({}), 400, "userid"),
        (json!({"userid": "x", "external_userid": "y"}), 400, "userid"),
        (json!({"userid": "nobody"}), 404, "userid"),
        (json!({"external_userid": "wmNo"}), 404, "external_userid"),
        (json!({"userid": "liming", "scope": "all"}), 400, "scope"),
        (json!({"userid": "liming", "agentid": 9}), 404, "agentid"),
    ] {
        let (found, problem) = bench.try_control("oauth/code", body.clone()).await;
        assert_eq!((found, problem["field"].as_str()), (status, Some(field)), "{body}");
    }
}
