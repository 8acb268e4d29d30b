//! `stepwise`: the command line.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Parser, Subcommand, ValueEnum};
use domain::Timestamp;
use local::{ClockKind, Machine, Options, WeComKind, contents::Contents, doctor::Doctor};

/// Stepwise: every WeCom customer at their own pace.
#[derive(Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs the whole product on this machine.
    Serve(Serve),
    /// The launch checklist, against the configured WeCom: each finding with its mend. Ends with 1 if there is a
    /// problem, with 2 if the settings cannot be used.
    Doctor(Doctor),
    /// Writes the library of contents into a folder, or reads it from one.
    Contents(Contents),
    /// Prints the OpenAPI document of the HTTP interface.
    Openapi,
}

#[derive(clap::Args)]
struct Serve {
    /// Where to listen.
    #[arg(long, env = "STEPWISE_LISTEN", default_value = "127.0.0.1:8787")]
    listen: SocketAddr,
    /// Directory of the data, or `:memory:`.
    #[arg(long, env = "STEPWISE_DATA", default_value = "./data")]
    data: PathBuf,
    /// The simulated WeCom, or the one that `WECOM_…` settings name.
    #[arg(long, value_enum, default_value = "sim")]
    wecom: WeCom,
    /// The machine's clock, or one that is moved by `POST /sim/control/clock/advance`.
    #[arg(long, value_enum, default_value = "real")]
    clock: Clock,
    /// Where a manual clock stands at first (RFC 3339); default: now.
    #[arg(long)]
    start_at: Option<String>,
    /// Demonstration data on the first start.
    #[arg(long)]
    demo: bool,
    /// Serve no web console.
    #[arg(long)]
    no_web: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum WeCom {
    Sim,
    Real,
}

#[derive(Clone, Copy, ValueEnum)]
enum Clock {
    Real,
    Manual,
}

#[tokio::main]
async fn main() {
    let ended = match Cli::parse().command {
        Command::Serve(serve) => {
            telemetry::init();
            run(serve).await
        }
        // Its findings are all that it has to say.
        Command::Doctor(doctor) => match doctor.run().await {
            Ok(end) => std::process::exit(end.code()),
            Err(error) => Err(error),
        },
        Command::Contents(contents) => match contents.run().await {
            Ok(code) => std::process::exit(code),
            Err(error) => Err(error),
        },
        Command::Openapi => local::openapi::print(),
    };
    if let Err(error) = ended {
        // Whoever starts a program reads its last line.
        #[expect(clippy::print_stderr, reason = "the command line's own output")]
        {
            eprintln!("stepwise: {error:#}");
        }
        std::process::exit(1);
    }
}

async fn run(serve: Serve) -> anyhow::Result<()> {
    let options = Options {
        listen: serve.listen,
        data: (serve.data.as_os_str() != ":memory:").then_some(serve.data),
        wecom: match serve.wecom {
            WeCom::Sim => WeComKind::Sim,
            WeCom::Real => WeComKind::Real,
        },
        clock: match serve.clock {
            Clock::Real => ClockKind::Real,
            Clock::Manual => ClockKind::Manual(start(serve.start_at.as_deref())?),
        },
        demo: serve.demo,
        settings: std::collections::BTreeMap::new(),
    };
    // The web console is served once it exists; until then there is none to leave out.
    let _ = serve.no_web;
    let machine = Machine::start(&options).await?;
    match machine.sim {
        Some(_) => tracing::info!("Stepwise is ready: the simulated WeCom is at {}/sim/", machine.address),
        None => tracing::info!("Stepwise is ready: {}", machine.address),
    }
    machine.run().await
}

fn start(text: Option<&str>) -> anyhow::Result<Timestamp> {
    use app::Clock as _;
    match text {
        None => Ok(app::RealClock.now()),
        Some(text) => Timestamp::parse_rfc3339(text).ok_or_else(|| {
            anyhow::anyhow!("--start-at: {text:?} is no time; write e.g. 2026-03-02T09:00:00+08:00")
        }),
    }
}
