//! One signed JSON POST, for the two operations that are not worth an SDK of their own (SSM's has hundreds).

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4::SigningParams,
};
use aws_smithy_runtime_api::client::{
    http::{HttpConnector as _, SharedHttpConnector},
    orchestrator::{HttpRequest, HttpResponse},
};
use aws_smithy_types::body::SdkBody;
use serde_json::Value;

use crate::{Cause, Error, error::is_throttling};

/// Signs requests with Signature Version 4 and sends them through a transport that has its own time-out and gives
/// bodies whole.
#[derive(Clone, Debug)]
pub struct Signer {
    /// The region that is asked.
    pub region: String,
    /// With what is signed.
    pub credentials: Credentials,
    /// Carries the requests; nothing is repeated here.
    pub transport: SharedHttpConnector,
    /// The machine's time: a signature is good for minutes only.
    pub now: fn() -> SystemTime,
}

/// A request before it is signed.
#[derive(Debug)]
pub(crate) struct Post<'a> {
    /// The operation, for errors.
    pub(crate) call: &'static str,
    /// The service's name in endpoints and signatures.
    pub(crate) service: &'static str,
    /// Another address than AWS's.
    pub(crate) endpoint: Option<&'a str>,
    /// Begins with a slash; escaped already.
    pub(crate) path: &'a str,
    pub(crate) headers: &'a [(&'static str, &'static str)],
    pub(crate) body: String,
}

impl Signer {
    /// Sends a request; gives the answer's body if the answer is a success.
    pub(crate) async fn post(&self, post: Post<'_>) -> Result<Vec<u8>, Error> {
        let call = post.call;
        let request = self.request(post).map_err(|error| Error::unbuildable(call, error))?;
        let unavailable = |source: Cause| Error::Unavailable { call, source };
        let answer = self.transport.call(request).await.map_err(|error| unavailable(error.into()))?;
        let Some(body) = answer.body().bytes() else { return Err(unavailable("no whole answer".into())) };
        if answer.status().is_success() { Ok(body.to_vec()) } else { Err(refused(call, &answer, body)) }
    }

    fn request(&self, post: Post<'_>) -> Result<HttpRequest, Cause> {
        let uri = match post.endpoint {
            Some(endpoint) => format!("{}{}", endpoint.trim_end_matches('/'), post.path),
            None => format!("https://{}.{}.{}{}", post.service, self.region, self.suffix(), post.path),
        };
        let identity = self.credentials.clone().into();
        let params = SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(post.service)
            .time((self.now)())
            .settings(SigningSettings::default())
            .build()?
            .into();
        let bytes = SignableBody::Bytes(post.body.as_bytes());
        let signable = SignableRequest::new("POST", &uri, post.headers.iter().copied(), bytes)?;
        let (signed, _) = sign(signable, &params)?.into_parts();

        let mut request = HttpRequest::new(SdkBody::from(post.body));
        request.set_method("POST")?;
        request.set_uri(uri)?;
        for (name, value) in post.headers {
            request.headers_mut().insert(*name, *value);
        }
        for header in signed.into_parts().0 {
            request.headers_mut().insert(header.name(), header.value().to_owned());
        }
        Ok(request)
    }

    /// China's partition has a domain of its own.
    fn suffix(&self) -> &'static str {
        if self.region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" }
    }
}

/// Sorts an answer that is no success, with the service's own code and message.
fn refused(call: &'static str, answer: &HttpResponse, body: &[u8]) -> Error {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let said = |name: &str| body.get(name).and_then(Value::as_str);
    let code = answer.headers().get("x-amzn-errortype").or_else(|| said("__type")).unwrap_or_default();
    // Either may carry a namespace before the code or an address after it.
    let code = code.rsplit('#').next().unwrap_or_default().split(':').next().unwrap_or_default();
    let message = said("message").or_else(|| said("Message")).unwrap_or_default();
    let status = answer.status().as_u16();
    let source = format!("{status} {code} {message}").trim_end().to_owned().into();
    if status >= 500 || status == 429 || is_throttling(Some(code)) {
        Error::Unavailable { call, source }
    } else {
        Error::Refused { call, source }
    }
}
