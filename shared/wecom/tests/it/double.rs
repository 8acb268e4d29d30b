//! A transport that answers from a script and remembers what it was asked.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Request, Response};
use serde_json::Value;
use wecom::{AccessToken, Client, Transport, TransportError};

/// The base address of all tests; it has a path, as a simulator's may.
pub(crate) const BASE: &str = "http://127.0.0.1:8787/sim";

/// Answers in order and records requests.
pub(crate) struct Double {
    answers: Mutex<VecDeque<Answer>>,
    asked: Mutex<Vec<Asked>>,
}

type Answer = Result<Response<Bytes>, TransportError>;

/// One recorded request.
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) url: String,
    pub(crate) content_type: Option<String>,
    pub(crate) range: Option<String>,
    pub(crate) body: Bytes,
    pub(crate) timeout: Duration,
}

impl Asked {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }
}

#[async_trait]
impl Transport for Double {
    async fn call(&self, request: Request<Bytes>, timeout: Duration) -> Answer {
        let (head, body) = request.into_parts();
        let header = |name| head.headers.get(name).map(|value| value.to_str().expect("ASCII").to_owned());
        let (content_type, range) = (header("content-type"), header("range"));
        let asked =
            Asked { method: head.method, url: head.uri.to_string(), content_type, range, body, timeout };
        self.asked.lock().expect("no test panics while holding it").push(asked);
        let next = self.answers.lock().expect("no test panics while holding it").pop_front();
        next.expect("the script has an answer for every request")
    }
}

impl Double {
    /// A client whose transport gives these answers.
    pub(crate) fn answering(answers: impl IntoIterator<Item = Answer>) -> (Client, Arc<Double>) {
        let double = Arc::new(Double {
            answers: Mutex::new(answers.into_iter().collect()),
            asked: Mutex::new(Vec::new()),
        });
        (Client::new(BASE, double.clone()), double)
    }

    /// A client whose transport answers with one JSON body.
    pub(crate) fn with(body: &str) -> (Client, Arc<Double>) {
        Double::answering([json(body)])
    }

    /// A client whose one call is refused with this code.
    pub(crate) fn refusing(code: i64) -> Client {
        Double::with(&format!(r#"{{"errcode":{code},"errmsg":"no, hint: [1700000000_5_ab12]"}}"#)).0
    }

    /// All requests so far.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().expect("no test panics while holding it"))
    }

    /// The only request so far.
    pub(crate) fn asked_once(&self) -> Asked {
        let mut asked = self.asked();
        assert_eq!(asked.len(), 1, "one request");
        asked.remove(0)
    }
}

/// An answer of HTTP status 200.
pub(crate) fn json(body: &str) -> Answer {
    status(200, body)
}

/// An answer of any HTTP status.
pub(crate) fn status(status: u16, body: &str) -> Answer {
    let body = Bytes::copy_from_slice(body.as_bytes());
    Ok(Response::builder().status(status).body(body).expect("a status is all it takes"))
}

/// The token of all tests; its characters show whether the query is encoded.
pub(crate) fn token() -> AccessToken {
    AccessToken::new("t0k/en+=")
}

/// A full URL below the base with the token in front.
pub(crate) fn url(path: &str) -> String {
    format!("{BASE}/cgi-bin/{path}?access_token=t0k%2Fen%2B%3D")
}
