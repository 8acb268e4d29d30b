//! Boards that live on: stages renamed, moved, added, deleted; a lost tag made anew.

use app::{BoardChange, NewJob, StageChange, Whom};
use axum::{
    extract::{Path, State},
    response::{IntoResponse as _, Response},
};
use domain::{
    BoardId, Playbook, StageId, TagId,
    playbook::{Board, Role, Stage, StageKind, StageRef},
};
use serde::Deserialize;
use store::JobKind;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{BoardView, named};
use crate::{
    Api,
    act::IdempotencyKey,
    address,
    answer::{Answer, Outcome},
    auth::{Area, Caller, needs},
    body::{Body, given},
    jobs::{self, JobView},
    precondition::{IfMatch, stale},
    problem::{Code, Problem},
    schema,
};

/// What is to change of a board; what is absent stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"stages": [{"id": "lead", "name": "新线索", "colour": "#1a7f5a"},
    {"id": "quote", "name": "报价", "follow_up_days": 3}, {"id": "order"}, {"id": "lost", "reason_required": true}]}))]
pub(crate) struct BoardEdit {
    #[serde(default, deserialize_with = "given")]
    #[schema(min_length = 1, max_length = 30, nullable = false)]
    name: Option<String>,
    /// All stages in their new order: those that the board has, and new ones, which become tags.
    #[serde(default, deserialize_with = "given")]
    #[schema(min_items = 2, max_items = 30, nullable = false)]
    stages: Option<Vec<StageEdit>>,
    /// The numeric attribute that says what a deal is worth; null: none.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 60)]
    amount: Option<Option<String>>,
}

/// What is to change of a stage; what is absent stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StageEdit {
    #[schema(value_type = schema::Slug)]
    id: String,
    /// The tag's too, unless WeCom does not let us rename it. A new stage has one.
    #[serde(default, deserialize_with = "given")]
    #[schema(min_length = 1, max_length = 30, nullable = false)]
    name: Option<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<schema::StageKind>, nullable = false)]
    kind: Option<StageKind>,
    /// How it is shown; null: as usual.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, pattern = "^#[0-9a-fA-F]{6}$")]
    colour: Option<Option<String>>,
    /// After so many days at the stage somebody should look after the customer; null: never.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<i32>, minimum = 1, maximum = 365)]
    follow_up_days: Option<Option<u16>>,
    /// People who move a card here say why. Only of a stage that is lost.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    reason_required: Option<bool>,
}

pub(crate) fn routes() -> OpenApiRouter<Api> {
    let found = OpenApiRouter::new()
        .routes(routes!(change))
        .routes(routes!(super::delete::delete_stage))
        .routes(routes!(rebuild_tag));
    needs(Role::Admin, Area::Playbook, found)
}

/// Change a board
///
/// Its name, what its deals are worth by, and its stages: names, kinds, colours, order, new ones. A stage is named by its
/// id; one that is not in the list is no way to delete it. Nobody moves by this, and WeCom keeps the order of its tags.
/// Who has the tag of a new stage already gets a card by a job (`job`), silently, and another `amount` values the cards
/// anew; a change of nothing begins a job for whom an earlier one left behind. All names are judged by the outcome before WeCom is asked, so that stages may change names with each other.
#[utoipa::path(patch, path = "/boards/{id}", operation_id = "changeBoard", tag = "boards",
    params(("id" = schema::Slug, Path, description = "The board"), IfMatch), request_body = BoardEdit,
    responses((status = 200, description = "The board", body = BoardView, headers(("ETag" = String))),
              (status = 404, description = "`not_found`"),
              (status = 409, description = "`conflict`: a new stage has the id of a deleted one that cards are still led out of"),
              (status = 422, description = "`invalid`, `wecom_refused`"),
              (status = 428, description = "`precondition_required`")),
    extensions(("x-summary-zh" = json!("修改看板"))))]
pub(crate) async fn change(
    State(api): State<Api>,
    Path(id): Path<String>,
    caller: Caller,
    seen: IfMatch,
    Body(edit): Body<BoardEdit>,
) -> Outcome<BoardView> {
    let id: BoardId = address::slug(&id, "board")?;
    let read_as = api.seen_board(&id, &seen).await?;
    let before = named(&*api.app.playbook().await?, id.as_str())?.clone();
    let board = match Box::pin(api.app.change_board(&id, read_as, &edit.into(), &caller.author())).await {
        Ok(board) => board,
        Err(app::Error::Conflict(text)) => {
            let now = named(&*api.app.playbook().await?, id.as_str())?.revision;
            let moved_on = now != read_as;
            return Err(if moved_on {
                stale(api.board_now(&id).await?)
            } else {
                Problem::new(Code::Conflict, text)
            });
        }
        Err(error) => return Err(error.into()),
    };
    let what = api.to_take_over(&board, &before).await?;
    let job = api.take_over(what, &board, &caller).await?;
    api.board_with(&board, job).await
}

/// Rebuild the tag of a stage
///
/// For a stage whose tag was deleted in WeCom (`tag_missing`): it is made anew, or one of its name in the board's group is
/// taken, and a job puts it on the customers whose card stands there and who lack it. Nobody moves, no rule listens, and
/// phones are written to for nobody else. Rules and drafts that named the dead tag name the new one from then on;
/// published SOPs that do are in `dead_tag_users` of the board. Asked again while the tag is there, whoever still lacks it
/// gets it. Where a job begins a token needs `customers:write` too.
#[utoipa::path(post, path = "/boards/{id}/stages/{stage}/rebuild-tag", operation_id = "rebuildTag", tag = "boards",
    params(("id" = schema::Slug, Path, description = "The board"),
           ("stage" = schema::Slug, Path, description = "The stage"), IdempotencyKey),
    responses((status = 200, description = "The board; nobody who stands there lacks the tag", body = BoardView,
               headers(("ETag" = String))),
              (status = 202, description = "The job that puts it on", body = JobView, headers(("Location" = String))),
              (status = 404, description = "`not_found`"), (status = 409, description = "`conflict`"),
              (status = 422, description = "`invalid`, `wecom_refused`")),
    extensions(("x-summary-zh" = json!("重建阶段标签"))))]
pub(crate) async fn rebuild_tag(
    State(api): State<Api>,
    Path((id, stage)): Path<(String, String)>,
    caller: Caller,
    key: IdempotencyKey,
) -> Result<Response, Problem> {
    let at = {
        let book = api.app.playbook().await?;
        let board = named(&book, &id)?;
        StageRef { board: board.id.clone(), stage: stage_of(board, &stage)?.id.clone() }
    };
    if api.app.cards_at(&at.board, &at.stage, 1).await?.cards > 0 {
        check_may_move(&caller)?;
    }
    let (board, tag) = Box::pin(api.app.rebuild_stage_tag(&at.board, &at.stage, &caller.author())).await?;
    if !api.app.lacks_tag(&at, &tag).await? {
        return Ok(api.board_with(&board, None).await?.into_response());
    }
    let key = key.with(&(at.board.as_str(), at.stage.as_str(), tag.as_str()));
    let StageRef { board, stage } = at;
    let whom = Whom::Stage { board: board.clone(), stage: stage.clone() };
    let job = new_job(JobKind::PutStageTag { board, stage }, whom, None, &caller);
    Ok(api.begin(job, &caller, &key).await?.into_response())
}

impl Api {
    pub(super) async fn board_with(&self, board: &Board, job: Option<String>) -> Outcome<BoardView> {
        let book = self.app.playbook().await?;
        let counts = self.counts(Some(&board.id)).await?;
        let view = BoardView { job, ..BoardView::new(board, &book, &counts) };
        Ok(Answer::new(view).revision(board.revision))
    }

    /// The revision that the caller has seen, which is the one that there is.
    pub(super) async fn seen_board(&self, id: &BoardId, seen: &IfMatch) -> Result<u64, Problem> {
        let revision = named(&*self.app.playbook().await?, id.as_str())?.revision;
        let current = self.board_now(id).await?;
        seen.demand(Some(revision), || current)
    }

    async fn board_now(&self, id: &BoardId) -> Result<serde_json::Value, Problem> {
        let book = self.app.playbook().await?;
        let counts = self.counts(Some(id)).await?;
        let view = BoardView::new(named(&book, id.as_str())?, &book, &counts);
        Ok(serde_json::to_value(view).unwrap_or_default())
    }

    /// What a change makes necessary: cards for who has the tag of a new stage, or values anew. A change that changes
    /// nothing looks for whom an earlier one left behind.
    async fn to_take_over(&self, board: &Board, before: &Board) -> Result<Option<JobKind>, Problem> {
        if board.revision == before.revision {
            return Ok(self.app.late_adoption_of(board).await?);
        }
        let new = board.stages.iter().filter(|stage| before.stage(&stage.id).is_none());
        let new: Vec<StageId> = new.map(|stage| stage.id.clone()).collect();
        match self.app.adoption_of(board, &new).await? {
            None if board.amount != before.amount => Ok(self.app.valuation_of(board).await?),
            what => Ok(what),
        }
    }

    /// Begins what silently takes over the customers of a board that was made or changed. The board is there whether it
    /// begins or not; if not, each of them is taken over with what happens to them next, or by the next change.
    pub(super) async fn take_over(
        &self,
        what: Option<JobKind>,
        board: &Board,
        caller: &Caller,
    ) -> Result<Option<String>, Problem> {
        let Some(what) = what else { return Ok(None) };
        let job = new_job(what, Whom::Board(board.id.clone()), None, caller);
        match self.app.start_job(job, &caller.author()).await {
            Ok((job, _)) => Ok(Some(job.id.to_string())),
            Err(error) => {
                tracing::error!(%error, board = %board.id, "nobody takes over the customers of a board yet");
                Ok(None)
            }
        }
    }
}

pub(super) fn new_job(what: JobKind, customers: Whom, reason: Option<String>, caller: &Caller) -> NewJob {
    NewJob { what, customers, reason, sight: jobs::sight(caller), request: None }
}

/// Who decides on boards alone does not move customers by it.
pub(super) fn check_may_move(caller: &Caller) -> Result<(), Problem> {
    if caller.may_write(Area::Customers) {
        return Ok(());
    }
    Err(Problem::new(
        Code::Forbidden,
        "customers are changed by it: this takes a token with the scope customers:write",
    ))
}

pub(super) fn stage_of<'a>(board: &'a Board, id: &str) -> Result<&'a Stage, Problem> {
    let id: StageId = address::slug(id, "stage")?;
    board.stage(&id).ok_or_else(|| {
        Problem::not_found(format!("stage {:?} of board {:?}", id.as_str(), board.id.as_str()))
    })
}

/// Refuses to put on the tag of a stage to which people move cards only with a reason.
pub(crate) fn check_reason<'a>(
    book: &Playbook,
    tags: impl IntoIterator<Item = &'a TagId>,
    reason: Option<&str>,
    pointer: &str,
) -> Result<(), Problem> {
    let asks = |tag: &&TagId| book.stage_of_tag(tag).is_some_and(|(_, stage)| stage.reason_required);
    match tags.into_iter().find(asks) {
        Some(tag) if !is_given(reason) => Err(reason_needed(pointer, &book.tags.label(tag))),
        _ => Ok(()),
    }
}

pub(super) fn is_given(reason: Option<&str>) -> bool {
    reason.is_some_and(|reason| !reason.trim().is_empty())
}

pub(super) fn reason_needed(pointer: &str, stage: &str) -> Problem {
    let message = format!("{stage:?} is a stage to which cards go only with a reason");
    Problem::field(pointer, "reason_needed", message)
}

impl From<BoardEdit> for BoardChange {
    fn from(edit: BoardEdit) -> Self {
        let stage = |edit: StageEdit| StageChange {
            id: edit.id,
            name: edit.name,
            kind: edit.kind,
            colour: edit.colour,
            follow_up_days: edit.follow_up_days,
            reason_required: edit.reason_required,
        };
        let stages = edit.stages.map(|stages| stages.into_iter().map(stage).collect());
        Self { name: edit.name, stages, amount: edit.amount }
    }
}
