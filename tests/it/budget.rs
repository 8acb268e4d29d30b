//! Many instances, one corp: together they stay inside what WeCom allows.

#![expect(clippy::print_stdout, reason = "a test of limits says how close it came")]

use std::{
    io,
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
use http::Response;
use local::{ManualClock, embedded::Embedded};
use store::{Bucket, Permits, Store, StoredToken, TableNames};
use tests::{Chance, at};
use tracing_subscriber::util::SubscriberInitExt as _;
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
    /// Times that a token was asked for, and how many seconds one is good for.
    tokens: Mutex<usize>,
    validity: u32,
    /// What is answered in place of a token: an error code, or no connection at all.
    tokenless: Mutex<Option<Option<i64>>>,
}

#[async_trait]
impl Transport for Counting {
    async fn call(
        &self,
        request: http::Request<Bytes>,
        _: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        if request.uri().path().ends_with("/gettoken") {
            *self.tokens.lock().unwrap() += 1;
            match *self.tokenless.lock().unwrap() {
                Some(Some(code)) => return Ok(Response::new(format!(r#"{{"errcode":{code}}}"#).into())),
                Some(None) => return Err(TransportError::NotSent("refused".into())),
                None => {}
            }
            let validity = self.validity;
            let granted = format!(r#"{{"access_token":"token","expires_in":{validity}}}"#);
            return Ok(http::Response::new(granted.into()));
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
    company_with_tokens(instances, 7200).await
}

async fn company_with_tokens(instances: usize, validity: u32) -> Company {
    let clock = Arc::new(ManualClock::at(at("2026-03-02 09:00")));
    let wecom = Arc::new(Counting {
        clock: Arc::clone(&clock),
        calls: Mutex::default(),
        limited: Mutex::new(false),
        tokens: Mutex::default(),
        validity,
        tokenless: Mutex::default(),
    });
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
            blob: Arc::new(cloud::blob::local::Local::memory([0; 32])),
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
        assert!(outcome.is_ok() || matches!(outcome, Err(wecom::Error::Held { .. })), "{outcome:?}");
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

#[tokio::test]
async fn a_bucket_grants_waits_drains_and_keeps_silent_while_it_is_blocked() {
    let company = company(1).await;
    let store = &company.apps[0].store;
    let start = app::Clock::now(&*company.clock);
    let (ten, full) = (Bucket { cost_ms: 1000, depth_ms: 10_000 }, 10);
    for _ in 0..full {
        assert_eq!(store.take_permits("a", ten, start).await.unwrap(), Permits::Granted);
    }
    assert_eq!(store.take_permits("a", ten, start).await.unwrap(), Permits::Wait(start.plus_secs(1)));
    assert_eq!(store.take_permits("b", ten, start).await.unwrap(), Permits::Granted, "each API has its own");
    // A lane that goes before the others may fill it further.
    let deeper = Bucket { depth_ms: 20_000, ..ten };
    assert_eq!(store.take_permits("a", deeper, start).await.unwrap(), Permits::Granted);
    let drained = start.plus_secs(60);
    assert_eq!(store.take_permits("a", ten, drained).await.unwrap(), Permits::Granted);
    // A minute, another one, then ten at a time: nobody asks in between.
    let mut now = drained;
    for seconds in [60, 60, 600, 600] {
        let until = store.block_api("a", now).await.unwrap();
        assert_eq!(until, now.plus_secs(seconds));
        assert_eq!(store.block_api("a", now).await.unwrap(), until, "another instance heard the same");
        assert_eq!(store.take_permits("a", ten, now).await.unwrap(), Permits::Wait(until));
        now = until;
        assert_eq!(store.take_permits("a", ten, now).await.unwrap(), Permits::Granted);
    }
    assert_eq!(
        store.block_api("a", now.plus_secs(3600)).await.unwrap(),
        now.plus_secs(3660),
        "other trouble"
    );
}

#[tokio::test]
async fn other_credentials_are_tried_at_once_after_wrong_ones() {
    let company = company(1).await;
    let store = &company.apps[0].store;
    let now = app::Clock::now(&*company.clock);
    store.note_token_refused("1", "old", 40001, now).await.unwrap();
    assert_eq!(store.token_refused("1", "old", now.plus_secs(59)).await.unwrap(), Some(40001));
    assert_eq!(store.token_refused("1", "new", now.plus_secs(1)).await.unwrap(), None);
    assert_eq!(store.token_refused("1", "old", now.plus_secs(60)).await.unwrap(), None);
    store.note_token_refused("1", "old", 40001, now.plus_secs(60)).await.unwrap();
    assert_eq!(store.token_refused("1", "old", now.plus_secs(179)).await.unwrap(), Some(40001), "longer");
    store.note_token_refused("1", "new", 40013, now.plus_secs(61)).await.unwrap();
    assert_eq!(store.token_refused("1", "new", now.plus_secs(62)).await.unwrap(), Some(40013));
}

#[tokio::test]
async fn a_token_whose_life_is_nearly_spent_is_used_for_what_is_left_of_it() {
    let company = company_with_tokens(2, 250).await;
    for _ in 0..5 {
        for app in &company.apps {
            app.refresh_tags().await.unwrap();
        }
    }
    assert_eq!(*company.wecom.tokens.lock().unwrap(), 1);
    company.clock.set(app::Clock::now(&*company.clock).plus_secs(230));
    company.apps[0].refresh_tags().await.unwrap();
    assert_eq!(*company.wecom.tokens.lock().unwrap(), 2, "renewed before it ends");
}

#[tokio::test]
async fn a_renewal_that_failed_is_not_tried_again_by_every_call() {
    let company = company(2).await;
    let forward = |seconds: i64| company.clock.set(app::Clock::now(&*company.clock).plus_secs(seconds));
    let asked = || *company.wecom.tokens.lock().unwrap();
    company.apps[0].refresh_tags().await.unwrap();
    *company.wecom.tokenless.lock().unwrap() = Some(None);
    forward(7200 - 100);
    for _ in 0..10 {
        for app in &company.apps {
            app.refresh_tags().await.unwrap();
        }
        forward(2);
    }
    assert_eq!(asked(), 1 + 2, "once each, and meanwhile the old one is good");
    forward(20);
    company.apps[0].refresh_tags().await.unwrap();
    assert_eq!(asked(), 4, "half a minute later");
    forward(50);
    assert!(company.apps[0].refresh_tags().await.is_err(), "its last seconds are left alone");
    *company.wecom.tokenless.lock().unwrap() = None;
    company.apps[0].refresh_tags().await.unwrap();
}

#[tokio::test]
async fn a_token_that_wecom_grants_again_is_kept_with_its_new_times() {
    let company = company(1).await;
    let store = &company.apps[0].store;
    let now = app::Clock::now(&*company.clock);
    let token = |token: &str, renew: i64, expires: i64| StoredToken {
        token: token.into(),
        renew_at: now.plus_secs(renew),
        expires_at: now.plus_secs(expires),
    };
    let kept = async || {
        let kept = store.token("1").await.unwrap().unwrap();
        (kept.token, kept.renew_at.secs() - now.secs(), kept.expires_at.secs() - now.secs())
    };
    store.put_token("1", &token("first", 200, 500)).await.unwrap();
    // The same one, whose end WeCom's clock puts a little sooner.
    store.put_token("1", &token("first", 440, 490)).await.unwrap();
    assert_eq!(kept().await, ("first".into(), 440, 490));
    store.put_token("1", &token("straggler", 300, 480)).await.unwrap();
    assert_eq!(kept().await, ("first".into(), 440, 490), "a later one is there");
}

/// What is logged while the work is done.
async fn logged(work: impl Future<Output = ()>) -> String {
    struct Lines(Arc<Mutex<Vec<u8>>>);
    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let lines = Arc::new(Mutex::default());
    let writer = Arc::clone(&lines);
    let log = tracing_subscriber::fmt().with_writer(move || Lines(Arc::clone(&writer)));
    let guard = log.finish().set_default();
    work.await;
    drop(guard);
    let bytes = lines.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn whatever_keeps_us_from_a_token_is_in_the_log() {
    for (tokenless, told) in [(Some(-1), "errcode -1"), (Some(45009), "errcode 45009"), (None, "not sent")] {
        let company = company(1).await;
        *company.wecom.tokenless.lock().unwrap() = Some(tokenless);
        let lines = logged(async {
            company.apps[0].refresh_tags().await.unwrap_err();
        });
        let lines = lines.await;
        let about = |line: &&str| line.contains("WARN") && line.contains("gettoken") && line.contains(told);
        assert_eq!(lines.lines().filter(about).count(), 1, "{lines}");
    }
}
