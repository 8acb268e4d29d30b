//! `stepwise doctor`: the launch checklist on the command line.
//!
//! It calls WeCom with the settings that `serve --wecom real` takes, over a store in memory: a token or refusal kept by
//! the running product would hide what is to be tried, and the product's own store is only read.

mod print;
mod source;

use std::{collections::BTreeMap, io::IsTerminal as _, net::SocketAddr, path::PathBuf, sync::Arc};

use anyhow::Context as _;
use app::{
    App, Parts, RealClock, SystemEntropy,
    config::{BadSetting, Config},
    doctor::{Case, Finding, Verdict, unusable},
    net::Net,
    wiring::{DynamoAccess, dynamo},
};
use store::Store;
use wecom::Transport;

use crate::{
    Defaults,
    bus::{InProcess, Traffic},
    embedded::Embedded,
};
use print::Style;
use source::Source;

/// Flags of `stepwise doctor`. The rest is the environment that `stepwise serve --wecom real` takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Doctor {
    /// Chinese or English.
    #[arg(long, value_enum, default_value = "zh")]
    pub lang: Lang,
    /// Prints one JSON object, `{"findings": […]}`, each finding in both languages.
    #[arg(long)]
    pub json: bool,
    /// Directory of the data, for boards and staff; it is only read.
    #[arg(long, env = "STEPWISE_DATA", default_value = "./data")]
    pub data: PathBuf,
    /// Where `stepwise serve` listens on this machine: asked for boards and staff while it holds the directory.
    #[arg(long, env = "STEPWISE_LISTEN", default_value = "127.0.0.1:8787")]
    pub listen: SocketAddr,
}

/// A language of the findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Lang {
    /// Chinese.
    Zh,
    /// English.
    En,
}

/// How it ends: 0 without a problem, 1 with one, 2 when the settings cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Nothing that has to be mended.
    Sound,
    /// At least one problem.
    Problem,
    /// Nothing could be examined.
    NoSettings,
}

impl End {
    /// The process's exit code.
    #[must_use]
    pub const fn code(self) -> i32 {
        match self {
            Self::Sound => 0,
            Self::Problem => 1,
            Self::NoSettings => 2,
        }
    }
}

impl Doctor {
    /// Examines, prints on stdout, and says how it ended.
    ///
    /// # Errors
    /// What has nothing to do with the settings: no database in memory, no stdout.
    pub async fn run(&self) -> anyhow::Result<End> {
        let settings = Defaults::new(false, &format!("http://{}", self.listen), &BTreeMap::new());
        let (findings, end) = match read(&settings) {
            Ok((config, to_wecom)) => {
                let findings = self.examine(&config, to_wecom).await?;
                let sound = findings.iter().all(|finding| finding.verdict != Verdict::Problem);
                (findings, if sound { End::Sound } else { End::Problem })
            }
            Err(bad) => (vec![unusable(&bad)], End::NoSettings),
        };
        let stdout = std::io::stdout();
        let style = Style { lang: self.lang, colour: stdout.is_terminal() };
        let text = if self.json { print::json(&findings)? } else { print::text(&findings, style) };
        std::io::Write::write_all(&mut stdout.lock(), text.as_bytes())?;
        Ok(end)
    }

    async fn examine(&self, config: &Config, to_wecom: Arc<dyn Transport>) -> anyhow::Result<Vec<Finding>> {
        let net = Net::new();
        let source = Source { data: &self.data, listen: self.listen, config, net: &net };
        let (plan, past) = source.read().await;
        let case = Case {
            api_base: config.api_base.clone(),
            callback_url: format!("{}{}", config.wecom.public_url, callback::PATH),
            callback: config.callback.clone(),
            plan,
            past,
            net,
        };
        let app = app(config, to_wecom).await?;
        Ok(Box::pin(app.examine(&case)).await)
    }
}

fn read(settings: &Defaults) -> Result<(Config, Arc<dyn Transport>), BadSetting> {
    let config = Config::read(settings)?;
    let to_wecom = config.proxy.as_ref().map_or_else(|| Ok(Net::new()), Net::through)?;
    Ok((config, Arc::new(to_wecom)))
}

/// An app that remembers nothing beyond this run.
async fn app(config: &Config, to_wecom: Arc<dyn Transport>) -> anyhow::Result<App> {
    let store = Store::new(dynamo(Embedded::memory()?, &DynamoAccess::embedded()), config.tables.clone());
    store.create_tables().await.context("the store in memory could not be prepared")?;
    let traffic = Traffic::new();
    Ok(App::new(Parts {
        store,
        wecom: wecom::Client::new(&config.api_base, to_wecom),
        corp: config.wecom.clone(),
        clock: Arc::new(RealClock),
        entropy: Arc::new(SystemEntropy),
        alarm: Arc::new(InProcess(Arc::clone(&traffic))),
        bus: Arc::new(InProcess(traffic)),
        blob: Arc::new(cloud::blob::local::Local::memory([0; 32])),
    }))
}
