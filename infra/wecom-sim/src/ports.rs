use async_trait::async_trait;
use serde_json::Value;

/// The one clock. The simulator never reads the system's.
pub trait Clock: Send + Sync {
    /// Milliseconds since the Unix epoch.
    fn now_ms(&self) -> i64;
}

/// How callbacks and ingestion leave the simulator.
#[async_trait]
pub trait Outbound: Send + Sync {
    /// Posts `body` and answers status and body. `Err`: the connection failed or the answer took longer
    /// than WeCom waits (5 s). Must not call [`crate::Sim::run_due`]: deliveries are made one at a time.
    async fn post(
        &self,
        url: &str,
        headers: &[(String, String)],
        body: Vec<u8>,
    ) -> Result<(u16, Vec<u8>), String>;

    /// Gets `url`, for the verification of the callback address. `Err`: the connection failed, or nothing
    /// came for 5 s. A runner that leaves this out offers no verification.
    async fn get(&self, url: &str) -> Result<Fetched, String> {
        Err(format!("this runner gets no pages: {}", url.split('?').next().unwrap_or_default()))
    }

    /// Asks for `url` as a browser does, with these headers, and follows nothing. `Err`: the connection failed, or
    /// nothing came for 5 s. A runner that leaves this out lets customers open no links.
    async fn browse(&self, url: &str, _headers: &[(&str, &str)]) -> Result<Browsed, String> {
        Err(format!("this runner opens no links: {}", url.split('?').next().unwrap_or_default()))
    }
}

/// What a browser goes by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Browsed {
    /// HTTP status.
    pub status: u16,
    /// The header `Location`.
    pub location: Option<String>,
}

/// What came back, and how long (real milliseconds) it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// HTTP status.
    pub status: u16,
    /// The body as it is.
    pub body: Vec<u8>,
    /// From the request's leaving to the body's end.
    pub took_ms: u64,
}

/// What the runner lends to the control calls and the page.
#[async_trait]
pub trait Hooks: Send + Sync {
    /// Returns when the product has nothing under way or due; `Err` names what is open.
    async fn settle(&self) -> Result<(), String>;
    /// Moves the manual clock to `to_ms`; `Err` with the word "real" when the clock is the system's.
    /// A call with the present time must be harmless: the page asks so which clock is in use.
    async fn advance(&self, to_ms: i64) -> Result<(), String>;
    /// When (ms) the product has something to do next; `None`: never, or the runner does not know.
    async fn next_event_at(&self) -> Option<i64> {
        None
    }
    /// Calls the product's REST API as an administrator.
    async fn product(&self, method: &str, path: &str, body: Option<Value>) -> Result<(u16, Value), String>;
}
