//! The REST API of a running Stepwise.

use std::time::Duration;

use anyhow::{Context as _, bail};
use app::{Clock as _, RealClock, net::Net};
use bytes::Bytes;
use domain::content::{BlobId, media::MediaKind};
use http::{Method, Request, Response, StatusCode, header};
use serde_json::{Value, json};
use wecom::{Transport as _, TransportError};

use super::Place;

/// 20 MB through a narrow line.
const PATIENCE: Duration = Duration::from_secs(60);
/// Before the second and the third try.
const PAUSES: [Duration; 2] = [Duration::from_millis(300), Duration::from_secs(3)];
/// A longer one that is asked for is not kept.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Asks as whoever has the token.
pub(super) struct Client {
    net: Net,
    server: String,
    token: String,
}

/// An answer.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// `Null` if it is no JSON.
    pub(super) body: Value,
    pub(super) etag: Option<String>,
}

impl Answer {
    /// What was wrong, for people.
    pub(super) fn refusal(&self) -> String {
        self.faults("errors").unwrap_or_else(|| {
            let text = |field: &str| self.body[field].as_str().unwrap_or_default();
            format!("HTTP {} {} {}", self.status.as_u16(), text("zh"), text("detail"))
        })
    }

    /// What is wrong with the fields that a list of the answer names, for people; `None`: nothing.
    pub(super) fn faults(&self, list: &str) -> Option<String> {
        let faults = self.body[list].as_array().filter(|faults| !faults.is_empty())?;
        let said = faults.iter().map(|fault| {
            let text = |field: &str| fault[field].as_str().unwrap_or_default();
            format!("{} {}", text("pointer"), text("zh"))
        });
        Some(said.collect::<Vec<_>>().join("；"))
    }
}

impl Client {
    pub(super) fn new(place: &Place) -> Self {
        let server = place.server.trim_end_matches('/').to_owned();
        Self { net: Net::new(), server, token: place.token.clone() }
    }

    /// Any request beneath `/api/v1/`. Refusals of the request are answers; that one may not ask at all is an error.
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &str,
        seen: Option<&str>,
        body: Option<&Value>,
    ) -> anyhow::Result<Answer> {
        let mut request = self.request(method, path);
        if let Some(seen) = seen {
            request = request.header(header::IF_MATCH, seen);
        }
        let text = body.map(Value::to_string).unwrap_or_default();
        let request = request.header(header::CONTENT_TYPE, "application/json").body(Bytes::from(text));
        let answer = self.call(request.context("the token cannot stand in a header")?).await?;
        let etag = answer.headers().get(header::ETAG).and_then(|etag| etag.to_str().ok());
        let answer = Answer {
            status: answer.status(),
            etag: etag.map(str::to_owned),
            body: serde_json::from_slice(answer.body()).unwrap_or_default(),
        };
        if matches!(answer.status.as_u16(), 401 | 403 | 500..) {
            bail!("{}/api/v1/{path}: {}", self.server, answer.refusal());
        }
        Ok(answer)
    }

    /// What is there; `None`: nothing is.
    pub(super) async fn read(&self, path: &str) -> anyhow::Result<Option<Answer>> {
        let answer = self.ask(Method::GET, path, None, None).await?;
        match answer.status {
            StatusCode::OK => Ok(Some(answer)),
            StatusCode::NOT_FOUND => Ok(None),
            _ => bail!("{}/api/v1/{path}: {}", self.server, answer.refusal()),
        }
    }

    /// All items of a list.
    pub(super) async fn list(&self, path: &str) -> anyhow::Result<Vec<Value>> {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let sign = if path.contains('?') { '&' } else { '?' };
            let page = self.read(&format!("{path}{sign}limit=200{cursor}")).await?;
            let mut page = page.with_context(|| format!("{}/api/v1/{path} is not there", self.server))?.body;
            if let Some(items) = page["items"].as_array_mut() {
                all.append(items);
            }
            let Some(next) = page["next_cursor"].as_str() else { return Ok(all) };
            cursor = format!("&cursor={next}");
        }
    }

    /// The bytes that a redirect leads to; `None`: there is no such file.
    pub(super) async fn fetch(&self, path: &str) -> anyhow::Result<Option<Bytes>> {
        let answer = self.call(self.request(Method::GET, path).body(Bytes::new())?).await?;
        let to = answer.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
        let answer = match to {
            // It brings its own right along: the token stays here.
            Some(to) => self.call(Request::get(self.whole(to)).body(Bytes::new())?).await?,
            None => answer,
        };
        match answer.status() {
            StatusCode::OK => Ok(Some(answer.into_body())),
            StatusCode::NOT_FOUND => Ok(None),
            other => bail!("{path}: HTTP {}", other.as_u16()),
        }
    }

    /// Uploads a file; the refusal of one that cannot be used, else its hash.
    pub(super) async fn upload(
        &self,
        kind: MediaKind,
        bytes: Bytes,
    ) -> anyhow::Result<Result<BlobId, String>> {
        let wanted = json!({"kind": kind, "bytes": bytes.len()});
        let ticket = self.ask(Method::POST, "uploads", None, Some(&wanted)).await?;
        if !ticket.status.is_success() {
            return Ok(Err(ticket.refusal()));
        }
        let text = |field: &str| ticket.body[field].as_str().unwrap_or_default().to_owned();
        let mut request = Request::builder().method(text("method").as_str()).uri(self.whole(&text("url")));
        for (name, value) in ticket.body["headers"].as_object().into_iter().flatten() {
            request = request.header(name, value.as_str().unwrap_or_default());
        }
        let sent = self.call(request.body(bytes)?).await?;
        if !sent.status().is_success() {
            bail!("the upload was refused: HTTP {}", sent.status().as_u16());
        }
        let finish = format!("uploads/{}/finish", text("id"));
        let kept = self.ask(Method::POST, &finish, None, Some(&json!({"kind": kind}))).await?;
        let blob = kept.body["blob"].as_str().and_then(BlobId::parse);
        Ok(blob.ok_or_else(|| kept.refusal()))
    }

    /// Sends a request, and again while Stepwise starts, is busy, or asks to wait. Whatever is sent may be repeated:
    /// changes name what they change.
    async fn call(&self, request: Request<Bytes>) -> anyhow::Result<Response<Bytes>> {
        for pause in PAUSES {
            let pause = match self.net.call(request.clone(), PATIENCE).await {
                Ok(answer) if !is_busy(answer.status()) => return Ok(answer),
                Ok(answer) => asked_to_wait(&answer).unwrap_or(pause),
                Err(TransportError::NotSent(_)) => pause,
                Err(error) => return Err(error).with_context(|| self.server.clone()),
            };
            RealClock.pause(pause.min(LONGEST_PAUSE)).await;
        }
        self.net.call(request, PATIENCE).await.with_context(|| self.server.clone())
    }

    fn request(&self, method: Method, path: &str) -> http::request::Builder {
        let uri = format!("{}/api/v1/{path}", self.server);
        Request::builder()
            .method(method)
            .uri(uri)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
    }

    /// An address, or a path of the server's.
    fn whole(&self, address: &str) -> String {
        if address.starts_with('/') { format!("{}{address}", self.server) } else { address.to_owned() }
    }
}

fn is_busy(status: StatusCode) -> bool {
    matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
}

fn asked_to_wait(answer: &Response<Bytes>) -> Option<Duration> {
    let seconds = answer.headers().get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}
