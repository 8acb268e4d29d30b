//! How answers become results, on one reading and one writing call.

use wecom::tag::{MarkTags, TagQuery};
use wecom::{Class, Client, Error, TransportError};

use crate::double::{Double, json, status, token};

type Answer = Result<http::Response<bytes::Bytes>, TransportError>;

async fn mark(client: &Client) -> Result<(), Error> {
    let mark = MarkTags {
        userid: "zhangsan".to_owned(),
        external_userid: "wm1".to_owned(),
        add_tag: vec!["et1".to_owned()],
        remove_tag: Vec::new(),
    };
    client.mark_tags(&token(), &mark).await
}

async fn writing(answer: Answer) -> Result<(), Error> {
    let (client, double) = Double::answering([answer]);
    let result = mark(&client).await;
    double.asked_once();
    result
}

async fn reading(answer: Answer) -> Result<(), Error> {
    let (client, double) = Double::answering([answer]);
    let result = client.list_corp_tags(&token(), TagQuery::All).await.map(drop);
    double.asked_once();
    result
}

#[tokio::test]
async fn an_errcode_that_is_absent_null_or_zero_is_success() {
    for body in [
        "{}",
        r#"{"errmsg":"ok"}"#,
        r#"{"errcode":0}"#,
        r#"{"errcode":"0","errmsg":"ok","new_field":[1]}"#,
        r#"{"errcode":null}"#,
        r#"{"errcode":""}"#,
    ] {
        assert_eq!(writing(json(body)).await, Ok(()), "{body}");
        assert_eq!(reading(json(body)).await, Ok(()), "{body}");
    }
}

#[tokio::test]
async fn any_other_errcode_is_a_refusal_with_class_and_hint_but_without_the_text() {
    let body =
        r#"{"errcode":"84061","errmsg":"no relation of 张三, hint: [1700000000_5_ab12], from ip: 1.2.3.4"}"#;
    let error = writing(json(body)).await.expect_err("refused");
    assert_eq!((error.code(), error.class(), error.is_ambiguous()), (Some(84061), Class::State, false));
    assert_eq!((error.hint(), error.api()), (Some("1700000000_5_ab12"), "externalcontact/mark_tag"));
    for shown in [error.to_string(), format!("{error:?}")] {
        assert!(!shown.contains("张三") && !shown.contains("1.2.3.4") && !shown.contains("t0k"), "{shown}");
    }
    let error = reading(json(r#"{"errcode":-1}"#)).await.expect_err("refused");
    assert_eq!((error.code(), error.class(), error.hint()), (Some(-1), Class::Transient, None));
    let error = writing(json(r#"{"errcode":42001}"#)).await.expect_err("refused");
    assert_eq!((error.class(), error.is_ambiguous()), (Class::Token, false));
}

#[tokio::test]
async fn of_a_refused_address_the_address_is_kept_and_nothing_else_of_the_text() {
    let body = |code: i64| {
        format!(
            r#"{{"errcode":{code},"errmsg":"not allow to access from your ip 张三 9.9.9.9, hint: [1_2_ab], from ip: 203.0.113.7, more info at https://open.work.weixin.qq.com/devtool/query?e=60020"}}"#
        )
    };
    let error = reading(json(&body(60020))).await.expect_err("refused");
    assert_eq!((error.code(), error.class(), error.hint()), (Some(60020), Class::Never, Some("1_2_ab")));
    assert_eq!(error.from_ip(), "203.0.113.7".parse().ok());
    for shown in [error.to_string(), format!("{error:?}")] {
        assert!(
            !["张三", "9.9.9.9", "more info", "allow"].iter().any(|text| shown.contains(text)),
            "{shown}"
        );
    }
    let other = reading(json(&body(40058))).await.expect_err("refused");
    assert_eq!(other.from_ip(), None);
    assert!(!format!("{other:?}").contains("203.0.113.7"), "{other:?}");
}

#[tokio::test]
async fn an_unknown_outcome_is_ambiguous_for_a_writing_call_only() {
    let timeout = || Err(TransportError::Ambiguous("time ran out".to_owned()));
    let answers: [fn() -> Answer; 8] = [
        || status(500, r#"{"errcode":0}"#),
        || status(502, "<html>"),
        || status(408, ""),
        || json(""),
        || json("<html>"),
        || json("[]"),
        || json(r#"{"errcode":"busy"}"#),
        || json(r#"{"errcode":{}}"#),
    ];
    for answer in
        answers.iter().map(|make| make as &dyn Fn() -> Answer).chain([&timeout as &dyn Fn() -> Answer])
    {
        let error = writing(answer()).await.expect_err("unclear");
        assert!(error.is_ambiguous(), "{error}");
        assert_eq!((error.code(), error.class()), (None, Class::Transient));
        let error = reading(answer()).await.expect_err("unclear");
        assert!(matches!(error, Error::NoAnswer { .. }), "{error}");
        assert!(!error.is_ambiguous());
    }
}

#[tokio::test]
async fn a_success_with_fields_of_other_types_is_not_taken_for_one() {
    let error = reading(json(r#"{"errcode":0,"tag_group":{"secret":"value"}}"#))
        .await
        .expect_err("a list is expected");
    assert!(matches!(error, Error::NoAnswer { .. }));
    assert!(!format!("{error:?}").contains("secret"));
}

#[tokio::test]
async fn what_never_arrived_is_not_ambiguous() {
    let error =
        writing(Err(TransportError::NotSent("connection refused".to_owned()))).await.expect_err("not sent");
    assert_eq!(
        error,
        Error::NotSent { api: "externalcontact/mark_tag", reason: "connection refused".to_owned() }
    );
    assert_eq!((error.class(), error.is_ambiguous()), (Class::Transient, false));
    for (code, class) in [(404, Class::Never), (302, Class::Never), (429, Class::RateLimit)] {
        let error = writing(status(code, "<html>")).await.expect_err("turned away");
        assert_eq!(error, Error::TurnedAway { api: "externalcontact/mark_tag", status: code });
        assert_eq!((error.class(), error.is_ambiguous()), (class, false));
    }
}

#[tokio::test]
async fn an_error_of_the_transport_that_quotes_the_address_is_not_repeated() {
    let quoted = "error sending request for url (http://h/cgi-bin/x?access_token=t0k)".to_owned();
    for failed in [TransportError::NotSent(quoted.clone()), TransportError::Ambiguous(quoted)] {
        let error = writing(Err(failed)).await.expect_err("failed");
        assert!(!format!("{error} {error:?}").contains("t0k"));
    }
}

#[tokio::test]
async fn a_base_address_that_is_none_is_reported_before_anything_is_sent() {
    let (_, double) = Double::answering([]);
    let client = Client::new("not a url", double.clone());
    let error = mark(&client).await.expect_err("no address");
    assert!(matches!(&error, Error::Invalid { field, .. } if field == "base address"), "{error}");
    assert!(double.asked().is_empty());
}
