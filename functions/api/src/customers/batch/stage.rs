//! Moving the cards of many customers.

use app::{NewJob, Whom};
use axum::extract::State;
use domain::{StageId, playbook::Board};
use serde::{Deserialize, Serialize};
use store::JobKind;
use utoipa::ToSchema;

use super::{MAX_REASON_CHARS, Of, whom};
use crate::{
    Api,
    act::IdempotencyKey,
    answer::Outcome,
    auth::Caller,
    boards::{find_board, find_stage},
    body::{Body, check_text, given, nullable},
    jobs::{self, JobView},
    problem::Problem,
    schema,
};

/// Where the cards of many customers are to go. Either `customers` or `of`.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MoveCards, example = json!({"of": {"stage": "cars/lead"}, "board": "cars", "stage": "visit",
                                          "reason": "展厅活动"}))]
pub(crate) struct MoveMany {
    /// Whom; one who is named twice counts once.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<schema::CustomerId>>, min_items = 1, max_items = 10_000, nullable = false)]
    customers: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(inline, nullable = false)]
    of: Option<Of>,
    /// Id or name.
    board: String,
    /// Id or name; null takes the cards off the board.
    #[serde(deserialize_with = "nullable")]
    #[schema(required)]
    stage: Option<String>,
    /// Only cards that stand there when their turn comes; absent: those of `of.stage`, if it is one of the same board.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    from: Option<String>,
    /// For the timelines, and for those who look at the job.
    #[serde(default)]
    #[schema(max_length = 200)]
    reason: Option<String>,
}

/// Move the cards of many customers
///
/// Done by a job, as `editTagsOfMany`: each card moves as if it were dragged alone. One that somebody has moved away from
/// `from` meanwhile is `refused`.
#[utoipa::path(post, path = "/customers/batch/stage", operation_id = "moveCards", tag = "customers",
    params(IdempotencyKey),
    request_body = MoveMany,
    responses((status = 202, description = "The job; the one that is there, if the request came before", body = JobView,
               headers(("Location" = String)), links(
        ("job" = (operation_id = "readJob", parameters(("id" = "$response.body#/id")))),
        ("results" = (operation_id = "listJobResults", parameters(("id" = "$response.body#/id")))),
        ("undo" = (operation_id = "undoJob", parameters(("id" = "$response.body#/id")))),
        ("cancel" = (operation_id = "cancelJob", parameters(("id" = "$response.body#/id"))))))),
    extensions(("x-summary-zh" = json!("批量移动商机"))))]
pub(crate) async fn put(
    State(api): State<Api>,
    caller: Caller,
    key: IdempotencyKey,
    Body(wanted): Body<MoveMany>,
) -> Outcome<JobView> {
    let key = key.with(&wanted);
    check_text(wanted.reason.as_deref(), "/reason", MAX_REASON_CHARS)?;
    let book = api.app.playbook().await?;
    let customers = whom(wanted.customers, wanted.of.as_ref(), &book)?;
    let board = find_board(&book, &wanted.board, "/board")?;
    let stage = |name: Option<&String>, pointer: &str| {
        name.map(|name| find_stage(&book, board, name, pointer)).transpose()
    };
    let (to, from) = (stage(wanted.stage.as_ref(), "/stage")?, stage(wanted.from.as_ref(), "/from")?);
    let only_from = from.or_else(|| where_they_stand(&customers, board));
    if only_from.is_some() && only_from == to {
        return Err(Problem::field("/stage", "contradiction", "they stand there already"));
    }
    check_reason(board, to.as_ref(), wanted.reason.as_deref())?;
    let what = JobKind::MoveStage { board: board.id.clone(), stage: to, only_from };
    let (reason, sight) = (wanted.reason, jobs::sight(&caller));
    api.begin(NewJob { what, customers, reason, sight, request: None }, &caller, &key).await
}

/// The stage of this board at which they are looked for.
fn where_they_stand(whom: &Whom, at: &Board) -> Option<StageId> {
    match whom {
        Whom::Stage { board, stage } if *board == at.id => Some(stage.clone()),
        _ => None,
    }
}

fn check_reason(board: &Board, to: Option<&StageId>, reason: Option<&str>) -> Result<(), Problem> {
    let asks = to.and_then(|to| board.stage(to)).is_some_and(|to| to.reason_required);
    if asks && reason.is_none_or(|reason| reason.trim().is_empty()) {
        let message = "cards go to this stage only with a reason";
        return Err(Problem::field("/reason", "reason_needed", message));
    }
    Ok(())
}
