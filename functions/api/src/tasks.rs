//! Tasks (待办): what a staff member has to do, and what became of it.

mod late;

use app::{OpenTask, TaskId};
use axum::extract::{Path, State};
use domain::{
    Happening, Method, StaffId, Timestamp, What, content::PartKind, file::Evidence, react::TouchRecord,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Api, act,
    act::{Deed, IdempotencyKey, RequestKey},
    address,
    answer::{Answer, Outcome},
    auth::Caller,
    body::{OptionalBody, check_text},
    enrollments::EndView,
    page::{List, ListQuery, Params},
    parts::{PartView, SentView},
    problem::{Code, Problem},
    schema,
    view::{At, Named, slug},
    words::Words,
};

const MAX_NOTE_CHARS: usize = 200;
/// So much of a text is in lists.
const MAX_LISTED_CHARS: usize = 200;

/// An open task.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Task, example = json!({"id": "wmDemoChenJie0001~price~1~offer", "kind": "touch", "method": "task",
    "userid": "zhangwei", "customer": {"id": "wmDemoChenJie0001", "name": "陈洁"},
    "sop": {"id": "price", "name": "考虑价格"}, "step": "offer", "title": "报价单",
    "content": {"text": "陈洁，这是报价单", "kinds": ["text"], "ref": null,
                "parts": [{"kind": "text", "text": "陈洁，这是报价单"}]}, "due_at": "2026-03-05T01:05:00Z", "until": "2026-03-05T12:00:00Z",
    "expires_at": "2026-03-06T12:00:00Z", "overdue": false, "state": "offered"}))]
pub(crate) struct TaskView {
    #[schema(value_type = schema::TaskId)]
    id: String,
    #[schema(value_type = schema::TaskKind)]
    kind: &'static str,
    #[schema(value_type = schema::Method)]
    method: String,
    /// Whose it is.
    userid: String,
    customer: Named,
    sop: Named,
    step: String,
    title: String,
    content: Content,
    due_at: At,
    /// Soft end: afterwards 已逾期, still doable.
    until: At,
    /// Hard end: afterwards missed.
    expires_at: At,
    overdue: bool,
    #[schema(value_type = schema::StepState)]
    state: &'static str,
}

/// What to send or to do.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TaskContent)]
struct Content {
    /// As this customer gets it; of a content without a text empty. In lists no more than its beginning.
    text: String,
    /// What there is to send, in order.
    #[schema(value_type = Vec<schema::PartKind>)]
    kinds: Vec<PartKind>,
    /// The content of the library that is sent; null: the step has a text of its own.
    #[serde(rename = "ref")]
    reference: Option<SentView>,
    /// Of a single task: what is to be sent, part by part, as this customer gets it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    parts: Option<Vec<PartView>>,
}

/// A task that is not open any more: how it ended, and when.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = ClosedTask, example = json!({"id": "wmDemoChenJie0001~price~1~offer", "kind": "touch",
    "userid": "zhangwei", "customer": {"id": "wmDemoChenJie0001", "name": "陈洁"},
    "sop": {"id": "price", "name": "考虑价格"}, "step": "offer", "title": "报价单", "state": "sent", "reason": null,
    "note": null, "code": null, "evidence": "sdk_callback", "due_at": "2026-03-05T01:05:00Z",
    "at": "2026-03-05T01:30:00Z"}))]
pub(crate) struct ClosedView {
    #[schema(value_type = schema::TaskId)]
    id: String,
    #[schema(value_type = schema::TaskKind)]
    kind: &'static str,
    /// Whose it was; null for one that nobody was offered.
    userid: Option<String>,
    customer: Named,
    sop: Named,
    step: String,
    title: String,
    #[serde(flatten)]
    end: EndView,
    due_at: At,
    at: At,
}

/// A task, whichever way it stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum AnyTask {
    Open(Box<TaskView>),
    Closed(Box<ClosedView>),
}

/// What proves that it was sent.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Proof {
    /// The staff member says so.
    #[default]
    StaffMarked,
    /// The chat sidebar's SDK reported it.
    SdkCallback,
}

impl From<Proof> for Evidence {
    fn from(proof: Proof) -> Self {
        match proof {
            Proof::StaffMarked => Self::StaffMarked,
            Proof::SdkCallback => Self::SdkCallback,
        }
    }
}

/// That it was sent.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = TaskSent, example = json!({"evidence": "sdk_callback"}))]
pub(crate) struct Sent {
    /// Without: `staff_marked`.
    evidence: Proof,
}

/// That it will not be done.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = TaskSkipped, example = json!({"note": "已电话沟通"}))]
pub(crate) struct Skip {
    /// Why, for the timeline; `reason` is understood as well.
    #[serde(alias = "reason")]
    #[schema(max_length = 200)]
    note: Option<String>,
}

/// Open tasks
///
/// Of who is signed in, or with a token of the staff member that `userid` names; the first due first.
#[utoipa::path(get, path = "/tasks", operation_id = "listTasks", tag = "tasks", params(ListQuery),
    responses((status = 200, description = "A page of tasks", body = List<TaskView>, links(
        ("task" = (operation_id = "readTask", parameters(("id" = "$response.body#/items/0/id")))),
        ("sent" = (operation_id = "sentTask", parameters(("id" = "$response.body#/items/0/id")))),
        ("skip" = (operation_id = "skipTask", parameters(("id" = "$response.body#/items/0/id"))))))),
    extensions(("x-summary-zh" = json!("待办列表"))))]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Params(query): Params<ListQuery>,
) -> Outcome<List<TaskView>> {
    let staff = caller.staff.ok_or_else(|| {
        Problem::field(
            "/userid",
            "missing_field",
            "say whose tasks: ?userid=; an admin token has none of its own",
        )
    })?;
    let list = format!("tasks/{staff}");
    let window = api.seal.window(&list, &query)?;
    let page = api.app.tasks(&staff, window.limit, window.from.as_ref()).await?;
    let book = api.app.playbook().await?;
    let (words, now) = (Words::new(&book), api.app.clock.now());
    let items = page.items.into_iter().map(|task| TaskView::new(task, &words, now).shortened()).collect();
    Ok(Answer::new(api.seal.page(&list, items, page.next.as_ref())))
}

/// One task
///
/// Open, or how it ended. An open one comes with everything that is to be sent: texts with the customer's name, links that
/// tell Stepwise who opened them, addresses of pictures and files.
#[utoipa::path(get, path = "/tasks/{id}", operation_id = "readTask", tag = "tasks",
    params(("id" = schema::TaskId, Path, description = "The task")),
    responses((status = 200, description = "The task", body = AnyTask), (status = 403, description = "`not_yours`"),
              (status = 404, description = "`not_found`")),
    extensions(("x-summary-zh" = json!("待办详情"))))]
pub(crate) async fn read(State(api): State<Api>, caller: Caller, Path(id): Path<String>) -> Outcome<AnyTask> {
    let id = address::task(&id)?;
    match api.open_task(&id).await? {
        Some(task) => {
            api.allow(&caller, &id, Some(&task.open.staff), Caller::reads_tasks_of).await?;
            let parts = api.app.task_parts(&task).await?;
            let book = api.app.playbook().await?;
            let mut view = TaskView::new(task, &Words::new(&book), api.app.clock.now());
            view.content.parts = Some(parts.into_iter().map(PartView::from).collect());
            Ok(Answer::new(AnyTask::Open(Box::new(view))))
        }
        None => {
            let closed = api.closed_task(&id).await?.ok_or_else(|| missing(&id))?;
            api.allow(&caller, &id, closed.owner().as_ref(), Caller::reads_tasks_of).await?;
            Ok(Answer::new(AnyTask::Closed(Box::new(closed))))
        }
    }
}

/// It was sent, or is done
///
/// A task that has its outcome already is refused with it; that the customer has its content is noted all the same, once.
#[utoipa::path(post, path = "/tasks/{id}/sent", operation_id = "sentTask", tag = "tasks",
    params(("id" = schema::TaskId, Path, description = "The task"), IdempotencyKey), request_body = Option<Sent>,
    responses((status = 200, description = "How it ended", body = act::Changed<ClosedView>),
              (status = 403, description = "`not_yours`"), (status = 404, description = "`not_found`"),
              (status = 409, description = "`task_closed`")),
    extensions(("x-summary-zh" = json!("标记已发送"))))]
pub(crate) async fn sent(
    State(api): State<Api>,
    caller: Caller,
    key: IdempotencyKey,
    Path(id): Path<String>,
    OptionalBody(body): OptionalBody<Sent>,
) -> Outcome<act::Changed<ClosedView>> {
    let id = address::task(&id)?;
    let key = key.with(&body);
    let evidence = body.evidence.into();
    api.finish(&id, &caller, &key, Happening::TaskDone { touch: id.touch.clone(), evidence, late: None })
        .await
}

/// It will not be done
///
/// A task that has its outcome already is refused with it.
#[utoipa::path(post, path = "/tasks/{id}/skip", operation_id = "skipTask", tag = "tasks",
    params(("id" = schema::TaskId, Path, description = "The task"), IdempotencyKey), request_body = Option<Skip>,
    responses((status = 200, description = "How it ended", body = act::Changed<ClosedView>),
              (status = 403, description = "`not_yours`"), (status = 404, description = "`not_found`"),
              (status = 409, description = "`task_closed`")),
    extensions(("x-summary-zh" = json!("跳过待办"))))]
pub(crate) async fn skip(
    State(api): State<Api>,
    caller: Caller,
    key: IdempotencyKey,
    Path(id): Path<String>,
    OptionalBody(body): OptionalBody<Skip>,
) -> Outcome<act::Changed<ClosedView>> {
    let id = address::task(&id)?;
    check_text(body.note.as_deref(), "/note", MAX_NOTE_CHARS)?;
    let key = key.with(&body);
    let note = body.note.filter(|note| !note.trim().is_empty());
    api.finish(&id, &caller, &key, Happening::TaskSkipped { touch: id.touch.clone(), note }).await
}

impl Api {
    /// The task, if it is open. A welcome is nobody's task.
    async fn open_task(&self, id: &TaskId) -> Result<Option<OpenTask>, Problem> {
        Ok(self.app.task(id).await?.filter(|task| task.open.method != Method::Welcome))
    }

    /// How the task ended, if it did.
    async fn closed_task(&self, id: &TaskId) -> Result<Option<ClosedView>, Problem> {
        let Some(file) = self.app.store.load(&id.customer).await?.file else { return Ok(None) };
        let Some(touch) = self.ended_touch(id).await? else { return Ok(None) };
        let book = self.app.playbook().await?;
        let words = Words::new(&book);
        Ok(Some(ClosedView {
            id: id.to_string(),
            kind: kind(touch.method),
            userid: touch.staff.as_ref().map(ToString::to_string),
            customer: Named { id: file.id.to_string(), name: file.profile.name },
            sop: Named { id: touch.sop.to_string(), name: words.sop(&touch.sop) },
            step: touch.step.to_string(),
            title: words.step(&touch.sop, &touch.step),
            end: (&touch.outcome).into(),
            due_at: At(touch.due_at),
            at: At(touch.at),
        }))
    }

    /// The row of a task that is not open any more.
    async fn ended_touch(&self, id: &TaskId) -> Result<Option<TouchRecord>, Problem> {
        let of_task = |touch: &TouchRecord| {
            touch.sop == id.touch.sop && touch.n == id.touch.n && touch.step == id.touch.step
        };
        let history = self.app.store.history(&id.customer).await?;
        let ended = history.touches.into_iter().find(|touch| of_task(touch));
        Ok(ended.filter(|touch| touch.method != Method::Welcome))
    }

    async fn finish(
        &self,
        id: &TaskId,
        caller: &Caller,
        key: &RequestKey,
        what: Happening,
    ) -> Outcome<act::Changed<ClosedView>> {
        let open = self.open_task(id).await?;
        let may = match what {
            Happening::TaskSkipped { .. } => Caller::drops_for,
            _ => Caller::sends_for,
        };
        // Asked first: a key that somebody else used tells nobody how the task ended.
        let owner = match &open {
            Some(task) => Some(task.open.staff.clone()),
            None => self.closed_task(id).await?.ok_or_else(|| missing(id))?.owner(),
        };
        self.allow(caller, id, owner.as_ref(), may).await?;
        let deed = match self.recall(&id.customer, key).await? {
            Some(deed) => deed,
            None if open.is_none() => {
                self.note_late(id, caller, &what).await?;
                return Err(self.not_open(id).await?);
            }
            None => self.act(&id.customer, caller, key, what.clone()).await?,
        };
        // Somebody, or its hour, was faster between our look and the commit.
        if deed.facts.iter().any(|fact| matches!(fact.what, What::TaskNotOpen { .. })) {
            self.note_late(id, caller, &what).await?;
            return Err(self.not_open(id).await?);
        }
        self.finished(id, &deed).await
    }

    /// Refuses who may not. One that nobody was offered is nobody's: it is for all who see the customer. Of tasks of
    /// customers whom they do not see they do not hear that there are any.
    async fn allow(
        &self,
        caller: &Caller,
        id: &TaskId,
        owner: Option<&StaffId>,
        may: fn(&Caller, &StaffId) -> bool,
    ) -> Result<(), Problem> {
        if owner.is_some_and(|owner| may(caller, owner)) {
            return Ok(());
        }
        let file = self.app.store.load(&id.customer).await?.file;
        match (file.filter(|file| caller.sees(file)), owner) {
            (None, _) => Err(missing(id)),
            (Some(_), None) => Ok(()),
            (Some(_), Some(owner)) => Err(Problem::new(Code::NotYours, format!("this task is {owner}'s"))),
        }
    }

    async fn finished(&self, id: &TaskId, deed: &Deed) -> Outcome<act::Changed<ClosedView>> {
        let Some(closed) = self.closed_task(id).await? else { return Err(missing(id)) };
        let book = self.app.playbook().await?;
        Ok(Answer::new(deed.answer(closed, &Words::new(&book))))
    }

    /// Why a task cannot be ended: it has an outcome, or there never was one.
    async fn not_open(&self, id: &TaskId) -> Result<Problem, Problem> {
        let Some(closed) = self.closed_task(id).await? else { return Ok(missing(id)) };
        let detail = format!("the task is {} already", closed.end.state);
        let problem = Problem::new(Code::TaskClosed, detail);
        Ok(problem.with("outcome", ClosedOutcome { end: closed.end, at: closed.at }))
    }
}

/// `{"state": "sent", "evidence": "staff_marked", …, "at": "…"}`
#[derive(Clone, Debug, Serialize)]
struct ClosedOutcome {
    #[serde(flatten)]
    end: EndView,
    at: At,
}

impl TaskView {
    fn new(task: OpenTask, words: &Words<'_>, now: Timestamp) -> Self {
        let TaskId { customer, touch } = &task.id;
        Self {
            id: task.id.to_string(),
            kind: kind(task.open.method),
            method: slug(task.open.method),
            userid: task.open.staff.to_string(),
            customer: Named { id: customer.to_string(), name: task.customer_name },
            sop: Named { id: touch.sop.to_string(), name: task.sop_name },
            step: touch.step.to_string(),
            title: words.step(&touch.sop, &touch.step),
            content: Content {
                kinds: task.kinds,
                reference: task.open.content.as_ref().map(|content| SentView::new(content, words)),
                text: task.text,
                parts: None,
            },
            due_at: At(task.open.due_at),
            until: At(task.open.until),
            expires_at: At(task.open.expires_at),
            overdue: task.open.until <= now,
            state: EndView::open(task.open.method).state,
        }
    }

    /// As lists have it.
    fn shortened(mut self) -> Self {
        if let Some((end, _)) = self.content.text.char_indices().nth(MAX_LISTED_CHARS) {
            self.content.text.truncate(end);
            self.content.text.push('…');
        }
        self
    }
}

const fn kind(method: Method) -> &'static str {
    match method {
        Method::Todo => "todo",
        Method::Task | Method::Welcome => "touch",
    }
}

impl ClosedView {
    /// Whose it was.
    fn owner(&self) -> Option<StaffId> {
        self.userid.as_deref().map(StaffId::from)
    }
}

fn missing(id: &TaskId) -> Problem {
    Problem::not_found(format!("task {:?}", id.to_string()))
}

#[cfg(test)]
mod tests {
    use domain::{
        Playbook,
        content::PartKind,
        file::{OpenTouch, TouchRef},
    };

    use super::*;

    fn task() -> OpenTask {
        let at = |minutes: i64| Timestamp::from_secs(1_700_000_000).plus_mins(minutes);
        OpenTask {
            id: TaskId {
                customer: "wm1".into(),
                touch: TouchRef { sop: "price".into(), n: 1, step: "offer".into() },
            },
            customer_name: "李雷".into(),
            sop_name: "考虑价格".into(),
            title: "报价单".into(),
            text: "您好".into(),
            kinds: vec![PartKind::Text],
            open: OpenTouch {
                step: "offer".into(),
                method: Method::Task,
                staff: "zhangsan".into(),
                due_at: at(0),
                offered_at: at(0),
                until: at(60),
                expires_at: at(120),
                content: None,
                opened: false,
            },
        }
    }

    #[test]
    fn an_open_task_reads_as_the_contract_says() {
        let due = task().open.due_at;
        let book = Playbook::default();
        let shown = |now: Timestamp| TaskView::new(task(), &Words::new(&book), now);
        let shown = |now: Timestamp| serde_json::to_value(shown(now)).unwrap();
        let late = shown(due.plus_mins(60));
        let shown = shown(due);
        assert_eq!(shown["id"], "wm1~price~1~offer");
        assert_eq!((&shown["kind"], &shown["state"]), (&"touch".into(), &"offered".into()));
        assert_eq!(shown["content"]["text"], "您好");
        assert_eq!(shown["overdue"], false);
        assert_eq!(late["overdue"], true);
    }

    #[test]
    fn a_list_shows_the_beginning_of_a_long_text() {
        let book = Playbook::default();
        let view = |chars: usize| {
            let task = OpenTask { text: "价".repeat(chars), ..task() };
            TaskView::new(task, &Words::new(&book), Timestamp::default()).shortened().content.text
        };
        assert_eq!(view(MAX_LISTED_CHARS).chars().count(), MAX_LISTED_CHARS);
        let cut = view(MAX_LISTED_CHARS + 1);
        assert!(cut.chars().count() == MAX_LISTED_CHARS + 1 && cut.ends_with("价…"));
    }

    #[test]
    fn evidence_is_what_people_can_give() {
        assert!(crate::body::parse::<Sent>(br#"{"evidence": "sdk_callback"}"#).is_ok());
        assert!(crate::body::parse::<Sent>(br#"{"evidence": "wecom_result"}"#).is_err());
        assert!(crate::body::parse::<Skip>(br#"{"reason": "x"}"#).unwrap().note.is_some());
    }
}
