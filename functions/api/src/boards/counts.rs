//! How many cards stand at the stages of a board, and what they are worth: in all, and of those whom one staff member
//! serves. Read from counters alone.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use domain::{
    BoardId, StaffId, Timestamp,
    playbook::{Board, Role, Stage},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::named;
use crate::{
    Api, address,
    answer::{Answer, Outcome},
    auth::{Area, Caller, needs},
    page::{ListQuery, Params},
    problem::{Code, Problem},
    schema,
    view::At,
};

/// Whose numbers.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OfOwner {
    /// The numbers of the customers whom this staff member serves: oneself, or somebody whom one leads.
    #[param(value_type = Option<schema::UserId>)]
    owner: Option<String>,
}

/// Counters of boards, all of them or those of one owner.
#[derive(Debug)]
pub(super) struct Counts {
    values: BTreeMap<String, i64>,
    owner: Option<StaffId>,
    /// They have everything that happened until then.
    pub(super) as_of: Timestamp,
}

/// What stands at a stage.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Numbers {
    /// Cards shown.
    pub(super) count: i64,
    /// Cards of customers with whom nobody is friends any more; `None` of one owner: they have none.
    pub(super) hidden: Option<i64>,
    /// `None`: the board names no amount.
    pub(super) amount: Option<f64>,
}

/// The owners of a board's cards.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = BoardOwners, example = json!({"items": [{"userid": "zhangwei", "name": "张伟", "count": 12, "amount": 250_000.5,
    "stages": [{"id": "lead", "count": 12, "amount": 250_000.5}]}], "next_cursor": null, "as_of": "2026-03-05T01:00:00Z"}))]
pub(crate) struct Owners {
    /// In order of userid; who serves nobody is there too.
    items: Vec<OwnerView>,
    next_cursor: Option<String>,
    /// The numbers are as of then; they follow a move within seconds.
    as_of: At,
}

/// What one staff member has on a board.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = BoardOwner)]
struct OwnerView {
    userid: String,
    name: String,
    /// Cards on the board.
    count: i64,
    /// What they are worth together; null: the board names no amount.
    amount: Option<f64>,
    /// As the board has them.
    stages: Vec<StageNumbers>,
}

/// What one staff member has at a stage.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = StageNumbers)]
struct StageNumbers {
    #[schema(value_type = schema::Slug)]
    id: String,
    count: i64,
    amount: Option<f64>,
}

pub(crate) fn routes() -> OpenApiRouter<Api> {
    needs(Role::Manager, Area::Playbook, OpenApiRouter::new().routes(routes!(owners)))
}

/// Owners and what they have
///
/// For each staff member whom one leads, and oneself, for admins of everybody: how many cards they have at each stage, and
/// what these are worth. From counters, however many customers there are.
#[utoipa::path(get, path = "/boards/{id}/owners", operation_id = "listBoardOwners", tag = "boards",
    params(("id" = schema::Slug, Path, description = "The board"), ListQuery),
    responses((status = 200, description = "A page of owners", body = Owners),
              (status = 404, description = "`not_found`")),
    extensions(("x-summary-zh" = json!("看板各归属成员的数据")), ("x-problems" = json!(["bad_cursor", "not_found"]))))]
pub(crate) async fn owners(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    Params(query): Params<ListQuery>,
) -> Outcome<Owners> {
    let book = api.app.playbook().await?;
    let board = named(&book, &id)?;
    let led = book.staff.values().filter(|staff| caller.sees_staff(&staff.userid)).collect();
    let list = format!("owners/{}", board.id);
    let page = api.seal.slice(&list, &query, led, |staff| staff.userid.to_string())?;
    let as_of = api.counted_until().await?;
    let of = |staff: &StaffId, stage: &Stage| counter(board, Some(staff), stage);
    let of_one = |staff: &StaffId| -> Vec<String> {
        let names = board.stages.iter().map(|stage| of(staff, stage));
        names.flat_map(|name| [format!("{name}{AMOUNT}"), name]).collect()
    };
    let names: Vec<String> = page.items.iter().flat_map(|staff| of_one(&staff.userid)).collect();
    let values = api.app.store.counts_of(&names).await?;
    let values = names.into_iter().zip(values).collect();
    let mut counts = Counts { values, owner: None, as_of };
    let mut items = Vec::with_capacity(page.items.len());
    for staff in page.items {
        counts.owner = Some(staff.userid.clone());
        items.push(OwnerView::new(&staff.userid, &staff.name, board, &counts));
    }
    Ok(Answer::new(Owners { items, next_cursor: page.next_cursor, as_of: At(as_of) }))
}

const AMOUNT: &str = "#amount";

/// The name of the counter of a stage's cards.
fn counter(board: &Board, owner: Option<&StaffId>, stage: &Stage) -> String {
    match owner {
        Some(owner) => format!("owner#{}#{owner}#{}", board.id, stage.id),
        None => format!("board#{}#{}", board.id, stage.id),
    }
}

/// From hundredths to the attribute's unit.
#[expect(clippy::cast_precision_loss, reason = "exact up to ninety million million")]
pub(super) fn in_units(hundredths: i64) -> f64 {
    hundredths as f64 / 100.0
}

impl OwnerView {
    fn new(userid: &StaffId, name: &str, board: &Board, counts: &Counts) -> Self {
        let numbers: Vec<Numbers> = board.stages.iter().map(|stage| counts.of(board, stage)).collect();
        let stages = board.stages.iter().zip(&numbers).map(|(stage, numbers)| StageNumbers {
            id: stage.id.to_string(),
            count: numbers.count,
            amount: numbers.amount,
        });
        let hundredths = board.stages.iter().map(|stage| counts.hundredths(board, stage));
        Self {
            userid: userid.to_string(),
            name: name.to_owned(),
            count: numbers.iter().map(|numbers| numbers.count).sum(),
            amount: board.amount.as_ref().map(|_| in_units(hundredths.sum())),
            stages: stages.collect(),
        }
    }
}

impl Counts {
    /// None: of a board that was just made.
    pub(super) const fn none(as_of: Timestamp) -> Self {
        Self { values: BTreeMap::new(), owner: None, as_of }
    }

    /// What stands at this stage.
    pub(super) fn of(&self, board: &Board, stage: &Stage) -> Numbers {
        let name = counter(board, self.owner.as_ref(), stage);
        let hidden = self.owner.is_none().then(|| self.count(&format!("{name}#hidden")));
        let amount = board.amount.as_ref().map(|_| in_units(self.hundredths(board, stage)));
        Numbers { count: self.count(&name), hidden, amount }
    }

    fn hundredths(&self, board: &Board, stage: &Stage) -> i64 {
        let name = format!("{}{AMOUNT}", counter(board, self.owner.as_ref(), stage));
        self.values.get(&name).copied().unwrap_or(0)
    }

    fn count(&self, name: &str) -> i64 {
        self.values.get(name).copied().unwrap_or(0).max(0)
    }
}

impl Api {
    /// The counters of a board, or of all.
    pub(super) async fn counts(&self, board: Option<&BoardId>) -> Result<Counts, Problem> {
        let prefix = board.map_or_else(|| "board#".to_owned(), |board| format!("board#{board}#"));
        self.counts_from(&prefix, None).await
    }

    /// Those of one owner, or of all, if the caller may know them.
    pub(super) async fn counts_for(
        &self,
        caller: &Caller,
        board: &BoardId,
        query: &OfOwner,
    ) -> Result<Counts, Problem> {
        let Some(owner) = &query.owner else { return self.counts(Some(board)).await };
        let owner = address::staff(owner, "/owner")?;
        if !caller.sees_staff(&owner) {
            return Err(Problem::new(Code::Forbidden, "the numbers of a colleague are for who leads them"));
        }
        self.counts_from(&format!("owner#{board}#{owner}#"), Some(owner.clone())).await
    }

    async fn counts_from(&self, prefix: &str, owner: Option<StaffId>) -> Result<Counts, Problem> {
        // Asked before: what is counted in between does no harm, what is not yet would.
        let as_of = self.counted_until().await?;
        let found = self.app.store.counters(prefix).await?;
        let values = found.into_iter().map(|counter| (counter.name, counter.value)).collect();
        Ok(Counts { values, owner, as_of })
    }

    /// Until when everything that happened is in the counters.
    pub(crate) async fn counted_until(&self) -> Result<Timestamp, Problem> {
        let now = self.app.clock.now();
        Ok(self.app.store.uncounted_since(now).await?.map_or(now, |since| since.min(now)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn board() -> Board {
        serde_json::from_value(json!({"id": "cars", "name": "汽车销售", "tag_group": "g", "amount": "报价",
            "stages": [{"id": "lead", "name": "客户线索", "tag": null},
                       {"id": "order", "name": "下定", "tag": null, "kind": "won"}]}))
        .unwrap()
    }

    #[test]
    fn numbers_belong_to_their_stage_and_their_owner() {
        let board = board();
        let values = [
            ("board#cars#lead", 3),
            ("board#cars#lead#amount", 250_050),
            ("board#cars#order#hidden", 2),
            ("owner#cars#li#lead", 1),
            ("owner#cars#li#lead#amount", -50),
        ];
        let values = values.map(|(name, value)| (name.to_owned(), value)).into();
        let mut counts = Counts { values, owner: None, as_of: Timestamp::default() };
        let of = |counts: &Counts, place: usize| counts.of(&board, &board.stages[place]);
        assert_eq!(of(&counts, 0), Numbers { count: 3, hidden: Some(0), amount: Some(2500.5) });
        assert_eq!(of(&counts, 1), Numbers { count: 0, hidden: Some(2), amount: Some(0.0) });
        counts.owner = Some("li".into());
        assert_eq!(of(&counts, 0), Numbers { count: 1, hidden: None, amount: Some(-0.5) });
        let view = OwnerView::new(&"li".into(), "李四", &board, &counts);
        assert_eq!((view.count, view.amount, view.stages.len()), (1, Some(-0.5), 2));
        let plain = Board { amount: None, ..board.clone() };
        assert_eq!(counts.of(&plain, &plain.stages[0]).amount, None);
    }
}
