//! A stage deleted: off its board at once, its cards after it.

use app::{MIN_STAGES, Whom};
use axum::{
    extract::{Path, State},
    response::{IntoResponse as _, Response},
};
use domain::{
    Playbook, StageId,
    playbook::{Board, StageRef},
};
use serde::Deserialize;
use store::JobKind;
use utoipa::IntoParams;

use super::{
    BoardView,
    edit::{check_may_move, check_reason, is_given, new_job, reason_needed, stage_of},
    find_stage, named,
};
use crate::{
    Api,
    act::{IdempotencyKey, RequestKey},
    address,
    answer::{Answer, Outcome},
    auth::Caller,
    body::check_text,
    jobs::JobView,
    page::Params,
    precondition::IfMatch,
    problem::{Code, Problem},
    schema,
    tags::refuse_used,
};

const MAX_REASON_CHARS: usize = 200;
/// Of cards that stand at a stage so many are counted, for who is to say where they go.
const MOST_COUNTED: usize = 1000;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct HowToDelete {
    /// The stage of the same board to which its cards go, by id or name.
    #[param(required = false, example = "lead")]
    move_to: Option<String>,
    /// Why, for a stage to which cards go only with a reason.
    #[param(required = false, max_length = 200)]
    reason: Option<String>,
    /// Delete it although rules or SOPs use it.
    #[serde(default)]
    #[param(default = false, required = false)]
    force: bool,
}

/// Delete a stage
///
/// One write takes it off the board, which remembers its name; its tag stays in WeCom. Cards that stand there, hidden ones
/// included, need `move_to`: a job moves each of them (202), and whoever hears something meanwhile is moved by that. These
/// are moves like any other: SOPs of the old stage are left, those of the new one entered. Sent again, the cards that are
/// left are moved. Customers who have the tag and no card yet, their group having just been adopted, are taken over
/// first: 202 with that job (`what.kind` is `board`), and once it is done the same request deletes the stage. Refused with
/// `used_by` while a rule, an SOP with people inside or a draft uses the stage, unless it is forced. Where cards are moved
/// a token needs `customers:write` too.
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
    check_text(how.reason.as_deref(), "/reason", MAX_REASON_CHARS)?;
    let book = api.app.playbook().await?;
    let board = named(&book, &id)?;
    let at = StageRef { board: board.id.clone(), stage: address::slug(&stage, "stage")? };
    let key = key.with(&(board.id.as_str(), at.stage.as_str(), &how.move_to, &how.reason));
    if board.stage(&at.stage).is_none() && board.former.iter().any(|former| former.id == at.stage) {
        return api.lead_out(&at, how.reason, &caller, &key).await.map(Answer::into_response);
    }
    let read_as = api.seen_board(&board.id, &seen).await?;
    let stage = stage_of(board, &stage)?;
    if board.stages.len() <= MIN_STAGES {
        return Err(Problem::new(Code::Conflict, format!("a board has at least {MIN_STAGES} stages")));
    }
    if !how.force {
        let users = api.users_of(&book.with_stage(&at)).await?;
        refuse_used(&users, "rules, SOPs or drafts use it: `used_by`; ?force=true deletes it nevertheless")?;
    }
    let to = how.move_to.as_deref().map(|to| check_heir(&book, board, &at.stage, to, how.reason.as_deref()));
    let to = to.transpose()?;
    if let Some(tag) = stage.tag.as_ref().filter(|tag| book.tags.is_live(tag))
        && api.app.is_unadopted(&at, tag).await?
    {
        let what = JobKind::Board { board: board.id.clone() };
        let whom = Whom::Board(board.id.clone());
        return Ok(api.begin(new_job(what, whom, None, &caller), &caller, &key).await?.into_response());
    }
    let standing = api.app.cards_at(&at.board, &at.stage, MOST_COUNTED).await?;
    if standing.cards > 0 && to.is_none() {
        let more = if standing.more { "more than " } else { "" };
        let detail = format!("{more}{} cards stand at it: say where they go, ?move_to=STAGE", standing.cards);
        return Err(Problem::new(Code::InUse, detail).with("cards", standing.cards));
    }
    if standing.cards > 0 {
        check_may_move(&caller)?;
    }
    let gone = api.app.delete_stage(&at.board, &at.stage, read_as, to.as_ref(), &caller.author()).await?;
    // Somebody may have come there at the very last moment, whom else the next thing that they hear leads on.
    match api.lead_out(&at, how.reason, &caller, &key).await {
        Err(_) if standing.cards == 0 => {}
        job => return job.map(Answer::into_response),
    }
    Ok(api.board_with(&gone, None).await?.into_response())
}

impl Api {
    /// The job that moves who stands at a deleted stage to where they belong.
    async fn lead_out(
        &self,
        at: &StageRef,
        reason: Option<String>,
        caller: &Caller,
        key: &RequestKey,
    ) -> Outcome<JobView> {
        let book = self.app.playbook().await?;
        let board = named(&book, at.board.as_str())?;
        if self.app.cards_at(&at.board, &at.stage, 1).await?.cards == 0 {
            let text = format!("stage {:?} of board {:?}", at.stage.as_str(), at.board.as_str());
            return Err(Problem::not_found(text));
        }
        check_may_move(caller)?;
        let heir = board.heir_of(&at.stage);
        if heir.is_some_and(|heir| heir.reason_required) && !is_given(reason.as_deref()) {
            return Err(reason_needed("/reason", heir.map_or("", |heir| heir.name.as_str())));
        }
        let what = JobKind::MoveStage {
            board: at.board.clone(),
            stage: heir.map(|heir| heir.id.clone()),
            only_from: Some(at.stage.clone()),
        };
        let whom = Whom::Stage { board: at.board.clone(), stage: at.stage.clone() };
        self.begin(new_job(what, whom, reason, caller), caller, key).await
    }
}

/// The stage to which cards are to go from `gone`.
fn check_heir(
    book: &Playbook,
    board: &Board,
    gone: &StageId,
    to: &str,
    reason: Option<&str>,
) -> Result<StageId, Problem> {
    let to = find_stage(book, board, to, "/move_to")?;
    if to == *gone {
        return Err(Problem::field("/move_to", "contradiction", "the cards stand there already"));
    }
    let tag = board.stage(&to).and_then(|to| book.live_tag_of(to));
    let Some(tag) = tag else {
        let detail = "the tag of the stage they go to is missing: rebuild it first";
        return Err(Problem::new(Code::Conflict, detail));
    };
    check_reason(book, [&tag], reason, "/reason")?;
    Ok(to)
}
