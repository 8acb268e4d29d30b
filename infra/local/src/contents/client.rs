//! The REST API of a running Stepwise.

use std::time::Duration;

use anyhow::{Context as _, bail};
use app::net::Net;
use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use serde_json::Value;
use wecom::Transport as _;

use super::Place;

/// 20 MB through a narrow line.
const PATIENCE: Duration = Duration::from_secs(60);

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
        let errors = self.body["errors"].as_array().into_iter().flatten();
        let said: Vec<String> = errors
            .map(|error| {
                let text = |field: &str| error[field].as_str().unwrap_or_default();
                format!("{} {}", text("pointer"), text("zh"))
            })
            .collect();
        if said.is_empty() {
            format!("HTTP {} {}", self.status.as_u16(), self.body["detail"].as_str().unwrap_or_default())
        } else {
            said.join("；")
        }
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
        let answer = self.net.call(request.context("the token cannot stand in a header")?, PATIENCE).await;
        let answer = answer.with_context(|| self.server.clone())?;
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

    /// The bytes that a redirect leads to.
    pub(super) async fn fetch(&self, path: &str) -> anyhow::Result<Bytes> {
        let request = self.request(Method::GET, path).body(Bytes::new())?;
        let answer = self.net.call(request, PATIENCE).await?;
        let to = answer.headers().get(header::LOCATION).and_then(|to| to.to_str().ok());
        let to = to.with_context(|| format!("{path}: HTTP {}", answer.status().as_u16()))?;
        // It brings its own right along: the token stays here.
        let request = Request::get(self.whole(to)).body(Bytes::new())?;
        let answer = self.net.call(request, PATIENCE).await?;
        if !answer.status().is_success() {
            bail!("{path}: HTTP {}", answer.status().as_u16());
        }
        Ok(answer.into_body())
    }

    /// Uploads a file; the refusal of one that cannot be used, else its hash.
    pub(super) async fn upload(&self, kind: &str, bytes: Bytes) -> anyhow::Result<Result<String, String>> {
        let wanted = serde_json::json!({"kind": kind, "bytes": bytes.len()});
        let ticket = self.ask(Method::POST, "uploads", None, Some(&wanted)).await?;
        if !ticket.status.is_success() {
            return Ok(Err(ticket.refusal()));
        }
        let text = |field: &str| ticket.body[field].as_str().unwrap_or_default().to_owned();
        let mut request = Request::builder().method(text("method").as_str()).uri(self.whole(&text("url")));
        for (name, value) in ticket.body["headers"].as_object().into_iter().flatten() {
            request = request.header(name, value.as_str().unwrap_or_default());
        }
        let sent = self.net.call(request.body(bytes)?, PATIENCE).await?;
        if !sent.status().is_success() {
            bail!("the upload was refused: HTTP {}", sent.status().as_u16());
        }
        let finish = format!("uploads/{}/finish", text("id"));
        let kept = self.ask(Method::POST, &finish, None, Some(&serde_json::json!({"kind": kind}))).await?;
        match kept.body["blob"].as_str() {
            Some(blob) => Ok(Ok(blob.to_owned())),
            None => Ok(Err(kept.refusal())),
        }
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
