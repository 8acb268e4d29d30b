//! Tags and groups changed from the console. WeCom has to agree: it lets an app change only what it made.

use std::collections::BTreeSet;

use app::TagChange;
use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use domain::{
    Playbook, TagGroupId, TagId,
    playbook::{Named, Role, TagGroup},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{GroupView, users::refuse_used, view};
use crate::{
    Api,
    answer::{Answer, Outcome},
    auth::Caller,
    body::{Body, given},
    page::Params,
    problem::{Code, Problem},
};

/// A group to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "意向", "tags": ["高", "中", "低"]}))]
pub(crate) struct NewTagGroup {
    /// Unlike those of the other groups, without a slash.
    #[schema(min_length = 1, max_length = 30)]
    name: String,
    /// Names, in their order. There are no groups without tags.
    #[schema(min_items = 1, max_items = 100)]
    tags: Vec<String>,
}

/// Tags to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTags, example = json!({"tags": ["暂无意向"]}))]
pub(crate) struct NewTags {
    /// Names unlike those of the group's other tags, without a slash.
    #[schema(min_items = 1, max_items = 100)]
    tags: Vec<String>,
}

/// What is to change of a tag or a group; what is absent stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "有意向"}))]
pub(crate) struct TagEdit {
    /// Without a slash.
    #[serde(default, deserialize_with = "given")]
    #[schema(min_length = 1, max_length = 30, nullable = false)]
    name: Option<String>,
    /// Larger ones come first.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 4_294_967_295_i64, nullable = false)]
    order: Option<u32>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Force {
    /// Delete it although something uses it.
    #[serde(default)]
    #[param(default = false, required = false)]
    force: bool,
}

/// Make a group of tags
///
/// In WeCom, and so on every phone. Its tags are put on in all relations of a customer.
#[utoipa::path(post, path = "/tag-groups", operation_id = "createTagGroup", tag = "tags", request_body = NewTagGroup,
    responses((status = 201, description = "It was made", body = GroupView),
              (status = 422, description = "`invalid`, `wecom_refused`")),
    extensions(("x-summary-zh" = json!("新建标签组"))))]
pub(crate) async fn create_group(
    State(api): State<Api>,
    caller: Caller,
    Body(wanted): Body<NewTagGroup>,
) -> Outcome<GroupView> {
    let group = Box::pin(api.app.create_tag_group(&wanted.name, &wanted.tags, &caller.author())).await?;
    Ok(api.shown(&group).await?.created(true))
}

/// Add tags to a group
///
/// Behind those that it has. Who added a tag may change it, whoever made the group.
#[utoipa::path(post, path = "/tag-groups/{id}/tags", operation_id = "addTags", tag = "tags", request_body = NewTags,
    params(("id" = String, Path, description = "The group")),
    responses((status = 201, description = "The group with them", body = GroupView),
              (status = 404, description = "`not_found`"),
              (status = 422, description = "`invalid`, `wecom_refused`")),
    extensions(("x-summary-zh" = json!("新建标签"))))]
pub(crate) async fn add_tags(
    State(api): State<Api>,
    Path(id): Path<String>,
    caller: Caller,
    Body(wanted): Body<NewTags>,
) -> Outcome<GroupView> {
    let id = TagGroupId::from(id.as_str());
    let group = Box::pin(api.app.add_tags(&id, &wanted.tags, &caller.author())).await?;
    Ok(api.shown(&group).await?.created(true))
}

/// Rename or move a group
#[utoipa::path(patch, path = "/tag-groups/{id}", operation_id = "changeTagGroup", tag = "tags",
    params(("id" = String, Path, description = "The group")), request_body = TagEdit,
    responses((status = 200, description = "The group", body = GroupView),
              (status = 404, description = "`not_found`"), (status = 409, description = "`not_editable`"),
              (status = 422, description = "`invalid`, `wecom_refused`")),
    extensions(("x-summary-zh" = json!("修改标签组"))))]
pub(crate) async fn change_group(
    State(api): State<Api>,
    Path(id): Path<String>,
    caller: Caller,
    Body(edit): Body<TagEdit>,
) -> Outcome<GroupView> {
    let (id, author) = (TagGroupId::from(id.as_str()), caller.author());
    let group = Box::pin(api.app.change_tag_group(&id, &edit.into(), &author)).await?;
    api.shown(&group).await
}

/// Rename or move a tag
///
/// The stage that it stands for keeps its own name.
#[utoipa::path(patch, path = "/tags/{id}", operation_id = "changeTag", tag = "tags",
    params(("id" = String, Path, description = "The tag")), request_body = TagEdit,
    responses((status = 200, description = "Its group", body = GroupView),
              (status = 404, description = "`not_found`"), (status = 409, description = "`not_editable`"),
              (status = 422, description = "`invalid`, `wecom_refused`")),
    extensions(("x-summary-zh" = json!("修改标签"))))]
pub(crate) async fn change_tag(
    State(api): State<Api>,
    Path(id): Path<String>,
    caller: Caller,
    Body(edit): Body<TagEdit>,
) -> Outcome<GroupView> {
    let (id, author) = (TagId::from(id.as_str()), caller.author());
    let group = Box::pin(api.app.change_tag(&id, &edit.into(), &author)).await?;
    api.shown(&group).await
}

/// Delete a group with its tags
///
/// WeCom takes them off every customer, and it cannot be undone. Refused while a customer has one of them, or, with
/// `used_by`, while a stage, a rule, an SOP with people inside or a draft uses one, unless it is forced: then stages are
/// left without a tag. The group of a board is for admins to delete.
#[utoipa::path(delete, path = "/tag-groups/{id}", operation_id = "deleteTagGroup", tag = "tags",
    params(("id" = String, Path, description = "The group"), Force),
    responses((status = 204, description = "It is gone"), (status = 404, description = "`not_found`"),
              (status = 409, description = "`in_use`, `not_editable`"),
              (status = 422, description = "`invalid`, `wecom_refused`")),
    extensions(("x-summary-zh" = json!("删除标签组"))))]
pub(crate) async fn delete_group(
    State(api): State<Api>,
    Path(id): Path<String>,
    caller: Caller,
    Params(query): Params<Force>,
) -> Result<StatusCode, Problem> {
    let id = TagGroupId::from(id.as_str());
    let book = api.app.playbook().await?;
    let tags = book.tags.group(&id).into_iter().flat_map(TagGroup::live);
    let tags: BTreeSet<TagId> = tags.map(|tag| tag.id.clone()).collect();
    let is_boards = book.boards.values().any(|board| board.tag_group == id);
    api.check_deletion(&book, tags, is_boards, query.force, &caller).await?;
    Box::pin(api.app.delete_tag_group(&id, &caller.author())).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Delete a tag
///
/// WeCom takes it off every customer, and it cannot be undone; its group goes with its last tag. Refused while a customer
/// has it, or, with `used_by`, while a stage, a rule, an SOP with people inside or a draft uses it, unless it is forced:
/// then its stage is left without a tag. The tag of a stage is for admins to delete.
#[utoipa::path(delete, path = "/tags/{id}", operation_id = "deleteTag", tag = "tags",
    params(("id" = String, Path, description = "The tag"), Force),
    responses((status = 204, description = "It is gone"), (status = 404, description = "`not_found`"),
              (status = 409, description = "`in_use`, `not_editable`"),
              (status = 422, description = "`invalid`, `wecom_refused`")),
    extensions(("x-summary-zh" = json!("删除标签"))))]
pub(crate) async fn delete_tag(
    State(api): State<Api>,
    Path(id): Path<String>,
    caller: Caller,
    Params(query): Params<Force>,
) -> Result<StatusCode, Problem> {
    let id = TagId::from(id.as_str());
    let book = api.app.playbook().await?;
    let is_stages = book.stage_of_tag(&id).is_some();
    api.check_deletion(&book, [id.clone()].into(), is_stages, query.force, &caller).await?;
    Box::pin(api.app.delete_tag(&id, &caller.author())).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Api {
    /// May these tags be deleted by this caller, whom would it surprise?
    async fn check_deletion(
        &self,
        book: &Playbook,
        tags: BTreeSet<TagId>,
        is_boards: bool,
        force: bool,
        caller: &Caller,
    ) -> Result<(), Problem> {
        if is_boards && caller.role < Role::Admin {
            return Err(Problem::new(Code::Forbidden, "it belongs to a board: this takes the role admin"));
        }
        if force {
            return Ok(());
        }
        let live: Vec<TagId> = tags.iter().filter(|tag| book.tags.is_live(tag)).cloned().collect();
        let users = self.users_of(&Named { tags, stages: BTreeSet::new() }).await?;
        let detail = "stages, rules, SOPs or drafts use it: `used_by`; ?force=true deletes it nevertheless";
        refuse_used(&users, detail)?;
        for tag in &live {
            if self.app.has_customers(tag).await? {
                let detail = "customers have it, and would lose it; ?force=true deletes it nevertheless";
                return Err(Problem::new(Code::InUse, detail).with("tag", tag.as_str()));
            }
        }
        Ok(())
    }

    async fn shown(&self, group: &TagGroup) -> Outcome<GroupView> {
        let book = self.app.playbook().await?;
        Ok(Answer::new(view(group, &book)))
    }
}

impl From<TagEdit> for TagChange {
    fn from(edit: TagEdit) -> Self {
        Self { name: edit.name, order: edit.order }
    }
}
