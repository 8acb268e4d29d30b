//! What somebody works on in a content, and publishing it.

use axum::extract::{Path, State};
use domain::content::{Body as Parts, Publishing};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    MAX_BYTES,
    view::{DraftView, VersionView},
};
use crate::{
    Api,
    answer::{Answer, Outcome},
    auth::Caller,
    body::Body,
    precondition::{IfMatch, stale},
    problem::Problem,
    schema,
};

/// How a draft is published.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ContentPublishing, example = json!({"substantial": true, "note": "价格调整"}))]
pub(crate) struct Publish {
    /// 内容有实质变化: a new edition, which customers may get who have had the one before.
    substantial: bool,
    /// What changed.
    #[serde(default)]
    #[schema(max_length = 200)]
    note: String,
}

/// A version that is sent from now on.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PublishedContent)]
pub(crate) struct Published {
    #[serde(flatten)]
    version: VersionView,
    /// The content's, as its ETag is now.
    #[schema(example = 10)]
    revision: u64,
}

/// The draft of a content
#[utoipa::path(get, path = "/contents/{id}/draft", operation_id = "readContentDraft", tag = "contents",
    params(("id" = schema::Slug, Path, description = "The content")),
    responses((status = 200, description = "The draft", body = DraftView, headers(("ETag" = String))),
              (status = 404, description = "`not_found`")),
    extensions(("x-summary-zh" = json!("内容草稿"))))]
pub(crate) async fn read(
    State(api): State<Api>,
    Path(id): Path<String>,
    caller: Caller,
) -> Outcome<DraftView> {
    let book = api.app.playbook().await?;
    let content = api.content(&id, &book, &caller)?;
    let draft = api.draft_view(content, &book).await?;
    let draft = draft.ok_or_else(|| Problem::not_found(format!("draft of content {id:?}")))?;
    let revision = draft.revision;
    Ok(Answer::new(draft).revision(revision))
}

/// Save a draft
///
/// The first one, or over the one that `If-Match` names; at most 64 KiB. It may still be wrong: the answer says in what.
/// Files are uploaded first (`/uploads`).
#[utoipa::path(put, path = "/contents/{id}/draft", operation_id = "writeContentDraft", tag = "contents",
    params(("id" = schema::Slug, Path, description = "The content"), IfMatch), request_body = schema::ContentBody,
    responses((status = 200, description = "It was replaced", body = DraftView, headers(("ETag" = String))),
              (status = 201, description = "It was made", body = DraftView, headers(("ETag" = String))),
              (status = 404, description = "`not_found`"), (status = 428, description = "`precondition_required`")),
    extensions(("x-summary-zh" = json!("保存内容草稿"))))]
pub(crate) async fn write(
    State(api): State<Api>,
    Path(id): Path<String>,
    caller: Caller,
    seen: IfMatch,
    Body(body): Body<Parts, MAX_BYTES>,
) -> Outcome<DraftView> {
    let book = api.app.playbook().await?;
    let content = api.content(&id, &book, &caller)?;
    let known = api.draft_view(content, &book).await?;
    let read_as = seen.demand(known.as_ref().map(|draft| draft.revision), || {
        serde_json::to_value(known).unwrap_or_default()
    })?;
    match api.app.put_content_draft(&content.id, read_as, body, &caller.author()).await {
        Ok((draft, problems)) => {
            let revision = draft.revision;
            let view = DraftView::new(draft, problems, &book);
            Ok(Answer::new(view).created(read_as == 0).revision(revision))
        }
        Err(app::Error::Conflict(_)) => {
            let now = api.draft_view(content, &book).await?;
            Err(stale(serde_json::to_value(now).unwrap_or_default()))
        }
        Err(error) => Err(error.into()),
    }
}

/// Publish a draft
///
/// It becomes the next version, which never changes; what sends the content sends that version from now on. With
/// `If-Match` only if the draft is the one that it names. A draft that is wrong is refused with everything that is wrong
/// with it.
#[utoipa::path(post, path = "/contents/{id}/publish", operation_id = "publishContent", tag = "contents",
    params(("id" = schema::Slug, Path, description = "The content"), IfMatch), request_body = Publish,
    responses((status = 200, description = "It was published", body = Published),
              (status = 404, description = "`not_found`"), (status = 409, description = "`conflict`")),
    extensions(("x-summary-zh" = json!("发布内容"))))]
pub(crate) async fn publish(
    State(api): State<Api>,
    Path(id): Path<String>,
    caller: Caller,
    seen: IfMatch,
    Body(publish): Body<Publish>,
) -> Outcome<Published> {
    let book = api.app.playbook().await?;
    let content = api.content(&id, &book, &caller)?;
    let revision = api.app.content_draft(&content.id).await?.map(|draft| draft.revision);
    let seen = match seen.holds(revision) {
        Some(false) => {
            let now = api.draft_view(content, &book).await?;
            return Err(stale(serde_json::to_value(now).unwrap_or_default()));
        }
        Some(true) => revision,
        None => None,
    };
    let how = Publishing { substantial: publish.substantial, note: publish.note };
    let published = Box::pin(api.app.publish_content(&content.id, seen, how, &caller.author())).await?;
    let (content, version) = published;
    let version = VersionView::new(version, &book);
    Ok(Answer::new(Published { version, revision: content.revision }))
}
