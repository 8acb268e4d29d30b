//! The invariants of the design (§6), read off the store and the simulated WeCom when everything is at rest.

mod contents;
mod counts;
mod exposures;
mod files;
mod friendships;
mod outcomes;
mod pictures;
mod reminders;

use std::sync::atomic::{AtomicU64, Ordering};

use super::{Simulation, Summary};
use contents::{Contents, read};

/// What does not hold.
#[derive(Default)]
struct Findings(Vec<String>);

impl Findings {
    fn must(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds {
            self.0.push(otherwise());
        }
    }
}

pub(super) async fn all(world: &Simulation, customers: u64) -> Result<Summary, String> {
    let contents = read(world).await?;
    let book = world.app().playbook().await.map_err(|error| error.to_string())?;
    let mut findings = Findings::default();
    files::check(world, &contents, &book, &mut findings).await;
    friendships::check(world, &contents, customers, &mut findings).await;
    let touches = outcomes::check(&contents, &mut findings);
    outcomes::codes(&contents, &mut findings);
    let welcomes = outcomes::greetings(world, &contents, &mut findings).await;
    if world.shares {
        exposures::check(world, &contents, &book, &mut findings).await;
    } else {
        pictures::check(world, &contents, &book, &mut findings).await;
    }
    let reminders = reminders::check(world, &contents.journal, &book, &mut findings).await;
    counts::check(&contents, &mut findings);
    if let Some(first) = findings.0.first() {
        let story =
            contents.journal.iter().filter(|(customer, _)| first.contains(customer.trim_start_matches("C#")));
        let story = story.map(|(_, entry)| serde_json::to_string(entry).unwrap_or_default());
        return Err(format!("{}\n{}", findings.0.join("\n"), story.collect::<Vec<_>>().join("\n")));
    }
    let (trace, calls) = world.trace.hash();
    let count = |of: &AtomicU64| of.load(Ordering::SeqCst);
    let (strikes, races) = (count(&world.trouble.strikes), count(&world.trouble.races));
    Ok(Summary { trace, calls, deaths: world.deaths, strikes, races, touches, welcomes, reminders })
}
