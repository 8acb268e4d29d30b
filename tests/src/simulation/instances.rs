//! The function instances of a simulated world: several of them work at the same time, each with a memory of its own.

use std::sync::Arc;

use app::{App, Author, NewJob, Parts};
use cloud::{alarm::Woken, bus::Message};
use domain::{CustomerId, Signal};
use futures::{
    future::{BoxFuture, join_all},
    stream::{FuturesUnordered, StreamExt as _},
};
use serde_json::Value;

use super::{
    Simulation,
    ports::{self, Doors},
};

/// Somebody who does something while others are at work may come in at any of so many turns.
const TURNS: u64 = 120;

/// What an instance is asked to do.
pub(super) enum Invocation {
    /// `engine`, by the bus.
    Message(Message),
    /// `sender`, by an alarm.
    Woken(Woken),
    /// `janitor`, by the minute.
    Tick,
    /// `api`, by somebody.
    Signal(CustomerId, Box<Signal>),
    /// `api`, by somebody who asks for long work.
    Job(Box<NewJob>),
    /// Nobody's: people do something in WeCom, one after the other, and it tells of that.
    InWecom(Vec<(String, Value)>),
}

impl Invocation {
    async fn run(self, app: &App) -> Result<(), String> {
        let text = |error: app::Error| error.to_string();
        match self {
            Self::Message(message) => engine::handle(app, &message).await.map_err(|error| error.to_string()),
            Self::Woken(woken) => sender::handle(app, &woken).await.map_err(|error| error.to_string()),
            Self::Tick => app.tick().await.map(|_| ()).map_err(text),
            Self::Signal(customer, signal) => app.handle(&customer, *signal).await.map(|_| ()).map_err(text),
            Self::Job(job) => app.start_job(*job, &Author::stepwise()).await.map(|_| ()).map_err(text),
            Self::InWecom(_) => Ok(()),
        }
    }
}

/// How an invocation ended; `None`: its instance died.
type Ended = Option<Result<(), String>>;

/// The instances. The first also answers callbacks.
pub(super) struct Instances {
    apps: Vec<Arc<App>>,
    parts: Box<dyn Fn() -> Parts>,
    doors: Arc<Doors>,
}

impl Instances {
    /// So many, each made of what `parts` gives.
    pub(super) fn new(count: u64, parts: Box<dyn Fn() -> Parts>, doors: Arc<Doors>) -> Self {
        let apps: Vec<_> = (0..count.max(1)).map(|_| Arc::new(App::new(parts()))).collect();
        doors.serve(&apps[0]);
        Self { apps, parts, doors }
    }

    /// The one that answers callbacks.
    pub(super) fn first(&self) -> &Arc<App> {
        &self.apps[0]
    }

    /// Takes the place of one that died: nothing is in its memory.
    pub(super) fn replace(&mut self, place: usize) {
        self.apps[place] = Arc::new(App::new((self.parts)()));
        if place == 0 {
            self.doors.serve(&self.apps[0]);
        }
    }
}

impl Simulation {
    /// Works off everything asked for, several invocations at a time; now and then the bus loses a message.
    pub(super) async fn drain(&mut self) {
        loop {
            self.queue.extend(self.bus.take().into_iter().map(Invocation::Message));
            if self.queue.is_empty() {
                return;
            }
            let most = self.faults.instances.min(self.queue.len() as u64);
            let count = usize::try_from(1 + self.chance.below(most)).unwrap_or(1);
            let batch: Vec<Invocation> = self.queue.drain(..count).collect();
            self.together(batch).await;
        }
    }

    /// Runs these invocations at the same time.
    async fn together(&mut self, batch: Vec<Invocation>) {
        let mut running = Vec::new();
        for invocation in batch {
            if !self.is_lost(&invocation) {
                running.push(self.begin(invocation, 0));
            }
        }
        for (place, ended) in join_all(running).await {
            self.ended(place, ended);
        }
    }

    /// Lets people do all this while instances are at work: whatever comes up begins at once, beside what is under way.
    pub(super) async fn all_at_once(&mut self, deeds: Vec<Invocation>) {
        let mut running = FuturesUnordered::new();
        for deed in deeds {
            let turns = self.chance.below(TURNS);
            running.push(self.begin(deed, turns));
        }
        loop {
            self.queue.extend(self.bus.take().into_iter().map(Invocation::Message));
            while let Some(invocation) = self.queue.pop_front() {
                if !self.is_lost(&invocation) {
                    running.push(self.begin(invocation, 0));
                }
            }
            let Some((place, ended)) = running.next().await else { return };
            self.ended(place, ended);
        }
    }

    /// Now and then the bus loses a message.
    fn is_lost(&self, invocation: &Invocation) -> bool {
        matches!(invocation, Invocation::Message(_))
            && self.trouble.is_on()
            && self.chance.hits(self.faults.alarms)
    }

    /// Begins, after so many turns of others; on which instance, and how it ended. `None`: it died.
    fn begin(&self, invocation: Invocation, turns: u64) -> BoxFuture<'static, (usize, Ended)> {
        let wait = async move {
            for _ in 0..turns {
                tokio::task::yield_now().await;
            }
        };
        if let Invocation::InWecom(calls) = invocation {
            let (router, trace) = (self.router.clone(), Arc::clone(&self.trace));
            return Box::pin(async move {
                wait.await;
                for (path, body) in calls {
                    ports::control(&router, &trace, &path, &body).await;
                }
                (0, Some(Ok(())))
            });
        }
        let place = usize::try_from(self.chance.below(self.instances.apps.len() as u64)).unwrap_or(0);
        let (app, trouble) = (Arc::clone(&self.instances.apps[place]), Arc::clone(&self.trouble));
        Box::pin(async move {
            wait.await;
            (place, trouble.survive(invocation.run(&app)).await)
        })
    }

    /// An instance that died is replaced.
    fn ended(&mut self, place: usize, ended: Ended) {
        match ended {
            Some(Ok(())) => {}
            Some(Err(error)) => self.trace.note(&format!("failed: {error}")),
            None => {
                self.deaths += 1;
                self.instances.replace(place);
            }
        }
        self.count_deaths_at_the_door();
    }

    /// Whoever answered a callback may have died over it.
    pub(super) fn count_deaths_at_the_door(&mut self) {
        let deaths = self.doors.deaths();
        if deaths > 0 {
            self.deaths += deaths;
            self.instances.replace(0);
        }
    }
}
