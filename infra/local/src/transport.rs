//! The way to the simulated WeCom: a real HTTP client, and its pretended time-outs made real ones.

use std::time::Duration;

use app::net::Net;
use async_trait::async_trait;
use bytes::Bytes;
use wecom::{Transport, TransportError};

/// The simulator answers a pretended time-out with this status.
const TIMED_OUT: u16 = 599;

pub(crate) struct ToSim(pub(crate) Net);

#[async_trait]
impl Transport for ToSim {
    async fn call(
        &self,
        request: http::Request<Bytes>,
        timeout: Duration,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let answer = self.0.call(request, timeout).await?;
        if answer.status().as_u16() == TIMED_OUT {
            return Err(TransportError::Ambiguous("timed out".into()));
        }
        Ok(answer)
    }
}

/// WeCom waits so long for an answer.
const WECOM_WAITS: Duration = Duration::from_secs(5);

/// How the simulator's callbacks and ingested events reach the product.
pub(crate) struct FromSim(pub(crate) Net);

#[async_trait]
impl wecom_sim::Outbound for FromSim {
    async fn post(
        &self,
        url: &str,
        headers: &[(String, String)],
        body: Vec<u8>,
    ) -> Result<(u16, Vec<u8>), String> {
        let mut request = http::Request::post(url);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let request = request.body(Bytes::from(body)).map_err(|error| error.to_string())?;
        let answer = self.0.call(request, WECOM_WAITS).await.map_err(|error| error.to_string())?;
        Ok((answer.status().as_u16(), answer.into_body().to_vec()))
    }

    async fn get(&self, url: &str) -> Result<wecom_sim::Fetched, String> {
        let request = http::Request::get(url).body(Bytes::new()).map_err(|error| error.to_string())?;
        #[expect(clippy::disallowed_methods, reason = "the platform's patience is real time, on any clock")]
        let start = std::time::Instant::now();
        let answer = self.0.call(request, WECOM_WAITS).await.map_err(|error| error.to_string())?;
        let took_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        Ok(wecom_sim::Fetched {
            status: answer.status().as_u16(),
            body: answer.into_body().to_vec(),
            took_ms,
        })
    }

    async fn browse(&self, url: &str, headers: &[(&str, &str)]) -> Result<wecom_sim::Browsed, String> {
        let mut request = http::Request::get(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Bytes::new()).map_err(|error| error.to_string())?;
        let answer = self.0.call(request, WECOM_WAITS).await.map_err(|error| error.to_string())?;
        let location = answer.headers().get(http::header::LOCATION);
        let location = location.map(|location| String::from_utf8_lossy(location.as_bytes()).into_owned());
        Ok(wecom_sim::Browsed { status: answer.status().as_u16(), location })
    }
}
