//! The cards of one stage.

use axum::extract::{Path, State};
use domain::{CustomerId, File, Playbook, playbook::Board};
use serde::{Deserialize, Serialize};

use super::{find_stage, named};
use crate::{
    Api,
    answer::{Answer, Outcome},
    page::{List, ListQuery, Params},
    problem::{FieldError, Problem},
    view::{At, Person},
};

/// The store reads so many files at once.
const FILES_AT_ONCE: usize = 100;

/// `?stage=ID`
#[derive(Debug, Deserialize)]
pub(crate) struct OfStage {
    stage: Option<String>,
}

/// ```json
/// {"customer": {"id": "wm1", "name": "李雷", "avatar": null}, "stage": "visit", "since": "…", "rev": 7,
///  "owner": "zhangsan", "tags": ["购车阶段/到店"], "next": {"sop": "price", "step": "offer", "due_at": "…"},
///  "last_contact_at": "…"}
/// ```
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Card {
    customer: Person,
    stage: String,
    since: Option<At>,
    rev: u64,
    owner: Option<String>,
    tags: Vec<String>,
    /// The step that is planned next, of all SOPs of the customer.
    next: Option<NextStep>,
    last_contact_at: Option<At>,
}

#[derive(Clone, Debug, Serialize)]
struct NextStep {
    sop: String,
    step: String,
    due_at: At,
}

/// `GET boards/{id}/cards?stage=ID`, in order of customer id.
pub(crate) async fn list(
    State(api): State<Api>,
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
    let list = format!("cards/{}/{stage}", board.id);
    let window = api.seal.window(&list, &query)?;
    let index = format!("BOARD#{}#{stage}", board.id);
    let rows = api.app.store.rows(&index, window.limit, window.from.as_ref()).await?;
    let customers: Vec<CustomerId> = rows.items.iter().map(|row| row.sk.as_str().into()).collect();
    let files = api.files(&customers).await?;
    // A card that moved or was hidden between the two reads is left out.
    let shown = files.iter().filter(|file| file.has_open_relation());
    let cards = shown.filter_map(|file| card(file, board, &book));
    let cards: Vec<Card> = cards.filter(|card| card.stage == stage.as_str()).collect();
    Ok(Answer::new(api.seal.page(&list, cards, rows.next.as_ref())))
}

impl Api {
    /// Files in the order asked for.
    pub(crate) async fn files(&self, customers: &[CustomerId]) -> Result<Vec<File>, Problem> {
        let mut files = Vec::with_capacity(customers.len());
        for chunk in customers.chunks(FILES_AT_ONCE) {
            files.extend(self.app.store.load_files(chunk).await?);
        }
        Ok(files)
    }
}

fn card(file: &File, board: &Board, book: &Playbook) -> Option<Card> {
    let held = file.cards.get(&board.id)?;
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
