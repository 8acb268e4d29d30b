//! `externalcontact/remark`.

use http::Method;
use serde_json::json;
use wecom::Class;
use wecom::contact::Remark;

use crate::double::{Double, json as answer, status, token, url};

fn remark() -> Remark {
    Remark { userid: "zhangsan".to_owned(), external_userid: "wm1".to_owned(), ..Remark::default() }
}

#[tokio::test]
async fn all_notes_go_out_together() {
    let (client, double) = Double::with(r#"{"errcode":0,"errmsg":"ok"}"#);
    let full = Remark {
        remark: Some("备注信息".to_owned()),
        description: Some("描述信息".to_owned()),
        remark_company: Some("腾讯科技".to_owned()),
        remark_mobiles: Some(vec!["13800000001".to_owned(), "13800000002".to_owned()]),
        remark_pic_mediaid: Some("MEDIAID".to_owned()),
        ..remark()
    };
    client.remark_contact(&token(), &full).await.expect("noted");
    let asked = double.asked_once();
    assert_eq!((&asked.method, &asked.url), (&Method::POST, &url("externalcontact/remark")));
    let expected = json!({"userid": "zhangsan", "external_userid": "wm1", "remark": "备注信息", "description": "描述信息",
        "remark_company": "腾讯科技", "remark_mobiles": ["13800000001", "13800000002"], "remark_pic_mediaid": "MEDIAID"});
    assert_eq!(asked.json(), expected);
}

#[tokio::test]
async fn taking_all_phone_numbers_away_has_its_own_form() {
    let (client, double) = Double::with("{}");
    let none = Remark { remark_mobiles: Some(Vec::new()), ..remark() };
    client.remark_contact(&token(), &none).await.expect("noted");
    let expected = json!({"userid": "zhangsan", "external_userid": "wm1", "remark_mobiles": [""]});
    assert_eq!(double.asked_once().json(), expected);
}

#[tokio::test]
async fn characters_are_counted_and_not_bytes() {
    let of = |count| Some("好".repeat(count));
    let longest = Remark { remark: of(20), description: of(150), remark_company: of(20), ..remark() };
    let (client, double) = Double::with("{}");
    client.remark_contact(&token(), &longest).await.expect("just short enough");
    assert_eq!(double.asked().len(), 1);
    for (remark, expected) in [
        (Remark { remark: of(21), ..remark() }, "remark: 21 characters, at most 20"),
        (Remark { description: of(151), ..remark() }, "description: 151 characters, at most 150"),
        (Remark { remark_company: of(21), ..remark() }, "remark_company: 21 characters, at most 20"),
    ] {
        let error = client.remark_contact(&token(), &remark).await.expect_err("too long");
        assert_eq!(error.to_string(), format!("externalcontact/remark: {expected}"));
    }
}

#[tokio::test]
async fn a_remark_of_nobody_or_without_content_is_not_sent() {
    let (client, double) = Double::answering([]);
    let text = |text: &str| Some(text.to_owned());
    for (remark, expected) in [
        (remark(), "remark: is empty, and so are all other fields"),
        (Remark { remark: text(""), ..remark() }, "remark: is empty, and so are all other fields"),
        (Remark { userid: String::new(), remark: text("a"), ..remark() }, "userid: is required"),
        (Remark { external_userid: "w".repeat(65), ..remark() }, "external_userid: 65 bytes, at most 64"),
        (
            Remark { remark_mobiles: Some(vec!["138".to_owned(), String::new()]), ..remark() },
            "remark_mobiles[1]: is required",
        ),
    ] {
        let error = client.remark_contact(&token(), &remark).await.expect_err("invalid");
        assert_eq!(error.to_string(), format!("externalcontact/remark: {expected}"));
    }
    assert!(double.asked().is_empty());
}

#[tokio::test]
async fn a_refused_remark_says_why_and_a_lost_one_is_ambiguous() {
    let some = Remark { remark: Some("a".to_owned()), ..remark() };
    for (code, class) in
        [(84061, Class::State), (40007, Class::State), (40058, Class::Never), (-1, Class::Transient)]
    {
        let error = Double::refusing(code).remark_contact(&token(), &some).await.expect_err("refused");
        assert_eq!((error.code(), error.class(), error.is_ambiguous()), (Some(code), class, false));
    }
    let (client, _) = Double::answering([status(502, ""), answer("<html>")]);
    for _ in 0..2 {
        assert!(client.remark_contact(&token(), &some).await.expect_err("lost").is_ambiguous());
    }
}

#[test]
fn a_remark_does_not_show_what_it_says() {
    let shown = format!("{:?}", Remark { remark: Some("老李".to_owned()), ..remark() });
    assert!(shown.contains("wm1") && !shown.contains("老李"), "{shown}");
}
