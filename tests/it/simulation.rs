//! Worlds from seeds, with everything going wrong that may.

#![expect(clippy::print_stdout, reason = "a simulation says how much it has lived through")]

use tests::{Faults, Simulation, Summary};

const CUSTOMERS: u64 = 20;
const DAYS: i64 = 12;

async fn run(seed: u64, faults: Faults) -> Summary {
    let mut world = Simulation::new(seed, faults).await;
    match world.run(CUSTOMERS, DAYS).await {
        Ok(summary) => summary,
        Err(broken) => panic!("seed {seed}:\n{}", broken.chars().take(9000).collect::<String>()),
    }
}

#[tokio::test(start_paused = true)]
async fn without_faults_everything_is_done_once_and_in_time() {
    let summary = run(1, Faults::NONE).await;
    assert!(summary.touches > 20 && summary.welcomes > 5 && summary.reminders > 10, "{summary:?}");
    assert_eq!((summary.deaths, summary.strikes, summary.races), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn instances_that_get_in_each_others_way_break_no_invariant() {
    let summary = run(2, Faults::CROWD).await;
    assert_eq!((summary.deaths, summary.strikes), (0, 0));
    assert!(summary.races > 20, "{summary:?}");
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_trace() {
    assert_eq!(run(7, Faults::ALL).await, run(7, Faults::ALL).await);
}

/// Seeds are spread over tests so that they use every core.
async fn seeds(seeds: std::ops::Range<u64>) {
    let (mut touches, mut deaths, mut strikes, mut races) = (0, 0, 0, 0);
    let count = seeds.end - seeds.start;
    for seed in seeds {
        let summary = run(seed, Faults::ALL).await;
        touches += summary.touches;
        deaths += summary.deaths;
        strikes += summary.strikes;
        races += summary.races;
    }
    println!(
        "{count} seeds, {CUSTOMERS} customers, {DAYS} days: {touches} touches, {deaths} deaths, {strikes} strikes, {races} lost races"
    );
    assert!(
        touches > 25 * count && deaths > 2 * count && strikes > 25 * count && races > 10 * count,
        "too little happened to prove anything"
    );
}

/// Contents that SOPs, staff and greetings send; nobody gets one twice from an SOP (P11).
#[tokio::test(start_paused = true)]
async fn no_sop_sends_a_customer_what_they_have_had_whatever_goes_wrong() {
    for (seed, faults) in [(1, Faults::NONE), (140, Faults::ALL), (141, Faults::ALL)] {
        let mut world = Simulation::with_library(seed, faults).await;
        let lived = world.run(CUSTOMERS, DAYS).await;
        let lived = lived.unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
        assert!(lived.touches > 20, "{lived:?}");
    }
}

/// Pictures that WeCom forgets every three days are renewed by processes that die around uploads, too.
#[tokio::test(start_paused = true)]
async fn newcomers_are_greeted_with_a_picture_whatever_goes_wrong() {
    for (seed, faults) in [(1, Faults::NONE), (2, Faults::CROWD), (130, Faults::ALL), (131, Faults::ALL)] {
        let mut world = Simulation::with_pictures(seed, faults).await;
        let lived = world.run(CUSTOMERS, DAYS).await;
        let lived = lived.unwrap_or_else(|broken| panic!("seed {seed}: {broken}"));
        assert!(lived.welcomes > 5, "{lived:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn trouble_from_seeds_100_to_104_breaks_no_invariant() {
    seeds(100..105).await;
}

#[tokio::test(start_paused = true)]
async fn trouble_from_seeds_105_to_109_breaks_no_invariant() {
    seeds(105..110).await;
}

#[tokio::test(start_paused = true)]
async fn trouble_from_seeds_110_to_114_breaks_no_invariant() {
    seeds(110..115).await;
}

#[tokio::test(start_paused = true)]
async fn trouble_from_seeds_115_to_119_breaks_no_invariant() {
    seeds(115..120).await;
}
