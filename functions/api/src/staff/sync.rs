//! The synchronisation of staff with WeCom.

use app::people::{Cause, Counts, Part, Run, StaffSync, SyncReport, Unread};
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Api,
    answer::{Answer, Outcome},
    auth::Caller,
    body::OptionalBody,
    view::At,
};

/// The synchronisation of staff with WeCom.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = StaffSync, example = json!({"run": null, "next_at": "2026-03-02T19:30:00Z", "last": {"cause": "nightly",
    "began_at": "2026-03-01T19:30:00Z", "ended_at": "2026-03-01T19:30:09Z", "completed": true,
    "found": {"checked": 132, "new": 2, "back": 0, "left": 1, "licensed": 0, "unlicensed": 1, "renamed": 0,
        "moved": 3, "unreadable": 0, "demoted": 0, "missing": 0}, "unread": [{"part": "department_names", "code": 48009}],
    "missing": []}}))]
pub(crate) struct SyncView {
    /// The one under way; null: none is.
    run: Option<RunView>,
    /// When the next begins, or the one under way goes on if its worker died; null: nothing is set up yet.
    next_at: Option<At>,
    /// The last one that ended.
    last: Option<LastView>,
}

/// A synchronisation under way.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = StaffSyncRun)]
pub(crate) struct RunView {
    #[schema(inline)]
    cause: CauseName,
    began_at: At,
    /// What was found so far.
    found: FoundView,
    /// What could not be read so far.
    unread: Vec<UnreadView>,
}

/// A synchronisation that has ended.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = LastStaffSync)]
pub(crate) struct LastView {
    #[schema(inline)]
    cause: CauseName,
    began_at: At,
    ended_at: At,
    /// False: WeCom did not answer again and again; it was given up until the next.
    completed: bool,
    found: FoundView,
    /// What WeCom did not tell the app. What stands there of it stays as it was.
    unread: Vec<UnreadView>,
    /// Userids of those whom WeCom does not find and who stay as they are because they cannot all have left, the first
    /// 100: see `leavers` in `unread`.
    #[schema(value_type = Vec<crate::schema::UserId>, max_items = 100)]
    missing: Vec<String>,
}

/// Numbers of staff.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = StaffFound)]
pub(crate) struct FoundView {
    /// Looked at.
    checked: u64,
    /// Licensed, and not known before: operators now.
    new: u64,
    /// Had left, and are there again.
    back: u64,
    /// Are not with the corp any more.
    left: u64,
    /// Have a licence again.
    licensed: u64,
    /// Have no licence any more.
    unlicensed: u64,
    /// Are called otherwise.
    renamed: u64,
    /// Belong to other departments.
    moved: u64,
    /// Of whom WeCom does not tell this app.
    unreadable: u64,
    /// Of those who are back: had been away for seven days or longer, and have lost the role that they had.
    demoted: u64,
    /// Whom WeCom does not find, and who stay as they are: see `leavers` in `unread`.
    missing: u64,
}

/// Something that WeCom does not tell the app.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[schema(as = StaffUnread)]
pub(crate) struct UnreadView {
    #[schema(inline)]
    part: PartName,
    /// WeCom's error code, the first of several; null: the answer cannot be the truth (nobody licensed, no department,
    /// so many left or without a licence at once).
    code: Option<i64>,
}

/// Why it began.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CauseName {
    /// Its time of the night had come.
    Nightly,
    /// Somebody asked for it.
    Asked,
}

/// What is asked of WeCom.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PartName {
    /// Who is licensed for customer contact; also: whether those have lost their licence who are not listed any more, more
    /// than five and more than a tenth of all. They keep it until they are listed, or until `syncStaff` is told to
    /// `believe` it.
    Licences,
    /// Names, departments and status of some or all members.
    Members,
    /// The department tree.
    Departments,
    /// What departments are called.
    DepartmentNames,
    /// Whether those have left whom WeCom does not find: more than five and more than a tenth of all, or the last admin.
    /// More likely somebody narrowed the app's visible range. They stay as they are until they are found, or until
    /// `syncStaff` is told to `believe` it.
    Leavers,
}

/// How to synchronise.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = SyncStaff, example = json!({"believe": true}))]
pub(crate) struct SyncOrder {
    /// Whoever is not found has left, however many there are, the last admin too; and whoever is not listed has no licence.
    #[serde(default)]
    believe: bool,
}

/// The synchronisation with WeCom
///
/// It runs every night at 03:30 in the corp's zone, and on demand.
#[utoipa::path(get, path = "/staff/sync", operation_id = "readStaffSync", tag = "staff",
    responses(
        (status = 200, description = "How it stands", body = SyncView),
    ),
    extensions(("x-summary-zh" = json!("通讯录同步状态"))))]
pub(crate) async fn read(State(api): State<Api>) -> Outcome<SyncView> {
    Ok(Answer::new(api.app.staff_sync().await?.into()))
}

/// Synchronise with WeCom now
///
/// Answers how it stands: a small corp is done by then, a large one goes on by itself; `readStaffSync` tells how far it
/// has come. While one is under way, another follows it. What it finds is in the audit by `stepwise`, under the id of this
/// request.
#[utoipa::path(post, path = "/staff/sync", operation_id = "syncStaff", tag = "staff",
    request_body = Option<SyncOrder>,
    responses(
        (status = 202, description = "It is being done", body = SyncView),
    ),
    extensions(("x-summary-zh" = json!("立即同步通讯录"))))]
pub(crate) async fn begin(
    State(api): State<Api>,
    caller: Caller,
    OptionalBody(order): OptionalBody<SyncOrder>,
) -> Outcome<SyncView> {
    let state = api.app.ask_staff_sync(order.believe, &caller.author()).await?;
    Ok(Answer::new(state.into()).accepted())
}

impl From<StaffSync> for SyncView {
    fn from(sync: StaffSync) -> Self {
        let next_at = sync.is_set_up().then_some(At(sync.next_at));
        Self { run: sync.run.map(RunView::from), next_at, last: sync.last.map(LastView::from) }
    }
}

impl From<Run> for RunView {
    fn from(run: Run) -> Self {
        let Run { cause, began_at, found, unread, .. } = run;
        Self { cause: cause.into(), began_at: At(began_at), found: found.into(), unread: views(&unread) }
    }
}

impl From<SyncReport> for LastView {
    fn from(report: SyncReport) -> Self {
        let SyncReport { cause, began_at, ended_at, completed, found, unread, missing } = report;
        Self {
            cause: cause.into(),
            began_at: At(began_at),
            ended_at: At(ended_at),
            completed,
            found: found.into(),
            unread: views(&unread),
            missing: missing.iter().map(ToString::to_string).collect(),
        }
    }
}

fn views(unread: &[Unread]) -> Vec<UnreadView> {
    unread.iter().map(|unread| UnreadView { part: unread.part.into(), code: unread.code }).collect()
}

impl From<Counts> for FoundView {
    fn from(counts: Counts) -> Self {
        let Counts {
            checked,
            new,
            back,
            left,
            licensed,
            unlicensed,
            renamed,
            moved,
            unreadable,
            demoted,
            missing,
        } = counts;
        Self { checked, new, back, left, licensed, unlicensed, renamed, moved, unreadable, demoted, missing }
    }
}

impl From<Cause> for CauseName {
    fn from(cause: Cause) -> Self {
        match cause {
            Cause::Nightly => Self::Nightly,
            Cause::Asked => Self::Asked,
        }
    }
}

impl From<Part> for PartName {
    fn from(part: Part) -> Self {
        match part {
            Part::Licences => Self::Licences,
            Part::Members => Self::Members,
            Part::Departments => Self::Departments,
            Part::DepartmentNames => Self::DepartmentNames,
            Part::Leavers => Self::Leavers,
        }
    }
}
