//! What somebody works on in a content, and publishing it.

use axum::extract::{Path, State};
use domain::{
    Playbook,
    content::{Body as Parts, BodyEdit, Content, Publishing},
};
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
    /// The version that the draft is published as already: it is published once more, so that it may be a new edition.
    #[serde(default)]
    #[schema(example = json!(null), minimum = 1)]
    again: Option<u32>,
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
    let content = api.own_content(&id, &book, &caller)?;
    let draft = api.draft_view(content, &book).await?;
    let draft = draft.ok_or_else(|| Problem::not_found(format!("draft of content {id:?}")))?;
    let revision = draft.revision;
    Ok(Answer::new(draft).revision(revision))
}

/// Save a draft
///
/// The first one, or over the one that `If-Match` names; at most 64 KiB and 20 parts. It may still be wrong: the answer says in what.
/// Files are uploaded first (`/uploads`).
#[utoipa::path(put, path = "/contents/{id}/draft", operation_id = "writeContentDraft", tag = "contents",
    params(("id" = schema::Slug, Path, description = "The content"), IfMatch), request_body = schema::ContentBody,
    responses((status = 200, description = "It was replaced", body = DraftView, headers(("ETag" = String))),
              (status = 201, description = "It was made", body = DraftView, headers(("ETag" = String))),
              (status = 404, description = "`not_found`"), (status = 409, description = "`content_archived`"),
              (status = 428, description = "`precondition_required`")),
    extensions(("x-summary-zh" = json!("保存内容草稿"))))]
pub(crate) async fn write(
    State(api): State<Api>,
    Path(id): Path<String>,
    caller: Caller,
    seen: IfMatch,
    Body(body): Body<BodyEdit, MAX_BYTES>,
) -> Outcome<DraftView> {
    let book = api.app.playbook().await?;
    let content = api.own_content(&id, &book, &caller)?;
    api.save(content, &book, &caller, &seen, body.into()).await
}

impl Api {
    /// Saves a body as the draft, over the one that `If-Match` names.
    pub(super) async fn save(
        &self,
        content: &Content,
        book: &Playbook,
        caller: &Caller,
        seen: &IfMatch,
        body: Parts,
    ) -> Outcome<DraftView> {
        let known = self.draft_view(content, book).await?;
        let read_as = seen.demand(known.as_ref().map(|draft| draft.revision), || {
            serde_json::to_value(known).unwrap_or_default()
        })?;
        let author = caller.author();
        let saving = self.app.put_content_draft(&content.id, read_as, body, &author);
        match Box::pin(saving).await {
            Ok((draft, looked_at)) => {
                let revision = draft.revision;
                let view = DraftView::new(draft, looked_at, book);
                Ok(Answer::new(view).created(read_as == 0).revision(revision))
            }
            Err(app::Error::Conflict(_)) => Err(self.draft_changed_meanwhile(content, book).await?),
            Err(error) => Err(error.into()),
        }
    }

    /// Somebody saved another one between our look and our write.
    pub(super) async fn draft_changed_meanwhile(
        &self,
        content: &Content,
        book: &Playbook,
    ) -> Result<Problem, Problem> {
        let now = self.draft_view(content, book).await?;
        Ok(stale(serde_json::to_value(now).unwrap_or_default()))
    }
}

/// Publish a draft
///
/// The one that `If-Match` names; `*`: whatever it says. It becomes the next version, which never changes; what sends the
/// content sends that version from now on. A draft that is published already is not published again: the answer is the
/// version that it became; with another `substantial` or `note` than then it is `already_published`, unless `again` names
/// that version. One that is wrong is refused with everything that is wrong with it.
#[utoipa::path(post, path = "/contents/{id}/publish", operation_id = "publishContent", tag = "contents",
    params(("id" = schema::Slug, Path, description = "The content"), IfMatch), request_body = Publish,
    responses((status = 200, description = "It is published", body = Published),
              (status = 404, description = "`not_found`"),
              (status = 409, description = "`already_published`, `content_archived`"),
              (status = 428, description = "`precondition_required`")),
    extensions(("x-summary-zh" = json!("发布内容"))))]
pub(crate) async fn publish(
    State(api): State<Api>,
    Path(id): Path<String>,
    caller: Caller,
    seen: IfMatch,
    Body(publish): Body<Publish>,
) -> Outcome<Published> {
    let book = api.app.playbook().await?;
    let content = api.own_content(&id, &book, &caller)?;
    let known = api.draft_view(content, &book).await?;
    let known = known.ok_or_else(|| Problem::not_found(format!("draft of content {id:?}")))?;
    let revision = seen.demand(Some(known.revision), || serde_json::to_value(known).unwrap_or_default())?;
    let how = Publishing { substantial: publish.substantial, note: publish.note };
    let author = caller.author();
    let (id, seen) = (&content.id, Some(revision));
    let published = match publish.again {
        None => Box::pin(api.app.publish_content(id, seen, how, &author)).await,
        Some(again) => Box::pin(api.app.publish_content_again(id, seen, how, again, &author)).await,
    };
    match published {
        Ok((content, version)) => {
            let version = VersionView::new(version, &book);
            Ok(Answer::new(Published { version, revision: content.revision }))
        }
        Err(app::Error::Conflict(_)) => Err(api.draft_changed_meanwhile(content, &book).await?),
        Err(error) => Err(error.into()),
    }
}
