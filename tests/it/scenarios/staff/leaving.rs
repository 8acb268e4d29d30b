//! Who has left, who is only out of sight, and what becomes of their role.

use super::*;

/// The known corp with eight more in department 2: eleven altogether, of whom 李娜 alone is in 3.
async fn larger_corp() -> World {
    let world = known_corp().await;
    for n in 0..8 {
        world.sim("staff", json!({"userid": format!("sale{n}"), "departments": [2]})).await;
    }
    assert_eq!(synchronise(&world).await["found"]["new"], 8);
    world
}

/// Somebody narrows the app's visible range, or widens it.
async fn see(world: &World, visible: Value) {
    world.sim("apps", json!({"visible": visible})).await;
}

async fn of_status(world: &World, status: &str) -> usize {
    items(&world.get(&format!("/api/v1/staff?status={status}")).await.ok()["items"]).len()
}

async fn believe(world: &World) -> Value {
    world.post("/api/v1/staff/sync", json!({"believe": true})).await.ok();
    world.machine.settle().await.expect("settled");
    last(world).await
}

#[tokio::test]
async fn a_narrowed_visible_range_makes_nobody_leave() {
    let world = larger_corp().await;
    let before = member(&world, "wangfang").await;
    see(&world, json!({"departments": [3]})).await;
    let report = synchronise(&world).await;
    assert_eq!(report["unread"], json!([{"part": "leavers", "code": null}]), "{report:#}");
    let found = &report["found"];
    assert_eq!((&found["missing"], &found["left"], &found["unlicensed"]), (&json!(10), &json!(0), &json!(0)));
    assert_eq!(items(&report["missing"])[..2], [json!("sale0"), json!("sale1")]);
    assert_eq!((of_status(&world, "active").await, of_status(&world, "left").await), (11, 0));
    assert_eq!(member(&world, "wangfang").await, before, "the admin least of all");
    world.until(at("2026-03-05 09:00")).await;
    assert_eq!(of_status(&world, "left").await, 0, "the nights are none the wiser");

    see(&world, json!("all")).await;
    let report = synchronise(&world).await;
    assert_eq!((&report["unread"], &report["missing"]), (&json!([]), &json!([])), "{report:#}");
}

#[tokio::test]
async fn an_admin_may_say_that_those_who_are_not_found_have_left() {
    let world = larger_corp().await;
    see(&world, json!({"departments": [3], "users": ["wangfang"]})).await;
    assert_eq!(synchronise(&world).await["found"]["missing"], 9);
    let report = believe(&world).await;
    assert_eq!((&report["found"]["left"], &report["found"]["missing"]), (&json!(9), &json!(0)), "{report:#}");
    assert_eq!(report["unread"], json!([]));
    assert_eq!((of_status(&world, "active").await, of_status(&world, "left").await), (2, 9));
    // It was said once, of that once.
    see(&world, json!({"departments": [3]})).await;
    assert_eq!(synchronise(&world).await["found"]["missing"], 1);
    assert_eq!(member(&world, "wangfang").await["status"]["is"], "active");
    world.post("/api/v1/staff/sync", json!({"believes": true})).await.refused(422);
}

#[tokio::test]
async fn many_who_have_really_left_are_marked_without_a_word() {
    let world = larger_corp().await;
    for n in 0..8 {
        world.sim(&format!("staff/sale{n}/leave"), json!({})).await;
    }
    let report = synchronise(&world).await;
    assert_eq!((&report["found"]["left"], &report["unread"]), (&json!(8), &json!([])), "{report:#}");
    assert_eq!(of_status(&world, "left").await, 8);
}

#[tokio::test]
async fn many_who_lose_their_licence_at_once_keep_it_until_somebody_says_that_it_is_so() {
    let world = larger_corp().await;
    for n in 0..6 {
        world.sim(&format!("staff/sale{n}/licence"), json!({"on": false})).await;
    }
    let report = synchronise(&world).await;
    assert_eq!(report["unread"], json!([{"part": "licences", "code": null}]), "{report:#}");
    assert_eq!(report["found"]["unlicensed"], 0);
    assert_eq!(member(&world, "sale0").await["licensed"], true);

    let report = believe(&world).await;
    assert_eq!((&report["found"]["unlicensed"], &report["unread"]), (&json!(6), &json!([])), "{report:#}");
    assert_eq!(member(&world, "sale0").await["licensed"], false);
    // The last two are few enough.
    for n in 6..8 {
        world.sim(&format!("staff/sale{n}/licence"), json!({"on": false})).await;
    }
    assert_eq!(synchronise(&world).await["found"]["unlicensed"], 2);
}

#[tokio::test]
async fn the_last_admin_does_not_leave_by_being_out_of_sight() {
    let world = known_corp().await;
    see(&world, json!({"departments": [2]})).await;
    let report = synchronise(&world).await;
    assert_eq!(
        (&report["missing"], &report["found"]["left"]),
        (&json!(["wangfang"]), &json!(0)),
        "{report:#}"
    );
    // Nor by an event.
    hear(&world, "delete_user", "<UserID>wangfang</UserID>").await;
    assert_eq!(member(&world, "wangfang").await["status"]["is"], "active");
    // With another admin there is somebody left to repair it.
    change(&world, "lina", json!({"role": "admin"})).await.ok();
    assert_eq!(synchronise(&world).await["found"]["left"], 1);
    assert_eq!(member(&world, "wangfang").await["status"]["is"], "left");
}

#[tokio::test]
async fn whoever_is_told_to_have_changed_and_is_not_found_stays_until_the_night() {
    let world = known_corp().await;
    see(&world, json!({"departments": [1], "users": ["wangfang", "lina"]})).await;
    see(&world, json!({"users": ["wangfang", "lina"]})).await;
    hear(&world, "update_user", "<UserID>zhangwei</UserID>").await;
    assert_eq!(member(&world, "zhangwei").await["status"]["is"], "active");
    hear(&world, "delete_user", "<UserID>zhangwei</UserID>").await;
    assert_eq!(member(&world, "zhangwei").await["status"]["is"], "left");
}

#[tokio::test]
async fn a_userid_that_is_given_to_somebody_else_brings_no_role_along() {
    let world = known_corp().await;
    world.sim("staff/ZhangWei/leave", json!({})).await;
    synchronise(&world).await;
    world.until(at("2026-03-10 09:00")).await;
    world
        .sim("staff", json!({"userid": "ZhangWei", "name": "张薇", "status": "active", "licensed": true}))
        .await;
    let report = synchronise(&world).await;
    assert_eq!((&report["found"]["back"], &report["found"]["demoted"]), (&json!(1), &json!(1)), "{report:#}");
    let zhang = member(&world, "zhangwei").await;
    assert_eq!((&zhang["name"], &zhang["status"]["is"]), (&json!("张薇"), &json!("active")));
    assert_eq!((&zhang["role"], &zhang["manages"]), (&json!("operator"), &json!([])));
}

#[tokio::test]
async fn a_new_userid_takes_the_role_along_though_the_night_came_before_the_event() {
    let world = known_corp().await;
    world.put("/api/v1/staff/oldli", json!({"name": "李"})).await.refused(201);
    change(&world, "oldli", json!({"role": "manager", "manages": [3]})).await.ok();
    world.sim("staff", json!({"userid": "newli", "name": "李新", "departments": [3]})).await;
    world.until(at("2026-03-03 09:00")).await;
    assert_eq!(member(&world, "oldli").await["status"]["is"], "left");
    assert_eq!(member(&world, "newli").await["role"], "operator");
    let rename = "<UserID>oldli</UserID><NewUserID>newli</NewUserID>";
    hear(&world, "update_user", rename).await;
    let new = member(&world, "newli").await;
    assert_eq!((&new["role"], &new["manages"]), (&json!("manager"), &json!([3])));
    assert_eq!((&new["name"], &new["status"]["is"]), (&json!("李新"), &json!("active")));
    let old = member(&world, "oldli").await;
    assert_eq!((&old["role"], &old["manages"]), (&json!("operator"), &json!([])));
    // That a role went over is on record at both ends.
    for (userid, roles) in [("newli", ["operator", "manager"]), ("oldli", ["manager", "operator"])] {
        let entries = world.get(&format!("/api/v1/audit?limit=1&target=staff/{userid}")).await.ok();
        let entry = &entries["items"][0];
        let role = |side: &str| text(&entry[side]["document"]["role"]);
        assert_eq!([role("before"), role("after")], roles, "{userid}");
        assert_eq!(entry["via"], "wecom");
    }
    // Told again it takes back nothing that was decided since.
    change(&world, "newli", json!({"role": "operator"})).await.ok();
    hear(&world, "update_user", rename).await;
    assert_eq!(member(&world, "newli").await["role"], "operator");
}
