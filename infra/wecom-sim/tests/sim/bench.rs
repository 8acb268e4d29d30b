//! A simulator on a bench: its clock in hand, everything that leaves it written down.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use wecom_sim::{Browsed, Clock, Config, Fetched, Hooks, Outbound, Sim};

use crate::opened::Opened;

pub(crate) const START_MS: i64 = 1_760_000_000_000;
pub(crate) const TOKEN: &str = "tokenTOKEN1";
/// Its last character carries stray bits.
pub(crate) const AES_KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
pub(crate) const CORP: &str = "ww0123456789abcdef";

pub(crate) struct HandClock(AtomicI64);

impl Clock for HandClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Post {
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

pub(crate) type PostAnswer = Result<(u16, Vec<u8>), String>;

/// Writes every post down; answers 200 unless told otherwise, and nothing at all while stuck.
#[derive(Default)]
pub(crate) struct Recorder {
    pub(crate) posts: Mutex<Vec<Post>>,
    pub(crate) answers: Mutex<VecDeque<PostAnswer>>,
    pub(crate) is_stuck: AtomicBool,
    /// Addresses that were got, and what comes back.
    pub(crate) got: Mutex<Vec<String>>,
    pub(crate) page: Mutex<Option<PageAnswer>>,
    /// What a browser finds.
    pub(crate) browsed: Mutex<Option<BrowsedAnswer>>,
}

/// Makes an answer of an address and the headers of who asks.
pub(crate) type BrowsedAnswer = Box<dyn Fn(&str, &[(&str, &str)]) -> Result<Browsed, String> + Send>;

/// Makes an answer of an address.
pub(crate) type PageAnswer = Box<dyn Fn(&str) -> Result<Fetched, String> + Send>;

#[async_trait]
impl Outbound for Recorder {
    async fn post(&self, url: &str, headers: &[(String, String)], body: Vec<u8>) -> PostAnswer {
        self.posts.lock().expect("lock").push(Post {
            url: url.to_owned(),
            headers: headers.to_vec(),
            body: String::from_utf8(body).expect("UTF-8"),
        });
        if self.is_stuck.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
        let told = self.answers.lock().expect("lock").pop_front();
        told.unwrap_or(Ok((200, Vec::new())))
    }

    async fn get(&self, url: &str) -> Result<Fetched, String> {
        self.got.lock().expect("lock").push(url.to_owned());
        match &*self.page.lock().expect("lock") {
            Some(page) => page(url),
            None => Err("nobody answers".to_owned()),
        }
    }

    async fn browse(&self, url: &str, headers: &[(&str, &str)]) -> Result<Browsed, String> {
        match &*self.browsed.lock().expect("lock") {
            Some(answer) => answer(url, headers),
            None => Err("nobody answers".to_owned()),
        }
    }
}

pub(crate) struct Bench {
    pub(crate) sim: Sim,
    pub(crate) clock: Arc<HandClock>,
    pub(crate) outbound: Arc<Recorder>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::seeded(42)
    }

    pub(crate) fn seeded(seed: u64) -> Self {
        Self::with(|config| config.seed = seed)
    }

    /// With other settings than usual.
    pub(crate) fn with(change: impl FnOnce(&mut Config)) -> Self {
        let clock = Arc::new(HandClock(AtomicI64::new(START_MS)));
        let outbound = Arc::new(Recorder::default());
        let mut config = Config {
            corp_id: CORP.to_owned(),
            agent_id: 1_000_002,
            secret: "app-secret".to_owned(),
            callback_token: TOKEN.to_owned(),
            callback_aes_key: AES_KEY.to_owned(),
            callback_url: "http://product/wecom/callback".to_owned(),
            ingest_url: "http://product/ingest/v1/events".to_owned(),
            ingest_secret: "ingest-secret".to_owned(),
            seed: 42,
        };
        change(&mut config);
        let sim = Sim::new(config, clock.clone(), outbound.clone());
        Self { sim, clock, outbound }
    }

    /// A member "LiMing" and a customer "wmAnna" who has just added them; what left so far is forgotten.
    pub(crate) async fn befriended() -> (Self, String) {
        let bench = Self::new();
        bench.people().await;
        let added = bench.control("customers/wmAnna/add", json!({"userid": "LiMing"})).await;
        bench.forget();
        let code = added["welcome_code"].as_str().expect("a welcome code").to_owned();
        (bench, code)
    }

    /// What browsers find from now on.
    pub(crate) fn browses(
        &self,
        answer: impl Fn(&str, &[(&str, &str)]) -> Result<Browsed, String> + Send + 'static,
    ) {
        *self.outbound.browsed.lock().expect("lock") = Some(Box::new(answer));
    }

    pub(crate) async fn people(&self) {
        self.control("staff", json!({"userid": "LiMing", "name": "李明"})).await;
        self.control("customers", json!({"external_userid": "wmAnna", "name": "安娜"})).await;
    }

    pub(crate) fn pass_ms(&self, ms: i64) {
        self.clock.0.fetch_add(ms, Ordering::SeqCst);
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.pass_ms(seconds * 1000);
    }

    pub(crate) fn forget(&self) {
        self.outbound.posts.lock().expect("lock").clear();
    }

    pub(crate) fn posts(&self) -> Vec<Post> {
        self.outbound.posts.lock().expect("lock").clone()
    }

    pub(crate) fn answer_next(&self, answers: impl IntoIterator<Item = PostAnswer>) {
        self.outbound.answers.lock().expect("lock").extend(answers);
    }

    /// The callbacks posted so far, verified and decrypted.
    pub(crate) fn callbacks(&self) -> Vec<Opened> {
        self.posts()
            .iter()
            .filter(|post| post.url.starts_with("http://product/wecom/callback"))
            .map(|post| Opened::open(&post.url, &post.body, TOKEN, AES_KEY))
            .collect()
    }

    /// Their change types, for short.
    pub(crate) fn changes(&self) -> Vec<String> {
        self.callbacks().iter().map(|callback| callback.field("ChangeType").expect("a ChangeType")).collect()
    }

    pub(crate) async fn request(
        &self,
        method: &str,
        path: &str,
        body: Option<&str>,
    ) -> (u16, HeaderMap, String) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(Body::from(body.unwrap_or_default().to_owned()))
            .expect("a request");
        let response = self.sim.router().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        let text = String::from_utf8(bytes.to_vec()).expect("UTF-8");
        (parts.status.as_u16(), parts.headers, text)
    }

    /// A control call that must succeed.
    pub(crate) async fn control(&self, path: &str, body: Value) -> Value {
        let (status, answer) = self.try_control(path, body).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    pub(crate) async fn try_control(&self, path: &str, body: Value) -> (u16, Value) {
        let path = format!("/sim/control/{path}");
        let (status, _, text) = self.request("POST", &path, Some(&body.to_string())).await;
        (status, serde_json::from_str(&text).expect("JSON"))
    }

    pub(crate) async fn look(&self, path: &str) -> Value {
        let path = format!("/sim/control/{path}");
        let (status, _, text) = self.request("GET", &path, None).await;
        assert_eq!(status, 200, "{path}: {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    pub(crate) async fn token(&self) -> String {
        let path = format!("/sim/cgi-bin/gettoken?corpid={CORP}&corpsecret=app-secret");
        let (_, _, text) = self.request("GET", &path, None).await;
        let answer: Value = serde_json::from_str(&text).expect("JSON");
        answer["access_token"].as_str().expect("a token").to_owned()
    }

    /// A GET API call with a good token.
    pub(crate) async fn get(&self, api: &str, query: &str) -> Value {
        let token = self.token().await;
        let path = format!("/sim/cgi-bin/{api}?access_token={token}&{query}");
        let (_, _, text) = self.request("GET", &path, None).await;
        serde_json::from_str(&text).expect("JSON")
    }

    /// A POST API call with a good token.
    pub(crate) async fn post(&self, api: &str, body: Value) -> Value {
        let (_, _, text) = self.post_raw(api, &body.to_string()).await;
        serde_json::from_str(&text).expect("JSON")
    }

    pub(crate) async fn post_raw(&self, api: &str, body: &str) -> (u16, HeaderMap, String) {
        let token = self.token().await;
        let path = format!("/sim/cgi-bin/{api}?access_token={token}");
        self.request("POST", &path, Some(body)).await
    }

    /// A corp tag made by the app; its id.
    pub(crate) async fn app_tag(&self, group: &str, name: &str) -> String {
        let made = self
            .post("externalcontact/add_corp_tag", json!({"group_name": group, "tag": [{"name": name}]}))
            .await;
        made["tag_group"]["tag"][0]["id"].as_str().expect("an id").to_owned()
    }

    pub(crate) async fn mark(&self, tag: &str) -> Value {
        self.post(
            "externalcontact/mark_tag",
            json!({"userid": "liming", "external_userid": "wmAnna", "add_tag": [tag]}),
        )
        .await
    }
}

/// A runner whose product knows one task.
pub(crate) struct Runner {
    /// What kind of task it is.
    pub(crate) kind: Mutex<Value>,
    pub(crate) settled: Mutex<Vec<&'static str>>,
    pub(crate) open: Mutex<Option<String>>,
    pub(crate) asked: Mutex<Vec<(String, String, Option<Value>)>>,
    pub(crate) clock: Mutex<Option<Arc<HandClock>>>,
    /// When (ms) the product has something to do.
    pub(crate) next: Mutex<Option<i64>>,
}

impl Default for Runner {
    fn default() -> Self {
        Self {
            kind: Mutex::new(json!("touch")),
            settled: Mutex::default(),
            open: Mutex::default(),
            asked: Mutex::default(),
            clock: Mutex::default(),
            next: Mutex::default(),
        }
    }
}

#[async_trait]
impl Hooks for Runner {
    async fn settle(&self) -> Result<(), String> {
        self.settled.lock().expect("lock").push("settle");
        match self.open.lock().expect("lock").clone() {
            Some(open) => Err(open),
            None => Ok(()),
        }
    }

    async fn advance(&self, to_ms: i64) -> Result<(), String> {
        match &*self.clock.lock().expect("lock") {
            Some(clock) => {
                clock.0.store(to_ms, Ordering::SeqCst);
                Ok(())
            }
            None => Err("clock is real".to_owned()),
        }
    }

    async fn next_event_at(&self) -> Option<i64> {
        *self.next.lock().expect("lock")
    }

    async fn product(&self, method: &str, path: &str, body: Option<Value>) -> Result<(u16, Value), String> {
        self.asked.lock().expect("lock").push((method.to_owned(), path.to_owned(), body));
        Ok(match (method, path) {
            ("GET", "/api/v1/tasks/t%2F1?userid=LiMing") => (
                200,
                json!({
                    "id": "t/1",
                    "kind": *self.kind.lock().expect("lock"),
                    "state": "offered",
                    "userid": "liming",
                    "customer": {"id": "wmAnna", "name": "安娜"},
                    "content": {"text": "第一天的内容", "kinds": ["text", "link", "image", "mini_program", "file"], "parts": [
                        {"kind": "text", "text": "第一天的内容"},
                        {"kind": "link", "title": "新品", "desc": null, "url": "https://p/l/x1", "cover": "/b/1"},
                        {"kind": "image", "file": "/b/2"},
                        {"kind": "mini_program", "title": "商城", "appid": "wx0", "page": "index", "cover": null},
                        {"kind": "file", "name": "报价.pdf", "file": "/b/3"},
                    ]},
                }),
            ),
            ("GET", "/api/v1/boards" | "/api/v1/tasks?userid=LiMing") => {
                (200, json!({"items": [], "next_cursor": null}))
            }
            ("GET", _) => (404, json!({"code": "not_found"})),
            _ => (200, json!({"state": "sent"})),
        })
    }
}
