//! The gate before WeCom: no call leaves without a permit.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use store::Permits;
use wecom::{Transport, TransportError};

use super::{Budget, Lane};

/// A transport that asks for a permit first.
pub(super) struct Gate {
    pub(super) transport: Arc<dyn Transport>,
    pub(super) budget: Arc<Budget>,
    pub(super) lane: Lane,
}

#[async_trait]
impl Transport for Gate {
    async fn call(
        &self,
        request: http::Request<Bytes>,
        timeout: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let api = api_of(&request).to_owned();
        match self.budget.permit(&api, self.lane).await {
            Ok(Permits::Granted) => self.transport.call(request, timeout).await,
            Ok(Permits::Wait(until)) => Err(TransportError::Held { until_ms: until.ms() }),
            // Whether the limit is kept is not known: better a call too few than an API blocked for an hour.
            Err(error) => Err(TransportError::NotSent(format!("no permit: {error}"))),
        }
    }
}

/// The path below `/cgi-bin/`, by which WeCom counts.
fn api_of(request: &http::Request<Bytes>) -> &str {
    let path = request.uri().path();
    path.split_once("/cgi-bin/").map_or(path, |(_, api)| api)
}
