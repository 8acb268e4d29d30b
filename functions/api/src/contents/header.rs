//! What is said of a content besides what it says itself; copies; and contents that are not wanted after all.

use app::Barred;
use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use domain::{
    ContentGroupId, ContentId,
    content::{ContentEdit, VisibilityEdit},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{
    MAX_BYTES, current,
    reader::demand_writer,
    view::{ContentView, named_sops},
};
use crate::{
    Api,
    answer::{Answer, Outcome},
    auth::Caller,
    body::Body,
    page::Params,
    precondition::{IfMatch, stale},
    problem::{Code, Problem},
    schema,
};

/// What is said of a content, besides what it says itself.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ContentEdit, example = json!({"title": "新品报价单", "group": "prices", "order": 1, "tags": ["新品"],
    "visibility": {"departments": [2]}, "repeatable": false}))]
pub(crate) struct Edit {
    #[schema(min_length = 1, max_length = 60, pattern = "\\S")]
    title: String,
    /// The group that it lies in; null: in none.
    #[serde(default)]
    #[schema(value_type = Option<schema::Slug>)]
    group: Option<ContentGroupId>,
    /// Its place in the group: smaller sorts first. Null: behind those that have one, by title.
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 4_294_967_295_i64)]
    order: Option<u32>,
    /// Words to find it by, each of at most 20 characters.
    #[serde(default)]
    #[schema(max_items = 20)]
    tags: Vec<String>,
    /// Which operators may use it; managers and admins see all. With title and tags at most 3,000 bytes.
    #[serde(default)]
    #[schema(value_type = schema::Visibility)]
    visibility: VisibilityEdit,
    /// May a customer get the same edition again?
    #[serde(default)]
    #[schema(default = false)]
    repeatable: bool,
}

/// What a copy is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ContentCopy, example = json!({"id": "price-list-autumn", "title": "秋季报价单"}))]
pub(crate) struct Copy {
    #[schema(value_type = schema::Slug)]
    id: String,
    /// Absent or null: the title of the content with 副本 behind it.
    #[serde(default)]
    #[schema(min_length = 1, max_length = 60, pattern = "\\S")]
    title: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WithDraft {
    /// The ETag of the draft that was read, which goes with it; needed if there is one, unless `If-Match` is `*`. 0: there is
    /// none.
    #[param(example = 4, required = false)]
    draft: Option<u64>,
}

/// Make a content, or change what is said of it
///
/// A new one needs no precondition, one that is there `If-Match`. What it says is its draft. Takes effect at once, for
/// published contents too. There are 10,000 contents at most.
#[utoipa::path(put, path = "/contents/{id}", operation_id = "writeContent", tag = "contents",
    params(("id" = schema::Slug, Path, description = "The content"), IfMatch), request_body = Edit,
    responses((status = 200, description = "It was changed", body = ContentView, headers(("ETag" = String))),
              (status = 201, description = "It was made", body = ContentView, headers(("ETag" = String))),
              (status = 428, description = "`precondition_required`")),
    extensions(("x-summary-zh" = json!("保存内容"))))]
pub(crate) async fn write(
    State(api): State<Api>,
    Path(id): Path<String>,
    caller: Caller,
    seen: IfMatch,
    Body(edit): Body<Edit, MAX_BYTES>,
) -> Outcome<ContentView> {
    // A name that cannot be an id is refused with the content's other faults.
    let id = ContentId::from(id.as_str());
    let read_as = {
        let book = api.app.playbook().await?;
        demand_writer(&caller, &book)?;
        let known = book.contents.get(&id);
        seen.demand(known.map(|known| known.revision), || current(known))?
    };
    match api.app.put_content(&id, read_as, &edit.into(), &caller.author()).await {
        Ok(content) => {
            let view = ContentView::new(&content, true);
            Ok(Answer::new(view).created(read_as == 0).revision(content.revision))
        }
        Err(app::Error::Conflict(_)) => Err(api.changed_meanwhile(&id).await?),
        Err(error) => Err(error.into()),
    }
}

/// Delete a content
///
/// One that was never published and that nothing names, with the draft that `?draft=` names; the audit keeps both. Others are
/// archived: customers may have had them.
#[utoipa::path(delete, path = "/contents/{id}", operation_id = "deleteContent", tag = "contents",
    params(("id" = schema::Slug, Path, description = "The content"), WithDraft, IfMatch),
    responses((status = 204, description = "It is gone"), (status = 404, description = "`not_found`"),
              (status = 409, description = "`content_published`, `in_use`"),
              (status = 428, description = "`precondition_required`")),
    extensions(("x-summary-zh" = json!("删除内容"))))]
pub(crate) async fn delete(
    State(api): State<Api>,
    Path(id): Path<String>,
    caller: Caller,
    Params(WithDraft { draft }): Params<WithDraft>,
    seen: IfMatch,
) -> Result<StatusCode, Problem> {
    let book = api.app.playbook().await?;
    let known = api.own_content(&id, &book, &caller)?;
    let read_as = seen.demand(Some(known.revision), || current(Some(known)))?;
    let draft = match (draft, &seen) {
        (None, IfMatch::Any) => None,
        (None, _) if api.app.content_draft(&known.id).await?.is_some() => {
            let detail = "it has a draft: say with ?draft= which one you read, so that nothing is lost";
            return Err(Problem::new(Code::PreconditionRequired, detail));
        }
        (draft, _) => Some(draft.unwrap_or(0)),
    };
    match api.app.delete_content(&known.id, read_as, draft, &caller.author()).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(app::Error::Conflict(_)) => Err(api.header_or_draft_changed(&known.id, read_as).await?),
        Err(app::Error::Barred(Barred::InUse)) => Err(api.in_use(&known.id, "an SOP names it").await?),
        Err(error) => Err(error.into()),
    }
}

/// Copy a content
///
/// A new one of which the same is said, and whose draft says what this one's does; if it has none, what it has published.
#[utoipa::path(post, path = "/contents/{id}/copy", operation_id = "copyContent", tag = "contents",
    params(("id" = schema::Slug, Path, description = "The content")), request_body = Copy,
    responses((status = 201, description = "The copy", body = ContentView, headers(("ETag" = String))),
              (status = 404, description = "`not_found`"), (status = 409, description = "`exists`")),
    extensions(("x-summary-zh" = json!("复制内容"))))]
pub(crate) async fn copy(
    State(api): State<Api>,
    Path(id): Path<String>,
    caller: Caller,
    Body(Copy { id: to, title }): Body<Copy>,
) -> Outcome<ContentView> {
    let book = api.app.playbook().await?;
    let from = &api.own_content(&id, &book, &caller)?.id;
    let to = ContentId::from(to.as_str());
    let copy = api.app.copy_content(from, &to, title.as_deref(), &caller.author()).await?;
    Ok(Answer::new(ContentView::new(&copy, true)).created(true).revision(copy.revision))
}

impl From<Edit> for ContentEdit {
    fn from(edit: Edit) -> Self {
        let Edit { title, group, order, tags, visibility, repeatable } = edit;
        Self { title, group, order, tags, visibility, repeatable }
    }
}

impl Api {
    /// Somebody was faster between our look and our write.
    pub(super) async fn changed_meanwhile(&self, id: &ContentId) -> Result<Problem, Problem> {
        let book = self.app.playbook().await?;
        Ok(stale(current(book.contents.get(id))))
    }

    /// Somebody changed what is said of it, or its draft; the answer shows which.
    async fn header_or_draft_changed(&self, id: &ContentId, read_as: u64) -> Result<Problem, Problem> {
        let book = self.app.playbook().await?;
        match book.contents.get(id).filter(|now| now.revision == read_as) {
            Some(content) => self.draft_changed_meanwhile(content, &book).await,
            None => self.changed_meanwhile(id).await,
        }
    }

    /// Something sends it, by a version that somebody may still be inside.
    pub(super) async fn in_use(&self, id: &ContentId, detail: &str) -> Result<Problem, Problem> {
        let book = self.app.playbook().await?;
        let users = named_sops(&book.content_holders(id), &book);
        Ok(Problem::new(Code::InUse, detail).with("used_by", users))
    }
}
