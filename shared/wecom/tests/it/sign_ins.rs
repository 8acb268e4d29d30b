//! Sign-in: the addresses, and who comes back from them.

use http::Method;
use serde_json::json;
use wecom::contact::Gender;
use wecom::oauth::{BROWSER_BASE, IN_WECOM_BASE, Identity, NotAState, Scope, SignIn, State, UserTicket};
use wecom::{Class, Error};

use crate::double::{BASE, Double, token, url};

const BACK: &str = "https://crm.example.com:8443/登录?to=/tasks&a=b#top";
const BACK_ENCODED: &str =
    "https%3A%2F%2Fcrm.example.com%3A8443%2F%E7%99%BB%E5%BD%95%3Fto%3D%2Ftasks%26a%3Db%23top";

fn state() -> State {
    State::new("abcXYZ019").expect("letters and digits")
}

#[test]
fn the_address_inside_wecom_is_complete_and_ends_in_its_fragment() {
    let state = state();
    let sign_in = SignIn { corp_id: "ww1", agent_id: 1_000_002, redirect_uri: BACK, state: &state };
    assert_eq!(
        sign_in.in_wecom(IN_WECOM_BASE, Scope::Base),
        format!(
            "https://open.weixin.qq.com/connect/oauth2/authorize?appid=ww1&redirect_uri={BACK_ENCODED}&response_type=code&scope=snsapi_base&state=abcXYZ019&agentid=1000002#wechat_redirect"
        )
    );
    let private = sign_in.in_wecom(&format!("{BASE}/"), Scope::PrivateInfo);
    assert!(private.starts_with(&format!("{BASE}/connect/oauth2/authorize?appid=ww1&")), "{private}");
    assert!(
        private.contains("&scope=snsapi_privateinfo&")
            && private.ends_with("&agentid=1000002#wechat_redirect")
    );
}

#[test]
fn the_address_for_other_browsers_is_complete() {
    let state = state();
    let sign_in = SignIn { corp_id: "ww1", agent_id: 1_000_002, redirect_uri: BACK, state: &state };
    let rest = format!(
        "/wwlogin/sso/login?login_type=CorpApp&appid=ww1&agentid=1000002&redirect_uri={BACK_ENCODED}&state=abcXYZ019&lang=zh"
    );
    assert_eq!(sign_in.in_browser(BROWSER_BASE), format!("https://login.work.weixin.qq.com{rest}"));
    assert_eq!(sign_in.in_browser(BASE), format!("{BASE}{rest}"));
}

#[test]
fn a_state_is_letters_and_digits() {
    let longest = "a".repeat(128);
    assert_eq!(State::new(longest.clone()).expect("128 are allowed").as_str(), longest);
    for wrong in ["", &"a".repeat(129), "a-b", "a b", "状态", "a&b=c", "a%20"] {
        assert_eq!(State::new(wrong), Err(NotAState), "{wrong}");
    }
    assert_eq!(NotAState.to_string(), "a sign-in state has 1 to 128 ASCII letters and digits");
}

#[tokio::test]
async fn a_member_comes_back_with_or_without_a_ticket() {
    let (client, double) = Double::with(
        r#"{"errcode":0,"errmsg":"ok","userid":"USERID","user_ticket":"t1ck3t","expires_in":1800}"#,
    );
    let identity = client.get_user_info(&token(), "c/0+de").await.expect("known");
    let Identity::Member { userid, user_ticket: Some(ticket) } = &identity else { panic!("{identity:?}") };
    assert_eq!(userid, "USERID");
    assert_eq!(format!("{ticket:?}"), "UserTicket(***)");
    assert!(!format!("{identity:?}").contains("t1ck3t"));
    let asked = double.asked_once();
    assert_eq!((asked.method, asked.url), (Method::GET, url("auth/getuserinfo") + "&code=c%2F0%2Bde"));

    let (client, _) = Double::with(r#"{"userid":"a","user_ticket":""}"#);
    let identity = client.get_user_info(&token(), "c").await.expect("known");
    assert_eq!(identity, Identity::Member { userid: "a".to_owned(), user_ticket: None });
}

#[tokio::test]
async fn somebody_from_outside_comes_back_as_such() {
    for (body, external_userid) in [
        (r#"{"errcode":0,"errmsg":"ok","openid":"OPENID","external_userid":"wm1"}"#, Some("wm1".to_owned())),
        (r#"{"openid":"OPENID"}"#, None),
    ] {
        let (client, _) = Double::with(body);
        let identity = client.get_user_info(&token(), "c").await.expect("known");
        assert_eq!(identity, Identity::Outsider { openid: "OPENID".to_owned(), external_userid });
    }
    let (client, _) = Double::with(r#"{"errcode":0,"external_userid":"wm1"}"#);
    assert!(matches!(client.get_user_info(&token(), "c").await, Err(Error::NoAnswer { .. })));
}

#[tokio::test]
async fn an_impossible_code_is_not_sent_and_a_used_one_is_never_repeated() {
    let (client, double) = Double::answering([]);
    for (code, expected) in [
        (String::new(), "auth/getuserinfo: code: is required"),
        ("c".repeat(513), "auth/getuserinfo: code: 513 bytes, at most 512"),
    ] {
        let error = client.get_user_info(&token(), &code).await.expect_err("invalid");
        assert_eq!(error.to_string(), expected);
    }
    assert!(double.asked().is_empty());
    let (client, _) = Double::with(r#"{"userid":"a"}"#);
    client.get_user_info(&token(), &"c".repeat(512)).await.expect("512 bytes are a code");
    for (code, class) in
        [(40029, Class::Never), (42003, Class::Never), (42022, Class::Never), (42001, Class::Token)]
    {
        let error = Double::refusing(code).get_user_info(&token(), "c").await.expect_err("refused");
        assert_eq!((error.code(), error.class()), (Some(code), class));
    }
}

async fn ticket() -> UserTicket {
    let (client, _) = Double::with(r#"{"userid":"a","user_ticket":"t1ck3t"}"#);
    match client.get_user_info(&token(), "c").await {
        Ok(Identity::Member { user_ticket: Some(ticket), .. }) => ticket,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_ticket_gets_what_the_member_consented_to() {
    let (client, double) = Double::with(
        r#"{"errcode":0,"errmsg":"ok","userid":"lisi","gender":"1","avatar":"http://shp.qpic.cn/0","qr_code":"https://open.work/q",
            "mobile":"13800000000","email":"lisi@gzdev.com","biz_mail":"lisi@q.wecom.work","address":"广州市海珠区"}"#,
    );
    let detail = client.get_user_detail(&token(), &ticket().await).await.expect("told");
    assert_eq!((detail.userid.as_str(), detail.gender), ("lisi", Gender::Male));
    assert_eq!(
        (detail.mobile.as_deref(), detail.email.as_deref()),
        (Some("13800000000"), Some("lisi@gzdev.com"))
    );
    assert_eq!(
        (detail.biz_mail.as_deref(), detail.address.as_deref()),
        (Some("lisi@q.wecom.work"), Some("广州市海珠区"))
    );
    assert!(detail.avatar.is_some() && detail.qr_code.is_some());
    let asked = double.asked_once();
    assert_eq!((&asked.method, &asked.url), (&Method::POST, &url("auth/getuserdetail")));
    assert_eq!(asked.json(), json!({"user_ticket": "t1ck3t"}));
    assert!(!format!("{detail:?}").contains("138"));

    let (client, _) = Double::with(r#"{"userid":"lisi","mobile":""}"#);
    let detail = client.get_user_detail(&token(), &ticket().await).await.expect("told");
    assert_eq!((detail.gender, detail.mobile, detail.avatar), (Gender::Unknown, None, None));
    let (client, _) = Double::with("{}");
    let error = client.get_user_detail(&token(), &ticket().await).await.expect_err("of whom?");
    assert!(matches!(error, Error::NoAnswer { .. }), "{error}");
}

#[tokio::test]
async fn an_old_ticket_is_never_repeated() {
    for code in [84014, 84015] {
        let error =
            Double::refusing(code).get_user_detail(&token(), &ticket().await).await.expect_err("refused");
        assert_eq!((error.code(), error.class()), (Some(code), Class::Never));
    }
}
