//! Many instances, one corp: together they stay inside what WeCom allows.

#![expect(clippy::print_stdout, reason = "a test of limits says how close it came")]

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use app::{
    App, Lane, Parts,
    config::{Secret, WeCom},
    wiring::{DynamoAccess, dynamo},
};
use async_trait::async_trait;
use bytes::Bytes;
use cloud::{
    alarm::{Alarm, Armed, Wake},
    bus::{Bus, Message},
};
use domain::Timestamp;
use local::{ManualClock, embedded::Embedded};
use store::{Store, TableNames};
use tests::{Chance, at};
use wecom::{AccessToken, Transport, TransportError};

const INSTANCES: usize = 50;
const MINUTES: i64 = 2;
/// Far more than WeCom allows in a minute.
const CALLS_EACH_MINUTE: u64 = 300;

/// A WeCom that counts, and may say that it is called too often.
struct Counting {
    clock: Arc<ManualClock>,
    calls: Mutex<Vec<Timestamp>>,
    limited: Mutex<bool>,
}

#[async_trait]
impl Transport for Counting {
    async fn call(
        &self,
        request: http::Request<Bytes>,
        _: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        const TOKEN: &str = r#"{"access_token":"token","expires_in":7200}"#;
        if request.uri().path().ends_with("/gettoken") {
            return Ok(http::Response::new(Bytes::from_static(TOKEN.as_bytes())));
        }
        self.calls.lock().unwrap().push(app::Clock::now(&*self.clock));
        let limited = *self.limited.lock().unwrap();
        let body = if limited { r#"{"errcode":45009}"# } else { r#"{"ip_list":[],"tag_group":[]}"# };
        Ok(http::Response::new(Bytes::from_static(body.as_bytes())))
    }
}

struct Nothing;

#[async_trait]
impl Alarm for Nothing {
    async fn arm(&self, _: &Wake, _: i64) -> Result<Armed, cloud::Error> {
        Ok(Armed::LeftToTick)
    }
    async fn disarm(&self, _: &str, _: u64) -> Result<(), cloud::Error> {
        Ok(())
    }
}

#[async_trait]
impl Bus for Nothing {
    async fn publish(&self, _: &[Message]) -> Result<(), cloud::Error> {
        Ok(())
    }
}

struct Company {
    clock: Arc<ManualClock>,
    wecom: Arc<Counting>,
    apps: Vec<App>,
}

/// Instances over one store, each with a memory of its own.
async fn company(instances: usize) -> Company {
    let clock = Arc::new(ManualClock::at(at("2026-03-02 09:00")));
    let wecom =
        Arc::new(Counting { clock: Arc::clone(&clock), calls: Mutex::default(), limited: Mutex::new(false) });
    let engine = Embedded::memory().expect("a database in memory").inline();
    let client = dynamo(engine, &DynamoAccess::embedded());
    let app = |seed: usize| {
        App::new(Parts {
            store: Store::new(client.clone(), TableNames::default()),
            wecom: wecom::Client::new("http://wecom.invalid", Arc::clone(&wecom) as _),
            corp: WeCom {
                corp_id: "ww5f0e1d2c3b4a5968".into(),
                agent_id: 1_000_002,
                secret: Secret::new("secret"),
                public_url: "http://stepwise.invalid".into(),
            },
            clock: Arc::clone(&clock) as _,
            entropy: Arc::new(Chance::from_seed(seed as u64)),
            alarm: Arc::new(Nothing),
            bus: Arc::new(Nothing),
        })
    };
    let apps: Vec<App> = (0..instances).map(app).collect();
    apps[0].store.create_tables().await.expect("tables");
    Company { clock, wecom, apps }
}

async fn call(app: &App, lane: Lane) -> Result<(), wecom::Error> {
    app.wecom(lane).list_callback_addresses(&AccessToken::new("token")).await.map(|_| ())
}

/// The most calls in any window of this length, wherever it begins.
fn busiest(calls: &[Timestamp], seconds: i64) -> usize {
    let mut first = 0;
    (0..calls.len())
        .map(|last| {
            while calls[last].ms() - calls[first].ms() >= seconds * 1000 {
                first += 1;
            }
            last - first + 1
        })
        .max()
        .unwrap_or(0)
}

#[tokio::test]
async fn fifty_instances_never_exceed_the_minute_together_and_welcomes_go_first() {
    let company = company(INSTANCES).await;
    let chance = Chance::from_seed(1);
    let start = app::Clock::now(&*company.clock);
    let (mut asked, mut greeted, mut greetings) = (0, 0, 0);
    let total = INSTANCES as u64 * CALLS_EACH_MINUTE * u64::try_from(MINUTES).unwrap();
    for n in 0..total {
        let ms = i64::try_from(n * u64::try_from(MINUTES * 60_000).unwrap() / total).unwrap();
        company.clock.set(Timestamp::from_ms(start.ms() + ms));
        let app = &company.apps[usize::try_from(chance.below(INSTANCES as u64)).unwrap()];
        let lane = if chance.hits(20) { Lane::Welcome } else { chance.pick(&[Lane::Sop, Lane::Bulk]) };
        let outcome = call(app, lane).await;
        asked += 1;
        if lane == Lane::Welcome {
            greetings += 1;
            greeted += u64::from(outcome.is_ok());
        }
        assert!(outcome.is_ok() || matches!(outcome, Err(wecom::Error::NotSent { .. })), "{outcome:?}");
    }
    let calls = company.wecom.calls.lock().unwrap().clone();
    let minute = busiest(&calls, 60);
    println!(
        "{asked} wanted, {} made, at most {minute} in a minute; {greeted} of {greetings} welcomes",
        calls.len()
    );
    assert!(minute <= 10_000, "{minute}");
    assert!(minute > 5_000, "{minute}: what is allowed is used");
    assert_eq!(greeted, greetings, "no welcome waits for a job");
}

#[tokio::test]
async fn while_wecom_blocks_an_api_nobody_calls_it() {
    let company = company(3).await;
    *company.wecom.limited.lock().unwrap() = true;
    let limited = company.apps[0].refresh_tags().await;
    assert!(limited.is_err());
    *company.wecom.limited.lock().unwrap() = false;
    let before = company.wecom.calls.lock().unwrap().len();
    for app in &company.apps {
        assert!(app.refresh_tags().await.is_err());
    }
    assert_eq!(company.wecom.calls.lock().unwrap().len(), before, "silence");
    company.clock.set(app::Clock::now(&*company.clock).plus_secs(61));
    assert!(company.apps[2].refresh_tags().await.is_ok());
}
