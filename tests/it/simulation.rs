//! Worlds from seeds, with everything going wrong that may.

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
    assert!(summary.touches > 20 && summary.welcomes > 5, "{summary:?}");
    assert_eq!((summary.deaths, summary.strikes), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_trace() {
    assert_eq!(run(7, Faults::ALL).await, run(7, Faults::ALL).await);
}

#[tokio::test(start_paused = true)]
async fn twenty_seeds_of_trouble_break_no_invariant() {
    let (mut touches, mut deaths, mut strikes) = (0, 0, 0);
    for seed in 100..120 {
        let summary = run(seed, Faults::ALL).await;
        touches += summary.touches;
        deaths += summary.deaths;
        strikes += summary.strikes;
    }
    assert!(
        touches > 500 && deaths > 50 && strikes > 500,
        "{touches} touches, {deaths} deaths, {strikes} strikes"
    );
}
