//! Building the clients. On Lambda everything comes from the environment; the one-machine runner gives its own.

use std::{sync::Arc, time::Duration};

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Region, StalledStreamProtectionConfig, retry::RetryConfig, timeout::TimeoutConfig,
};
use aws_smithy_runtime_api::client::http::HttpClient;
use cloud::{
    alarm::scheduler::{self, Scheduler},
    bus::eventbridge::EventBridge,
};
use store::Store;

use crate::{
    App, Parts, RealClock, SystemEntropy,
    config::{BadSetting, Config, Environment, Source},
    net::Net,
};

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

/// What a function on AWS starts from.
pub struct Deployed {
    /// The app.
    pub app: Arc<App>,
    /// All settings.
    pub config: Config,
}

impl App {
    /// Everything from the environment of a Lambda function.
    pub fn from_env() -> Result<Deployed, BadSetting> {
        let source = Environment;
        let config = Config::read(&source)?;
        let net = Net::new();
        let credentials = credentials(&source)?;
        let region = need(&source, "AWS_REGION")?;
        let access = DynamoAccess {
            region: region.clone(),
            endpoint: source.get("AWS_ENDPOINT_URL_DYNAMODB").or_else(|| source.get("AWS_ENDPOINT_URL")),
            credentials: credentials.clone(),
            attempts: 3,
        };
        let store = Store::new(dynamo(net.clone(), &access), config.tables.clone());
        let mut events = aws_sdk_eventbridge::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region.clone()))
            .credentials_provider(credentials.clone())
            .http_client(net.clone());
        let mut schedules = aws_sdk_scheduler::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(region))
            .credentials_provider(credentials)
            .http_client(net.clone());
        if let Some(endpoint) = source.get("AWS_ENDPOINT_URL") {
            events = events.endpoint_url(&endpoint);
            schedules = schedules.endpoint_url(endpoint);
        }
        let bus = EventBridge::new(
            aws_sdk_eventbridge::Client::from_conf(events.build()),
            need(&source, "STEPWISE_BUS")?,
        );
        let alarm = Scheduler::new(
            aws_sdk_scheduler::Client::from_conf(schedules.build()),
            scheduler::Config {
                group: need(&source, "STEPWISE_ALARM_GROUP")?,
                target_arn: need(&source, "STEPWISE_ALARM_TARGET_ARN")?,
                role_arn: need(&source, "STEPWISE_ALARM_ROLE_ARN")?,
                dead_letter_arn: need(&source, "STEPWISE_ALARM_DEAD_LETTER_ARN")?,
            },
        );
        let app = App::new(Parts {
            store,
            wecom: wecom::Client::new(&config.api_base, Arc::new(net)),
            corp: config.wecom.clone(),
            clock: Arc::new(RealClock),
            entropy: Arc::new(SystemEntropy),
            alarm: Arc::new(alarm),
            bus: Arc::new(bus),
        });
        Ok(Deployed { app: Arc::new(app), config })
    }
}

fn need(source: &dyn Source, name: &'static str) -> Result<String, BadSetting> {
    source.get(name).ok_or_else(|| BadSetting { name, problem: "is not set; the template sets it".into() })
}

/// Lambda puts the role's keys into the environment of each execution environment.
fn credentials(source: &dyn Source) -> Result<Credentials, BadSetting> {
    Ok(Credentials::from_keys(
        need(source, "AWS_ACCESS_KEY_ID")?,
        need(source, "AWS_SECRET_ACCESS_KEY")?,
        source.get("AWS_SESSION_TOKEN"),
    ))
}
