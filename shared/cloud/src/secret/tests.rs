use serde_json::{Value, json};

use super::*;
use crate::wire::{Answer, Wire};

const PATH: &str = "arn:aws:ssm:ap-southeast-1:111122223333:parameter/stepwise/dev/";

fn arn(name: &str) -> ParameterArn {
    ParameterArn::parse(&format!("{PATH}{name}")).unwrap()
}

fn parameter(name: &str, value: &str) -> Value {
    json!({ "ARN": format!("{PATH}{name}"), "Name": format!("/stepwise/dev/{name}"), "Type": "SecureString",
            "Value": value, "Version": 3, "DataType": "text", "LastModifiedDate": 1.7e9 })
}

fn answer(parameters: &[Value], invalid: &[&str]) -> Answer {
    (200, "", json!({ "Parameters": parameters, "InvalidParameters": invalid }))
}

async fn refusal(answer: Answer) -> Error {
    let wire = Wire::answering([answer]);
    resolve(&wire.signer(), None, &[arn("wecom-secret"), arn("ingest-secret")]).await.unwrap_err()
}

#[tokio::test]
async fn one_signed_call_asks_for_all_by_name() {
    let wire = Wire::answering([answer(&[parameter("b", "of b"), parameter("a", "of a")], &[])]);
    let found = resolve(&wire.signer(), None, &[arn("a"), arn("b")]).await.unwrap();
    assert_eq!(found, BTreeMap::from([(arn("a"), "of a".to_owned()), (arn("b"), "of b".to_owned())]));
    let sent = wire.sent();
    assert_eq!(sent.len(), 1);
    let sent = &sent[0];
    assert_eq!((sent.method.as_str(), sent.target.as_str()), ("POST", "AmazonSSM.GetParameters"));
    assert_eq!(sent.uri, "https://ssm.ap-southeast-1.amazonaws.com/");
    let asked = json!({ "Names": ["/stepwise/dev/a", "/stepwise/dev/b"], "WithDecryption": true });
    assert_eq!(sent.body, asked);
    assert_eq!(sent.headers["content-type"], "application/x-amz-json-1.1");
    assert_eq!(sent.headers["x-amz-date"], "20260101T000000Z");
    assert_eq!(sent.headers["x-amz-security-token"], "session");
    let signature = &sent.headers["authorization"];
    let begins = "AWS4-HMAC-SHA256 Credential=AKID/20260101/ap-southeast-1/ssm/aws4_request, SignedHeaders=";
    let names = "content-type;host;x-amz-date;x-amz-security-token;x-amz-target, Signature=";
    assert!(signature.starts_with(&format!("{begins}{names}")), "{signature}");
}

#[tokio::test]
async fn a_call_carries_ten_names_at_most_and_goes_where_it_is_told() {
    let names: Vec<String> = (0..12).map(|n| format!("n{n:02}")).collect();
    let parameters: Vec<Value> = names.iter().map(|name| parameter(name, "v")).collect();
    let wire = Wire::answering([answer(&parameters[..10], &[]), answer(&parameters[10..], &[])]);
    let arns: Vec<_> = names.iter().map(|name| arn(name)).collect();
    let found = resolve(&wire.signer(), Some("http://127.0.0.1:4566/"), &arns).await.unwrap();
    assert_eq!(found.len(), 12);
    let asked: Vec<_> = wire.sent().iter().map(|sent| sent.body["Names"].as_array().unwrap().len()).collect();
    assert_eq!(asked, [10, 2]);
    assert_eq!(wire.sent()[0].uri, "http://127.0.0.1:4566/");
}

#[tokio::test]
async fn nothing_asked_is_no_call() {
    let wire = Wire::answering([]);
    assert!(resolve(&wire.signer(), None, &[]).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_parameter_without_a_value_is_named() {
    let good = parameter("wecom-secret", "hush");
    let elsewhere = {
        let mut other = parameter("ingest-secret", "hush");
        other["ARN"] = "arn:aws:ssm:ap-southeast-1:999999999999:parameter/stepwise/dev/ingest-secret".into();
        other
    };
    let open = {
        let mut open = parameter("ingest-secret", "hush");
        open["Type"] = "String".into();
        open
    };
    for (answer, problem) in [
        (answer(std::slice::from_ref(&good), &["/stepwise/dev/ingest-secret"]), "does not exist here"),
        (answer(&[good.clone(), elsewhere], &[]), "does not exist here"),
        (answer(&[good.clone(), open], &[]), "is no SecureString"),
        (answer(&[good.clone(), parameter("ingest-secret", " ")], &[]), "is empty"),
    ] {
        let told = refusal(answer).await;
        assert_eq!(told.to_string(), format!("the parameter {PATH}ingest-secret {problem}"));
        assert!(!format!("{told:?}").contains("hush"));
    }
}

#[tokio::test]
async fn a_wrong_answer_is_refused_without_showing_it() {
    for wrong in
        [json!("hush"), json!({ "Parameters": [{ "Value": "hush" }] }), json!({ "Parameters": "hush" })]
    {
        let told = refusal((200, "", wrong)).await;
        assert!(matches!(told, Error::Refused { .. }), "{told:?}");
        assert!(!format!("{told:?}").contains("hush"));
    }
}

#[tokio::test]
async fn the_service_s_refusal_is_sorted_and_quoted() {
    let denied = json!({ "__type": "AccessDeniedException", "Message": "not authorized" });
    let told = refusal((400, "", denied)).await;
    let Error::Refused { call: GET, source } = &told else { panic!("{told:?}") };
    assert_eq!(source.to_string(), "400 AccessDeniedException not authorized");
    let slow = json!({ "__type": "com.amazonaws.ssm#ThrottlingException", "message": "Rate exceeded" });
    assert!(matches!(refusal((400, "", slow)).await, Error::Unavailable { .. }));
    assert!(matches!(refusal((503, "", Value::Null)).await, Error::Unavailable { .. }));
    let wire = Wire::answering([]);
    let told = resolve(&wire.signer(), None, &[arn("a")]).await.unwrap_err();
    assert!(matches!(told, Error::Unavailable { .. }), "{told:?}");
}

#[test]
fn only_arns_of_parameters_are_references() {
    for wrong in [
        "",
        "hush",
        "/stepwise/dev/wecom-secret",
        "arn:aws:secretsmanager:ap-southeast-1:111122223333:secret:a",
        "arn:aws:ssm:ap-southeast-1:111122223333:document/a",
        "arn:aws:ssm:ap-southeast-1:111122223333:parameter/",
        "arn:aws:ssm:ap-southeast-1:111122223333:parameter//a",
        "arn:aws:ssm:ap-southeast-1:111122223333:parameter/a b",
        "arn:aws:ssm::111122223333:parameter/a",
        "arn:aws:ssm:ap-southeast-1::parameter/a",
    ] {
        assert_eq!(ParameterArn::parse(wrong), None, "{wrong}");
    }
    let flat = ParameterArn::parse("arn:aws-cn:ssm:cn-north-1:111122223333:parameter/flat").unwrap();
    assert_eq!(flat.name(), "flat");
}
