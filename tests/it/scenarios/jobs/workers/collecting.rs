//! Jobs that find their customers themselves: whoever dies in it, and whoever meets in it, nobody is named twice or left
//! out.

use std::sync::atomic::Ordering;

use app::{Author, Clock as _, NewJob, Whom};
use domain::{Actor, CustomerId, Happening, Signal};
use futures::future::join;
use serde_json::json;
use store::{JobId, JobKind, JobState, JobTrouble};
use tests::Rates;

use super::{DEADLY, Workshop};

impl Workshop {
    /// So many customers, who all have the tag `suv`.
    async fn with_suv(seed: u64, rates: Rates, customers: usize) -> Self {
        let shop = Self::new(seed, rates, customers).await;
        // Found on the phones: nothing is left to be written there.
        let mut found = shop.found();
        found.id = "found-with-suv".into();
        let Happening::Fetched { snapshot } = &mut found.what else { unreachable!() };
        (snapshot.adopt_known, snapshot.began) = (true, 1);
        for relation in snapshot.relations.values_mut() {
            relation.tags = ["suv".into()].into();
        }
        let worker = shop.worker();
        for customer in &shop.customers {
            worker.handle(customer, found.clone()).await.unwrap();
        }
        assert_eq!(shop.holders("suv").await, shop.customers);
        shop
    }

    async fn order_of(&self, what: JobKind, customers: Whom) -> JobId {
        let new = NewJob { what, customers, reason: None, sight: None, request: None };
        self.worker().start_job(new, &Author::stepwise()).await.unwrap().0.id
    }

    /// Everybody with the tag `suv` is to get `vip`.
    async fn vip_for_suv(&self) -> JobId {
        let what = JobKind::EditTags { add: ["vip".into()].into(), remove: [].into(), expires_at: None };
        self.order_of(what, Whom::Tag("suv".into())).await
    }

    /// Customers with a result, in order.
    async fn told(&self, job: &JobId) -> Vec<CustomerId> {
        let results = self.worker().store.job_results(job, 0, 1000).await.unwrap();
        results.into_iter().flat_map(|(_, results)| results).map(|result| result.customer).collect()
    }

    async fn swap(&self, worker: &app::App, customer: &CustomerId) {
        let what = Happening::TagsEdited {
            add: ["vip".into()].into(),
            remove: ["suv".into()].into(),
            expires_at: None,
        };
        let by = Actor::Staff { userid: "zhang".into() };
        let signal = Signal { id: format!("swap-{customer}").into(), at: self.clock.now(), by, what };
        worker.handle(customer, signal).await.unwrap();
    }
}

#[tokio::test(flavor = "current_thread")]
async fn whoever_dies_while_collecting_is_followed_and_each_customer_is_named_once() {
    let mut deaths = 0;
    let shop = Workshop::with_suv(1, DEADLY, 1_130).await;
    for _ in 0..3 {
        let job = shop.order_of(JobKind::Mirror { group: "g".into() }, Whom::Tag("suv".into())).await;
        shop.trouble.pause(false);
        deaths += shop.see_through(&job).await;
        shop.trouble.pause(true);
        let ended = shop.job(&job).await;
        assert_eq!((ended.state, ended.total(), ended.counts.unchanged), (JobState::Done, 1_130, 1_130));
        assert_eq!(shop.told(&job).await, shop.customers);
    }
    assert!(deaths > 5, "{deaths} deaths");
}

#[tokio::test(flavor = "current_thread")]
async fn whoever_dies_while_collecting_or_working_is_followed_and_each_customer_is_changed_once() {
    let rates = Rates { crash_before: 10, crash_after: 10, ..DEADLY };
    let shop = Workshop::with_suv(2, rates, 1_130).await;
    let job = shop.vip_for_suv().await;
    shop.trouble.pause(false);
    let deaths = shop.see_through(&job).await;
    shop.check_all_once(&job).await;
    assert_eq!(shop.holders("vip").await, shop.customers);
    assert!(deaths > 2, "{deaths} deaths");
}

#[tokio::test(flavor = "current_thread")]
async fn two_workers_at_once_name_each_customer_once() {
    let rates = Rates { stall: 300, turns: 4, conflict: 60, ..Rates::default() };
    let shop = Workshop::with_suv(3, rates, 1_110).await;
    let job = shop.order_of(JobKind::Mirror { group: "g".into() }, Whom::Tag("suv".into())).await;
    shop.trouble.pause(false);
    let work = async |worker: app::App| {
        while !shop.job(&job).await.state.is_over() {
            let _ = worker.run_job(&job).await;
            for _ in 0..5 {
                tokio::task::yield_now().await;
            }
        }
    };
    join(work(shop.worker()), work(shop.worker())).await;
    shop.trouble.pause(true);
    assert!(shop.trouble.races.load(Ordering::SeqCst) > 0, "they never met");
    let ended = shop.job(&job).await;
    assert_eq!((ended.state, ended.total(), ended.counts.unchanged), (JobState::Done, 1_110, 1_110));
    assert_eq!(shop.told(&job).await, shop.customers);
}

#[tokio::test(flavor = "current_thread")]
async fn whoever_goes_from_one_tag_to_another_meanwhile_is_found_all_the_same() {
    let rates = Rates { turns: 3, ..Rates::default() };
    for seed in 0..3 {
        let shop = Workshop::with_suv(seed, rates, 60).await;
        let job = shop.order_of(JobKind::Mirror { group: "g".into() }, Whom::Group("g".into())).await;
        shop.trouble.pause(false);
        let (worker, office) = (shop.worker(), shop.worker());
        let others = async {
            for customer in &shop.customers {
                shop.swap(&office, customer).await;
            }
        };
        let (worked, ()) = join(worker.run_job(&job), others).await;
        worked.unwrap();
        shop.see_through(&job).await;
        shop.trouble.pause(true);
        assert_eq!(shop.told(&job).await, shop.customers, "seed {seed}");
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_job_that_is_cancelled_while_it_collects_has_changed_nobody() {
    let rates = Rates { crash_after: 60, crash_before: 60, ..Rates::default() };
    let shop = Workshop::with_suv(1, rates, 1_110).await;
    for _ in 0..200 {
        let job = shop.vip_for_suv().await;
        shop.trouble.pause(false);
        let _ = shop.trouble.survive(shop.worker().run_job(&job)).await;
        shop.trouble.pause(true);
        let died_in_it = shop.job(&job).await;
        shop.worker().cancel_job(&job, &Author::stepwise()).await.unwrap();
        shop.clock.set(shop.clock.now().plus_secs(61));
        shop.worker().run_job(&job).await.unwrap();
        let ended = shop.job(&job).await;
        if died_in_it.is_collecting() && died_in_it.total() > 0 {
            assert_eq!((ended.state, ended.counts.done()), (JobState::Cancelled, 0));
            assert_eq!(ended.total(), 1_000, "as far as it had come");
            return;
        }
    }
    panic!("nobody died in the middle of collecting");
}

#[tokio::test(flavor = "current_thread")]
async fn a_job_about_something_that_is_gone_fails_and_says_what() {
    let shop = Workshop::with_suv(1, Rates::default(), 2).await;
    let (board, stage) = (domain::BoardId::from("gone"), domain::StageId::from("s"));
    let all = || Whom::Named(shop.customers.clone());
    for (what, whom, trouble) in [
        (JobKind::Mirror { group: "gone".into() }, Whom::Group("gone".into()), JobTrouble::GroupDeleted),
        (JobKind::Board { board: board.clone() }, Whom::Board(board.clone()), JobTrouble::BoardDeleted),
        (
            JobKind::MoveStage { board: board.clone(), stage: Some(stage.clone()), only_from: None },
            all(),
            JobTrouble::BoardDeleted,
        ),
        (JobKind::PutStageTag { board, stage }, all(), JobTrouble::BoardDeleted),
    ] {
        let job = shop.order_of(what, whom).await;
        shop.worker().run_job(&job).await.unwrap();
        let ended = shop.job(&job).await;
        assert_eq!((ended.state, ended.trouble), (JobState::Failed, Some(trouble)));
    }
}

#[tokio::test(flavor = "current_thread")]
async fn more_customers_than_any_request_holds_are_found_in_pieces_that_a_store_can_hold() {
    let shop = Workshop::new(1, Rates::default(), 0).await;
    let index = |n: usize| if n.is_multiple_of(3) { "TAG#suv" } else { "TAG#vip" };
    for first in (0..25_000).step_by(25) {
        let put = |n: usize| {
            let key = json!({"pk": {"S": index(n)}, "sk": {"S": format!("wm{n:06}")}});
            json!({"PutRequest": {"Item": key}})
        };
        let puts: Vec<_> = (first..first + 25).map(put).collect();
        let many = json!({"RequestItems": {"stepwise-main": puts}});
        let (status, _) = shop.engine.answer("DynamoDB_20120810.BatchWriteItem", many.to_string().as_bytes());
        assert_eq!(status, 200);
    }
    let job = shop.order_of(JobKind::Mirror { group: "g".into() }, Whom::Group("g".into())).await;
    let mut stretches = 0;
    while shop.job(&job).await.is_collecting() {
        shop.worker().run_job(&job).await.unwrap();
        stretches += 1;
    }
    assert_eq!((shop.job(&job).await.total(), stretches > 1), (25_000, true), "with others in between");
    let store = shop.worker().store;
    for pack in [0, 10, 99, 249] {
        let found: Vec<_> = store.job_pack(&job, pack).await.unwrap();
        let ids: Vec<_> = found.into_iter().map(|listed| listed.customer.to_string()).collect();
        let first = usize::try_from(pack).unwrap() * 100;
        assert_eq!(ids, (first..first + 100).map(|n| format!("wm{n:06}")).collect::<Vec<_>>());
    }
}
