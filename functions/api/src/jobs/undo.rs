//! Taking back what a job did: a job of its own.

use app::{NewJob, Whom};
use axum::extract::{Path, State};
use domain::{What, fact::UndoRefusal};
use store::{Job, JobKind};

use super::{JobView, sight};
use crate::{
    Api,
    act::IdempotencyKey,
    answer::Outcome,
    auth::Caller,
    problem::{Code, Problem},
    schema,
    view::slug,
    words::Words,
};

/// How far an undo reaches back.
const HOURS: i64 = 24;

/// Take back what a job did
///
/// A new job, which takes back for each customer whom the job changed what it changed: stage, tags, and the SOPs that were
/// left for it; what began with it is cancelled, unless something was sent. Whoever has moved on since stays as they are
/// and is `refused`. Within 24 hours of each change; the new job can be taken back in turn. For whoever made the job, and
/// admins.
#[utoipa::path(post, path = "/jobs/{id}/undo", operation_id = "undoJob", tag = "jobs",
    params(("id" = schema::Slug, Path, description = "The job"), IdempotencyKey),
    responses((status = 202, description = "The new job; the one that is there, if the request came before",
               body = JobView, headers(("Location" = String)), links(
        ("job" = (operation_id = "readJob", parameters(("id" = "$response.body#/id")))),
        ("results" = (operation_id = "listJobResults", parameters(("id" = "$response.body#/id")))))),
              (status = 404, description = "`not_found`"),
              (status = 409, description = "`undo_refused`: it changed nobody, or too long ago; `conflict`: it is not over")),
    extensions(("x-summary-zh" = json!("撤销后台任务"))))]
pub(crate) async fn undo(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    key: IdempotencyKey,
) -> Outcome<JobView> {
    let job = api.job(&id, &caller).await?;
    let key = key.with(&job.id.as_str());
    if !api.has_begun(&key, &caller).await? {
        api.check_undo(&job).await?;
    }
    let (what, customers) = (JobKind::Undo { job: job.id.clone() }, Whom::Changed(job.id));
    let sight = sight(&caller);
    api.begin(NewJob { what, customers, reason: None, sight, request: None }, &caller, &key).await
}

impl Api {
    async fn check_undo(&self, job: &Job) -> Result<(), Problem> {
        if !job.state.is_over() {
            return Err(Problem::new(Code::Conflict, "the job is not over: wait, or cancel it"));
        }
        let too_old = |at| self.app.clock.now() > domain::Timestamp::plus_secs(at, HOURS * 3600);
        let reason = match job.finished_at {
            _ if job.counts.changed == 0 || job.order.what.is_reading() => UndoRefusal::Nothing,
            Some(at) if too_old(at) => UndoRefusal::TooOld,
            _ => return Ok(()),
        };
        let book = self.app.playbook().await?;
        let text = Words::new(&book).fact(&What::UndoRefused { version: 0, reason });
        Err(Problem::new(Code::UndoRefused, text).with("reason", slug(reason)))
    }
}
