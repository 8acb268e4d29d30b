//! How fast, and behind whom, the phones are written.

use app::{Author, Clock as _, NewJob, Whom};
use domain::Happening;
use futures::future::join;
use store::{JobKind, JobState, Queue, StoredToken};
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
    let next = shop.worker().store.take_turns(Queue::Bulk, 200, now).await.unwrap();
    assert!(next.ms() <= now.ms() + turns.last().unwrap() + 1000, "{next}");
}

#[tokio::test(flavor = "current_thread")]
async fn what_takes_back_does_not_wait_behind_what_it_makes_void() {
    let shop = Workshop::new(1, Rates::default(), 60).await;
    let job = shop.order("suv").await;
    shop.see_through(&job).await;
    // Its work is done on half of the phones; the other half, and that of other jobs, takes hours.
    let hours = 5 * 3600 * 1000;
    shop.worker().store.take_turns(Queue::Bulk, hours, shop.clock.now()).await.unwrap();
    let (written, others) = shop.customers.split_at(30);
    let mut shown = shop.found();
    shown.id = "shown".into();
    let Happening::Fetched { snapshot } = &mut shown.what else { unreachable!() };
    (snapshot.adopt_known, snapshot.began) = (true, 9);
    for relation in snapshot.relations.values_mut() {
        relation.tags = ["suv".into()].into();
    }
    for customer in written {
        shop.worker().handle(customer, shown.clone()).await.unwrap();
        assert_eq!(shop.marking(customer).await, None, "their phones show it");
    }
    let what = JobKind::Undo { job: job.clone() };
    let new = NewJob { what, customers: Whom::Changed(job), reason: None, sight: None, request: None };
    let undo = shop.worker().start_job(new, &Author::stepwise()).await.unwrap().0.id;
    let now = shop.clock.now();
    shop.see_through(&undo).await;
    assert_eq!(shop.job(&undo).await.counts.changed, 60);
    let mut turns = Vec::new();
    for customer in written {
        turns.push(shop.marking(customer).await.unwrap().attempt.until.ms() - now.ms());
    }
    turns.sort_unstable();
    assert!(turns.windows(2).all(|two| two[1] - two[0] >= 200), "five a second: {turns:?}");
    assert!(*turns.last().unwrap() < 60_000, "and at once: {turns:?}");
    for customer in others {
        assert_eq!(shop.marking(customer).await, None, "it need not be written");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn whoever_goes_alone_and_has_nothing_for_the_phone_lets_nobody_wait() {
    let rates = Rates { conflict: 300, ..Rates::default() };
    for seed in 0..12 {
        let shop = Workshop::with_suv(seed, rates, 20).await;
        let job = shop.order("suv").await;
        shop.trouble.pause(false);
        shop.see_through(&job).await;
        shop.trouble.pause(true);
        assert_eq!(shop.job(&job).await.counts.unchanged, 20);
        let now = shop.clock.now();
        let next = shop.worker().store.take_turns(Queue::Bulk, 200, now).await.unwrap();
        assert!(next.ms() - now.ms() < 1000, "seed {seed}: {next}");
    }
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
