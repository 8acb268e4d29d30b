//! Jobs (后台任务): long work, how far it has come, and what became of each customer.

mod results;
mod undo;
mod unserved;
mod view;

use app::NewJob;
use axum::extract::{Path, State};
use domain::{StaffId, playbook::Role};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use store::{Cursor, Decision, Job, JobId};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

pub(crate) use view::JobView;

use crate::{
    Api,
    act::RequestKey,
    address,
    answer::{Answer, Outcome},
    auth::{Area, Caller, Credential, needs},
    body::Body,
    page::{List, ListQuery, Params},
    problem::{Code, Problem},
    routes::REST,
    schema,
    words::Words,
};

pub(crate) fn routes() -> OpenApiRouter<Api> {
    let own = OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(read))
        .routes(routes!(results::list))
        .routes(routes!(cancel));
    let admins = OpenApiRouter::new().routes(routes!(decide));
    // It changes customers, as the job did.
    let take_back = OpenApiRouter::new().routes(routes!(undo::undo));
    needs(Role::Operator, Area::Jobs, own)
        .merge(needs(Role::Operator, Area::Customers, take_back))
        .merge(needs(Role::Admin, Area::Jobs, admins))
}

/// What becomes of differences that are too many to react to unasked.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"decision": "adopt"}))]
pub(crate) struct Decide {
    #[schema(inline)]
    decision: DecisionName,
}

/// `react`: each is fetched, and rules and SOPs follow. `adopt`: all are taken over silently.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DecisionName {
    React,
    Adopt,
}

/// Decide how a job goes on
///
/// A comparison with WeCom that found more than 200 customers to differ waits for this.
#[utoipa::path(post, path = "/jobs/{id}/decide", operation_id = "decideJob", tag = "jobs",
    params(("id" = schema::Slug, Path, description = "The job")),
    request_body = Decide,
    responses((status = 200, description = "The job as it stands", body = JobView),
              (status = 404, description = "`not_found`"),
              (status = 409, description = "`conflict`: it does not wait")),
    extensions(("x-summary-zh" = json!("对账差异处理决定"))))]
pub(crate) async fn decide(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    Body(wanted): Body<Decide>,
) -> Outcome<JobView> {
    let job = api.job(&id, &caller).await?;
    let decision = match wanted.decision {
        DecisionName::React => Decision::React,
        DecisionName::Adopt => Decision::Adopt,
    };
    let job = api.app.decide_job(&job.id, decision, &caller.author()).await?;
    api.show(&job).await
}

/// The jobs
///
/// Newest first: one's own; an admin sees all.
#[utoipa::path(get, path = "/jobs", operation_id = "listJobs", tag = "jobs", params(ListQuery),
    responses((status = 200, description = "A page of jobs", body = List<JobView>)),
    extensions(("x-summary-zh" = json!("后台任务列表"))))]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Params(query): Params<ListQuery>,
) -> Outcome<List<JobView>> {
    let of = whose(&caller);
    let list = of.map_or_else(|| "jobs".to_owned(), |of| format!("jobs/{of}"));
    let window = api.seal.window(&list, &query)?;
    let jobs = api.app.store.jobs(of, window.limit, window.from.as_ref()).await?;
    let book = api.app.playbook().await?;
    let (words, now) = (Words::new(&book), api.app.clock.now());
    let items = jobs.items.iter().map(|job| JobView::new(job, &words, now)).collect();
    Ok(Answer::new(api.seal.page(&list, items, jobs.next.as_ref())))
}

/// One job
#[utoipa::path(get, path = "/jobs/{id}", operation_id = "readJob", tag = "jobs",
    params(("id" = schema::Slug, Path, description = "The job")),
    responses((status = 200, description = "The job as it stands", body = JobView),
              (status = 404, description = "`not_found`")),
    extensions(("x-summary-zh" = json!("后台任务进度"))))]
pub(crate) async fn read(State(api): State<Api>, caller: Caller, Path(id): Path<String>) -> Outcome<JobView> {
    let job = api.job(&id, &caller).await?;
    api.show(&job).await
}

/// Cancel a job
///
/// What is done stays, and no further pack or page of 100 customers is begun. A job that is over stays as it is.
#[utoipa::path(post, path = "/jobs/{id}/cancel", operation_id = "cancelJob", tag = "jobs",
    params(("id" = schema::Slug, Path, description = "The job")),
    responses((status = 200, description = "The job as it stands: `cancelling`, until what is under way is done",
               body = JobView),
              (status = 404, description = "`not_found`")),
    extensions(("x-summary-zh" = json!("取消后台任务"))))]
pub(crate) async fn cancel(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
) -> Outcome<JobView> {
    let job = api.job(&id, &caller).await?;
    let job = api.app.cancel_job(&job.id, &caller.author()).await?;
    api.show(&job).await
}

impl Api {
    /// Begins a job in the caller's name, once for a request that comes again under the same key: 202, and where to see
    /// how far it has come.
    pub(crate) async fn begin(&self, mut new: NewJob, caller: &Caller, key: &RequestKey) -> Outcome<JobView> {
        new.request = request(key, caller);
        let fingerprint = new.request.as_ref().map(|(_, fingerprint)| fingerprint.clone());
        let (job, _) = self.app.start_job(new, &caller.author()).await?;
        if fingerprint.is_some_and(|fingerprint| fingerprint != job.order.fingerprint) {
            let detail = "this Idempotency-Key came with another body before: take a new key";
            return Err(Problem::new(Code::IdempotencyMismatch, detail));
        }
        let address = format!("{REST}/jobs/{}", job.id);
        Ok(self.show(&job).await?.accepted().located(address))
    }

    /// Has this request begun its job before?
    pub(crate) async fn has_begun(&self, key: &RequestKey, caller: &Caller) -> Result<bool, Problem> {
        let Some((id, _)) = request(key, caller) else { return Ok(false) };
        Ok(self.app.store.job(&id).await?.is_some())
    }

    pub(crate) async fn show(&self, job: &Job) -> Outcome<JobView> {
        let book = self.app.playbook().await?;
        Ok(Answer::new(JobView::new(job, &Words::new(&book), self.app.clock.now())))
    }

    /// The job, if the caller may see it.
    async fn job(&self, id: &str, caller: &Caller) -> Result<Job, Problem> {
        let id: JobId = address::slug(id, "job")?;
        let job = self.app.store.job(&id).await?.filter(|job| is_theirs(job, caller));
        job.ok_or_else(|| Problem::not_found(format!("job {:?}", id.as_str())))
    }
}

/// Whose jobs a caller sees; `None`: all.
fn whose(caller: &Caller) -> Option<&StaffId> {
    match &caller.credential {
        Credential::Session { userid, .. } if caller.role < Role::Admin => Some(userid),
        Credential::Session { .. } | Credential::AdminToken | Credential::Token { .. } => None,
    }
}

fn is_theirs(job: &Job, caller: &Caller) -> bool {
    whose(caller).is_none_or(|staff| job.order.by == domain::Actor::Staff { userid: staff.clone() })
}

/// Whose customers a job of this caller reaches: looked up anew when it works, because roles and friendships change.
/// `None`: everybody's.
pub(crate) fn sight(caller: &Caller) -> Option<StaffId> {
    match &caller.credential {
        Credential::Session { userid, .. } => Some(userid.clone()),
        // Whoever acts in somebody's name reaches whom they reach.
        Credential::AdminToken | Credential::Token { .. } => caller.staff.clone(),
    }
}

/// The id of the job that a request with a key makes, whenever it comes, and what tells it from another under that key.
fn request(key: &RequestKey, caller: &Caller) -> Option<(JobId, String)> {
    let signal = key.signal()?;
    // A colleague's key is another one.
    let name = format!("{}\n{:?}", signal.key(), caller.actor());
    let id = hex::encode(&Sha256::digest(name.as_bytes())[..10]);
    Some((JobId::from(&*id), signal.as_str().to_owned()))
}

/// Where a page of results ends: the pack, and the place in it.
pub(crate) fn place(pack: u32, index: usize) -> Cursor {
    Cursor(format!("{pack}#{index}"))
}
