//! Mode `all` of a group (T1): first counted, then decided.

use app::{NewJob, Whom};
use axum::extract::{Path, State};
use domain::TagGroupId;
use serde::{Deserialize, Serialize};
use store::JobKind;
use utoipa::ToSchema;

use super::Mirror;
use crate::{
    Api,
    act::IdempotencyKey,
    answer::{Answer, Outcome},
    auth::{Area, Caller},
    body::Body,
    jobs::{self, JobView},
    problem::{Code, Problem},
    view::At,
};

/// WeCom is told of so many relations a second, behind everybody else's calls.
const CALLS_PER_SECOND: u64 = 5;

/// What mode `all` would write to phones.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = MirrorCount, example = json!({"mirror": "changes", "customers": 412, "relations": 530, "looked_at": 1204,
    "exact": true, "seconds": 106, "as_of": "2026-03-05T01:00:00Z"}))]
pub(crate) struct CountView {
    mirror: Mirror,
    /// Customers of whom at least one relation would be marked.
    customers: u64,
    /// Relations that would be marked, a call of WeCom each.
    relations: u64,
    /// Customers who were looked at.
    looked_at: u64,
    /// False: more than 2,000 customers have tags of the group, and what is said is estimated by the first of them.
    exact: bool,
    /// How long WeCom would be told, at 5 calls a second.
    seconds: u64,
    as_of: At,
}

/// The decision for mode `all`.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"mode": "all"}))]
pub(crate) struct Decide {
    #[schema(inline)]
    mode: Mode,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Mode {
    All,
}

/// What mirroring a group would write
///
/// How many customers and relations differ from the wanted tags of the group because history was not copied: what mode
/// `all` would mark on phones, and how long it would take. Nothing is written.
#[utoipa::path(get, path = "/tag-groups/{id}/mirror", operation_id = "countMirror", tag = "tags",
    params(("id" = String, Path, description = "The group")),
    responses((status = 200, description = "The count", body = CountView),
              (status = 404, description = "`not_found`")),
    extensions(("x-summary-zh" = json!("同步全部前的统计"))))]
pub(crate) async fn count(State(api): State<Api>, Path(id): Path<String>) -> Outcome<CountView> {
    let id = TagGroupId::from(id.as_str());
    let count = api.app.count_mirror(&id).await?;
    let book = api.app.playbook().await?;
    let mirror = book.tags.group(&id).map_or(Mirror::Changes, Mirror::of);
    Ok(Answer::new(CountView {
        mirror,
        customers: count.customers,
        relations: count.relations,
        looked_at: count.looked_at,
        exact: count.exact,
        seconds: count.relations.div_ceil(CALLS_PER_SECOND),
        as_of: At(api.app.clock.now()),
    }))
}

/// Mirror a group to all relations
///
/// Mode `all`: a job lets every open relation have the wanted tags of the group, history included, and from now on nothing
/// that an import finds is let differ. Count first. Phones are written to: a token needs `customers:write` too.
#[utoipa::path(post, path = "/tag-groups/{id}/mirror", operation_id = "mirrorTagGroup", tag = "tags",
    params(("id" = String, Path, description = "The group"), IdempotencyKey), request_body = Decide,
    responses((status = 202, description = "The job", body = JobView, headers(("Location" = String))),
              (status = 404, description = "`not_found`")),
    extensions(("x-summary-zh" = json!("标签组同步给全部好友关系"))))]
pub(crate) async fn decide(
    State(api): State<Api>,
    Path(id): Path<String>,
    caller: Caller,
    key: IdempotencyKey,
    Body(wanted): Body<Decide>,
) -> Outcome<JobView> {
    if !caller.may_write(Area::Customers) {
        let detail = "phones are written to: this takes a token with the scope customers:write";
        return Err(Problem::new(Code::Forbidden, detail));
    }
    let key = key.with(&wanted);
    let id = TagGroupId::from(id.as_str());
    let group = api.app.mirror_group(&id, &caller.author()).await?.id;
    let customers = Whom::Group(group.clone());
    let (what, sight) = (JobKind::Mirror { group }, jobs::sight(&caller));
    api.begin(NewJob { what, customers, reason: None, sight, request: None }, &caller, &key).await
}
