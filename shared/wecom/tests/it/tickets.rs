//! `get_jsapi_ticket`, `ticket/get`.

use std::time::Duration;

use http::Method;
use wecom::ticket::Ticket;
use wecom::{Class, Error};

use crate::double::{Double, token, url};

#[tokio::test]
async fn the_corps_ticket_and_the_apps_are_asked_for_at_two_addresses() {
    let answer = r#"{"errcode":0,"errmsg":"ok","ticket":"bxLdikRXVbTPdHSM05e5u5sUoXNKd8-41ZO3MhKoyN5OfkWITDGgnr2fwJ0m9E8NYzWKVZvdVtaUgWvsdshFKA","expires_in":"7200"}"#;
    let (client, double) = Double::with(answer);
    let corp = client.get_corp_ticket(&token()).await.expect("granted");
    assert!(corp.ticket.expose().starts_with("bxLdikRX"));
    assert_eq!(corp.expires_in, Duration::from_secs(7200));
    let asked = double.asked_once();
    assert_eq!((asked.method, asked.url, asked.body.len()), (Method::GET, url("get_jsapi_ticket"), 0));

    let (client, double) = Double::with(answer);
    let app = client.get_app_ticket(&token()).await.expect("granted");
    assert_eq!(app, corp);
    let asked = double.asked_once();
    assert_eq!((asked.method, asked.url), (Method::GET, url("ticket/get") + "&type=agent_config"));
    assert_eq!(asked.timeout, Duration::from_secs(10));
}

#[tokio::test]
async fn a_ticket_without_stated_validity_gets_the_usual_one_and_none_is_no_answer() {
    let (client, _) = Double::with(r#"{"ticket":"t"}"#);
    let granted = client.get_app_ticket(&token()).await.expect("granted");
    assert_eq!((granted.ticket, granted.expires_in), (Ticket::new("t"), Duration::from_secs(7200)));
    let (client, _) = Double::with(r#"{"errcode":0,"expires_in":7200}"#);
    assert!(matches!(client.get_corp_ticket(&token()).await, Err(Error::NoAnswer { .. })));
}

#[tokio::test]
async fn too_many_tickets_are_a_matter_of_waiting() {
    for (code, class) in [(45009, Class::RateLimit), (42001, Class::Token), (60020, Class::Never)] {
        let error = Double::refusing(code).get_corp_ticket(&token()).await.expect_err("refused");
        assert_eq!((error.class(), error.api()), (class, "get_jsapi_ticket"));
        let error = Double::refusing(code).get_app_ticket(&token()).await.expect_err("refused");
        assert_eq!((error.class(), error.api()), (class, "ticket/get"));
    }
}

#[test]
fn a_ticket_does_not_show_itself() {
    assert_eq!(format!("{:?}", Ticket::new("abc")), "Ticket(***)");
}
