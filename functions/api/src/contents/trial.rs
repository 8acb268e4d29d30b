//! A content sent to oneself.

use app::{Refused, Trial, TrialPart};
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::source::Source;
use crate::{
    Api,
    answer::{Answer, Outcome},
    auth::Caller,
    body::OptionalBody,
    problem::{Code, Problem},
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
/// articles without their covers, long texts in pieces, names of customers give way to their fallbacks, links are not
/// tracked. What goes wrong with one part is told of that part; after 20 seconds what is left is not sent. One member gets 20
/// messages at once, then 5 a minute, and 100 a day.
#[utoipa::path(post, path = "/contents/{id}/test", operation_id = "testContent", tag = "contents",
    params(("id" = schema::Slug, Path, description = "The content")), request_body = Option<Wanted>,
    responses((status = 200, description = "What arrived", body = Tested),
              (status = 404, description = "`not_found`"),
              (status = 429, description = "`too_many_attempts`")),
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
    let source = source.or(Source::published(content)).unwrap_or(Source::Draft);
    let body = api.body(content, Some(source), &caller).await?;
    let problems = api.app.problems_of(&body).await?;
    if !problems.is_empty() {
        return Err(app::Error::Invalid(problems).into());
    }
    let version = match source {
        Source::Draft => None,
        Source::Version(number) => Some(number),
    };
    let author = caller.author();
    let trial = api.app.try_content((&content.id, version), &body, to, &author);
    match Box::pin(trial).await? {
        Trial::Done(parts) => Ok(Answer::new(Tested { parts: parts.iter().map(PartView::new).collect() })),
        Trial::Wait(until) => {
            let seconds = (until.ms() - api.app.clock.now().ms()).max(0) / 1000 + 1;
            let detail = format!("a lot was sent to this member; try again in {seconds} seconds");
            Err(Problem::new(Code::TooManyAttempts, detail).retry_after(seconds))
        }
    }
}

impl PartView {
    fn new(part: &TrialPart) -> Self {
        let (code, text) = match part.refused {
            None => (None, "已发送".to_owned()),
            Some(Refused::Unreachable) => (None, "未送达：您不在应用可见范围内，或没有接口许可".to_owned()),
            Some(Refused::Busy) => (None, "未发送：企业微信暂时没有响应，请稍后再试".to_owned()),
            Some(Refused::Unclear) => (None, "不确定是否送达：请看手机，没有收到再试".to_owned()),
            Some(Refused::Late) => (None, "未发送：时间不够，请稍后再试".to_owned()),
            Some(Refused::Gone) => (None, "未发送：文件已不存在，请重新上传".to_owned()),
            Some(Refused::Code(None)) => (None, "未发送：内容不符合企业微信的要求".to_owned()),
            Some(Refused::Code(Some(code))) => (Some(code), format!("企业微信拒绝了这一条（错误码 {code}）")),
        };
        Self { sent: part.refused.is_none(), code, text }
    }
}
