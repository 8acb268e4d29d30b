//! A content sent to oneself.

use app::Refused;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::source::Source;
use crate::{
    Api,
    answer::{Answer, Outcome},
    auth::Caller,
    body::OptionalBody,
    problem::Problem,
    schema,
};

/// What to send.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ContentTest, example = json!({"version": "draft"}))]
pub(crate) struct Wanted {
    /// `draft`, or the number of a version; absent: what is published, of what never was the draft. Others than the
    /// published one are for managers.
    #[serde(default)]
    #[schema(max_length = 10)]
    version: Option<String>,
}

/// What arrived.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ContentTestResult, example = json!({"parts": [{"sent": true, "code": null, "text": "已发送"}]}))]
pub(crate) struct Tested {
    /// One for each part, in order.
    parts: Vec<PartView>,
}

/// What became of one part.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ContentTestPart)]
struct PartView {
    sent: bool,
    /// Why not: WeCom's code, if it gave one.
    code: Option<i64>,
    /// For people.
    text: String,
}

/// Send a content to oneself
///
/// As messages of the app to whoever is signed in (a token names them with `?userid=`), part by part, so that they see on
/// their phone what customers will get. Messages to members have other kinds than those to customers: cards come as
/// articles without their covers, long texts in pieces, names of customers give way to their fallbacks.
#[utoipa::path(post, path = "/contents/{id}/test", operation_id = "testContent", tag = "contents",
    params(("id" = schema::Slug, Path, description = "The content")), request_body = Option<Wanted>,
    responses((status = 200, description = "What arrived", body = Tested),
              (status = 404, description = "`not_found`")),
    extensions(("x-summary-zh" = json!("发给自己试看"))))]
pub(crate) async fn test(
    State(api): State<Api>,
    Path(id): Path<String>,
    caller: Caller,
    OptionalBody(wanted): OptionalBody<Wanted>,
) -> Outcome<Tested> {
    let book = api.app.playbook().await?;
    let content = api.content(&id, &book, &caller)?;
    let Some(to) = &caller.staff else {
        let message = "sign in, or name with ?userid= who is to get it";
        return Err(Problem::field("/userid", "missing_field", message));
    };
    let source = wanted.version.as_deref().map(|text| Source::parse(text, "/version")).transpose()?;
    let body = api.body(content, source, &caller).await?;
    let problems = api.app.problems_of(&body).await?;
    if !problems.is_empty() {
        return Err(app::Error::Invalid(problems).into());
    }
    let parts = Box::pin(api.app.try_content(&content.id, &body, to, &caller.author())).await?;
    Ok(Answer::new(Tested { parts: parts.iter().map(|part| PartView::new(part.refused)).collect() }))
}

impl PartView {
    fn new(refused: Option<Refused>) -> Self {
        let (code, text) = match refused {
            None => (None, "已发送".to_owned()),
            Some(Refused::Unreachable) => (None, "未送达：您不在应用可见范围内，或没有接口许可".to_owned()),
            Some(Refused::Code(None)) => (None, "企业微信拒绝了这一条".to_owned()),
            Some(Refused::Code(Some(code))) => (Some(code), format!("企业微信拒绝了这一条（错误码 {code}）")),
        };
        Self { sent: refused.is_none(), code, text }
    }
}
