//! Finding contents: pages that hold while others change the list, an order by hand, tags, and whose groups are shown.

use http::Method;
use serde_json::{Value, json};
use tests::{World, items, text};

use super::{
    super::access::{corp, set_role},
    parts, titles,
};

const ANY: [(&str, &str); 1] = [("if-match", "*")];

async fn found(world: &World, query: &str) -> Vec<String> {
    titles(&world.get(&format!("/api/v1/contents?{query}")).await.ok())
}

#[tokio::test]
async fn a_list_goes_on_whatever_became_of_its_last_entry() {
    let world = World::new().await;
    for title in ["1", "2", "3", "4", "5", "6"] {
        world.put(&format!("/api/v1/contents/c{title}"), json!({"title": title})).await.ok();
    }
    let page = world.get("/api/v1/contents?limit=3").await.ok();
    assert_eq!(titles(&page), ["1", "2", "3"]);
    world.send(Method::POST, "/api/v1/contents/c3/archive", &ANY, None).await.ok();
    let next = format!("limit=2&cursor={}", text(&page["next_cursor"]));
    assert_eq!(found(&world, &next).await, ["4", "5"]);
    let renamed = json!({"title": "0"});
    world.send(Method::PUT, "/api/v1/contents/c3", &ANY, Some(&renamed)).await.ok();
    assert_eq!(found(&world, &next).await, ["4", "5"]);

    for id in ["a", "b", "c"] {
        world.put(&format!("/api/v1/content-groups/{id}"), json!({"name": id})).await.ok();
    }
    let page = world.get("/api/v1/content-groups?limit=2").await.ok();
    world.send(Method::DELETE, "/api/v1/content-groups/b", &ANY, None).await;
    let next = format!("/api/v1/content-groups?limit=2&cursor={}", text(&page["next_cursor"]));
    assert_eq!(items(&world.get(&next).await.ok()["items"])[0]["id"], "c");
}

#[tokio::test]
async fn contents_of_a_group_are_in_the_order_that_people_gave_them() {
    let world = World::new().await;
    for (id, body) in [
        ("cars", json!({"name": "汽车"})),
        ("suv", json!({"name": "越野车", "parent": "cars"})),
        ("brand", json!({"name": "品牌", "parent": "cars"})),
    ] {
        world.put(&format!("/api/v1/content-groups/{id}"), body).await.ok();
    }
    for (title, group, order) in [
        ("a", "cars", None),
        ("b", "cars", Some(2)),
        ("c", "cars", Some(1)),
        ("d", "suv", None),
        ("e", "suv", Some(0)),
        ("f", "brand", None),
    ] {
        let edit = json!({"title": title, "group": group, "order": order});
        world.put(&format!("/api/v1/contents/{title}"), edit).await.ok();
    }
    assert_eq!(found(&world, "group=cars").await, ["c", "b", "a", "e", "d", "f"]);
    assert_eq!(found(&world, "").await, ["a", "b", "c", "d", "e", "f"]);
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = world.get(&format!("/api/v1/contents?group=cars&limit=1{cursor}")).await.ok();
        all.extend(titles(&page));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(all, ["c", "b", "a", "e", "d", "f"]);
}

#[tokio::test]
async fn contents_are_found_by_what_their_title_holds_and_by_whether_they_are_published() {
    let world = World::new().await;
    world.content("a", json!({"title": "老报价单", "tags": ["新品"]}), parts("一")).await;
    world.put("/api/v1/contents/b", json!({"title": "报价", "tags": ["新品", "热门"]})).await.ok();
    world.put("/api/v1/contents/c", json!({"title": "品牌"})).await.ok();
    let prices = "%E6%8A%A5%E4%BB%B7";
    assert_eq!(found(&world, &format!("q={prices}")).await, ["报价"]);
    assert_eq!(found(&world, &format!("title_contains={prices}")).await, ["报价", "老报价单"]);
    assert_eq!(found(&world, "published=true").await, ["老报价单"]);
    assert_eq!(found(&world, &format!("published=false&title_contains={prices}")).await, ["报价"]);
    world.get("/api/v1/contents?published=maybe").await.refused(422);
    let tags = world.get("/api/v1/contents/tags").await.ok();
    assert_eq!(tags["items"], json!([{"tag": "新品", "contents": 2}, {"tag": "热门", "contents": 1}]));
}

#[tokio::test]
async fn operators_see_the_groups_and_tags_of_what_is_meant_for_them_and_no_others() {
    let world = corp().await;
    for (id, parent) in [("open", None), ("inner", Some("open")), ("secret", None), ("empty", None)] {
        let group = json!({"name": id, "parent": parent});
        world.put(&format!("/api/v1/content-groups/{id}"), group).await.ok();
    }
    let managers = json!({"roles": ["manager"]});
    for (id, group, visibility, tag) in [
        ("a", "inner", json!({}), "开放"),
        ("b", "secret", managers.clone(), "内部"),
        ("c", "inner", managers, "内部"),
    ] {
        let edit = json!({"title": id, "group": group, "visibility": visibility, "tags": [tag]});
        world.content(id, edit, parts("一")).await;
    }
    let groups = |list: &Value| -> Vec<(String, u64)> {
        items(&list["items"])
            .iter()
            .map(|group| (text(&group["id"]), group["contents"].as_u64().unwrap()))
            .collect()
    };
    let shown = |expected: &[(&str, u64)]| -> Vec<(String, u64)> {
        expected.iter().map(|(id, count)| ((*id).to_owned(), *count)).collect()
    };
    for (userid, sees, tags) in [
        ("zhang", &[("open", 0), ("inner", 1)][..], &["开放"][..]),
        ("mei", &[("open", 0), ("inner", 2), ("secret", 1), ("empty", 0)], &["内部", "开放"]),
    ] {
        let mut visitor = world.signed_in(userid).await;
        assert_eq!(groups(&visitor.get("/api/v1/content-groups").await.ok()), shown(sees), "{userid}");
        let list = visitor.get("/api/v1/contents/tags").await.ok();
        let names: Vec<String> = items(&list["items"]).iter().map(|item| text(&item["tag"])).collect();
        assert_eq!(names, tags, "{userid}");
    }
}

#[tokio::test]
async fn a_new_group_goes_behind_its_neighbours_and_one_that_is_named_anew_stays() {
    let world = World::new().await;
    let put = async |id: &str, body: Value| {
        world.send(Method::PUT, &format!("/api/v1/content-groups/{id}"), &[], Some(&body)).await
    };
    for id in ["b", "c"] {
        put(id, json!({"name": id})).await.ok();
    }
    world.post("/api/v1/content-groups/c/move", json!({"parent": null, "before": "b"})).await.ok();
    put("a", json!({"name": " a "})).await.ok();
    let names = async || -> Vec<String> {
        let list = world.get("/api/v1/content-groups").await.ok();
        items(&list["items"]).iter().map(|group| text(&group["name"])).collect()
    };
    assert_eq!(names().await, ["c", "b", "a"]);
    assert_eq!(put("d", json!({"name": "a"})).await.refused(422)["errors"][0]["code"], "name_taken");
    let named = json!({"name": "c2"});
    world.send(Method::PUT, "/api/v1/content-groups/c", &ANY, Some(&named)).await.ok();
    assert_eq!(names().await, ["c2", "b", "a"]);
}

#[tokio::test]
async fn a_token_that_acts_for_somebody_sees_what_they_see() {
    let world = corp().await;
    world.content("all", json!({"title": "all"}), parts("一")).await;
    world.draft("all", parts("二")).await.ok();
    let hidden = json!({"title": "hidden", "visibility": {"roles": ["manager"]}});
    world.content("hidden", hidden, parts("一")).await;
    assert_eq!(found(&world, "userid=zhang").await, ["all"]);
    assert_eq!(found(&world, "userid=mei").await, ["all", "hidden"]);
    assert_eq!(found(&world, "userid=nobody").await, [""; 0]);
    let detail = world.get("/api/v1/contents/all?userid=zhang").await.ok();
    assert_eq!((detail.get("draft"), detail.get("has_unpublished_changes")), (None, None));
    world.get("/api/v1/contents/hidden?userid=zhang").await.refused(404);
    for path in ["draft", "versions", "versions/1", "diff"] {
        world.get(&format!("/api/v1/contents/all/{path}?userid=zhang")).await.refused(403);
        world.get(&format!("/api/v1/contents/all/{path}?userid=mei")).await.ok();
    }
    let edit = json!({"title": "x"});
    for path in ["contents/all", "contents/new"] {
        let path = format!("/api/v1/{path}?userid=zhang");
        world.send(Method::PUT, &path, &ANY, Some(&edit)).await.refused(403);
    }
    let group = json!({"name": "x"});
    world.put("/api/v1/content-groups/x?userid=zhang", group).await.refused(403);
}

#[tokio::test]
async fn who_is_on_a_project_finds_what_is_for_it() {
    let world = corp().await;
    let spring = json!({"title": "spring", "visibility": {"projects": ["春季展会"]}});
    world.content("spring", spring, parts("一")).await;
    let sees = async |userid: &str| titles(&world.signed_in(userid).await.get("/api/v1/contents").await.ok());
    assert_eq!(sees("zhang").await, [""; 0]);
    assert_eq!(sees("mei").await, ["spring"]);
    let on_it = json!({"projects": [" 春季展会 "]});
    let patch = async |by: &str, whom: &str| {
        let path = format!("/api/v1/staff/{whom}");
        world.signed_in(by).await.send(Method::PATCH, &path, &ANY, Some(&on_it)).await
    };
    patch("zhang", "zhang").await.refused(403);
    patch("tang", "zhang").await.refused(403);
    assert_eq!(patch("mei", "zhang").await.ok()["projects"], json!(["春季展会"]));
    assert_eq!(sees("zhang").await, ["spring"]);
    assert_eq!(sees("li").await, [""; 0]);
    set_role(&world, "zhang", json!({"projects": []})).await;
    assert_eq!(sees("zhang").await, [""; 0]);
}
