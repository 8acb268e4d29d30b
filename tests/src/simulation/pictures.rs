//! A content that greets in a simulated world.

use app::Author;
use cloud::blob::BlobKey;
use domain::{
    ContentId,
    content::{BlobId, ContentEdit, Publishing, media::MediaKind},
};
use serde_json::{Value, json};
use store::{MediaFile, MediaUse};

use super::{Simulation, script};
use crate::png;

const HELLO: &str = "hello";

fn picture() -> Vec<u8> {
    png(40, 30, 9)
}

/// The picture as WeCom is given it.
pub(super) fn file() -> MediaFile {
    MediaFile { blob: BlobId::of(&picture()), used_as: MediaUse::Image }
}

/// Keeps a picture and publishes a content that shows it.
pub(super) async fn publish(world: &Simulation) {
    let (app, author, id) = (world.app(), Author::stepwise(), ContentId::from(HELLO));
    let picture = picture();
    let (upload, _) = app.begin_upload(MediaKind::Image, picture.len()).expect("a ticket");
    let key = BlobKey::incoming(&upload).expect("a key");
    app.blob.put(&key, "application/octet-stream", picture.into()).await.expect("a blob");
    let kept = app.finish_upload(&upload, MediaKind::Image, &author).await.expect("a picture");
    let edit = ContentEdit { title: "问候".into(), ..ContentEdit::default() };
    app.put_content(&id, 0, &edit, &author).await.expect("a content");
    let parts = json!({"parts": [{"kind": "text", "text": "你好 {{customer.name|您}}"},
                                 {"kind": "image", "blob": kept.blob}]});
    let body = serde_json::from_value(parts).expect("a body");
    app.put_content_draft(&id, 0, body, &author).await.expect("a draft");
    let how = Publishing { substantial: false, note: String::new() };
    app.publish_content(&id, None, how, &author).await.expect("a version");
}

/// As the SOP of all worlds, but that it greets with the content.
pub(super) fn friends() -> Value {
    let mut friends = script::friends();
    friends["steps"][0]["content"] = json!({"ref": HELLO});
    friends
}
