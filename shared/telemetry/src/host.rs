//! Where the process runs, read once from the environment.

use std::time::SystemTime;

use tracing_subscriber::filter::Targets;

/// What holds where the environment's filter says nothing else. Libraries under us (each target stands for all that begin
/// with it) stay at `warn` unless they are named: at `debug` the SDKs and the HTTP client print requests and answers
/// whole, customers' data included.
const DEFAULT: &str = "info,aws=warn,h2=warn,hyper=warn,lambda=warn,reqwest=warn,rustls=warn,tower=warn";

/// What the subscriber depends on.
pub(crate) struct Host {
    pub(crate) is_lambda: bool,
    pub(crate) filter: Targets,
    /// What was asked for, if it could not be read.
    pub(crate) malformed_filter: Option<String>,
    /// The role of the function (`callback`, `engine`…), a dimension.
    pub(crate) function: String,
    /// The deployment (`dev`, `prod`…), a dimension.
    pub(crate) stage: String,
    /// Wall time for the metric lines, which CloudWatch files by it; business time never comes from here.
    pub(crate) now: fn() -> SystemTime,
}

impl Host {
    #[expect(
        clippy::disallowed_methods,
        reason = "the subscriber is installed before app::config exists, so that its findings are logged; and log time is the machine's"
    )]
    pub(crate) fn from_env() -> Self {
        Host::from(|name| std::env::var(name).ok(), SystemTime::now)
    }

    /// The host as these variables describe it; empty ones count as absent.
    pub(crate) fn from(var: impl Fn(&str) -> Option<String>, now: fn() -> SystemTime) -> Self {
        let var = |name: &str| var(name).filter(|value| !value.is_empty());
        let lambda = var("AWS_LAMBDA_FUNCTION_NAME");
        let wanted = var("AWS_LAMBDA_LOG_LEVEL").or_else(|| var("RUST_LOG"));
        let parsed = wanted.as_deref().and_then(parse_filter);
        Host {
            is_lambda: lambda.is_some(),
            malformed_filter: wanted.filter(|_| parsed.is_none()),
            filter: parsed.or_else(|| DEFAULT.parse().ok()).unwrap_or_default(),
            function: var("STEPWISE_FUNCTION").or(lambda).unwrap_or_else(|| "local".to_owned()),
            stage: var("STEPWISE_STAGE").unwrap_or_else(|| "local".to_owned()),
            now,
        }
    }
}

/// Reads a level or `target=level` pairs, on top of [`DEFAULT`]. Lambda knows a level more than `tracing`.
fn parse_filter(text: &str) -> Option<Targets> {
    let text = if text.eq_ignore_ascii_case("fatal") { "error" } else { text };
    format!("{DEFAULT},{text}").parse().ok()
}
