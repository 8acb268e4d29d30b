//! A function's cold start: settings, secrets, clients.

use std::{sync::Arc, time::Duration};

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, timeout::TimeoutConfig};
use cloud::{
    Signer,
    alarm::scheduler::Scheduler,
    blob::s3::S3,
    bus::{
        Bus,
        direct::{Direct, OrDirect},
        eventbridge::EventBridge,
    },
};
use store::{Store, TableNames};

use super::{DynamoAccess, dynamo};
use crate::{
    App, Intake, Parts, RealClock, SystemEntropy,
    config::{BadSetting, Callback, Environment, Resolved, Settings, Source, Worker},
    net::Net,
};

/// A start may take ten seconds, and secrets are asked for more than once.
const SECRETS_LIMIT: Duration = Duration::from_secs(2);
/// `callback` has four seconds for everything: a bus that does not answer must leave time for the way round it.
const BUS_LIMIT: Duration = Duration::from_secs(2);
const DIRECT_LIMIT: Duration = Duration::from_secs(1);
/// An alarm that is not set is no harm; a function that waits for it is one.
const ALARM_LIMIT: Duration = Duration::from_secs(5);
/// 20 MB, of which finishing an upload reads, looks for and writes some one after the other, and `api` answers within 28
/// seconds.
const BLOB_LIMIT: Duration = Duration::from_secs(8);

/// AWS as a function reaches it: region, keys and addresses from the environment, one HTTP client.
#[derive(Debug)]
pub struct Aws {
    net: Net,
    region: String,
    credentials: Credentials,
    endpoints: Endpoints,
}

/// Other addresses than AWS's, as the SDKs call them: `AWS_ENDPOINT_URL_<service>` before `AWS_ENDPOINT_URL`.
#[derive(Debug)]
struct Endpoints {
    dynamodb: Option<String>,
    eventbridge: Option<String>,
    lambda: Option<String>,
    s3: Option<String>,
    scheduler: Option<String>,
    ssm: Option<String>,
}

impl Endpoints {
    fn read(source: &dyn Source) -> Self {
        let of = |name: &str| source.get(name).or_else(|| source.get("AWS_ENDPOINT_URL"));
        Self {
            dynamodb: of("AWS_ENDPOINT_URL_DYNAMODB"),
            eventbridge: of("AWS_ENDPOINT_URL_EVENTBRIDGE"),
            lambda: of("AWS_ENDPOINT_URL_LAMBDA"),
            s3: of("AWS_ENDPOINT_URL_S3"),
            scheduler: of("AWS_ENDPOINT_URL_SCHEDULER"),
            ssm: of("AWS_ENDPOINT_URL_SSM"),
        }
    }
}

/// Everything that a function starts from: its settings with their secrets, and AWS to build its clients with.
///
/// # Errors
/// The setting that cannot be used: the function does not start.
pub async fn start<S: Settings>() -> Result<(Aws, S), BadSetting> {
    let source = Environment;
    let aws = Aws::read(&source)?;
    let (signer, endpoint) = (aws.signer(SECRETS_LIMIT), aws.endpoints.ssm.as_deref());
    let resolved = Resolved::new(&source, S::SECRETS, &signer, endpoint).await?;
    let settings = S::read(&resolved)?;
    Ok((aws, settings))
}

impl Aws {
    /// Lambda puts region and the role's keys into the environment of each execution environment.
    pub fn read(source: &dyn Source) -> Result<Self, BadSetting> {
        let need = |name| {
            source.get(name).ok_or_else(|| BadSetting { name, problem: "is not set; Lambda sets it".into() })
        };
        let credentials = Credentials::from_keys(
            need("AWS_ACCESS_KEY_ID")?,
            need("AWS_SECRET_ACCESS_KEY")?,
            source.get("AWS_SESSION_TOKEN"),
        );
        let region = need("AWS_REGION")?;
        Ok(Self { net: Net::new(), region, credentials, endpoints: Endpoints::read(source) })
    }

    /// The app of a function that works on customers.
    ///
    /// # Errors
    /// The proxy that cannot be used.
    pub fn app(&self, settings: &Worker) -> Result<Arc<App>, BadSetting> {
        let to_wecom = settings.proxy.as_ref().map_or_else(|| Ok(self.net.clone()), Net::through)?;
        let mut schedules = aws_sdk_scheduler::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.region.clone()))
            .credentials_provider(self.credentials.clone())
            .http_client(self.net.clone())
            .timeout_config(limits(ALARM_LIMIT));
        schedules.set_endpoint_url(self.endpoints.scheduler.clone());
        let alarm =
            Scheduler::new(aws_sdk_scheduler::Client::from_conf(schedules.build()), settings.alarm.clone());
        Ok(Arc::new(App::new(Parts {
            store: self.store(&settings.tables),
            wecom: wecom::Client::new(&settings.api_base, Arc::new(to_wecom)),
            corp: settings.wecom.clone(),
            clock: Arc::new(RealClock),
            entropy: Arc::new(SystemEntropy),
            alarm: Arc::new(alarm),
            bus: Arc::new(self.bus(&settings.bus)),
            blob: Arc::new(S3 {
                signer: self.signer(BLOB_LIMIT),
                endpoint: self.endpoints.s3.clone(),
                bucket: settings.blob_bucket.clone(),
            }),
        })))
    }

    /// The intake of `callback`.
    #[must_use]
    pub fn intake(&self, settings: &Callback) -> Intake {
        let bus = self.bus(&settings.bus);
        let bus: Arc<dyn Bus> = match &settings.engine {
            None => Arc::new(bus),
            Some(function) => {
                let (signer, endpoint) = (self.signer(DIRECT_LIMIT), self.endpoints.lambda.clone());
                let direct = Direct { signer, endpoint, function: function.clone() };
                Arc::new(OrDirect { bus, direct })
            }
        };
        Intake { store: self.store(&settings.tables), clock: Arc::new(RealClock), bus }
    }

    fn store(&self, tables: &TableNames) -> Store {
        let access = DynamoAccess {
            region: self.region.clone(),
            endpoint: self.endpoints.dynamodb.clone(),
            credentials: self.credentials.clone(),
            attempts: 3,
        };
        Store::new(dynamo(self.net.clone(), &access), tables.clone())
    }

    fn bus(&self, name: &str) -> EventBridge {
        let mut events = aws_sdk_eventbridge::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.region.clone()))
            .credentials_provider(self.credentials.clone())
            .http_client(self.net.clone())
            .timeout_config(limits(BUS_LIMIT));
        events.set_endpoint_url(self.endpoints.eventbridge.clone());
        EventBridge::new(aws_sdk_eventbridge::Client::from_conf(events.build()), name)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "signatures carry the machine's time, whatever the product's is"
    )]
    fn signer(&self, limit: Duration) -> Signer {
        Signer {
            region: self.region.clone(),
            credentials: self.credentials.clone(),
            transport: self.net.within(limit),
            now: std::time::SystemTime::now,
        }
    }
}

/// One attempt may take half of what the operation may.
fn limits(operation: Duration) -> TimeoutConfig {
    TimeoutConfig::builder().operation_attempt_timeout(operation / 2).operation_timeout(operation).build()
}
