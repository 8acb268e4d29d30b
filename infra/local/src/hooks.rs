//! What the simulator asks of the runner: to settle, to move the clock, to use the product as people do.

use std::sync::Arc;

use app::config::Secret;
use async_trait::async_trait;
use axum::{Router, body::Body};
use domain::Timestamp;
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::pump::Pump;

pub(crate) struct RunnerHooks {
    pub(crate) pump: Arc<Pump>,
    /// The product's API under a token of this process alone: `STEPWISE_ADMIN_TOKEN` may be absent.
    pub(crate) api: Router,
    pub(crate) token: Secret,
}

#[async_trait]
impl wecom_sim::Hooks for RunnerHooks {
    async fn settle(&self) -> Result<(), String> {
        self.pump.settle().await
    }

    async fn advance(&self, to_ms: i64) -> Result<(), String> {
        self.pump.advance(Timestamp::from_ms(to_ms)).await
    }

    async fn next_event_at(&self) -> Option<i64> {
        self.pump.next_due().await.map(Timestamp::ms)
    }

    async fn product(&self, method: &str, path: &str, body: Option<Value>) -> Result<(u16, Value), String> {
        let request = http::Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.token.expose()))
            .header("content-type", "application/json")
            .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())))
            .map_err(|error| error.to_string())?;
        let answer = self.api.clone().oneshot(request).await.unwrap_or_else(|never| match never {});
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes();
        Ok((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
    }
}
