//! Who goes on with a job, how often it is tried, and when it ends before its end.

use app::{Author, Clock as _, NewJob, Origin, Via, Whom};
use domain::Actor;
use futures::future::join;
use serde_json::{Value, json};
use store::{
    ApiToken, AuditEntry, Change, Decision, Expected, JobKind, JobState, JobTrouble, RecordKind, Target,
};
use tests::Rates;

use super::Workshop;

#[tokio::test(flavor = "current_thread")]
async fn whoever_was_changed_by_a_worker_that_died_has_a_result_though_the_job_was_cancelled_then() {
    let rates = Rates { crash_after: 50, ..Rates::default() };
    for seed in 0..40 {
        let shop = Workshop::new(seed, rates, 150).await;
        let job = shop.order("suv").await;
        shop.trouble.pause(false);
        let _ = shop.trouble.survive(shop.worker().run_job(&job)).await;
        shop.trouble.pause(true);
        if shop.job(&job).await.counts.done() == 150 {
            continue;
        }
        shop.worker().cancel_job(&job, &Author::stepwise()).await.unwrap();
        shop.clock.set(shop.clock.now().plus_secs(61));
        let before = shop.holders("suv").await;
        shop.worker().run_job(&job).await.unwrap();
        let ended = shop.job(&job).await;
        assert_eq!(ended.state, JobState::Cancelled);
        assert_eq!(shop.holders("suv").await, before, "nobody else was changed");
        let results = shop.worker().store.job_results(&job, 0, 1000).await.unwrap();
        let told = results.into_iter().flat_map(|(_, results)| results).map(|result| result.customer);
        assert_eq!(told.collect::<Vec<_>>(), before);
        assert_eq!(usize::try_from(ended.counts.changed).unwrap(), before.len());
        if !before.len().is_multiple_of(100) {
            return;
        }
    }
    panic!("nobody died in the middle of a pack");
}

#[tokio::test(flavor = "current_thread")]
async fn a_pack_in_which_every_worker_dies_is_written_down_as_failed_and_the_job_goes_on() {
    let shop = Workshop::new(1, Rates::default(), 130).await;
    let job = shop.order("suv").await;
    for n in 0..11 {
        let (store, now) = (shop.worker().store, shop.clock.now());
        let taken = store.take_job(&job, &format!("dead-{n}"), now, now.plus_secs(60)).await.unwrap();
        assert_eq!(taken.unwrap().tries, n + 1, "whoever dies cannot say so afterwards");
        shop.clock.set(now.plus_secs(61));
    }
    shop.see_through(&job).await;
    let ended = shop.job(&job).await;
    assert_eq!((ended.state, ended.counts.changed, ended.counts.failed), (JobState::Done, 30, 100));
    let results = shop.worker().store.job_results(&job, 0, 1).await.unwrap();
    assert_eq!(results[0].1[0].trouble, Some(JobTrouble::Broken));
}

#[tokio::test(flavor = "current_thread")]
async fn whoever_hands_over_in_order_has_not_failed() {
    let shop = Workshop::new(1, Rates::default(), 2).await;
    let job = shop.order("suv").await;
    let (store, now) = (shop.worker().store, shop.clock.now());
    for _ in 0..20 {
        store.take_job(&job, "a", now, now.plus_secs(60)).await.unwrap().unwrap();
        let again = store.take_job(&job, "a", now, now.plus_secs(60)).await.unwrap();
        assert!(again.is_some(), "the answer was lost, and the request came again");
        assert!(store.take_job(&job, "b", now, now.plus_secs(60)).await.unwrap().is_none());
        store.let_job_go(&job, "a", now, None, true).await.unwrap();
    }
    assert_eq!(shop.job(&job).await.tries, 0);
    shop.see_through(&job).await;
    shop.check_all_once(&job).await;
}

#[tokio::test(flavor = "current_thread")]
async fn a_store_in_trouble_for_long_makes_no_pack_hopeless() {
    let shop = Workshop::new(1, Rates::default(), 2).await;
    let job = shop.order("suv").await;
    for _ in 0..30 {
        let (store, now) = (shop.worker().store, shop.clock.now());
        let taken = store.take_job(&job, "a", now, now.plus_secs(60)).await.unwrap().unwrap();
        store.let_job_go(&job, "a", now, Some(JobTrouble::Busy), taken.tries <= 6).await.unwrap();
        shop.clock.set(now.plus_secs(1));
    }
    assert_eq!(shop.job(&job).await.tries, 6, "they came back and said so");
    shop.see_through(&job).await;
    shop.check_all_once(&job).await;
}

#[tokio::test(flavor = "current_thread")]
async fn a_job_ends_with_the_token_that_asked_for_it() {
    let shop = Workshop::new(1, Rates::default(), 2).await;
    let (store, now) = (shop.worker().store, shop.clock.now());
    let origin = Origin { via: Via::Token, credential: Some("t1".into()), ip: None, request_id: "r1".into() };
    let author = Author { actor: Actor::Operator { name: "crm".into() }, origin: Some(origin.clone()) };
    let audit = |unique: &str| AuditEntry {
        at: now,
        unique: unique.into(),
        by: author.actor.clone(),
        origin: origin.clone(),
        action: "token.create".into(),
        target: Target { kind: "token".into(), id: "t1".into() },
        before: None,
        after: None,
        entry: None,
    };
    let token = ApiToken {
        id: "t1".into(),
        name: "CRM".into(),
        hash: "0".repeat(64),
        scopes: ["customers:write".to_owned()].into(),
        created_by: "admin".into(),
        created_at: now,
        expires_at: now.plus_days(1),
        used_at: None,
    };
    store.put_api_token(&token, &audit("a")).await.unwrap();
    let good = shop.order_for("suv", &shop.customers, &author).await;
    shop.see_through(&good).await;
    assert_eq!(shop.job(&good).await.state, JobState::Done);

    let expired = shop.order_for("vip", &shop.customers, &author).await;
    shop.clock.set(now.plus_days(1));
    shop.see_through(&expired).await;
    shop.clock.set(now.plus_mins(10));
    let revoked = shop.order_for("vip", &shop.customers, &author).await;
    assert!(store.delete_api_token("t1", &audit("b")).await.unwrap());
    shop.see_through(&revoked).await;
    for job in [expired, revoked] {
        let ended = shop.job(&job).await;
        assert_eq!((ended.state, ended.trouble), (JobState::Failed, Some(JobTrouble::TokenRevoked)));
    }
    assert!(shop.holders("vip").await.is_empty());
}

impl Workshop {
    async fn record(&self, kind: RecordKind, id: &str, doc: Value) {
        let doc = Some(doc.to_string());
        let change = Change { kind, id: id.into(), doc, revision: 1, expected: Expected::Any };
        self.worker().store.change_playbook(&[change], None, &[], id).await.unwrap();
    }
}

#[tokio::test(flavor = "current_thread")]
async fn what_the_corp_has_decided_is_carried_out_whoever_asked_for_it_and_what_somebody_chose_is_not() {
    let shop = Workshop::new(1, Rates::default(), 2).await;
    let stage = |id: &str| json!({"id": id, "name": id, "tag": null});
    let board = json!({"id": "b", "name": "b", "tag_group": "g", "stages": [stage("s"), stage("t")],
        "former": [{"id": "x", "name": "x", "moved_to": "t"}]});
    shop.record(RecordKind::Board, "b", board).await;
    // Whoever asks is no admin any more, and leaves; their token is gone.
    let origin =
        Origin { via: Via::Token, credential: Some("gone".into()), ip: None, request_id: "r".into() };
    let author = Author { actor: Actor::Staff { userid: "zhang".into() }, origin: Some(origin) };
    let moved = |from: &str| JobKind::MoveStage {
        board: "b".into(),
        stage: Some("t".into()),
        only_from: Some(from.into()),
    };
    let mut jobs = Vec::new();
    for (what, is_said_already) in
        [(JobKind::Board { board: "b".into() }, true), (moved("x"), true), (moved("s"), false)]
    {
        let customers = Whom::Named(shop.customers.clone());
        let new = NewJob { what, customers, reason: None, sight: Some("zhang".into()), request: None };
        let job = shop.worker().start_job(new, &author).await.unwrap().0;
        assert_eq!(job.order.sight.is_none(), is_said_already, "{:?}", job.order.what);
        jobs.push((job.id, is_said_already));
    }
    for (job, is_said_already) in jobs {
        shop.worker().run_job(&job).await.unwrap();
        let ended = shop.job(&job).await;
        let expected = if is_said_already { (JobState::Done, 2) } else { (JobState::Failed, 0) };
        assert_eq!((ended.state, ended.counts.done()), expected, "{:?}", ended.order.what);
    }
}

#[tokio::test(flavor = "current_thread")]
async fn a_job_that_is_cancelled_while_somebody_decides_on_it_is_cancelled() {
    let rates = Rates { turns: 4, ..Rates::default() };
    let mut met = 0;
    for seed in 0..40 {
        let shop = Workshop::new(seed, rates, 1).await;
        let job = shop.order("suv").await;
        let waits = json!({"TableName": "stepwise-main",
            "Key": {"pk": {"S": format!("JOB#{job}")}, "sk": {"S": "JOB"}},
            "UpdateExpression": "SET #s = :w REMOVE work_shard, retry_at",
            "ExpressionAttributeNames": {"#s": "state"}, "ExpressionAttributeValues": {":w": {"S": "waiting"}}});
        let (status, _) = shop.engine.answer("DynamoDB_20120810.UpdateItem", waits.to_string().as_bytes());
        assert_eq!(status, 200);
        shop.trouble.pause(false);
        let (office, other) = (shop.worker(), shop.worker());
        let author = Author::stepwise();
        let (cancelled, decided) =
            join(office.cancel_job(&job, &author), other.decide_job(&job, Decision::React, &author)).await;
        shop.trouble.pause(true);
        met += u32::from(decided.is_ok());
        assert_eq!(cancelled.unwrap().state, JobState::Cancelling, "seed {seed}");
    }
    assert!(met > 0, "nobody decided");
}
