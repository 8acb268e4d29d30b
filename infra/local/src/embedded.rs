//! The embedded DynamoDB-compatible engine, behind the SDK's own client: an HTTP connector that answers in process.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use aws_smithy_runtime_api::client::{
    http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use dynoxide::{
    Database, DynoxideError, ImportOptions,
    actions::{batch_write_item::BatchWriteItemRequest, transact_write_items::TransactWriteItemsRequest},
};
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
    tally: Arc<Tallied>,
}

/// What was asked of the engine since it was opened. For benches, and tests of what something costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Requests.
    pub requests: u64,
    /// Items read, by key or by query, whether a filter let them through or not.
    pub read: u64,
    /// Items put, changed or deleted, those of transactions included, whatever became of them.
    pub written: u64,
}

#[derive(Default)]
struct Tallied {
    requests: AtomicU64,
    read: AtomicU64,
    written: AtomicU64,
}

impl Tallied {
    fn read(&self, items: usize) {
        self.read.fetch_add(items as u64, Ordering::Relaxed);
    }

    fn written(&self, items: usize) {
        self.written.fetch_add(items as u64, Ordering::Relaxed);
    }
}

impl std::ops::Sub for Tally {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            requests: self.requests - before.requests,
            read: self.read - before.read,
            written: self.written - before.written,
        }
    }
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
        Ok(Self::over(database))
    }

    fn over(database: Database) -> Self {
        Self { database: Arc::new(database), threads: Threads::Blocking, tally: Arc::default() }
    }

    /// What was asked so far.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let now = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let Tallied { requests, read, written } = &*self.tally;
        Tally { requests: now(requests), read: now(read), written: now(written) }
    }

    /// Puts items (attributes as DynamoDB's JSON has them) into a table, all in one transaction of the engine's, much faster
    /// than through its requests. For benches.
    pub fn load(&self, table: &str, items: Vec<serde_json::Value>) -> anyhow::Result<usize> {
        let items = items.into_iter().map(serde_json::from_value).collect::<Result<Vec<_>, _>>()?;
        let loaded = self.database.import_items(table, items, ImportOptions::default());
        Ok(loaded.map_err(|error| anyhow::anyhow!("cannot load {table}: {error}"))?.items_imported)
    }

    /// A database in memory.
    pub fn memory() -> anyhow::Result<Self> {
        let database = Database::memory().map_err(|error| anyhow::anyhow!("no memory database: {error}"))?;
        Ok(Self::over(database))
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
        let (db, tally) = (&self.database, &self.tally);
        tally.requests.fetch_add(1, Ordering::Relaxed);
        match operation {
            "PutItem" | "UpdateItem" | "DeleteItem" => tally.written(1),
            "GetItem" => tally.read(1),
            _ => {}
        }
        match operation {
            "PutItem" => write(&db.put_item(read(body)?)?),
            "GetItem" => write(&db.get_item(read(body)?)?),
            "UpdateItem" => write(&db.update_item(read(body)?)?),
            "DeleteItem" => write(&db.delete_item(read(body)?)?),
            "Query" => {
                let answer = db.query(read(body)?)?;
                tally.read(answer.scanned_count);
                write(&answer)
            }
            "Scan" => write(&db.scan(read(body)?)?),
            "BatchGetItem" => {
                let answer = db.batch_get_item(read(body)?)?;
                tally.read(answer.responses.values().map(Vec::len).sum());
                write(&answer)
            }
            "BatchWriteItem" => {
                let asked: BatchWriteItemRequest = read(body)?;
                tally.written(asked.request_items.values().map(Vec::len).sum());
                write(&db.batch_write_item(asked)?)
            }
            "TransactWriteItems" => {
                let asked: TransactWriteItemsRequest = read(body)?;
                tally.written(asked.transact_items.len());
                write(&db.transact_write_items(asked)?)
            }
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
