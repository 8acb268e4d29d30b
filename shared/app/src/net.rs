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

/// The client of this process. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Net {
    client: reqwest::Client,
    /// For AWS calls that no SDK makes.
    limit: Option<Duration>,
}

impl Net {
    /// Builds the client; once per process.
    #[must_use]
    pub fn new() -> Self {
        let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring supports the default TLS versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(3))
            .pool_idle_timeout(Duration::from_secs(50))
            .build()
            .expect("the client's settings are constant");
        Self { client, limit: None }
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
            if connecting {
                TransportError::NotSent(error.to_string())
            } else {
                TransportError::Ambiguous(error.to_string())
            }
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

async fn collect(body: SdkBody) -> Result<Bytes, ConnectorError> {
    let collected = body.collect().await.map_err(ConnectorError::user)?;
    Ok(collected.to_bytes())
}
