//! Workers of a job on a store that is as rude as DynamoDB: they die, meet, and are told to stop.

mod collecting;
mod pace;
mod reading;
mod takeover;
mod unreadable;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, atomic::Ordering},
    time::Duration,
};

use app::{
    App, Author, Clock as _, NewJob, Origin, Parts, Via, Whom,
    config::{Secret, WeCom},
    wiring::{DynamoAccess, dynamo},
};
use async_trait::async_trait;
use bytes::Bytes;
use cloud::{
    alarm::{Alarm, Armed, Wake},
    bus::{Bus, Message, MessageKind},
};
use domain::{
    Actor, CustomerId, Happening, Signal, StaffId, TagId,
    file::Marking,
    signal::{Snapshot, SnapshotRelation},
};
use futures::future::join;
use local::{ManualClock, embedded::Embedded};
use serde_json::json;
use store::{AuditPlace, Change, Expected, Job, JobId, JobKind, JobState, RecordKind, Store, TableNames};
use tests::{Chance, Meter, Nobody, Rates, Rude, Trace, Trouble, at};
use wecom::{Transport, TransportError};

/// What was handed to `engine`, and was not delivered yet.
#[derive(Default)]
struct Undelivered(Mutex<Vec<Message>>);

#[async_trait]
impl Bus for Undelivered {
    async fn publish(&self, messages: &[Message]) -> Result<(), cloud::Error> {
        self.0.lock().unwrap().extend(messages.iter().cloned());
        Ok(())
    }
}

#[async_trait]
impl Alarm for Undelivered {
    async fn arm(&self, _: &Wake, _: i64) -> Result<Armed, cloud::Error> {
        Ok(Armed::Set)
    }

    async fn disarm(&self, _: &str, _: u64) -> Result<(), cloud::Error> {
        Ok(())
    }
}

/// A store, a clock, and as many workers as one likes.
struct Workshop {
    engine: Embedded,
    chance: Arc<Chance>,
    trouble: Arc<Trouble>,
    clock: Arc<ManualClock>,
    bus: Arc<Undelivered>,
    wecom: Arc<dyn Transport>,
    customers: Vec<CustomerId>,
}

impl Workshop {
    /// With so many customers, friends of Zhang's; nothing goes wrong yet.
    async fn new(seed: u64, rates: Rates, customers: usize) -> Self {
        let chance = Arc::new(Chance::from_seed(seed));
        let clock = Arc::new(ManualClock::at(at("2026-03-02 09:00")));
        let trouble = Trouble::new(rates, Arc::clone(&chance), Arc::clone(&clock));
        trouble.pause(true);
        let engine = Embedded::memory().unwrap().inline();
        let bus = Arc::new(Undelivered::default());
        let customers = (0..customers).map(|n| format!("wm{n:04}").into()).collect();
        let wecom = Arc::new(Nobody);
        let shop = Self { engine, chance, trouble, clock, bus, wecom, customers };
        let app = shop.worker();
        app.store.create_tables().await.unwrap();
        let group = json!({"id": "g", "name": "兴趣", "order": 0, "ours": true,
            "tags": [{"id": "suv", "name": "SUV", "order": 0}, {"id": "vip", "name": "VIP", "order": 0}]});
        let doc = Some(group.to_string());
        let change =
            Change { kind: RecordKind::TagGroup, id: "g".into(), doc, revision: 1, expected: Expected::Any };
        app.store.change_playbook(&[change], None, &[], "t").await.unwrap();
        for customer in &shop.customers {
            app.handle(customer, shop.found()).await.unwrap();
        }
        shop
    }

    /// What an import finds.
    fn found(&self) -> Signal {
        let relation = SnapshotRelation {
            createtime: self.clock.now().plus_days(-30),
            add_way: None,
            state: None,
            remark: String::new(),
            tags: [].into(),
            personal_tags: Some([].into()),
        };
        let relations = BTreeMap::from([("zhang".into(), relation)]);
        let snapshot = Snapshot { relations, baseline: true, ..Snapshot::default() };
        let what = Happening::Fetched { snapshot };
        Signal { id: "import".into(), at: self.clock.now(), by: Actor::Stepwise, what }
    }

    /// A process with a memory of its own.
    fn worker(&self) -> App {
        let rude = Rude {
            engine: self.engine.clone(),
            trouble: Arc::clone(&self.trouble),
            trace: Arc::new(Trace::default()),
            meter: Arc::new(Meter::default()),
        };
        App::new(Parts {
            store: Store::new(dynamo(rude, &DynamoAccess::embedded()), TableNames::default()),
            wecom: wecom::Client::new("http://wecom.invalid", Arc::clone(&self.wecom)),
            corp: WeCom {
                corp_id: "ww1".into(),
                agent_id: 1,
                secret: Secret::new("s"),
                public_url: "http://stepwise.invalid".into(),
            },
            clock: Arc::clone(&self.clock) as _,
            entropy: Arc::clone(&self.chance) as _,
            alarm: Arc::clone(&self.bus) as _,
            bus: Arc::clone(&self.bus) as _,
            blob: Arc::new(cloud::blob::local::Local::memory([0; 32])),
        })
    }

    /// Everybody is to get the tag.
    async fn order(&self, tag: &str) -> JobId {
        self.order_for(tag, &self.customers, &Author::stepwise()).await
    }

    async fn order_for(&self, tag: &str, customers: &[CustomerId], author: &Author) -> JobId {
        let what = JobKind::EditTags { add: [tag.into()].into(), remove: [].into(), expires_at: None };
        let customers = Whom::Named(customers.to_vec());
        let new = NewJob { what, customers, reason: None, sight: None, request: None };
        self.worker().start_job(new, author).await.unwrap().0.id
    }

    /// What is still to be written to Zhang's phone.
    async fn marking(&self, customer: &CustomerId) -> Option<Marking> {
        let file = self.worker().store.load(customer).await.unwrap().file.unwrap();
        file.relations[&StaffId::from("zhang")].marking.clone()
    }

    async fn job(&self, id: &JobId) -> Job {
        self.trouble.pause_for(async { self.worker().store.job(id).await.unwrap().unwrap() }).await
    }

    /// Workers come, work, and die, until the job is over; how many died.
    async fn see_through(&self, id: &JobId) -> u32 {
        let mut died = 0;
        for _ in 0..1000 {
            let worker = self.worker();
            match self.trouble.survive(worker.run_job(id)).await {
                Some(Ok(())) => {}
                Some(Err(_)) => {}
                None => died += 1,
            }
            if self.job(id).await.state.is_over() {
                return died;
            }
            // Until the lease of whoever died is over.
            self.clock.set(self.clock.now().plus_secs(61));
        }
        panic!("the job has no end: {:?}", self.job(id).await);
    }

    /// Who has the tag.
    async fn holders(&self, tag: &str) -> Vec<CustomerId> {
        let (tag, store) = (TagId::from(tag), self.worker().store);
        let mut holders = Vec::new();
        for customer in &self.customers {
            let file = store.load(customer).await.unwrap().file.unwrap();
            if file.tags.contains_key(&tag) {
                holders.push(customer.clone());
            }
        }
        holders
    }

    /// Each customer was changed once by the job, and has one result, and the counts say so.
    async fn check_all_once(&self, id: &JobId) {
        self.trouble.pause(true);
        let (store, job) = (self.worker().store, self.job(id).await);
        let total = u32::try_from(self.customers.len()).unwrap();
        assert_eq!(
            (job.state, job.counts.changed, job.counts.done()),
            (JobState::Done, total, total),
            "{job:?}"
        );
        let results = store.job_results(id, 0, 1000).await.unwrap();
        let results: Vec<_> = results.into_iter().flat_map(|(_, results)| results).collect();
        let told: Vec<_> = results.iter().map(|result| result.customer.clone()).collect();
        assert_eq!(told, self.customers);
        for result in results {
            let entries = store.timeline(&result.customer, 100, None).await.unwrap().items;
            let own = format!("job-{id}-");
            let of_job = |entry: &&store::JournalEntry| entry.signal.id.as_str().starts_with(&own);
            let of_job: Vec<_> = entries.iter().filter(of_job).map(|entry| Some(entry.version)).collect();
            assert_eq!(of_job, [result.entry], "{:?}", result.customer);
        }
        let due = store.next_due().await.unwrap();
        assert!(due.is_some(), "the phones are still to be written");
        let mut left = 0;
        for shard in store::SHARDS {
            let work = store.unfinished(shard, self.clock.now().plus_days(1), 10_000).await.unwrap();
            left += work.iter().filter(|item| item.kind == store::WorkKind::Job).count();
        }
        assert_eq!(left, 0, "nobody looks for it any more");
    }
}

const DEADLY: Rates = Rates {
    crash_before: 15,
    crash_after: 15,
    conflict: 40,
    throttle: 20,
    lost_answer: 20,
    short_page: 50,
    unprocessed: 20,
    stall: 0,
    turns: 0,
};

#[tokio::test(flavor = "current_thread")]
async fn a_worker_that_dies_anywhere_is_followed_by_one_that_goes_on_and_nothing_is_done_twice() {
    let mut deaths = 0;
    for seed in 0..8 {
        let shop = Workshop::new(seed, DEADLY, 250).await;
        let job = shop.order("suv").await;
        shop.trouble.pause(false);
        deaths += shop.see_through(&job).await;
        shop.check_all_once(&job).await;
        assert_eq!(shop.holders("suv").await, shop.customers);
    }
    assert!(deaths > 10, "{deaths} deaths");
}

#[tokio::test(flavor = "current_thread")]
async fn two_workers_at_once_count_each_customer_once() {
    let rates = Rates { stall: 200, turns: 4, conflict: 40, ..Rates::default() };
    let mut races = 0;
    for seed in 0..4 {
        let shop = Workshop::new(seed, rates, 250).await;
        let job = shop.order("suv").await;
        shop.trouble.pause(false);
        // A worker that is held up for longer than its lease does not know that another has taken over.
        let work = async |worker: App| {
            while !shop.job(&job).await.state.is_over() {
                let _ = worker.run_job(&job).await;
                for _ in 0..20 {
                    tokio::task::yield_now().await;
                }
            }
        };
        join(work(shop.worker()), work(shop.worker())).await;
        races += shop.trouble.races.load(Ordering::SeqCst);
        shop.check_all_once(&job).await;
    }
    assert!(races > 0, "they never met");
}

#[tokio::test(flavor = "current_thread")]
async fn a_job_that_is_cancelled_in_the_middle_keeps_what_was_done_and_does_no_more() {
    let rates = Rates { turns: 6, ..Rates::default() };
    let mut middle = 0;
    for seed in 0..6 {
        let shop = Workshop::new(seed, rates, 350).await;
        let job = shop.order("suv").await;
        shop.trouble.pause(false);
        let (worker, office) = (shop.worker(), shop.worker());
        let cancel = async {
            for _ in 0..(seed * 20) {
                tokio::task::yield_now().await;
            }
            office.cancel_job(&job, &Author::stepwise()).await.unwrap()
        };
        let (worked, asked) = join(worker.run_job(&job), cancel).await;
        worked.unwrap();
        assert!(matches!(asked.state, JobState::Cancelling | JobState::Cancelled), "{asked:?}");
        // Whoever is told of it later has nothing to do.
        shop.worker().run_job(&job).await.unwrap();
        shop.trouble.pause(true);
        let ended = shop.job(&job).await;
        assert_eq!(ended.state, JobState::Cancelled);
        let done = usize::try_from(ended.counts.done()).unwrap();
        assert_eq!(shop.holders("suv").await, shop.customers[..done]);
        assert!(done.is_multiple_of(100) && done < 350, "whole packs: {done}");
        middle += usize::from(done > 0);
        let again = shop.worker().cancel_job(&job, &Author::stepwise()).await.unwrap();
        assert_eq!(again.state, JobState::Cancelled);
    }
    assert!(middle > 0, "never in the middle");
}

#[tokio::test(flavor = "current_thread")]
async fn what_others_do_to_the_customers_meanwhile_is_not_lost() {
    let rates = Rates { turns: 4, conflict: 20, ..Rates::default() };
    for seed in 0..4 {
        let shop = Workshop::new(seed, rates, 150).await;
        let job = shop.order("suv").await;
        shop.trouble.pause(false);
        let (worker, office) = (shop.worker(), shop.worker());
        let others = async {
            for customer in shop.customers.iter().rev() {
                let what =
                    Happening::TagsEdited { add: ["vip".into()].into(), remove: [].into(), expires_at: None };
                let by = Actor::Staff { userid: "zhang".into() };
                let id = format!("by-hand-{customer}").into();
                let signal = Signal { id, at: shop.clock.now(), by, what };
                office.handle(customer, signal).await.unwrap();
            }
        };
        let (worked, ()) = join(worker.run_job(&job), others).await;
        worked.unwrap();
        shop.see_through(&job).await;
        shop.check_all_once(&job).await;
        assert_eq!(shop.holders("vip").await, shop.customers);
        assert_eq!(shop.holders("suv").await, shop.customers);
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_job_of_which_nobody_heard_is_found_by_the_tick() {
    let shop = Workshop::new(1, Rates::default(), 5).await;
    let job = shop.order("suv").await;
    shop.bus.0.lock().unwrap().clear();
    shop.clock.set(shop.clock.now().plus_mins(1));
    shop.worker().tick().await.unwrap();
    let told = shop.bus.0.lock().unwrap().clone();
    let of_job = |message: &&Message| message.kind == MessageKind::Job;
    assert_eq!(told.iter().filter(of_job).map(|message| &*message.id).collect::<Vec<_>>(), [job.as_str()]);
    engine::handle(&shop.worker(), told.iter().find(of_job).unwrap()).await.unwrap();
    shop.check_all_once(&job).await;
}

#[tokio::test(flavor = "current_thread")]
async fn a_file_that_cannot_be_read_is_written_down_as_failed_and_the_job_goes_on() {
    let shop = Workshop::new(1, Rates::default(), 120).await;
    let newer = json!({"TableName": "stepwise-main", "Key": {"pk": {"S": "C#wm0007"}, "sk": {"S": "FILE"}},
        "UpdateExpression": "SET #f = :f", "ExpressionAttributeNames": {"#f": "format"},
        "ExpressionAttributeValues": {":f": {"N": "99"}}});
    let (status, _) = shop.engine.answer("DynamoDB_20120810.UpdateItem", newer.to_string().as_bytes());
    assert_eq!(status, 200);
    let job = shop.order("suv").await;
    shop.see_through(&job).await;
    let ended = shop.job(&job).await;
    assert_eq!((ended.state, ended.counts.changed, ended.counts.failed), (JobState::Done, 119, 1));
    let results = shop.worker().store.job_results(&job, 0, 1).await.unwrap();
    assert_eq!(results[0].1[7].trouble, Some(store::JobTrouble::Broken));
}

#[tokio::test(flavor = "current_thread")]
async fn however_answers_are_lost_and_writers_meet_each_change_is_in_the_audit_once() {
    let rates = Rates { conflict: 100, throttle: 20, lost_answer: 100, turns: 4, ..Rates::default() };
    for seed in 0..5 {
        let shop = Workshop::new(seed, rates, 0).await;
        let origin = Origin { via: Via::AdminToken, credential: None, ip: None, request_id: "r".into() };
        let author = Author { actor: Actor::Operator { name: "admin".into() }, origin: Some(origin) };
        shop.trouble.pause(false);
        let rename = async |worker: App, who: &str| {
            for n in 0..20 {
                // Whoever hears nothing does not know whether it was done.
                let _ = worker.put_staff("zhang", &format!("{who}{n}"), &author).await;
            }
        };
        join(rename(shop.worker(), "a"), rename(shop.worker(), "b")).await;
        shop.trouble.pause(true);

        let worker = shop.worker();
        let made = worker.playbook().await.unwrap().staff[&"zhang".into()].revision;
        let (from, to) = (shop.clock.now().plus_days(-1), shop.clock.now().plus_days(1));
        let entries = worker.store.audit(from, &AuditPlace::before(to), 200).await.unwrap().items;
        assert_eq!(u64::try_from(entries.len()).unwrap(), made, "seed {seed}: as many as there were changes");
        assert!(made > 10, "{made}");
    }
}
