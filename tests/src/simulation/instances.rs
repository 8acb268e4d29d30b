//! The function instances of a simulated world: several of them work at the same time, each with a memory of its own.

use std::sync::Arc;

use app::{App, Parts};
use cloud::{alarm::Woken, bus::Message};
use domain::{CustomerId, Signal};
use futures::future::join_all;

use super::{Simulation, ports::Doors};

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
}

impl Invocation {
    async fn run(self, app: &App) -> Result<(), String> {
        let text = |error: app::Error| error.to_string();
        match self {
            Self::Message(message) => engine::handle(app, &message).await.map_err(|error| error.to_string()),
            Self::Woken(woken) => sender::handle(app, &woken).await.map_err(|error| error.to_string()),
            Self::Tick => app.tick().await.map(|_| ()).map_err(text),
            Self::Signal(customer, signal) => app.handle(&customer, *signal).await.map(|_| ()).map_err(text),
        }
    }
}

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

    /// Runs these invocations at the same time. An instance that dies in one of them is replaced.
    async fn together(&mut self, batch: Vec<Invocation>) {
        let mut running = Vec::new();
        let mut places = Vec::new();
        for invocation in batch {
            let lost = matches!(invocation, Invocation::Message(_))
                && self.trouble.is_on()
                && self.chance.hits(self.faults.alarms);
            if lost {
                continue;
            }
            let place = usize::try_from(self.chance.below(self.instances.apps.len() as u64)).unwrap_or(0);
            let (app, trouble) = (Arc::clone(&self.instances.apps[place]), Arc::clone(&self.trouble));
            places.push(place);
            running.push(async move { trouble.survive(invocation.run(&app)).await });
        }
        for (place, ended) in places.into_iter().zip(join_all(running).await) {
            match ended {
                Some(Ok(())) => {}
                Some(Err(error)) => self.trace.note(&format!("failed: {error}")),
                None => {
                    self.deaths += 1;
                    self.instances.replace(place);
                }
            }
        }
    }
}
