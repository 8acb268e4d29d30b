//! Contents (内容库): what is kept once and sent often. Operators see what is meant for them and published; managers see
//! everything and write.

mod archive;
mod draft;
pub(crate) mod groups;
mod media;
mod source;
mod trial;
mod versions;
mod view;

use std::collections::BTreeSet;

use app::ContentEdit;
use axum::extract::{Path, State};
use domain::{
    ContentGroupId, ContentId, Playbook,
    content::{Content, Field, Viewer, Visibility},
    id::check_slug,
    playbook::Role,
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api, address,
    answer::{Answer, Outcome},
    auth::{Area, Caller, needs},
    body::{Body, check_text},
    page::{List, ListQuery, Params},
    precondition::{IfMatch, stale},
    problem::Problem,
    schema,
};
use view::{ContentView, Detail};

/// The playbook is read whole by every function: no record of it is large.
const MAX_BYTES: usize = 64 * 1024;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    let use_them = OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(read))
        .routes(routes!(media::show))
        .routes(routes!(trial::test))
        .routes(routes!(groups::list));
    let write_them = OpenApiRouter::new()
        .routes(routes!(write))
        .routes(routes!(draft::read, draft::write))
        .routes(routes!(draft::publish))
        .routes(routes!(versions::list))
        .routes(routes!(versions::read))
        .routes(routes!(versions::diff))
        .routes(routes!(archive::archive))
        .routes(routes!(archive::restore))
        .routes(routes!(groups::write, groups::delete))
        .routes(routes!(groups::shift));
    needs(Role::Operator, Area::Playbook, use_them).merge(needs(Role::Manager, Area::Playbook, write_them))
}

/// Which contents.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// Whose title begins so; case and full width do not matter.
    #[param(max_length = 60, example = "报价")]
    q: Option<String>,
    /// With this tag.
    #[param(max_length = 20, example = "新品")]
    tag: Option<String>,
    /// In this group or one below it.
    #[param(value_type = Option<schema::Slug>)]
    group: Option<ContentGroupId>,
    /// Those that were put away, in place of the others.
    #[serde(default)]
    #[param(default = false, required = false)]
    archived: bool,
}

impl Filter {
    /// Those that pass, for this caller, in order of their titles.
    fn among<'a>(&self, book: &'a Playbook, caller: &Caller) -> Vec<&'a Content> {
        let groups = self.group.as_ref().map(|group| book.content_groups.below(group));
        let reader = Reader::new(caller, book);
        let passes = |content: &&Content| {
            content.archived == self.archived
                && self.tag.as_ref().is_none_or(|tag| content.tags.contains(tag))
                && groups
                    .as_ref()
                    .is_none_or(|groups| content.group.as_ref().is_some_and(|group| groups.contains(group)))
                && self.q.as_ref().is_none_or(|beginning| content.is_called(beginning))
                && reader.sees(content)
        };
        let mut found: Vec<&Content> = book.contents.values().filter(passes).collect();
        found.sort_by(|a, b| (&a.title, &a.id).cmp(&(&b.title, &b.id)));
        found
    }
}

/// What is said of a content, besides what it says itself.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ContentEdit, example = json!({"title": "新品报价单", "group": "prices", "tags": ["新品"],
    "visibility": {"departments": [2]}, "repeatable": false}))]
pub(crate) struct Edit {
    #[schema(min_length = 1, max_length = 60, pattern = "\\S")]
    title: String,
    /// The group that it lies in; null: in none.
    #[serde(default)]
    #[schema(value_type = Option<schema::Slug>)]
    group: Option<ContentGroupId>,
    /// Words to find it by, each of at most 20 characters.
    #[serde(default)]
    #[schema(max_items = 20)]
    tags: BTreeSet<String>,
    /// Who may use it.
    #[serde(default)]
    #[schema(value_type = schema::Visibility)]
    visibility: Visibility,
    /// May a customer get the same edition again?
    #[serde(default)]
    #[schema(default = false)]
    repeatable: bool,
}

/// The contents
///
/// In order of title. Operators see what is meant for them and published.
#[utoipa::path(get, path = "/contents", operation_id = "listContents", tag = "contents", params(Filter, ListQuery),
    responses((status = 200, description = "A page of contents", body = List<ContentView>)),
    extensions(("x-summary-zh" = json!("内容列表"))))]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Params(filter): Params<Filter>,
    Params(query): Params<ListQuery>,
) -> Outcome<List<ContentView>> {
    check_text(filter.q.as_deref(), "/q", Field::Title.most())?;
    check_text(filter.tag.as_deref(), "/tag", Field::Tag.most())?;
    if let Some(group) = filter.group.as_ref()
        && let Err(bad) = check_slug(group.as_str())
    {
        return Err(Problem::field("/group", "bad_id", bad.to_string()));
    }
    let book = api.app.playbook().await?;
    let found = filter.among(&book, &caller);
    let list = format!("contents/{filter:?}");
    let List { items, next_cursor } =
        api.seal.slice(&list, &query, found, |content| content.id.to_string())?;
    let items = items.into_iter().map(ContentView::from).collect();
    Ok(Answer::new(List { items, next_cursor }))
}

/// One content
///
/// With what is published of it. Managers also see the draft, what stands in the way of publishing it, and what uses the
/// content.
#[utoipa::path(get, path = "/contents/{id}", operation_id = "readContent", tag = "contents",
    params(("id" = schema::Slug, Path, description = "The content")),
    responses((status = 200, description = "The content", body = Detail, headers(("ETag" = String))),
              (status = 404, description = "`not_found`")),
    extensions(("x-summary-zh" = json!("内容详情"))))]
pub(crate) async fn read(State(api): State<Api>, Path(id): Path<String>, caller: Caller) -> Outcome<Detail> {
    let book = api.app.playbook().await?;
    let content = api.content(&id, &book, &caller)?;
    let detail = api.detail(content, &book, &caller).await?;
    Ok(Answer::new(detail).revision(content.revision))
}

/// Make a content, or change what is said of it
///
/// A new one needs no precondition, one that is there `If-Match`. What it says is its draft. Takes effect at once, for
/// published contents too.
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
        let known = book.contents.get(&id);
        seen.demand(known.map(|known| known.revision), || current(known))?
    };
    match api.app.put_content(&id, read_as, &edit.into(), &caller.author()).await {
        Ok(content) => {
            let revision = content.revision;
            Ok(Answer::new(ContentView::from(&content)).created(read_as == 0).revision(revision))
        }
        Err(app::Error::Conflict(_)) => Err(api.changed_meanwhile(&id).await?),
        Err(error) => Err(error.into()),
    }
}

impl From<Edit> for ContentEdit {
    fn from(edit: Edit) -> Self {
        let Edit { title, group, tags, visibility, repeatable } = edit;
        Self { title, group, tags, visibility, repeatable }
    }
}

/// Which contents a caller sees.
enum Reader {
    /// All of them: they write contents.
    Writer,
    /// What is published and meant for them; `None`: nobody knows them.
    Viewer(Option<Viewer>),
}

impl Reader {
    fn new(caller: &Caller, book: &Playbook) -> Self {
        if caller.role >= Role::Manager {
            return Self::Writer;
        }
        let staff = caller.staff.as_ref().and_then(|userid| book.staff.get(userid));
        // Nobody is on a project yet.
        Self::Viewer(staff.map(|staff| Viewer::new(staff, BTreeSet::new(), book)))
    }

    fn sees(&self, content: &Content) -> bool {
        match self {
            Self::Writer => true,
            Self::Viewer(viewer) => {
                let admitted = viewer.as_ref().is_some_and(|viewer| content.visibility.admits(viewer));
                admitted && content.published.is_some() && !content.archived
            }
        }
    }
}

impl Api {
    /// A content that this caller sees.
    fn content<'a>(&self, id: &str, book: &'a Playbook, caller: &Caller) -> Result<&'a Content, Problem> {
        let id: ContentId = address::slug(id, "content")?;
        let found = book.contents.get(&id).filter(|content| Reader::new(caller, book).sees(content));
        found.ok_or_else(|| Problem::not_found(format!("content {:?}", id.as_str())))
    }

    /// Somebody was faster between our look and our write.
    async fn changed_meanwhile(&self, id: &ContentId) -> Result<Problem, Problem> {
        let book = self.app.playbook().await?;
        Ok(stale(current(book.contents.get(id))))
    }
}

/// The content as it is now; null if there is none.
fn current(content: Option<&Content>) -> serde_json::Value {
    serde_json::to_value(content.map(ContentView::from)).unwrap_or_default()
}
