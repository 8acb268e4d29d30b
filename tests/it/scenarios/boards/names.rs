//! Stages and their tags called otherwise: what was asked for, whole, on both sides, and on record.

use http::Method;
use serde_json::{Value, json};
use tests::{World, items, text};

use super::{BOARD, of_stages, patch};
use crate::scenarios::price::company;

/// Tags as the API shows them, and as WeCom has them, in order.
async fn both(world: &World) -> [Vec<String>; 2] {
    let mut sides = Vec::new();
    for path in ["/api/v1/tags", "/sim/control/tags"] {
        let groups = items(&world.get(path).await.ok()["items"]);
        let mut tags: Vec<Value> = groups.iter().flat_map(|group| items(&group["tags"])).collect();
        tags.sort_by_key(|tag| std::cmp::Reverse(tag["order"].as_u64()));
        sides.push(tags.iter().map(|tag| text(&tag["name"])).collect());
    }
    sides.try_into().unwrap()
}

fn stages(named: &[(&str, &str)]) -> Value {
    let stages: Vec<Value> = named.iter().map(|(id, name)| json!({"id": id, "name": name})).collect();
    json!({"stages": stages})
}

#[tokio::test]
async fn a_stage_renamed_together_with_a_new_one_is_called_so_everywhere() {
    let world = company().await;
    let wanted = stages(&[("interest", "了解产品"), ("new", "试用"), ("price", "谈价格"), ("order", "下定")]);
    let board = patch(&world, wanted).await.ok();
    let [ours, theirs] = both(&world).await;
    assert_eq!(ours, ["了解产品", "试用", "谈价格", "下定"], "each tag stands where its stage does");
    assert_eq!(ours, theirs);
    let tags: Vec<String> = of_stages(&board, "tag").iter().map(|tag| text(&tag["name"])).collect();
    assert_eq!(tags, ours);
    world.machine.app.refresh_tags().await.unwrap();
    assert_eq!(both(&world).await, [ours, theirs]);
}

#[tokio::test]
async fn stages_may_take_over_each_others_names() {
    let world = company().await;
    let ids = of_stages(&world.get(BOARD).await.ok(), "tag");
    let swapped = [("interest", "考虑价格"), ("price", "了解产品"), ("order", "下定")];
    let board = patch(&world, stages(&swapped)).await.ok();
    let after = of_stages(&board, "tag");
    for (place, (_, name)) in swapped.iter().enumerate() {
        assert_eq!((&after[place]["id"], &after[place]["name"]), (&ids[place]["id"], &json!(name)));
    }
    let chain = [("interest", "了解产品"), ("price", "谈价"), ("order", "成交")];
    patch(&world, stages(&chain)).await.ok();
    assert_eq!(
        both(&world).await,
        [["了解产品", "谈价", "成交"]; 2].map(|side| side.map(str::to_owned).to_vec())
    );
}

#[tokio::test]
async fn names_that_cannot_be_leave_all_as_it_was() {
    let world = company().await;
    let groups = world.get("/api/v1/tags").await.ok();
    let group = text(&groups["items"][0]["id"]);
    world.post(&format!("/api/v1/tag-groups/{group}/tags"), json!({"tags": ["其他"]})).await.ok();
    let before = both(&world).await;
    let wanted = stages(&[("interest", "了解"), ("price", "其他"), ("order", "下定"), ("new", "新")]);
    let refused = patch(&world, wanted.clone()).await.refused(422);
    let error = &refused["errors"][0];
    assert_eq!((&error["pointer"], &error["code"]), (&json!("/stages/1/name"), &json!("name_taken")));
    world.send(Method::PATCH, BOARD, &[("if-match", "\"9\"")], Some(&wanted)).await.refused(412);
    assert_eq!(both(&world).await, before);
    assert_eq!(of_stages(&world.get(BOARD).await.ok(), "name"), ["了解产品", "考虑价格", "下定"]);
}

#[tokio::test]
async fn who_renames_a_stage_is_on_record_for_its_tag_too() {
    let world = company().await;
    world.until(world.now().plus_mins(1)).await;
    patch(&world, stages(&[("interest", "了解"), ("price", "考虑价格"), ("order", "下定")])).await.ok();
    let entries = items(&world.get("/api/v1/audit?limit=2").await.ok()["items"]);
    let mut shown: Vec<_> =
        entries.iter().map(|entry| (text(&entry["action"]), text(&entry["by"]["who"]))).collect();
    shown.sort();
    assert_eq!(
        shown,
        [("board.put", "operator"), ("tag_group.put", "operator")].map(|(a, b)| (a.into(), b.into()))
    );
}

#[tokio::test]
async fn the_stage_of_a_tag_that_somebody_else_made_is_renamed_alone() {
    let world = company().await;
    for name in ["高", "低"] {
        world.sim("tags", json!({"action": "create", "group": "意向", "name": name})).await;
    }
    let plan = json!({"name": "意向", "tag_group": "意向", "stages": [{"id": "hi", "name": "高"}, {"id": "lo", "name": "低"}]});
    let path = "/api/v1/boards/int";
    world.put(path, plan).await.ok();
    let any = [("if-match", "*")];
    let wanted = stages(&[("hi", "很高"), ("lo", "低")]);
    let board = world.send(Method::PATCH, path, &any, Some(&wanted)).await.ok();
    assert_eq!(
        (&board["stages"][0]["name"], &board["stages"][0]["tag"]["name"]),
        (&json!("很高"), &json!("高"))
    );
    // Its tag keeps its name, which is nobody else's then.
    let wanted = stages(&[("hi", "很高"), ("lo", "低"), ("new", "高")]);
    let refused = world.send(Method::PATCH, path, &any, Some(&wanted)).await.refused(422);
    assert_eq!(refused["errors"][0]["code"], "name_taken");
}

#[tokio::test]
async fn two_boards_that_are_made_over_one_group_at_once_are_one() {
    let world = company().await;
    world.sim("tags", json!({"action": "create", "group": "意向", "name": "高"})).await;
    let plan = json!({"name": "意向", "tag_group": "意向", "stages": [{"id": "hi", "name": "高"}, {"id": "lo", "name": "低"}]});
    let [one, other] = ["/api/v1/boards/one", "/api/v1/boards/other"];
    let (one, other) = tokio::join!(world.put(one, plan.clone()), world.put(other, plan));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 422], "{} {}", one.body, other.body);
}
