//! The picture, video or file of a part.

use axum::{
    extract::{Path, State},
    response::{IntoResponse as _, Redirect, Response},
};
use domain::content::{BlobId, Part};
use serde::Deserialize;
use utoipa::IntoParams;

use super::source::Source;
use crate::{
    Api,
    auth::Caller,
    page::Params,
    problem::{Code, Problem},
    schema,
};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// `draft`, or the number of a version; absent: what is published, of what never was the draft. Others than the
    /// published one are for managers.
    #[param(example = "draft", max_length = 10)]
    version: Option<String>,
    /// The file that is meant, by its hash, so that a page shows none but what it read: 409 `conflict` if the part shows
    /// another one, or none any more.
    #[param(min_length = 64, max_length = 64)]
    blob: Option<String>,
}

/// The picture, video or file of a part
///
/// Leads to an address that is good for 15 minutes. Pictures and videos are shown in place, everything else is saved.
#[utoipa::path(get, path = "/contents/{id}/parts/{n}/media", operation_id = "showContentMedia", tag = "contents",
    params(("id" = schema::Slug, Path, description = "The content"),
           ("n" = u32, Path, description = "The part's place in `parts`, from 0"), Which),
    responses((status = 303, description = "To its bytes", headers(("Location" = String))),
              (status = 404, description = "`not_found`"), (status = 409, description = "`conflict`")),
    extensions(("x-summary-zh" = json!("内容的图片、视频或文件"))))]
pub(crate) async fn show(
    State(api): State<Api>,
    Path((id, n)): Path<(String, String)>,
    caller: Caller,
    Params(which): Params<Which>,
) -> Result<Response, Problem> {
    let book = api.app.playbook().await?;
    let content = api.content(&id, &book, &caller)?;
    let source = which.version.as_deref().map(|text| Source::parse(text, "/version")).transpose()?;
    let body = api.body(content, source, &caller).await?;
    let meant = which.blob.as_deref().map(meant).transpose()?;
    let part = n.parse::<usize>().ok().and_then(|n| body.parts.get(n));
    let missing = || Problem::not_found(format!("file of such a part of content {id:?}"));
    let blob = part.and_then(Part::blob).map(|(blob, _)| blob);
    if meant.as_ref().is_some_and(|meant| Some(meant) != blob) {
        return Err(Problem::new(
            Code::Conflict,
            "the part does not show this file any more; read the content again",
        ));
    }
    let blob = blob.ok_or_else(missing)?;
    let inspected = api.app.media(blob).await?.ok_or_else(missing)?;
    let name = match part {
        Some(Part::File { name, .. }) => Some(name.as_str()),
        _ => None,
    };
    let address = api.app.media_address(blob, inspected.format, name)?;
    Ok(Redirect::to(&address).into_response())
}

/// Reads `?blob=`.
fn meant(hash: &str) -> Result<BlobId, Problem> {
    BlobId::parse(hash)
        .ok_or_else(|| Problem::field("/blob", "bad_value", "the hash of a file has 64 digits"))
}
