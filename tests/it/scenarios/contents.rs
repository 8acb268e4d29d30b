//! Contents: what is kept once and sent often.

mod finding;
mod folder;
mod library;
mod media;
mod sight;
mod stranger;

use http::Method;
use serde_json::{Value, json};
use tests::{World, items, text};

/// A text and a card.
fn parts(word: &str) -> Value {
    json!([{"kind": "text", "text": format!("{{{{customer.name|您}}}}好，{word}")},
           {"kind": "link", "title": "新品报价", "url": "https://example.com/price"}])
}

fn titles(list: &Value) -> Vec<String> {
    items(&list["items"]).iter().map(|item| text(&item["title"])).collect()
}

#[tokio::test]
async fn a_content_is_drafted_published_corrected_and_changed() {
    let world = World::new().await;
    let path = "/api/v1/contents/price-list";
    let made = world.put(path, json!({"title": "新品报价单", "tags": ["新品"]})).await;
    assert_eq!((made.status, made.headers["etag"].as_str()), (201, "\"1\""));
    assert_eq!(made.ok()["published"], Value::Null);
    world.publish_content("price-list", json!({"substantial": true})).await.refused(404);

    assert_eq!(world.draft("price-list", parts("报价在这里")).await.ok()["problems"], json!([]));
    let first =
        world.publish_content("price-list", json!({"substantial": false, "note": "第一版"})).await.ok();
    assert_eq!((&first["version"], &first["edition"]), (&json!(1), &json!(1)));
    world.draft("price-list", parts("报价在此")).await.ok();
    let corrected =
        world.publish_content("price-list", json!({"substantial": false, "note": "改错字"})).await.ok();
    assert_eq!((&corrected["version"], &corrected["edition"]), (&json!(2), &json!(1)));
    world.draft("price-list", parts("降价了")).await.ok();
    let seen = world.get(path).await.ok();
    assert_eq!(seen["body"]["parts"], parts("报价在此"), "what is sent");
    assert_eq!(seen["draft"]["body"]["parts"], parts("降价了"), "what is worked on");
    let changed =
        world.publish_content("price-list", json!({"substantial": true, "note": "降价"})).await.ok();
    assert_eq!((&changed["version"], &changed["edition"]), (&json!(3), &json!(2)));
    let seen = world.get(path).await.ok();
    assert_eq!((&seen["published"], &seen["edition"]), (&json!(3), &json!(2)));
    assert_eq!(seen["body"]["parts"], parts("降价了"));

    let history = world.get(&format!("{path}/versions?limit=2")).await.ok();
    let notes: Vec<String> = items(&history["items"]).iter().map(|version| text(&version["note"])).collect();
    assert_eq!(notes, ["降价", "改错字"]);
    let next = format!("{path}/versions?limit=2&cursor={}", text(&history["next_cursor"]));
    assert_eq!(items(&world.get(&next).await.ok()["items"])[0]["note"], "第一版");
    assert_eq!(world.get(&format!("{path}/versions/1")).await.ok()["body"]["parts"], parts("报价在这里"));
    world.get(&format!("{path}/versions/4")).await.refused(404);

    let diff = world.get(&format!("{path}/diff?from=1&to=3")).await.ok();
    let difference = json!({"pointer": "/parts/0/text", "kind": "changed",
                            "before": parts("报价在这里")[0]["text"], "after": parts("降价了")[0]["text"]});
    assert_eq!(diff["items"], json!([difference]));
    assert_eq!(world.get(&format!("{path}/diff")).await.ok()["items"], json!([]), "the draft is published");
}

#[tokio::test]
async fn nobody_overwrites_or_publishes_what_they_have_not_seen() {
    let world = World::new().await;
    let path = "/api/v1/contents/hello";
    world.content("hello", json!({"title": "问候"}), parts("一")).await;
    let put = async |path: &str, etag: &str, body: Value| {
        world.send(Method::PUT, path, &[("if-match", etag)], Some(&body)).await
    };
    world.put(path, json!({"title": "又一个"})).await.refused(428);
    let stale = put(path, "\"1\"", json!({"title": "又一个"})).await.refused(412);
    assert_eq!((&stale["current"]["title"], &stale["current"]["revision"]), (&json!("问候"), &json!(2)));
    assert_eq!(put(path, "\"2\"", json!({"title": "新问候"})).await.ok()["revision"], 3);

    let draft = format!("{path}/draft");
    world.put(&draft, json!({"parts": parts("二")})).await.refused(428);
    assert_eq!(put(&draft, "\"1\"", json!({"parts": parts("二")})).await.ok()["revision"], 2);
    let stale = put(&draft, "\"1\"", json!({"parts": parts("三")})).await.refused(412);
    assert_eq!(stale["current"]["body"]["parts"], parts("二"));
    let publish = format!("{path}/publish");
    let how = json!({"substantial": true});
    world.post(&publish, how.clone()).await.refused(428);
    let refused = world.send(Method::POST, &publish, &[("if-match", "\"1\"")], Some(&how)).await.refused(412);
    assert_eq!(refused["current"]["revision"], 2);
    world.send(Method::POST, &publish, &[("if-match", "\"2\"")], Some(&how)).await.ok();
}

#[tokio::test]
async fn a_draft_may_be_wrong_and_publishing_says_in_what() {
    let world = World::new().await;
    let path = "/api/v1/contents/wrong";
    world.put(path, json!({"title": "有错"})).await.ok();
    let bad = json!([{"kind": "text", "text": "您好 {{customer.nick}}"},
                     {"kind": "link", "title": "汉".repeat(43), "url": "example.com"},
                     {"kind": "image", "blob": "0".repeat(64)}]);
    let saved = world.draft("wrong", bad).await.ok();
    let codes = |errors: &Value| -> Vec<(String, String)> {
        items(errors).iter().map(|error| (text(&error["pointer"]), text(&error["code"]))).collect()
    };
    let expected = [
        ("/parts/0/text", "bad_variable"),
        ("/parts/1/title", "too_long"),
        ("/parts/1/url", "bad_address"),
        ("/parts/2/blob", "unknown_media"),
    ]
    .map(|(pointer, code)| (pointer.to_owned(), code.to_owned()));
    assert_eq!(codes(&saved["problems"]), expected);
    let refused = world.publish_content("wrong", json!({"substantial": true})).await.refused(422);
    assert_eq!(codes(&refused["errors"]), expected);
    assert_eq!(
        refused["errors"][1]["zh"],
        "链接标题有 129 字节，最多 128 字节（一个汉字 3 字节），请删去约 1 个汉字"
    );
    assert_eq!(world.get(path).await.ok()["published"], Value::Null);

    let long = world.put("/api/v1/contents/long", json!({"title": "长".repeat(61), "group": "none"})).await;
    let refused = long.refused(422);
    assert_eq!(refused["errors"][0]["zh"], "内容标题有 61 个字，最多 60 个字，请删去 1 个字");
    assert_eq!(refused["errors"][1]["zh"], "分组不存在或已被删除，请重新选择");
    let shapeless = world.draft("wrong", json!([{"kind": "image", "text": "x"}])).await.refused(422);
    assert_eq!(shapeless["errors"][0]["pointer"], "/parts/0/blob");
    assert_eq!(shapeless["errors"][0]["zh"], "此项必填");
}

#[tokio::test]
async fn contents_are_found_by_title_tag_and_group() {
    let world = World::new().await;
    for (id, body) in [
        ("cars", json!({"name": "汽车"})),
        ("suv", json!({"name": "越野车", "parent": "cars"})),
        ("brand", json!({"name": "品牌"})),
    ] {
        world.put(&format!("/api/v1/content-groups/{id}"), body).await.ok();
    }
    for (id, title, group, tags) in [
        ("a", "报价单 A", Some("cars"), json!(["新品"])),
        ("b", "报价单 Ｂ", Some("suv"), json!(["新品", "热门"])),
        ("c", "品牌介绍", Some("brand"), json!([])),
        ("d", "老报价单", None, json!([])),
    ] {
        let edit = json!({"title": title, "group": group, "tags": tags});
        world.put(&format!("/api/v1/contents/{id}"), edit).await.ok();
    }
    let found = async |query: &str| titles(&world.get(&format!("/api/v1/contents?{query}")).await.ok());
    assert_eq!(found("").await, ["品牌介绍", "报价单 A", "报价单 Ｂ", "老报价单"]);
    assert_eq!(found("q=%E6%8A%A5%E4%BB%B7").await, ["报价单 A", "报价单 Ｂ"], "报价");
    assert_eq!(
        found("q=%E6%8A%A5%E4%BB%B7%E5%8D%95%20b").await,
        ["报价单 Ｂ"],
        "case and width do not matter"
    );
    assert_eq!(found("tag=%E6%96%B0%E5%93%81").await, ["报价单 A", "报价单 Ｂ"], "新品");
    assert_eq!(found("group=cars").await, ["报价单 A", "报价单 Ｂ"], "with what is in groups below");
    assert_eq!(found("group=suv&tag=%E7%83%AD%E9%97%A8").await, ["报价单 Ｂ"], "热门");
    assert_eq!(found("group=nowhere").await, [""; 0]);
    for wrong in ["titel=x", "group=A%20B", "tag=000000000000000000000"] {
        world.get(&format!("/api/v1/contents?{wrong}")).await.refused(422);
    }

    let page = world.get("/api/v1/contents?limit=3").await.ok();
    let next = format!("/api/v1/contents?limit=3&cursor={}", text(&page["next_cursor"]));
    assert_eq!(titles(&world.get(&next).await.ok()), ["老报价单"]);

    let archive = "/api/v1/contents/d/archive";
    world.post(archive, json!({})).await.refused(428);
    assert_eq!(world.send(Method::POST, archive, &[("if-match", "*")], None).await.ok()["archived"], true);
    assert_eq!(found("").await.len(), 3);
    assert_eq!(found("archived=true").await, ["老报价单"]);
    world.send(Method::POST, "/api/v1/contents/d/restore", &[("if-match", "\"2\"")], None).await.ok();
    assert_eq!(found("").await.len(), 4);
}

#[tokio::test]
async fn groups_are_a_tree_that_people_arrange() {
    let world = World::new().await;
    let put = async |id: &str, parent: Option<&str>| {
        let body = json!({"name": id, "parent": parent});
        world.put(&format!("/api/v1/content-groups/{id}"), body).await
    };
    for (id, parent) in [("a", None), ("b", None), ("c", None), ("c1", Some("c")), ("c2", Some("c"))] {
        put(id, parent).await.ok();
    }
    let tree = async || -> Vec<String> {
        let list = world.get("/api/v1/content-groups").await.ok();
        let line = |group: &Value| {
            format!("{}{}", "-".repeat(group["depth"].as_u64().unwrap() as usize), text(&group["id"]))
        };
        items(&list["items"]).iter().map(line).collect()
    };
    let shift =
        async |id: &str, to: Value| world.post(&format!("/api/v1/content-groups/{id}/move"), to).await;
    assert_eq!(tree().await, ["-a", "-b", "-c", "--c1", "--c2"]);
    shift("c", json!({"parent": null, "before": "a"})).await.ok();
    assert_eq!(tree().await, ["-c", "--c1", "--c2", "-a", "-b"]);
    shift("a", json!({"parent": "c", "before": "c2"})).await.ok();
    assert_eq!(tree().await, ["-c", "--c1", "--a", "--c2", "-b"]);
    let circle = shift("c", json!({"parent": "c1"})).await.refused(422);
    assert_eq!(circle["errors"][0]["zh"], "不能把分组移到它自己或它的下级里，请重新选择");
    shift("b", json!({"parent": "c", "before": "nowhere"})).await.refused(422);
    shift("nowhere", json!({"parent": null})).await.refused(404);

    for (id, parent) in [("l3", "c1"), ("l4", "l3"), ("l5", "l4")] {
        put(id, Some(parent)).await.ok();
    }
    let deep = put("l6", Some("l5")).await.refused(422);
    assert_eq!(deep["errors"][0]["zh"], "分组最多 5 级，这样会有 6 级，请放到更上一级");
    let remove = async |id: &str| {
        world.send(Method::DELETE, &format!("/api/v1/content-groups/{id}"), &[("if-match", "*")], None).await
    };
    let used = remove("l4").await.refused(409);
    assert_eq!((&used["code"], &used["used_by"][0]["id"]), (&json!("in_use"), &json!("l5")));
    assert_eq!(remove("l5").await.status, 204);
    world.put("/api/v1/contents/x", json!({"title": "x", "group": "b"})).await.ok();
    assert_eq!(remove("b").await.refused(409)["used_by"][0]["id"], "x");
}
