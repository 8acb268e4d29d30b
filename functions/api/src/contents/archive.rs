//! Contents that are put away, in place of being deleted: customers have had them.

use app::Barred;
use axum::extract::{Path, State};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{current, view::ContentView};
use crate::{
    Api,
    answer::{Answer, Outcome},
    auth::Caller,
    page::Params,
    precondition::IfMatch,
    schema,
};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Force {
    /// Put it away although something sends it; that goes on.
    #[serde(default)]
    #[param(default = false, required = false)]
    force: bool,
}

/// Put a content away
///
/// It is found and sent no more by hand. What an SOP sends, or an older version of one that somebody may still be inside, is
/// put away with `?force=true` only: that goes on.
#[utoipa::path(post, path = "/contents/{id}/archive", operation_id = "archiveContent", tag = "contents",
    params(("id" = schema::Slug, Path, description = "The content"), Force, IfMatch),
    responses((status = 200, description = "As it is now", body = ContentView, headers(("ETag" = String))),
              (status = 404, description = "`not_found`"), (status = 409, description = "`in_use`"),
              (status = 428, description = "`precondition_required`")),
    extensions(("x-summary-zh" = json!("归档内容"))))]
pub(crate) async fn archive(
    State(api): State<Api>,
    Path(id): Path<String>,
    caller: Caller,
    Params(Force { force }): Params<Force>,
    seen: IfMatch,
) -> Outcome<ContentView> {
    api.put_away(&id, Some(force), &caller, &seen).await
}

/// Take a content back out
#[utoipa::path(post, path = "/contents/{id}/restore", operation_id = "restoreContent", tag = "contents",
    params(("id" = schema::Slug, Path, description = "The content"), IfMatch),
    responses((status = 200, description = "As it is now", body = ContentView, headers(("ETag" = String))),
              (status = 404, description = "`not_found`"), (status = 428, description = "`precondition_required`")),
    extensions(("x-summary-zh" = json!("恢复内容"))))]
pub(crate) async fn restore(
    State(api): State<Api>,
    Path(id): Path<String>,
    caller: Caller,
    seen: IfMatch,
) -> Outcome<ContentView> {
    api.put_away(&id, None, &caller, &seen).await
}

impl Api {
    /// `force`: also what something sends; `None`: take it back out.
    async fn put_away(
        &self,
        id: &str,
        force: Option<bool>,
        caller: &Caller,
        seen: &IfMatch,
    ) -> Outcome<ContentView> {
        let book = self.app.playbook().await?;
        let known = self.own_content(id, &book, caller)?;
        let read_as = seen.demand(Some(known.revision), || current(Some(known)))?;
        let (archived, force) = (force.is_some(), force.unwrap_or_default());
        match self.app.archive_content(&known.id, read_as, archived, force, &caller.author()).await {
            Ok(content) => Ok(Answer::new(ContentView::new(&content, true)).revision(content.revision)),
            Err(app::Error::Conflict(_)) => Err(self.changed_meanwhile(&known.id).await?),
            Err(app::Error::Barred(Barred::InUse)) => {
                let detail = "something sends it; ?force=true puts it away all the same";
                Err(self.in_use(&known.id, detail).await?)
            }
            Err(error) => Err(error.into()),
        }
    }
}
