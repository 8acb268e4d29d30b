use serde_json::{Value, json};
use wecom_sim::Browsed;

use crate::bench::{Bench, CORP};

fn hops(answer: &Value) -> Vec<(String, u64)> {
    let hop = |hop: &Value| {
        (hop["url"].as_str().expect("a url").to_owned(), hop["status"].as_u64().expect("a status"))
    };
    answer["hops"].as_array().expect("hops").iter().map(hop).collect()
}

fn redirect(to: &str) -> Result<Browsed, String> {
    Ok(Browsed { status: 302, location: Some(to.to_owned()) })
}

#[tokio::test]
async fn a_link_is_followed_to_anothers_page_which_is_not_asked() {
    let (bench, _) = Bench::befriended().await;
    bench.browses(|url, headers| {
        assert_eq!(url, "http://product/l/abc");
        let header = |name: &str| {
            headers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value).unwrap_or_default()
        };
        assert!(header("User-Agent").contains("MicroMessenger/"), "{headers:?}");
        assert!(header("Accept").contains("text/html") && header("Accept-Language").contains("zh-CN"));
        redirect("https://example.com/price?a=1#top")
    });
    let opened = bench.control("customers/wmAnna/open", json!({"url": "http://product/l/abc#x"})).await;
    assert_eq!((&opened["url"], &opened["status"]), (&json!("https://example.com/price?a=1"), &Value::Null));
    assert_eq!(hops(&opened), [("http://product/l/abc".to_owned(), 302)]);
}

#[tokio::test]
async fn the_oauth_page_knows_who_taps_and_sends_them_back() {
    let (bench, _) = Bench::befriended().await;
    bench.browses(|url, _| {
        if url.contains("/back?") {
            return redirect("https://example.com/price");
        }
        redirect(&format!(
            "https://open.weixin.qq.com/connect/oauth2/authorize?appid={CORP}&response_type=code&scope=snsapi_base\
             &state=s1&agentid=1000002&redirect_uri=http%3A%2F%2F127.0.0.1%2Fl%2Fabc%2Fback#wechat_redirect"
        ))
    });
    // The product answers for the app's registered domain.
    bench.control("apps", json!({"trusted_domains": ["127.0.0.1"]})).await;
    let opened = bench.control("customers/wmAnna/open", json!({"url": "http://product/l/abc"})).await;
    assert_eq!(opened["url"], "https://example.com/price");
    let hops = hops(&opened);
    assert_eq!(hops.len(), 3, "{hops:?}");
    let (_, code) = hops[2].0.split_once("http://127.0.0.1/l/abc/back?code=").expect("the way back");
    let code = code.split('&').next().expect("a code");
    assert_eq!(bench.get("auth/getuserinfo", &format!("code={code}")).await["external_userid"], "wmAnna");
}

#[tokio::test]
async fn a_dead_link_a_loop_and_what_is_no_address_are_told_apart() {
    let (bench, _) = Bench::befriended().await;
    let open = async |url: &str| bench.try_control("customers/wmAnna/open", json!({"url": url})).await;
    bench.browses(|_, _| Ok(Browsed { status: 404, location: None }));
    let (status, answer) = open("http://product/l/none").await;
    assert_eq!(
        (status, &answer["status"], &answer["url"]),
        (200, &json!(404), &json!("http://product/l/none"))
    );
    bench.browses(|_, _| redirect("/l/again"));
    assert_eq!(open("http://product/l/again").await.0, 409);
    bench.browses(|_, _| Err("nobody answers".to_owned()));
    assert_eq!(open("http://product/l/abc").await.0, 502);
    for wrong in ["javascript:alert(1)", "", "/l/abc", "http://"] {
        assert_eq!(open(wrong).await.0, 400, "{wrong}");
    }
    let (status, _) = bench.try_control("customers/wmNobody/open", json!({"url": "http://product/"})).await;
    assert_eq!(status, 404);
}
