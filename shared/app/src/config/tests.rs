use super::*;

fn with(changes: &[(&str, &str)]) -> Result<Config, BadSetting> {
    let changes: Vec<(String, String)> =
        changes.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let source = move |name: &str| {
        if let Some((_, value)) = changes.iter().find(|(key, _)| key == name) {
            return Some(value.clone());
        }
        let value = match name {
            "WECOM_CORP_ID" => "ww5823bf96d3bd56c7",
            "WECOM_AGENT_ID" => "1000002",
            "WECOM_SECRET" | "STEPWISE_INGEST_SECRET" => "hush",
            "WECOM_CALLBACK_TOKEN" => "QDG6eK",
            "WECOM_CALLBACK_AES_KEY" => "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C",
            _ => return None,
        };
        Some(value.to_owned())
    };
    Config::read(&source)
}

#[test]
fn a_malformed_setting_is_named_with_its_mend() {
    for (name, value) in [
        ("WECOM_CORP_ID", "not a corp"),
        ("WECOM_AGENT_ID", "abc"),
        ("WECOM_SECRET", ""),
        ("WECOM_CALLBACK_AES_KEY", "short"),
        ("WECOM_API_BASE", "qyapi"),
        ("STEPWISE_TIMEZONE", "Peking"),
        ("STEPWISE_PUBLIC_URL", "localhost"),
        ("STEPWISE_INGEST_SECRET", ""),
    ] {
        let error = with(&[(name, value)]).unwrap_err();
        assert_eq!(error.name, name, "{error}");
    }
}

#[test]
fn secrets_do_not_show_themselves() {
    let config = with(&[]).unwrap();
    assert!(!format!("{config:?}").contains("hush"));
    assert!(config.admin_token.is_none());
}
