//! Corp tags by group, as WeCom has them.

mod edit;
mod mirror;
mod overlaps;
mod usage;
mod users;

use axum::extract::State;
use domain::{
    Playbook,
    playbook::{Role, Tag, TagGroup},
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) use users::{User, refuse_used};

use crate::{
    Api,
    answer::{Answer, Outcome},
    auth::{Area, needs},
    page::{List, ListQuery, Params},
};

pub(crate) fn routes() -> OpenApiRouter<Api> {
    let decide = OpenApiRouter::new()
        .routes(routes!(edit::create_group))
        .routes(routes!(edit::change_group, edit::delete_group))
        .routes(routes!(edit::add_tags))
        .routes(routes!(edit::change_tag, edit::delete_tag))
        .routes(routes!(usage::read))
        .routes(routes!(overlaps::read))
        .routes(routes!(mirror::count));
    let found = OpenApiRouter::new().routes(routes!(mirror::decide));
    let read = OpenApiRouter::new().routes(routes!(list));
    needs(Role::Operator, Area::Playbook, read)
        .merge(needs(Role::Manager, Area::Playbook, decide))
        .merge(needs(Role::Admin, Area::Playbook, found))
}

/// A group of tags (标签组).
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TagGroup, example = json!({"id": "etg1", "name": "购车阶段", "order": 0, "ours": true, "mirror": "all", "board": "cars",
    "editable": true, "tags": [{"id": "et1", "name": "到店", "order": 998, "stage": "visit", "editable": true}]}))]
pub(crate) struct GroupView {
    id: String,
    name: String,
    order: u32,
    /// Made by Stepwise.
    ours: bool,
    /// Which relations have the tags that its customers are to have.
    mirror: Mirror,
    /// May it be renamed, moved and deleted here? WeCom lets an app change only what it made. Null: nobody has tried.
    editable: Option<bool>,
    /// The board whose stages its tags are.
    board: Option<String>,
    tags: Vec<TagView>,
}

/// Which relations of a customer have the tags that the customer is to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TagMirror)]
enum Mirror {
    /// All of them.
    All,
    /// New changes go to all of them; what was different before Stepwise looked stays so.
    Changes,
}

impl Mirror {
    const fn of(group: &TagGroup) -> Self {
        if group.ours || group.mirrored { Self::All } else { Self::Changes }
    }
}

/// A tag (企业标签).
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Tag)]
struct TagView {
    id: String,
    name: String,
    order: u32,
    /// The stage that it stands for.
    stage: Option<String>,
    /// May it be renamed, moved and deleted here? Null: nobody has tried.
    editable: Option<bool>,
}

/// Corp tags by group
///
/// As WeCom has them: what was deleted there is left out; larger orders come first.
#[utoipa::path(get, path = "/tags", operation_id = "listTags", tag = "tags", params(ListQuery),
    responses((status = 200, description = "A page of groups", body = List<GroupView>)),
    extensions(("x-summary-zh" = json!("标签列表"))))]
pub(crate) async fn list(
    State(api): State<Api>,
    Params(query): Params<ListQuery>,
) -> Outcome<List<GroupView>> {
    let book = api.app.playbook().await?;
    let all = in_order(&book).into_iter().map(|group| view(group, &book)).collect();
    Ok(Answer::new(api.seal.slice("tags", &query, all, |group| group.id.clone())?))
}

fn in_order(book: &Playbook) -> Vec<&TagGroup> {
    let mut groups: Vec<&TagGroup> = book.tags.groups().filter(|group| !group.deleted).collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.order));
    groups
}

fn tags_in_order(group: &TagGroup) -> Vec<&Tag> {
    let mut tags: Vec<&Tag> = group.live().collect();
    tags.sort_by_key(|tag| std::cmp::Reverse(tag.order));
    tags
}

fn view(group: &TagGroup, book: &Playbook) -> GroupView {
    let board = book.boards.values().find(|board| board.tag_group == group.id);
    let tag = |tag: &Tag| TagView {
        id: tag.id.to_string(),
        name: tag.name.clone(),
        order: tag.order,
        stage: book.stage_of_tag(&tag.id).map(|(_, stage)| stage.id.to_string()),
        editable: tag.editable,
    };
    GroupView {
        id: group.id.to_string(),
        name: group.name.clone(),
        order: group.order,
        ours: group.ours,
        mirror: Mirror::of(group),
        editable: group.editable,
        board: board.map(|board| board.id.to_string()),
        tags: tags_in_order(group).into_iter().map(tag).collect(),
    }
}
