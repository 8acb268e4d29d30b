//! SOPs: a draft that may be wrong, and versions that never change.

use app::Draft;
use axum::extract::{Path, State};
use domain::{Playbook, SopId, playbook::SopHeader, sop};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::{
    Api, address,
    answer::{Answer, Outcome},
    auth::Caller,
    body::{Body, OptionalBody},
    page::{List, ListQuery, Params},
    precondition::{IfMatch, stale},
    problem::{FieldError, Problem},
    schema,
    view::At,
};

/// The store keeps 400 KB in one item; the version that comes of a draft is about as long.
const MAX_BYTES: usize = 256 * 1024;

/// An SOP: its draft, and what is published of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Sop)]
pub(crate) struct SopView {
    #[schema(value_type = schema::Slug)]
    id: String,
    #[schema(value_type = schema::SopDraft)]
    draft: Value,
    /// The draft's: its ETag.
    #[schema(example = 3)]
    revision: u64,
    #[serde(flatten)]
    publishing: Publishing,
    /// What stands in the way of publishing the draft.
    problems: Vec<FieldError>,
}

/// An SOP in the list.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ListedSop)]
pub(crate) struct SopSummary {
    #[schema(value_type = schema::Slug)]
    id: String,
    /// As the draft has it.
    #[schema(example = "考虑价格")]
    name: String,
    /// The draft's: its ETag.
    #[schema(example = 3)]
    revision: u64,
    #[serde(flatten)]
    publishing: Publishing,
}

/// What is published of an SOP.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({"published": 2, "first_published_at": "2026-03-02T01:00:00Z", "enabled": true}))]
struct Publishing {
    /// The version that newcomers enter; null: never published.
    published: Option<u32>,
    /// Anchors before it enroll nobody.
    first_published_at: Option<At>,
    /// Does it take newcomers?
    enabled: bool,
}

/// A draft that was saved.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = SavedSop, example = json!({"id": "price", "revision": 3, "problems": []}))]
pub(crate) struct Saved {
    #[schema(value_type = schema::Slug)]
    id: String,
    revision: u64,
    /// What stands in the way of publishing it.
    problems: Vec<FieldError>,
}

/// A version that newcomers enter from now on.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PublishedSop, example = json!({"id": "price", "version": 2, "published_at": "2026-03-05T01:00:00Z"}))]
pub(crate) struct Published {
    #[schema(value_type = schema::Slug)]
    id: String,
    version: u32,
    published_at: At,
}

/// Nothing to say.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// The SOPs
///
/// In order of id. A page may hold fewer than `limit` and still have a successor.
#[utoipa::path(get, path = "/sops", operation_id = "listSops", tag = "sops", params(ListQuery),
    responses((status = 200, description = "A page of SOPs", body = List<SopSummary>)),
    extensions(("x-summary-zh" = json!("SOP 列表"))))]
pub(crate) async fn list(
    State(api): State<Api>,
    Params(query): Params<ListQuery>,
) -> Outcome<List<SopSummary>> {
    let window = api.seal.window("sops", &query)?;
    let drafts = api.app.store.drafts(window.limit, window.from.as_ref()).await?;
    let book = api.app.playbook().await?;
    let summary = |record: &store::StoredRecord| {
        let draft: Value = serde_json::from_str(&record.doc).unwrap_or_default();
        SopSummary {
            id: record.id.clone(),
            name: draft.get("name").and_then(Value::as_str).unwrap_or(&record.id).to_owned(),
            revision: record.revision,
            publishing: Publishing::of(&record.id.as_str().into(), &book),
        }
    };
    let items = drafts.items.iter().map(summary).collect();
    Ok(Answer::new(api.seal.page("sops", items, drafts.next.as_ref())))
}

/// One SOP
///
/// Its draft, with what stands in the way of publishing it.
#[utoipa::path(get, path = "/sops/{id}", operation_id = "readSop", tag = "sops",
    params(("id" = schema::Slug, Path, description = "The SOP")),
    responses((status = 200, description = "The SOP", body = SopView, headers(("ETag" = String))),
              (status = 404, description = "`not_found`")),
    extensions(("x-summary-zh" = json!("SOP 详情"))))]
pub(crate) async fn read(State(api): State<Api>, Path(id): Path<String>) -> Outcome<SopView> {
    let id: SopId = address::slug(&id, "SOP")?;
    let draft = api.draft(&id).await?;
    let book = api.app.playbook().await?;
    let revision = draft.revision;
    Ok(Answer::new(SopView::new(&id, draft, &book)).revision(revision))
}

/// Save a draft
///
/// A new one, or over the one that `If-Match` names; at most 256 KiB. The body is an SOP document (`SopDocument`). It may
/// still be wrong: the answer says in what.
#[utoipa::path(put, path = "/sops/{id}", operation_id = "writeSop", tag = "sops",
    params(("id" = schema::Slug, Path, description = "The SOP"), IfMatch), request_body = schema::SopDraft,
    responses((status = 200, description = "It was replaced", body = Saved, headers(("ETag" = String))),
              (status = 201, description = "It was made", body = Saved, headers(("ETag" = String))),
              (status = 428, description = "`precondition_required`")),
    extensions(("x-summary-zh" = json!("保存 SOP 草稿"))))]
pub(crate) async fn write(
    State(api): State<Api>,
    Path(id): Path<String>,
    caller: Caller,
    seen: IfMatch,
    Body(source): Body<Value, MAX_BYTES>,
) -> Outcome<Saved> {
    let id = SopId::from(id.as_str());
    // What cannot be an id is nobody's draft; saving it is refused with a word about the id.
    let known = match domain::id::check_slug(id.as_str()) {
        Ok(()) => api.app.draft(&id).await?,
        Err(_) => None,
    };
    let revision = known.as_ref().map(|draft| draft.revision);
    let book = api.app.playbook().await?;
    let read_as = seen.demand(revision, || current(&id, known, &book))?;
    match api.app.put_draft(&id, source, read_as, &caller.author()).await {
        Ok((draft, problems)) => {
            let problems = problems.into_iter().map(FieldError::from).collect();
            let saved = Saved { id: id.to_string(), revision: draft.revision, problems };
            Ok(Answer::new(saved).created(read_as == 0).revision(draft.revision))
        }
        Err(app::Error::Conflict(_)) => {
            let now = api.app.draft(&id).await?;
            Err(stale(current(&id, now, &book)))
        }
        Err(error) => Err(error.into()),
    }
}

/// Publish a draft
///
/// It becomes the next version, which never changes. Who is inside finishes on the version they entered. A draft that is
/// wrong is refused with everything that is wrong with it.
#[utoipa::path(post, path = "/sops/{id}/publish", operation_id = "publishSop", tag = "sops",
    params(("id" = schema::Slug, Path, description = "The SOP")), request_body = Option<Nothing>,
    responses((status = 200, description = "It was published", body = Published),
              (status = 404, description = "`not_found`"), (status = 409, description = "`conflict`")),
    extensions(("x-summary-zh" = json!("发布 SOP"))))]
pub(crate) async fn publish(
    State(api): State<Api>,
    Path(id): Path<String>,
    caller: Caller,
    OptionalBody(Nothing {}): OptionalBody<Nothing>,
) -> Outcome<Published> {
    let id: SopId = address::slug(&id, "SOP")?;
    api.draft(&id).await?;
    let published = api.app.publish_sop(&id, &caller.author()).await?;
    let (version, published_at) = (published.version, At(published.published_at));
    Ok(Answer::new(Published { id: id.to_string(), version, published_at }))
}

impl Api {
    /// The draft of an SOP: every SOP has one.
    pub(crate) async fn draft(&self, id: &SopId) -> Result<Draft, Problem> {
        let found = self.app.draft(id).await?;
        found.ok_or_else(|| Problem::not_found(format!("SOP {:?}", id.as_str())))
    }
}

impl SopView {
    fn new(id: &SopId, draft: Draft, book: &Playbook) -> Self {
        let problems = sop::compile(&draft.source, book).err().unwrap_or_default();
        Self {
            id: id.to_string(),
            draft: draft.source,
            revision: draft.revision,
            publishing: Publishing::of(id, book),
            problems: problems.into_iter().map(FieldError::from).collect(),
        }
    }
}

impl Publishing {
    fn of(id: &SopId, book: &Playbook) -> Self {
        let header: Option<&SopHeader> = book.sops.get(id).map(|sop| &sop.header);
        Self {
            published: header.and_then(|header| header.published),
            first_published_at: header.and_then(|header| header.first_published_at).map(At),
            enabled: header.is_none_or(|header| header.enabled),
        }
    }
}

/// The draft as it is now; null if there is none.
fn current(id: &SopId, draft: Option<Draft>, book: &Playbook) -> Value {
    let view = draft.map(|draft| SopView::new(id, draft, book));
    serde_json::to_value(view).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_draft_is_shown_with_what_is_wrong_with_it() {
        let step = json!({"id": "a", "at": {"after_minutes": 5}, "method": "task", "content": {"text": "x"}});
        let source =
            json!({"id": "price", "name": "p", "anchor": {"kind": "friend_add"}, "steps": [step, step]});
        let draft = Draft { source: source.clone(), revision: 3 };
        let shown = current(&"price".into(), Some(draft), &Playbook::default());
        assert_eq!(
            (&shown["draft"], &shown["revision"], &shown["published"]),
            (&source, &json!(3), &Value::Null)
        );
        assert_eq!(shown["problems"][0]["code"], "duplicate_step");
        assert_eq!(shown["problems"][0]["pointer"], "/steps/1/id");
        assert_eq!(current(&"price".into(), None, &Playbook::default()), Value::Null);
    }
}
