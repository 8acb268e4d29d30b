//! One world per test: its own machine, its own store, its own people.

use std::{collections::BTreeMap, path::Path, time::Duration};

use app::{Author, net::Net};
use bytes::Bytes;
use domain::Timestamp;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::Method;
use local::{ClockKind, Machine, Options, WeComKind};
use serde_json::{Value, json};
use sha2::Sha256;
use wecom::Transport as _;

const TOKEN: &str = "token-of-the-tests";

/// The whole product with people around it.
pub struct World {
    /// The machine, for what cannot be seen from outside.
    pub machine: Machine,
    pub(crate) net: Net,
}

/// What an HTTP call answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers by lower-case name.
    pub headers: BTreeMap<String, String>,
    /// The body, or `Null` if it is no JSON.
    pub body: Value,
    /// The body as it came.
    pub page: String,
    /// The `Set-Cookie` lines.
    pub cookies: Vec<String>,
}

impl Answer {
    pub(crate) fn of(answer: http::Response<Bytes>) -> Self {
        let text = |value: &http::HeaderValue| value.to_str().unwrap_or_default().to_owned();
        let headers = answer.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value)));
        Self {
            status: answer.status().as_u16(),
            headers: headers.collect(),
            body: serde_json::from_slice(answer.body()).unwrap_or(Value::Null),
            page: String::from_utf8_lossy(answer.body()).into_owned(),
            cookies: answer.headers().get_all("set-cookie").iter().map(text).collect(),
        }
    }

    /// The body of a success; fails the test otherwise.
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{} {:#}", self.status, self.body);
        self.body
    }

    /// The body of a refusal with this status; fails the test otherwise.
    #[track_caller]
    pub fn refused(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{:#}", self.body);
        self.body
    }
}

/// Reads a time of the tests, in the corp's zone: `2026-03-02 09:00`.
#[track_caller]
pub fn at(text: &str) -> Timestamp {
    let (day, time) = text.split_once(' ').expect("day and time");
    Timestamp::parse_rfc3339(&format!("{day}T{time}:00+08:00")).expect("a time")
}

impl World {
    /// A world in memory whose clock stands at Monday, 2 March 2026, 09:00 in Shanghai.
    pub async fn new() -> Self {
        Self::at(at("2026-03-02 09:00")).await
    }

    /// A world in memory at a time of one's own.
    pub async fn at(time: Timestamp) -> Self {
        Self::start(time, None, &[]).await
    }

    /// A world in memory with settings of its own.
    pub async fn with_settings(time: Timestamp, settings: &[(&str, &str)]) -> Self {
        Self::start(time, None, settings).await
    }

    /// A world that keeps its data in a directory.
    pub async fn in_directory(time: Timestamp, directory: &Path) -> Self {
        Self::start(time, Some(directory), &[]).await
    }

    async fn start(time: Timestamp, directory: Option<&Path>, given: &[(&str, &str)]) -> Self {
        let mut settings = BTreeMap::from([("STEPWISE_ADMIN_TOKEN".to_owned(), TOKEN.to_owned())]);
        settings.extend(given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let options = Options {
            listen: "127.0.0.1:0".parse().expect("an address"),
            data: directory.map(Path::to_path_buf),
            wecom: WeComKind::Sim,
            clock: ClockKind::Manual(time),
            demo: false,
            settings,
        };
        let machine = Machine::start(&options).await.expect("the machine starts");
        Self { machine, net: Net::new() }
    }

    /// Any request, as admin.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        let mut request = http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.machine.address))
            .header("authorization", format!("Bearer {TOKEN}"))
            .header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        self.raw(request.body(Bytes::from(body)).expect("a request")).await
    }

    /// Any request, as it is.
    pub async fn raw(&self, request: http::Request<Bytes>) -> Answer {
        Answer::of(self.net.call(request, Duration::from_secs(60)).await.expect("an answer"))
    }

    /// A signed ingestion.
    pub async fn ingest(&self, body: &str, secret: &str) -> Answer {
        self.raw(self.signed(body, secret, self.now())).await
    }

    /// The request of an ingestion that was signed then.
    #[must_use]
    pub fn signed(&self, body: &str, secret: &str, then: Timestamp) -> http::Request<Bytes> {
        let timestamp = then.secs().to_string();
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key fits");
        mac.update(format!("v1:{timestamp}:{body}").as_bytes());
        let signature = format!("v1={}", hex::encode(mac.finalize().into_bytes()));
        let request = http::Request::post(format!("{}/ingest/v1/events", self.machine.address))
            .header("content-type", "application/json")
            .header("x-stepwise-timestamp", timestamp)
            .header("x-stepwise-signature", signature)
            .body(Bytes::from(body.to_owned()));
        request.expect("a request")
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await
    }

    /// `POST`.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, &[], Some(&body)).await
    }

    /// `PUT`.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, &[], Some(&body)).await
    }

    /// A control call of the simulator that has to work.
    #[track_caller]
    pub fn sim(&self, path: &str, body: Value) -> impl Future<Output = Value> {
        let caller = std::panic::Location::caller();
        async move {
            let answer = self.post(&format!("/sim/control/{path}"), body).await;
            assert!(answer.status < 300, "{caller}: {path}: {} {:#}", answer.status, answer.body);
            answer.body
        }
    }

    /// Moves the clock; everything that falls due until then happens.
    pub async fn until(&self, time: Timestamp) {
        self.sim("clock/advance", json!({"to": time.to_string()})).await;
    }

    /// What time it is.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.machine.app.clock.now()
    }

    /// Staff members, in WeCom and in Stepwise.
    pub async fn staff(&self, people: &[(&str, &str)]) {
        for (userid, name) in people {
            self.sim("staff", json!({"userid": userid, "name": name})).await;
            self.machine.app.put_staff(userid, name, &Author::stepwise()).await.expect("staff");
        }
    }

    /// A WeChat user who adds a staff member.
    pub async fn customer(&self, id: &str, name: &str, staff: &str) {
        self.sim("customers", json!({"external_userid": id, "name": name})).await;
        self.sim(&format!("customers/{id}/add"), json!({"userid": staff})).await;
    }

    /// The customer says something to the staff member.
    pub async fn say(&self, customer: &str, staff: &str, text: &str) {
        self.sim(&format!("customers/{customer}/say"), json!({"userid": staff, "text": text})).await;
    }

    /// The customer as the API shows them.
    pub async fn view(&self, customer: &str) -> Value {
        self.get(&format!("/api/v1/customers/{customer}")).await.ok()
    }

    /// Names of the customer's tags, `组/标签`.
    pub async fn tags(&self, customer: &str) -> Vec<String> {
        let view = self.view(customer).await;
        let label = |tag: &Value| format!("{}/{}", text(&tag["group"]), text(&tag["name"]));
        let mut tags: Vec<String> = items(&view["tags"]).iter().map(label).collect();
        tags.sort();
        tags
    }

    /// Names of the tags that WeCom has on one relation, `组/标签`.
    pub async fn wecom_tags(&self, customer: &str, staff: &str) -> Vec<String> {
        let contact = self.get(&format!("/sim/control/contacts/{customer}")).await.ok();
        let relation = items(&contact["relations"]).into_iter().find(|relation| relation["userid"] == staff);
        let relation = relation.expect("a relation");
        let mut tags: Vec<String> = items(&relation["tag_names"]).iter().map(text).collect();
        tags.sort();
        tags
    }

    /// The customer's stage on a board, if they have a card.
    pub async fn stage(&self, customer: &str, board: &str) -> Option<String> {
        self.view(customer).await["stages"][board]["stage"].as_str().map(str::to_owned)
    }

    /// All lines of the customer's timeline, newest entry first.
    pub async fn timeline(&self, customer: &str) -> Vec<Value> {
        let answer = self.get(&format!("/api/v1/customers/{customer}/timeline?limit=200")).await.ok();
        items(&answer["items"])
    }

    /// Facts of one kind over the whole timeline, oldest first.
    pub async fn facts(&self, customer: &str, kind: &str) -> Vec<String> {
        let mut found = Vec::new();
        for entry in self.timeline(customer).await.iter().rev() {
            let facts = items(&entry["facts"]);
            found.extend(facts.iter().filter(|fact| fact["kind"] == kind).map(|fact| text(&fact["text"])));
        }
        found
    }

    /// The customer's enrollments.
    pub async fn enrollments(&self, customer: &str) -> Vec<Value> {
        let answer = self.get(&format!("/api/v1/customers/{customer}/enrollments")).await.ok();
        items(&answer["items"])
    }

    /// Open tasks of a staff member.
    pub async fn tasks(&self, staff: &str) -> Vec<Value> {
        items(&self.get(&format!("/api/v1/tasks?userid={staff}")).await.ok()["items"])
    }

    /// Messages that reached a customer.
    pub async fn customer_inbox(&self, customer: &str) -> Vec<Value> {
        items(&self.get(&format!("/sim/control/customers/{customer}/inbox")).await.ok()["items"])
    }

    /// App messages that reached a staff member.
    pub async fn staff_inbox(&self, staff: &str) -> Vec<Value> {
        items(&self.get(&format!("/sim/control/staff/{staff}/inbox")).await.ok()["items"])
    }

    /// Publishes an SOP.
    #[track_caller]
    pub fn publish(&self, document: Value) -> impl Future<Output = ()> {
        let caller = std::panic::Location::caller();
        async move {
            let id = text(&document["id"]);
            let saved = self.put(&format!("/api/v1/sops/{id}"), document).await;
            assert!(saved.status < 300, "{caller}: {:#}", saved.body);
            let published = self.post(&format!("/api/v1/sops/{id}/publish"), json!({})).await;
            assert!(published.status < 300, "{caller}: {:#}", published.body);
        }
    }

    /// Everything in the store once nothing is under way, an item a line, as JSON.
    pub async fn kept(&self) -> Vec<String> {
        self.machine.settle().await.expect("settled");
        let engine = self.machine.engine();
        let mut kept = Vec::new();
        for table in ["stepwise-main", "stepwise-hot"] {
            let mut scan = json!({"TableName": table});
            loop {
                let (status, page) = engine.answer("Scan", scan.to_string().as_bytes());
                assert_eq!(status, 200, "{page}");
                let page: Value = serde_json::from_str(&page).expect("JSON");
                kept.extend(items(&page["Items"]).iter().map(Value::to_string));
                match &page["LastEvaluatedKey"] {
                    Value::Null => break,
                    last => scan["ExclusiveStartKey"] = last.clone(),
                }
            }
        }
        kept
    }

    /// Saves a rule.
    pub async fn rule(&self, id: &str, rule: Value) {
        self.put(&format!("/api/v1/rules/{id}"), rule).await.ok();
    }
}

/// The text of a JSON string; empty for anything else.
#[must_use]
pub fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The items of a JSON array; none for anything else.
#[must_use]
pub fn items(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}
