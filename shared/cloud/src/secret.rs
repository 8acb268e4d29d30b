//! Secrets by reference: the values of SSM SecureString parameters, given their ARNs.
//!
//! Asked once, at the cold start. Whatever goes wrong is told with the parameter's ARN and never with a value.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{
    Error,
    signed::{Post, Signer},
};

const GET: &str = "GetParameters";
/// Names that one call may carry.
pub const MAX_NAMES: usize = 10;

/// The ARN of an SSM parameter of our own account: `arn:aws:ssm:eu-central-1:111122223333:parameter/stepwise/dev/name`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ParameterArn(String);

impl ParameterArn {
    /// Reads an ARN; `None`: it is none of a parameter.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let [arn, partition, service, region, account, resource] = parts.try_into().ok()?;
        let name = resource.strip_prefix("parameter/")?;
        let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'.' | b'_' | b'-');
        let whole = arn == "arn" && service == "ssm" && !partition.is_empty() && !region.is_empty();
        let named = !name.is_empty() && !name.starts_with('/') && name.bytes().all(legal);
        (whole && named && !account.is_empty()).then(|| Self(text.to_owned()))
    }

    /// The parameter's name. A path begins with a slash, of which the ARN shows only one.
    fn name(&self) -> String {
        let name = self.0.split_once(":parameter/").map_or("", |(_, name)| name);
        if name.contains('/') { format!("/{name}") } else { name.to_owned() }
    }
}

impl fmt::Display for ParameterArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Question {
    names: Vec<String>,
    with_decryption: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    parameters: Vec<Parameter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter {
    #[serde(rename = "ARN")]
    arn: String,
    r#type: String,
    value: String,
}

/// Reads the values of all these parameters, one call for each [`MAX_NAMES`] of them. `endpoint`: another address than
/// AWS's.
///
/// # Errors
/// [`Error::Secret`] for the first parameter without a usable value; [`Error::Unavailable`] or [`Error::Refused`] where
/// a call as a whole failed.
pub async fn resolve(
    signer: &Signer,
    endpoint: Option<&str>,
    arns: &[ParameterArn],
) -> Result<BTreeMap<ParameterArn, String>, Error> {
    let mut found = BTreeMap::new();
    for chunk in arns.chunks(MAX_NAMES) {
        let mut answer = ask(signer, endpoint, chunk).await?;
        for arn in chunk {
            let problem = |problem| Error::Secret { parameter: arn.to_string(), problem };
            // By ARN and not by name: the same name in another account or region would be another secret.
            let Some(place) = answer.parameters.iter().position(|parameter| parameter.arn == arn.0) else {
                return Err(problem("does not exist here"));
            };
            let parameter = answer.parameters.swap_remove(place);
            match (parameter.r#type.as_str(), parameter.value) {
                ("SecureString", value) if !value.trim().is_empty() => found.insert(arn.clone(), value),
                ("SecureString", _) => return Err(problem("is empty")),
                _ => return Err(problem("is no SecureString")),
            };
        }
    }
    Ok(found)
}

async fn ask(signer: &Signer, endpoint: Option<&str>, arns: &[ParameterArn]) -> Result<Answer, Error> {
    let question = Question { names: arns.iter().map(ParameterArn::name).collect(), with_decryption: true };
    let body = serde_json::to_string(&question).map_err(|error| Error::unbuildable(GET, error))?;
    let headers =
        &[("content-type", "application/x-amz-json-1.1"), ("x-amz-target", "AmazonSSM.GetParameters")];
    let answer = signer.post(Post { call: GET, service: "ssm", endpoint, path: "/", headers, body }).await?;
    // What the parser says could quote a value: it is not passed on.
    serde_json::from_slice(&answer)
        .map_err(|_| Error::Refused { call: GET, source: "the answer could not be read".into() })
}

#[cfg(test)]
mod tests;
