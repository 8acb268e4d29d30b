//! `POST /ingest/v1/events`: what other systems report. Signed, and idempotent by the event's id.
//!
//! ```json
//! {"events": [{"id": "crm-1", "type": "message.received", "at": "2026-03-05T09:00:00+08:00",
//!              "customer": {"external_userid": "wm1"}, "attributes": {"staff": "zhangsan", "text": "多少钱"}}]}
//! ```
//! answers
//! ```json
//! {"events": [{"id": "crm-1", "status": "accepted"}]}
//! ```
//! in the order of the request; `status` is `accepted`, `duplicate` or `rejected` with `reason` and `message`. The
//! signature is checked over the raw body before a byte of it is parsed.

mod event;
mod signature;

use axum::{
    extract::{Request, State},
    http::request::Parts,
};
use domain::{CustomerId, Signal};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    Api,
    answer::{Answer, Outcome},
    body,
    problem::Problem,
    schema,
};
use event::{Incoming, Rejection};
#[cfg(test)]
pub(crate) use signature::sign;

const MAX_BYTES: usize = 256 * 1024;
const MAX_EVENTS: usize = 100;

/// Events in the order in which they happened.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Delivery {
    #[schema(value_type = Vec<schema::IngestEvent>, max_items = 100)]
    events: Vec<Value>,
}

/// What became of each event.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IngestReport, example = json!({"events": [{"id": "crm-1", "status": "accepted"}]}))]
pub(crate) struct Report {
    /// In the order of the request.
    events: Vec<Verdict>,
}

/// What became of one event.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = IngestVerdict)]
struct Verdict {
    /// Null where the event has none.
    id: Option<String>,
    #[schema(value_type = schema::IngestStatus)]
    status: &'static str,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Rejection)]
    rejection: Option<Rejection>,
}

/// Report events
///
/// What other systems know: at most 100 events and 256 KiB a request, signed over the raw body. Idempotent by the event's
/// id. Each event has its own verdict: `accepted`, `duplicate`, or `rejected` with `reason`. A 503 means that the whole
/// request should come again.
#[utoipa::path(post, path = "/events", operation_id = "ingestEvents", tag = "ingestion",
    request_body = Delivery,
    responses((status = 200, description = "What became of each event", body = Report),
              (status = 401, description = "`bad_signature`"), (status = 500, description = "`internal`"),
              (status = 503, description = "`unavailable`")),
    security(("signature" = [], "timestamp" = [])),
    extensions(("x-summary-zh" = json!("上报事件"))))]
pub(crate) async fn events(State(api): State<Api>, request: Request) -> Outcome<Report> {
    let (parts, body) = request.into_parts();
    let body = body::read(body, MAX_BYTES).await?;
    check_signature(&api, &parts, &body)?;
    body::check_media_type(&parts.headers)?;
    let Delivery { events } = body::parse(&body)?;
    if events.len() > MAX_EVENTS {
        let message = format!("at most {MAX_EVENTS} events a request");
        return Err(Problem::field("/events", "too_many", message));
    }
    let mut verdicts = Vec::with_capacity(events.len());
    let mut failure = None;
    // One after the other: what a customer said first is heard first.
    for value in events {
        match api.take(value).await {
            Ok(verdict) => verdicts.push(verdict),
            // The others are taken all the same; the sender repeats the request, and what was taken is a duplicate.
            Err(problem) => failure = Some(problem),
        }
    }
    let count = |status: &str| verdicts.iter().filter(|verdict| verdict.status == status).count() as u64;
    telemetry::metric!(
        events_accepted = count("accepted"),
        events_duplicate = count("duplicate"),
        events_rejected = count("rejected")
    );
    failure.map_or(Ok(Answer::new(Report { events: verdicts })), Err)
}

fn check_signature(api: &Api, parts: &Parts, body: &[u8]) -> Result<(), Problem> {
    let header = |name| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let signed = signature::Signed {
        signature: header("x-stepwise-signature"),
        timestamp: header("x-stepwise-timestamp"),
        body,
    };
    signed.check(&api.ingest_secret, api.app.clock.now()).inspect_err(|_| {
        telemetry::metric!(ingest_refused = 1);
    })
}

impl Api {
    /// Deals with one event. An error is ours and passes: the event may come again.
    async fn take(&self, value: Value) -> Result<Verdict, Problem> {
        let id = value.get("id").and_then(Value::as_str).map(event::shortened);
        let rejected = |rejection| Verdict { id: id.clone(), status: "rejected", rejection: Some(rejection) };
        let (customer, signal) = match Incoming::read(value, self.app.clock.now()) {
            Ok(Incoming { customer, signal }) => (customer, signal),
            Err(rejection) => return Ok(rejected(rejection)),
        };
        // A customer of whom nothing is known yet gets a file: the message may have overtaken the callback.
        let status = match self.hand_in(&customer, signal).await? {
            app::Outcome::Committed | app::Outcome::Quiet => "accepted",
            app::Outcome::Repeated => "duplicate",
        };
        Ok(Verdict { id, status, rejection: None })
    }

    async fn hand_in(&self, customer: &CustomerId, signal: Signal) -> Result<app::Outcome, Problem> {
        Ok(Box::pin(self.app.handle(customer, signal)).await?.outcome)
    }
}
