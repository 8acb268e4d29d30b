//! Metric events as lines of CloudWatch's embedded metric format.

use std::fmt;
use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};
use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::Context;

use crate::host::Host;

const NAMESPACE: &str = "Stepwise";
/// Metrics that one line may carry; CloudWatch drops a line with more.
const MAX_METRICS: usize = 100;

/// A layer that writes one line for each event it is given.
pub(crate) struct Emf<W> {
    function: String,
    stage: String,
    now: fn() -> SystemTime,
    out: W,
}

impl<W> Emf<W> {
    pub(crate) fn new(host: &Host, out: W) -> Self {
        Emf { function: host.function.clone(), stage: host.stage.clone(), now: host.now, out }
    }

    /// The line of these fields; `None` when there is no number among them.
    fn line(&self, fields: Fields) -> Option<Value> {
        if fields.metrics.is_empty() {
            return None;
        }
        let since_epoch = (self.now)().duration_since(UNIX_EPOCH).unwrap_or_default();
        let metrics: Vec<_> =
            fields.metrics.iter().map(|name| json!({ "Name": name, "Unit": unit(name) })).collect();
        let mut line = fields.members;
        // Last, so that no field takes their place.
        line.insert("function".into(), self.function.as_str().into());
        line.insert("stage".into(), self.stage.as_str().into());
        line.insert(
            "_aws".into(),
            json!({
                "Timestamp": u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX),
                "CloudWatchMetrics": [
                    { "Namespace": NAMESPACE, "Dimensions": [["function", "stage"]], "Metrics": metrics }
                ],
            }),
        );
        Some(Value::Object(line))
    }
}

impl<S, W> Layer<S> for Emf<W>
where
    S: Subscriber,
    W: for<'a> MakeWriter<'a> + 'static,
{
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        if let Some(line) = self.line(fields) {
            // One write for line and end, so that lines of two threads never mix. A metric that cannot be written is
            // lost: there is nowhere to report it.
            let _ = self.out.make_writer().write_all(format!("{line}\n").as_bytes());
        }
    }
}

/// The unit that a name's ending declares.
fn unit(name: &str) -> &'static str {
    match name.rsplit_once('_').map(|(_, ending)| ending) {
        Some("ms") => "Milliseconds",
        Some("seconds") => "Seconds",
        Some("bytes") => "Bytes",
        Some("percent") => "Percent",
        _ => "Count",
    }
}

/// The fields of one event: all members of the line, and which of them are metrics.
#[derive(Default)]
struct Fields {
    members: Map<String, Value>,
    metrics: Vec<&'static str>,
}

impl Fields {
    fn metric(&mut self, field: &Field, value: impl Into<Value>) {
        let value = value.into();
        // NaN and the infinities have no JSON and become null.
        if value.is_number() && self.metrics.len() < MAX_METRICS {
            self.metrics.push(field.name());
            self.members.insert(field.name().to_owned(), value);
        }
    }

    fn property(&mut self, field: &Field, value: impl Into<Value>) {
        self.members.insert(field.name().to_owned(), value.into());
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.metric(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.metric(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.metric(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.property(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.property(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.property(field, format!("{value:?}"));
    }
}
