//! What a content has said, and what changed.

use axum::extract::{Path, State};
use domain::content::{Content, ContentVersion, Difference, DifferenceKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::{
    source::Source,
    view::{DraftView, VersionView},
};
use crate::{
    Api,
    answer::{Answer, Outcome},
    auth::Caller,
    page::{List, ListQuery, Params},
    precondition::IfMatch,
    problem::Problem,
    schema,
};

/// What is compared.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Sides {
    /// The earlier one: `draft`, or the number of a version; absent: what is published.
    #[param(example = "2", max_length = 10)]
    from: Option<String>,
    /// The later one; absent: the draft.
    #[param(example = "draft", max_length = 10)]
    to: Option<String>,
}

/// What two bodies say differently.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ContentDiff)]
pub(crate) struct Diff {
    /// In order of the parts; none: they say the same.
    items: Vec<DifferenceView>,
}

/// One difference.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ContentDifference, example = json!({"pointer": "/parts/1/title", "kind": "changed", "before": "旧价格", "after": "新价格"}))]
struct DifferenceView {
    /// JSON pointer to a part or one of its fields; into the later body, of what was taken away into the earlier one.
    pointer: String,
    kind: KindName,
    /// As it was; null: it was not there.
    before: Option<Value>,
    /// As it is; null: it is gone.
    after: Option<Value>,
}

#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = DifferenceKind)]
enum KindName {
    Added,
    Removed,
    Changed,
}

impl From<Difference> for DifferenceView {
    fn from(difference: Difference) -> Self {
        let Difference { pointer, kind, before, after } = difference;
        let kind = match kind {
            DifferenceKind::Added => KindName::Added,
            DifferenceKind::Removed => KindName::Removed,
            DifferenceKind::Changed => KindName::Changed,
        };
        Self { pointer, kind, before, after }
    }
}

/// The versions of a content
///
/// The last first.
#[utoipa::path(get, path = "/contents/{id}/versions", operation_id = "listContentVersions", tag = "contents",
    params(("id" = schema::Slug, Path, description = "The content"), ListQuery),
    responses((status = 200, description = "A page of versions", body = List<VersionView>),
              (status = 404, description = "`not_found`")),
    extensions(("x-summary-zh" = json!("内容历史版本"))))]
pub(crate) async fn list(
    State(api): State<Api>,
    Path(id): Path<String>,
    caller: Caller,
    Params(query): Params<ListQuery>,
) -> Outcome<List<VersionView>> {
    let book = api.app.playbook().await?;
    let content = api.own_content(&id, &book, &caller)?;
    let list = format!("contents/{id}/versions");
    let window = api.seal.window(&list, &query)?;
    let found = api.app.content_versions(&content.id, window.limit, window.from.as_ref()).await?;
    let items = found.items.into_iter().map(|version| VersionView::new(version, &book)).collect();
    Ok(Answer::new(api.seal.page(&list, items, found.next.as_ref())))
}

/// A version of a content
#[utoipa::path(get, path = "/contents/{id}/versions/{version}", operation_id = "readContentVersion", tag = "contents",
    params(("id" = schema::Slug, Path, description = "The content"),
           ("version" = u32, Path, description = "Its number", minimum = 1)),
    responses((status = 200, description = "The version", body = VersionView),
              (status = 404, description = "`not_found`")),
    extensions(("x-summary-zh" = json!("内容版本详情"))))]
pub(crate) async fn read(
    State(api): State<Api>,
    Path((id, version)): Path<(String, String)>,
    caller: Caller,
) -> Outcome<VersionView> {
    let book = api.app.playbook().await?;
    let content = api.own_content(&id, &book, &caller)?;
    Ok(Answer::new(VersionView::new(api.version(content, &version).await?, &book)))
}

/// Take a version back up
///
/// What it says is the draft from now on, in place of the one that `If-Match` names.
#[utoipa::path(post, path = "/contents/{id}/versions/{version}/restore", operation_id = "restoreContentVersion",
    tag = "contents",
    params(("id" = schema::Slug, Path, description = "The content"),
           ("version" = u32, Path, description = "Its number", minimum = 1), IfMatch),
    responses((status = 200, description = "The draft", body = DraftView, headers(("ETag" = String))),
              (status = 404, description = "`not_found`"), (status = 409, description = "`content_archived`"),
              (status = 428, description = "`precondition_required`")),
    extensions(("x-summary-zh" = json!("将历史版本恢复为草稿"))))]
pub(crate) async fn take_up(
    State(api): State<Api>,
    Path((id, version)): Path<(String, String)>,
    caller: Caller,
    seen: IfMatch,
) -> Outcome<DraftView> {
    let book = api.app.playbook().await?;
    let content = api.own_content(&id, &book, &caller)?;
    let body = api.version(content, &version).await?.body;
    api.save(content, &book, &caller, &seen, body).await
}

/// What changed between two versions
///
/// Part by part, and field by field. Parts that are the same at the beginning and at the end are left out.
#[utoipa::path(get, path = "/contents/{id}/diff", operation_id = "compareContent", tag = "contents",
    params(("id" = schema::Slug, Path, description = "The content"), Sides),
    responses((status = 200, description = "The differences", body = Diff),
              (status = 404, description = "`not_found`")),
    extensions(("x-summary-zh" = json!("内容版本对比"))))]
pub(crate) async fn diff(
    State(api): State<Api>,
    Path(id): Path<String>,
    caller: Caller,
    Params(sides): Params<Sides>,
) -> Outcome<Diff> {
    let book = api.app.playbook().await?;
    let content = api.own_content(&id, &book, &caller)?;
    let side =
        |text: &Option<String>, pointer| text.as_deref().map(|text| Source::parse(text, pointer)).transpose();
    let (from, to) = (side(&sides.from, "/from")?, side(&sides.to, "/to")?);
    let before = api.body(content, from, &caller).await?;
    let after = api.body(content, to.or(Some(Source::Draft)), &caller).await?;
    let items = before.differences(&after).into_iter().map(DifferenceView::from).collect();
    Ok(Answer::new(Diff { items }))
}

impl Api {
    /// The version with this number.
    async fn version(&self, content: &Content, number: &str) -> Result<ContentVersion, Problem> {
        let found = match number.parse() {
            Ok(number) => self.app.content_version(&content.id, number).await?,
            Err(_) => None,
        };
        found.ok_or_else(|| Problem::not_found(format!("such version of content {:?}", content.id.as_str())))
    }
}
