//! Signed requests, for the few operations that are not worth an SDK of their own (SSM's has hundreds).

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{
        PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
        SigningInstructions, SigningSettings, UriPathNormalizationMode, sign,
    },
    sign::v4::SigningParams,
};
use aws_smithy_runtime_api::client::{
    http::{HttpConnector as _, SharedHttpConnector},
    orchestrator::{HttpRequest, HttpResponse},
};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
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
pub(crate) struct Request<'a> {
    /// The operation, for errors.
    pub(crate) call: &'static str,
    /// The service's name in signatures.
    pub(crate) service: &'static str,
    pub(crate) method: &'static str,
    /// Escaped already.
    pub(crate) uri: &'a str,
    pub(crate) headers: &'a [(&'static str, &'a str)],
    pub(crate) body: Bytes,
}

/// A JSON POST before it is signed.
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
    /// Sends a JSON request; gives the answer's body if the answer is a success.
    pub(crate) async fn post(&self, post: Post<'_>) -> Result<Vec<u8>, Error> {
        let Post { call, service, headers, body, .. } = post;
        let uri = match post.endpoint {
            Some(endpoint) => format!("{}{}", endpoint.trim_end_matches('/'), post.path),
            None => format!("https://{service}.{}.{}{}", self.region, self.suffix(), post.path),
        };
        let request = Request { call, service, method: "POST", uri: &uri, headers, body: body.into() };
        let answer = self.send(request).await?;
        let body = whole(call, &answer)?;
        if answer.status().is_success() { Ok(body.to_vec()) } else { Err(refused(call, &answer, body)) }
    }

    /// Sends a request; gives the answer, whatever it says.
    pub(crate) async fn send(&self, request: Request<'_>) -> Result<HttpResponse, Error> {
        let call = request.call;
        let request = self.request(request).map_err(|error| Error::unbuildable(call, error))?;
        self.transport.call(request).await.map_err(|error| Error::Unavailable { call, source: error.into() })
    }

    /// The address at which whoever has it may make this request once or more until `good_for` is over, or until the
    /// credentials end, which may be sooner. They have to send these very headers; the body is theirs.
    pub(crate) fn presign(
        &self,
        service: &'static str,
        method: &'static str,
        uri: &str,
        headers: &[(&str, &str)],
        good_for: Duration,
    ) -> Result<String, Cause> {
        let mut settings = settings(service);
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(good_for);
        let signable =
            SignableRequest::new(method, uri, headers.iter().copied(), SignableBody::UnsignedPayload)?;
        let signed = self.sign(service, settings, signable)?;
        let params = signed.params().iter().map(|(name, value)| format!("{name}={}", escape(value)));
        let query = params.collect::<Vec<_>>().join("&");
        let joint = if uri.contains('?') { '&' } else { '?' };
        Ok(format!("{uri}{joint}{query}"))
    }

    /// China's partition has a domain of its own.
    pub(crate) fn suffix(&self) -> &'static str {
        if self.region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" }
    }

    fn request(&self, request: Request<'_>) -> Result<HttpRequest, Cause> {
        let Request { service, method, uri, headers, body, .. } = request;
        let signable =
            SignableRequest::new(method, uri, headers.iter().copied(), SignableBody::Bytes(&body))?;
        let signed = self.sign(service, settings(service), signable)?;

        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_method(method)?;
        request.set_uri(uri.to_owned())?;
        for (name, value) in headers {
            request.headers_mut().try_insert(*name, (*value).to_owned())?;
        }
        for header in signed.into_parts().0 {
            request.headers_mut().try_insert(header.name(), header.value().to_owned())?;
        }
        Ok(request)
    }

    fn sign(
        &self,
        service: &str,
        settings: SigningSettings,
        request: SignableRequest<'_>,
    ) -> Result<SigningInstructions, Cause> {
        let identity = self.credentials.clone().into();
        let params = SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(service)
            .time((self.now)())
            .settings(settings)
            .build()?
            .into();
        Ok(sign(request, &params)?.into_parts().0)
    }
}

/// S3 alone takes a path as it stands, and wants the body's hash as a header.
fn settings(service: &str) -> SigningSettings {
    let mut settings = SigningSettings::default();
    if service == "s3" {
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    settings
}

/// The answer's body, which the transport gives whole.
pub(crate) fn whole<'a>(call: &'static str, answer: &'a HttpResponse) -> Result<&'a [u8], Error> {
    let incomplete = || Error::Unavailable { call, source: "no whole answer".into() };
    answer.body().bytes().ok_or_else(incomplete)
}

/// Sorts an answer that is no success, with the service's own code and message.
fn refused(call: &'static str, answer: &HttpResponse, body: &[u8]) -> Error {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let said = |name: &str| body.get(name).and_then(Value::as_str);
    let code = answer.headers().get("x-amzn-errortype").or_else(|| said("__type")).unwrap_or_default();
    // Either may carry a namespace before the code or an address after it.
    let code = code.rsplit('#').next().unwrap_or_default().split(':').next().unwrap_or_default();
    let message = said("message").or_else(|| said("Message")).unwrap_or_default();
    sorted(call, answer.status().as_u16(), code, message)
}

/// Sorts what a service refused by the status and the code that it gave.
pub(crate) fn sorted(call: &'static str, status: u16, code: &str, message: &str) -> Error {
    let source = format!("{status} {code} {message}").trim_end().to_owned().into();
    if status >= 500 || status == 429 || is_throttling(Some(code)) {
        Error::Unavailable { call, source }
    } else {
        Error::Refused { call, source }
    }
}

/// For one segment of a path, or one value of a query: what RFC 3986 does not call unreserved is escaped.
pub(crate) fn escape(segment: &str) -> String {
    let escaped = |byte: u8| match byte {
        b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    segment.bytes().map(escaped).collect()
}

#[cfg(test)]
mod tests;
