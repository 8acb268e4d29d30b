//! Building the clients. On Lambda everything comes from the environment ([`start`]); the one-machine runner gives its
//! own.

mod aws;

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Region, StalledStreamProtectionConfig, retry::RetryConfig, timeout::TimeoutConfig,
};
use aws_smithy_runtime_api::client::http::HttpClient;

pub use aws::{Aws, start};

/// How to reach DynamoDB, or what answers in its place.
#[derive(Clone, Debug)]
pub struct DynamoAccess {
    /// Region; any for an embedded engine.
    pub region: String,
    /// Another address than AWS's.
    pub endpoint: Option<String>,
    /// Keys; any for an embedded engine.
    pub credentials: Credentials,
    /// Attempts of the SDK itself; 1 = none beyond the first.
    pub attempts: u32,
}

impl DynamoAccess {
    /// For an engine in this process.
    #[must_use]
    pub fn embedded() -> Self {
        Self {
            region: "local".into(),
            endpoint: Some("http://embedded.invalid".into()),
            credentials: Credentials::from_keys("embedded", "embedded", None),
            attempts: 1,
        }
    }
}

/// A DynamoDB client over `http`.
///
/// The SDK's stalled-stream protection is off: it repeats writes behind our back while the server is merely slow.
/// Every write of ours carries a condition or a token, so its ordinary repetitions are harmless.
#[must_use]
pub fn dynamo(http: impl HttpClient + 'static, access: &DynamoAccess) -> aws_sdk_dynamodb::Client {
    let timeouts = TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_secs(4))
        .operation_timeout(Duration::from_secs(10))
        .build();
    let mut config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(access.region.clone()))
        .credentials_provider(access.credentials.clone())
        .http_client(http)
        .timeout_config(timeouts)
        .retry_config(RetryConfig::standard().with_max_attempts(access.attempts))
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    if let Some(endpoint) = &access.endpoint {
        config = config.endpoint_url(endpoint);
    }
    aws_sdk_dynamodb::Client::from_conf(config.build())
}
