//! Uploads, in two steps: a ticket, with which a browser sends the bytes past us, and a look at what arrived.

mod range;
pub(crate) mod tickets;

use std::collections::BTreeMap;

use app::Media;
use axum::extract::{Path, State};
use domain::{
    Timestamp,
    content::media::{Format, MediaKind},
    playbook::Role,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api,
    answer::{Answer, Outcome},
    auth::{Area, Caller, needs},
    body::Body,
    schema,
    view::At,
};

pub(crate) fn routes() -> OpenApiRouter<Api> {
    let upload = OpenApiRouter::new().routes(routes!(begin)).routes(routes!(finish));
    needs(Role::Manager, Area::Playbook, upload)
}

/// A file that somebody wants to upload.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewUpload, example = json!({"kind": "image", "bytes": 245_760}))]
pub(crate) struct NewUpload {
    /// What it is to be used as.
    #[schema(value_type = schema::MediaKind)]
    kind: MediaKind,
    /// Exactly how many it has.
    #[schema(value_type = i64, minimum = 1)]
    bytes: u32,
}

/// The request with which to send the file.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = UploadTicket, example = json!({"id": "5e8c0f5b1d2a4c3f9b7a6d5e4f3c2b1a", "url": "/api/v1/uploads/eyJr…", "method": "PUT",
    "headers": {"content-type": "application/octet-stream"}, "expires_at": "2026-03-05T01:15:00Z"}))]
pub(crate) struct Ticket {
    /// What to finish it by.
    id: String,
    /// An address, or a path of this site. Whoever has it may upload.
    url: String,
    method: &'static str,
    /// Headers that it has to carry; the body is the file itself.
    headers: BTreeMap<&'static str, String>,
    /// Until when it is taken.
    expires_at: At,
}

/// What was uploaded is to be used.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = UploadEnd, example = json!({"kind": "image"}))]
pub(crate) struct End {
    /// What it is to be used as.
    #[schema(value_type = schema::MediaKind)]
    kind: MediaKind,
}

/// A file that is kept.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Media, example = json!({"blob": "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824", "format": "png",
    "width": 1080, "height": 1920, "bytes": 245_760}))]
pub(crate) struct MediaView {
    /// What parts of contents name it by: the SHA-256 of its bytes.
    #[schema(value_type = schema::BlobId)]
    blob: String,
    /// What it is, by its bytes.
    #[schema(value_type = schema::MediaFormat)]
    format: Format,
    /// In pixels; null: no picture.
    width: Option<u32>,
    /// In pixels; null: no picture.
    height: Option<u32>,
    bytes: usize,
}

impl From<Media> for MediaView {
    fn from(Media { blob, inspected }: Media) -> Self {
        Self {
            blob: blob.as_str().to_owned(),
            format: inspected.format,
            width: inspected.pixels.map(|pixels| pixels.width),
            height: inspected.pixels.map(|pixels| pixels.height),
            bytes: inspected.bytes,
        }
    }
}

/// Begin an upload
///
/// Answers the request with which to send the file, good for 15 minutes; then finish it. A file that is too large is refused
/// here already.
#[utoipa::path(post, path = "/uploads", operation_id = "beginUpload", tag = "contents", request_body = NewUpload,
    responses((status = 201, description = "Send the file so", body = Ticket)),
    extensions(("x-summary-zh" = json!("开始上传文件"))))]
pub(crate) async fn begin(State(api): State<Api>, Body(wanted): Body<NewUpload>) -> Outcome<Ticket> {
    let bytes = usize::try_from(wanted.bytes).unwrap_or(usize::MAX);
    let (id, ticket) = api.app.begin_upload(wanted.kind, bytes)?;
    let expires_at = At(Timestamp::from_ms(ticket.expires_at_ms));
    let (url, method, headers) = (ticket.url, ticket.method, ticket.headers);
    Ok(Answer::new(Ticket { id, url, method, headers, expires_at }).created(true))
}

/// Finish an upload
///
/// Looks at the bytes that arrived, whatever the file was called, and keeps them under their hash: the same bytes once. What
/// cannot be used so is refused with what to mend, and nothing of it stays. Sent again it answers the same for a day.
#[utoipa::path(post, path = "/uploads/{id}/finish", operation_id = "finishUpload", tag = "contents", request_body = End,
    params(("id" = String, Path, description = "The upload")),
    responses((status = 200, description = "It is kept", body = MediaView),
              (status = 404, description = "`not_found`: nothing arrived, or too long ago")),
    extensions(("x-summary-zh" = json!("完成上传文件"))))]
pub(crate) async fn finish(
    State(api): State<Api>,
    Path(id): Path<String>,
    caller: Caller,
    Body(End { kind }): Body<End>,
) -> Outcome<MediaView> {
    let media = Box::pin(api.app.finish_upload(&id, kind, &caller.author())).await?;
    Ok(Answer::new(media.into()))
}
