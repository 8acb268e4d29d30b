//! Settings: read once from the environment, typed, complained about by name. The only place that reads it.
//!
//! Each function has settings of its own ([`Callback`], [`Worker`], [`Api`], [`Janitor`]) and reads nothing else; the
//! one-machine runner has them all ([`Config`]). A secret `X` may be given as `X_ARN`, see [`SecretName`].

mod functions;
mod read;
mod reference;

use std::{fmt, net::IpAddr};

use chrono_tz::Tz;
use store::TableNames;
use wecom::crypto::CallbackKeys;

pub use functions::{Api, Callback, Janitor, Settings, Worker};
pub use reference::{Resolved, SecretName};

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

/// All settings of the one-machine runner.
#[derive(Clone, Debug)]
pub struct Config {
    /// See [`WeCom`].
    pub wecom: WeCom,
    /// `WECOM_CALLBACK_TOKEN` and `WECOM_CALLBACK_AES_KEY`.
    pub callback: CallbackKeys,
    /// `WECOM_API_BASE`, default the official host.
    pub api_base: String,
    /// `WECOM_PROXY`: the HTTP proxy through which WeCom is called, for a fixed address; none: directly.
    pub proxy: Option<Secret>,
    /// `STEPWISE_TIMEZONE`, default Asia/Shanghai; counts for a new store.
    pub timezone: Tz,
    /// `STEPWISE_ADMIN_TOKEN`: a bearer token with role admin; none set: none valid.
    pub admin_token: Option<Secret>,
    /// `STEPWISE_INGEST_SECRET`: signs ingested events.
    pub ingest_secret: Secret,
    /// `STEPWISE_TABLE_MAIN`, `STEPWISE_TABLE_HOT`.
    pub tables: TableNames,
    /// `STEPWISE_TRUSTED_PROXIES`: proxies in front, whose `X-Forwarded-For` says who asks.
    pub trusted_proxies: Vec<IpAddr>,
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
        let wecom = WeCom::read(source)?;
        let tables = TableNames::default();
        Ok(Self {
            callback: read::callback_keys(source, &wecom.corp_id)?,
            wecom,
            api_base: read::api_base(source)?,
            proxy: read::proxy(source)?,
            timezone: read::timezone(source)?,
            admin_token: read::optional_secret(source, SecretName::ADMIN_TOKEN),
            ingest_secret: read::secret(source, SecretName::INGEST)?,
            trusted_proxies: read::trusted_proxies(source)?,
            tables: TableNames {
                main: source.get("STEPWISE_TABLE_MAIN").unwrap_or(tables.main),
                hot: source.get("STEPWISE_TABLE_HOT").unwrap_or(tables.hot),
            },
        })
    }
}

impl WeCom {
    /// Tells other credentials from these, and nothing about them.
    pub(crate) fn fingerprint(&self) -> String {
        use sha2::{Digest as _, Sha256};
        let hash = Sha256::digest(format!("{}\n{}", self.corp_id, self.secret.expose()));
        hex::encode(&hash[..8])
    }

    fn read(source: &dyn Source) -> Result<Self, BadSetting> {
        Ok(Self {
            corp_id: read::corp_id(source)?,
            agent_id: read::agent_id(source)?,
            secret: read::secret(source, SecretName::WECOM)?,
            public_url: read::public_url(source)?,
        })
    }
}

#[cfg(test)]
mod tests;
