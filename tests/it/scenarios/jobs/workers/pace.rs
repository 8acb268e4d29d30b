//! How fast, and behind whom, the phones are written.

use app::{Author, Clock as _};
use futures::future::join;
use store::{JobState, StoredToken};
use tests::Rates;

use super::Workshop;

#[tokio::test(flavor = "current_thread")]
async fn all_jobs_together_keep_the_pace_at_which_phones_are_written() {
    let shop = Workshop::new(1, Rates::default(), 200).await;
    let (some, others) = shop.customers.split_at(90);
    let now = shop.clock.now();
    let mut jobs = Vec::new();
    for customers in [some, others] {
        jobs.push(shop.order_for("suv", customers, &Author::stepwise()).await);
    }
    let (one, other) = (shop.worker(), shop.worker());
    let (one, other) = join(one.run_job(&jobs[0]), other.run_job(&jobs[1])).await;
    one.unwrap();
    other.unwrap();
    let mut turns = Vec::new();
    for customer in &shop.customers {
        turns.push(shop.marking(customer).await.unwrap().attempt.until.ms() - now.ms());
    }
    turns.sort_unstable();
    assert!(turns.windows(2).all(|two| two[1] - two[0] >= 200), "five a second: {turns:?}");
    assert!(*turns.last().unwrap() < 200 * 200 + 1000, "and nobody waits for nothing: {turns:?}");
    // Where there was nothing to do, nobody waits for it either.
    let unchanged = shop.order("suv").await;
    shop.see_through(&unchanged).await;
    assert_eq!(shop.job(&unchanged).await.counts.unchanged, 200);
    let next = shop.worker().store.take_turns(200, now).await.unwrap();
    assert!(next.ms() <= now.ms() + turns.last().unwrap() + 1000, "{next}");
}

#[tokio::test(flavor = "current_thread")]
async fn one_of_many_who_finds_no_permit_makes_nobody_else_wait() {
    let shop = Workshop::new(1, Rates::default(), 1).await;
    let job = shop.order("suv").await;
    shop.worker().run_job(&job).await.unwrap();
    let customer = &shop.customers[0];
    let turn = shop.marking(customer).await.unwrap().attempt.until;
    shop.clock.set(turn);
    let worker = shop.worker();
    let expires_at = turn.plus_mins(60);
    let token = StoredToken { token: "t".into(), renew_at: expires_at, expires_at };
    worker.store.put_token("1", &token).await.unwrap();
    worker.store.block_api("externalcontact/mark_tag", turn).await.unwrap();
    worker.wake(customer, None).await.unwrap();
    let marking = shop.marking(customer).await.unwrap();
    assert!(marking.in_bulk && marking.attempt.is_put_off(), "{marking:?}");
    assert!(marking.attempt.until > turn);
}

#[tokio::test(flavor = "current_thread")]
async fn one_of_many_who_goes_alone_keeps_to_the_lane_of_many() {
    let shop = Workshop::new(1, Rates::default(), 1).await;
    let job = shop.order("suv").await;
    shop.worker().run_job(&job).await.unwrap();
    // Nobody woke; the first marking is overdue when the next job comes.
    shop.clock.set(shop.clock.now().plus_mins(5));
    let job = shop.order("vip").await;
    shop.worker().run_job(&job).await.unwrap();
    assert_eq!(shop.job(&job).await.state, JobState::Done);
    let marking = shop.marking(&shop.customers[0]).await.unwrap();
    assert!(
        marking.in_bulk && marking.attempt.number == 1,
        "it was tried, and after everybody else: {marking:?}"
    );
}
