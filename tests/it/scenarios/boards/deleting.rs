//! A stage deleted: whoever stood there is moved, whole, and nobody is lost.

use domain::{Actor, BoardId, StageId};
use http::Method;
use serde_json::json;
use store::{Job, JobKind, JobOrder};
use tests::{World, items, text};

use super::{BOARD, ask, done, of_stages, patch, put_at};
use crate::scenarios::price::company;

const INTEREST: &str = "/api/v1/boards/sales/stages/interest?force=true";

fn sales() -> BoardId {
    "sales".into()
}

async fn revision(world: &World) -> u64 {
    world.machine.app.playbook().await.unwrap().boards[&sales()].revision
}

/// Deletes 了解产品 as a crash would leave it: nobody has been moved yet.
async fn deleted_by_half(world: &World) {
    let revision = revision(world).await;
    let [gone, to] = ["interest", "price"].map(StageId::from);
    let author = app::Author::stepwise();
    world.machine.app.delete_stage(&sales(), &gone, revision, Some(&to), &author).await.unwrap();
}

#[tokio::test]
async fn a_deleted_stage_is_left_by_a_move_like_any_other() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    put_at(&world, "wmA", "interest").await;
    let deleted = ask(&world, Method::DELETE, &format!("{INTEREST}&move_to=price"), None).await;
    assert_eq!(deleted.status, 202);
    assert_eq!(of_stages(&world.get(BOARD).await.ok(), "id"), ["price", "order"], "it is gone at once");
    done(&world, &deleted.ok()).await;
    world.until(world.now().plus_mins(2)).await;

    let enrollments = world.enrollments("wmA").await;
    let state = |sop: &str| enrollments.iter().find(|of| of["sop"] == sop).map(|of| text(&of["state"]));
    assert_eq!((state("interest").as_deref(), state("price").as_deref()), (Some("exited"), Some("active")));
    assert_eq!(world.tags("wmA").await, ["客户状态/考虑价格"], "one stage, one tag");
    assert_eq!(world.wecom_tags("wmA", "zhang").await, ["客户状态/考虑价格"]);
    let moves = world.facts("wmA", "moved").await;
    assert!(moves.last().unwrap().contains("了解产品 → 考虑价格"), "the past keeps its names: {moves:?}");
    assert_eq!(world.facts("wmA", "ignored").await, [""; 0]);
    let former = world.get(BOARD).await.ok()["former"].clone();
    assert_eq!(former, json!([{"id": "interest", "name": "了解产品", "moved_to": "price"}]));
    ask(&world, Method::DELETE, &format!("{INTEREST}&move_to=price"), None).await.refused(404);
}

#[tokio::test]
async fn whoever_hears_something_first_is_moved_by_that() {
    let world = company().await;
    for customer in ["wmA", "wmB"] {
        world.customer(customer, customer, "zhang").await;
        put_at(&world, customer, "interest").await;
    }
    deleted_by_half(&world).await;
    world.say("wmA", "zhang", "你好").await;
    world.until(world.now().plus_mins(2)).await;
    assert_eq!(world.stage("wmA", "sales").await.as_deref(), Some("price"));
    assert_eq!(world.wecom_tags("wmA", "zhang").await, ["客户状态/考虑价格"]);
    let enrolled = world.enrollments("wmA").await;
    assert!(enrolled.iter().any(|of| of["sop"] == "price" && of["state"] == "active"), "{enrolled:?}");

    // Silent is what looks at the board for its own sake: it moves nobody behind their SOPs' back.
    let amount = patch(&world, json!({"amount": "报价"})).await.ok();
    let job = world.get(&format!("/api/v1/jobs/{}", text(&amount["job"]))).await.ok();
    done(&world, &job).await;
    assert!(world.enrollments("wmB").await.iter().all(|of| of["sop"] != "price"));
    // And who is left the same request moves, without a precondition that its first half has changed.
    let left = world.send(Method::DELETE, INTEREST, &[], None).await;
    assert_eq!(left.status, 202);
    done(&world, &left.ok()).await;
    assert_eq!(world.stage("wmB", "sales").await.as_deref(), Some("price"));
    assert!(world.enrollments("wmB").await.iter().any(|of| of["sop"] == "price"));
}

#[tokio::test]
async fn who_has_moved_on_meanwhile_is_not_dragged_back() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    put_at(&world, "wmA", "interest").await;
    deleted_by_half(&world).await;
    put_at(&world, "wmA", "order").await;
    let app = &world.machine.app;
    for (id, what) in [
        (
            "j1",
            JobKind::MoveStage {
                board: sales(),
                stage: Some("price".into()),
                only_from: Some("interest".into()),
            },
        ),
        ("j2", JobKind::PutStageTag { board: sales(), stage: "price".into() }),
    ] {
        let order = JobOrder {
            what,
            reason: None,
            by: Actor::Stepwise,
            origin: None,
            sight: None,
            created_at: world.now(),
            total: 1,
            of: None,
            fingerprint: String::new(),
        };
        let job = Job::new(id.into(), order);
        app.store.create_job(&job, &["wmA".into()], None, id).await.unwrap();
        app.run_job(&job.id).await.unwrap();
    }
    assert_eq!(world.stage("wmA", "sales").await.as_deref(), Some("order"));
    assert!(world.enrollments("wmA").await.iter().all(|of| of["sop"] != "price"));
}

#[tokio::test]
async fn nobody_is_lost_without_a_reason_by_a_stage_that_goes() {
    let world = company().await;
    let lost = json!({"id": "lost", "name": "流失", "kind": "lost", "reason_required": true});
    patch(&world, json!({"stages": [{"id": "interest"}, {"id": "price"}, {"id": "order"}, lost]})).await.ok();
    world.customer("wmA", "王先生", "zhang").await;
    put_at(&world, "wmA", "interest").await;
    let to_lost = format!("{INTEREST}&move_to=lost");
    let refused = ask(&world, Method::DELETE, &to_lost, None).await.refused(422);
    let error = &refused["errors"][0];
    assert_eq!((&error["pointer"], &error["code"]), (&json!("/reason"), &json!("reason_needed")));
    assert_eq!(world.stage("wmA", "sales").await.as_deref(), Some("interest"));

    let told = ask(&world, Method::DELETE, &format!("{to_lost}&reason=%E6%94%B6%E7%BC%A9"), None).await;
    let job = done(&world, &told.ok()).await;
    assert_eq!(job["reason"], "收缩");
    assert_eq!(world.stage("wmA", "sales").await.as_deref(), Some("lost"));
}

#[tokio::test]
async fn the_last_two_stages_stay_and_so_do_their_cards() {
    let world = company().await;
    let stages = json!([{"id": "a", "name": "甲"}, {"id": "b", "name": "乙"}]);
    world.put("/api/v1/boards/two", json!({"name": "二", "tag_group": "二", "stages": stages})).await.ok();
    world.customer("wmA", "王", "zhang").await;
    world.put("/api/v1/customers/wmA/stage", json!({"board": "two", "stage": "a"})).await.ok();
    let path = "/api/v1/boards/two/stages/a?move_to=b";
    world.send(Method::DELETE, path, &[("if-match", "*")], None).await.refused(409);
    world.machine.settle().await.unwrap();
    assert_eq!(world.stage("wmA", "two").await.as_deref(), Some("a"));
}

#[tokio::test]
async fn a_stage_is_not_deleted_under_people_who_have_its_tag_and_no_card_yet() {
    let world = company().await;
    world.sim("tags", json!({"group": "意向", "name": "低"})).await;
    let scenario = json!({"tags": [{"group": "意向", "name": "高", "share": 0.5}]});
    let people =
        json!({"staff": 0, "customers": 40, "days": 90, "silent": true, "seed": 3, "scenario": scenario});
    world.sim("population", people).await;
    world.post("/api/v1/customers/import", json!({})).await.ok();
    world.machine.settle().await.unwrap();
    // Adopted, and the job that makes cards has not come.
    let plan = json!({"name": "意向", "tag_group": "意向",
        "stages": [{"id": "hi", "name": "高"}, {"id": "lo", "name": "低"}, {"id": "no", "name": "无"}]});
    let plan = serde_json::from_value(plan).unwrap();
    let author = app::Author::stepwise();
    Box::pin(world.machine.app.create_board(&"int".into(), &plan, &author)).await.unwrap();

    let high = "/api/v1/boards/int/stages/hi";
    let any = [("if-match", "*")];
    let first = world.send(Method::DELETE, high, &any, None).await;
    assert_eq!((first.status, &first.body["what"]["kind"]), (202, &json!("board")));
    done(&world, &first.ok()).await;
    let refused = world.send(Method::DELETE, high, &any, None).await.refused(409);
    let cards = refused["cards"].as_u64().unwrap();
    assert!(cards > 10, "{refused}");
    let moving = world.send(Method::DELETE, &format!("{high}?move_to=lo"), &any, None).await;
    let job = done(&world, &moving.ok()).await;
    assert_eq!(job["counts"]["changed"], cards);
    let low = items(&world.get("/api/v1/boards/int/cards?stage=lo").await.ok()["items"]).len() as u64;
    assert_eq!(low, cards);
}

#[tokio::test]
async fn who_decides_on_boards_alone_moves_no_customers() {
    let world = company().await;
    world.customer("wmA", "王", "zhang").await;
    put_at(&world, "wmA", "interest").await;
    let token = async |scopes: serde_json::Value| {
        let expires_at = world.now().plus_days(9).to_string();
        let name = scopes.to_string();
        let made = json!({"name": name, "scopes": scopes, "expires_at": expires_at});
        let made = world.post("/api/v1/tokens", made).await.ok();
        world
            .visitor()
            .with("authorization", &format!("Bearer {}", text(&made["token"])))
            .with("if-match", "*")
    };
    let mut alone = token(json!(["playbook:write"])).await;
    alone.send(Method::DELETE, &format!("{INTEREST}&move_to=order"), &[], None).await.refused(403);
    alone
        .send(Method::POST, &format!("{BOARD}/stages/interest/rebuild-tag"), &[], Some(&json!({})))
        .await
        .refused(403);
    world.machine.settle().await.unwrap();
    assert_eq!(world.stage("wmA", "sales").await.as_deref(), Some("interest"));
    assert_eq!(of_stages(&world.get(BOARD).await.ok(), "id").len(), 3);

    let mut both = token(json!(["playbook:write", "customers:write"])).await;
    let moved = both.send(Method::DELETE, &format!("{INTEREST}&move_to=order"), &[], None).await;
    assert_eq!(moved.status, 202);
}

#[tokio::test]
async fn a_stage_that_comes_back_is_a_former_one_no_more() {
    let world = company().await;
    world.customer("wmA", "王", "zhang").await;
    put_at(&world, "wmA", "interest").await;
    deleted_by_half(&world).await;
    let back = json!({"stages": [{"id": "interest", "name": "了解产品"}, {"id": "price"}, {"id": "order"}]});
    let refused = patch(&world, back.clone()).await.refused(409);
    assert_eq!(refused["code"], "conflict", "its cards are still being led out");
    world.say("wmA", "zhang", "你好").await;
    let board = patch(&world, back).await.ok();
    assert_eq!((of_stages(&board, "id").len(), &board["former"]), (3, &json!([])));
    put_at(&world, "wmA", "interest").await;
    assert_eq!(world.tags("wmA").await, ["客户状态/了解产品"]);
}
