//! The cards of one stage.

use axum::extract::{Path, State};
use domain::{
    CustomerId, File, Playbook,
    playbook::{Board, Sight},
};
use serde::{Deserialize, Serialize};
use store::Cursor;
use utoipa::{IntoParams, ToSchema};

use super::{find_stage, named};
use crate::{
    Api,
    answer::{Answer, Outcome},
    auth::Caller,
    page::{List, ListQuery, Params},
    problem::{FieldError, Problem},
    schema,
    view::{At, Person},
};

/// The store reads so many files at once.
const FILES_AT_ONCE: usize = 100;
/// So many candidates are looked at together, however few cards are asked for: the caller may see few of them.
const LEAST_AT_ONCE: usize = 50;
/// A page for which more would have to be read, because the caller does not see most of it, ends early.
const MOST_READ: usize = 1000;
/// The same for readings of indexes, of which a caller's own friends may take many.
const MOST_READINGS: usize = 40;

/// `?stage=ID`
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct OfStage {
    /// The stage, by id or name.
    #[param(required, example = "visit")]
    stage: Option<String>,
}

/// A customer on a board.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(example = json!({"customer": {"id": "wmDemoChenJie0001", "name": "陈洁", "avatar": null}, "stage": "visit",
    "since": "2026-03-05T01:00:00Z", "rev": 7, "owner": "zhangwei", "tags": ["购车阶段/到店"],
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
/// In order of customer id. Cards of customers with whom nobody is friends any more are not shown.
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
    let Some(stage) = &of.stage else {
        let error = FieldError::new("/stage", "missing_field", "say which stage: ?stage=ID");
        let stages = board.stages.iter().map(|stage| stage.id.to_string()).collect();
        return Err(Problem::invalid(vec![error.among(stages)]));
    };
    let stage = find_stage(&book, board, stage, "/stage")?;
    let list = format!("cards/{}/{stage}/{}", board.id, caller.sight().kind());
    let window = api.seal.window(&list, &query)?;
    let index = format!("BOARD#{}#{stage}", board.id);
    let limit = usize::try_from(window.limit).unwrap_or_default();
    let (mut cards, mut from): (Vec<Card>, _) = (Vec::new(), window.from);
    let (mut read, mut readings) = (0, 0);
    loop {
        let at_once = LEAST_AT_ONCE.max(limit - cards.len());
        let candidates = api.candidates(&caller, &index, at_once, from.as_ref()).await?;
        let files = api.files(&caller, &candidates.customers).await?;
        // A card that moved or was hidden between the two reads is left out.
        let found = files.iter().filter_map(|file| shown(file, board, &book));
        cards.extend(found.filter(|card| card.stage == stage.as_str()));
        (read, readings) = (read + candidates.customers.len(), readings + candidates.readings);
        from = candidates.next;
        if cards.len() > limit {
            cards.truncate(limit);
            from = cards.last().map(|last| behind(&caller, &index, &last.customer.id));
        }
        let enough = cards.len() == limit || read >= MOST_READ || readings >= MOST_READINGS;
        if from.is_none() || enough {
            return Ok(Answer::new(api.seal.page(&list, cards, from.as_ref())));
        }
    }
}

/// Customers of an index among whom those are whom the caller sees.
struct Candidates {
    customers: Vec<CustomerId>,
    next: Option<Cursor>,
    /// How many readings of indexes it took.
    readings: usize,
}

/// Where the candidates behind this one begin.
fn behind(caller: &Caller, index: &str, customer: &str) -> Cursor {
    match caller.sight() {
        Sight::Own(_) => Cursor::behind_key(customer),
        Sight::Corp | Sight::Led(_) => Cursor::behind_row(index, customer),
    }
}

impl Api {
    /// The next of them, at most `limit`.
    async fn candidates(
        &self,
        caller: &Caller,
        index: &str,
        limit: usize,
        from: Option<&Cursor>,
    ) -> Result<Candidates, Problem> {
        let Sight::Own(staff) = caller.sight() else {
            let limit = i32::try_from(limit).unwrap_or(i32::MAX);
            let rows = self.app.store.rows(index, limit, from).await?;
            let customers = rows.items.iter().map(|row| row.sk.as_str().into()).collect();
            return Ok(Candidates { customers, next: rows.next, readings: 1 });
        };
        let own = format!("STAFF#{staff}");
        let common = self.app.store.common_keys(&[index, &own], limit, from).await?;
        let customers = common.keys.iter().map(|key| key.as_str().into()).collect();
        Ok(Candidates { customers, next: common.next, readings: common.readings })
    }

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

/// The card that the board shows of this customer; none while nobody is friends with them.
pub(super) fn shown(file: &File, board: &Board, book: &Playbook) -> Option<Card> {
    let held = file.cards.get(&board.id).filter(|_| file.has_open_relation())?;
    let planned = file.enrollments.iter().filter_map(|live| Some((live, live.next.as_ref()?)));
    let next = planned.min_by_key(|(_, next)| next.due_at);
    Some(Card {
        customer: file.into(),
        stage: held.stage.to_string(),
        since: held.since.map(At),
        rev: held.rev,
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
