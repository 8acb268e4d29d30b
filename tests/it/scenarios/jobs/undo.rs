//! What a job did is taken back by one request.

use http::Method;
use serde_json::{Value, json};
use tests::{World, at, items, text};

use super::{finished, results, send_as, sign_in, with_customers};

const STAGE: &str = "/api/v1/customers/batch/stage";

/// What somebody sees of a customer's progress in SOPs: which are live, what was done in them, what comes next.
async fn progress(world: &World, id: &str) -> Vec<Value> {
    let live = world.enrollments(id).await.into_iter().filter(|e| e["state"] == "active");
    let done = |step: &Value| json!([step["step"], step["state"]]);
    live.map(|e| {
        let steps: Vec<Value> = items(&e["steps"]).iter().map(done).collect();
        json!({"sop": e["sop"], "occurrence": e["occurrence"], "next": e["next"], "steps": steps})
    })
    .collect()
}

async fn take_back(world: &World, job: &Value) -> Value {
    let path = format!("/api/v1/jobs/{}/undo", text(&job["id"]));
    let begun = world.post(&path, Value::Null).await;
    assert_eq!(begun.status, 202, "{:#}", begun.body);
    finished(world, &begun.body).await
}

#[tokio::test]
async fn a_wrong_drag_of_three_hundred_cards_is_undone_by_one_request() {
    let (world, ids) = with_customers(300).await;
    // They stand at 考虑价格; ten of them have had the first step of its SOP.
    let job = world.post(STAGE, json!({"customers": ids, "board": "sales", "stage": "price"})).await.ok();
    finished(&world, &job).await;
    world.until(at("2026-03-02 10:30")).await;
    let tasks = items(&world.get("/api/v1/tasks?userid=zhang&limit=200").await.ok()["items"]);
    for task in tasks.iter().take(10) {
        let path = format!("/api/v1/tasks/{}/skip", text(&task["id"]));
        world.post(&path, json!({"note": "已电话沟通"})).await.ok();
    }
    let some = ["wm000", "wm005", "wm100", "wm299"];
    let mut before = Vec::new();
    for id in some {
        before.push((world.view(id).await["stages"].clone(), progress(&world, id).await));
    }

    let shown = json!(before.iter().map(|(_, progress)| progress).collect::<Vec<_>>()).to_string();
    assert!(shown.contains("skipped") && shown.contains("offered"), "some were reached, some not: {shown}");

    let wrong =
        json!({"of": {"stage": "sales/price"}, "board": "sales", "stage": "interest", "reason": "选错了"});
    let job = world.post(STAGE, wrong).await.ok();
    assert_eq!(job["text"], "从「考虑价格」移到「了解产品」（销售）");
    assert_eq!(job["of"], "在「考虑价格」（销售）的客户");
    let job = finished(&world, &job).await;
    assert_eq!((&job["counts"]["changed"], &job["total"]), (&json!(300), &json!(300)));
    let entered = progress(&world, "wm000").await;
    assert_eq!((entered.len(), &entered[0]["sop"]), (1, &json!("interest")));
    // One of them went on meanwhile.
    let on = json!({"board": "sales", "stage": "order"});
    world.put("/api/v1/customers/wm007/stage", on).await.ok();

    let undone = take_back(&world, &job).await;
    assert_eq!(
        undone["counts"],
        json!({"changed": 299, "unchanged": 0, "refused": 1, "failed": 0}),
        "{undone:#}"
    );
    let refused = results(&world, &undone, "outcome=refused").await;
    assert_eq!((refused.len(), &refused[0]["customer"]), (1, &json!("wm007")));
    assert_eq!(refused[0]["refused"][0]["text"], "未撤销：之后又有变化");
    assert_eq!(world.stage("wm007", "sales").await.as_deref(), Some("order"));
    for (id, (stages, progress_before)) in some.iter().zip(before) {
        let now = world.view(id).await["stages"].clone();
        assert_eq!(now["sales"]["stage"], stages["sales"]["stage"], "{id}");
        assert_eq!(now["sales"]["since"], stages["sales"]["since"], "{id}");
        assert_eq!(progress(&world, id).await, progress_before, "{id}");
        assert_eq!(world.tags(id).await, ["客户状态/考虑价格"]);
    }
    world.until(world.now().plus_mins(5)).await;
    for id in &ids {
        let expected = if id == "wm007" { "客户状态/下定" } else { "客户状态/考虑价格" };
        assert_eq!(world.wecom_tags(id, "zhang").await, [expected], "{id}");
    }
    let tasks = items(&world.get("/api/v1/tasks?userid=zhang&limit=200").await.ok()["items"]);
    assert!(!tasks.is_empty(), "what was open is open again");
}

#[tokio::test]
async fn an_undo_is_undone_in_turn_and_nothing_twice() {
    let (world, ids) = with_customers(3).await;
    let tags = "/api/v1/customers/batch/tags";
    let job = world.post(tags, json!({"customers": ids, "add": ["兴趣/SUV"]})).await.ok();
    let job = finished(&world, &job).await;
    let path = format!("/api/v1/jobs/{}/undo", text(&job["id"]));
    let mut made = Vec::new();
    for _ in 0..2 {
        let again = world.send(Method::POST, &path, &[("idempotency-key", "k")], None).await;
        assert_eq!(again.status, 202, "{:#}", again.body);
        made.push(text(&again.body["id"]));
        finished(&world, &again.body).await;
    }
    assert_eq!(made[0], made[1], "the same request");
    assert!(world.tags("wm000").await.is_empty());

    let twice = take_back(&world, &job).await;
    assert_eq!((&twice["counts"]["changed"], &twice["counts"]["refused"]), (&json!(0), &json!(3)));
    let nothing = world.post(&format!("/api/v1/jobs/{}/undo", text(&twice["id"])), Value::Null).await;
    let nothing = nothing.refused(409);
    assert_eq!((&nothing["code"], &nothing["reason"]), (&json!("undo_refused"), &json!("nothing")));

    let redone = take_back(&world, &json!({"id": made[0]})).await;
    assert_eq!(redone["counts"]["changed"], 3);
    assert_eq!(world.tags("wm000").await, ["兴趣/SUV"]);
    world.until(world.now().plus_days(1).plus_mins(1)).await;
    let late = world.post(&path, Value::Null).await.refused(409);
    assert_eq!((&late["code"], &late["reason"]), (&json!("undo_refused"), &json!("too_old")));
    let again = world.send(Method::POST, &path, &[("idempotency-key", "k")], None).await;
    assert_eq!((again.status, text(&again.body["id"])), (202, made[0].clone()), "answered as it was then");
}

#[tokio::test]
async fn only_whoever_made_a_job_or_an_admin_takes_it_back() {
    let (world, ids) = with_customers(2).await;
    let (zhang, li) = (sign_in(&world, "zhang").await, sign_in(&world, "li").await);
    let wanted = json!({"customers": ids, "add": ["兴趣/SUV"]});
    let job = send_as(&world, &zhang, Method::POST, "/api/v1/customers/batch/tags", wanted).await.ok();
    let job = finished(&world, &job).await;
    let path = format!("/api/v1/jobs/{}/undo", text(&job["id"]));
    assert_eq!(send_as(&world, &li, Method::POST, &path, Value::Null).await.status, 404);
    let undone = send_as(&world, &zhang, Method::POST, &path, Value::Null).await.ok();
    let undone = finished(&world, &undone).await;
    assert_eq!(undone["counts"]["changed"], 2);
    assert_eq!((&undone["what"]["kind"], &undone["what"]["job"]), (&json!("undo"), &job["id"]));
}
