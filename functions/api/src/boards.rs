//! Boards with their stages and how many cards stand at each.

pub(crate) mod cards;
pub(crate) mod changes;
pub(crate) mod counts;
mod delete;
pub(crate) mod edit;
pub(crate) mod templates;

use app::BoardPlan;
use axum::extract::{Path, State};
use domain::{
    BoardId, Playbook, StageId,
    playbook::{Board, FormerStage, Stage, StageRef},
};
use serde::Serialize;
use utoipa::ToSchema;

use self::counts::{Counts, OfOwner};
use crate::{
    Api, address,
    answer::{Answer, Outcome},
    auth::Caller,
    body::Body,
    page::{List, ListQuery, Params},
    problem::{Code, FieldError, Problem},
    schema,
    tags::User,
    view::{At, Named, slug},
};

/// A board (商机看板), bound to one group of tags.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Board, example = json!({"id": "cars", "name": "汽车销售",
    "tag_group": {"id": "etg1", "name": "购车阶段"}, "amount": "报价", "former": [], "dead_tag_users": [],
    "stages": [{"id": "lead", "name": "客户线索", "kind": "open", "colour": null, "follow_up_days": 3,
                "reason_required": false, "tag": {"id": "et1", "name": "客户线索"},
                "tag_missing": false, "count": 12, "hidden": 1, "amount": 250_000.5}], "as_of": "2026-03-05T01:00:00Z"}))]
pub(crate) struct BoardView {
    #[schema(value_type = schema::Slug)]
    id: String,
    name: String,
    tag_group: Named,
    /// The numeric attribute that says what a deal is worth; null: none.
    amount: Option<String>,
    /// From first contact to the end.
    stages: Vec<StageView>,
    /// The numbers are as of then; they follow a move within seconds.
    as_of: At,
    /// Stages that were deleted, the last 50: the past is told by their names.
    former: Vec<FormerView>,
    /// Rules and published SOPs that name a deleted tag of the group: they wait in vain until they name another.
    dead_tag_users: Vec<User>,
    /// Of a change: the job that silently takes over who has tags of the stages, or values the cards anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<String>,
}

/// A stage that was deleted.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = FormerStage)]
struct FormerView {
    #[schema(value_type = schema::Slug)]
    id: String,
    name: String,
    /// The stage to which its cards went; null: none.
    #[schema(value_type = Option<schema::Slug>)]
    moved_to: Option<String>,
}

/// A stage, which is a tag.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Stage)]
struct StageView {
    #[schema(value_type = schema::Slug)]
    id: String,
    name: String,
    #[schema(value_type = schema::StageKind)]
    kind: String,
    /// How it is shown, `#rrggbb`; null: as usual.
    colour: Option<String>,
    /// After so many days here somebody should look after the customer.
    follow_up_days: Option<u16>,
    /// People who move a card here say why.
    reason_required: bool,
    tag: Option<Named>,
    /// The tag was deleted outside Stepwise.
    tag_missing: bool,
    /// Cards shown.
    count: i64,
    /// Cards of customers with whom nobody is friends any more; null where the numbers of one owner were asked for: they
    /// have none.
    hidden: Option<i64>,
    /// What the shown cards are worth together, in the unit of the attribute that the board names, to hundredths; null: it
    /// names none.
    amount: Option<f64>,
}

/// The boards with their stages
///
/// In order of id. Each stage has the number of its cards, which follows a move within seconds.
#[utoipa::path(get, path = "/boards", operation_id = "listBoards", tag = "boards", params(ListQuery),
    responses((status = 200, description = "A page of boards", body = List<BoardView>)),
    extensions(("x-summary-zh" = json!("看板列表"))))]
pub(crate) async fn list(
    State(api): State<Api>,
    Params(query): Params<ListQuery>,
) -> Outcome<List<BoardView>> {
    let book = api.app.playbook().await?;
    let counts = api.counts(None).await?;
    let all = book.boards.values().map(|board| BoardView::new(board, &book, &counts)).collect();
    Ok(Answer::new(api.seal.slice("boards", &query, all, |board| board.id.clone())?))
}

/// One board
///
/// With the numbers of the whole corp, or with those of one `owner`.
#[utoipa::path(get, path = "/boards/{id}", operation_id = "readBoard", tag = "boards",
    params(("id" = schema::Slug, Path, description = "The board"), OfOwner),
    responses((status = 200, description = "The board", body = BoardView, headers(("ETag" = String))),
              (status = 404, description = "`not_found`")),
    extensions(("x-summary-zh" = json!("看板详情"))))]
pub(crate) async fn read(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    Params(of): Params<OfOwner>,
) -> Outcome<BoardView> {
    let book = api.app.playbook().await?;
    let board = named(&book, &id)?;
    let counts = api.counts_for(&caller, &board.id, &of).await?;
    let view = BoardView::new(board, &book, &counts);
    Ok(Answer::new(view).revision(board.revision))
}

/// Make a board
///
/// With its tags in WeCom: a group of that name is adopted as it is, tags that miss are added to it. Customers who have
/// its tags already get their cards by a job (`job`), silently: no rule, no SOP, nothing is written to phones. Where
/// colleagues had given a customer different stages, the owner's counts, else the later one; the job's results tell of
/// each. A board that is there is not changed this way.
#[utoipa::path(put, path = "/boards/{id}", operation_id = "createBoard", tag = "boards",
    params(("id" = schema::Slug, Path, description = "The new board's id")),
    request_body = schema::BoardPlan,
    responses((status = 201, description = "It was made", body = BoardView, headers(("ETag" = String))),
              (status = 409, description = "`exists`, `conflict`"),
              (status = 422, description = "`invalid`, `wecom_refused`")),
    extensions(("x-summary-zh" = json!("新建看板"))))]
pub(crate) async fn create(
    State(api): State<Api>,
    Path(id): Path<String>,
    caller: Caller,
    Body(plan): Body<BoardPlan>,
) -> Outcome<BoardView> {
    let id = BoardId::from(id.as_str());
    // Asked before WeCom is: a name that is taken costs no call.
    if api.app.playbook().await?.boards.contains_key(&id) {
        return Err(Problem::new(Code::Exists, format!("board {:?} exists already", id.as_str())));
    }
    let board = Box::pin(api.app.create_board(&id, &plan, &caller.author())).await?;
    let stages: Vec<StageId> = board.stages.iter().map(|stage| stage.id.clone()).collect();
    let adoption = api.app.adoption_of(&board, &stages).await?;
    let job = api.take_over(adoption, &board, &caller).await?;
    let book = api.app.playbook().await?;
    let view = BoardView::new(&board, &book, &Counts::none(api.app.clock.now()));
    Ok(Answer::new(BoardView { job, ..view }).created(true).revision(board.revision))
}

impl BoardView {
    fn new(board: &Board, book: &Playbook, counts: &Counts) -> Self {
        let group = book.tags.group(&board.tag_group).map(|group| group.name.clone());
        let view = |stage: &Stage| {
            let numbers = counts.of(board, stage);
            let tag = stage.tag.as_ref().and_then(|id| book.tags.tag(id)).map(|(_, tag)| tag);
            StageView {
                id: stage.id.to_string(),
                name: stage.name.clone(),
                kind: slug(stage.kind),
                colour: stage.colour.clone(),
                follow_up_days: stage.follow_up_days,
                reason_required: stage.reason_required,
                tag: tag.map(|tag| Named { id: tag.id.to_string(), name: tag.name.clone() }),
                tag_missing: book.live_tag_of(stage).is_none(),
                count: numbers.count,
                hidden: numbers.hidden,
                amount: numbers.amount,
            }
        };
        Self {
            id: board.id.to_string(),
            name: board.name.clone(),
            tag_group: Named { id: board.tag_group.to_string(), name: group.unwrap_or_default() },
            amount: board.amount.clone(),
            stages: board.stages.iter().map(view).collect(),
            as_of: At(counts.as_of),
            former: board.former.iter().map(FormerView::from).collect(),
            dead_tag_users: book.users_of_dead_tags(board).iter().map(|user| User::new(user, book)).collect(),
            job: None,
        }
    }
}

impl From<&FormerStage> for FormerView {
    fn from(former: &FormerStage) -> Self {
        Self {
            id: former.id.to_string(),
            name: former.name.clone(),
            moved_to: former.moved_to.as_ref().map(ToString::to_string),
        }
    }
}

/// The board in an address.
fn named<'a>(book: &'a Playbook, id: &str) -> Result<&'a Board, Problem> {
    let id: BoardId = address::slug(id, "board")?;
    book.boards.get(&id).ok_or_else(|| Problem::not_found(format!("board {:?}", id.as_str())))
}

/// The board that a request names, by id or by a name that only one has.
pub(crate) fn find_board<'a>(book: &'a Playbook, name: &str, pointer: &str) -> Result<&'a Board, Problem> {
    if let Some(board) = book.boards.get(&BoardId::from(name)) {
        return Ok(board);
    }
    let called: Vec<&Board> = book.boards.values().filter(|board| board.name == name).collect();
    let (code, message, among): (_, _, Vec<&Board>) = match called.as_slice() {
        [only] => return Ok(*only),
        [] => ("unknown_board", format!("there is no board {name:?}"), book.boards.values().collect()),
        _ => ("ambiguous_board", format!("several boards are called {name:?}"), called),
    };
    let candidates = among.iter().map(|board| board.id.to_string()).collect();
    Err(Problem::invalid(vec![FieldError::new(pointer, code, message).among(candidates)]))
}

/// The stage of `board` that a request names, by id or name.
pub(crate) fn find_stage(
    book: &Playbook,
    board: &Board,
    name: &str,
    pointer: &str,
) -> Result<StageId, Problem> {
    let wanted = StageRef { board: board.id.clone(), stage: StageId::from(name) };
    book.find_stage(&wanted, pointer).map(|found| found.stage).map_err(|problem| {
        // The board is a field of its own here: the candidates are the stages alone.
        let prefix = format!("{}/", board.id);
        let mut error = FieldError::from(problem);
        for candidate in &mut error.candidates {
            *candidate = candidate.trim_start_matches(prefix.as_str()).to_owned();
        }
        Problem::invalid(vec![error])
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn book() -> Playbook {
        let board: Board = serde_json::from_value(json!({"id": "cars", "name": "汽车销售", "tag_group": "g",
            "stages": [{"id": "lead", "name": "客户线索", "tag": null},
                       {"id": "order", "name": "下定", "tag": null, "kind": "won"}]}))
        .unwrap();
        let mut book = Playbook::default();
        book.boards.insert(board.id.clone(), board);
        book
    }

    #[test]
    fn an_unknown_stage_comes_with_those_that_there_are() {
        let book = book();
        let board = find_board(&book, "汽车销售", "/board").unwrap();
        assert_eq!(find_stage(&book, board, "下定", "/stage").unwrap(), "order".into());
        let refused = find_stage(&book, board, "sold", "/stage").unwrap_err();
        let shown: Value = serde_json::from_slice(&refused.document("r")).unwrap();
        assert_eq!(shown["errors"][0]["pointer"], "/stage");
        assert_eq!(shown["errors"][0]["candidates"], json!(["lead", "order"]));
        let refused = find_board(&book, "boats", "/board").unwrap_err();
        let shown: Value = serde_json::from_slice(&refused.document("r")).unwrap();
        assert_eq!(shown["errors"][0]["candidates"], json!(["cars"]));
    }
}
