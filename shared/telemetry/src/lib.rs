//! Logs and metrics: [`init`] installs the one `tracing` subscriber of a process.
//!
//! * On Lambda, events are JSON lines on stdout, metrics are EMF lines beside them (CloudWatch turns those into figures).
//! * Elsewhere, events are compact text on stderr, so that a command's own output stays clean.
//!
//! A **metric** is an event with the target `metric`: every numeric field is one, under the field's name, with its unit
//! taken from the name's ending (`_ms`, `_seconds`, `_bytes`, `_percent`; anything else is a count). Other fields become
//! searchable properties of the line, never dimensions: dimensions are `function` and `stage` only, because each
//! distinct set of them is billed as a metric of its own. [`metric!`] writes such an event; a crate that does not depend
//! on this one may write it with `tracing` itself.
//!
//! ```
//! telemetry::metric!(sends_ok = 1, send_lag_ms = 532);
//! tracing::warn!(target: "metric", alarms_left_to_tick = 1, reason = "quota");
//! ```
//!
//! Not here: what may be logged (ids yes; message text, names, phones and secrets never: that is up to whoever writes
//! the event), exporters, sampling, a registry of metrics.

mod emf;
mod host;

use tracing_subscriber::Layer;
use tracing_subscriber::filter::{Targets, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Layered, SubscriberExt};
use tracing_subscriber::registry::Registry;
use tracing_subscriber::util::SubscriberInitExt;

use crate::host::Host;

/// The target that makes an event a metric.
pub const METRIC: &str = "metric";

/// For [`metric!`] only.
#[doc(hidden)]
pub use tracing as __tracing;

/// Records metrics, `metric!(name = number, …)`: those of one call share a line and its string properties.
///
/// Integers and floats count (no duration, no size types: put the unit into the name). The level is `info`, which says
/// nothing: metrics are recorded whatever the log level.
#[macro_export]
macro_rules! metric {
    ($($fields:tt)+) => {
        $crate::__tracing::info!(target: $crate::METRIC, $($fields)+)
    };
}

/// Installs the subscriber, as the environment asks for, and counts the start of a Lambda environment (`cold_start`).
///
/// Read are: `AWS_LAMBDA_FUNCTION_NAME` (its presence means Lambda), `AWS_LAMBDA_LOG_LEVEL` before `RUST_LOG` (a level
/// or `target=level` pairs, default `info`; a malformed one is reported and replaced by the default),
/// `STEPWISE_FUNCTION` and `STEPWISE_STAGE` (the dimensions). Where a subscriber is installed already, it stays.
pub fn init() {
    let host = Host::from_env();
    let installed = if host.is_lambda {
        subscriber(&host, std::io::stdout).try_init()
    } else {
        subscriber(&host, std::io::stderr).try_init()
    };
    if installed.is_err() {
        return;
    }
    if let Some(filter) = &host.malformed_filter {
        tracing::warn!(filter, "the log level is malformed, using the default");
    }
    if host.is_lambda {
        metric!(cold_start = 1);
    }
}

type Layers = Vec<Box<dyn Layer<Registry> + Send + Sync>>;

/// The layers for a host, all writing to `out`.
fn subscriber<W>(host: &Host, out: W) -> Layered<Layers, Registry>
where
    W: for<'a> MakeWriter<'a> + Clone + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer().with_writer(out.clone());
    let layers: Layers = if host.is_lambda {
        // Spans as a list and not the innermost only: the outer ones carry the request's id.
        let lines = lines.json().flatten_event(true).with_current_span(false).with_ansi(false);
        let metrics = emf::Emf::new(host, out);
        vec![
            lines
                .with_filter(host.filter.clone())
                .with_filter(filter_fn(|meta| meta.target() != METRIC))
                .boxed(),
            metrics.with_filter(filter_fn(|meta| meta.target() == METRIC)).boxed(),
        ]
    } else {
        // Counting is noise on a terminal; what a metric warns of is not.
        vec![lines.compact().with_filter(quiet_metrics(&host.filter)).boxed()]
    };
    tracing_subscriber::registry().with(layers)
}

/// The filter with metrics from `warn` upwards, unless it names them itself.
fn quiet_metrics(filter: &Targets) -> Targets {
    if filter.iter().any(|(target, _)| target == METRIC) {
        return filter.clone();
    }
    filter.clone().with_target(METRIC, tracing::level_filters::LevelFilter::WARN)
}

#[cfg(test)]
mod tests;
