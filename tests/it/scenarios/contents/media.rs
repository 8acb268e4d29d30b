//! Files: looked at by their bytes, kept once, handed out safely.

use std::{collections::BTreeSet, path::Path};

use serde_json::{Value, json};
use tests::{World, at, png, text};

/// The files below a directory, by their names.
fn files(directory: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![directory.to_path_buf()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            found.insert(path.strip_prefix(directory).unwrap().display().to_string());
        }
    }
    found
}

fn words(refused: &Value) -> (String, String) {
    (text(&refused["errors"][0]["code"]), text(&refused["errors"][0]["zh"]))
}

#[tokio::test]
async fn what_cannot_be_sent_is_refused_with_what_to_mend_and_nothing_is_kept() {
    let place = tempfile::tempdir().unwrap();
    let world = World::in_directory(at("2026-03-02 09:00"), place.path()).await;
    let html = b"<!DOCTYPE html><html><script>alert(1)</script></html>".to_vec();
    let svg = b"<svg xmlns=\"http://www.w3.org/2000/svg\"><script/></svg>".to_vec();
    let mut fake = b"\x89PNG\r\n\x1a\n".to_vec();
    fake.extend(b"this is no picture at all, only a name and a beginning");
    let whole = png(800, 600, 2000);
    let cut = whole[..whole.len() - 20].to_vec();
    let program = [b"MZ\x90\0".to_vec(), vec![0; 100]].concat();
    let mebibyte = 1 << 20;
    for (kind, file, code, zh) in [
        (
            "image",
            html.clone(),
            "media_wrong_format",
            "这个文件是网页（HTML），不是 JPG 或 PNG 图片，请选择 JPG 或 PNG 图片",
        ),
        ("file", html, "media_not_allowed", "这个文件是网页（HTML），不能发给客户，请改用文档、图片或视频"),
        (
            "image",
            svg,
            "media_wrong_format",
            "这个文件是 SVG 矢量图，不是 JPG 或 PNG 图片，请转换为 JPG 或 PNG 后重新上传",
        ),
        ("image", fake, "media_damaged", "PNG 图片已损坏，请重新导出后上传"),
        ("image", cut, "media_damaged", "PNG 图片不完整，可能没有传完，请重新导出后上传"),
        ("file", program, "media_not_allowed", "这个文件是可执行程序，不能发给客户，请改用文档、图片或视频"),
        (
            "image",
            png(60_000, 60_000, 100),
            "media_too_many_pixels",
            "图片为 60000×60000 像素，单边最多 10800 像素，请缩小后重新上传",
        ),
        (
            "mini_cover",
            png(520, 417, 100),
            "media_cover_shape",
            "小程序封面为 520×417 像素，需要 520×416 或更大的 5:4 图片，请裁剪后重新上传",
        ),
        ("image", png(4, 4, 12 * mebibyte), "media_too_large", "图片 12.1 MB，超过 10 MB，请压缩后重新上传"),
        (
            "file",
            vec![b'a'; 20 * mebibyte + 1],
            "media_too_large",
            "文件 20.1 MB，超过 20 MB，请压缩或拆分后重新上传",
        ),
        ("image", b"abc".to_vec(), "media_too_small", "图片只有 3 字节，是空文件或没有传完，请重新上传"),
    ] {
        let refused = world.upload(kind, &file).await.refused(422);
        assert_eq!(words(&refused), (code.to_owned(), zh.to_owned()));
        assert_eq!(files(&place.path().join("blobs")), BTreeSet::new(), "{zh}");
    }
    let kept = world.kept().await;
    assert!(!kept.iter().any(|item| item.contains("MEDIA")), "{kept:#?}");
}

#[tokio::test]
async fn the_same_file_is_kept_once_and_a_repetition_answers_the_same() {
    let place = tempfile::tempdir().unwrap();
    let world = World::in_directory(at("2026-03-02 09:00"), place.path()).await;
    let largest = vec![b'x'; 20 << 20];
    let first = world.upload("file", &largest).await.ok();
    assert_eq!((&first["format"], &first["bytes"]), (&json!("other"), &json!(20 << 20)));
    assert_eq!(world.upload("file", &largest).await.ok(), first);
    let names = files(&place.path().join("blobs/content"));
    assert_eq!(names, [text(&first["blob"])].into());

    let picture = png(1080, 1920, 50);
    let ticket = world.post("/api/v1/uploads", json!({"kind": "image", "bytes": picture.len()})).await.ok();
    let finish = format!("/api/v1/uploads/{}/finish", text(&ticket["id"]));
    world.post(&finish, json!({"kind": "image"})).await.refused(404);
    world.send_file(&ticket, &picture[1..]).await.refused(400);
    assert_eq!(world.send_file(&ticket, &picture).await.status, 204);
    let done = world.post(&finish, json!({"kind": "image"})).await.ok();
    assert_eq!((&done["width"], &done["height"]), (&json!(1080), &json!(1920)));
    assert_eq!(world.post(&finish, json!({"kind": "image"})).await.ok(), done);

    let mut forged = ticket.clone();
    forged["url"] = json!(format!("{}x", text(&ticket["url"])));
    world.send_file(&forged, &picture).await.refused(404);
    world.until(world.now().plus_mins(16)).await;
    world.send_file(&ticket, &picture).await.refused(404);
    world.post("/api/v1/uploads/..%2F..%2Fetc/finish", json!({"kind": "image"})).await.refused(404);
}

#[tokio::test]
async fn pictures_are_shown_and_everything_else_is_saved() {
    let world = World::new().await;
    let picture = world.upload("image", &png(40, 30, 0)).await.ok();
    let file = world.upload("file", b"%PDF-1.7 price list").await.ok();
    let parts = json!([{"kind": "text", "text": "您好"}, {"kind": "image", "blob": picture["blob"]},
                       {"kind": "file", "blob": file["blob"], "name": "报价 单.pdf"}]);
    world.content("all", json!({"title": "全套"}), parts).await;
    let shown = world.get("/api/v1/contents/all/parts/1/media").await;
    let shown = world.follow(&shown).await;
    let header = |answer: &http::Response<bytes::Bytes>, name: &str| {
        answer.headers()[name].to_str().unwrap().to_owned()
    };
    assert_eq!(
        (header(&shown, "content-type"), header(&shown, "content-disposition")),
        ("image/png".into(), "inline".into())
    );
    assert_eq!(header(&shown, "x-content-type-options"), "nosniff");
    assert_eq!(shown.body(), &png(40, 30, 0));
    let saved = world.get("/api/v1/contents/all/parts/2/media").await;
    let saved = world.follow(&saved).await;
    assert_eq!(header(&saved, "content-type"), "application/octet-stream");
    assert_eq!(
        header(&saved, "content-disposition"),
        "attachment; filename*=UTF-8''%E6%8A%A5%E4%BB%B7%20%E5%8D%95.pdf"
    );
    assert!(header(&saved, "content-security-policy").contains("sandbox"));
    assert_eq!(saved.body(), &b"%PDF-1.7 price list"[..]);
    for n in ["0", "3", "-1", "x"] {
        world.get(&format!("/api/v1/contents/all/parts/{n}/media")).await.refused(404);
    }
    world.until(world.now().plus_mins(16)).await;
    let address = world.get("/api/v1/contents/all/parts/1/media").await.headers["location"].clone();
    world.until(world.now().plus_mins(16)).await;
    world.get(&address).await.refused(404);
}

#[tokio::test]
async fn without_a_ticket_nothing_is_read_and_with_one_no_more_than_it_is_for() {
    let world = World::new().await;
    let ticket = world.post("/api/v1/uploads", json!({"kind": "image", "bytes": 100})).await.ok();
    let large = vec![0; 24 << 20];
    let refused = world.send_file(&ticket, &large).await.refused(400);
    assert_eq!(refused["detail"], "the body has 25165824 bytes, 100 were announced");
    let mut none = ticket.clone();
    none["url"] = json!("/api/v1/uploads/garbage");
    assert_eq!(world.send_file(&none, &large).await.refused(404)["detail"], "this is no ticket for it");
    world
        .post(&format!("/api/v1/uploads/{}/finish", text(&ticket["id"])), json!({"kind": "image"}))
        .await
        .refused(404);
}

#[tokio::test]
async fn what_was_begun_as_a_file_is_no_picture_for_that() {
    let world = World::new().await;
    let large = png(40, 30, 11 << 20);
    let ticket = world.post("/api/v1/uploads", json!({"kind": "file", "bytes": large.len()})).await.ok();
    assert_eq!(world.send_file(&ticket, &large).await.status, 204);
    let finish = format!("/api/v1/uploads/{}/finish", text(&ticket["id"]));
    let refused = world.post(&finish, json!({"kind": "image"})).await.refused(422);
    assert_eq!(
        words(&refused),
        ("media_too_large".into(), "图片 11.1 MB，超过 10 MB，请压缩后重新上传".into())
    );
    // What is refused is gone, also for what it was begun as.
    world.post(&finish, json!({"kind": "file"})).await.refused(404);
    let kept = world.upload("file", &large).await.ok();
    world.put("/api/v1/contents/a", json!({"title": "大图"})).await.ok();
    let drafted = world.draft("a", json!([{"kind": "image", "blob": kept["blob"]}])).await.ok();
    assert_eq!(drafted["problems"][0]["code"], "media_too_large");
}

#[tokio::test]
async fn players_get_the_pieces_that_they_ask_for() {
    let world = World::new().await;
    let whole = png(40, 30, 100);
    let picture = world.upload("image", &whole).await.ok();
    world.content("a", json!({"title": "图"}), json!([{"kind": "image", "blob": picture["blob"]}])).await;
    let shown = world.get("/api/v1/contents/a/parts/0/media").await;
    let piece = async |range: &str| world.follow_with(&shown, &[("range", range)]).await;
    let length = whole.len();
    for (range, place, expected) in [
        ("bytes=0-1", format!("bytes 0-1/{length}"), &whole[..2]),
        ("bytes=50-", format!("bytes 50-{}/{length}", length - 1), &whole[50..]),
        ("bytes=-7", format!("bytes {}-{}/{length}", length - 7, length - 1), &whole[length - 7..]),
    ] {
        let answer = piece(range).await;
        assert_eq!(answer.status().as_u16(), 206, "{range}");
        assert_eq!(answer.headers()["content-range"], place);
        assert_eq!(answer.headers()["content-type"], "image/png");
        assert_eq!(answer.body(), expected);
    }
    let all = piece("bytes=0-1,4-5").await;
    assert_eq!(all.status().as_u16(), 200);
    assert_eq!(all.headers()["accept-ranges"], "bytes");
    assert_eq!(all.body(), &whole);
}
