//! Many simulated worlds, for as long as one likes: `cargo bench -p tests --bench soak -- FIRST_SEED COUNT`.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use tests::{Faults, Simulation};

const CUSTOMERS: u64 = 20;
const DAYS: i64 = 12;

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|arg| arg.parse::<u64>().ok());
    let (first, count) = (numbers.next().unwrap_or(1000), numbers.next().unwrap_or(40));
    let (mut touches, mut deaths, mut strikes, mut races, mut broken) = (0, 0, 0, 0, 0);
    for seed in first..first + count {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_all().start_paused(true).build().expect("a runtime");
        let lived = runtime.block_on(async {
            let mut world = Simulation::new(seed, Faults::ALL).await;
            world.run(CUSTOMERS, DAYS).await
        });
        match lived {
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
    println!(
        "{count} seeds x {CUSTOMERS} customers x {DAYS} days: {touches} touches, {deaths} deaths, \
         {strikes} strikes, {races} lost races, {broken} broken"
    );
}
