//! A thousand interleavings of phone edits, drags, tag edits, rules, jobs, undo, partings and returns, with callbacks that
//! come twice, late or not at all; in the end the store and WeCom hold the same.

#![expect(clippy::print_stdout, reason = "it says how much it has lived through")]

use tests::{Faults, Simulation, Summary};

/// Interleavings in one world.
const EACH: u64 = 25;

async fn run(seed: u64) -> Summary {
    let mut world = Simulation::small(seed, Faults::DENSE).await;
    match world.interleave(EACH).await {
        Ok(summary) => summary,
        Err(broken) => panic!("seed {seed}:\n{}", broken.chars().take(9000).collect::<String>()),
    }
}

/// Ten worlds: seeds are spread over tests so that they use every core.
async fn worlds(first: u64) {
    let (mut strikes, mut races, mut deaths) = (0, 0, 0);
    for seed in first..first + 10 {
        let summary = run(seed).await;
        strikes += summary.strikes;
        races += summary.races;
        deaths += summary.deaths;
    }
    println!(
        "{} interleavings in 10 worlds: {strikes} strikes, {races} lost races, {deaths} deaths, none broken",
        10 * EACH
    );
    assert!(strikes > 100 && races > 50, "too little happened to prove anything");
}

#[tokio::test(start_paused = true)]
async fn interleavings_1_to_250_end_with_the_same_in_the_store_and_in_wecom() {
    worlds(1).await;
}

#[tokio::test(start_paused = true)]
async fn interleavings_251_to_500_end_with_the_same_in_the_store_and_in_wecom() {
    worlds(11).await;
}

#[tokio::test(start_paused = true)]
async fn interleavings_501_to_750_end_with_the_same_in_the_store_and_in_wecom() {
    worlds(21).await;
}

#[tokio::test(start_paused = true)]
async fn interleavings_751_to_1000_end_with_the_same_in_the_store_and_in_wecom() {
    worlds(31).await;
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_interleavings() {
    assert_eq!(run(7).await, run(7).await);
}
