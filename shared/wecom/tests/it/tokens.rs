//! `gettoken`.

use std::time::Duration;

use http::Method;
use wecom::{AccessToken, Class, Error};

use crate::double::{BASE, Double};

#[tokio::test]
async fn a_token_is_asked_for_with_id_and_secret_in_the_query() {
    let (client, double) =
        Double::with(r#"{"errcode":0,"errmsg":"ok","access_token":"abc","expires_in":"7100"}"#);
    let granted = client.get_token("ww1", "s&cret").await.expect("granted");
    assert_eq!(granted.access_token, AccessToken::new("abc"));
    assert_eq!(granted.expires_in, Duration::from_secs(7100));
    let asked = double.asked_once();
    assert_eq!(asked.url, format!("{BASE}/cgi-bin/gettoken?corpid=ww1&corpsecret=s%26cret"));
    assert_eq!((asked.method, asked.body.len(), asked.content_type), (Method::GET, 0, None));
    assert_eq!(asked.timeout, Duration::from_secs(10));
}

#[tokio::test]
async fn a_token_without_stated_validity_gets_the_usual_one() {
    for body in [r#"{"access_token":"abc"}"#, r#"{"access_token":"abc","expires_in":0}"#] {
        let (client, _) = Double::with(body);
        let granted = client.get_token("ww1", "s").await.expect("granted");
        assert_eq!(granted.expires_in, Duration::from_secs(7200));
    }
}

#[tokio::test]
async fn an_answer_without_token_is_no_answer() {
    let (client, _) = Double::with(r#"{"errcode":0,"errmsg":"ok"}"#);
    assert!(matches!(client.get_token("ww1", "s").await, Err(Error::NoAnswer { .. })));
}

#[tokio::test]
async fn a_wrong_secret_is_never_tried_again() {
    let (client, _) = Double::with(r#"{"errcode":40001,"errmsg":"invalid credential"}"#);
    let error = client.get_token("ww1", "wrong").await.expect_err("refused");
    assert_eq!((error.class(), error.code()), (Class::Never, Some(40001)));
}

#[tokio::test]
async fn an_empty_secret_is_not_sent() {
    let (client, double) = Double::answering([]);
    let error = client.get_token("ww1", "").await.expect_err("empty");
    assert_eq!(error.to_string(), "gettoken: corpsecret: is required");
    assert!(double.asked().is_empty());
}

#[test]
fn a_token_does_not_show_itself() {
    assert_eq!(format!("{:?}", AccessToken::new("abc")), "AccessToken(***)");
}
