use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::*;

fn now() -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(1_795_395_600_123)
}

/// A host with these variables set.
fn host(variables: &[(&str, &str)]) -> Host {
    let get =
        |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    Host::from(get, now)
}

/// A Lambda function of the stage `dev` with one more variable.
fn lambda(name: &str, value: &str) -> Host {
    host(&[
        ("AWS_LAMBDA_FUNCTION_NAME", "stepwise-dev-engine"),
        ("STEPWISE_FUNCTION", "engine"),
        ("STEPWISE_STAGE", "dev"),
        (name, value),
    ])
}

/// The lines that `work` logs on `host`.
fn lines(host: &Host, work: impl FnOnce()) -> Vec<String> {
    let out = Out::default();
    tracing::subscriber::with_default(subscriber(host, out.clone()), work);
    let bytes = out.0.lock().unwrap();
    std::str::from_utf8(&bytes).unwrap().lines().map(str::to_owned).collect()
}

fn json_lines(host: &Host, work: impl FnOnce()) -> Vec<Value> {
    lines(host, work).iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_metric_is_one_emf_line_and_no_log_line() {
    let lines = json_lines(&lambda("", ""), || {
        metric!(sends_ok = 2, send_lag_ms = 532_u64, share_percent = 12.5, method = "task", exact = true);
    });
    assert_eq!(
        lines,
        [json!({
            "_aws": {
                "Timestamp": 1_795_395_600_123_u64,
                "CloudWatchMetrics": [{
                    "Namespace": "Stepwise",
                    "Dimensions": [["function", "stage"]],
                    "Metrics": [
                        { "Name": "sends_ok", "Unit": "Count" },
                        { "Name": "send_lag_ms", "Unit": "Milliseconds" },
                        { "Name": "share_percent", "Unit": "Percent" },
                    ],
                }],
            },
            "function": "engine", "stage": "dev",
            "sends_ok": 2, "send_lag_ms": 532, "share_percent": 12.5, "method": "task", "exact": true,
        })]
    );
}

#[test]
fn a_metric_written_with_tracing_itself_counts_at_every_log_level() {
    for level in ["ERROR", "FATAL", "off"] {
        let lines = json_lines(&lambda("AWS_LAMBDA_LOG_LEVEL", level), || {
            tracing::warn!(target: "metric", alarms_left_to_tick = 1_u64, reason = "quota");
            tracing::warn!("not shown");
        });
        assert_eq!(lines.len(), 1, "{level}");
        assert_eq!(lines[0]["alarms_left_to_tick"], 1);
        assert_eq!(lines[0]["reason"], "quota");
    }
}

#[test]
fn a_line_without_a_number_is_not_written_and_dimensions_cannot_be_forged() {
    let lines = json_lines(&lambda("", ""), || {
        metric!(reason = "none", share_percent = f64::NAN);
        metric!(sends_ok = 1, share_percent = f64::INFINITY, stage = "prod");
    });
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["stage"], "dev");
    assert_eq!(lines[0]["_aws"]["CloudWatchMetrics"][0]["Metrics"].as_array().unwrap().len(), 1);
}

#[test]
fn lambda_logs_are_json_with_the_spans_fields() {
    let lines = json_lines(&lambda("AWS_LAMBDA_LOG_LEVEL", "INFO"), || {
        let _invocation = tracing::info_span!("invocation", request_id = "r-1").entered();
        let _customer = tracing::info_span!("reaction", customer.id = "wm1").entered();
        tracing::info!(sop.id = "new-customer", "enrolled");
        tracing::debug!("not shown");
    });
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["level"], "INFO");
    assert_eq!(lines[0]["message"], "enrolled");
    assert_eq!(lines[0]["sop.id"], "new-customer");
    assert_eq!(lines[0]["spans"][0]["request_id"], "r-1");
    assert_eq!(lines[0]["spans"][1]["customer.id"], "wm1");
    assert!(lines[0]["timestamp"].is_string());
}

#[test]
fn libraries_stay_quiet_unless_they_are_named() {
    let body_of_the_sdk = || tracing::debug!(target: "aws_smithy_runtime::client", "body");
    assert_eq!(lines(&lambda("AWS_LAMBDA_LOG_LEVEL", "TRACE"), body_of_the_sdk).len(), 0);
    assert_eq!(lines(&lambda("RUST_LOG", "aws_smithy_runtime=debug"), body_of_the_sdk).len(), 1);
}

#[test]
fn elsewhere_it_is_text_and_metrics_are_shown_when_they_warn() {
    let work = || {
        tracing::info!(port = 8787, "listening");
        metric!(sends_ok = 1);
        tracing::warn!(target: "metric", alarms_left_to_tick = 1, reason = "quota");
    };
    let text = lines(&host(&[]), work);
    assert_eq!(text.len(), 2, "{text:?}");
    assert!(text[0].contains("listening"));
    assert!(text[1].contains("alarms_left_to_tick"));
    assert_eq!(lines(&host(&[("RUST_LOG", "info,metric=info")]), work).len(), 3);
}

#[test]
fn a_malformed_level_gives_way_to_the_default() {
    let odd = lambda("AWS_LAMBDA_LOG_LEVEL", "LOUD=LOUDER");
    assert_eq!(odd.malformed_filter.as_deref(), Some("LOUD=LOUDER"));
    assert_eq!(lines(&odd, || tracing::info!("shown")).len(), 1);
    let one_target = lambda("RUST_LOG", "store=debug");
    assert_eq!(lines(&one_target, || tracing::info!("shown")).len(), 1);
    let empty = lambda("AWS_LAMBDA_LOG_LEVEL", "");
    assert_eq!(empty.malformed_filter, None);
    assert_eq!(lines(&empty, || tracing::info!("shown")).len(), 1);
}

#[test]
fn lambdas_level_goes_before_rust_log() {
    let both =
        host(&[("AWS_LAMBDA_FUNCTION_NAME", "f"), ("AWS_LAMBDA_LOG_LEVEL", "WARN"), ("RUST_LOG", "trace")]);
    assert_eq!(lines(&both, || tracing::info!("not shown")).len(), 0);
    assert_eq!((both.function.as_str(), both.stage.as_str()), ("f", "local"));
}

#[test]
fn a_second_start_in_one_process_is_harmless() {
    init();
    init();
}

/// An output that is kept in memory.
#[derive(Clone, Default)]
struct Out(Arc<Mutex<Vec<u8>>>);

impl io::Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Out {
    type Writer = Out;

    fn make_writer(&self) -> Out {
        self.clone()
    }
}
