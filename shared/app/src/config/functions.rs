//! What each function on AWS reads at its start.

use chrono_tz::Tz;
use cloud::alarm::scheduler;
use store::TableNames;
use wecom::crypto::CallbackKeys;

use super::{BadSetting, Secret, SecretName, Source, WeCom, read};

/// The settings of a function.
pub trait Settings: Sized {
    /// The secrets among them, which may be given by reference.
    const SECRETS: &'static [SecretName];

    /// Reads and checks them; references have been resolved by then.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    fn read(source: &dyn Source) -> Result<Self, BadSetting>;
}

/// Settings of `callback`: enough to check and keep an event.
#[derive(Clone, Debug)]
pub struct Callback {
    /// `WECOM_CORP_ID`, `WECOM_CALLBACK_TOKEN`, `WECOM_CALLBACK_AES_KEY`.
    pub keys: CallbackKeys,
    /// `STEPWISE_TABLE_MAIN`, `STEPWISE_TABLE_HOT`.
    pub tables: TableNames,
    /// `STEPWISE_BUS`: name or ARN.
    pub bus: String,
    /// `STEPWISE_ENGINE`: name or ARN of the function that is invoked when the bus fails; none: the minute tick helps.
    pub engine: Option<String>,
}

/// Settings of `engine` and `sender`, and of all others that work on customers.
#[derive(Clone, Debug)]
pub struct Worker {
    /// See [`WeCom`].
    pub wecom: WeCom,
    /// `WECOM_API_BASE`, default the official host.
    pub api_base: String,
    /// `WECOM_PROXY`: the HTTP proxy through which WeCom is called, for a fixed address; none: directly.
    pub proxy: Option<Secret>,
    /// `STEPWISE_TABLE_MAIN`, `STEPWISE_TABLE_HOT`.
    pub tables: TableNames,
    /// `STEPWISE_BUS`: name or ARN.
    pub bus: String,
    /// `STEPWISE_ALARM_GROUP` and the ARNs that go with it.
    pub alarm: scheduler::Config,
    /// `STEPWISE_BLOB_BUCKET`: the bucket of originals.
    pub blob_bucket: String,
}

/// Settings of `api`.
#[derive(Clone, Debug)]
pub struct Api {
    /// See [`Worker`].
    pub worker: Worker,
    /// `STEPWISE_INGEST_SECRET`: signs ingested events.
    pub ingest_secret: Secret,
    /// `STEPWISE_ADMIN_TOKEN`: a bearer token with role admin; none set: none valid.
    pub admin_token: Option<Secret>,
}

/// Settings of `janitor`.
#[derive(Clone, Debug)]
pub struct Janitor {
    /// See [`Worker`].
    pub worker: Worker,
    /// `STEPWISE_TIMEZONE`, default Asia/Shanghai; counts for a new store, which the first tick finds.
    pub timezone: Tz,
}

impl Settings for Callback {
    const SECRETS: &'static [SecretName] = &[SecretName::CALLBACK_TOKEN, SecretName::CALLBACK_AES_KEY];

    fn read(source: &dyn Source) -> Result<Self, BadSetting> {
        Ok(Self {
            keys: read::callback_keys(source, &read::corp_id(source)?)?,
            tables: tables(source)?,
            bus: read::required(source, "STEPWISE_BUS")?,
            engine: source.get("STEPWISE_ENGINE"),
        })
    }
}

impl Settings for Worker {
    const SECRETS: &'static [SecretName] = &[SecretName::WECOM, SecretName::WECOM_PROXY];

    fn read(source: &dyn Source) -> Result<Self, BadSetting> {
        Ok(Self {
            wecom: WeCom::read(source)?,
            api_base: read::api_base(source)?,
            proxy: read::proxy(source)?,
            tables: tables(source)?,
            bus: read::required(source, "STEPWISE_BUS")?,
            alarm: scheduler::Config {
                group: read::required(source, "STEPWISE_ALARM_GROUP")?,
                target_arn: read::required(source, "STEPWISE_ALARM_TARGET_ARN")?,
                role_arn: read::required(source, "STEPWISE_ALARM_ROLE_ARN")?,
                dead_letter_arn: read::required(source, "STEPWISE_ALARM_DEAD_LETTER_ARN")?,
            },
            blob_bucket: read::required(source, "STEPWISE_BLOB_BUCKET")?,
        })
    }
}

impl Settings for Api {
    const SECRETS: &'static [SecretName] =
        &[SecretName::WECOM, SecretName::WECOM_PROXY, SecretName::INGEST, SecretName::ADMIN_TOKEN];

    fn read(source: &dyn Source) -> Result<Self, BadSetting> {
        Ok(Self {
            worker: Worker::read(source)?,
            ingest_secret: read::secret(source, SecretName::INGEST)?,
            admin_token: read::optional_secret(source, SecretName::ADMIN_TOKEN),
        })
    }
}

impl Settings for Janitor {
    const SECRETS: &'static [SecretName] = Worker::SECRETS;

    fn read(source: &dyn Source) -> Result<Self, BadSetting> {
        Ok(Self { worker: Worker::read(source)?, timezone: read::timezone(source)? })
    }
}

/// Without a default: on AWS the tables carry names of CloudFormation's making.
fn tables(source: &dyn Source) -> Result<TableNames, BadSetting> {
    Ok(TableNames {
        main: read::required(source, "STEPWISE_TABLE_MAIN")?,
        hot: read::required(source, "STEPWISE_TABLE_HOT")?,
    })
}
