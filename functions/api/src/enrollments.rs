//! Enrollments (独立进度条): of one customer, live and ended, and the live ones of one SOP.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use domain::{
    CustomerId, File, Method, Playbook, SopId,
    file::{DoneStep, Enrollment, ExitReason, OpenTouch, Outcome as Ending},
    react::{EnrollmentRecord, TouchRecord},
};
use serde::Serialize;
use store::TouchHistory;
use utoipa::ToSchema;

use crate::{
    Api, address,
    answer::{Answer, Outcome},
    auth::Caller,
    notes::Notes,
    page::{List, ListQuery, Params},
    parts::SentView,
    schema,
    view::{At, Person, slug},
    words::Words,
};

/// A customer in an SOP (独立进度条).
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Enrollment, example = json!({"sop": "price", "name": "考虑价格", "version": 2, "occurrence": 1,
    "anchor_at": "2026-03-05T01:00:00Z", "entered_at": "2026-03-05T01:00:00Z", "state": "active", "reason": null,
    "ended_at": null, "next": {"step": "compare", "title": "对比表", "due_at": "2026-03-06T03:00:00Z"},
    "steps": [{"step": "offer", "title": "报价单", "userid": null, "due_at": "2026-03-05T01:05:00Z", "state": "sent",
               "reason": null, "note": null, "code": null, "evidence": "sdk_callback",
               "at": "2026-03-05T01:30:00Z", "content": null}]}))]
pub(crate) struct EnrollmentView {
    #[schema(value_type = schema::Slug)]
    sop: String,
    /// The SOP's.
    name: String,
    /// The version that it follows.
    version: u32,
    /// 1 the first time.
    occurrence: u32,
    /// What step times are counted from.
    anchor_at: At,
    /// Later than the anchor if the audience came to fit later.
    entered_at: At,
    #[schema(value_type = schema::EnrollmentState)]
    state: &'static str,
    /// Why it was exited.
    #[schema(value_type = Option<schema::Reason>)]
    reason: Option<String>,
    ended_at: Option<At>,
    /// The one step that is planned.
    next: Option<NextView>,
    /// Those that have begun.
    steps: Vec<StepView>,
}

/// A step that is planned.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = PlannedStep)]
struct NextView {
    step: String,
    title: String,
    due_at: At,
}

/// A step that has begun.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = BegunStep)]
struct StepView {
    step: String,
    title: String,
    /// Who has it, while it is open.
    userid: Option<String>,
    due_at: At,
    #[serde(flatten)]
    end: EndView,
    /// When it ended; of an open one, when it was offered.
    at: At,
    /// The content of the library that was offered or sent; null: the step has a text of its own, or did not get so far.
    content: Option<SentView>,
}

/// How a touch stands: its outcome, or how it is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Outcome)]
pub(crate) struct EndView {
    #[schema(value_type = schema::StepState)]
    pub(crate) state: &'static str,
    #[schema(value_type = Option<schema::Reason>)]
    pub(crate) reason: Option<String>,
    /// What the staff member wrote; null also for who is neither the one nor leads them.
    pub(crate) note: Option<String>,
    /// WeCom's code, of a failed one.
    pub(crate) code: Option<i64>,
    /// Of a sent one: how one knows.
    #[schema(value_type = Option<schema::Evidence>)]
    pub(crate) evidence: Option<String>,
}

/// An enrollment in the list of its SOP.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = EnrolledCustomer)]
pub(crate) struct Enrolled {
    customer: Person,
    #[serde(flatten)]
    enrollment: EnrollmentView,
}

/// A customer's enrollments
///
/// The live ones in order of entry, then those that ended, the last first.
#[utoipa::path(get, path = "/customers/{id}/enrollments", operation_id = "listEnrollments", tag = "customers",
    params(("id" = schema::CustomerId, Path, description = "The customer"), ListQuery),
    responses((status = 200, description = "A page of enrollments", body = List<EnrollmentView>),
              (status = 404, description = "`not_found`")),
    extensions(("x-summary-zh" = json!("客户的 SOP 进度"))))]
pub(crate) async fn of_customer(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    Params(query): Params<ListQuery>,
) -> Outcome<List<EnrollmentView>> {
    let customer = address::customer(&id)?;
    let mut file = api.file(&caller, &customer).await?;
    let mut history = api.app.store.history(&customer).await?;
    let notes = Notes::new(caller.sight(), &history);
    notes.hide_in_file(&mut file);
    notes.hide_in_history(&mut history);
    let book = api.app.playbook().await?;
    let all = whole(&file, history, &Words::new(&book));
    let key = |view: &EnrollmentView| format!("{}#{}", view.sop, view.occurrence);
    Ok(Answer::new(api.seal.slice(&format!("enrollments/{customer}"), &query, all, key)?))
}

/// Who is inside an SOP
///
/// The live enrollments, in order of customer id.
#[utoipa::path(get, path = "/sops/{id}/enrollments", operation_id = "listSopEnrollments", tag = "sops",
    params(("id" = schema::Slug, Path, description = "The SOP"), ListQuery),
    responses((status = 200, description = "A page of enrollments", body = List<Enrolled>),
              (status = 404, description = "`not_found`")),
    extensions(("x-summary-zh" = json!("SOP 中的客户"))))]
pub(crate) async fn of_sop(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    Params(query): Params<ListQuery>,
) -> Outcome<List<Enrolled>> {
    let sop: SopId = address::slug(&id, "SOP")?;
    let book = api.app.playbook().await?;
    if !book.sops.contains_key(&sop) {
        // A draft that was never published is an SOP as well: with nobody inside.
        api.draft(&sop).await?;
    }
    let list = format!("sop/{sop}");
    let window = api.seal.window(&list, &query)?;
    let rows = api.app.store.rows(&format!("SOP#{sop}"), window.limit, window.from.as_ref()).await?;
    let inside: Vec<(CustomerId, u32)> = rows.items.iter().filter_map(|row| occurrence(&row.sk)).collect();
    let mut customers: Vec<CustomerId> = inside.iter().map(|(customer, _)| customer.clone()).collect();
    customers.dedup();
    let mut files: BTreeMap<CustomerId, File> =
        api.files(&caller, &customers).await?.into_iter().map(|file| (file.id.clone(), file)).collect();
    api.hide_notes_in_files(&caller, files.values_mut()).await?;
    let items = inside.iter().filter_map(|(customer, n)| enrolled(files.get(customer)?, &sop, *n, &book));
    Ok(Answer::new(api.seal.page(&list, items.collect(), rows.next.as_ref())))
}

/// `customer#n`, as the index has it.
fn occurrence(sk: &str) -> Option<(CustomerId, u32)> {
    let (customer, n) = sk.rsplit_once('#')?;
    Some((customer.into(), n.parse().ok()?))
}

fn enrolled(file: &File, sop: &SopId, n: u32, book: &Playbook) -> Option<Enrolled> {
    let live = file.enrollment(sop, n)?;
    Some(Enrolled { customer: file.into(), enrollment: EnrollmentView::live(live, &Words::new(book)) })
}

fn whole(file: &File, history: TouchHistory, words: &Words<'_>) -> Vec<EnrollmentView> {
    let TouchHistory { touches, mut enrollments } = history;
    enrollments.sort_by_key(|ended| std::cmp::Reverse(ended.ended_at));
    // What an undo or a return brought back to life is told once, as live.
    enrollments.retain(|ended| file.enrollment(&ended.sop, ended.n).is_none());
    let live = file.enrollments.iter().map(|live| EnrollmentView::live(live, words));
    let ended = enrollments.iter().map(|ended| EnrollmentView::ended(ended, &touches, words));
    live.chain(ended).collect()
}

impl EnrollmentView {
    fn live(live: &Enrollment, words: &Words<'_>) -> Self {
        let open = live.open.as_ref().map(|open| StepView::open(&live.sop, open, words));
        let done = live.done.iter().map(|done| StepView::done(&live.sop, done, words));
        Self {
            sop: live.sop.to_string(),
            name: words.sop(&live.sop),
            version: live.version,
            occurrence: live.n,
            anchor_at: At(live.anchor_at),
            entered_at: At(live.entered_at),
            state: "active",
            reason: None,
            ended_at: None,
            next: live.next.as_ref().map(|next| NextView {
                step: next.step.to_string(),
                title: words.step(&live.sop, &next.step),
                due_at: At(next.due_at),
            }),
            steps: done.chain(open).collect(),
        }
    }

    fn ended(ended: &EnrollmentRecord, touches: &[TouchRecord], words: &Words<'_>) -> Self {
        let mut steps: Vec<DoneStep> = ended.steps.clone();
        // A welcome may have got its outcome after the enrollment had ended.
        let own = touches.iter().filter(|touch| touch.sop == ended.sop && touch.n == ended.n);
        for touch in own {
            if !steps.iter().any(|step| step.step == touch.step) {
                let (step, outcome) = (touch.step.clone(), touch.outcome.clone());
                steps.push(DoneStep {
                    step,
                    outcome,
                    due_at: touch.due_at,
                    at: touch.at,
                    content: touch.content.clone(),
                    partly: false,
                });
            }
        }
        steps.sort_by_key(|step| step.due_at);
        let completed = ended.reason == ExitReason::Completed;
        Self {
            sop: ended.sop.to_string(),
            name: words.sop(&ended.sop),
            version: ended.version,
            occurrence: ended.n,
            anchor_at: At(ended.anchor_at),
            entered_at: At(ended.entered_at),
            state: if completed { "completed" } else { "exited" },
            reason: (!completed).then(|| slug(ended.reason)),
            ended_at: Some(At(ended.ended_at)),
            next: None,
            steps: steps.iter().map(|step| StepView::done(&ended.sop, step, words)).collect(),
        }
    }
}

impl StepView {
    fn done(sop: &SopId, done: &DoneStep, words: &Words<'_>) -> Self {
        Self {
            step: done.step.to_string(),
            title: words.step(sop, &done.step),
            userid: None,
            due_at: At(done.due_at),
            end: (&done.outcome).into(),
            at: At(done.at),
            content: done.content.as_ref().map(|content| SentView::new(content, words)),
        }
    }

    fn open(sop: &SopId, open: &OpenTouch, words: &Words<'_>) -> Self {
        Self {
            step: open.step.to_string(),
            title: words.step(sop, &open.step),
            userid: Some(open.staff.to_string()),
            due_at: At(open.due_at),
            end: EndView::open(open.method),
            at: At(open.offered_at),
            content: open.content.as_ref().map(|content| SentView::new(content, words)),
        }
    }
}

impl EndView {
    /// Not ended: staff have it, or WeCom is being called.
    pub(crate) const fn open(method: Method) -> Self {
        let state = match method {
            Method::Welcome => "sending",
            Method::Task | Method::Todo => "offered",
        };
        Self { state, reason: None, note: None, code: None, evidence: None }
    }
}

impl From<&Ending> for EndView {
    fn from(outcome: &Ending) -> Self {
        let mut end = Self { state: outcome.state(), ..Self::open(Method::Task) };
        match outcome {
            Ending::Sent { evidence } => end.evidence = Some(slug(evidence)),
            Ending::Missed { reason } => end.reason = Some(slug(reason)),
            Ending::Skipped { reason, note } => {
                end.reason = Some(slug(reason));
                end.note.clone_from(note);
            }
            Ending::Failed { code } => {
                end.reason = Some("wecom_refused".to_owned());
                end.code = Some(*code);
            }
            Ending::Cancelled { reason } => end.reason = Some(slug(reason)),
        }
        end
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        Timestamp,
        file::{Evidence, PlannedStep, SkipReason},
    };

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_secs(1_700_000_000 + seconds)
    }

    fn live() -> Enrollment {
        let sent = Ending::Sent { evidence: Evidence::SdkCallback };
        Enrollment {
            sop: "price".into(),
            n: 1,
            version: 2,
            anchor_at: at(0),
            entered_at: at(0),
            started: 3,
            done: vec![DoneStep {
                step: "offer".into(),
                outcome: sent,
                due_at: at(10),
                at: at(20),
                content: None,
                partly: false,
            }],
            open: Some(OpenTouch {
                step: "compare".into(),
                method: Method::Task,
                staff: "zhangsan".into(),
                due_at: at(30),
                offered_at: at(31),
                until: at(40),
                expires_at: at(50),
                content: None,
                opened: false,
            }),
            next: Some(PlannedStep {
                step: "finance".into(),
                due_at: at(60),
                until: at(70),
                expires_at: at(80),
            }),
            shift_days: 0,
        }
    }

    #[test]
    fn a_live_one_shows_what_is_done_what_is_open_and_what_comes_next() {
        let book = Playbook::default();
        let shown = serde_json::to_value(EnrollmentView::live(&live(), &Words::new(&book))).unwrap();
        assert_eq!((&shown["sop"], &shown["state"]), (&"price".into(), &"active".into()));
        assert_eq!(shown["occurrence"], 1);
        assert_eq!(shown["steps"][0]["state"], "sent");
        assert_eq!(shown["steps"][0]["evidence"], "sdk_callback");
        assert_eq!(shown["steps"][1]["state"], "offered");
        assert_eq!(shown["steps"][1]["userid"], "zhangsan");
        assert_eq!(shown["next"]["step"], "finance");
    }

    #[test]
    fn an_ended_one_says_why_and_knows_late_outcomes() {
        let book = Playbook::default();
        let mut file = File::new("wm1".into());
        let note = Some("已电话沟通".to_owned());
        let skipped = Ending::Skipped { reason: SkipReason::ByStaff, note };
        let record: EnrollmentRecord = serde_json::from_value(serde_json::json!({
            "sop": "price", "n": 1, "version": 2, "anchor_at": 0, "entered_at": 0, "ended_at": 9,
            "reason": "left_stage", "steps": [{"step": "offer", "outcome": "skipped", "reason": "by_staff",
            "note": "已电话沟通", "due_at": 5, "at": 6}]
        }))
        .unwrap();
        let late: TouchRecord = serde_json::from_value(serde_json::json!({
            "sop": "price", "n": 1, "step": "hello", "version": 2, "method": "welcome", "due_at": 1,
            "outcome": "sent", "evidence": "wecom_result", "at": 10, "journal": 4
        }))
        .unwrap();
        let history = || TouchHistory { touches: vec![late.clone()], enrollments: vec![record.clone()] };
        let shown = serde_json::to_value(whole(&file, history(), &Words::new(&book))).unwrap();
        assert_eq!((&shown[0]["state"], &shown[0]["reason"]), (&"exited".into(), &"left_stage".into()));
        assert_eq!(shown[0]["steps"][0]["step"], "hello");
        assert_eq!(EndView::from(&skipped).state, shown[0]["steps"][1]["state"]);
        assert_eq!(shown[0]["steps"][1]["note"], "已电话沟通");

        file.enrollments.push(live());
        assert_eq!(whole(&file, history(), &Words::new(&book)).len(), 1);
    }
}
