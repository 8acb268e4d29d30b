//! Jobs that find their customers themselves: everybody with a tag, everybody at a stage.

use std::collections::BTreeMap;

use domain::{
    Actor, Happening, Signal, Timestamp,
    signal::{Snapshot, SnapshotRelation},
};
use http::Method;
use serde_json::{Value, json};
use tests::text;

use super::super::access::corp;
use super::{TAGS, finished, results, send_as, sign_in, with_customers};

const STAGE: &str = "/api/v1/customers/batch/stage";

/// What an import finds of a customer of Zhang's.
fn found(now: Timestamp) -> Signal {
    let relation = SnapshotRelation {
        createtime: now.plus_days(-30),
        add_way: None,
        state: None,
        remark: String::new(),
        tags: [].into(),
        personal_tags: Some([].into()),
    };
    let relations = BTreeMap::from([("zhang".into(), relation)]);
    let snapshot = Snapshot { relations, baseline: true, ..Snapshot::default() };
    Signal { id: "import".into(), at: now, by: Actor::Stepwise, what: Happening::Fetched { snapshot } }
}

#[tokio::test]
async fn everybody_with_a_tag_of_twelve_hundred_customers_gets_another() {
    let (world, _) = with_customers(0).await;
    let ids: Vec<String> = (0..1_200).map(|n| format!("wm{n:04}")).collect();
    for id in &ids {
        world.machine.app.handle(&id.as_str().into(), found(world.now())).await.unwrap();
    }
    let job = world.post(TAGS, json!({"customers": ids, "add": ["兴趣/老客户"]})).await.ok();
    finished(&world, &job).await;
    // Who has it no more is not among them.
    world.post("/api/v1/customers/wm0777/tags", json!({"remove": ["兴趣/老客户"]})).await.ok();
    let wanted = json!({"of": {"tag": "老客户"}, "add": ["兴趣/SUV"], "expires_at": "2026-03-09T01:00:00Z"});
    let begun = world.post(TAGS, wanted).await.ok();
    assert_eq!((&begun["collecting"], &begun["total"]), (&json!(true), &json!(0)));
    assert_eq!(begun["of"], "有标签「兴趣/老客户」的客户");
    assert_eq!(begun["text"], "加上标签「兴趣/SUV」（3月9日 09:00到期）");
    let job = finished(&world, &begun).await;
    assert_eq!(
        (&job["collecting"], &job["total"], &job["done"]),
        (&json!(false), &json!(1199), &json!(1199))
    );
    assert_eq!(job["counts"]["changed"], 1199);
    let told = results(&world, &job, "limit=200").await;
    let mut customers: Vec<String> = told.iter().map(|result| text(&result["customer"])).collect();
    assert_eq!(customers.len(), 1199);
    customers.sort();
    customers.dedup();
    assert_eq!(customers.len(), 1199, "each once");
    assert!(world.tags("wm0777").await.is_empty());
    assert_eq!(world.tags("wm1199").await.len(), 2);
}

#[tokio::test]
async fn everybody_at_a_stage_moves_hidden_cards_too_and_whoever_was_moved_meanwhile_stays() {
    let (world, ids) = with_customers(4).await;
    let job = world.post(STAGE, json!({"customers": ids, "board": "销售", "stage": "了解产品"})).await.ok();
    let job = finished(&world, &job).await;
    assert_eq!(job["counts"]["changed"], 4);
    world.sim("customers/wm003/block", json!({"userid": "zhang"})).await;
    world.put("/api/v1/customers/wm000/stage", json!({"board": "sales", "stage": "order"})).await.ok();

    let named = json!({"customers": ids, "board": "sales", "stage": "price", "from": "interest"});
    let job = finished(&world, &world.post(STAGE, named).await.ok()).await;
    assert_eq!(job["counts"], json!({"changed": 3, "unchanged": 0, "refused": 1, "failed": 0}));
    let refused = results(&world, &job, "outcome=refused").await;
    assert_eq!(
        (&refused[0]["customer"], &refused[0]["refused"][0]["kind"]),
        (&json!("wm000"), &json!("ignored"))
    );
    assert_eq!(refused[0]["refused"][0]["text"], "未生效：商机已被他人移动");

    let off = json!({"of": {"stage": "sales/price"}, "board": "sales", "stage": null});
    let job = finished(&world, &world.post(STAGE, off).await.ok()).await;
    assert_eq!((&job["total"], &job["counts"]["changed"]), (&json!(3), &json!(3)));
    for id in ["wm001", "wm002", "wm003"] {
        assert_eq!(world.stage(id, "sales").await, None, "{id}");
    }
    assert_eq!(world.stage("wm000", "sales").await.as_deref(), Some("order"));
}

#[tokio::test]
async fn a_stage_that_asks_for_a_reason_asks_for_one_of_many_too() {
    let (world, _) = with_customers(1).await;
    let stages = json!([{"id": "open", "name": "跟进"}, {"id": "lost", "name": "流失", "kind": "lost", "reason_required": true}]);
    let board = json!({"name": "售后", "tag_group": "售后阶段", "stages": stages});
    world.put("/api/v1/boards/after", board).await.ok();
    for (body, pointer, code) in [
        (json!({"customers": ["wm000"], "board": "after", "stage": "lost"}), "/reason", "reason_needed"),
        (json!({"customers": ["wm000"], "board": "after", "stage": "won"}), "/stage", "unknown_stage"),
        (json!({"customers": ["wm000"], "board": "after"}), "/stage", "missing_field"),
        (json!({"board": "after", "stage": "open"}), "/customers", "missing_field"),
        (json!({"of": {"tag": "新客户"}, "board": "after", "stage": "open"}), "/of/tag", "unknown_tag"),
        (
            json!({"of": {"stage": "after/open"}, "board": "after", "stage": "open"}),
            "/stage",
            "contradiction",
        ),
    ] {
        let problem = world.post(STAGE, body).await.refused(422);
        let error = &problem["errors"][0];
        assert_eq!((text(&error["pointer"]), text(&error["code"])), (pointer.into(), code.into()));
    }
    let given = json!({"customers": ["wm000"], "board": "after", "stage": "lost", "reason": "已买竞品"});
    finished(&world, &world.post(STAGE, given).await.ok()).await;
    let timeline = world.timeline("wm000").await;
    assert!(timeline.iter().any(|entry| text(&entry["text"]).contains("已买竞品")), "{timeline:#?}");
}

#[tokio::test]
async fn a_job_touches_only_whom_its_creator_sees_and_tells_of_nobody_else() {
    let (world, ids) = with_customers(3).await;
    world.customer("wmLi", "李四的客户", "li").await;
    let all: Vec<&str> = ids.iter().map(|id| &**id).chain(["wmLi"]).collect();
    finished(&world, &world.post(TAGS, json!({"customers": all, "add": ["兴趣/老客户"]})).await.ok()).await;
    let zhang = sign_in(&world, "zhang").await;
    let wanted = json!({"of": {"tag": "兴趣/老客户"}, "add": ["兴趣/SUV"]});
    let job = send_as(&world, &zhang, Method::POST, TAGS, wanted).await.ok();
    let job = finished(&world, &job).await;
    assert_eq!((&job["total"], &job["counts"]["changed"]), (&json!(3), &json!(3)));
    assert_eq!(results(&world, &job, "").await.len(), 3);
    assert_eq!(world.tags("wmLi").await, ["兴趣/老客户"]);
    assert_eq!(job["trouble"], Value::Null);
}

#[tokio::test]
async fn a_managers_job_reaches_the_customers_of_their_department() {
    let world = corp().await;
    let stage = "/api/v1/customers/batch/stage";
    let all = json!({"customers": ["wmzhang", "wmli", "wmzhao"], "board": "sales", "stage": "interest"});
    finished(&world, &world.post(stage, all).await.ok()).await;
    let mut mei = world.signed_in("mei").await;
    let wanted = json!({"of": {"stage": "sales/interest"}, "board": "sales", "stage": "price"});
    let job = finished(&world, &mei.post(stage, wanted).await.ok()).await;
    let told = results(&world, &job, "").await;
    let customers: Vec<String> = told.iter().map(|result| text(&result["customer"])).collect();
    assert_eq!((customers.concat(), &job["total"]), ("wmliwmzhang".into(), &json!(2)));
    assert_eq!(world.stage("wmzhao", "sales").await.as_deref(), Some("interest"));

    // Of what an admin did in both departments they take back nothing, not even in theirs: it is no job of theirs.
    let both = json!({"customers": ["wmli", "wmzhao"], "board": "sales", "stage": "order"});
    let others = finished(&world, &world.post(stage, both).await.ok()).await;
    let path = format!("/api/v1/jobs/{}/undo", text(&others["id"]));
    assert_eq!(mei.post(&path, Value::Null).await.status, 404);
    let own = format!("/api/v1/jobs/{}/undo", text(&job["id"]));
    let undone = finished(&world, &mei.post(&own, Value::Null).await.ok()).await;
    assert_eq!((&undone["counts"]["changed"], &undone["counts"]["refused"]), (&json!(1), &json!(1)));
    assert_eq!(world.stage("wmzhang", "sales").await.as_deref(), Some("interest"));
    assert_eq!(world.stage("wmli", "sales").await.as_deref(), Some("order"));
}
