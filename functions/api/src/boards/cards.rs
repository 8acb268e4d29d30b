//! The cards of one stage.

use axum::extract::{Path, State};
use domain::{
    BoardId, CustomerId, File, Playbook, StaffId, StageId, TagId,
    playbook::{Board, Sight},
};
use serde::{Deserialize, Serialize};
use store::Cursor;
use utoipa::{IntoParams, ToSchema};

use super::{find_stage, named};
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
/// So many candidates are looked at together, however few cards are asked for: the caller may see few of them.
const LEAST_AT_ONCE: usize = 50;
/// A page for which more would have to be read, because the caller does not see most of it, ends early.
const MOST_READ: usize = 1000;
/// The same for readings of indexes, of which a caller's own friends may take many.
const MOST_READINGS: usize = 40;

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
    /// `entered`: who has stood there longest first, those of whom it is not known before all. Else by customer id.
    #[param(inline)]
    sort: Option<Sort>,
}

/// An order of cards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CardSort)]
pub(crate) enum Sort {
    #[default]
    Customer,
    Entered,
}

/// What is asked of cards.
#[derive(Debug)]
struct Wanted {
    board: BoardId,
    stage: StageId,
    owner: Option<StaffId>,
    tag: Option<TagId>,
    sort: Sort,
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
    let (mut cards, mut from): (Vec<Card>, _) = (Vec::new(), window.from);
    let (mut read, mut readings) = (0, 0);
    loop {
        let at_once = LEAST_AT_ONCE.max(limit - cards.len());
        let candidates = api.candidates(&caller, &wanted, at_once, from.as_ref()).await?;
        let customers: Vec<CustomerId> = candidates.keys.iter().map(|key| customer_of(key)).collect();
        let files = api.files(&caller, &customers).await?;
        // A card that moved or was hidden between the two reads is left out.
        let fitting = files.iter().filter(|file| wanted.fits(file));
        cards.extend(fitting.filter_map(|file| shown(file, board, &book)));
        (read, readings) = (read + customers.len(), readings + candidates.readings);
        if cards.len() > limit {
            // All that are cut off are of this reading, and so is the last that stays.
            cards.truncate(limit);
            from = cards.last().and_then(|last| candidates.behind(&last.customer.id));
        } else {
            from = candidates.next;
        }
        let enough = cards.len() == limit || read >= MOST_READ || readings >= MOST_READINGS;
        if from.is_none() || enough {
            return Ok(Answer::new(api.seal.page(&list, cards, from.as_ref())));
        }
    }
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
        Ok(Self {
            board: board.id.clone(),
            stage: find_stage(book, board, stage, "/stage")?,
            owner: query.owner.as_ref().map(|owner| address::staff(owner, "/owner")).transpose()?,
            tag,
            sort: query.sort.unwrap_or_default(),
        })
    }

    fn fits(&self, file: &File) -> bool {
        file.cards.get(&self.board).is_some_and(|card| card.stage == self.stage)
            && self.owner.as_ref().is_none_or(|owner| file.owner.as_ref() == Some(owner))
            && self.tag.as_ref().is_none_or(|tag| file.tags.contains_key(tag))
    }

    /// Indexes, all of which have everybody who fits and is a friend of `own`.
    fn indexes(&self, own: Option<&StaffId>) -> Vec<String> {
        let board = format!("BOARD#{}#{}", self.board, self.stage);
        let tag = self.tag.as_ref().map(|tag| format!("TAG#{tag}"));
        // Whom somebody serves are friends of theirs.
        let staff = self.owner.iter().chain(own).map(|staff| format!("STAFF#{staff}"));
        let mut indexes: Vec<String> = [board].into_iter().chain(tag).chain(staff).collect();
        indexes.dedup();
        indexes
    }
}

/// Places of an index, or of several, at which those stand whom the caller sees and wants.
struct Candidates {
    /// Sort keys: a customer's id, or a moment and the id.
    keys: Vec<String>,
    next: Option<Cursor>,
    /// Of which index; `None`: of several.
    index: Option<String>,
    /// How many readings of indexes it took.
    readings: usize,
}

/// Whom a sort key names.
fn customer_of(key: &str) -> CustomerId {
    key.split_once('#').map_or(key, |(_, customer)| customer).into()
}

impl Candidates {
    /// Where those behind this customer begin.
    fn behind(&self, customer: &str) -> Option<Cursor> {
        let key = self.keys.iter().find(|key| customer_of(key).as_str() == customer)?;
        Some(match &self.index {
            Some(index) => Cursor::behind_row(index, key),
            None => Cursor::behind_key(key),
        })
    }
}

impl Api {
    /// The next of them, at most `limit`.
    async fn candidates(
        &self,
        caller: &Caller,
        wanted: &Wanted,
        limit: usize,
        from: Option<&Cursor>,
    ) -> Result<Candidates, Problem> {
        let own = match caller.sight() {
            Sight::Own(staff) => Some(staff),
            Sight::Corp | Sight::Led(_) => None,
        };
        let mut indexes = match wanted.sort {
            Sort::Entered => vec![format!("BOARD#{}#{}#entered", wanted.board, wanted.stage)],
            Sort::Customer => wanted.indexes(own),
        };
        let store = &self.app.store;
        if indexes.len() > 1 {
            let indexes: Vec<&str> = indexes.iter().map(String::as_str).collect();
            let common = store.common_keys(&indexes, limit, from).await?;
            let (keys, next) = (common.keys, common.next);
            return Ok(Candidates { keys, next, index: None, readings: common.readings });
        }
        let index = indexes.pop().unwrap_or_default();
        let rows = store.rows(&index, i32::try_from(limit).unwrap_or(i32::MAX), from).await?;
        let keys = rows.items.into_iter().map(|row| row.sk).collect();
        Ok(Candidates { keys, next: rows.next, index: Some(index), readings: 1 })
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
