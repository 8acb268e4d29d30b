//! The embedded engine made as rude as DynamoDB: conflicts, throttling, answers lost after the effect, short pages,
//! keys left unprocessed; and a process that dies before or after any call.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use aws_smithy_runtime_api::client::{
    http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use local::embedded::Embedded;
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::{Chance, Meter, Trace};

/// How often what goes wrong, per mille of calls.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rates {
    /// The process dies right before an outside call.
    pub crash_before: u64,
    /// The process dies right after an outside call had its effect.
    pub crash_after: u64,
    /// A transaction meets another.
    pub conflict: u64,
    /// The store is too busy.
    pub throttle: u64,
    /// The effect happens, the answer is lost.
    pub lost_answer: u64,
    /// A query answers with fewer items than asked for.
    pub short_page: u64,
    /// A batch leaves a key unprocessed.
    pub unprocessed: u64,
}

/// Trouble that can be switched off.
#[derive(Debug)]
pub struct Trouble {
    rates: Rates,
    on: AtomicBool,
    chance: Arc<Chance>,
    /// Somebody died; whoever drives the process drops it.
    died: AtomicBool,
    death: Notify,
    /// How often trouble struck.
    pub strikes: AtomicU64,
}

impl Trouble {
    /// With these rates, switched on.
    #[must_use]
    pub fn new(rates: Rates, chance: Arc<Chance>) -> Arc<Self> {
        let on = AtomicBool::new(true);
        let (died, death, strikes) = (AtomicBool::new(false), Notify::new(), AtomicU64::new(0));
        Arc::new(Self { rates, on, chance, died, death, strikes })
    }

    /// Stops trouble, or lets it go on.
    pub fn pause(&self, paused: bool) {
        self.on.store(!paused, Ordering::SeqCst);
    }

    /// Is there any?
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.on.load(Ordering::SeqCst)
    }

    /// Looks at the world without being hit by it.
    pub async fn pause_for<T>(&self, look: impl Future<Output = T>) -> T {
        let was_on = self.is_on();
        self.pause(true);
        let seen = look.await;
        self.pause(!was_on);
        seen
    }

    fn hits(&self, per_mille: u64) -> bool {
        let hit = self.on.load(Ordering::SeqCst) && self.chance.hits(per_mille);
        if hit {
            self.strikes.fetch_add(1, Ordering::SeqCst);
        }
        hit
    }

    /// Dies here, perhaps: the future never goes on, and [`Trouble::survive`] drops it.
    pub async fn maybe_die(&self, after: bool) {
        let rate = if after { self.rates.crash_after } else { self.rates.crash_before };
        if self.hits(rate) {
            self.died.store(true, Ordering::SeqCst);
            self.death.notify_one();
            std::future::pending::<()>().await;
        }
    }

    /// Runs a process until it is done or dead. `None`: it died.
    pub async fn survive<T>(&self, process: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            done = process => Some(done),
            () = self.death.notified() => None,
        }
        .filter(|_| !self.died.swap(false, Ordering::SeqCst))
    }
}

/// The rude engine.
#[derive(Clone, Debug)]
pub struct Rude {
    /// The engine behind it.
    pub engine: Embedded,
    /// What goes wrong.
    pub trouble: Arc<Trouble>,
    /// What was asked.
    pub trace: Arc<Trace>,
    /// What it cost.
    pub meter: Arc<Meter>,
}

impl Rude {
    async fn answer(&self, target: &str, body: &[u8]) -> Result<(u16, Vec<u8>), ConnectorError> {
        let operation = target.rsplit('.').next().unwrap_or_default();
        let mut asked: Value = serde_json::from_slice(body).unwrap_or(Value::Null);
        self.trace.note(&format!("{operation} {asked}"));
        let (trouble, rates) = (&self.trouble, self.trouble.rates);
        trouble.maybe_die(false).await;
        if operation == "TransactWriteItems" && trouble.hits(rates.conflict) {
            return Ok((400, conflict(&asked)));
        }
        if trouble.hits(rates.throttle) {
            let error = json!({"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": "slow down"});
            return Ok((400, error.to_string().into_bytes()));
        }
        if operation == "Query" && trouble.hits(rates.short_page) {
            asked["Limit"] = json!(1 + trouble.chance.below(2));
        }
        let held_back = self.hold_back(operation, &mut asked);
        Meter::ask(operation, &mut asked);
        let (status, mut answer) = self.engine.answer(target, asked.to_string().as_bytes());
        if let Some((table, key)) = held_back.filter(|_| status == 200) {
            let mut whole: Value = serde_json::from_str(&answer).unwrap_or_default();
            whole["UnprocessedKeys"] = json!({table: {"Keys": [key], "ConsistentRead": true}});
            answer = whole.to_string();
        }
        if status == 200 {
            self.meter.note(operation, &asked, &serde_json::from_str(&answer).unwrap_or_default());
        }
        trouble.maybe_die(true).await;
        if trouble.hits(rates.lost_answer) {
            return Err(ConnectorError::timeout("the answer was lost".into()));
        }
        Ok((status, answer.into_bytes()))
    }

    /// Takes a key out of a batch read, to be left unprocessed.
    fn hold_back(&self, operation: &str, asked: &mut Value) -> Option<(String, Value)> {
        if operation != "BatchGetItem" || !self.trouble.hits(self.trouble.rates.unprocessed) {
            return None;
        }
        let (table, ask) = asked["RequestItems"].as_object_mut()?.iter_mut().next()?;
        let keys = ask["Keys"].as_array_mut()?;
        let key = (keys.len() > 1).then(|| keys.pop())??;
        Some((table.clone(), key))
    }
}

fn conflict(asked: &Value) -> Vec<u8> {
    let items = asked["TransactItems"].as_array().map_or(0, Vec::len);
    let reasons: Vec<Value> =
        (0..items).map(|i| json!({"Code": if i == 0 { "TransactionConflict" } else { "None" }})).collect();
    let error = json!({
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": "Transaction cancelled", "CancellationReasons": reasons
    });
    error.to_string().into_bytes()
}

impl HttpClient for Rude {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Rude {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let rude = self.clone();
        HttpConnectorFuture::new(async move {
            let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
            let body = request.body().bytes().unwrap_or_default().to_vec();
            let (status, body) = rude.answer(&target, &body).await?;
            let answer = http::Response::builder()
                .status(status)
                .header("content-type", "application/x-amz-json-1.0")
                .body(SdkBody::from(body))
                .map_err(|error| ConnectorError::other(error.into(), None))?;
            HttpResponse::try_from(answer).map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}
