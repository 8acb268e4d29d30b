//! Tags made, renamed and deleted in the console, and the report of what they are good for.

mod deleting;
mod half_made;
mod report;

use http::Method;
use serde_json::{Value, json};
use tests::{World, items, text};

use super::price::company;

async fn create(world: &World, name: &str, tags: &[&str]) -> Value {
    world.post("/api/v1/tag-groups", json!({"name": name, "tags": tags})).await.ok()
}

async fn change(world: &World, method: Method, path: &str, body: Value) -> tests::Answer {
    world.send(method, &format!("/api/v1{path}"), &[], Some(&body)).await
}

async fn delete(world: &World, path: &str) -> tests::Answer {
    world.send(Method::DELETE, &format!("/api/v1{path}"), &[], None).await
}

/// The groups as an interface shows them: `组: 标签、标签`.
fn shown(groups: &Value) -> Vec<String> {
    let names = |group: &Value| -> Vec<String> {
        let mut tags = items(&group["tags"]);
        tags.sort_by_key(|tag| std::cmp::Reverse(tag["order"].as_u64()));
        tags.iter().map(|tag| text(&tag["name"])).collect()
    };
    items(&groups["items"])
        .iter()
        .map(|group| format!("{}: {}", text(&group["name"]), names(group).join("、")))
        .collect()
}

/// What both sides have, which is the same.
async fn both(world: &World) -> Vec<String> {
    let mut ours = shown(&world.get("/api/v1/tags").await.ok());
    let mut theirs = shown(&world.get("/sim/control/tags").await.ok());
    ours.sort();
    theirs.sort();
    assert_eq!(ours, theirs);
    ours
}

fn tag_id(group: &Value, name: &str) -> String {
    let found = items(&group["tags"]).into_iter().find(|tag| tag["name"] == name);
    text(&found.unwrap_or_else(|| panic!("{name} in {group}"))["id"])
}

async fn group_named(world: &World, name: &str) -> Value {
    let groups = world.get("/api/v1/tags").await.ok();
    items(&groups["items"]).into_iter().find(|group| group["name"] == name).expect(name)
}

async fn usage(world: &World, name: &str) -> Value {
    // Counts are seconds late.
    world.machine.settle().await.unwrap();
    let report = world.get("/api/v1/tags/usage").await.ok();
    items(&report["items"]).into_iter().find(|tag| tag["name"] == name).expect(name)
}

#[tokio::test]
async fn a_group_made_in_the_console_is_in_wecom_with_its_tags_in_order() {
    let world = company().await;
    let group = create(&world, "意向", &["高", "中", "低"]).await;
    assert_eq!((&group["ours"], &group["editable"]), (&json!(true), &json!(true)));
    assert!(both(&world).await.contains(&"意向: 高、中、低".to_owned()));

    let path = format!("/tag-groups/{}", text(&group["id"]));
    change(&world, Method::POST, &format!("{path}/tags"), json!({"tags": ["无"]})).await.ok();
    assert!(both(&world).await.contains(&"意向: 高、中、低、无".to_owned()));
    change(&world, Method::PATCH, &path, json!({"name": "购买意向", "order": 7})).await.ok();
    let low = format!("/tags/{}", tag_id(&group, "低"));
    change(&world, Method::PATCH, &low, json!({"name": "很低", "order": 5000})).await.ok();
    assert!(both(&world).await.contains(&"购买意向: 很低、高、中、无".to_owned()));
    assert_eq!(group_named(&world, "购买意向").await["order"], 7);

    delete(&world, &low).await.ok();
    assert!(both(&world).await.contains(&"购买意向: 高、中、无".to_owned()));
    delete(&world, &path).await.ok();
    assert_eq!(both(&world).await, ["客户状态: 了解产品、考虑价格、下定"]);
    delete(&world, &path).await.refused(404);
    change(&world, Method::PATCH, &low, json!({"name": "x"})).await.refused(404);
}

#[tokio::test]
async fn what_is_wrong_with_a_name_is_said_before_wecom_is_asked() {
    let world = company().await;
    let group = create(&world, "意向", &["高", "低"]).await;
    let path = format!("/tag-groups/{}", text(&group["id"]));
    let tags = format!("{path}/tags");
    let low = format!("/tags/{}", tag_id(&group, "低"));
    let calls = || async {
        let calls = items(&world.get("/sim/control/calls").await.ok()["items"]);
        calls.iter().filter(|call| !text(&call["api"]).contains("get_corp_tag_list")).count()
    };
    let before = calls().await;
    let long = "长".repeat(31);
    for (method, path, body, pointer, code) in [
        (Method::POST, "/tag-groups", json!({"name": "意向", "tags": ["a"]}), "/name", "name_taken"),
        (Method::POST, "/tag-groups", json!({"name": "空", "tags": []}), "/tags", "empty"),
        (Method::POST, "/tag-groups", json!({"name": "a/b", "tags": ["a"]}), "/name", "bad_length"),
        (Method::POST, "/tag-groups", json!({"name": "n", "tags": ["a", "a"]}), "/tags/1", "duplicate"),
        (Method::POST, &tags, json!({"tags": ["新", "高"]}), "/tags/1", "name_taken"),
        (Method::POST, &tags, json!({"tags": [long]}), "/tags/0", "bad_length"),
        (Method::PATCH, &low, json!({"name": "高"}), "/name", "name_taken"),
        (Method::PATCH, &path, json!({"name": "客户状态"}), "/name", "name_taken"),
        (Method::PATCH, &path, json!({"order": -1}), "/order", "out_of_range"),
    ] {
        let refused = change(&world, method, path, body.clone()).await.refused(422);
        let error = &refused["errors"][0];
        assert_eq!((&error["pointer"], &error["code"]), (&json!(pointer), &json!(code)), "{body}");
    }
    assert_eq!(calls().await, before);
}

#[tokio::test]
async fn a_tag_that_somebody_else_made_is_refused_once_and_then_shown_as_theirs() {
    let world = company().await;
    world.sim("tags", json!({"action": "create", "group": "渠道", "name": "抖音"})).await;
    let group = group_named(&world, "渠道").await;
    assert_eq!((&group["editable"], &group["tags"][0]["editable"]), (&Value::Null, &Value::Null));

    let tag = format!("/tags/{}", tag_id(&group, "抖音"));
    let refused = change(&world, Method::PATCH, &tag, json!({"name": "快手"})).await.refused(409);
    assert_eq!(refused["code"], "not_editable");
    delete(&world, &format!("/tag-groups/{}", text(&group["id"]))).await.refused(409);
    let group = group_named(&world, "渠道").await;
    assert_eq!((&group["editable"], &group["tags"][0]["editable"]), (&json!(false), &json!(false)));

    // A tag of one's own in their group is one's own, and what was learnt outlives the next look at WeCom.
    let path = format!("/tag-groups/{}/tags", text(&group["id"]));
    change(&world, Method::POST, &path, json!({"tags": ["视频号"]})).await.ok();
    let group = group_named(&world, "渠道").await;
    let editable: Vec<_> = items(&group["tags"]).iter().map(|tag| tag["editable"].clone()).collect();
    assert_eq!(editable, [json!(false), json!(true)], "{group}");
    let own = format!("/tags/{}", tag_id(&group, "视频号"));
    change(&world, Method::PATCH, &own, json!({"name": "微信视频号"})).await.ok();
    assert!(both(&world).await.iter().any(|group| group.contains("微信视频号")));
}

#[tokio::test]
async fn a_tag_in_use_is_deleted_only_by_who_insists() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    world.put("/api/v1/customers/wmA/stage", json!({"board": "sales", "stage": "price"})).await.ok();
    let group = group_named(&world, "客户状态").await;
    let tag = format!("/tags/{}", tag_id(&group, "考虑价格"));

    let refused = delete(&world, &tag).await.refused(409);
    assert_eq!(refused["code"], "in_use");
    let used_by = json!([{"kind": "stage", "id": "price", "name": "考虑价格", "board": "sales"},
                         {"kind": "rule", "id": "asks-price", "name": "价格关键词"}]);
    assert_eq!(refused["used_by"], used_by);
    delete(&world, &format!("/tag-groups/{}", text(&group["id"]))).await.refused(409);
    assert_eq!(world.wecom_tags("wmA", "zhang").await, ["客户状态/考虑价格"], "nothing has happened");

    delete(&world, &format!("{tag}?force=true")).await.ok();
    assert_eq!(world.wecom_tags("wmA", "zhang").await, [""; 0]);
    assert_eq!(world.stage("wmA", "sales").await.as_deref(), Some("price"), "nobody moves");
    let board = world.get("/api/v1/boards/sales").await.ok();
    assert_eq!(board["stages"][1]["tag_missing"], true);
}

#[tokio::test]
async fn a_call_whose_answer_was_lost_makes_one_group() {
    let world = company().await;
    world.sim("faults", json!({"api": "add_corp_tag", "timeout_after": true, "times": 1})).await;
    let group = create(&world, "意向", &["高"]).await;
    assert_eq!((&group["ours"], &group["tags"][0]["editable"]), (&json!(true), &json!(true)));
    assert!(both(&world).await.contains(&"意向: 高".to_owned()));
}

#[tokio::test]
async fn the_report_tells_who_has_a_tag_and_what_uses_it() {
    let world = company().await;
    let group = create(&world, "意向", &["高", "低"]).await;
    for customer in ["wmA", "wmB"] {
        world.customer(customer, customer, "zhang").await;
        world.post(&format!("/api/v1/customers/{customer}/tags"), json!({"add": ["意向/高"]})).await.ok();
    }
    let off = json!({"remove": ["意向/高"]});
    world.post("/api/v1/customers/wmA/tags", off).await.ok();

    let high = usage(&world, "高").await;
    assert_eq!(
        (&high["customers"], &high["put"], &high["never_used"]),
        (&json!(1), &json!(2), &json!(false))
    );
    assert_eq!((&high["used_by"], &high["as_of"]), (&json!([]), &json!(world.now().to_string())));
    let low = usage(&world, "低").await;
    assert_eq!((&low["customers"], &low["never_used"]), (&json!(0), &json!(true)));
    assert_eq!(low["group"], json!({"id": group["id"], "name": "意向"}));
    let asked = usage(&world, "考虑价格").await;
    let kinds: Vec<_> = items(&asked["used_by"]).iter().map(|user| text(&user["kind"])).collect();
    assert_eq!((kinds, &asked["never_used"]), (vec!["stage".to_owned(), "rule".to_owned()], &json!(false)));
    let unused = world.get("/api/v1/tags/usage?unused=true").await.ok();
    let unused: Vec<_> = items(&unused["items"]).iter().map(|tag| text(&tag["name"])).collect();
    assert_eq!(unused, ["低"]);
}
