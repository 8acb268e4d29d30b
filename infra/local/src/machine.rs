//! Putting the machine together, and taking it apart again.

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use anyhow::Context as _;
use api::SignIn;
use app::{
    App, Clock, Entropy as _, Parts, RealClock, SystemEntropy,
    config::{Config, Secret, Source as _},
    net::Net,
    wiring::{DynamoAccess, dynamo},
};
use axum::Router;
use cloud::blob::local::Local;
use domain::Timestamp;
use store::Store;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
    task::JoinSet,
};
use wecom_sim::Sim;

use crate::{
    Defaults, ManualClock,
    bus::{InProcess, Traffic},
    clocks::OneTime,
    demo,
    directory::DataDirectory,
    embedded::Embedded,
    gateway,
    hooks::RunnerHooks,
    pump::{Drive, Pump},
    transport::{FromSim, ToSim},
};

/// Which WeCom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WeComKind {
    /// The simulated one, in this process.
    Sim,
    /// The one that `WECOM_API_BASE` names.
    Real,
}

/// Which clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClockKind {
    /// The machine's.
    Real,
    /// One that stands at this instant until it is moved.
    Manual(Timestamp),
}

/// How to start.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Directory of the data; `None`: in memory.
    pub data: Option<PathBuf>,
    /// Which WeCom.
    pub wecom: WeComKind,
    /// Which clock.
    pub clock: ClockKind,
    /// Demonstration data on the first start.
    pub demo: bool,
    /// Settings that go before the environment.
    pub settings: BTreeMap<String, String>,
}

/// A running machine; it stops when dropped.
pub struct Machine {
    /// `http://127.0.0.1:8787`
    pub address: String,
    /// The product, for tests that look inside.
    pub app: Arc<App>,
    /// The simulator, if there is one.
    pub sim: Option<Sim>,
    pump: Arc<Pump>,
    sim_state: Option<PathBuf>,
    tasks: JoinSet<()>,
    /// Dealing with what a crash left.
    drain: JoinSet<()>,
    /// Given up last, when nothing of this machine works on the data any more.
    _directory: Option<DataDirectory>,
}

impl Machine {
    /// Starts the whole product. It answers requests when this returns.
    pub async fn start(options: &Options) -> anyhow::Result<Self> {
        let listener = TcpListener::bind(options.listen).await.with_context(|| {
            format!(
                "--listen (STEPWISE_LISTEN): name another address, {} cannot be listened on",
                options.listen
            )
        })?;
        let address = format!("http://{}", listener.local_addr()?);
        let is_sim = options.wecom == WeComKind::Sim;
        let settings = Defaults::new(is_sim, &address, &options.settings);
        let config = Config::read(&settings)?;

        let directory = options.data.as_deref().map(DataDirectory::claim).transpose()?;
        let engine = match &directory {
            Some(directory) => Embedded::open(directory)?,
            None => Embedded::memory()?,
        };
        let store = Store::new(dynamo(engine.clone(), &DynamoAccess::embedded()), config.tables.clone());
        store.create_tables().await.context("the store could not be prepared")?;

        let (clock, drive): (Arc<dyn Clock>, Drive) = match options.clock {
            ClockKind::Real => (Arc::new(RealClock), Drive::Real),
            ClockKind::Manual(at) => {
                let clock = Arc::new(ManualClock::at(at));
                (Arc::clone(&clock) as Arc<dyn Clock>, Drive::Manual(clock))
            }
        };
        let net = Net::new();
        let traffic = Traffic::new();
        let blobs = Arc::new(blobs(directory.as_ref())?);
        let sim = is_sim.then(|| simulator(&config, &settings, &address, Arc::clone(&clock), &net));
        let sim_state =
            directory.as_ref().filter(|_| is_sim).map(|directory| directory.path().join("sim.json"));
        if let (Some(sim), Some(path)) = (&sim, &sim_state)
            && let Ok(saved) = std::fs::read(path)
        {
            let saved =
                serde_json::from_slice(&saved).context("sim.json is damaged; remove the data directory")?;
            sim.restore(saved).map_err(|error| anyhow::anyhow!("sim.json cannot be read: {error}"))?;
        }

        let to_wecom: Arc<dyn wecom::Transport> = match &config.proxy {
            _ if is_sim => Arc::new(ToSim(net.clone())),
            Some(proxy) => Arc::new(Net::through(proxy)?),
            None => Arc::new(net.clone()),
        };
        let app = Arc::new(App::new(Parts {
            store,
            wecom: wecom::Client::new(&config.api_base, to_wecom),
            corp: config.wecom.clone(),
            clock,
            entropy: Arc::new(SystemEntropy),
            alarm: Arc::new(InProcess(Arc::clone(&traffic))),
            bus: Arc::new(InProcess(Arc::clone(&traffic))),
            blob: Arc::clone(&blobs) as _,
        }));
        app.first_settings(config.timezone).await?;
        app.first_staff_sync().await?;

        let sign_in = SignIn { base: is_sim.then(|| config.api_base.clone()), dev: is_sim };
        let product = callback::router(Arc::clone(&app), config.callback.clone());
        let product = product.merge(api(&app, &config, &sign_in, &blobs, None));
        let router = gateway::router(product, sim.as_ref(), Arc::clone(&traffic));
        let pump = Pump {
            app: Arc::clone(&app),
            sim: sim.clone(),
            traffic,
            drive,
            engine,
            blobs: Arc::clone(&blobs),
        };
        let pump = Arc::new(pump);
        if let Some(sim) = &sim {
            let token = Secret::new(random_token(&app));
            let api = api(&app, &config, &sign_in, &blobs, Some(token.clone()));
            sim.set_hooks(Arc::new(RunnerHooks { pump: Arc::clone(&pump), api, token }));
        }
        let tasks = spawn(listener, router, &pump);
        let drain = JoinSet::new();
        let mut machine = Self { address, app, sim, pump, sim_state, tasks, drain, _directory: directory };
        // What a crash left unfinished comes first, but a slow WeCom must not keep the door shut.
        let left = Arc::clone(&machine.pump);
        let drained = async move {
            if let Err(open) = left.settle().await {
                tracing::warn!(open, "something was left unfinished; the minute tick goes on with it");
            }
        };
        match machine.pump.drive {
            Drive::Manual(_) => drained.await,
            Drive::Real => drop(machine.drain.spawn(drained)),
        }
        if options.demo {
            demo::seed(&machine).await?;
        }
        machine.save_sim(0)?;
        Ok(machine)
    }

    /// The store's engine, for tests that look at what is kept.
    #[must_use]
    pub fn engine(&self) -> &Embedded {
        &self.pump.engine
    }

    /// Waits until nothing is under way or due.
    pub async fn settle(&self) -> Result<(), String> {
        self.pump.settle().await
    }

    /// Runs until Ctrl-C or a request to end, keeping the simulator's state on disk.
    pub async fn run(mut self) -> anyhow::Result<()> {
        let mut saved = 0;
        let mut end = signal(SignalKind::terminate())?;
        loop {
            #[expect(clippy::disallowed_methods, reason = "paces the saving of the simulator's state")]
            let pace = tokio::time::sleep(Duration::from_millis(500));
            tokio::select! {
                biased;
                stop = tokio::signal::ctrl_c() => {
                    stop?;
                    break;
                }
                _ = end.recv() => break,
                Some(ended) = self.tasks.join_next() => {
                    ended?;
                    anyhow::bail!("a part of the machine stopped");
                }
                () = pace => saved = self.save_sim(saved)?,
            }
        }
        self.save_sim(saved)?;
        Ok(())
    }

    fn save_sim(&self, saved: u64) -> anyhow::Result<u64> {
        let (Some(sim), Some(path)) = (&self.sim, &self.sim_state) else { return Ok(saved) };
        let revision = sim.revision();
        if revision != saved {
            let fresh = path.with_extension("json.new");
            std::fs::write(&fresh, serde_json::to_vec(&sim.snapshot())?)?;
            std::fs::rename(&fresh, path)?;
        }
        Ok(revision)
    }
}

fn simulator(config: &Config, given: &Defaults, address: &str, clock: Arc<dyn Clock>, net: &Net) -> Sim {
    let wecom = &config.wecom;
    let token = |name: &str| given.get(name).unwrap_or_default();
    let settings = wecom_sim::Config {
        corp_id: wecom.corp_id.clone(),
        agent_id: u64::try_from(wecom.agent_id).unwrap_or_default(),
        secret: wecom.secret.expose().to_owned(),
        callback_token: token("WECOM_CALLBACK_TOKEN"),
        callback_aes_key: token("WECOM_CALLBACK_AES_KEY"),
        callback_url: format!("{address}{}", callback::PATH),
        ingest_url: format!("{address}/ingest/v1/events"),
        ingest_secret: config.ingest_secret.expose().to_owned(),
        seed: 1,
    };
    Sim::new(settings, Arc::new(OneTime(clock)), Arc::new(FromSim(net.clone())))
}

/// Originals, beside the store. Tickets that an earlier process gave are over with it.
fn blobs(directory: Option<&DataDirectory>) -> anyhow::Result<Local> {
    let [a, b] = [SystemEntropy.bytes16(), SystemEntropy.bytes16()];
    let mut secret = [0; 32];
    secret[..16].copy_from_slice(&a);
    secret[16..].copy_from_slice(&b);
    match directory {
        None => Ok(Local::memory(secret)),
        Some(directory) => Local::open(&directory.path().join("blobs"), secret)
            .context("the directory of uploaded files could not be opened"),
    }
}

fn api(
    app: &Arc<App>,
    config: &Config,
    sign_in: &SignIn,
    blobs: &Arc<Local>,
    token: Option<Secret>,
) -> Router {
    let access = api::Access {
        sign_in: sign_in.clone(),
        trusted_proxies: config.trusted_proxies.clone(),
        admin_token: token.or_else(|| config.admin_token.clone()),
        ingest_secret: config.ingest_secret.clone(),
        blobs: Some(Arc::clone(blobs)),
    };
    api::router(Arc::clone(app), access)
}

fn random_token(app: &App) -> String {
    app.entropy.bytes16().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn spawn(listener: TcpListener, router: Router, pump: &Arc<Pump>) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        if let Err(error) =
            axum::serve(listener, router.into_make_service_with_connect_info::<SocketAddr>()).await
        {
            tracing::error!(%error, "the listener stopped");
        }
    });
    tasks.spawn(Arc::clone(pump).work());
    if matches!(pump.drive, Drive::Real) {
        tasks.spawn(Arc::clone(pump).keep_time());
    }
    tasks
}
