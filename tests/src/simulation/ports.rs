//! The ports of a simulated world.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use app::{App, Clock};
use async_trait::async_trait;
use axum::{Router, body::Body};
use bytes::Bytes;
use cloud::{
    alarm::{Alarm, Armed, Wake},
    bus::{Bus, Message},
};
use domain::Timestamp;
use http_body_util::BodyExt as _;
use local::{ManualClock, embedded::Embedded};
use serde_json::{Value, json};
use store::SHARDS;
use tower::ServiceExt as _;
use wecom::{Transport, TransportError, crypto::CallbackKeys};

use crate::{Chance, Trace, Trouble};

/// WeCom's clock: ahead of ours by so many milliseconds, or behind.
pub(super) struct SimTime {
    pub(super) clock: Arc<ManualClock>,
    pub(super) skew_ms: i64,
}

impl wecom_sim::Clock for SimTime {
    fn now_ms(&self) -> i64 {
        self.clock.now().ms() + self.skew_ms
    }
}

/// The product's clock: whoever waits makes time go by, as the only one who is awake.
pub(super) struct Patient(pub(super) Arc<ManualClock>);

#[async_trait]
impl Clock for Patient {
    fn now(&self) -> Timestamp {
        self.0.now()
    }

    async fn pause(&self, duration: Duration) {
        self.0.pause(duration).await;
    }

    async fn wait_until(&self, at: Timestamp) -> bool {
        tokio::task::yield_now().await;
        self.0.set(at);
        true
    }
}

/// When the earliest entry of either index is due, asked of the engine itself: the world looks at it after every event.
pub(super) fn next_due(engine: &Embedded) -> Option<Timestamp> {
    let indexes = [
        ("stepwise-main", "wake", "wake_at"),
        ("stepwise-main", "work", "retry_at"),
        ("stepwise-hot", "work", "retry_at"),
    ];
    let first = |(table, index, range): (&str, &str, &str), shard: &str| {
        let query = json!({
            "TableName": table, "IndexName": index, "Limit": 1,
            "KeyConditionExpression": "#shard = :shard",
            "ExpressionAttributeNames": {"#shard": format!("{index}_shard")},
            "ExpressionAttributeValues": {":shard": {"S": shard}}
        });
        let (_, answer) = engine.answer("DynamoDB_20120810.Query", query.to_string().as_bytes());
        let answer: Value = serde_json::from_str(&answer).ok()?;
        answer["Items"][0][range]["N"].as_str()?.parse().ok().map(Timestamp::from_ms)
    };
    indexes.into_iter().flat_map(|index| SHARDS.map(|shard| first(index, shard))).flatten().min()
}

async fn ask(router: &Router, request: http::Request<Body>) -> (u16, Bytes) {
    let answer = router.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
    let status = answer.status().as_u16();
    let body = answer.into_body().collect().await.map(http_body_util::Collected::to_bytes);
    (status, body.unwrap_or_default())
}

/// Somebody does something in the simulated WeCom. People try things that do not go: what WeCom refuses does not happen.
pub(super) async fn control(router: &Router, trace: &Trace, path: &str, body: &Value) {
    trace.note(&format!("{path} {body}"));
    let request = http::Request::post(format!("/sim/control/{path}"))
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .expect("a request");
    ask(router, request).await;
}

/// The way to the simulated WeCom, with deaths and time-outs before and after the effect.
pub(super) struct ToSim {
    pub(super) router: Router,
    pub(super) trouble: Arc<Trouble>,
    pub(super) trace: Arc<Trace>,
    pub(super) chance: Arc<Chance>,
    pub(super) per_mille: u64,
}

#[async_trait]
impl Transport for ToSim {
    async fn call(
        &self,
        request: http::Request<Bytes>,
        _: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let body = String::from_utf8_lossy(request.body()).into_owned();
        self.trace.note(&format!("{} {body}", request.uri().path()));
        self.trouble.give_way().await;
        self.trouble.maybe_die(false).await;
        let struck = |chance: &Chance| self.trouble.is_on() && chance.hits(self.per_mille);
        if struck(&self.chance) {
            return Err(TransportError::Ambiguous("timed out before the effect".into()));
        }
        let (status, body) = ask(&self.router, request.map(Body::from)).await;
        self.trouble.maybe_die(true).await;
        self.trouble.give_way().await;
        if struck(&self.chance) {
            return Err(TransportError::Ambiguous("timed out after the effect".into()));
        }
        if struck(&self.chance) {
            let busy = Bytes::from_static(br#"{"errcode":-1,"errmsg":"system busy"}"#);
            return Ok(http::Response::new(busy));
        }
        let mut answer = http::Response::new(body);
        *answer.status_mut() = http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::BAD_GATEWAY);
        Ok(answer)
    }
}

/// Where callbacks arrive.
pub(super) struct Doors {
    keys: CallbackKeys,
    trouble: Arc<Trouble>,
    router: Mutex<Router>,
    deaths: AtomicU64,
}

impl Doors {
    pub(super) fn new(keys: CallbackKeys, trouble: Arc<Trouble>) -> Self {
        Self { keys, trouble, router: Mutex::new(Router::new()), deaths: AtomicU64::new(0) }
    }

    /// How often the answering process has died since last asked.
    pub(super) fn deaths(&self) -> u64 {
        self.deaths.swap(0, Ordering::SeqCst)
    }

    /// From now on `app` answers.
    pub(super) fn serve(&self, app: &Arc<App>) {
        let router = callback::router(Arc::clone(app), self.keys.clone());
        *self.router.lock().unwrap_or_else(PoisonError::into_inner) = router;
    }
}

#[async_trait]
impl wecom_sim::Outbound for Doors {
    async fn post(
        &self,
        url: &str,
        headers: &[(String, String)],
        body: Vec<u8>,
    ) -> Result<(u16, Vec<u8>), String> {
        let mut request = http::Request::post(url);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.body(Body::from(body)).map_err(|error| error.to_string())?;
        let router = self.router.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let answered = self.trouble.survive(ask(&router, request)).await;
        if answered.is_none() {
            self.deaths.fetch_add(1, Ordering::SeqCst);
        }
        answered
            .map(|(status, body)| (status, body.to_vec()))
            .ok_or_else(|| "the connection broke".to_owned())
    }
}

/// Alarms that ring when the world says so: late, twice, or never.
pub(super) struct HeldAlarms {
    held: Mutex<BTreeMap<(Timestamp, u64), Wake>>,
    per_mille: u64,
    calm: AtomicBool,
    chance: Arc<Chance>,
}

impl HeldAlarms {
    pub(super) fn new(per_mille: u64, chance: Arc<Chance>) -> Self {
        Self { held: Mutex::default(), per_mille, calm: AtomicBool::new(false), chance }
    }

    fn held(&self) -> std::sync::MutexGuard<'_, BTreeMap<(Timestamp, u64), Wake>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// No more mischief.
    pub(super) fn calm(&self) {
        self.calm.store(true, Ordering::SeqCst);
    }

    pub(super) fn next(&self) -> Option<Timestamp> {
        self.held().keys().next().map(|(at, _)| *at)
    }

    pub(super) fn due(&self, now: Timestamp) -> Vec<Wake> {
        let mut held = self.held();
        let later = held.split_off(&(Timestamp::from_ms(now.ms() + 1), 0));
        std::mem::replace(&mut *held, later).into_values().collect()
    }

    fn strikes(&self) -> bool {
        !self.calm.load(Ordering::SeqCst) && self.chance.hits(self.per_mille)
    }
}

#[async_trait]
impl Alarm for HeldAlarms {
    async fn arm(&self, wake: &Wake, now_ms: i64) -> Result<Armed, cloud::Error> {
        if wake.is_too_soon(now_ms) {
            return Ok(Armed::TooSoon);
        }
        if self.strikes() {
            return Ok(Armed::LeftToTick);
        }
        let late = if self.strikes() { 3_600 } else { 60 };
        let ring = |chance: &Chance| {
            Timestamp::from_ms(wake.at_ms + i64::try_from(chance.below(late * 1000)).unwrap_or(0))
        };
        let first = (ring(&self.chance), self.chance.next());
        let again = self.strikes().then(|| (ring(&self.chance), self.chance.next()));
        let mut held = self.held();
        for key in [Some(first), again].into_iter().flatten() {
            held.insert(key, wake.clone());
        }
        Ok(Armed::Set)
    }

    async fn disarm(&self, customer: &str, generation: u64) -> Result<(), cloud::Error> {
        if !self.strikes() {
            self.held().retain(|_, wake| wake.customer != customer || wake.generation != generation);
        }
        Ok(())
    }
}

/// Messages wait here until the world delivers them.
#[derive(Default)]
pub(super) struct HeldBus(Mutex<Vec<Message>>);

impl HeldBus {
    pub(super) fn take(&self) -> Vec<Message> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Bus for HeldBus {
    async fn publish(&self, messages: &[Message]) -> Result<(), cloud::Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(messages.iter().cloned());
        Ok(())
    }
}
