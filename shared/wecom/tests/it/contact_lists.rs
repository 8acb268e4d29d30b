//! `externalcontact/get_follow_user_list`, `externalcontact/list`.

use http::Method;
use wecom::Class;

use crate::double::{Double, token, url};

#[tokio::test]
async fn members_who_serve_customers_are_listed() {
    let (client, double) =
        Double::with(r#"{"errcode":0,"errmsg":"ok","follow_user":["zhangsan","lisi"],"new":1}"#);
    let members = client.list_follow_users(&token()).await.expect("listed");
    assert_eq!(members, ["zhangsan", "lisi"]);
    let asked = double.asked_once();
    assert_eq!(
        (asked.method, asked.url, asked.body.len()),
        (Method::GET, url("externalcontact/get_follow_user_list"), 0)
    );
    let (client, _) = Double::with("{}");
    assert!(client.list_follow_users(&token()).await.expect("listed").is_empty());
}

#[tokio::test]
async fn customers_of_a_member_are_listed() {
    let (client, double) = Double::with(
        r#"{"errcode":0,"errmsg":"ok","external_userid":["woAJ2GCAAAXtWyujaWJHDDGi0mACAAA","wmqfasd1"]}"#,
    );
    let customers = client.list_contacts(&token(), "zhang@san").await.expect("listed");
    assert_eq!(customers, ["woAJ2GCAAAXtWyujaWJHDDGi0mACAAA", "wmqfasd1"]);
    let asked = double.asked_once();
    let expected = url("externalcontact/list") + "&userid=zhang%40san";
    assert_eq!((asked.method, asked.url), (Method::GET, expected));
    let (client, _) = Double::with(r#"{"errcode":0,"external_userid":null}"#);
    assert!(client.list_contacts(&token(), "zhangsan").await.expect("listed").is_empty());
}

#[tokio::test]
async fn a_member_without_customers_has_an_empty_list() {
    assert_eq!(Double::refusing(84061).list_contacts(&token(), "zhangsan").await, Ok(Vec::new()));
}

#[tokio::test]
async fn any_other_refusal_is_one() {
    for (code, class) in
        [(60111, Class::State), (60011, Class::State), (48002, Class::Never), (45009, Class::RateLimit)]
    {
        let error = Double::refusing(code).list_contacts(&token(), "zhangsan").await.expect_err("refused");
        assert_eq!((error.code(), error.class()), (Some(code), class));
        assert!(!error.is_ambiguous());
        let error = Double::refusing(code).list_follow_users(&token()).await.expect_err("refused");
        assert_eq!((error.code(), error.class()), (Some(code), class));
    }
}

#[tokio::test]
async fn nobody_and_an_impossible_member_are_not_asked_for() {
    let (client, double) = Double::answering([]);
    for (userid, expected) in [
        (String::new(), "externalcontact/list: userid: is required"),
        ("u".repeat(65), "externalcontact/list: userid: 65 bytes, at most 64"),
    ] {
        let error = client.list_contacts(&token(), &userid).await.expect_err("invalid");
        assert_eq!(error.to_string(), expected);
    }
    assert!(double.asked().is_empty());
    let (client, _) = Double::with("{}");
    client.list_contacts(&token(), &"u".repeat(64)).await.expect("64 bytes are an id");
}
