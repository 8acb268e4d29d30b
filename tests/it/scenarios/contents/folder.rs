//! The library as a folder: out of one Stepwise, into another.

use std::path::Path;

use http::Method;
use local::contents::{Manner, Place, Tally};
use serde_json::{Value, json};
use tests::{World, items, png, text};

use super::parts;

pub(super) fn at(server: &str, folder: &Path) -> Place {
    let (folder, server) = (folder.to_path_buf(), server.to_owned());
    Place { folder, server, token: "token-of-the-tests".into() }
}

async fn export(world: &World, folder: &Path) -> Tally {
    let mut tally = Tally::default();
    local::contents::export(&at(&world.machine.address, folder), &mut tally).await.unwrap();
    tally
}

async fn import(world: &World, folder: &Path, manner: Manner) -> Tally {
    let mut tally = Tally::default();
    local::contents::import(&at(&world.machine.address, folder), manner, &mut tally).await.unwrap();
    tally
}

/// Made, changed, unchanged.
fn figures(tally: &Tally) -> (usize, usize, usize) {
    assert_eq!(tally.refused, [""; 0]);
    (tally.made, tally.changed, tally.unchanged)
}

fn write(folder: &Path, name: &str, bytes: &[u8]) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

fn write_content(folder: &Path, id: &str, content: &Value) {
    write(folder, &format!("contents/{id}.json"), content.to_string().as_bytes());
}

const SUBSTANTIAL: Manner = Manner { substantial: true, over_drafts: false };

/// What a world says of all its contents and groups, but for revisions, versions and times.
async fn library(world: &World) -> Value {
    let mut contents = Vec::new();
    let mut all = items(&world.get("/api/v1/contents").await.ok()["items"]);
    all.extend(items(&world.get("/api/v1/contents?archived=true").await.ok()["items"]));
    for content in all {
        let mut shown = world.get(&format!("/api/v1/contents/{}", text(&content["id"]))).await.ok();
        shown["draft"] = shown["draft"]["body"].clone();
        shown["revision"].take();
        contents.push(shown);
    }
    let mut groups = world.get("/api/v1/content-groups").await.ok();
    for group in groups["items"].as_array_mut().unwrap() {
        group["revision"].take();
    }
    json!([contents, groups])
}

#[tokio::test]
async fn what_was_exported_is_imported_with_its_files_and_once() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (World::new().await, World::new().await);
    for (id, parent) in [("z", None), ("a", Some("z"))] {
        let group = json!({"name": format!("分组{id}"), "parent": parent});
        first.put(&format!("/api/v1/content-groups/{id}"), group).await.ok();
    }
    let picture = first.upload("image", &png(40, 30, 9)).await.ok();
    let cover = first.upload("link_cover", &png(20, 20, 9)).await.ok();
    let file = first.upload("file", b"%PDF-1.7 prices").await.ok();
    let all = json!([{"kind": "text", "text": "您好"}, {"kind": "image", "blob": picture["blob"]},
                     {"kind": "link", "title": "新品", "url": "https://example.com/", "cover": cover["blob"]},
                     {"kind": "file", "blob": file["blob"], "name": "报价.pdf"}]);
    let edit = json!({"title": "全套", "group": "a", "order": 7, "tags": ["新品"], "repeatable": true});
    first.content("all", edit, all).await;
    first.put("/api/v1/contents/draft", json!({"title": "草稿"})).await.ok();
    first.draft("draft", json!([{"kind": "image", "blob": picture["blob"]}])).await.ok();
    first.put("/api/v1/contents/empty", json!({"title": "空"})).await.ok();

    // Put away, and worked on beside what is published.
    first.content("old", json!({"title": "旧版"}), parts("旧")).await;
    first.send(Method::POST, "/api/v1/contents/old/archive", &[("if-match", "*")], None).await.ok();
    first.content("two", json!({"title": "两版"}), parts("现在的")).await;
    first.draft("two", json!([{"kind": "image", "blob": picture["blob"]}])).await.ok();

    assert_eq!(figures(&export(&first, folder.path()).await), (5, 0, 0));
    let tally = import(&second, folder.path(), Manner::default()).await;
    assert_eq!(figures(&tally), (5, 0, 0));
    assert_eq!(library(&second).await, library(&first).await);
    let shown = second.get("/api/v1/contents/all/parts/1/media").await;
    assert_eq!(second.follow(&shown).await.body(), &png(40, 30, 9));

    // Neither here nor there anything is new.
    for world in [&first, &second] {
        let before = library(world).await;
        assert_eq!(figures(&import(world, folder.path(), SUBSTANTIAL).await), (0, 0, 5));
        assert_eq!(library(world).await, before);
    }
    second.content_changes("all", parts("改过")).await;
    assert_eq!(figures(&import(&second, folder.path(), SUBSTANTIAL).await), (0, 1, 4));
    let seen = second.get("/api/v1/contents/all").await.ok();
    assert_eq!((&seen["published"], &seen["edition"]), (&json!(3), &json!(2)));
}

#[tokio::test]
async fn what_somebody_works_on_and_what_was_put_away_stays() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new().await;
    world.content("hello", json!({"title": "问候"}), parts("一")).await;
    world.content("away", json!({"title": "旧"}), parts("一")).await;
    export(&world, folder.path()).await;
    world.draft("hello", parts("写到一半")).await.ok();
    world.send(Method::POST, "/api/v1/contents/away/archive", &[("if-match", "*")], None).await.ok();
    for id in ["hello", "away"] {
        write_content(folder.path(), id, &json!({"title": id, "published": true, "parts": parts("二")}));
    }
    let tally = import(&world, folder.path(), Manner::default()).await;
    assert_eq!(
        tally.refused,
        [
            "contents/away.json：已归档，没有更新；请先恢复，或在文件里写 \"archived\": false",
            "contents/hello.json：有未发布的草稿，没有更新；请先发布或改好草稿，确认不要时加 --over-drafts"
        ]
    );
    let seen = world.get("/api/v1/contents/hello").await.ok();
    assert_eq!((&seen["title"], &seen["published"]), (&json!("问候"), &json!(1)));
    assert_eq!(seen["draft"]["body"]["parts"], parts("写到一半"));

    write_content(
        folder.path(),
        "away",
        &json!({"title": "旧", "archived": false, "published": true, "parts": parts("二")}),
    );
    let manner = Manner { over_drafts: true, ..Manner::default() };
    assert_eq!(figures(&import(&world, folder.path(), manner).await), (0, 2, 0));
    let seen = world.get("/api/v1/contents/hello").await.ok();
    assert_eq!((&seen["published"], &seen["body"]["parts"]), (&json!(2), &parts("二")));
    assert_eq!(world.get("/api/v1/contents/away").await.ok()["archived"], false);
}

#[tokio::test]
async fn a_short_file_changes_what_it_names_and_null_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new().await;
    let edit = json!({"title": "内部", "tags": ["b", "a"], "visibility": {"roles": ["manager"]}, "repeatable": true, "order": 3});
    world.put("/api/v1/contents/inside", edit).await.ok();
    let link = json!([{"kind": "link", "title": "新品", "desc": null, "url": "https://example.com/", "cover": null}]);
    let file = json!({"title": "内部 2", "tags": ["b", "a"], "published": true, "parts": link});
    write_content(folder.path(), "inside", &file);
    assert_eq!(figures(&import(&world, folder.path(), SUBSTANTIAL).await), (0, 1, 0));
    let seen = world.get("/api/v1/contents/inside").await.ok();
    assert_eq!((&seen["title"], &seen["repeatable"]), (&json!("内部 2"), &json!(true)));
    assert_eq!(seen["order"], 3, "it stays where people put it");
    assert_eq!(seen["visibility"], json!({"roles": ["manager"]}), "who may not see it still may not");
    for _ in 0..2 {
        assert_eq!(figures(&import(&world, folder.path(), SUBSTANTIAL).await), (0, 0, 1));
    }
    let seen = world.get("/api/v1/contents/inside").await.ok();
    assert_eq!((&seen["published"], &seen["edition"]), (&json!(1), &json!(1)));
}

#[tokio::test]
async fn an_order_by_hand_is_taken_from_the_file_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new().await;
    for (order, came) in [
        (json!(3), (1, 0, 0)),
        (json!(3), (0, 0, 1)),
        (json!(4), (0, 1, 0)),
        (Value::Null, (0, 1, 0)),
        (Value::Null, (0, 0, 1)),
    ] {
        write_content(folder.path(), "a", &json!({"title": "一", "order": order}));
        assert_eq!(figures(&import(&world, folder.path(), Manner::default()).await), came, "{order}");
        assert_eq!(world.get("/api/v1/contents/a").await.ok()["order"], order);
    }
}

#[tokio::test]
async fn groups_come_in_any_order_and_keep_what_the_folder_does_not_say() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new().await;
    world.put("/api/v1/content-groups/around", json!({"name": "外"})).await.ok();
    let inside = json!({"name": "内", "parent": "around", "order": 5});
    world.put("/api/v1/content-groups/inside", inside).await.ok();
    let groups = json!([{"id": "leaf", "name": "叶", "parent": "branch"}, {"id": "branch", "name": "枝", "parent": "new"},
                        {"id": "new", "name": "外"}, {"id": "inside", "name": "里", "order": null},
                        {"id": "around", "name": "周围"}]);
    write(folder.path(), "groups.json", groups.to_string().as_bytes());
    std::fs::create_dir(folder.path().join("contents")).unwrap();
    figures(&import(&world, folder.path(), Manner::default()).await);
    let seen = async || items(&world.get("/api/v1/content-groups").await.ok()["items"]);
    let groups = seen().await;
    let of = |id: &str| groups.iter().find(|group| group["id"] == id).unwrap();
    assert_eq!((&of("leaf")["depth"], &of("new")["name"]), (&json!(3), &json!("外")));
    let inside = of("inside");
    assert_eq!(
        [&inside["name"], &inside["parent"], &inside["order"]],
        [&json!("里"), &json!("around"), &json!(5)]
    );
    figures(&import(&world, folder.path(), Manner::default()).await);
    assert_eq!(seen().await, groups, "nothing is written twice");

    let wrong = json!([{"id": "leaf", "name": "叶", "parent": "nowhere"}, "leaf"]);
    write(folder.path(), "groups.json", wrong.to_string().as_bytes());
    let tally = import(&world, folder.path(), Manner::default()).await;
    assert!(tally.refused[0].starts_with("groups.json leaf：/parent "), "{:?}", tally.refused);
    assert_eq!(tally.refused[1..], ["groups.json ：不是 JSON 对象"]);
}

#[tokio::test]
async fn a_misspelt_field_is_refused_and_nothing_goes_out_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new().await;
    let link = |field: &str| {
        let part =
            json!({"kind": "link", "title": "新品", "url": "https://example.com/", field: "今年的价格"});
        json!({"title": "新品", "published": true, "parts": [part]})
    };
    write_content(folder.path(), "a", &link("descr"));
    let tally = import(&world, folder.path(), Manner::default()).await;
    assert_eq!((tally.made, tally.refused.len()), (0, 1));
    assert!(tally.refused[0].contains("/parts/0/descr"), "{:?}", tally.refused);
    let seen = world.get("/api/v1/contents/a").await.ok();
    assert_eq!((&seen["published"], &seen["draft"]), (&Value::Null, &Value::Null));
    write_content(folder.path(), "a", &link("desc"));
    assert_eq!(figures(&import(&world, folder.path(), Manner::default()).await), (0, 1, 0));
}

#[tokio::test]
async fn a_file_that_nobody_has_leaves_no_draft_in_the_way_of_the_mended_one() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new().await;
    world.content("old", json!({"title": "old"}), parts("一")).await;
    world.content("both", json!({"title": "both"}), parts("一")).await;
    world.draft("both", parts("写到一半")).await.ok();
    write(folder.path(), "media/a.png", &png(40, 30, 9));
    let picture = |id: &str, blob: &str| {
        let shown = json!([{"kind": "image", "blob": blob}]);
        let mut content = json!({"title": id, "published": true, "parts": shown});
        if id == "both" {
            content["draft"] = parts("写到一半");
        }
        write_content(folder.path(), id, &content);
    };
    for id in ["new", "old", "both"] {
        picture(id, &"0".repeat(64));
    }
    let tally = import(&world, folder.path(), Manner::default()).await;
    assert_eq!((tally.made, tally.changed, tally.refused.len()), (0, 0, 3));
    for why in &tally.refused {
        assert!(why.contains("：/parts/0/blob "), "{why}");
    }
    for (id, drafted) in [("old", parts("一")), ("both", parts("写到一半")), ("new", json!([]))] {
        let seen = world.get(&format!("/api/v1/contents/{id}")).await.ok();
        assert_eq!(seen["draft"]["body"]["parts"], drafted, "{id}");
        picture(id, "media/a.png");
    }
    assert_eq!(figures(&import(&world, folder.path(), Manner::default()).await), (0, 3, 0));
    let seen = world.get("/api/v1/contents/both").await.ok();
    assert_eq!((&seen["published"], &seen["draft"]["body"]["parts"]), (&json!(2), &parts("写到一半")));
}

#[tokio::test]
async fn a_file_that_is_missing_is_told_and_everything_else_is_exported() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new().await;
    world.put("/api/v1/contents/broken", json!({"title": "坏"})).await.ok();
    let missing = json!([{"kind": "image", "blob": "0".repeat(64)}]);
    world.draft("broken", missing.clone()).await.ok();
    world.content("good", json!({"title": "好"}), parts("一")).await;
    let tally = export(&world, folder.path()).await;
    assert_eq!(tally.refused, ["contents/broken.json：第 1 条的文件不存在，只写了它的标识"]);
    assert_eq!(tally.made, 2);
    let read = |id: &str| -> Value {
        let text = std::fs::read_to_string(folder.path().join(format!("contents/{id}.json"))).unwrap();
        serde_json::from_str(&text).unwrap()
    };
    assert_eq!((&read("good")["parts"], &read("broken")["parts"]), (&parts("一"), &missing));
}

#[tokio::test]
async fn what_is_there_already_does_not_travel_again() {
    let (folder, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let world = World::in_directory(tests::at("2026-03-02 09:00"), data.path()).await;
    write(folder.path(), "media/a.png", &png(40, 30, 9));
    let content = |title: &str| json!({"title": title, "published": true, "parts": [{"kind": "image", "blob": "media/a.png"}]});
    write_content(folder.path(), "one", &content("一"));
    let arrived = || std::fs::read_dir(data.path().join("blobs/incoming")).unwrap().count();
    assert_eq!(figures(&import(&world, folder.path(), Manner::default()).await), (1, 0, 0));
    assert_eq!(arrived(), 1);
    write_content(folder.path(), "one", &content("二"));
    assert_eq!(figures(&import(&world, folder.path(), Manner::default()).await), (0, 1, 0));
    assert_eq!(arrived(), 1);
    // Looked at before it is sent.
    write(folder.path(), "media/a.png", &vec![0; 11 << 20]);
    let tally = import(&world, folder.path(), Manner::default()).await;
    assert_eq!(tally.refused, ["contents/one.json：media/a.png：图片 11 MB，超过 10 MB，请压缩后重新上传"]);
    assert_eq!(arrived(), 1);
}

#[tokio::test]
async fn a_folder_written_by_hand_is_told_what_is_wrong_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new().await;
    let write = |name: &str, bytes: &[u8]| write(folder.path(), name, bytes);
    let content = |name: &str, blob: &str| {
        let parts = json!([{"kind": "image", "blob": blob}]);
        let content = json!({"title": name, "published": true, "parts": parts});
        write(&format!("contents/{name}.json"), content.to_string().as_bytes());
    };
    write("media/ok.png", &png(40, 30, 9));
    write("media/page.jpg", b"<!DOCTYPE html><html></html>");
    content("a-good", "media/ok.png");
    content("b-page", "media/page.jpg");
    content("c-outside", "../../../../etc/passwd");
    content("d-outside", "/etc/passwd");
    content("e-missing", "media/missing.png");
    write("contents/f-broken.json", b"{");
    let tally = import(&world, folder.path(), Manner::default()).await;
    assert_eq!((tally.made, tally.refused.len()), (1, 5), "{:#?}", tally.refused);
    assert!(
        tally.refused[0].contains("这个文件是网页（HTML），不是 JPG 或 PNG 图片"),
        "{}",
        tally.refused[0]
    );
    assert!(tally.refused[1].contains("不在文件夹里") && tally.refused[2].contains("不在文件夹里"));
    assert_eq!(items(&world.get("/api/v1/contents").await.ok()["items"]).len(), 1);
}
