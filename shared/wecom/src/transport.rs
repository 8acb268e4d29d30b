//! The port through which requests leave.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};

/// Sends one HTTP request and returns the whole response.
///
/// An adapter makes exactly one attempt: it neither repeats requests nor follows redirects, because
/// a repeated request may have its effect twice. Any HTTP status is a response, not an error. It
/// must not log the request or its address: the query string carries the access token or the app's
/// secret, and so does `Debug` of [`Request`].
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends `request`. `timeout` covers everything from connecting to the last byte of the
    /// response.
    async fn call(
        &self,
        request: Request<Bytes>,
        timeout: Duration,
    ) -> Result<Response<Bytes>, TransportError>;
}

/// Why there is no response. The texts are for logs: no address, no query string, no body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The request certainly did not reach the platform, for example because no connection could be
    /// made.
    #[error("request was not sent: {0}")]
    NotSent(String),
    /// Whoever stands before the transport ([`Client::through`](crate::Client::through)) held the request back: it was
    /// not sent, and is not to be before this instant.
    #[error("request was held back")]
    Held {
        /// Milliseconds since 1970 UTC.
        until_ms: i64,
    },
    /// The request may have reached the platform and had its effect, for example because time ran
    /// out after sending.
    #[error("request may have been received: {0}")]
    Ambiguous(String),
}
