//! One HTTP client with one parse of the root certificates, for WeCom and for the AWS SDKs.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use aws_smithy_runtime_api::client::{
    http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http_body_util::BodyExt as _;
use wecom::TransportError;

use crate::config::{BadSetting, Secret, SecretName};

/// The client of this process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Net {
    client: reqwest::Client,
    /// For AWS calls that no SDK makes.
    limit: Option<Duration>,
}

impl Net {
    /// Builds the client; once per process. It calls directly, whatever proxy the environment names: what is called
    /// through one is a setting.
    #[must_use]
    pub fn new() -> Self {
        Self::build(reqwest::Client::builder().no_proxy()).expect("the client's settings are constant")
    }

    /// A client that calls through this HTTP proxy: WeCom answers only addresses that it was told of, and functions
    /// have none of their own.
    ///
    /// # Errors
    /// The address is none that the client can use.
    pub fn through(proxy: &Secret) -> Result<Self, BadSetting> {
        let bad = |_| BadSetting {
            name: SecretName::WECOM_PROXY.direct,
            problem: "is no proxy that can be used; write http://user:password@host:port".into(),
        };
        let proxy = reqwest::Proxy::all(proxy.expose()).map_err(bad)?;
        Self::build(reqwest::Client::builder().proxy(proxy)).map_err(bad)
    }

    fn build(client: reqwest::ClientBuilder) -> Result<Self, reqwest::Error> {
        let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring supports the default TLS versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = client
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(3))
            .pool_idle_timeout(Duration::from_secs(50))
            .build()?;
        Ok(Self { client, limit: None })
    }

    /// The same client for AWS calls that no SDK makes, and which therefore have no time-out of their own.
    #[must_use]
    pub fn within(&self, limit: Duration) -> SharedHttpConnector {
        SharedHttpConnector::new(Self { limit: Some(limit), ..self.clone() })
    }

    async fn send(
        &self,
        request: http::Request<Bytes>,
        timeout: Option<Duration>,
    ) -> Result<http::Response<Bytes>, reqwest::Error> {
        let mut request = reqwest::Request::try_from(request)?;
        *request.timeout_mut() = timeout;
        let answer = self.client.execute(request).await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let body = answer.bytes().await?;
        let mut response = http::Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }
}

impl Default for Net {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl wecom::Transport for Net {
    async fn call(
        &self,
        request: http::Request<Bytes>,
        timeout: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        self.send(request, Some(timeout)).await.map_err(|error| {
            // The address carries the access token: it must not reach a log.
            let (connecting, error) = (error.is_connect() || error.is_builder(), error.without_url());
            let reason = with_causes(&error);
            if connecting { TransportError::NotSent(reason) } else { TransportError::Ambiguous(reason) }
        })
    }
}

impl HttpClient for Net {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Net {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let net = self.clone();
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
            let (parts, body) = request.into_parts();
            let body = collect(body).await?;
            let request = http::Request::from_parts(parts, body);
            // Time-outs of AWS calls are the SDK's own, per attempt and per operation.
            let answer = net.send(request, net.limit).await.map_err(|error| {
                if error.is_timeout() {
                    ConnectorError::timeout(error.into())
                } else {
                    ConnectorError::io(error.into())
                }
            })?;
            let answer = answer.map(SdkBody::from);
            HttpResponse::try_from(answer).map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

/// Refused, no such host, a proxy's 407: it stands in the causes only.
fn with_causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

async fn collect(body: SdkBody) -> Result<Bytes, ConnectorError> {
    let collected = body.collect().await.map_err(ConnectorError::user)?;
    Ok(collected.to_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    #[tokio::test]
    async fn wecom_is_called_through_the_proxy_with_its_password() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = format!("http://stepwise:s3cret@{}", listener.local_addr().unwrap());
        let heard = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let length = stream.read(&mut request).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await.unwrap();
            String::from_utf8_lossy(&request[..length]).into_owned()
        };
        let net = Net::through(&Secret::new(proxy)).unwrap();
        let request = http::Request::get("http://wecom.invalid/cgi-bin/gettoken").body(Bytes::new()).unwrap();
        let (answer, heard) =
            tokio::join!(wecom::Transport::call(&net, request, Duration::from_secs(5)), heard);
        assert_eq!(answer.unwrap().status(), 200);
        assert!(heard.starts_with("GET http://wecom.invalid/cgi-bin/gettoken HTTP/1.1\r\n"), "{heard}");
        assert!(heard.to_lowercase().contains("proxy-authorization: basic c3rlchdpc2u6cznjcmv0"), "{heard}");
    }

    #[tokio::test]
    async fn a_proxy_that_refuses_the_tunnel_is_named_as_the_cause() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = format!("http://{}", listener.local_addr().unwrap());
        let refuse = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let _ = stream.read(&mut request).await.unwrap();
            stream.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n").await.unwrap();
        };
        let net = Net::through(&Secret::new(proxy)).unwrap();
        let request = http::Request::get("https://wecom.invalid/cgi-bin/gettoken?corpsecret=s3cret");
        let request = request.body(Bytes::new()).unwrap();
        let (answer, ()) =
            tokio::join!(wecom::Transport::call(&net, request, Duration::from_secs(5)), refuse);
        let Err(TransportError::NotSent(reason)) = answer else { panic!("{answer:?}") };
        assert!(reason.contains("proxy") && !reason.contains("s3cret"), "{reason}");
    }
}
