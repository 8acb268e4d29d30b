//! The library as a folder: out of one Stepwise, into another.

use std::path::Path;

use local::contents::{Place, export, import};
use serde_json::{Value, json};
use tests::{World, items, png, text};

use super::parts;

fn place(world: &World, folder: &Path) -> Place {
    let (folder, server) = (folder.to_path_buf(), world.machine.address.clone());
    Place { folder, server, token: "token-of-the-tests".into() }
}

/// What a world says of all its contents and groups, but for revisions, versions and times.
async fn library(world: &World) -> Value {
    let mut contents = Vec::new();
    for content in items(&world.get("/api/v1/contents").await.ok()["items"]) {
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
    let edit = json!({"title": "全套", "group": "a", "tags": ["新品"], "repeatable": true});
    first.content("all", edit, all).await;
    first.put("/api/v1/contents/draft", json!({"title": "草稿"})).await.ok();
    first.draft("draft", json!([{"kind": "image", "blob": picture["blob"]}])).await.ok();
    first.put("/api/v1/contents/empty", json!({"title": "空"})).await.ok();

    assert_eq!(export(&place(&first, folder.path())).await.unwrap().made, 3);
    let tally = import(&place(&second, folder.path()), false).await.unwrap();
    assert_eq!((tally.made, tally.changed, tally.refused), (3, 0, Vec::new()));
    assert_eq!(library(&second).await, library(&first).await);
    let shown = second.get("/api/v1/contents/all/parts/1/media").await;
    assert_eq!(second.follow(&shown).await.body(), &png(40, 30, 9));

    let again = import(&place(&second, folder.path()), true).await.unwrap();
    assert_eq!((again.made, again.changed, again.unchanged), (0, 0, 3));
    second.content_changes("all", parts("改过")).await;
    let again = import(&place(&second, folder.path()), true).await.unwrap();
    assert_eq!((again.changed, again.unchanged), (1, 2));
    let seen = second.get("/api/v1/contents/all").await.ok();
    assert_eq!((&seen["published"], &seen["edition"]), (&json!(3), &json!(2)));
}

#[tokio::test]
async fn a_folder_written_by_hand_is_told_what_is_wrong_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let world = World::new().await;
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    };
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
    let tally = import(&place(&world, folder.path()), false).await.unwrap();
    assert_eq!((tally.made, tally.refused.len()), (1, 5), "{:#?}", tally.refused);
    assert!(
        tally.refused[0].contains("这个文件是网页（HTML），不是 JPG 或 PNG 图片"),
        "{}",
        tally.refused[0]
    );
    assert!(tally.refused[1].contains("不在文件夹里") && tally.refused[2].contains("不在文件夹里"));
    assert_eq!(items(&world.get("/api/v1/contents").await.ok()["items"]).len(), 1);
}
