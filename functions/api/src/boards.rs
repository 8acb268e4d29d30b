//! Boards with their stages and how many cards stand at each.

pub(crate) mod cards;
pub(crate) mod changes;
pub(crate) mod edit;
pub(crate) mod templates;

use std::collections::BTreeMap;

use app::BoardPlan;
use axum::extract::{Path, State};
use domain::{
    BoardId, Playbook, StageId, Timestamp,
    playbook::{Board, Stage, StageRef},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Api, address,
    answer::{Answer, Outcome},
    auth::Caller,
    body::Body,
    page::{List, ListQuery, Params},
    problem::{Code, FieldError, Problem},
    schema,
    view::{At, Named, slug},
};

/// A board (商机看板), bound to one group of tags.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Board, example = json!({"id": "cars", "name": "汽车销售",
    "tag_group": {"id": "etg1", "name": "购车阶段"},
    "stages": [{"id": "lead", "name": "客户线索", "kind": "open", "colour": null, "follow_up_days": 3,
                "reason_required": false, "tag": {"id": "et1", "name": "客户线索"},
                "tag_missing": false, "count": 12, "hidden": 1}], "as_of": "2026-03-05T01:00:00Z"}))]
pub(crate) struct BoardView {
    #[schema(value_type = schema::Slug)]
    id: String,
    name: String,
    tag_group: Named,
    /// From first contact to the end.
    stages: Vec<StageView>,
    /// The counts are as of then; they follow a move within seconds.
    as_of: At,
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
    /// Cards of customers with whom nobody is friends any more.
    hidden: i64,
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
    let counts = api.counts("board#").await?;
    let now = api.app.clock.now();
    let all = book.boards.values().map(|board| BoardView::new(board, &book, &counts, now)).collect();
    Ok(Answer::new(api.seal.slice("boards", &query, all, |board| board.id.clone())?))
}

/// One board
#[utoipa::path(get, path = "/boards/{id}", operation_id = "readBoard", tag = "boards",
    params(("id" = schema::Slug, Path, description = "The board")),
    responses((status = 200, description = "The board", body = BoardView, headers(("ETag" = String))),
              (status = 404, description = "`not_found`")),
    extensions(("x-summary-zh" = json!("看板详情"))))]
pub(crate) async fn read(State(api): State<Api>, Path(id): Path<String>) -> Outcome<BoardView> {
    let book = api.app.playbook().await?;
    let board = named(&book, &id)?;
    let counts = api.counts(&format!("board#{}#", board.id)).await?;
    let view = BoardView::new(board, &book, &counts, api.app.clock.now());
    Ok(Answer::new(view).revision(board.revision))
}

/// Make a board
///
/// With its tags in WeCom: a group of that name is adopted as it is, tags that miss are added to it. A board that is
/// there is not changed this way.
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
    let book = api.app.playbook().await?;
    let view = BoardView::new(&board, &book, &BTreeMap::new(), api.app.clock.now());
    Ok(Answer::new(view).created(true).revision(board.revision))
}

impl Api {
    async fn counts(&self, prefix: &str) -> Result<BTreeMap<String, i64>, Problem> {
        let counters = self.app.store.counters(prefix).await?;
        Ok(counters.into_iter().map(|counter| (counter.name, counter.value)).collect())
    }
}

impl BoardView {
    fn new(board: &Board, book: &Playbook, counts: &BTreeMap<String, i64>, now: Timestamp) -> Self {
        let group = book.tags.group(&board.tag_group).map(|group| group.name.clone());
        let view = |stage: &Stage| {
            let counter = format!("board#{}#{}", board.id, stage.id);
            let count = |name: &str| counts.get(name).copied().unwrap_or(0).max(0);
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
                count: count(&counter),
                hidden: count(&format!("{counter}#hidden")),
            }
        };
        Self {
            id: board.id.to_string(),
            name: board.name.clone(),
            tag_group: Named { id: board.tag_group.to_string(), name: group.unwrap_or_default() },
            stages: board.stages.iter().map(view).collect(),
            as_of: At(now),
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

    #[test]
    fn counts_belong_to_their_stage() {
        let counts = BTreeMap::from([("board#cars#lead".into(), 3), ("board#cars#order#hidden".into(), 2)]);
        let book = book();
        let view = BoardView::new(&book.boards[&"cars".into()], &book, &counts, Timestamp::from_secs(0));
        let shown = serde_json::to_value(view).unwrap();
        assert_eq!(shown["stages"][0]["count"], 3);
        assert_eq!(shown["stages"][1]["count"], 0);
        assert_eq!((&shown["stages"][1]["hidden"], &shown["stages"][1]["kind"]), (&json!(2), &json!("won")));
        assert_eq!(shown["as_of"], "1970-01-01T00:00:00Z");
    }
}
