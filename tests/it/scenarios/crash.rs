//! `kill -9` between any two steps: nothing is lost, nothing is doubled.
//!
//! The product runs as a process of its own, this test binary in the guise of [`child`], on a directory that outlives
//! it; the simulated WeCom stays in the test. The product's clock stands where each start puts it, so a restart may be
//! seconds or a day later.

mod media;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use app::{Clock as _, net::Net};
use async_trait::async_trait;
use axum::{
    body::Body,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use bytes::Bytes;
use domain::Timestamp;
use http_body_util::BodyExt as _;
use local::{ClockKind, Machine, ManualClock, Options, WeComKind};
use serde_json::{Value, json};
use tests::at;
use tokio::net::TcpListener;
use tower::ServiceExt as _;
use wecom::Transport as _;
use wecom_sim::Sim;

const CORP: [(&str, &str); 6] = [
    ("WECOM_CORP_ID", "ww5f0e1d2c3b4a5968"),
    ("WECOM_AGENT_ID", "1000002"),
    ("WECOM_SECRET", "simulated-secret-of-the-app"),
    ("WECOM_CALLBACK_TOKEN", "SimulatedCallbackToken"),
    ("WECOM_CALLBACK_AES_KEY", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"),
    ("STEPWISE_INGEST_SECRET", "simulated-ingest-secret"),
];
const CHILD: &str = "STEPWISE_TEST_CHILD";

/// The product as a process: only when a test starts it so.
#[tokio::test]
async fn child() {
    #[expect(clippy::disallowed_methods, reason = "how a test tells its child what to be")]
    let Ok(told) = std::env::var(CHILD) else { return };
    let told: Value = serde_json::from_str(&told).unwrap();
    let mut settings: BTreeMap<String, String> =
        CORP.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    settings.insert("STEPWISE_ADMIN_TOKEN".into(), "token".into());
    settings.insert("WECOM_API_BASE".into(), told["wecom"].as_str().unwrap().into());
    let directory = PathBuf::from(told["directory"].as_str().unwrap());
    let options = Options {
        listen: "127.0.0.1:0".parse().unwrap(),
        data: Some(directory.clone()),
        wecom: WeComKind::Real,
        clock: ClockKind::Manual(Timestamp::from_ms(told["now"].as_i64().unwrap())),
        demo: false,
        settings,
    };
    let machine = Machine::start(&options).await.unwrap();
    std::fs::write(directory.join("address.new"), &machine.address).unwrap();
    std::fs::rename(directory.join("address.new"), directory.join("address")).unwrap();
    machine.run().await.unwrap();
}

/// When the simulated WeCom pulls the plug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Plug {
    Before,
    After,
}

#[derive(Default)]
struct Killer {
    armed: Mutex<Option<(String, Plug)>>,
    victim: Mutex<Option<Child>>,
    killed: AtomicBool,
}

impl Killer {
    fn kill(&self) {
        if let Some(mut child) = self.victim.lock().unwrap().take() {
            child.kill().unwrap();
            child.wait().unwrap();
            self.killed.store(true, Ordering::SeqCst);
        }
    }
}

async fn plug(State(killer): State<Arc<Killer>>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let hit =
        killer.armed.lock().unwrap().take_if(|(api, _)| path.ends_with(api.as_str())).map(|(_, plug)| plug);
    if hit == Some(Plug::Before) {
        killer.kill();
        return Response::new(Body::empty());
    }
    let answer = next.run(request).await;
    if hit == Some(Plug::After) {
        killer.kill();
    }
    answer
}

/// Callbacks go to whatever address the product has now.
struct ToChild {
    net: Net,
    directory: PathBuf,
}

#[async_trait]
impl wecom_sim::Outbound for ToChild {
    async fn post(&self, url: &str, _: &[(String, String)], body: Vec<u8>) -> Result<(u16, Vec<u8>), String> {
        let address =
            std::fs::read_to_string(self.directory.join("address")).map_err(|error| error.to_string())?;
        let request = http::Request::post(url.replace("http://child", &address));
        let request = request.body(Bytes::from(body)).map_err(|error| error.to_string())?;
        let answer =
            self.net.call(request, Duration::from_secs(5)).await.map_err(|error| error.to_string())?;
        Ok((answer.status().as_u16(), answer.into_body().to_vec()))
    }
}

struct SimTime(Arc<ManualClock>);

impl wecom_sim::Clock for SimTime {
    fn now_ms(&self) -> i64 {
        self.0.now().ms()
    }
}

/// The test's side: WeCom, its people, and the power switch.
struct Outside {
    directory: tempfile::TempDir,
    clock: Arc<ManualClock>,
    sim: Sim,
    killer: Arc<Killer>,
    wecom: String,
    net: Net,
    _server: tokio::task::JoinSet<()>,
}

impl Outside {
    async fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::at(at("2026-03-02 09:00")));
        let net = Net::new();
        let config = wecom_sim::Config {
            corp_id: CORP[0].1.into(),
            agent_id: 1_000_002,
            secret: CORP[2].1.into(),
            callback_token: CORP[3].1.into(),
            callback_aes_key: CORP[4].1.into(),
            callback_url: "http://child/wecom/callback".into(),
            ingest_url: "http://child/ingest/v1/events".into(),
            ingest_secret: CORP[5].1.into(),
            seed: 5,
        };
        let outbound = ToChild { net: net.clone(), directory: directory.path().to_owned() };
        let sim = Sim::new(config, Arc::new(SimTime(Arc::clone(&clock))), Arc::new(outbound));
        let killer = Arc::new(Killer::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let wecom = format!("http://{}/sim", listener.local_addr().unwrap());
        let router = sim.router().layer(from_fn_with_state(Arc::clone(&killer), plug));
        let mut server = tokio::task::JoinSet::new();
        server.spawn(async move { axum::serve(listener, router).await.unwrap() });
        let outside = Self { directory, clock, sim, killer, wecom, net, _server: server };
        outside.control("staff", json!({"userid": "zhang", "name": "张三"})).await;
        outside.control("customers", json!({"external_userid": "wmA", "name": "王先生"})).await;
        outside
    }

    fn path(&self) -> &Path {
        self.directory.path()
    }

    async fn control(&self, path: &str, body: Value) -> Value {
        let request = http::Request::post(format!("/sim/control/{path}"))
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        read(self.sim.router().oneshot(request).await.unwrap()).await
    }

    async fn look(&self, path: &str) -> Vec<Value> {
        let request = http::Request::get(format!("/sim/control/{path}")).body(Body::empty()).unwrap();
        tests::items(&read(self.sim.router().oneshot(request).await.unwrap()).await["items"])
    }

    /// Starts the product at the present time. It answers requests and has dealt with what was left when this returns.
    async fn start(&self) {
        let _ = std::fs::remove_file(self.path().join("address"));
        let told = json!({"directory": self.path(), "wecom": self.wecom, "now": self.clock.now().ms()});
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "scenarios::crash::child", "--nocapture"])
            .env(CHILD, told.to_string())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        *self.killer.victim.lock().unwrap() = Some(child);
        let address = self.path().join("address");
        for _ in 0..2000 {
            if address.exists() || self.killer.killed.load(Ordering::SeqCst) {
                return;
            }
            app::RealClock.pause(Duration::from_millis(10)).await;
        }
        panic!("the product did not start");
    }

    /// Pulls the plug around the next call of this API.
    fn arm(&self, api: &str, plug: Plug) {
        self.killer.killed.store(false, Ordering::SeqCst);
        *self.killer.armed.lock().unwrap() = Some((api.to_owned(), plug));
    }

    async fn until_killed(&self) {
        for _ in 0..2000 {
            if self.killer.killed.load(Ordering::SeqCst) {
                return;
            }
            app::RealClock.pause(Duration::from_millis(10)).await;
        }
        panic!("nobody called the armed API");
    }

    fn kill(&self) {
        self.killer.kill();
        self.killer.killed.store(false, Ordering::SeqCst);
    }

    /// So much later the product starts again.
    async fn restart_after(&self, seconds: i64) {
        self.killer.killed.store(false, Ordering::SeqCst);
        self.clock.set(self.clock.now().plus_secs(seconds));
        self.start().await;
    }

    async fn api(&self, method: &str, path: &str, body: Value) -> Value {
        let address = std::fs::read_to_string(self.path().join("address")).unwrap();
        let request = http::Request::builder()
            .method(method)
            .uri(format!("{address}{path}"))
            .header("authorization", "Bearer token")
            .header("content-type", "application/json")
            .body(if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) })
            .unwrap();
        let answer = self.net.call(request, Duration::from_secs(20)).await.unwrap();
        let status = answer.status();
        let body = serde_json::from_slice(answer.body()).unwrap_or(Value::Null);
        assert!(status.is_success(), "{path}: {status} {body:#}");
        body
    }

    /// The product has heard of this customer.
    async fn until_known(&self, customer: &str) {
        let address = std::fs::read_to_string(self.path().join("address")).unwrap();
        for _ in 0..2000 {
            let request = http::Request::get(format!("{address}/api/v1/customers/{customer}"))
                .header("authorization", "Bearer token")
                .body(Bytes::new())
                .unwrap();
            if self.net.call(request, Duration::from_secs(20)).await.unwrap().status().is_success() {
                return;
            }
            app::RealClock.pause(Duration::from_millis(10)).await;
        }
        panic!("nobody has heard of {customer}");
    }

    async fn playbook(&self) {
        let board = json!({"name": "销售", "tag_group": "客户状态",
            "stages": [{"id": "new", "name": "新客"}, {"id": "price", "name": "考虑价格"}]});
        self.api("PUT", "/api/v1/boards/sales", board).await;
        let document = json!({"id": "newcomers", "name": "新客", "anchor": {"kind": "friend_add"}, "steps": [
            {"id": "hello", "at": {"after_minutes": 0}, "method": "welcome", "content": {"text": "你好"}},
            {"id": "intro", "at": {"day": 1, "time": "10:00"}, "method": "task", "content": {"text": "介绍"}}]});
        self.api("PUT", "/api/v1/sops/newcomers", document).await;
        self.api("POST", "/api/v1/sops/newcomers/publish", json!({})).await;
    }

    async fn steps(&self) -> Vec<(String, String)> {
        let enrollments = self.api("GET", "/api/v1/customers/wmA/enrollments", Value::Null).await;
        let enrollments = tests::items(&enrollments["items"]);
        assert_eq!(enrollments.len(), 1, "{enrollments:#?}");
        let steps = tests::items(&enrollments[0]["steps"]);
        let line = |step: &Value| {
            let word = if step["reason"].is_string() { &step["reason"] } else { &step["state"] };
            (tests::text(&step["step"]), tests::text(word))
        };
        steps.iter().map(line).collect()
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        self.killer.kill();
    }
}

async fn read(answer: Response) -> Value {
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&body).unwrap_or(Value::Null)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_killed_after_accepting_a_callback_welcomes_after_its_restart() {
    let outside = Outside::new().await;
    outside.start().await;
    outside.playbook().await;
    // The very moment at which WeCom has its 200: the first call that the reaction makes pulls the plug.
    outside.arm("externalcontact/get", Plug::Before);
    outside.control("customers/wmA/add", json!({"userid": "zhang"})).await;
    outside.until_killed().await;
    outside.restart_after(5).await;
    assert_eq!(outside.look("customers/wmA/inbox").await.len(), 1);
    assert_eq!(outside.steps().await, [("hello".into(), "sent".into())]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_killed_around_its_welcome_greets_once_or_says_too_late() {
    for (plug, seconds, arrived, outcome) in [
        (Plug::Before, 8, 1, "sent"),
        (Plug::After, 8, 1, "sent"),
        (Plug::Before, 90, 0, "too_late"),
        (Plug::After, 90, 1, "sent"),
    ] {
        let outside = Outside::new().await;
        outside.start().await;
        outside.playbook().await;
        outside.arm("send_welcome_msg", plug);
        outside.control("customers/wmA/add", json!({"userid": "zhang"})).await;
        outside.until_killed().await;
        outside.restart_after(seconds).await;
        let case = format!("{plug:?} {seconds} s");
        assert_eq!(outside.look("customers/wmA/inbox").await.len(), arrived, "{case}");
        assert_eq!(outside.steps().await, [("hello".into(), outcome.into())], "{case}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_killed_around_marking_tags_settles_them_after_its_restart() {
    for plug in [Plug::Before, Plug::After] {
        let outside = Outside::new().await;
        outside.start().await;
        outside.playbook().await;
        outside.control("customers/wmA/add", json!({"userid": "zhang"})).await;
        outside.kill();
        outside.restart_after(1).await;
        outside.arm("mark_tag", plug);
        let address = std::fs::read_to_string(outside.path().join("address")).unwrap();
        let request = http::Request::put(format!("{address}/api/v1/customers/wmA/stage"))
            .header("authorization", "Bearer token")
            .header("content-type", "application/json")
            .body(Bytes::from(json!({"board": "sales", "stage": "price"}).to_string()))
            .unwrap();
        // The answer dies with the product; the decision does not.
        assert!(outside.net.call(request, Duration::from_secs(20)).await.is_err());
        outside.restart_after(120).await;
        let contact = outside.sim.snapshot().to_string();
        let view = outside.api("GET", "/api/v1/customers/wmA", Value::Null).await;
        assert_eq!(view["stages"]["sales"]["stage"], "price");
        let tag = view["tags"][0]["id"].as_str().unwrap().to_owned();
        assert!(contact.contains(&tag));
        let marks = outside.look("calls?api=mark_tag").await;
        assert!(marks.iter().any(|call| call["errcode"] == 0), "{marks:#?}");
        let timeline = outside.api("GET", "/api/v1/customers/wmA/timeline", Value::Null).await.to_string();
        assert_eq!(timeline.matches("\"moved\"").count(), 1, "one move, whatever WeCom was told twice");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_killed_around_its_reminder_reminds_once() {
    for plug in [Plug::Before, Plug::After] {
        let outside = Outside::new().await;
        outside.start().await;
        outside.playbook().await;
        outside.control("customers/wmA/add", json!({"userid": "zhang"})).await;
        // Down over night; the next day's step falls due while nobody is there.
        outside.kill();
        outside.restart_after(86_400 + 3_600 + 30).await;
        assert_eq!(outside.steps().await.last(), Some(&("intro".into(), "offered".into())));
        outside.kill();
        outside.arm("message/send", plug);
        outside.restart_after(600).await;
        outside.until_killed().await;
        // At once, while the dead worker's lease lives; and when it is over.
        outside.restart_after(5).await;
        outside.kill();
        outside.restart_after(120).await;
        let inbox = outside.look("staff/zhang/inbox").await;
        assert_eq!(inbox.len(), 1, "{plug:?} {inbox:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_killed_in_the_middle_of_a_job_goes_on_with_it_and_changes_each_customer_once() {
    let outside = Outside::new().await;
    outside.start().await;
    outside.playbook().await;
    let ids: Vec<String> = (0..120).map(|n| format!("wm{n:03}")).collect();
    for id in &ids {
        outside.control("customers", json!({"external_userid": id, "name": id})).await;
        outside.control(&format!("customers/{id}/add"), json!({"userid": "zhang"})).await;
    }
    for id in &ids {
        outside.until_known(id).await;
    }
    let wanted = json!({"customers": ids, "add": ["客户状态/考虑价格"]});
    let job = outside.api("POST", "/api/v1/customers/batch/tags", wanted).await;
    outside.kill();
    outside.restart_after(120).await;
    let job = outside.api("GET", &format!("/api/v1/jobs/{}", job["id"].as_str().unwrap()), Value::Null).await;
    assert_eq!((&job["state"], &job["counts"]["changed"]), (&json!("done"), &json!(120)), "{job:#}");
    for id in &ids {
        let timeline = outside.api("GET", &format!("/api/v1/customers/{id}/timeline"), Value::Null).await;
        assert_eq!(timeline.to_string().matches("\"tagged\"").count(), 1, "{id}: {timeline:#}");
    }
    let marked = outside.sim.snapshot().to_string();
    assert!(marked.contains(job["what"]["add"][0]["id"].as_str().unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_killed_in_the_middle_of_an_import_goes_on_where_it_was_and_counts_nobody_twice() {
    let outside = Outside::new().await;
    outside.start().await;
    outside.playbook().await;
    let scenario = json!({"arrive": {"second_member": 0.3}, "tags": [{"group": "客户状态", "name": "考虑价格", "share": 0.5}]});
    let people =
        json!({"staff": 0, "customers": 700, "days": 90, "silent": true, "seed": 3, "scenario": scenario});
    outside.control("population", people).await;
    let job = outside.api("POST", "/api/v1/customers/import", json!({})).await;
    let path = format!("/api/v1/jobs/{}", job["id"].as_str().unwrap());
    let mut seen = 0;
    while seen == 0 {
        let job = outside.api("GET", &path, Value::Null).await;
        seen = job["reading"]["seen"].as_u64().unwrap_or_default();
        app::RealClock.pause(Duration::from_millis(5)).await;
    }
    outside.kill();
    outside.restart_after(120).await;
    let mut job = outside.api("GET", &path, Value::Null).await;
    for _ in 0..500 {
        if job["state"] == "done" {
            break;
        }
        app::RealClock.pause(Duration::from_millis(20)).await;
        job = outside.api("GET", &path, Value::Null).await;
    }
    let reading = &job["reading"];
    assert!(seen < 700, "it was killed too late");
    assert_eq!(
        (&job["state"], &reading["new"], &reading["failed"]),
        (&json!("done"), &json!(700), &json!(0))
    );
}
