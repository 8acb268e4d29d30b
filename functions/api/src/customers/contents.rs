//! Contents and one customer: what they have had, and what staff send them by themselves.

pub(crate) mod send;

use std::cmp::Reverse;

use axum::extract::{Path, State};
use serde::Serialize;
use store::HadContent;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api, address,
    answer::{Answer, Outcome},
    auth::Caller,
    page::{List, ListQuery, Params},
    schema,
    view::{At, Named, slug},
    words::Words,
};

/// An edition of a content that a customer has had, or of which they opened a link.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = HadContent, example = json!({"content": {"id": "price-list", "title": "新品报价单"}, "edition": 2, "version": 3,
    "first_at": "2026-03-05T01:30:00Z", "last_at": "2026-03-05T01:30:00Z", "times": 1, "route": {"id": "task", "name": "SOP 待办"},
    "staff": {"id": "zhangwei", "name": "张伟"}, "evidence": "sdk_callback", "sop": {"id": "price", "name": "考虑价格"},
    "step": {"id": "offer", "name": "报价单"}, "opened_at": "2026-03-05T02:00:00Z",
    "last_opened_at": "2026-03-05T02:00:00Z", "openings": 1}))]
pub(crate) struct HadView {
    content: Titled,
    edition: u32,
    /// The version that was sent last; null, like everything that tells of the sending: it was sent by nobody, the
    /// customer came by its link otherwise.
    version: Option<u32>,
    first_at: Option<At>,
    last_at: Option<At>,
    /// How often it was sent.
    times: u32,
    /// On which way it was sent last: `welcome`, `task` or `manual`, with its name.
    route: Option<Named>,
    /// In whose name.
    staff: Option<Named>,
    #[schema(value_type = Option<schema::Evidence>)]
    evidence: Option<String>,
    /// Of a sending by an SOP.
    sop: Option<Named>,
    step: Option<Named>,
    /// When one of its links was first opened; null: not yet.
    opened_at: Option<At>,
    last_opened_at: Option<At>,
    /// How often. What is opened several times within half an hour counts once.
    openings: u32,
}

/// A content with its title.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ContentTitle)]
struct Titled {
    #[schema(value_type = schema::Slug)]
    id: String,
    title: String,
}

pub(crate) fn routes() -> OpenApiRouter<Api> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(send::read)).routes(routes!(send::sent))
}

/// What a customer has had
///
/// Editions of contents that were sent to them on whichever way, or of which they opened a link; the last first.
#[utoipa::path(get, path = "/customers/{id}/contents", operation_id = "listHadContents", tag = "customers",
    params(("id" = schema::CustomerId, Path, description = "The customer"), ListQuery),
    responses((status = 200, description = "A page of editions", body = List<HadView>),
              (status = 404, description = "`not_found`")),
    extensions(("x-summary-zh" = json!("客户收到过的内容"))))]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    Params(query): Params<ListQuery>,
) -> Outcome<List<HadView>> {
    let customer = address::customer(&id)?;
    api.file(&caller, &customer).await?;
    let mut had = api.app.store.had_contents(&customer).await?;
    had.sort_by_key(|had| {
        Reverse((had.last.as_ref().map(|last| last.at).max(had.last_opened_at), had.edition))
    });
    let key = |had: &HadContent| format!("{}#{}", had.content, had.edition);
    let List { items, next_cursor } = api.seal.slice(&format!("had/{customer}"), &query, had, key)?;
    let book = api.app.playbook().await?;
    let words = Words::new(&book);
    let items = items.into_iter().map(|had| HadView::new(had, &words)).collect();
    Ok(Answer::new(List { items, next_cursor }))
}

impl HadView {
    fn new(had: HadContent, words: &Words<'_>) -> Self {
        let last = had.last.as_ref();
        let touch = last.and_then(|last| last.touch.as_ref());
        let named = |id: String, name: String| Named { id, name };
        Self {
            content: Titled { id: had.content.to_string(), title: words.content(&had.content) },
            edition: had.edition,
            version: last.map(|last| last.version),
            first_at: had.first_at.map(At),
            last_at: last.map(|last| At(last.at)),
            times: had.sendings,
            route: last.map(|last| named(last.route.name().to_owned(), words.route(last.route).to_owned())),
            staff: last.map(|last| named(last.staff.to_string(), words.staff(&last.staff))),
            evidence: last.map(|last| slug(last.evidence)),
            sop: touch.map(|touch| named(touch.sop.to_string(), words.sop(&touch.sop))),
            step: touch.map(|touch| named(touch.step.to_string(), words.step(&touch.sop, &touch.step))),
            opened_at: had.first_opened_at.map(At),
            last_opened_at: had.last_opened_at.map(At),
            openings: had.openings,
        }
    }
}
