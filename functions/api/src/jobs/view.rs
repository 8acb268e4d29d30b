//! How a job is shown.

use domain::{TagId, Timestamp};
use serde::Serialize;
use store::{Job, JobCounts, JobKind, JobState, JobTrouble};
use utoipa::ToSchema;

use crate::{
    schema,
    timeline::{By, by},
    view::{At, Named},
    words::Words,
};

/// A job.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Job, example = json!({"id": "4f2a90c19c1185a5c5e9", "state": "running", "total": 4210, "done": 1300,
    "counts": {"changed": 1204, "unchanged": 80, "refused": 16, "failed": 0}, "per_second": 320.5,
    "remaining_seconds": 10, "what": {"kind": "edit_tags", "add": [{"id": "et1", "name": "兴趣/老客户"}], "remove": []},
    "reason": "三月老客户回访", "by": {"who": "staff", "id": "zhangsan", "name": "张三"},
    "created_at": "2026-03-05T01:00:00Z", "started_at": "2026-03-05T01:00:01Z",
    "updated_at": "2026-03-05T01:00:05Z", "finished_at": null, "trouble": null}))]
pub(crate) struct JobView {
    #[schema(value_type = schema::Slug)]
    id: String,
    state: State,
    /// Customers.
    total: u32,
    /// Customers with a result.
    done: u32,
    /// Customers by what became of them.
    counts: Counts,
    /// Customers a second so far; null: it is too early to say.
    per_second: Option<f64>,
    /// Seconds to go at that rate; null: it is too early to say, or the job is over.
    remaining_seconds: Option<u64>,
    what: WhatView,
    /// In the words of who asked.
    reason: Option<String>,
    by: By,
    created_at: At,
    started_at: Option<At>,
    /// When it last went further.
    updated_at: Option<At>,
    finished_at: Option<At>,
    /// Why it failed, or what holds it up now.
    trouble: Option<TroubleView>,
}

/// How a job stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = JobState)]
enum State {
    /// Nobody has begun.
    Queued,
    Running,
    /// It ends when the pack under way is done.
    Cancelling,
    /// Every customer has a result.
    Done,
    /// It could not go on; `trouble` says why.
    Failed,
    /// Somebody ended it; what was done stays.
    Cancelled,
}

/// How many customers had which outcome.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = JobCounts)]
struct Counts {
    /// Something changed.
    changed: u32,
    /// All was as it should be already.
    unchanged: u32,
    /// It may not be, or there is no such customer.
    refused: u32,
    /// It did not work.
    failed: u32,
}

/// What is done to each customer.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schema(as = JobWhat)]
enum WhatView {
    /// Tags are put on and taken off; their names are `组/标签`.
    EditTags { add: Vec<Named>, remove: Vec<Named> },
}

/// Why something did not work.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = JobTrouble)]
pub(super) struct TroubleView {
    code: Trouble,
    /// A sentence.
    text: &'static str,
}

/// Why something did not work, or was refused.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = JobTroubleCode)]
enum Trouble {
    /// There is no such customer among those whom the job's creator sees.
    NotFound,
    /// Too much went on at the same time.
    Busy,
    /// Something is broken; the log tells.
    Broken,
    /// None of the tags is there any more.
    TagsDeleted,
    /// Whoever asked for it is not with the corp any more.
    CreatorLeft,
    /// The API token with which it was asked for was revoked, or has expired.
    TokenRevoked,
}

impl TroubleView {
    pub(super) fn new(trouble: JobTrouble, words: &Words<'_>) -> Self {
        let code = match trouble {
            JobTrouble::NotFound => Trouble::NotFound,
            JobTrouble::Busy => Trouble::Busy,
            JobTrouble::Broken => Trouble::Broken,
            JobTrouble::TagsDeleted => Trouble::TagsDeleted,
            JobTrouble::CreatorLeft => Trouble::CreatorLeft,
            JobTrouble::TokenRevoked => Trouble::TokenRevoked,
        };
        Self { code, text: words.trouble(trouble) }
    }
}

impl JobView {
    pub(super) fn new(job: &Job, words: &Words<'_>, now: Timestamp) -> Self {
        let JobCounts { changed, unchanged, refused, failed } = job.counts;
        let JobKind::EditTags { add, remove } = &job.order.what;
        let named = |tag: &TagId| Named { id: tag.to_string(), name: words.tag(tag) };
        let done = job.counts.done();
        let per_second = rate(job, now);
        let left = f64::from(job.order.total.saturating_sub(done));
        let remaining = per_second.filter(|_| !job.state.is_over()).map(|rate| (left / rate).ceil());
        Self {
            id: job.id.to_string(),
            state: state(job.state),
            total: job.order.total,
            done,
            counts: Counts { changed, unchanged, refused, failed },
            per_second: per_second.map(|rate| (rate * 10.0).round() / 10.0),
            remaining_seconds: remaining.map(|seconds| seconds as u64),
            what: WhatView::EditTags {
                add: add.iter().map(named).collect(),
                remove: remove.iter().map(named).collect(),
            },
            reason: job.order.reason.clone(),
            by: by(&job.order.by, words),
            created_at: At(job.order.created_at),
            started_at: job.started_at.map(At),
            updated_at: job.heartbeat_at.map(At),
            finished_at: job.finished_at.map(At),
            trouble: job.trouble.map(|trouble| TroubleView::new(trouble, words)),
        }
    }
}

const fn state(state: JobState) -> State {
    match state {
        JobState::Queued => State::Queued,
        JobState::Running => State::Running,
        JobState::Cancelling => State::Cancelling,
        JobState::Done => State::Done,
        JobState::Failed => State::Failed,
        JobState::Cancelled => State::Cancelled,
    }
}

/// Customers a second, from the beginning to the end, or to now.
fn rate(job: &Job, now: Timestamp) -> Option<f64> {
    let begun = job.started_at?.ms();
    let ms = u32::try_from(job.finished_at.unwrap_or(now).ms() - begun).ok()?;
    let done = job.counts.done();
    (done > 0 && ms > 0).then(|| f64::from(done) * 1000.0 / f64::from(ms))
}

#[cfg(test)]
mod tests {
    use domain::{Actor, Playbook};
    use serde_json::json;
    use store::JobOrder;

    use super::*;

    fn job() -> Job {
        let order = JobOrder {
            what: JobKind::EditTags { add: ["et1".into()].into(), remove: [].into() },
            reason: None,
            by: Actor::Operator { name: "admin".into() },
            origin: None,
            sight: None,
            created_at: Timestamp::from_secs(1_700_000_000),
            total: 1000,
            fingerprint: String::new(),
        };
        Job::new("j1".into(), order)
    }

    #[test]
    fn a_job_tells_how_long_it_will_take() {
        let mut job = job();
        let begun = job.order.created_at;
        let shown = |job: &Job, seconds: i64| {
            let view = JobView::new(job, &Words::new(&Playbook::default()), begun.plus_secs(seconds));
            serde_json::to_value(view).unwrap()
        };
        let fresh = shown(&job, 5);
        assert_eq!((&fresh["state"], &fresh["per_second"]), (&json!("queued"), &json!(null)));

        job.state = JobState::Running;
        job.started_at = Some(begun);
        job.counts.changed = 200;
        let running = shown(&job, 5);
        assert_eq!((&running["per_second"], &running["remaining_seconds"]), (&json!(40.0), &json!(20)));

        job.state = JobState::Done;
        job.counts.changed = 1000;
        job.finished_at = Some(begun.plus_secs(10));
        let done = shown(&job, 3600);
        assert_eq!((&done["per_second"], &done["remaining_seconds"]), (&json!(100.0), &json!(null)));
    }
}
