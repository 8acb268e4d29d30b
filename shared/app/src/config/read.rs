//! Single settings, each with what is wrong with it and how to mend it.

use std::net::IpAddr;

use chrono_tz::Tz;
use wecom::crypto::{CallbackKeys, KeyError};

use super::{BadSetting, OFFICIAL_API, Secret, SecretName, Source};

pub(super) fn bad(name: &'static str, problem: impl Into<String>) -> BadSetting {
    BadSetting { name, problem: problem.into() }
}

pub(super) fn required(source: &dyn Source, name: &'static str) -> Result<String, BadSetting> {
    source.get(name).ok_or_else(|| bad(name, "is not set; see the settings in the README"))
}

/// 企业ID: `ww` and 16 hexadecimal digits, of old corps `wx`. The AWS template's `WeComCorpId` has the same rule.
pub(super) fn corp_id(source: &dyn Source) -> Result<String, BadSetting> {
    const NAME: &str = "WECOM_CORP_ID";
    let value = required(source, NAME)?;
    let digits = value.strip_prefix("ww").or_else(|| value.strip_prefix("wx"));
    if digits.is_some_and(|digits| digits.len() == 16 && digits.bytes().all(is_lower_hex)) {
        return Ok(value);
    }
    Err(bad(
        NAME,
        format!(
            "{value:?} is no corp id (ww or wx, then 16 of 0-9 and a-f); copy 企业ID from 我的企业 in the admin \
             console, it looks like ww0123456789abcdef"
        ),
    ))
}

const fn is_lower_hex(byte: u8) -> bool {
    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
}

pub(super) fn agent_id(source: &dyn Source) -> Result<i64, BadSetting> {
    const NAME: &str = "WECOM_AGENT_ID";
    let value = required(source, NAME)?;
    value.parse().ok().filter(|id| *id > 0).ok_or_else(|| {
        bad(NAME, format!("{value:?} is no AgentId; it is the number on the app's page, e.g. 1000002"))
    })
}

pub(super) fn timezone(source: &dyn Source) -> Result<Tz, BadSetting> {
    const NAME: &str = "STEPWISE_TIMEZONE";
    let Some(value) = source.get(NAME) else { return Ok(chrono_tz::Asia::Shanghai) };
    value
        .parse()
        .map_err(|_| bad(NAME, format!("{value:?} is no time zone; write an IANA name like Asia/Shanghai")))
}

fn url(source: &dyn Source, name: &'static str) -> Result<Option<String>, BadSetting> {
    let Some(value) = source.get(name) else { return Ok(None) };
    if is_address(&value) {
        return Ok(Some(value.trim_end_matches('/').to_owned()));
    }
    Err(bad(name, format!("{value:?} is no address; write it with http:// or https://")))
}

fn is_address(value: &str) -> bool {
    let parsed: Option<http::Uri> = value.parse().ok();
    parsed.is_some_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.authority().is_some())
}

pub(super) fn proxy(source: &dyn Source) -> Result<Option<Secret>, BadSetting> {
    let proxy = optional_secret(source, SecretName::WECOM_PROXY);
    if proxy.as_ref().is_none_or(|proxy| is_address(proxy.expose())) {
        return Ok(proxy);
    }
    // Not quoted: it may carry a password.
    Err(bad(SecretName::WECOM_PROXY.direct, "is no address of a proxy; write http://user:password@host:port"))
}

pub(super) fn trusted_proxies(source: &dyn Source) -> Result<Vec<IpAddr>, BadSetting> {
    const NAME: &str = "STEPWISE_TRUSTED_PROXIES";
    let value = source.get(NAME).unwrap_or_default();
    let addresses = value.split(',').map(str::trim).filter(|address| !address.is_empty());
    let read = |address: &str| {
        address.parse().map_err(|_| {
            bad(NAME, format!("{address:?} is no IP address; write them with commas, e.g. 127.0.0.1,::1"))
        })
    };
    addresses.map(read).collect()
}

pub(super) fn api_base(source: &dyn Source) -> Result<String, BadSetting> {
    Ok(url(source, "WECOM_API_BASE")?.unwrap_or_else(|| OFFICIAL_API.to_owned()))
}

pub(super) fn public_url(source: &dyn Source) -> Result<String, BadSetting> {
    const NAME: &str = "STEPWISE_PUBLIC_URL";
    url(source, NAME)?.ok_or_else(|| bad(NAME, "is not set; it is where staff reach the console and sidebar"))
}

pub(super) fn secret(source: &dyn Source, name: SecretName) -> Result<Secret, BadSetting> {
    let value = optional_secret(source, name);
    value.ok_or_else(|| bad(name.direct, format!("is not set, and {} neither", name.reference)))
}

pub(super) fn optional_secret(source: &dyn Source, name: SecretName) -> Option<Secret> {
    source.get(name.direct).map(Secret)
}

pub(super) fn callback_keys(source: &dyn Source, corp_id: &str) -> Result<CallbackKeys, BadSetting> {
    let token = secret(source, SecretName::CALLBACK_TOKEN)?;
    let key = secret(source, SecretName::CALLBACK_AES_KEY)?;
    CallbackKeys::parse(token.expose(), key.expose(), corp_id).map_err(|error| {
        let name = match error {
            KeyError::Token => SecretName::CALLBACK_TOKEN.direct,
            KeyError::EncodingAesKey => SecretName::CALLBACK_AES_KEY.direct,
            KeyError::CorpId => "WECOM_CORP_ID",
        };
        bad(name, error.to_string())
    })
}
