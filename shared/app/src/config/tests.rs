use std::{cell::RefCell, collections::BTreeMap};

use super::*;

fn all(name: &str) -> Option<String> {
    let value = match name {
        "WECOM_CORP_ID" => "ww5823bf96d3bd56c7",
        "WECOM_AGENT_ID" => "1000002",
        "WECOM_SECRET" | "STEPWISE_INGEST_SECRET" => "hush",
        "WECOM_CALLBACK_TOKEN" => "QDG6eK",
        "WECOM_CALLBACK_AES_KEY" => "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C",
        "STEPWISE_PUBLIC_URL" => "https://crm.example.com/",
        "STEPWISE_TABLE_MAIN"
        | "STEPWISE_TABLE_HOT"
        | "STEPWISE_BUS"
        | "STEPWISE_ALARM_GROUP"
        | "STEPWISE_BLOB_BUCKET" => "name",
        "STEPWISE_ALARM_TARGET_ARN" | "STEPWISE_ALARM_ROLE_ARN" | "STEPWISE_ALARM_DEAD_LETTER_ARN" => "arn:…",
        _ => return None,
    };
    Some(value.to_owned())
}

/// All settings, some of them changed.
fn with(changes: &[(&str, &str)]) -> impl Fn(&str) -> Option<String> + use<> {
    let changes: BTreeMap<String, String> =
        changes.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    move |name: &str| changes.get(name).cloned().or_else(|| all(name))
}

#[test]
fn a_malformed_setting_is_named_with_its_mend() {
    for (name, value) in [
        ("WECOM_CORP_ID", "not a corp"),
        ("WECOM_CORP_ID", "not-a-corp"),
        ("WECOM_AGENT_ID", "abc"),
        ("WECOM_SECRET", ""),
        ("WECOM_CALLBACK_AES_KEY", "short"),
        ("WECOM_API_BASE", "qyapi"),
        ("WECOM_PROXY", "proxy.example.com:3128"),
        ("STEPWISE_TIMEZONE", "Peking"),
        ("STEPWISE_PUBLIC_URL", "localhost"),
        ("STEPWISE_PUBLIC_URL", ""),
        ("STEPWISE_INGEST_SECRET", ""),
        ("STEPWISE_TRUSTED_PROXIES", "127.0.0.1,proxy"),
    ] {
        let error = Config::read(&with(&[(name, value)])).unwrap_err();
        assert_eq!(error.name, name, "{error}");
    }
}

#[test]
fn a_corp_id_is_two_letters_and_sixteen_hexadecimal_digits() {
    for good in ["ww0123456789abcdef", "wx5823bf96d3bd56c7"] {
        assert_eq!(Config::read(&with(&[("WECOM_CORP_ID", good)])).unwrap().wecom.corp_id, good);
    }
    for bad in [
        "not-a-corp",
        "ww0123456789abcdeg",
        "ww0123456789abcde",
        "ww0123456789abcdef0",
        "wy0123456789abcdef",
        "WW0123456789ABCDEF",
        "ww0123456789ABCDEF",
        "ww",
    ] {
        let given = with(&[("WECOM_CORP_ID", bad)]);
        for error in [Config::read(&given).unwrap_err(), Callback::read(&given).unwrap_err()] {
            assert!(error.name == "WECOM_CORP_ID" && error.to_string().contains(bad), "{error}");
            assert!(error.to_string().contains("ww0123456789abcdef"), "{error}");
        }
    }
}

#[test]
fn secrets_do_not_show_themselves() {
    let config = Config::read(&with(&[])).unwrap();
    assert!(!format!("{config:?}").contains("hush"));
    assert!(config.admin_token.is_none());
    assert!(!format!("{:?}", Api::read(&with(&[])).unwrap()).contains("hush"));
}

#[test]
fn a_function_asks_for_nothing_that_is_not_its_own() {
    fn asked<S: Settings>() -> Vec<String> {
        let asked = RefCell::new(Vec::new());
        let source = |name: &str| {
            asked.borrow_mut().push(name.to_owned());
            all(name)
        };
        assert!(S::read(&source).is_ok());
        asked.into_inner()
    }
    let callback = asked::<Callback>();
    for foreign in ["WECOM_SECRET", "WECOM_AGENT_ID", "STEPWISE_ALARM_GROUP", "STEPWISE_INGEST_SECRET"] {
        assert!(!callback.iter().any(|name| name == foreign), "{foreign}");
    }
    for worker in [asked::<Worker>(), asked::<Janitor>()] {
        for foreign in ["WECOM_CALLBACK_TOKEN", "WECOM_CALLBACK_AES_KEY", "STEPWISE_INGEST_SECRET"] {
            assert!(!worker.iter().any(|name| name == foreign), "{foreign}");
        }
    }
    assert!(asked::<Api>().contains(&"STEPWISE_INGEST_SECRET".to_owned()));
}

#[test]
fn what_a_function_lacks_is_named() {
    for name in [
        "STEPWISE_BUS",
        "STEPWISE_TABLE_HOT",
        "STEPWISE_BLOB_BUCKET",
        "STEPWISE_ALARM_ROLE_ARN",
        "WECOM_SECRET",
    ] {
        assert_eq!(Worker::read(&with(&[(name, "")])).unwrap_err().name, name);
    }
    let problem = Callback::read(&with(&[("WECOM_CALLBACK_TOKEN", "")])).unwrap_err().to_string();
    assert_eq!(problem, "WECOM_CALLBACK_TOKEN: is not set, and WECOM_CALLBACK_TOKEN_ARN neither");
}

#[test]
fn a_secret_is_given_once_and_by_an_arn_if_not_directly() {
    let arn = "arn:aws:ssm:eu-central-1:111122223333:parameter/stepwise/dev/wecom-secret";
    let names = Worker::SECRETS;
    let both = with(&[("WECOM_SECRET_ARN", arn)]);
    let error = reference::references(&both, names).unwrap_err();
    assert_eq!(error.to_string(), "WECOM_SECRET_ARN: is set beside WECOM_SECRET; set one of them");
    let wrong = with(&[("WECOM_SECRET_ARN", "hush"), ("WECOM_SECRET", "")]);
    let error = reference::references(&wrong, names).unwrap_err();
    assert!(error.name == "WECOM_SECRET_ARN" && !error.to_string().contains("hush"), "{error}");
    let one = with(&[("WECOM_SECRET_ARN", arn), ("WECOM_SECRET", "")]);
    let wanted = reference::references(&one, names).unwrap();
    assert_eq!(wanted.iter().map(|(_, arn)| arn.to_string()).collect::<Vec<_>>(), [arn]);
    assert!(reference::references(&with(&[]), names).unwrap().is_empty());

    let missing = cloud::Error::Secret { parameter: arn.into(), problem: "does not exist here" };
    let told = reference::complaint(&wanted, &missing).to_string();
    assert_eq!(told, format!("WECOM_SECRET_ARN: the parameter {arn} does not exist here"));
    let denied = cloud::Error::Refused { call: "GetParameters", source: "400 AccessDenied".into() };
    let told = reference::complaint(&wanted, &denied).to_string();
    assert_eq!(told, "WECOM_SECRET_ARN: GetParameters was refused: 400 AccessDenied");
}
