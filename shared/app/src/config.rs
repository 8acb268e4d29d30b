//! Settings: read once from the environment, typed, complained about by name. The only place that reads it.

use std::fmt;

use chrono_tz::Tz;
use store::TableNames;
use wecom::crypto::CallbackKeys;

/// WeCom's own host.
pub const OFFICIAL_API: &str = "https://qyapi.weixin.qq.com";

/// A value that never shows itself.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value, for the one place that needs it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The corp's app, as the API client needs it.
#[derive(Clone, Debug)]
pub struct WeCom {
    /// `WECOM_CORP_ID`: 企业ID.
    pub corp_id: String,
    /// `WECOM_AGENT_ID`: the app's AgentId.
    pub agent_id: i64,
    /// `WECOM_SECRET`: the app's secret.
    pub secret: Secret,
    /// `STEPWISE_PUBLIC_URL`: where staff reach the console and sidebar.
    pub public_url: String,
}

/// All settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// See [`WeCom`].
    pub wecom: WeCom,
    /// `WECOM_CALLBACK_TOKEN` and `WECOM_CALLBACK_AES_KEY`.
    pub callback: CallbackKeys,
    /// `WECOM_API_BASE`, default the official host.
    pub api_base: String,
    /// `STEPWISE_TIMEZONE`, default Asia/Shanghai; counts for a new store.
    pub timezone: Tz,
    /// `STEPWISE_ADMIN_TOKEN`: a bearer token with role admin; none set: none valid.
    pub admin_token: Option<Secret>,
    /// `STEPWISE_INGEST_SECRET`: signs ingested events.
    pub ingest_secret: Secret,
    /// `STEPWISE_TABLE_MAIN`, `STEPWISE_TABLE_HOT`.
    pub tables: TableNames,
}

/// A setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {problem}")]
pub struct BadSetting {
    /// The variable.
    pub name: &'static str,
    /// What is wrong with it and how to mend it; never its value where it is a secret.
    pub problem: String,
}

/// Where settings come from.
pub trait Source {
    /// The value of a variable; empty counts as absent.
    fn get(&self, name: &str) -> Option<String>;
}

/// The process environment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Environment;

impl Source for Environment {
    fn get(&self, name: &str) -> Option<String> {
        #[expect(clippy::disallowed_methods, reason = "this is where settings are read")]
        let value = std::env::var(name).ok();
        value.map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
    }
}

impl<F: Fn(&str) -> Option<String>> Source for F {
    fn get(&self, name: &str) -> Option<String> {
        self(name).filter(|value| !value.is_empty())
    }
}

impl Config {
    /// Reads and checks every setting.
    pub fn read(source: &dyn Source) -> Result<Self, BadSetting> {
        let public_url =
            url(source, "STEPWISE_PUBLIC_URL")?.unwrap_or_else(|| "http://127.0.0.1:8787".to_owned());
        let wecom = WeCom {
            corp_id: corp_id(source)?,
            agent_id: agent_id(source)?,
            secret: Secret(required(source, "WECOM_SECRET")?),
            public_url,
        };
        let token = required(source, "WECOM_CALLBACK_TOKEN")?;
        let key = required(source, "WECOM_CALLBACK_AES_KEY")?;
        let callback = CallbackKeys::parse(&token, &key, &wecom.corp_id).map_err(|error| {
            let name = match error {
                wecom::crypto::KeyError::Token => "WECOM_CALLBACK_TOKEN",
                wecom::crypto::KeyError::EncodingAesKey => "WECOM_CALLBACK_AES_KEY",
                wecom::crypto::KeyError::CorpId => "WECOM_CORP_ID",
            };
            BadSetting { name, problem: error.to_string() }
        })?;
        let tables = TableNames::default();
        Ok(Self {
            wecom,
            callback,
            api_base: url(source, "WECOM_API_BASE")?.unwrap_or_else(|| OFFICIAL_API.to_owned()),
            timezone: timezone(source)?,
            admin_token: source.get("STEPWISE_ADMIN_TOKEN").map(Secret),
            ingest_secret: Secret(required(source, "STEPWISE_INGEST_SECRET")?),
            tables: TableNames {
                main: source.get("STEPWISE_TABLE_MAIN").unwrap_or(tables.main),
                hot: source.get("STEPWISE_TABLE_HOT").unwrap_or(tables.hot),
            },
        })
    }
}

fn bad(name: &'static str, problem: impl Into<String>) -> BadSetting {
    BadSetting { name, problem: problem.into() }
}

fn required(source: &dyn Source, name: &'static str) -> Result<String, BadSetting> {
    source.get(name).ok_or_else(|| bad(name, "is not set; see the settings in the README"))
}

fn corp_id(source: &dyn Source) -> Result<String, BadSetting> {
    const NAME: &str = "WECOM_CORP_ID";
    let value = required(source, NAME)?;
    let legal = value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if legal && (6..=64).contains(&value.len()) {
        return Ok(value);
    }
    Err(bad(
        NAME,
        format!(
            "{value:?} is no corp id; copy 企业ID from 我的企业 in the admin console, it looks like ww0123456789abcdef"
        ),
    ))
}

fn agent_id(source: &dyn Source) -> Result<i64, BadSetting> {
    const NAME: &str = "WECOM_AGENT_ID";
    let value = required(source, NAME)?;
    value.parse().ok().filter(|id| *id > 0).ok_or_else(|| {
        bad(NAME, format!("{value:?} is no AgentId; it is the number on the app's page, e.g. 1000002"))
    })
}

fn timezone(source: &dyn Source) -> Result<Tz, BadSetting> {
    const NAME: &str = "STEPWISE_TIMEZONE";
    let Some(value) = source.get(NAME) else { return Ok(chrono_tz::Asia::Shanghai) };
    value
        .parse()
        .map_err(|_| bad(NAME, format!("{value:?} is no time zone; write an IANA name like Asia/Shanghai")))
}

fn url(source: &dyn Source, name: &'static str) -> Result<Option<String>, BadSetting> {
    let Some(value) = source.get(name) else { return Ok(None) };
    let parsed: Option<http::Uri> = value.parse().ok();
    let whole = parsed
        .is_some_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.authority().is_some());
    if whole {
        return Ok(Some(value.trim_end_matches('/').to_owned()));
    }
    Err(bad(name, format!("{value:?} is no address; write it with http:// or https://")))
}

#[cfg(test)]
mod tests {
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
}
