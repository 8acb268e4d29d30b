//! Tags deleted: not while somebody would miss them, and boards are the admins'.

use http::Method;
use serde_json::json;
use tests::{World, items, text};

use super::{create, delete, group_named, tag_id};
use crate::scenarios::price::company;

async fn manager(world: &World) -> tests::Visitor {
    let etag = world.get("/api/v1/staff/li").await.headers["etag"].clone();
    let role = json!({"role": "manager", "manages": [1]});
    world.send(Method::PATCH, "/api/v1/staff/li", &[("if-match", &etag)], Some(&role)).await.ok();
    world.signed_in("li").await
}

#[tokio::test]
async fn a_manager_does_not_delete_what_a_board_is_made_of() {
    let world = company().await;
    let own = create(&world, "意向", &["高", "低"]).await;
    let group = group_named(&world, "客户状态").await;
    let mut manager = manager(&world).await;
    let stage = format!("/api/v1/tags/{}?force=true", tag_id(&group, "下定"));
    let whole = format!("/api/v1/tag-groups/{}?force=true", text(&group["id"]));
    for path in [stage, whole] {
        manager.send(Method::DELETE, &path, &[], None).await.refused(403);
    }
    let board = world.get("/api/v1/boards/sales").await.ok();
    assert!(items(&board["stages"]).iter().all(|stage| stage["tag_missing"] == false));
    let plain = format!("/api/v1/tags/{}", tag_id(&own, "低"));
    assert_eq!(manager.send(Method::DELETE, &plain, &[], None).await.status, 204);
}

#[tokio::test]
async fn a_tag_that_customers_have_is_deleted_only_by_who_insists() {
    let world = company().await;
    let group = create(&world, "意向", &["高", "低"]).await;
    world.customer("wmA", "王", "zhang").await;
    world.post("/api/v1/customers/wmA/tags", json!({"add": ["意向/高"]})).await.ok();
    let high = format!("/tags/{}", tag_id(&group, "高"));
    assert_eq!(delete(&world, &high).await.refused(409)["code"], "in_use");
    delete(&world, &format!("/tag-groups/{}", text(&group["id"]))).await.refused(409);
    assert_eq!(world.wecom_tags("wmA", "zhang").await, ["意向/高"]);
    delete(&world, &format!("{high}?force=true")).await.ok();
    delete(&world, &format!("/tags/{}", tag_id(&group, "低"))).await.ok();
}

#[tokio::test]
async fn drafts_and_people_inside_an_older_version_would_miss_a_tag_too() {
    let world = company().await;
    let group = create(&world, "意向", &["高", "低"]).await;
    let sop = |id: &str, tag: Option<&str>| {
        let mut sop = json!({"id": id, "name": id, "anchor": {"kind": "friend_add"},
            "steps": [{"id": "a", "at": {"day": 5, "time": "10:00"}, "method": "task", "content": {"text": "您好"}}]});
        if let Some(tag) = tag {
            sop["exit"] = json!({"when": {"tag": tag}});
        }
        sop
    };
    world.put("/api/v1/sops/later", sop("later", Some("意向/低"))).await.ok();
    let low = format!("/tags/{}", tag_id(&group, "低"));
    let refused = delete(&world, &low).await.refused(409);
    assert_eq!(refused["used_by"], json!([{"kind": "draft", "id": "later", "name": "later"}]));

    world.publish(sop("care", Some("意向/高"))).await;
    world.customer("wmA", "王", "zhang").await;
    let etag = world.get("/api/v1/sops/care").await.headers["etag"].clone();
    let plain = sop("care", None);
    world.send(Method::PUT, "/api/v1/sops/care", &[("if-match", &etag)], Some(&plain)).await.ok();
    world.post("/api/v1/sops/care/publish", json!({})).await.ok();
    let high = format!("/tags/{}", tag_id(&group, "高"));
    let refused = delete(&world, &high).await.refused(409);
    assert_eq!(
        refused["used_by"],
        json!([{"kind": "sop", "id": "care", "name": "care"}]),
        "of 王, who is inside"
    );
    // Once they have left, nobody minds.
    world.sim("staff/zhang/delete", json!({"external_userid": "wmA"})).await;
    delete(&world, &high).await.ok();
}

#[tokio::test]
async fn a_foreign_tag_in_an_own_group_does_not_make_the_group_foreign() {
    let world = company().await;
    let group = create(&world, "意向", &["高"]).await;
    world.sim("tags", json!({"action": "create", "group": "意向", "name": "外来"})).await;
    let path = format!("/tag-groups/{}", text(&group["id"]));
    let stamp = world.machine.app.store.stamp().await.unwrap();
    for _ in 0..2 {
        delete(&world, &path).await.refused(409);
    }
    assert_eq!(group_named(&world, "意向").await["editable"], true);
    assert_eq!(world.machine.app.store.stamp().await.unwrap(), stamp, "what is known already is no change");
}
