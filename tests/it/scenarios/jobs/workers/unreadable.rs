//! What is stored and cannot be read: one journal entry fails one customer, and whatever it is, the job has an end.

use store::{Collected, Gathering, ItemResult, Listed};

use super::*;

impl Workshop {
    /// The item is as a newer release, or nobody, wrote it.
    fn garble(&self, pk: &str, sk: &str) {
        let garbled = json!({"TableName": "stepwise-main", "Key": {"pk": {"S": pk}, "sk": {"S": sk}},
            "UpdateExpression": "SET doc = :doc", "ExpressionAttributeValues": {":doc": {"S": "{\"new\":1}"}}});
        let (status, _) = self.engine.answer("DynamoDB_20120810.UpdateItem", garbled.to_string().as_bytes());
        assert_eq!(status, 200);
    }

    /// The job that is to take back a job which is over, and which can be read of everybody but `wm0007`.
    async fn undo_of_one_unreadable(&self) -> JobId {
        let done = self.order("suv").await;
        self.see_through(&done).await;
        let results = self.worker().store.job_results(&done, 0, 1).await.unwrap();
        self.garble("C#wm0007", &format!("J#{:012}", results[0].1[7].entry.unwrap()));
        let new = NewJob {
            what: JobKind::Undo { job: done.clone() },
            customers: Whom::Changed(done),
            reason: None,
            sight: None,
            request: None,
        };
        self.worker().start_job(new, &Author::stepwise()).await.unwrap().0.id
    }

    /// Workers come until the job is over, however often that is.
    async fn worked_to_its_end(&self, id: &JobId) -> Job {
        for _ in 0..20 {
            let _ = self.worker().run_job(id).await;
            let job = self.job(id).await;
            if job.state.is_over() {
                return job;
            }
            self.clock.set(self.clock.now().plus_secs(61));
        }
        panic!("the job has no end: {:?}", self.job(id).await);
    }

    /// A worker takes the job and is never seen again.
    async fn dies_in(&self, id: &JobId) {
        let now = self.clock.now();
        self.worker().store.take_job(id, "dead", now, now.plus_secs(60)).await.unwrap().unwrap();
        self.clock.set(now.plus_secs(61));
    }
}

#[tokio::test(flavor = "current_thread")]
async fn an_entry_that_cannot_be_read_fails_one_customer_of_an_undo() {
    let shop = Workshop::new(1, Rates::default(), 120).await;
    let undo = shop.undo_of_one_unreadable().await;
    let ended = shop.worked_to_its_end(&undo).await;
    assert_eq!((ended.state, ended.counts.changed, ended.counts.failed), (JobState::Done, 119, 1));
    let results = shop.worker().store.job_results(&undo, 0, 1).await.unwrap();
    assert_eq!(results[0].1[7].customer, shop.customers[7]);
    assert_eq!(results[0].1[7].trouble, Some(store::JobTrouble::Broken));
    assert_eq!(shop.holders("suv").await, [shop.customers[7].clone()]);
}

#[tokio::test(flavor = "current_thread")]
async fn a_job_with_an_entry_that_cannot_be_read_is_cancelled() {
    let shop = Workshop::new(1, Rates::default(), 120).await;
    let undo = shop.undo_of_one_unreadable().await;
    // A worker has found them all, begins with the first pack, and is never seen again.
    let (store, now) = (shop.worker().store, shop.clock.now());
    let job = store.take_job(&undo, "dead", now, now.plus_secs(60)).await.unwrap().unwrap();
    let JobKind::Undo { job: undone } = &job.order.what else { unreachable!() };
    let results = store.job_results(undone, 0, 10).await.unwrap();
    let results = results.into_iter().flat_map(|(_, results)| results);
    let listed = |result: ItemResult| Listed { customer: result.customer, entry: result.entry };
    let collected = Collected { found: 120, complete: true, pieces: 2, after: None };
    let gathering = Gathering {
        holder: "dead",
        more: results.map(listed).collect(),
        collected: &collected,
        now,
        until: now.plus_secs(60),
        token: "found",
    };
    assert!(store.book_gathering(&job, &gathering).await.unwrap());
    shop.clock.set(now.plus_secs(61));
    shop.worker().cancel_job(&undo, &Author::stepwise()).await.unwrap();
    assert_eq!(shop.worked_to_its_end(&undo).await.state, JobState::Cancelled);
}

#[tokio::test(flavor = "current_thread")]
async fn whoever_was_changed_has_a_result_though_what_was_done_cannot_be_read() {
    let shop = Workshop::new(1, Rates::default(), 120).await;
    let job = shop.order("suv").await;
    // A worker that did its first pack and did not come to say so.
    let signal = |customer: &CustomerId| {
        let hash = <sha2::Sha256 as sha2::Digest>::digest(customer.as_str());
        format!("job-{job}-{}", hex::encode(&hash[..16]))
    };
    for customer in &shop.customers[..3] {
        let what = Happening::TagsEdited { add: ["suv".into()].into(), remove: [].into(), expires_at: None };
        let signal = Signal { id: signal(customer).into(), at: shop.clock.now(), by: Actor::Stepwise, what };
        shop.worker().handle(customer, signal).await.unwrap();
    }
    shop.garble("C#wm0001", "J#000000000002");
    shop.dies_in(&job).await;
    shop.worker().cancel_job(&job, &Author::stepwise()).await.unwrap();
    let ended = shop.worked_to_its_end(&job).await;
    assert_eq!((ended.state, ended.counts.changed, ended.counts.failed), (JobState::Cancelled, 2, 1));
}

#[tokio::test(flavor = "current_thread")]
async fn a_job_whose_customers_cannot_be_read_fails_and_can_be_cancelled() {
    let shop = Workshop::new(1, Rates::default(), 2).await;
    let (failing, cancelled) = (shop.order("suv").await, shop.order("vip").await);
    for job in [&failing, &cancelled] {
        shop.garble(&format!("JOB#{job}"), "I#0000");
    }
    let ended = shop.worked_to_its_end(&failing).await;
    assert_eq!((ended.state, ended.trouble), (JobState::Failed, Some(store::JobTrouble::Broken)));
    shop.dies_in(&cancelled).await;
    shop.worker().cancel_job(&cancelled, &Author::stepwise()).await.unwrap();
    assert_eq!(shop.worked_to_its_end(&cancelled).await.state, JobState::Cancelled);
}
