//! What goes on while a commit is on its way, and where an index is read with difficulty: somebody else is faster, an
//! answer takes its time or never comes, a page has nothing on it.

mod commits;
mod indexes;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use app::{
    App, Clock as _, Parts, SystemEntropy,
    config::{Secret, WeCom},
    net::Net,
    wiring::{DynamoAccess, dynamo},
};
use async_trait::async_trait;
use aws_smithy_runtime_api::client::{
    http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
    orchestrator::HttpRequest,
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use cloud::{
    alarm::{Alarm, Armed, Wake},
    bus::{Bus, Message},
};
use local::{
    ManualClock,
    embedded::{Embedded, http_answer},
};
use serde_json::{Value, json};
use store::{Store, TableNames};
use tests::at;
use tokio::sync::Notify;

/// What happens to one request.
#[derive(Clone, Debug)]
enum Hitch {
    /// A transaction has its effect so many seconds later.
    Slow(i64),
    /// The same, and nobody hears of it; nor of its repetitions.
    Mute(i64),
    /// A transaction is there, and waits until it is let through.
    Held { there: Arc<Notify>, through: Arc<Notify> },
    /// A query from behind a key finds nothing, and is not the last.
    Empty,
}

/// The embedded engine, with hitches in the order in which they come.
#[derive(Clone, Debug)]
struct Door {
    engine: Embedded,
    clock: Arc<ManualClock>,
    hitches: Arc<Mutex<VecDeque<Hitch>>>,
    /// Queries that were asked.
    queries: Arc<Mutex<usize>>,
}

impl Door {
    fn hitch(&self, hitch: Hitch) {
        self.hitches.lock().unwrap().push_back(hitch);
    }

    fn take(&self, fits: impl Fn(&Hitch) -> bool) -> Option<Hitch> {
        let mut hitches = self.hitches.lock().unwrap();
        let next = hitches.front().filter(|hitch| fits(hitch)).cloned()?;
        if !matches!(next, Hitch::Mute(_)) {
            hitches.pop_front();
        }
        Some(next)
    }

    fn pass(&self, seconds: i64) {
        self.clock.set(self.clock.now().plus_secs(seconds));
    }

    async fn answer(&self, target: &str, body: &[u8]) -> Result<(u16, String), ConnectorError> {
        let operation = target.rsplit('.').next().unwrap_or_default();
        let hitch = match operation {
            "TransactWriteItems" => self.take(|hitch| !matches!(hitch, Hitch::Empty)),
            "Query" => {
                *self.queries.lock().unwrap() += 1;
                self.take(|hitch| matches!(hitch, Hitch::Empty))
            }
            _ => None,
        };
        match hitch {
            None => Ok(self.engine.answer(target, body)),
            Some(Hitch::Empty) => {
                let asked: Value = serde_json::from_slice(body).unwrap();
                let values = &asked["ExpressionAttributeValues"];
                let last = json!({"pk": values[":pk"], "sk": values[":at"]});
                let nothing = json!({"Items": [], "Count": 0, "ScannedCount": 0, "LastEvaluatedKey": last});
                Ok((200, nothing.to_string()))
            }
            Some(Hitch::Slow(seconds)) => {
                self.pass(seconds);
                Ok(self.engine.answer(target, body))
            }
            Some(Hitch::Mute(seconds)) => {
                self.pass(seconds);
                let _ = self.engine.answer(target, body);
                Err(ConnectorError::timeout("the answer was lost".into()))
            }
            Some(Hitch::Held { there, through }) => {
                there.notify_one();
                through.notified().await;
                Ok(self.engine.answer(target, body))
            }
        }
    }
}

impl HttpClient for Door {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Door {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let door = self.clone();
        HttpConnectorFuture::new(async move {
            let target = request.headers().get("x-amz-target").unwrap_or_default().to_owned();
            let body = request.body().bytes().unwrap_or_default().to_vec();
            let (status, body) = door.answer(&target, &body).await?;
            http_answer(status, body)
        })
    }
}

struct Nobody;

#[async_trait]
impl Alarm for Nobody {
    async fn arm(&self, _: &Wake, _: i64) -> Result<Armed, cloud::Error> {
        Ok(Armed::LeftToTick)
    }
    async fn disarm(&self, _: &str, _: u64) -> Result<(), cloud::Error> {
        Ok(())
    }
}

#[async_trait]
impl Bus for Nobody {
    async fn publish(&self, _: &[Message]) -> Result<(), cloud::Error> {
        Ok(())
    }
}

/// An instance, and its door to the store.
struct Instance {
    app: Arc<App>,
    door: Door,
    client: aws_sdk_dynamodb::Client,
}

/// Instances over one new store. WeCom is out of reach.
async fn instances<const N: usize>() -> [Instance; N] {
    let clock = Arc::new(ManualClock::at(at("2026-03-02 09:00")));
    let engine = Embedded::memory().unwrap().inline();
    let instance = |_| {
        let (hitches, queries) = (Arc::default(), Arc::default());
        let door = Door { engine: engine.clone(), clock: Arc::clone(&clock), hitches, queries };
        let client = dynamo(door.clone(), &DynamoAccess::embedded());
        let nowhere = "http://127.0.0.1:1";
        let app = App::new(Parts {
            store: Store::new(client.clone(), TableNames::default()),
            wecom: wecom::Client::new(nowhere, Arc::new(Net::new())),
            corp: WeCom {
                corp_id: "ww5f0e1d2c3b4a5968".into(),
                agent_id: 1_000_002,
                secret: Secret::new("secret"),
                public_url: nowhere.into(),
            },
            clock: Arc::clone(&clock) as _,
            entropy: Arc::new(SystemEntropy),
            alarm: Arc::new(Nobody),
            bus: Arc::new(Nobody),
            blob: Arc::new(cloud::blob::local::Local::memory([0; 32])),
        });
        Instance { app: Arc::new(app), door, client }
    };
    let instances: [Instance; N] = std::array::from_fn(instance);
    instances[0].app.store.create_tables().await.unwrap();
    instances[0].app.first_settings("Asia/Shanghai".parse().unwrap()).await.unwrap();
    instances
}
