//! Tags and groups changed from the console. WeCom has to agree: it lets an app change only what it made.

use std::collections::BTreeSet;

use app::TagChange;
use axum::{
    extract::{Path, State},
    http::StatusCode,
};
use domain::{Playbook, TagGroupId, TagId, playbook::TagGroup};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::{GroupView, usage::User, view};
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
/// WeCom takes them off every customer, and it cannot be undone. Refused with `used_by` while a stage, a rule or an SOP
/// uses one of them, unless it is forced: then stages are left without a tag.
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
    check_unused(&book, tags.map(|tag| &tag.id), query.force)?;
    Box::pin(api.app.delete_tag_group(&id, &caller.author())).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Delete a tag
///
/// WeCom takes it off every customer, and it cannot be undone; its group goes with its last tag. Refused with `used_by`
/// while a stage, a rule or an SOP uses it, unless it is forced: then its stage is left without a tag.
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
    check_unused(&*api.app.playbook().await?, [&id], query.force)?;
    Box::pin(api.app.delete_tag(&id, &caller.author())).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Api {
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

fn check_unused<'a>(
    book: &Playbook,
    tags: impl IntoIterator<Item = &'a TagId>,
    force: bool,
) -> Result<(), Problem> {
    let users = book.tag_users();
    let users: BTreeSet<_> = tags.into_iter().filter_map(|tag| users.get(tag)).flatten().collect();
    if force || users.is_empty() {
        return Ok(());
    }
    let users: Vec<User> = users.into_iter().map(|user| User::new(user, book)).collect();
    let detail = "stages, rules or SOPs use it: `used_by`; ?force=true deletes it nevertheless";
    Err(Problem::new(Code::InUse, detail).with("used_by", users))
}
