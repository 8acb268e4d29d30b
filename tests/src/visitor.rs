//! Somebody at the door: a browser or a script, with cookies, a CSRF token and headers of their own.

use std::{collections::BTreeMap, time::Duration};

use app::net::Net;
use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};
use wecom::Transport as _;

use crate::world::{Answer, World, text};

const PATIENCE: Duration = Duration::from_secs(60);

/// Speaks HTTP with the product and keeps the cookies that it is given, as a browser does.
#[derive(Clone)]
pub struct Visitor {
    /// Cookies by name.
    pub cookies: BTreeMap<String, String>,
    /// Sent as `X-CSRF-Token`, once it is known.
    pub csrf: Option<String>,
    /// Sent with every request.
    pub headers: BTreeMap<String, String>,
    net: Net,
    address: String,
}

impl Visitor {
    pub(crate) fn new(net: Net, address: &str) -> Self {
        let (cookies, csrf, headers) = Default::default();
        Self { cookies, csrf, headers, net, address: address.to_owned() }
    }

    /// The same visitor with another header on every request.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Any request. `path` may be a whole address, as redirects have it.
    pub async fn send(
        &mut self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Answer {
        let uri = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.address) };
        let mut all = self.headers.clone();
        all.insert("content-type".to_owned(), "application/json".to_owned());
        all.extend(self.csrf.iter().map(|token| ("x-csrf-token".to_owned(), token.clone())));
        all.extend(headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            all.entry("cookie".to_owned()).or_insert(cookies.join("; "));
        }
        let mut request = http::Request::builder().method(method).uri(uri);
        for (name, value) in &all {
            request = request.header(name, value);
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        let answer = self.raw(request.body(Bytes::from(body)).expect("a request")).await;
        self.keep(&answer.cookies);
        answer
    }

    /// Any request, as it is: without what the visitor has.
    pub async fn raw(&self, request: http::Request<Bytes>) -> Answer {
        Answer::of(self.net.call(request, PATIENCE).await.expect("an answer"))
    }

    /// `GET`.
    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await
    }

    /// `POST`.
    pub async fn post(&mut self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, &[], Some(&body)).await
    }

    /// `PUT`.
    pub async fn put(&mut self, path: &str, body: Value) -> Answer {
        self.send(Method::PUT, path, &[], Some(&body)).await
    }

    /// `DELETE`.
    pub async fn delete(&mut self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &[], None).await
    }

    /// Signs in as whomever one likes, which only the simulated WeCom allows.
    pub async fn sign_in_as(&mut self, userid: &str) -> Answer {
        let answer = self.post("/api/v1/session/dev", json!({"userid": userid})).await;
        self.csrf = answer.body["csrf_token"].as_str().map(str::to_owned).or(self.csrf.take());
        answer
    }

    /// Reads the CSRF token as a page does, once it is signed in.
    pub async fn learn_csrf(&mut self) {
        let session = self.get("/api/v1/session").await.ok();
        self.csrf = Some(text(&session["csrf_token"]));
    }

    fn keep(&mut self, set: &[String]) {
        for line in set {
            let pair = line.split(';').next().unwrap_or_default();
            let Some((name, value)) = pair.split_once('=') else { continue };
            if line.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

impl World {
    /// Somebody of whom nothing is known.
    #[must_use]
    pub fn visitor(&self) -> Visitor {
        Visitor::new(self.net.clone(), &self.machine.address)
    }

    /// A browser in which this staff member is signed in.
    #[track_caller]
    pub fn signed_in(&self, userid: &str) -> impl Future<Output = Visitor> {
        let mut visitor = self.visitor();
        let caller = std::panic::Location::caller();
        async move {
            let answer = visitor.sign_in_as(userid).await;
            assert_eq!(answer.status, 200, "{caller}: {userid}: {:#}", answer.body);
            visitor
        }
    }

    /// A script with an API token of these scopes, good for ten days.
    pub async fn with_token(&self, scopes: &[&str]) -> Visitor {
        let ends = self.now().plus_days(10).to_string();
        let wanted = json!({"name": "脚本", "scopes": scopes, "expires_at": ends});
        let made = self.post("/api/v1/tokens", wanted).await.ok();
        self.visitor().with("authorization", &format!("Bearer {}", text(&made["token"])))
    }
}
