//! The embedded engine made as rude as DynamoDB: conflicts, throttling, answers lost after the effect, short pages,
//! keys left unprocessed; and a process that dies before or after any call.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use app::Clock as _;
use aws_smithy_runtime_api::client::{
    http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
    orchestrator::HttpRequest,
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use local::{
    ManualClock,
    embedded::{Embedded, http_answer},
};
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
    /// A process is held up before a call, for longer than most leases last.
    pub stall: u64,
    /// Not per mille: at each call a process lets the others take up to so many turns.
    pub turns: u64,
}

/// A stalled process is held up for at most so long.
const STALL_SECONDS: u64 = 90;

/// Trouble that can be switched off.
#[derive(Debug)]
pub struct Trouble {
    rates: Rates,
    on: AtomicBool,
    chance: Arc<Chance>,
    clock: Arc<ManualClock>,
    /// How often trouble struck.
    pub strikes: AtomicU64,
    /// How often a process lost a race against another.
    pub races: AtomicU64,
}

/// One process among those that run at the same time; [`Trouble::survive`] drops it when it dies.
#[derive(Debug, Default)]
struct Process {
    died: AtomicBool,
    death: Notify,
}

tokio::task_local! {
    /// The process that is running now.
    static PROCESS: Arc<Process>;
}

impl Trouble {
    /// With these rates, switched on. `clock` is moved when a process is held up.
    #[must_use]
    pub fn new(rates: Rates, chance: Arc<Chance>, clock: Arc<ManualClock>) -> Arc<Self> {
        let (strikes, races) = (AtomicU64::new(0), AtomicU64::new(0));
        Arc::new(Self { rates, on: AtomicBool::new(true), chance, clock, strikes, races })
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

    /// Dies here, perhaps: the future never goes on, and [`Trouble::survive`] drops it. Others live on.
    pub async fn maybe_die(&self, after: bool) {
        let rate = if after { self.rates.crash_after } else { self.rates.crash_before };
        if self.hits(rate) {
            PROCESS
                .try_with(|process| {
                    process.died.store(true, Ordering::SeqCst);
                    process.death.notify_one();
                })
                .expect("whoever dies is a process");
            std::future::pending::<()>().await;
        }
    }

    /// Runs a process until it is done or dead. `None`: it died.
    pub async fn survive<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let process = Arc::new(Process::default());
        tokio::select! {
            biased;
            done = PROCESS.scope(Arc::clone(&process), work) => Some(done),
            () = process.death.notified() => None,
        }
        .filter(|_| !process.died.load(Ordering::SeqCst))
    }

    /// Lets processes that run at the same time go first, as chance has it; now and then for a minute and more.
    pub async fn give_way(&self) {
        if !self.is_on() {
            return;
        }
        if self.hits(self.rates.stall) {
            let ms = i64::try_from(self.chance.below(STALL_SECONDS * 1000)).unwrap_or(0);
            self.clock.set(domain::Timestamp::from_ms(self.clock.now().ms() + ms));
        }
        if self.rates.turns > 0 {
            for _ in 0..self.chance.below(self.rates.turns + 1) {
                tokio::task::yield_now().await;
            }
        }
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
        trouble.give_way().await;
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
        if operation == "TransactWriteItems" && status == 400 && is_lost_race(&answer) {
            trouble.races.fetch_add(1, Ordering::SeqCst);
        }
        if status == 200 {
            self.meter.note(operation, &asked, &serde_json::from_str(&answer).unwrap_or_default());
        }
        trouble.maybe_die(true).await;
        trouble.give_way().await;
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

/// Did the first item, which is the file, have another version?
fn is_lost_race(answer: &str) -> bool {
    let answer: Value = serde_json::from_str(answer).unwrap_or_default();
    answer["CancellationReasons"][0]["Code"] == "ConditionalCheckFailed"
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
            http_answer(status, body)
        })
    }
}
