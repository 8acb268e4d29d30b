//! Jobs that a token begins in somebody's name, and those that carry out what the corp has decided.

use super::*;

async fn listed(world: &World, query: &str) -> Vec<Value> {
    items(&world.get(&format!("/api/v1/jobs{query}")).await.ok()["items"])
}

#[tokio::test]
async fn a_token_in_somebodys_name_sees_and_undoes_the_jobs_of_that_member() {
    let (world, ids) = with_customers(2).await;
    world.customer("wmLi", "李四的客户", "li").await;
    let of_all = json!({"customers": ["wm000", "wmLi"], "add": ["兴趣/老客户"]});
    let others = finished(&world, &world.post(TAGS, of_all).await.ok()).await;
    let own = json!({"customers": ids, "add": ["兴趣/SUV"]});
    let own = finished(&world, &world.post(&format!("{TAGS}?userid=zhang"), own).await.ok()).await;
    assert_eq!(own["by"]["id"], "zhang");

    let seen: Vec<Value> =
        listed(&world, "?userid=zhang").await.iter().map(|job| job["id"].clone()).collect();
    assert_eq!(seen, [own["id"].clone()]);
    assert_eq!(listed(&world, "").await.len(), 2, "who acts in nobody's name sees all");
    let path = |job: &Value, rest: &str| format!("/api/v1/jobs/{}{rest}?userid=zhang", text(&job["id"]));
    for rest in ["", "/results"] {
        assert_eq!(world.get(&path(&others, rest)).await.status, 404);
        assert_eq!(world.get(&path(&own, rest)).await.status, 200);
    }
    for rest in ["/cancel", "/undo"] {
        assert_eq!(world.post(&path(&others, rest), Value::Null).await.status, 404, "{rest}");
    }
    let undone = finished(&world, &world.post(&path(&own, "/undo"), Value::Null).await.ok()).await;
    assert_eq!(undone["counts"]["changed"], 2);
    assert_eq!(world.tags("wm000").await, ["兴趣/老客户"]);

    let role = json!({"role": "admin"});
    world.send(Method::PATCH, "/api/v1/staff/zhang", &[("if-match", "*")], Some(&role)).await.ok();
    assert_eq!(world.get(&path(&others, "")).await.status, 200, "as that member would");
}

#[tokio::test]
async fn a_board_takes_over_everybody_whoever_made_it_and_names_to_them_whom_they_see() {
    let (world, _) = with_customers(1).await;
    world.customer("wmLi", "李四的客户", "li").await;
    let all = json!({"customers": ["wm000", "wmLi"], "add": ["兴趣/SUV"]});
    finished(&world, &world.post(TAGS, all).await.ok()).await;
    let stages = json!([{"id": "suv", "name": "SUV"}, {"id": "old", "name": "老客户"}]);
    let board = json!({"name": "车型", "tag_group": "兴趣", "stages": stages});
    let board = world.put("/api/v1/boards/cars?userid=zhang", board).await.ok();
    let job = finished(&world, &json!({"id": board["job"]})).await;
    assert_eq!(job["counts"]["changed"], 2);
    assert_eq!(world.stage("wmLi", "cars").await.as_deref(), Some("suv"));
    let told = results(&world, &job, "userid=zhang").await;
    assert_eq!((told.len(), &told[0]["customer"]), (1, &json!("wm000")));
    assert_eq!(results(&world, &job, "").await.len(), 2);
}
