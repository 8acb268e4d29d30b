//! `getcallbackip`, `get_api_domain_ip`.

use http::Method;
use wecom::Class;

use crate::double::{Double, token, url};

#[tokio::test]
async fn addresses_of_the_platform_are_listed() {
    let answer = r#"{"ip_list":["182.254.11.176","182.254.78.66/27"],"errcode":0,"errmsg":"ok"}"#;
    let (client, double) = Double::with(answer);
    let callbacks = client.list_callback_addresses(&token()).await.expect("listed");
    assert_eq!(callbacks, ["182.254.11.176", "182.254.78.66/27"]);
    let asked = double.asked_once();
    assert_eq!((asked.method, asked.url), (Method::GET, url("getcallbackip")));

    let (client, double) = Double::with(answer);
    let api = client.list_api_addresses(&token()).await.expect("listed");
    assert_eq!(api.len(), 2);
    let asked = double.asked_once();
    assert_eq!((asked.method, asked.url), (Method::GET, url("get_api_domain_ip")));
}

#[tokio::test]
async fn an_answer_without_addresses_is_an_empty_list() {
    for body in ["{}", r#"{"errcode":0,"ip_list":null}"#] {
        let (client, _) = Double::with(body);
        assert!(client.list_callback_addresses(&token()).await.expect("listed").is_empty());
        let (client, _) = Double::with(body);
        assert!(client.list_api_addresses(&token()).await.expect("listed").is_empty());
    }
}

#[tokio::test]
async fn an_address_of_ours_that_is_not_trusted_shows_here() {
    let error = Double::refusing(60020).list_callback_addresses(&token()).await.expect_err("refused");
    assert_eq!((error.code(), error.class()), (Some(60020), Class::Never));
    let error = Double::refusing(60020).list_api_addresses(&token()).await.expect_err("refused");
    assert_eq!((error.code(), error.api()), (Some(60020), "get_api_domain_ip"));
}
