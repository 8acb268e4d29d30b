//! The cards of one stage.

mod search;

use axum::extract::{Path, State};
use domain::{
    BoardId, CustomerId, File, Playbook, StaffId, StageId, TagId, Timestamp, playbook::Board, timing,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{counts::in_units, find_stage, named};
use crate::{
    Api, address,
    answer::{Answer, Outcome},
    auth::Caller,
    page::{List, ListQuery, Params},
    problem::{FieldError, Problem},
    schema,
    view::{At, Person},
};

/// The store reads so many files at once.
const FILES_AT_ONCE: usize = 100;
/// Which cards, and in which order.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OfStage {
    /// The stage, by id or name.
    #[param(required, example = "visit")]
    stage: Option<String>,
    /// Only of customers whom this staff member serves.
    #[param(value_type = Option<schema::UserId>)]
    owner: Option<String>,
    /// Only of customers who have this tag: `组/标签`, a name that only one tag has, or an id.
    tag: Option<String>,
    /// `entered`: who has stood there longest first, those of whom it is not known before all. `contact`: who has been
    /// silent longest first, by days of UTC, those who never said or heard anything before all. `amount`: the largest first,
    /// only where the board names an amount. Else by customer id.
    #[param(inline)]
    sort: Option<Sort>,
    /// The other way round than `sort` has it: `amount` is `desc`, the others are `asc` unless it is said here.
    #[param(inline)]
    order: Option<Order>,
}

/// An order of cards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CardSort)]
pub(crate) enum Sort {
    #[default]
    Customer,
    Entered,
    Contact,
    Amount,
}

/// Which way round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Order {
    Asc,
    Desc,
}

/// What is asked of cards.
#[derive(Debug)]
struct Wanted {
    board: BoardId,
    stage: StageId,
    owner: Option<StaffId>,
    tag: Option<TagId>,
    sort: Sort,
    order: Order,
}

/// A customer on a board.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({"customer": {"id": "wmDemoChenJie0001", "name": "陈洁", "avatar": null}, "stage": "visit",
    "since": "2026-03-05T01:00:00Z", "rev": 7, "days_in_stage": 3, "amount": 120_000.0, "owner": "zhangwei", "tags": ["购车阶段/到店"],
    "next": {"sop": "price", "step": "offer", "due_at": "2026-03-06T01:00:00Z"},
    "last_contact_at": "2026-03-05T01:00:00Z"}))]
pub(crate) struct Card {
    customer: Person,
    #[schema(value_type = schema::Slug)]
    stage: String,
    /// Null: an import found it there.
    since: Option<At>,
    /// Rises with every move: the card's ETag.
    rev: u64,
    /// How often it has struck midnight in the corp's zone since they entered: 0 on the same day. Null: it is not known.
    days_in_stage: Option<i64>,
    /// What the deal is worth, in the unit of the attribute that the board names, to hundredths: 0 where the customer has
    /// none. Null: the board names none.
    amount: Option<f64>,
    /// The userid of who serves the customer.
    owner: Option<String>,
    /// `组/标签`
    tags: Vec<String>,
    /// The step that is planned next, of all SOPs of the customer.
    next: Option<NextStep>,
    last_contact_at: Option<At>,
}

/// What is planned next.
#[derive(Clone, Debug, Serialize, ToSchema)]
struct NextStep {
    sop: String,
    step: String,
    due_at: At,
}

/// The cards of one stage
///
/// In order of customer id, or as `sort` says. Cards of customers with whom nobody is friends any more are not shown.
#[utoipa::path(get, path = "/boards/{id}/cards", operation_id = "listCards", tag = "boards",
    params(("id" = schema::Slug, Path, description = "The board"), OfStage, ListQuery),
    responses((status = 200, description = "A page of cards", body = List<Card>),
              (status = 404, description = "`not_found`")),
    extensions(("x-summary-zh" = json!("阶段中的商机卡片"))))]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    Params(of): Params<OfStage>,
    Params(query): Params<ListQuery>,
) -> Outcome<List<Card>> {
    let book = api.app.playbook().await?;
    let board = named(&book, &id)?;
    let wanted = Wanted::of(&of, &book, board)?;
    let list = format!("cards/{wanted:?}/{}", caller.sight().kind());
    let window = api.seal.window(&list, &query)?;
    let limit = usize::try_from(window.limit).unwrap_or_default();
    let now = api.app.clock.now();
    let mut search = api.search(&caller, wanted, window.from).await?;
    let mut cards: Vec<Card> = Vec::new();
    while cards.len() < limit && !search.is_over() {
        let files = api.next_of(&mut search, &caller, limit - cards.len()).await?;
        cards.extend(files.iter().filter_map(|file| shown(file, board, &book, now)));
    }
    Ok(Answer::new(api.seal.page(&list, cards, search.place())))
}

impl Wanted {
    fn of(query: &OfStage, book: &Playbook, board: &Board) -> Result<Self, Problem> {
        let Some(stage) = &query.stage else {
            let error = FieldError::new("/stage", "missing_field", "say which stage: ?stage=ID");
            let stages = board.stages.iter().map(|stage| stage.id.to_string()).collect();
            return Err(Problem::invalid(vec![error.among(stages)]));
        };
        let tag = query.tag.as_ref().map(|name| book.find_tag(name, "/tag")).transpose();
        let tag = tag.map_err(|problem| Problem::invalid(vec![problem.into()]))?;
        let sort = query.sort.unwrap_or_default();
        if sort == Sort::Amount && board.amount.is_none() {
            return Err(Problem::field("/sort", "no_amount", "the board names no attribute for amounts"));
        }
        if sort == Sort::Customer && query.order == Some(Order::Desc) {
            return Err(Problem::field("/order", "bad_combination", "it goes with sort"));
        }
        let usual = if sort == Sort::Amount { Order::Desc } else { Order::Asc };
        Ok(Self {
            board: board.id.clone(),
            stage: find_stage(book, board, stage, "/stage")?,
            owner: query.owner.as_ref().map(|owner| address::staff(owner, "/owner")).transpose()?,
            tag,
            sort,
            order: query.order.unwrap_or(usual),
        })
    }

    fn fits(&self, file: &File) -> bool {
        file.cards.get(&self.board).is_some_and(|card| card.stage == self.stage)
            && self.owner.as_ref().is_none_or(|owner| file.owner.as_ref() == Some(owner))
            && self.tag.as_ref().is_none_or(|tag| file.tags.contains_key(tag))
    }
}

impl Api {
    /// Files that the caller may see, in the order asked for.
    pub(crate) async fn files(
        &self,
        caller: &Caller,
        customers: &[CustomerId],
    ) -> Result<Vec<File>, Problem> {
        let mut files = self.files_of_all(customers).await?;
        files.retain(|file| caller.sees(file));
        Ok(files)
    }

    /// Files in the order asked for, whoever asks.
    pub(crate) async fn files_of_all(&self, customers: &[CustomerId]) -> Result<Vec<File>, Problem> {
        let mut files = Vec::with_capacity(customers.len());
        for chunk in customers.chunks(FILES_AT_ONCE) {
            files.extend(self.app.store.load_files(chunk).await?);
        }
        Ok(files)
    }
}

/// The card that the board shows of this customer at `now`; none while nobody is friends with them.
pub(super) fn shown(file: &File, board: &Board, book: &Playbook, now: Timestamp) -> Option<Card> {
    let held = file.cards.get(&board.id).filter(|_| file.has_open_relation())?;
    let planned = file.enrollments.iter().filter_map(|live| Some((live, live.next.as_ref()?)));
    let next = planned.min_by_key(|(_, next)| next.due_at);
    let day = |at: Timestamp| timing::local(at, book.settings.timezone).date_naive();
    Some(Card {
        customer: file.into(),
        stage: held.stage.to_string(),
        since: held.since.map(At),
        rev: held.rev,
        days_in_stage: held.since.map(|since| (day(now) - day(since)).num_days().max(0)),
        amount: held.amount.map(in_units),
        owner: file.owner.as_ref().map(ToString::to_string),
        tags: file.tags.keys().map(|tag| book.tags.label(tag)).collect(),
        next: next.map(|(live, next)| NextStep {
            sop: live.sop.to_string(),
            step: next.step.to_string(),
            due_at: At(next.due_at),
        }),
        last_contact_at: file.contact.last().map(At),
    })
}
