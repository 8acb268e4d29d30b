//! Groups of contents (内容分组): a tree, five levels deep.

use std::collections::{BTreeMap, BTreeSet};

use app::{Barred, GroupEdit};
use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use domain::{ContentGroupId, Playbook, content::ContentGroup};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::reader::{Reader, demand_writer};
use crate::{
    Api, address,
    answer::{Answer, Outcome},
    auth::Caller,
    body::Body,
    page::{List, ListQuery, Params},
    precondition::{IfMatch, stale},
    problem::{Code, Problem},
    schema,
};

/// A group of contents.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ContentGroup, example = json!({"id": "prices", "name": "报价", "parent": null, "depth": 1, "order": 0, "contents": 12,
    "revision": 2}))]
pub(crate) struct GroupView {
    #[schema(value_type = schema::Slug)]
    id: String,
    name: String,
    /// The group around it; null: it is at the top.
    #[schema(value_type = Option<schema::Slug>)]
    parent: Option<String>,
    /// Its level; 1: at the top.
    depth: usize,
    /// Smaller sorts first among neighbours, equal ones by name.
    order: u32,
    /// How many contents that one sees lie right in it, archived ones not counted.
    contents: usize,
    /// Its ETag.
    revision: u64,
}

/// A group as it is to be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ContentGroupEdit, example = json!({"name": "报价", "parent": null, "order": 0}))]
pub(crate) struct Edit {
    /// Unlike those of its neighbours.
    #[schema(min_length = 1, max_length = 60, pattern = "\\S")]
    name: String,
    /// The group around it.
    #[serde(default)]
    #[schema(value_type = Option<schema::Slug>)]
    parent: Option<ContentGroupId>,
    /// Absent or null: it keeps its place; a new one goes behind its neighbours.
    #[serde(default)]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 4_294_967_295_i64)]
    order: Option<u32>,
}

/// Where a group is to go.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ContentGroupMove, example = json!({"parent": "prices", "before": null}))]
pub(crate) struct Move {
    /// Into this group; null: to the top.
    #[serde(deserialize_with = "crate::body::nullable")]
    #[schema(value_type = Option<schema::Slug>, required)]
    parent: Option<ContentGroupId>,
    /// Before this one of its new neighbours; absent or null: behind all of them.
    #[serde(default)]
    #[schema(value_type = Option<schema::Slug>)]
    before: Option<ContentGroupId>,
}

/// The groups of contents
///
/// In order: each is followed by those in it. Operators see those in which contents lie that they see, and those around.
#[utoipa::path(get, path = "/content-groups", operation_id = "listContentGroups", tag = "contents", params(ListQuery),
    responses((status = 200, description = "A page of groups", body = List<GroupView>)),
    extensions(("x-summary-zh" = json!("内容分组"))))]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Params(query): Params<ListQuery>,
) -> Outcome<List<GroupView>> {
    let book = api.app.playbook().await?;
    let counts = counts(&book, &caller);
    let mut all = book.content_groups.walk(None);
    if !Reader::new(&caller, &book).writes() {
        let paths = counts.keys().flat_map(|group| book.content_groups.path(group));
        let shown: BTreeSet<&ContentGroupId> = paths.map(|group| &group.id).collect();
        all.retain(|group| shown.contains(&group.id));
    }
    let place = |group: &&ContentGroup| book.content_groups.place(&group.id);
    let List { items, next_cursor } = api.seal.ordered("content-groups", &query, all, place)?;
    let items = items.into_iter().map(|group| GroupView::new(group, &book, &counts)).collect();
    Ok(Answer::new(List { items, next_cursor }))
}

/// Make or replace a group of contents
///
/// A new one needs no precondition, one that is there `If-Match`. Five levels at most, 80 groups in one, 500 in all.
#[utoipa::path(put, path = "/content-groups/{id}", operation_id = "writeContentGroup", tag = "contents",
    params(("id" = schema::Slug, Path, description = "The group"), IfMatch), request_body = Edit,
    responses((status = 200, description = "It was replaced", body = GroupView, headers(("ETag" = String))),
              (status = 201, description = "It was made", body = GroupView, headers(("ETag" = String))),
              (status = 428, description = "`precondition_required`")),
    extensions(("x-summary-zh" = json!("保存内容分组"))))]
pub(crate) async fn write(
    State(api): State<Api>,
    Path(id): Path<String>,
    caller: Caller,
    seen: IfMatch,
    Body(edit): Body<Edit>,
) -> Outcome<GroupView> {
    // A name that cannot be an id is refused with a word about the id.
    let id = ContentGroupId::from(id.as_str());
    let book = api.app.playbook().await?;
    demand_writer(&caller, &book)?;
    let known = book.content_groups.get(&id);
    let read_as = seen.demand(known.map(|known| known.revision), || shown_now(known, &book, &caller))?;
    let Edit { name, parent, order } = edit;
    let wanted = GroupEdit { name, parent, order };
    match api.app.put_content_group(&id, read_as, &wanted, &caller.author()).await {
        Ok(group) => Ok(api.shown_group(&group, &caller).await?.created(read_as == 0)),
        Err(app::Error::Conflict(_)) => Err(api.group_changed_meanwhile(&id, &caller).await?),
        Err(error) => Err(error.into()),
    }
}

/// Move a group of contents
///
/// With everything in it; its neighbours make room. Where it is put is what is asked for, so that no precondition is
/// needed.
#[utoipa::path(post, path = "/content-groups/{id}/move", operation_id = "moveContentGroup", tag = "contents",
    params(("id" = schema::Slug, Path, description = "The group")), request_body = Move,
    responses((status = 200, description = "The group", body = GroupView, headers(("ETag" = String))),
              (status = 404, description = "`not_found`")),
    extensions(("x-summary-zh" = json!("移动内容分组"))))]
pub(crate) async fn shift(
    State(api): State<Api>,
    Path(id): Path<String>,
    caller: Caller,
    Body(Move { parent, before }): Body<Move>,
) -> Outcome<GroupView> {
    let id: ContentGroupId = address::slug(&id, "group of contents")?;
    demand_writer(&caller, &*api.app.playbook().await?)?;
    let author = caller.author();
    let moved = api.app.move_content_group(&id, parent.as_ref(), before.as_ref(), &author).await?;
    api.shown_group(&moved, &caller).await
}

/// Delete a group of contents
///
/// One in which nothing is; archived contents count.
#[utoipa::path(delete, path = "/content-groups/{id}", operation_id = "deleteContentGroup", tag = "contents",
    params(("id" = schema::Slug, Path, description = "The group"), IfMatch),
    responses((status = 204, description = "It is gone"), (status = 404, description = "`not_found`"),
              (status = 409, description = "`in_use`"), (status = 428, description = "`precondition_required`")),
    extensions(("x-summary-zh" = json!("删除内容分组"))))]
pub(crate) async fn delete(
    State(api): State<Api>,
    Path(id): Path<String>,
    caller: Caller,
    seen: IfMatch,
) -> Result<StatusCode, Problem> {
    let id: ContentGroupId = address::slug(&id, "group of contents")?;
    let book = api.app.playbook().await?;
    demand_writer(&caller, &book)?;
    let known = book.content_groups.get(&id);
    let known = known.ok_or_else(|| Problem::not_found(format!("group of contents {:?}", id.as_str())))?;
    let read_as = seen.demand(Some(known.revision), || shown_now(Some(known), &book, &caller))?;
    match api.app.delete_content_group(&id, read_as, &caller.author()).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(app::Error::Barred(Barred::InUse)) => {
            let inside = within(&id, &*api.app.playbook().await?);
            let detail = "groups or contents lie in it";
            Err(Problem::new(Code::InUse, detail).with("used_by", inside))
        }
        Err(app::Error::Conflict(_)) => Err(api.group_changed_meanwhile(&id, &caller).await?),
        Err(error) => Err(error.into()),
    }
}

impl GroupView {
    fn new(group: &ContentGroup, book: &Playbook, counts: &Counts<'_>) -> Self {
        Self {
            id: group.id.to_string(),
            name: group.name.clone(),
            parent: group.parent.as_ref().map(ToString::to_string),
            depth: book.content_groups.path(&group.id).len(),
            order: group.order,
            contents: counts.get(&group.id).copied().unwrap_or_default(),
            revision: group.revision,
        }
    }
}

/// How many contents lie right in each group.
type Counts<'a> = BTreeMap<&'a ContentGroupId, usize>;

fn counts<'a>(book: &'a Playbook, caller: &Caller) -> Counts<'a> {
    let reader = Reader::new(caller, book);
    let mut counts = Counts::new();
    let shown = book.contents.values().filter(|content| !content.archived && reader.sees(content));
    for group in shown.filter_map(|content| content.group.as_ref()) {
        *counts.entry(group).or_default() += 1;
    }
    counts
}

impl Api {
    async fn shown_group(&self, group: &ContentGroup, caller: &Caller) -> Outcome<GroupView> {
        let book = self.app.playbook().await?;
        Ok(Answer::new(GroupView::new(group, &book, &counts(&book, caller))).revision(group.revision))
    }

    async fn group_changed_meanwhile(
        &self,
        id: &ContentGroupId,
        caller: &Caller,
    ) -> Result<Problem, Problem> {
        let book = self.app.playbook().await?;
        Ok(stale(shown_now(book.content_groups.get(id), &book, caller)))
    }
}

/// The group as it is now; null if there is none.
fn shown_now(group: Option<&ContentGroup>, book: &Playbook, caller: &Caller) -> serde_json::Value {
    serde_json::to_value(group.map(|group| GroupView::new(group, book, &counts(book, caller))))
        .unwrap_or_default()
}

/// Up to ten names of what lies right in a group.
fn within(id: &ContentGroupId, book: &Playbook) -> Vec<crate::view::Named> {
    let groups = book.content_groups.within(Some(id)).into_iter();
    let groups = groups.map(|group| (group.id.to_string(), group.name.clone()));
    let contents = book.contents.values().filter(|content| content.group.as_ref() == Some(id));
    let contents = contents.map(|content| (content.id.to_string(), content.title.clone()));
    groups.chain(contents).take(10).map(|(id, name)| crate::view::Named { id, name }).collect()
}
