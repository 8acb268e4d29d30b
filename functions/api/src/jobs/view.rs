//! How a job is shown.

use std::collections::BTreeSet;

use domain::{BoardId, StaffId, StageId, TagId, Timestamp};
use serde::Serialize;
use store::{Decision, Differences, Job, JobCounts, JobKind, JobState, JobTrouble, Reading};
use utoipa::ToSchema;

use super::unserved::UnservedView;
use crate::{
    schema,
    timeline::{By, by},
    view::{At, Named},
    words::Words,
};

/// A job.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Job, example = json!({"id": "4f2a90c19c1185a5c5e9", "state": "running", "total": 4210, "collecting": false, "done": 1300,
    "counts": {"changed": 1204, "unchanged": 80, "refused": 16, "failed": 0}, "per_second": 320.5,
    "remaining_seconds": 10, "what": {"kind": "edit_tags", "add": [{"id": "et1", "name": "兴趣/老客户"}], "remove": [], "expires_at": null},
    "text": "加上标签「兴趣/老客户」", "of": null, "reading": null,
    "reason": "三月老客户回访", "by": {"who": "staff", "id": "zhangsan", "name": "张三"},
    "created_at": "2026-03-05T01:00:00Z", "started_at": "2026-03-05T01:00:01Z",
    "updated_at": "2026-03-05T01:00:05Z", "finished_at": null, "trouble": null}))]
pub(crate) struct JobView {
    #[schema(value_type = schema::Slug)]
    id: String,
    state: State,
    /// Customers; where WeCom is read, staff members. It rises while they are collected.
    total: u32,
    /// The job is still finding its customers.
    collecting: bool,
    /// Customers with a result; where WeCom is read, staff members who have been read.
    done: u32,
    /// Customers by what became of them; where WeCom is read, contacts.
    counts: Counts,
    /// Customers, or contacts, a second so far; null: it is too early to say.
    per_second: Option<f64>,
    /// Seconds to go at that rate; null: it is too early to say, or the job is over.
    remaining_seconds: Option<u64>,
    what: WhatView,
    /// What it does, in a sentence.
    text: String,
    /// To whom, in words, where the job finds its customers itself; null: they were named, or WeCom is read.
    of: Option<String>,
    /// How far WeCom has been read; null: it is not, or not yet.
    reading: Option<ReadingView>,
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
    /// More differs from WeCom than is reacted to unasked; see `decideJob`.
    Waiting,
    /// It ends when what is under way is done.
    Cancelling,
    /// Nothing is left to do.
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

/// What is done.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[schema(as = JobWhat)]
enum WhatView {
    /// Tags are put on and taken off; their names are `组/标签`.
    EditTags {
        add: Vec<Named>,
        remove: Vec<Named>,
        /// When those put on come off again by themselves; null: never.
        expires_at: Option<At>,
    },
    /// Cards are moved; `stage` null: off the board. Only those that stand at `from`, if it is not null.
    MoveStage { board: Named, stage: Option<Named>, from: Option<Named> },
    /// What another job did is taken back.
    Undo {
        #[schema(value_type = schema::Slug)]
        job: String,
    },
    /// The tags of a group are brought to all friends of the customers.
    Mirror { group: Named },
    /// What a board says of its customers is taken over.
    Board { board: Named },
    /// A stage's tag that was made anew is put on those who stand there.
    PutStageTag { board: Named, stage: Named },
    /// The customers of these staff members are taken over from WeCom; null: of everybody with a licence.
    Import { staff: Option<Vec<Named>> },
    /// What WeCom holds of these staff members' customers is compared; null: of everybody's with a licence.
    Reconcile { staff: Option<Vec<Named>> },
}

/// How far WeCom has been read, in contacts: a customer of two staff members is two.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = JobReading)]
struct ReadingView {
    /// Whose customers are being read; null: nobody's.
    at: Option<Named>,
    /// All together.
    seen: u32,
    /// Of customers who were not known.
    new: u32,
    /// Of customers who were known.
    known: u32,
    /// Could not be taken over.
    failed: u32,
    /// How many contacts there are about, judged by those who have been read; null: it is too early to say.
    expected: Option<u32>,
    /// Staff members of whose customers WeCom did not tell.
    passed_over: u32,
    /// Who they are, the first hundred.
    refused: Vec<PassedOverView>,
    /// What differed; null: it is not compared.
    differences: Option<DifferencesView>,
    /// Who has left or has no licence and still has customers; null: that is not looked for.
    unserved: Option<UnservedView>,
}

/// What differed from what was known, in contacts.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ContactDifferences)]
struct DifferencesView {
    /// Of customers who were not known.
    customers: u32,
    /// Of known customers, with a staff member who was not known to be their friend.
    relations: u32,
    /// With other tags.
    tags: u32,
    /// Of known friends, whom WeCom does not list any more.
    lost: u32,
    /// Of these, taken over silently.
    adopted: u32,
    /// Customers who have been fetched, so that rules and SOPs follow.
    fetched: u32,
    /// Customers who are still to be.
    waiting: u32,
    /// Customers who could not be.
    failed: u32,
    /// What was decided; null: nothing yet, or there was no need.
    decision: Option<&'static str>,
}

/// A staff member of whose customers WeCom did not tell.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = StaffPassedOver)]
struct PassedOverView {
    staff: Named,
    /// WeCom's error code; null: no licence.
    code: Option<i64>,
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
    /// The board is not there any more.
    BoardDeleted,
    /// The stage is not there any more.
    StageDeleted,
    /// The tag group is not there any more.
    GroupDeleted,
    /// Whoever asked for it is not with the corp any more.
    CreatorLeft,
    /// WeCom refuses to tell the app of customers.
    WecomRefuses,
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
            JobTrouble::BoardDeleted => Trouble::BoardDeleted,
            JobTrouble::StageDeleted => Trouble::StageDeleted,
            JobTrouble::GroupDeleted => Trouble::GroupDeleted,
            JobTrouble::CreatorLeft => Trouble::CreatorLeft,
            JobTrouble::WecomRefuses => Trouble::WecomRefuses,
            JobTrouble::TokenRevoked => Trouble::TokenRevoked,
        };
        Self { code, text: words.trouble(trouble) }
    }
}

impl JobView {
    pub(super) fn new(job: &Job, words: &Words<'_>, now: Timestamp) -> Self {
        let JobCounts { changed, unchanged, refused, failed } = job.counts;
        let (done, total) = progress(job);
        let per_second = rate(job, job.counts.done(), now);
        let remaining = seconds_to_go(job, now).filter(|_| !job.state.is_over() && !job.is_collecting());
        Self {
            id: job.id.to_string(),
            state: state(job.state),
            total,
            collecting: job.is_collecting() && !job.state.is_over(),
            done,
            counts: Counts { changed, unchanged, refused, failed },
            per_second: per_second.map(|rate| (rate * 10.0).round() / 10.0),
            remaining_seconds: remaining.map(|seconds| seconds.ceil() as u64),
            what: what(&job.order.what, words),
            text: words.job(&job.order.what),
            of: job.order.of.as_ref().map(|of| words.source(of)),
            reading: job.reading.as_ref().map(|reading| ReadingView::new(job, reading, words)),
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
        JobState::Waiting => State::Waiting,
        JobState::Cancelling => State::Cancelling,
        JobState::Done => State::Done,
        JobState::Failed => State::Failed,
        JobState::Cancelled => State::Cancelled,
    }
}

fn what(kind: &JobKind, words: &Words<'_>) -> WhatView {
    let tags = |tags: &BTreeSet<TagId>| {
        tags.iter().map(|tag| Named { id: tag.to_string(), name: words.tag(tag) }).collect()
    };
    let members = |staff: Option<&BTreeSet<StaffId>>| {
        staff.map(|staff| staff.iter().map(|staff| member(staff, words)).collect())
    };
    match kind {
        JobKind::EditTags { add, remove, expires_at } => {
            WhatView::EditTags { add: tags(add), remove: tags(remove), expires_at: expires_at.map(At) }
        }
        JobKind::MoveStage { board, stage, only_from } => WhatView::MoveStage {
            board: board_of(board, words),
            stage: stage.as_ref().map(|stage| stage_of(board, stage, words)),
            from: only_from.as_ref().map(|from| stage_of(board, from, words)),
        },
        JobKind::Undo { job } => WhatView::Undo { job: job.to_string() },
        JobKind::Mirror { group } => {
            WhatView::Mirror { group: Named { id: group.to_string(), name: words.tag_group(group) } }
        }
        JobKind::Board { board } => WhatView::Board { board: board_of(board, words) },
        JobKind::PutStageTag { board, stage } => {
            WhatView::PutStageTag { board: board_of(board, words), stage: stage_of(board, stage, words) }
        }
        JobKind::Import { staff } => WhatView::Import { staff: members(staff.as_ref()) },
        JobKind::Reconcile { staff } => WhatView::Reconcile { staff: members(staff.as_ref()) },
    }
}

fn member(staff: &StaffId, words: &Words<'_>) -> Named {
    Named { id: staff.to_string(), name: words.staff(staff) }
}

fn board_of(board: &BoardId, words: &Words<'_>) -> Named {
    Named { id: board.to_string(), name: words.board(board) }
}

fn stage_of(board: &BoardId, stage: &StageId, words: &Words<'_>) -> Named {
    Named { id: stage.to_string(), name: words.stage(board, stage) }
}

impl ReadingView {
    fn new(job: &Job, reading: &Reading, words: &Words<'_>) -> Self {
        let is_compared = matches!(job.order.what, JobKind::Reconcile { .. });
        let found = reading.found_so_far();
        let refused = reading.refused.iter();
        Self {
            at: reading.at.as_ref().map(|at| member(&at.staff, words)),
            seen: found.seen(),
            new: found.new,
            known: found.changed + found.unchanged,
            failed: found.failed,
            expected: reading.contacts_expected(),
            passed_over: reading.passed_over,
            refused: refused
                .map(|one| PassedOverView { staff: member(&one.staff, words), code: one.code })
                .collect(),
            differences: is_compared.then(|| DifferencesView::new(job, reading)),
            unserved: reading.unserved.as_ref().map(|unserved| UnservedView::new(unserved, words)),
        }
    }
}

impl DifferencesView {
    fn new(job: &Job, reading: &Reading) -> Self {
        let Differences { customers, relations, tags, lost, adopted } = reading.differences_so_far();
        let decision = job.decision.map(|decision| match decision {
            Decision::React => "react",
            Decision::Adopt => "adopt",
        });
        let waiting = u32::try_from(reading.compared.waiting.len()).unwrap_or(u32::MAX);
        let (fetched, failed) = (reading.compared.fetched, reading.compared.failed);
        Self { customers, relations, tags, lost, adopted, fetched, waiting, failed, decision }
    }
}

/// How much is done of how much.
fn progress(job: &Job) -> (u32, u32) {
    match &job.order.what {
        JobKind::Import { .. } | JobKind::Reconcile { .. } => {
            job.reading.as_ref().map_or((0, 0), |reading| (reading.staff_done, reading.staff))
        }
        _ => (job.counts.done(), job.total()),
    }
}

/// Seconds to go at the rate so far; where WeCom is read, by how many contacts there are about.
fn seconds_to_go(job: &Job, now: Timestamp) -> Option<f64> {
    let (done, total) = match &job.reading {
        Some(reading) => (reading.found_so_far().seen(), reading.contacts_expected()?),
        None => progress(job),
    };
    Some(f64::from(total.saturating_sub(done)) / rate(job, done, now)?)
}

/// How much of something a second, from the beginning to the end, or to now.
fn rate(job: &Job, done: u32, now: Timestamp) -> Option<f64> {
    let begun = job.started_at?.ms();
    let ms = u32::try_from(job.finished_at.unwrap_or(now).ms() - begun).ok()?;
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
            what: JobKind::EditTags { add: ["et1".into()].into(), remove: [].into(), expires_at: None },
            reason: None,
            by: Actor::Operator { name: "admin".into() },
            origin: None,
            sight: None,
            created_at: Timestamp::from_secs(1_700_000_000),
            total: 1000,
            of: None,
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
