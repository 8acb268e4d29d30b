//! A world from one seed: the real domain, app, store and WeCom code over injected transports, on one thread, without
//! sockets and without real time. Everything that may go wrong does; afterwards the invariants of the design hold.

mod check;
mod costs;
mod deeds;
mod dense;
mod instances;
mod library;
mod pictures;
mod ports;
mod script;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use app::{
    App, Parts,
    config::{Secret, WeCom},
    wiring::{DynamoAccess, dynamo},
};
use aws_sdk_dynamodb::Client;
use axum::Router;
use cloud::{alarm::Woken, blob::local::Local};
use domain::{CustomerId, Happening, Timestamp};
use local::{ManualClock, embedded::Embedded};
use store::{JobId, Store, TableNames};
use wecom::crypto::CallbackKeys;
use wecom_sim::Sim;

use crate::{Chance, Meter, Rates, Rude, Trace, Trouble, at};
pub use costs::Costs;
use instances::{Instances, Invocation};
use ports::{Doors, HeldAlarms, HeldBus, ToSim};

const CORP: &str = "ww5f0e1d2c3b4a5968";
const TOKEN: &str = "SimulatedCallbackToken";
const KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
const SECRET: &str = "simulated-secret-of-the-app";

/// What goes wrong in a simulation.
#[derive(Clone, Copy, Debug)]
pub struct Faults {
    /// In the store, and deaths of the process.
    pub store: Rates,
    /// Deaths around calls to WeCom, and time-outs before and after their effect, per mille.
    pub wecom: u64,
    /// Callbacks duplicated, delayed, reordered, lost, per mille each.
    pub callbacks: u64,
    /// Alarms duplicated, late, lost, per mille each; messages of the bus lost.
    pub alarms: u64,
    /// Not per mille: so many function instances work at the same time.
    pub instances: u64,
    /// Not per mille: WeCom's clock is ahead or behind by up to so many milliseconds.
    pub skew_ms: u64,
}

impl Faults {
    /// Nothing goes wrong, and one thing happens after the other.
    pub const NONE: Self = Self {
        store: Rates {
            crash_before: 0,
            crash_after: 0,
            conflict: 0,
            throttle: 0,
            lost_answer: 0,
            short_page: 0,
            unprocessed: 0,
            stall: 0,
            turns: 0,
        },
        wecom: 0,
        callbacks: 0,
        alarms: 0,
        instances: 1,
        skew_ms: 0,
    };

    /// Everything does, far more often than in life.
    pub const ALL: Self = Self {
        store: Rates {
            crash_before: 4,
            crash_after: 4,
            conflict: 20,
            throttle: 10,
            lost_answer: 10,
            short_page: 50,
            unprocessed: 20,
            stall: 2,
            turns: 4,
        },
        wecom: 30,
        callbacks: 50,
        alarms: 50,
        instances: 4,
        skew_ms: 1500,
    };

    /// Callbacks, calls and alarms go wrong, and several instances get in each other's way; the store merely loses
    /// answers and meets other writers.
    pub const DENSE: Self = Self {
        store: Rates { conflict: 10, lost_answer: 5, crash_after: 2, turns: 4, ..Self::NONE.store },
        wecom: 20,
        callbacks: 80,
        alarms: 50,
        instances: 3,
        skew_ms: 1500,
    };

    /// Nothing goes wrong, but several instances get in each other's way.
    pub const CROWD: Self =
        Self { store: Rates { turns: 4, ..Self::NONE.store }, instances: 4, ..Self::NONE };
}

/// A simulated world.
pub struct Simulation {
    chance: Arc<Chance>,
    trace: Arc<Trace>,
    meter: Arc<Meter>,
    trouble: Arc<Trouble>,
    clock: Arc<ManualClock>,
    engine: Embedded,
    client: Client,
    instances: Instances,
    sim: Sim,
    router: Router,
    skew_ms: i64,
    doors: Arc<Doors>,
    alarms: Arc<HeldAlarms>,
    bus: Arc<HeldBus>,
    queue: VecDeque<Invocation>,
    /// Jobs that may be taken back.
    jobs: Mutex<Vec<JobId>>,
    deaths: u64,
    faults: Faults,
    /// Staff send contents by themselves, and customers open them.
    shares: bool,
}

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Hash of everything asked of store and WeCom, in order.
    pub trace: String,
    /// Lines hashed.
    pub calls: u64,
    /// Times that the process died.
    pub deaths: u64,
    /// Times that any trouble struck.
    pub strikes: u64,
    /// Times that a commit lost a race against another instance's.
    pub races: u64,
    /// Due touches that got their outcome.
    pub touches: u64,
    /// Welcomes that reached customers.
    pub welcomes: u64,
    /// Cards that reminded staff.
    pub reminders: u64,
}

impl Simulation {
    /// A world with its people and playbook; nothing has gone wrong yet.
    pub async fn new(seed: u64, faults: Faults) -> Self {
        let mut simulation = Self::empty(seed, faults).await;
        script::prepare(&mut simulation, &[script::friends(), script::price()]).await;
        simulation
    }

    /// One that greets with a content: a picture that WeCom forgets every three days.
    pub async fn with_pictures(seed: u64, faults: Faults) -> Self {
        let mut simulation = Self::empty(seed, faults).await;
        pictures::publish(&simulation).await;
        script::prepare(&mut simulation, &[pictures::friends(), script::price()]).await;
        simulation
    }

    /// One whose SOPs send contents, some of them several times, as do staff of their own choice.
    pub async fn with_library(seed: u64, faults: Faults) -> Self {
        let mut simulation = Self::empty(seed, faults).await;
        library::publish(&simulation).await;
        script::prepare(&mut simulation, &library::sops()).await;
        simulation.shares = true;
        simulation
    }

    /// One whose only SOP follows from a stage, with nothing to do on the first day.
    pub async fn small(seed: u64, faults: Faults) -> Self {
        let mut simulation = Self::empty(seed, faults).await;
        script::prepare(&mut simulation, &[script::later()]).await;
        simulation
    }

    async fn empty(seed: u64, faults: Faults) -> Self {
        let chance = Arc::new(Chance::from_seed(seed));
        let trace = Arc::new(Trace::default());
        let meter = Arc::new(Meter::default());
        let clock = Arc::new(ManualClock::at(at("2026-03-02 09:00")));
        let trouble = Trouble::new(faults.store, Arc::clone(&chance), Arc::clone(&clock));
        trouble.pause(true);
        let engine = Embedded::memory().expect("a database in memory").inline();
        let rude = Rude {
            engine: engine.clone(),
            trouble: Arc::clone(&trouble),
            trace: Arc::clone(&trace),
            meter: Arc::clone(&meter),
        };
        let client = dynamo(rude, &DynamoAccess::embedded());
        let corp = WeCom {
            corp_id: CORP.into(),
            agent_id: 1_000_002,
            secret: Secret::new(SECRET),
            public_url: "http://stepwise.invalid".into(),
        };
        let keys = CallbackKeys::parse(TOKEN, KEY, CORP).expect("keys");
        let doors = Arc::new(Doors::new(keys, Arc::clone(&trouble)));
        let settings = wecom_sim::Config {
            corp_id: CORP.into(),
            agent_id: 1_000_002,
            secret: SECRET.into(),
            callback_token: TOKEN.into(),
            callback_aes_key: KEY.into(),
            callback_url: "http://stepwise.invalid/wecom/callback".into(),
            ingest_url: "http://stepwise.invalid/ingest/v1/events".into(),
            ingest_secret: "unused".into(),
            seed,
        };
        let outbound: Arc<dyn wecom_sim::Outbound> = Arc::clone(&doors) as _;
        let skew_ms = i64::try_from(chance.below(2 * faults.skew_ms + 1)).unwrap_or(0);
        let skew_ms = skew_ms - i64::try_from(faults.skew_ms).unwrap_or(0);
        let time = ports::SimTime { clock: Arc::clone(&clock), skew_ms };
        let sim = Sim::new(settings, Arc::new(time), outbound);
        let alarms = Arc::new(HeldAlarms::new(faults.alarms, Arc::clone(&chance)));
        let bus = Arc::new(HeldBus::default());
        let parts = {
            let (client, router, corp) = (client.clone(), sim.router(), corp);
            let (trouble, trace, chance) = (Arc::clone(&trouble), Arc::clone(&trace), Arc::clone(&chance));
            let (clock, alarms, bus) = (Arc::clone(&clock), Arc::clone(&alarms), Arc::clone(&bus));
            let blob = Arc::new(Local::memory([0; 32]));
            move || Parts {
                store: Store::new(client.clone(), TableNames::default()),
                wecom: wecom::Client::new(
                    "http://stepwise.invalid/sim",
                    Arc::new(ToSim {
                        router: router.clone(),
                        trouble: Arc::clone(&trouble),
                        trace: Arc::clone(&trace),
                        chance: Arc::clone(&chance),
                        per_mille: faults.wecom,
                    }),
                ),
                corp: corp.clone(),
                clock: Arc::new(ports::Patient(Arc::clone(&clock))),
                entropy: Arc::clone(&chance) as _,
                alarm: Arc::clone(&alarms) as _,
                bus: Arc::clone(&bus) as _,
                blob: Arc::clone(&blob) as _,
            }
        };
        let instances = Instances::new(faults.instances, Box::new(parts), Arc::clone(&doors));
        instances.first().store.create_tables().await.expect("tables");
        Self {
            chance,
            trace,
            meter,
            trouble,
            clock,
            engine,
            client,
            instances,
            router: sim.router(),
            sim,
            skew_ms,
            doors,
            alarms,
            bus,
            queue: VecDeque::new(),
            jobs: Mutex::default(),
            deaths: 0,
            faults,
            shares: false,
        }
    }

    /// Lives through `days` of trouble, then heals, and checks the invariants.
    pub async fn run(&mut self, customers: u64, days: i64) -> Result<Summary, String> {
        self.trouble.pause(false);
        let end = self.now().plus_days(days);
        let mut plan = script::plan(self, customers, end);
        if self.shares {
            plan.extend(library::plan(self, customers, end));
            plan.sort_by_key(|(at, _)| *at);
        }
        for (when, deed) in plan {
            self.live_until(when).await;
            script::play(self, deed).await;
        }
        self.live_until(end).await;
        // Faults stop; lost callbacks are healed by asking WeCom; ten minutes later everything is at rest.
        self.trouble.pause(true);
        self.alarms.calm();
        script::heal(self, customers).await;
        self.live_until(end.plus_mins(30)).await;
        check::all(self, customers).await
    }

    fn now(&self) -> Timestamp {
        app::Clock::now(&*self.clock)
    }

    /// Lets everything happen that falls due until `until`.
    async fn live_until(&mut self, until: Timestamp) {
        loop {
            self.drain().await;
            let Some(next) = self.next_event().filter(|next| *next <= until) else { break };
            self.clock.set(next);
            self.happen().await;
        }
        self.clock.set(until);
        self.drain().await;
    }

    /// When the next thing happens: a callback arrives, an alarm rings, the minute ticks over something overdue.
    fn next_event(&self) -> Option<Timestamp> {
        let overdue = ports::next_due(&self.engine);
        // The tick comes with the full minute after.
        let tick = overdue.map(|at| {
            let minute = at.max(self.now()).ms().div_euclid(60_000) + 1;
            Timestamp::from_ms(minute * 60_000)
        });
        let callback = self.sim.next_event_at().map(|at| Timestamp::from_ms(at - self.skew_ms));
        [tick, callback, self.alarms.next()].into_iter().flatten().min()
    }

    async fn happen(&mut self) {
        let now = self.now();
        let sim = self.sim.clone();
        sim.run_due().await;
        for wake in self.alarms.due(now) {
            let woken = Woken { customer: wake.customer, generation: wake.generation };
            self.queue.push_back(Invocation::Woken(woken));
        }
        if now.ms().rem_euclid(60_000) == 0 {
            self.queue.push_back(Invocation::Tick);
        }
        self.drain().await;
    }

    fn app(&self) -> &Arc<App> {
        self.instances.first()
    }

    fn signal(&mut self, customer: &CustomerId, signal: domain::Signal) {
        self.queue.push_back(Invocation::Signal(customer.clone(), Box::new(signal)));
    }

    /// A signal of the simulated API: people press the button again when they get no answer.
    async fn insist(&mut self, customer: &CustomerId, what: Happening, by: domain::Actor) {
        let id = format!("act-{:016x}", self.chance.next());
        for _ in 0..4 {
            let signal =
                domain::Signal { id: id.as_str().into(), at: self.now(), by: by.clone(), what: what.clone() };
            self.signal(customer, signal);
        }
        self.drain().await;
    }
}
