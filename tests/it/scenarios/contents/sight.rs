//! Who sees which contents, and what of them.

use serde_json::{Value, json};
use tests::{items, text};

use super::{super::access::corp, parts};

#[tokio::test]
async fn operators_find_what_is_meant_for_them_and_published() {
    let world = corp().await;
    for (id, visibility) in [
        ("all", json!({})),
        ("sales", json!({"departments": [2]})),
        ("corp", json!({"departments": [1]})),
        ("service", json!({"departments": [3]})),
        ("managers", json!({"roles": ["manager"]})),
        ("admins", json!({"roles": ["admin"]})),
    ] {
        world.content(id, json!({"title": id, "visibility": visibility}), parts("一")).await;
    }
    world.put("/api/v1/contents/drafted", json!({"title": "drafted"})).await.ok();
    world.draft("drafted", parts("草稿")).await.ok();
    world.content("away", json!({"title": "away"}), parts("一")).await;
    let seen = [("if-match", "*")];
    world.send(http::Method::POST, "/api/v1/contents/away/archive", &seen, None).await.ok();

    for (userid, sees) in [
        ("zhang", &["all", "corp", "sales"][..]),
        ("zhao", &["all", "corp", "service"]),
        ("mei", &["admins", "all", "corp", "drafted", "managers", "sales", "service"]),
        ("boss", &["admins", "all", "corp", "drafted", "managers", "sales", "service"]),
    ] {
        let list = world.signed_in(userid).await.get("/api/v1/contents").await.ok();
        let ids: Vec<String> = items(&list["items"]).iter().map(|item| text(&item["id"])).collect();
        assert_eq!(ids, sees, "{userid}");
    }
    let mut zhang = world.signed_in("zhang").await;
    for id in ["service", "drafted", "away", "nowhere"] {
        for rest in ["", "/parts/0/media"] {
            zhang.get(&format!("/api/v1/contents/{id}{rest}")).await.refused(404);
        }
        zhang.post(&format!("/api/v1/contents/{id}/test"), json!({})).await.refused(404);
    }
    let unknown = world.put("/api/v1/contents/all", json!({"title": "x"})).await;
    unknown.refused(428);
    let nobody = json!({"title": "x", "visibility": {"departments": [77]}});
    let refused = world.put("/api/v1/contents/new", nobody).await.refused(422);
    assert_eq!(refused["errors"][0]["pointer"], "/visibility/departments/0");
}

#[tokio::test]
async fn what_is_worked_on_is_for_those_who_write() {
    let world = corp().await;
    world.content("hello", json!({"title": "问候"}), parts("一")).await;
    world.draft("hello", parts("二")).await.ok();
    let mut zhang = world.signed_in("zhang").await;
    let seen = zhang.get("/api/v1/contents/hello").await.ok();
    assert_eq!(seen["body"]["parts"], parts("一"));
    assert_eq!((seen.get("draft"), seen.get("used_by")), (None, None));
    zhang.get("/api/v1/contents/hello/draft").await.refused(403);
    zhang.post("/api/v1/contents/hello/test", json!({"version": "draft"})).await.refused(404);
    let seen = world.signed_in("mei").await.get("/api/v1/contents/hello").await.ok();
    assert_eq!((&seen["draft"]["body"]["parts"], &seen["used_by"]), (&parts("二"), &json!([])));
}

#[tokio::test]
async fn somebody_sends_a_content_to_themselves() {
    let world = corp().await;
    let picture = world.upload("image", &tests::png(40, 30, 0)).await.ok();
    let file = world.upload("file", "报价\n1. 标准版".as_bytes()).await.ok();
    let long = "长".repeat(900);
    let parts = json!([
        {"kind": "text", "text": format!("{{{{customer.name|您}}}}好，我是{{{{staff.name}}}}{long}")},
        {"kind": "image", "blob": picture["blob"]},
        {"kind": "file", "blob": file["blob"], "name": "报价.txt"},
        {"kind": "link", "title": "新品报价", "url": "https://example.com/price"},
    ]);
    world.content("all", json!({"title": "全套"}), parts).await;
    let mut zhang = world.signed_in("zhang").await;
    let sent = zhang.post("/api/v1/contents/all/test", json!({})).await.ok();
    let arrived: Vec<&Value> = sent["parts"].as_array().unwrap().iter().map(|part| &part["sent"]).collect();
    assert_eq!(arrived, [&json!(true); 4], "{sent:#}");
    let inbox = world.staff_inbox("zhang").await;
    let kinds: Vec<String> = inbox.iter().map(|message| text(&message["msgtype"])).collect();
    assert_eq!(kinds, ["text", "text", "image", "file", "news"]);
    assert!(text(&inbox[0]["text"]).starts_with("您好，我是张三长"), "{}", inbox[0]);
    assert_eq!(world.staff_inbox("li").await.len(), 0);
    let refused = world.post("/api/v1/contents/all/test", json!({})).await.refused(422);
    assert_eq!(refused["errors"][0]["pointer"], "/userid", "a script is nobody's phone");
}
