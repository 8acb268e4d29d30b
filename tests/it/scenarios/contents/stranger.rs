//! The library as a folder, where the other side is no Stepwise, or one that is not well.

use std::{
    collections::BTreeSet,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};

use axum::{
    Json, Router,
    http::{HeaderMap, StatusCode},
    response::IntoResponse as _,
    routing::get,
};
use local::contents::{Manner, Tally, export, import};
use serde_json::{Value, json};

use super::folder::at;

/// Exports from a server that answers so.
async fn export_from(routes: Router, folder: &Path) -> (Tally, anyhow::Result<()>) {
    let (server, serve) = serve(routes).await;
    let mut tally = Tally::default();
    let place = at(&server, folder);
    let done = tokio::select! {
        done = export(&place, &mut tally) => done,
        served = serve => panic!("{served:?}"),
    };
    (tally, done)
}

/// A server that answers so: where it is, and what it runs by.
async fn serve(routes: Router) -> (String, impl Future<Output = std::io::Result<()>>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = format!("http://{}", listener.local_addr().unwrap());
    (server, axum::serve(listener, routes).into_future())
}

/// What is below a directory.
fn below(directory: &Path) -> BTreeSet<String> {
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

fn list(items: Value) -> Json<Value> {
    Json(json!({"items": items, "next_cursor": null}))
}

#[tokio::test]
async fn a_server_that_lies_writes_nothing_outside_of_the_folder() {
    let around = tempfile::tempdir().unwrap();
    let folder = around.path().join("deep/folder");
    let hash = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
    let parts = json!([{"kind": "file", "blob": "../../", "name": "a.zshrc"},
                       {"kind": "file", "blob": hash, "name": "a./../../../x"},
                       {"kind": "file", "blob": hash, "name": format!("a.{}", "x".repeat(300))}]);
    let contents = list(json!([{"id": "../../dropped"}, {"id": "/etc/x"}, {"id": "a"}, {}]));
    let detail = Json(json!({"id": "a", "title": "a", "published": 1, "body": {"parts": parts}}));
    let routes = Router::new()
        .route("/api/v1/content-groups", get(async || list(json!([]))))
        .route("/api/v1/contents", get(async move || contents.clone()))
        .route("/api/v1/contents/{id}", get(async move || detail.clone()))
        .route("/api/v1/contents/{id}/parts/1/media", get(async || "something else"))
        .route("/api/v1/contents/{id}/parts/2/media", get(async || "hello"));
    let (tally, done) = export_from(routes, &folder).await;
    done.unwrap();
    let expected = ["groups.json", "contents/a.json", &format!("media/{hash}.bin")];
    assert_eq!(below(around.path()), expected.map(|name| format!("deep/folder/{name}")).into());
    assert!(tally.refused[0].contains("dropped"), "{:#?}", tally.refused);
    assert!(
        tally
            .refused
            .contains(&"contents/a.json：第 2 条的文件在导出时被改动，请再导出一次，只写了它的标识".into())
    );
}

#[tokio::test]
async fn one_that_is_busy_is_asked_again_and_one_that_breaks_leaves_what_was_done() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let folder = tempfile::tempdir().unwrap();
    let busy = async || match ASKED.fetch_add(1, Ordering::Relaxed) {
        0 => (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "0")]).into_response(),
        1 => (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "0")]).into_response(),
        _ => list(json!([])).into_response(),
    };
    let routes = Router::new()
        .route("/api/v1/content-groups", get(busy))
        .route("/api/v1/contents", get(async || list(json!([{"id": "a"}, {"id": "b"}, {"id": "c"}]))))
        .route("/api/v1/contents/a", get(async || Json(json!({"id": "a", "title": "a"}))))
        .route("/api/v1/contents/b", get(async || StatusCode::INTERNAL_SERVER_ERROR));
    let (tally, done) = export_from(routes, folder.path()).await;
    assert_eq!(tally.made, 1);
    let why = format!("{:#}", done.unwrap_err());
    assert!(why.contains("contents/b") && why.contains("500"), "{why}");
    assert_eq!(ASKED.load(Ordering::Relaxed), 3);
}

/// A colleague saves while files travel: after the look at the content, before its draft is written.
#[tokio::test]
async fn a_draft_that_was_saved_since_the_look_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let said = |word: &str| json!({"parts": [{"kind": "text", "text": word}]});
    let seen = json!({"id": "a", "title": "a", "draft": {"revision": 5, "body": said("before")}});
    let saved = async |asked: HeaderMap| match asked.get("if-match").and_then(|seen| seen.to_str().ok()) {
        Some("\"6\"" | "*") => (StatusCode::OK, [("etag", "\"7\"")], Json(json!({}))),
        _ => (StatusCode::PRECONDITION_FAILED, [("etag", "\"6\"")], Json(json!({"zh": "已被他人修改"}))),
    };
    let colleagues = ([("etag", "\"6\"")], Json(json!({"revision": 6, "body": said("by a colleague")})));
    let routes = Router::new()
        .route("/api/v1/contents/a", get(async move || ([("etag", "\"1\"")], Json(seen))))
        .route("/api/v1/contents/a/draft", get(async move || colleagues).put(saved));
    std::fs::create_dir(folder.path().join("contents")).unwrap();
    let file = json!({"title": "a", "published": false, "parts": said("of the folder")["parts"]});
    std::fs::write(folder.path().join("contents/a.json"), file.to_string()).unwrap();

    let (server, serve) = serve(routes).await;
    let mut tally = Tally::default();
    let (place, manner) = (at(&server, folder.path()), Manner { over_drafts: true, ..Manner::default() });
    tokio::select! {
        done = import(&place, manner, &mut tally) => done.unwrap(),
        served = serve => panic!("{served:?}"),
    }
    assert_eq!(tally.changed, 0);
    assert!(tally.refused[0].contains("已被他人修改"), "{:?}", tally.refused);
}
