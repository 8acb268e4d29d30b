//! Secrets by reference: `X_ARN` instead of `X`.

use std::{collections::BTreeMap, error::Error as _, time::Duration};

use cloud::{
    Error, Signer,
    secret::{self, ParameterArn},
};

use super::{BadSetting, Source, read::bad};
use crate::{Clock as _, RealClock};

/// How often the parameter store is asked. Many environments that start at once go beyond its rate.
const TRIES: u32 = 4;

/// The two variables by which a secret may be given; one of them at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretName {
    /// Holds the value.
    pub direct: &'static str,
    /// Holds the ARN of the SSM SecureString parameter with the value.
    pub reference: &'static str,
}

impl SecretName {
    /// The app's secret.
    pub const WECOM: Self = Self { direct: "WECOM_SECRET", reference: "WECOM_SECRET_ARN" };
    /// The token of the app's 接收消息 page.
    pub const CALLBACK_TOKEN: Self =
        Self { direct: "WECOM_CALLBACK_TOKEN", reference: "WECOM_CALLBACK_TOKEN_ARN" };
    /// The EncodingAESKey of the same page.
    pub const CALLBACK_AES_KEY: Self =
        Self { direct: "WECOM_CALLBACK_AES_KEY", reference: "WECOM_CALLBACK_AES_KEY_ARN" };
    /// Signs ingested events.
    pub const INGEST: Self =
        Self { direct: "STEPWISE_INGEST_SECRET", reference: "STEPWISE_INGEST_SECRET_ARN" };
    /// The proxy before WeCom, whose address may carry a password.
    pub const WECOM_PROXY: Self = Self { direct: "WECOM_PROXY", reference: "WECOM_PROXY_ARN" };
    /// The bearer token of scripts.
    pub const ADMIN_TOKEN: Self =
        Self { direct: "STEPWISE_ADMIN_TOKEN", reference: "STEPWISE_ADMIN_TOKEN_ARN" };
}

/// A source in which references have been replaced by what they name.
pub struct Resolved<'a> {
    source: &'a dyn Source,
    values: BTreeMap<&'static str, String>,
}

impl Source for Resolved<'_> {
    fn get(&self, name: &str) -> Option<String> {
        self.values.get(name).cloned().or_else(|| self.source.get(name))
    }
}

impl<'a> Resolved<'a> {
    /// Resolves the references among `names`, in one call (for ten of them, and nobody has more).
    pub async fn new(
        source: &'a dyn Source,
        names: &[SecretName],
        signer: &Signer,
        endpoint: Option<&str>,
    ) -> Result<Self, BadSetting> {
        let wanted = references(source, names)?;
        let arns: Vec<ParameterArn> = wanted.iter().map(|(_, arn)| arn.clone()).collect();
        let found = ask(signer, endpoint, &arns).await.map_err(|error| complaint(&wanted, &error))?;
        // Trimmed as the environment is: a line's end comes with many an editor.
        let value = |arn| found.get(arn).map(|value: &String| value.trim().to_owned());
        let values = wanted.iter().filter_map(|(name, arn)| Some((name.direct, value(arn)?))).collect();
        Ok(Self { source, values })
    }
}

/// Which of the secrets are given by reference.
pub(super) fn references(
    source: &dyn Source,
    names: &[SecretName],
) -> Result<Vec<(SecretName, ParameterArn)>, BadSetting> {
    let mut wanted = Vec::new();
    for name in names {
        let Some(text) = source.get(name.reference) else { continue };
        if source.get(name.direct).is_some() {
            return Err(bad(name.reference, format!("is set beside {}; set one of them", name.direct)));
        }
        // Not quoted: it may be the secret itself.
        let arn = ParameterArn::parse(&text)
            .ok_or_else(|| bad(name.reference, "is not the ARN of an SSM parameter (arn:…:parameter/…)"))?;
        wanted.push((*name, arn));
    }
    Ok(wanted)
}

async fn ask(
    signer: &Signer,
    endpoint: Option<&str>,
    arns: &[ParameterArn],
) -> Result<BTreeMap<ParameterArn, String>, Error> {
    let mut tries = 1;
    loop {
        match secret::resolve(signer, endpoint, arns).await {
            Err(Error::Unavailable { .. }) if tries < TRIES => {
                RealClock.pause(Duration::from_millis(100) * tries).await;
                tries += 1;
            }
            answer => return answer,
        }
    }
}

/// The variable whose reference led nowhere; the first, when the call as a whole failed.
pub(super) fn complaint(wanted: &[(SecretName, ParameterArn)], error: &Error) -> BadSetting {
    let named = |arn: &ParameterArn| match error {
        Error::Secret { parameter, .. } => *parameter == arn.to_string(),
        _ => true,
    };
    let name = wanted.iter().find(|(_, arn)| named(arn)).map_or("X_ARN", |(name, _)| name.reference);
    let why = error.source().map(|source| format!(": {source}")).unwrap_or_default();
    bad(name, format!("{error}{why}"))
}
