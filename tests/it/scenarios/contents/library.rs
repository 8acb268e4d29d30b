//! Keeping contents: what is published once, copied, taken back up, put away and removed.

use futures::future::{join, join_all};
use http::Method;
use serde_json::{Value, json};
use tests::{World, items, text};

use super::parts;

const ANY: [(&str, &str); 1] = [("if-match", "*")];

async fn versions(world: &World, id: &str) -> usize {
    items(&world.get(&format!("/api/v1/contents/{id}/versions")).await.ok()["items"]).len()
}

#[tokio::test]
async fn a_draft_is_published_once_however_often_somebody_clicks() {
    let world = World::new().await;
    world.put("/api/v1/contents/hello", json!({"title": "问候"})).await.ok();
    world.draft("hello", parts("一")).await.ok();
    let first = world.publish_content("hello", json!({"substantial": true})).await.ok();
    for how in [json!({"substantial": true}), json!({"substantial": false})] {
        let again = world.publish_content("hello", how).await.ok();
        assert_eq!(again, first, "the version that is there, which is the first edition in any case");
    }
    world.draft("hello", parts("二")).await.ok();
    let at_once = (0..8).map(|_| world.publish_content("hello", json!({"substantial": true})));
    for answer in join_all(at_once).await {
        let answer = answer.ok();
        assert_eq!((&answer["version"], &answer["edition"]), (&json!(2), &json!(2)));
    }
    assert_eq!(versions(&world, "hello").await, 2);
    let audit = world.get("/api/v1/audit?action=content.publish").await.ok();
    assert_eq!(items(&audit["items"]).len(), 2, "what changed nothing is not told");
}

#[tokio::test]
async fn a_mistaken_correction_becomes_a_new_edition_without_a_letter_changed() {
    let world = World::new().await;
    world.content("hello", json!({"title": "问候"}), parts("一")).await;
    world.content_changes("hello", parts("降价")).await;
    for how in [json!({"substantial": true}), json!({"substantial": false, "note": "降价"})] {
        let refused = world.publish_content("hello", how).await.refused(409);
        assert_eq!((&refused["code"], &refused["version"]), (&json!("already_published"), &json!(2)));
    }
    let how = json!({"substantial": true, "note": "降价", "again": 2});
    for _ in 0..2 {
        let raised = world.publish_content("hello", how.clone()).await.ok();
        assert_eq!((&raised["version"], &raised["edition"]), (&json!(3), &json!(2)));
        assert_eq!(raised["body"]["parts"], parts("降价"));
    }
    assert_eq!(versions(&world, "hello").await, 3);
    let other = json!({"substantial": false, "again": 2});
    assert_eq!(world.publish_content("hello", other).await.refused(409)["version"], 3);
}

#[tokio::test]
async fn a_draft_is_saved_into_what_is_there_and_what_is_deleted_leaves_none() {
    let world = World::new().await;
    for n in 0..8 {
        let id = format!("c{n}");
        let path = format!("/api/v1/contents/{id}");
        world.put(&path, json!({"title": "问候"})).await.ok();
        let delete = world.send(Method::DELETE, &path, &[("if-match", "\"1\"")], None);
        let (saved, deleted) = join(world.draft(&id, parts("一")), delete).await;
        // Whoever comes first: the other one hears of it.
        assert_ne!(saved.status < 300, deleted.status < 300, "{} {}", saved.status, deleted.status);
        let is_there = world.get(&path).await.status == 200;
        assert_eq!(is_there, saved.status < 300);
        if !is_there {
            world.put(&path, json!({"title": "再来"})).await.ok();
            world.get(&format!("{path}/draft")).await.refused(404);
        }
    }
}

#[tokio::test]
async fn lists_tell_of_unpublished_changes_however_saving_and_publishing_cross() {
    let world = World::new().await;
    world.content("hello", json!({"title": "问候"}), parts("一")).await;
    for n in 0..6 {
        let (old, new) = (parts(&format!("旧{n}")), parts(&format!("新{n}")));
        world.content_changes("hello", old.clone()).await;
        world.draft("hello", new).await.ok();
        let publish = world.publish_content("hello", json!({"substantial": true}));
        join(publish, world.draft("hello", old)).await;
        let shown = world.get("/api/v1/contents/hello").await.ok();
        let differs = shown["draft"]["body"] != shown["body"];
        assert_eq!(shown["has_unpublished_changes"], differs);
    }
}

#[tokio::test]
async fn nobody_deletes_a_draft_that_they_have_not_seen_and_the_audit_keeps_it() {
    let world = World::new().await;
    let path = "/api/v1/contents/typo";
    world.put(path, json!({"title": "打错了"})).await.ok();
    world.draft("typo", parts("一")).await.ok();
    world.draft("typo", parts("写了一小时")).await.ok();
    let delete = async |query: &str| {
        let seen = [("if-match", "\"1\"")];
        world.send(Method::DELETE, &format!("{path}{query}"), &seen, None).await
    };
    delete("").await.refused(428);
    for stale in ["?draft=1", "?draft=0"] {
        let refused = delete(stale).await.refused(412);
        assert_eq!(refused["current"]["body"]["parts"], parts("写了一小时"));
    }
    assert_eq!(delete("?draft=2").await.status, 204);
    let audit = world.get("/api/v1/audit?action=content.delete").await.ok();
    let before = &items(&audit["items"])[0]["before"]["document"];
    assert_eq!(
        (&before["title"], &before["draft"]["body"]["parts"]),
        (&json!("打错了"), &parts("写了一小时"))
    );
}

#[tokio::test]
async fn a_page_shows_the_pictures_that_it_read_or_none() {
    let world = World::new().await;
    let mut blobs = Vec::new();
    for padding in [0, 1] {
        let picture = world.upload("image", &tests::png(40, 30, padding)).await.ok();
        blobs.push(text(&picture["blob"]));
        let said = json!([{"kind": "image", "blob": picture["blob"]}]);
        if padding == 0 {
            world.content("picture", json!({"title": "图"}), said).await;
        } else {
            world.content_changes("picture", said).await;
        }
    }
    let media = "/api/v1/contents/picture/parts/0/media";
    assert_eq!(world.get(&format!("{media}?blob={}", blobs[1])).await.status, 303);
    assert_eq!(world.get(&format!("{media}?blob={}&version=1", blobs[0])).await.status, 303);
    assert_eq!(world.get(&format!("{media}?blob={}", blobs[0])).await.refused(409)["code"], "conflict");
    world.get(&format!("{media}?blob=x")).await.refused(422);
}

#[tokio::test]
async fn a_draft_that_says_the_same_is_not_written_and_lists_tell_of_one_that_does_not() {
    let world = World::new().await;
    world.content("hello", json!({"title": "问候"}), parts("一")).await;
    let shown = async || {
        let list = world.get("/api/v1/contents").await.ok();
        let hello = items(&list["items"])[0].clone();
        (hello["has_unpublished_changes"] == true, hello["revision"].as_u64().unwrap())
    };
    let before = shown().await;
    assert!(!before.0);
    let same = world.draft("hello", parts("一")).await;
    assert_eq!((same.status, same.headers["etag"].as_str()), (200, "\"1\""));
    assert_eq!(world.draft("hello", parts("二")).await.headers["etag"], "\"2\"");
    assert_eq!(shown().await, (true, before.1), "the draft's ETag is its own");
    let audit = world.get("/api/v1/audit?action=content.edit").await.ok();
    assert_eq!(items(&audit["items"]).len(), 2);
    world.draft("hello", parts("一")).await.ok();
    assert!(!shown().await.0, "it says again what is published");
    world.draft("hello", parts("三")).await.ok();
    world.publish_content("hello", json!({"substantial": false})).await.ok();
    assert!(!shown().await.0);
}

#[tokio::test]
async fn lists_and_details_show_what_a_content_is_made_of() {
    let world = World::new().await;
    let picture = world.upload("image", &tests::png(40, 30, 0)).await.ok();
    let file = world.upload("file", "报价\n1. 标准版".as_bytes()).await.ok();
    let said = json!([{"kind": "text", "text": "{{customer.name|您}}好，\n这是报价"},
        {"kind": "image", "blob": picture["blob"]}, {"kind": "image", "blob": picture["blob"]},
        {"kind": "file", "blob": file["blob"], "name": "报价.txt"}]);
    world.content("prices", json!({"title": "报价"}), said).await;
    let shown = items(&world.get("/api/v1/contents").await.ok()["items"])[0].clone();
    assert_eq!(
        (&shown["kinds"], &shown["excerpt"]),
        (&json!(["text", "image", "file"]), &json!("您好， 这是报价"))
    );
    let detail = world.get("/api/v1/contents/prices").await.ok();
    let files = items(&detail["files"]);
    let places: Vec<&Value> = files.iter().map(|file| &file["part"]).collect();
    assert_eq!(places, [&json!(1), &json!(2), &json!(3)]);
    assert_eq!(
        (&files[0]["width"], &files[0]["format"], &files[0]["name"]),
        (&json!(40), &json!("png"), &Value::Null)
    );
    assert_eq!((&files[2]["name"], &files[2]["bytes"]), (&json!("报价.txt"), &file["bytes"]));
    assert_eq!(detail["draft"]["files"], detail["files"]);
}

#[tokio::test]
async fn a_version_is_taken_back_up_as_the_draft() {
    let world = World::new().await;
    world.content("hello", json!({"title": "问候"}), parts("一")).await;
    world.content_changes("hello", parts("二")).await;
    let path = "/api/v1/contents/hello/versions/1/restore";
    world.post(path, json!({})).await.refused(428);
    world.send(Method::POST, path, &[("if-match", "\"1\"")], None).await.refused(412);
    let restored = world.send(Method::POST, path, &[("if-match", "\"2\"")], None).await;
    assert_eq!(restored.headers["etag"], "\"3\"");
    assert_eq!(restored.ok()["body"]["parts"], parts("一"));
    let seen = world.get("/api/v1/contents/hello").await.ok();
    assert_eq!((&seen["body"]["parts"], &seen["published"]), (&parts("二"), &json!(2)), "what is sent stays");
    world.send(Method::POST, &path.replace("/1/", "/7/"), &ANY, None).await.refused(404);
}

#[tokio::test]
async fn a_copy_is_a_content_of_its_own() {
    let world = World::new().await;
    let edit = json!({"title": "报价单", "tags": ["新品"], "order": 1, "repeatable": true});
    world.content("a", edit, parts("一")).await;
    let copy = world.post("/api/v1/contents/a/copy", json!({"id": "b"})).await;
    assert_eq!((copy.status, copy.headers["etag"].as_str()), (201, "\"1\""));
    let copy = copy.ok();
    assert_eq!(
        (&copy["title"], &copy["tags"], &copy["repeatable"]),
        (&json!("报价单 副本"), &json!(["新品"]), &json!(true))
    );
    assert_eq!((&copy["published"], &copy["order"]), (&Value::Null, &Value::Null));
    assert_eq!(world.get("/api/v1/contents/b/draft").await.ok()["body"]["parts"], parts("一"));
    let refused = world.post("/api/v1/contents/a/copy", json!({"id": "b"})).await.refused(409);
    assert_eq!(refused["code"], "exists");
    let refused = world.post("/api/v1/contents/a/copy", json!({"id": "tags"})).await.refused(422);
    assert_eq!(refused["errors"][0]["pointer"], "/id");
    let named = world.post("/api/v1/contents/a/copy", json!({"id": "c", "title": " 秋季 "})).await.ok();
    assert_eq!(named["title"], "秋季");
    world.post("/api/v1/contents/nowhere/copy", json!({"id": "d"})).await.refused(404);
}

#[tokio::test]
async fn what_was_never_published_is_deleted_and_everything_else_is_archived() {
    let world = World::new().await;
    world.put("/api/v1/contents/typo", json!({"title": "打错了"})).await.ok();
    world.draft("typo", parts("一")).await.ok();
    let delete =
        async |id: &str| world.send(Method::DELETE, &format!("/api/v1/contents/{id}"), &ANY, None).await;
    assert_eq!(delete("typo").await.status, 204);
    world.get("/api/v1/contents/typo").await.refused(404);
    world.put("/api/v1/contents/typo", json!({"title": "再来"})).await.ok();
    world.get("/api/v1/contents/typo/draft").await.refused(404);
    world.content("hello", json!({"title": "问候"}), parts("一")).await;
    let refused = delete("hello").await.refused(409);
    assert_eq!(refused["code"], "content_published");

    world.send(Method::POST, "/api/v1/contents/hello/archive", &ANY, None).await.ok();
    assert_eq!(world.draft("hello", parts("二")).await.refused(409)["code"], "content_archived");
    assert_eq!(
        world.publish_content("hello", json!({"substantial": true})).await.refused(409)["code"],
        "content_archived"
    );
    world.send(Method::POST, "/api/v1/contents/hello/versions/1/restore", &ANY, None).await.refused(409);
    world.send(Method::POST, "/api/v1/contents/hello/restore", &ANY, None).await.ok();
    world.draft("hello", parts("二")).await.ok();
}

#[tokio::test]
async fn a_content_is_in_use_as_long_as_somebody_may_be_inside_a_version_that_sends_it() {
    let world = super::super::price::company().await;
    for id in ["old", "new"] {
        world.content(id, json!({"title": id}), parts(id)).await;
    }
    let publish = async |content: Value| {
        let step = json!({"id": "a", "at": {"after_minutes": 5}, "method": "task", "content": content});
        let sop = json!({"id": "care", "name": "关怀", "anchor": {"kind": "friend_add"}, "steps": [step]});
        world.send(Method::PUT, "/api/v1/sops/care", &ANY, Some(&sop)).await.ok();
        world.post("/api/v1/sops/care/publish", json!({})).await.ok();
    };
    let first = json!({"id": "care", "name": "关怀", "anchor": {"kind": "friend_add"}, "steps": [
        {"id": "a", "at": {"after_minutes": 5}, "method": "task", "content": {"ref": "old"}}]});
    world.put("/api/v1/sops/care", first).await.ok();
    world.post("/api/v1/sops/care/publish", json!({})).await.ok();
    publish(json!({"ref": "new"})).await;
    let used_by = async |id: &str| world.get(&format!("/api/v1/contents/{id}")).await.ok()["used_by"].clone();
    assert_eq!(used_by("old").await, json!([]));
    assert_eq!(used_by("new").await, json!([{"id": "care", "name": "关怀"}]));
    for id in ["old", "new"] {
        let archive = format!("/api/v1/contents/{id}/archive");
        let refused = world.send(Method::POST, &archive, &ANY, None).await.refused(409);
        assert_eq!(
            (&refused["code"], text(&refused["used_by"][0]["id"])),
            (&json!("in_use"), "care".to_owned())
        );
        let forced = world.send(Method::POST, &format!("{archive}?force=true"), &ANY, None).await.ok();
        assert_eq!(forced["archived"], true);
    }
}

#[tokio::test]
async fn what_is_too_much_is_refused_where_it_was_written() {
    let world = World::new().await;
    world.put("/api/v1/contents/a", json!({"title": "  报价  ", "tags": [" 新品", "新品"]})).await.ok();
    let seen = world.get("/api/v1/contents/a").await.ok();
    assert_eq!((&seen["title"], &seen["tags"]), (&json!("报价"), &json!(["新品"])));
    let many = json!((0..21).map(|_| json!({"kind": "image", "blob": "0".repeat(64)})).collect::<Vec<_>>());
    let refused = world.draft("a", many).await.refused(422);
    assert_eq!(
        (&refused["errors"][0]["pointer"], &refused["errors"][0]["code"]),
        (&json!("/parts"), &json!("too_many"))
    );
    world.get("/api/v1/contents/a/draft").await.refused(404);
    let wrong = json!({"title": "x", "tags": ["z", "长".repeat(26)], "visibility": {"departments": [77]}});
    let refused = world.put("/api/v1/contents/b", wrong).await.refused(422);
    let pointers: Vec<String> =
        items(&refused["errors"]).iter().map(|error| text(&error["pointer"])).collect();
    assert_eq!(pointers, ["/tags/1", "/visibility/departments/0"]);
    let projects: Vec<String> = (0..80).map(|n| format!("{n:060}")).collect();
    let wide = json!({"title": "x", "visibility": {"projects": projects}});
    assert_eq!(world.put("/api/v1/contents/b", wide).await.refused(422)["errors"][0]["code"], "too_many");
    let strange = json!({"title": "x", "visibility": {"planets": []}});
    let refused = world.put("/api/v1/contents/b", strange).await.refused(422);
    assert_eq!(refused["errors"][0]["pointer"], "/visibility/planets");
    let empty = json!([{"kind": "text", "text": "{{customer.name}}"}]);
    assert_eq!(world.draft("a", empty).await.ok()["problems"][0]["code"], "empty");
}
