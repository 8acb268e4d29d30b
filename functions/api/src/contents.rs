//! Contents (内容库): what is kept once and sent often. Operators see what is meant for them and published; managers see
//! everything and write.

mod archive;
mod draft;
pub(crate) mod groups;
mod header;
mod list;
mod media;
mod reader;
mod source;
mod stats;
mod trial;
mod versions;
mod view;

use axum::extract::{Path, State};
use domain::{content::Content, playbook::Role};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api,
    answer::{Answer, Outcome},
    auth::{Area, Caller, needs},
    schema,
};
use view::{ContentView, Detail};

/// The playbook is read whole by every function: no record of it is large.
const MAX_BYTES: usize = 64 * 1024;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    let use_them = OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(list::tags))
        .routes(routes!(read))
        .routes(routes!(media::show))
        .routes(routes!(stats::read))
        .routes(routes!(trial::test))
        .routes(routes!(groups::list));
    let write_them = OpenApiRouter::new()
        .routes(routes!(header::write, header::delete))
        .routes(routes!(header::copy))
        .routes(routes!(draft::read, draft::write))
        .routes(routes!(draft::publish))
        .routes(routes!(versions::list))
        .routes(routes!(versions::read))
        .routes(routes!(versions::take_up))
        .routes(routes!(versions::diff))
        .routes(routes!(archive::archive))
        .routes(routes!(archive::restore))
        .routes(routes!(stats::list))
        .routes(routes!(groups::write, groups::delete))
        .routes(routes!(groups::shift));
    needs(Role::Operator, Area::Playbook, use_them).merge(needs(Role::Manager, Area::Playbook, write_them))
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

/// The content as it is now; null if there is none.
fn current(content: Option<&Content>) -> serde_json::Value {
    serde_json::to_value(content.map(|content| ContentView::new(content, true))).unwrap_or_default()
}
