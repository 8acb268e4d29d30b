//! The embedded DynamoDB-compatible engine, behind the SDK's own client: an HTTP connector that answers in process.

use std::sync::Arc;

use aws_smithy_runtime_api::client::{
    http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use dynoxide::{Database, DynoxideError};
use serde::de::DeserializeOwned;

use crate::directory::DataDirectory;

/// Where operations run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Threads {
    /// On threads that may block: a put must not wait behind the runtime's workers.
    Blocking,
    /// On the caller's thread: for simulations on one thread, where the order of everything is fixed.
    Inline,
}

/// The engine.
#[derive(Clone)]
pub struct Embedded {
    database: Arc<Database>,
    threads: Threads,
}

impl std::fmt::Debug for Embedded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Embedded").field("threads", &self.threads).finish_non_exhaustive()
    }
}

impl Embedded {
    /// Opens (or makes) the database file `stepwise.db` in `directory`. Writes are synced before they are answered.
    pub(crate) fn open(directory: &DataDirectory) -> anyhow::Result<Self> {
        let path = directory.path().join("stepwise.db");
        let path = path.to_str().ok_or_else(|| anyhow::anyhow!("the data directory's name is not UTF-8"))?;
        let database = Database::new(path).map_err(|error| anyhow::anyhow!("cannot open {path}: {error}"))?;
        Ok(Self { database: Arc::new(database), threads: Threads::Blocking })
    }

    /// A database in memory.
    pub fn memory() -> anyhow::Result<Self> {
        let database = Database::memory().map_err(|error| anyhow::anyhow!("no memory database: {error}"))?;
        Ok(Self { database: Arc::new(database), threads: Threads::Blocking })
    }

    /// The same database, answering on the caller's thread.
    #[must_use]
    pub fn inline(self) -> Self {
        Self { threads: Threads::Inline, ..self }
    }

    /// Removes items whose TTL has passed; the engine has no sweeper of its own.
    pub fn sweep(&self) {
        if let Err(error) = self.database.sweep_ttl() {
            tracing::warn!(%error, "expired items were not removed");
        }
    }

    /// Answers one request as DynamoDB would.
    #[must_use]
    pub fn answer(&self, target: &str, body: &[u8]) -> (u16, String) {
        let operation = target.rsplit('.').next().unwrap_or_default();
        match self.perform(operation, body) {
            Ok(answer) => (200, answer),
            Err(error) => (error.status_code(), error.to_json()),
        }
    }

    fn perform(&self, operation: &str, body: &[u8]) -> Result<String, DynoxideError> {
        let db = &self.database;
        match operation {
            "PutItem" => write(&db.put_item(read(body)?)?),
            "GetItem" => write(&db.get_item(read(body)?)?),
            "UpdateItem" => write(&db.update_item(read(body)?)?),
            "DeleteItem" => write(&db.delete_item(read(body)?)?),
            "Query" => write(&db.query(read(body)?)?),
            "Scan" => write(&db.scan(read(body)?)?),
            "BatchGetItem" => write(&db.batch_get_item(read(body)?)?),
            "BatchWriteItem" => write(&db.batch_write_item(read(body)?)?),
            "TransactWriteItems" => write(&db.transact_write_items(read(body)?)?),
            "TransactGetItems" => write(&db.transact_get_items(read(body)?)?),
            "CreateTable" => write(&db.create_table(read(body)?)?),
            "DescribeTable" => write(&db.describe_table(read(body)?)?),
            "ListTables" => write(&db.list_tables(read(body)?)?),
            "UpdateTimeToLive" => write(&db.update_time_to_live(read(body)?)?),
            other => {
                Err(DynoxideError::ValidationException(format!("{other} is not part of the embedded engine")))
            }
        }
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, DynoxideError> {
    serde_json::from_slice(body).map_err(|error| {
        // The engine's own refusals come through serde with a prefix.
        let text = error.to_string();
        DynoxideError::ValidationException(text.trim_start_matches("VALIDATION:").to_owned())
    })
}

fn write<T: serde::Serialize>(answer: &T) -> Result<String, DynoxideError> {
    serde_json::to_string(answer).map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

impl HttpClient for Embedded {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Embedded {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let engine = self.clone();
        HttpConnectorFuture::new(async move {
            let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
            let body = request.body().bytes().unwrap_or_default().to_vec();
            let (status, body) = match engine.threads {
                Threads::Inline => engine.answer(&target, &body),
                Threads::Blocking => tokio::task::spawn_blocking(move || engine.answer(&target, &body))
                    .await
                    .map_err(|error| ConnectorError::other(error.into(), None))?,
            };
            let answer = http::Response::builder()
                .status(status)
                .header("content-type", "application/x-amz-json-1.0")
                .body(SdkBody::from(body))
                .map_err(|error| ConnectorError::other(error.into(), None))?;
            HttpResponse::try_from(answer).map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}
