//! Boards that live on: stages renamed, moved, added, deleted; a lost tag made anew.

use std::collections::BTreeSet;

use app::{BoardChange, NewJob, StageChange};
use axum::{
    extract::{Path, State},
    response::{IntoResponse as _, Response},
};
use domain::{
    BoardId, CustomerId, Playbook, StageId, TagId,
    playbook::{Board, Role, StageKind, StageRef},
};
use serde::Deserialize;
use store::JobKind;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{BoardView, find_stage, named};
use crate::{
    Api,
    act::{IdempotencyKey, RequestKey},
    address,
    answer::{Answer, Outcome},
    auth::{Area, Caller, needs},
    body::{Body, given},
    jobs::{self, JobView},
    page::Params,
    precondition::{IfMatch, stale},
    problem::{Code, Problem},
    schema,
    tags::User,
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

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct HowToDelete {
    /// The stage of the same board to which its cards go, by id or name.
    #[param(required = false, example = "lead")]
    move_to: Option<String>,
    /// Delete it although rules or SOPs use it.
    #[serde(default)]
    #[param(default = false, required = false)]
    force: bool,
}

pub(crate) fn routes() -> OpenApiRouter<Api> {
    let found = OpenApiRouter::new()
        .routes(routes!(change))
        .routes(routes!(delete_stage))
        .routes(routes!(rebuild_tag));
    needs(Role::Admin, Area::Playbook, found)
}

/// Change a board
///
/// Its name, and its stages: names, kinds, colours, order, new ones. A stage is named by its id; one that is not in the
/// list is no way to delete it. Nobody moves by this, and WeCom keeps the order of its tags.
#[utoipa::path(patch, path = "/boards/{id}", operation_id = "changeBoard", tag = "boards",
    params(("id" = schema::Slug, Path, description = "The board"), IfMatch), request_body = BoardEdit,
    responses((status = 200, description = "The board", body = BoardView, headers(("ETag" = String))),
              (status = 404, description = "`not_found`"), (status = 422, description = "`invalid`, `wecom_refused`"),
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
    match Box::pin(api.app.change_board(&id, read_as, &edit.into(), &caller.author())).await {
        Ok(board) => api.board(&board).await,
        Err(app::Error::Conflict(_)) => Err(stale(api.board_now(&id).await?)),
        Err(error) => Err(error.into()),
    }
}

/// Delete a stage
///
/// Only while no card stands at it, hidden ones included. With `move_to` the cards there are moved by a job, at most
/// 10,000: 202; once it is done, the same request deletes the stage. Its tag stays in WeCom. Refused with `used_by`
/// while a rule or an SOP uses the stage, unless it is forced.
#[utoipa::path(delete, path = "/boards/{id}/stages/{stage}", operation_id = "deleteStage", tag = "boards",
    params(("id" = schema::Slug, Path, description = "The board"),
           ("stage" = schema::Slug, Path, description = "The stage"), HowToDelete, IfMatch, IdempotencyKey),
    responses((status = 200, description = "The board without it", body = BoardView, headers(("ETag" = String))),
              (status = 202, description = "The job that moves its cards", body = JobView,
               headers(("Location" = String))),
              (status = 404, description = "`not_found`"), (status = 409, description = "`conflict`, `in_use`"),
              (status = 422, description = "`invalid`"), (status = 428, description = "`precondition_required`")),
    extensions(("x-summary-zh" = json!("删除看板阶段"))))]
pub(crate) async fn delete_stage(
    State(api): State<Api>,
    Path((id, stage)): Path<(String, String)>,
    caller: Caller,
    seen: IfMatch,
    key: IdempotencyKey,
    Params(how): Params<HowToDelete>,
) -> Result<Response, Problem> {
    let read_as = api.seen_board(&address::slug(&id, "board")?, &seen).await?;
    let book = api.app.playbook().await?;
    let board = named(&book, &id)?;
    let stage = stage_of(board, &stage)?;
    check_unused(&book, board, &stage, how.force)?;
    let (customers, more) = api.app.customers_at(&board.id, &stage).await?;
    if customers.is_empty() {
        return match api.app.delete_stage(&board.id, &stage, read_as, &caller.author()).await {
            Ok(board) => Ok(api.board(&board).await?.into_response()),
            Err(error) => Err(error.into()),
        };
    }
    let Some(to) = &how.move_to else {
        let cards = if more { "more than 10,000".to_owned() } else { customers.len().to_string() };
        let detail = format!("{cards} cards stand at it: say where they go, ?move_to=STAGE");
        return Err(Problem::new(Code::InUse, detail).with("cards", customers.len()));
    };
    let to = find_stage(&book, board, to, "/move_to")?;
    if to == stage {
        return Err(Problem::field("/move_to", "contradiction", "the cards stand there already"));
    }
    let tag = board.stage(&to).and_then(|to| book.live_tag_of(to));
    let Some(tag) = tag else {
        return Err(Problem::new(
            Code::Conflict,
            "the tag of the stage they go to is missing: rebuild it first",
        ));
    };
    let key = key.with(&(board.id.as_str(), stage.as_str(), to.as_str()));
    Ok(api.put_on(tag, customers, &caller, &key).await?.into_response())
}

/// Rebuild the tag of a stage
///
/// For a stage whose tag was deleted in WeCom (`tag_missing`): it is made anew, or one of its name in the board's group is
/// taken, and a job puts it on the customers whose card stands there. Asked again while the tag is there, the job alone
/// begins anew.
#[utoipa::path(post, path = "/boards/{id}/stages/{stage}/rebuild-tag", operation_id = "rebuildTag", tag = "boards",
    params(("id" = schema::Slug, Path, description = "The board"),
           ("stage" = schema::Slug, Path, description = "The stage"), IdempotencyKey),
    responses((status = 200, description = "The board; no card stands there", body = BoardView,
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
    let (id, stage) = {
        let book = api.app.playbook().await?;
        let board = named(&book, &id)?;
        (board.id.clone(), stage_of(board, &stage)?)
    };
    let rebuilt = Box::pin(api.app.rebuild_stage_tag(&id, &stage, &caller.author())).await;
    let (board, tag) = rebuilt?;
    let (customers, _) = api.app.customers_at(&id, &stage).await?;
    if customers.is_empty() {
        return Ok(api.board(&board).await?.into_response());
    }
    let key = key.with(&(id.as_str(), stage.as_str(), tag.as_str()));
    Ok(api.put_on(tag, customers, &caller, &key).await?.into_response())
}

impl Api {
    async fn board(&self, board: &Board) -> Outcome<BoardView> {
        let book = self.app.playbook().await?;
        let counts = self.counts(&format!("board#{}#", board.id)).await?;
        let view = BoardView::new(board, &book, &counts, self.app.clock.now());
        Ok(Answer::new(view).revision(board.revision))
    }

    /// The revision that the caller has seen, which is the one that there is.
    async fn seen_board(&self, id: &BoardId, seen: &IfMatch) -> Result<u64, Problem> {
        let revision = named(&*self.app.playbook().await?, id.as_str())?.revision;
        let current = self.board_now(id).await?;
        seen.demand(Some(revision), || current)
    }

    async fn board_now(&self, id: &BoardId) -> Result<serde_json::Value, Problem> {
        let book = self.app.playbook().await?;
        let counts = self.counts(&format!("board#{id}#")).await?;
        let view = BoardView::new(named(&book, id.as_str())?, &book, &counts, self.app.clock.now());
        Ok(serde_json::to_value(view).unwrap_or_default())
    }

    /// The job that puts a stage's tag on customers, which moves their cards there.
    async fn put_on(
        &self,
        tag: TagId,
        customers: Vec<CustomerId>,
        caller: &Caller,
        key: &RequestKey,
    ) -> Outcome<JobView> {
        let what = JobKind::EditTags { add: [tag].into(), remove: BTreeSet::new() };
        let sight = jobs::sight(caller);
        self.begin(NewJob { what, customers, reason: None, sight, request: None }, caller, key).await
    }
}

fn stage_of(board: &Board, id: &str) -> Result<StageId, Problem> {
    let id: StageId = address::slug(id, "stage")?;
    let known = board.stage(&id).map(|stage| stage.id.clone());
    known.ok_or_else(|| {
        Problem::not_found(format!("stage {:?} of board {:?}", id.as_str(), board.id.as_str()))
    })
}

fn check_unused(book: &Playbook, board: &Board, stage: &StageId, force: bool) -> Result<(), Problem> {
    let users = book.stage_users(&StageRef { board: board.id.clone(), stage: stage.clone() });
    if force || users.is_empty() {
        return Ok(());
    }
    let users: Vec<User> = users.iter().map(|user| User::new(user, book)).collect();
    let detail = "rules or SOPs use it: `used_by`; ?force=true deletes it nevertheless";
    Err(Problem::new(Code::InUse, detail).with("used_by", users))
}

/// Refuses to put on the tag of a stage to which people move cards only with a reason.
pub(crate) fn check_reason<'a>(
    book: &Playbook,
    tags: impl IntoIterator<Item = &'a TagId>,
    reason: Option<&str>,
    pointer: &str,
) -> Result<(), Problem> {
    let asks = |tag: &&TagId| book.stage_of_tag(tag).is_some_and(|(_, stage)| stage.reason_required);
    let given = reason.is_some_and(|reason| !reason.trim().is_empty());
    match tags.into_iter().find(asks) {
        Some(tag) if !given => {
            let message =
                format!("{:?} is a stage to which cards go only with a reason", book.tags.label(tag));
            Err(Problem::field(pointer, "reason_needed", message))
        }
        _ => Ok(()),
    }
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
        Self { name: edit.name, stages: edit.stages.map(|stages| stages.into_iter().map(stage).collect()) }
    }
}
