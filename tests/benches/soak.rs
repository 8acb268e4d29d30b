//! Many simulated worlds, for as long as one likes: `cargo bench -p tests --bench soak -- FIRST_SEED COUNT`; with
//! `interleavings` before the numbers, worlds of interleavings.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use tests::{Faults, Simulation, Summary};

const CUSTOMERS: u64 = 20;
const DAYS: i64 = 12;
/// Interleavings in one world.
const EACH: u64 = 25;

async fn live(seed: u64, interleavings: bool) -> Result<Summary, String> {
    if interleavings {
        return Simulation::small(seed, Faults::DENSE).await.interleave(EACH).await;
    }
    Simulation::new(seed, Faults::ALL).await.run(CUSTOMERS, DAYS).await
}

fn main() {
    let interleavings = std::env::args().any(|arg| arg == "interleavings");
    let mut numbers = std::env::args().skip(1).filter_map(|arg| arg.parse::<u64>().ok());
    let (first, count) = (numbers.next().unwrap_or(1000), numbers.next().unwrap_or(40));
    let (mut touches, mut deaths, mut strikes, mut races, mut broken) = (0, 0, 0, 0, 0);
    for seed in first..first + count {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_all().start_paused(true).build().expect("a runtime");
        match runtime.block_on(live(seed, interleavings)) {
            Ok(summary) => {
                touches += summary.touches;
                deaths += summary.deaths;
                strikes += summary.strikes;
                races += summary.races;
            }
            Err(what) => {
                broken += 1;
                println!("seed {seed}: {}", what.chars().take(6000).collect::<String>());
            }
        }
    }
    let each = if interleavings {
        format!("{EACH} interleavings")
    } else {
        format!("{CUSTOMERS} customers x {DAYS} days")
    };
    println!(
        "{count} seeds x {each}: {touches} touches, {deaths} deaths, \
         {strikes} strikes, {races} lost races, {broken} broken"
    );
}
