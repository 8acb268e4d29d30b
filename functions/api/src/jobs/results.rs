//! What became of each customer of a job.

use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use store::{DifferenceKind, ItemOutcome, ItemResult, Job};
use utoipa::{IntoParams, ToSchema};

use super::view::TroubleView;
use crate::{
    Api,
    act::Refusal,
    answer::{Answer, Outcome},
    auth::Caller,
    page::{List, ListQuery, Params, bad_cursor},
    problem::{FieldError, Problem},
    schema,
    view::slug,
    words::Words,
};

/// Packs read for one page at most: where a filter passes over all of them, the page is empty and says where to go on.
const MOST_PACKS: i32 = 20;

/// `?outcome=refused`
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct WithOutcome {
    /// Only those of whom this became.
    #[param(value_type = Option<Became>, example = "refused")]
    outcome: Option<String>,
}

/// What became of a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = JobOutcome)]
pub(crate) enum Became {
    /// Something changed.
    Changed,
    /// All was as it should be already.
    Unchanged,
    /// It may not be, or there is no such customer.
    Refused,
    /// It did not work.
    Failed,
}

/// The result of one customer.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = JobResult, example = json!({"customer": "wmDemoChenJie0001", "outcome": "changed",
    "entry": "wmDemoChenJie0001#12", "refused": [], "trouble": null, "differed": []}))]
pub(crate) struct ResultView {
    #[schema(value_type = schema::CustomerId)]
    customer: String,
    outcome: Became,
    /// The journal entry that tells, which undo takes; null: there was nothing to change.
    #[schema(value_type = Option<schema::EntryId>)]
    entry: Option<String>,
    /// Parts that were not carried out, the first three; of a board also what phones showed and was not taken over.
    refused: Vec<Refusal>,
    /// Why it was refused or failed as a whole.
    trouble: Option<TroubleView>,
    /// In what they differed from WeCom, where that was compared.
    differed: Vec<Differed>,
}

/// How a customer differed from what was known.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = JobDifference)]
enum Differed {
    /// There was no such customer here.
    Customer,
    /// A staff member was not known to be their friend.
    Relation,
    /// WeCom has other tags.
    Tags,
    /// WeCom does not list them as a staff member's friend any more.
    Lost,
}

impl From<DifferenceKind> for Differed {
    fn from(kind: DifferenceKind) -> Self {
        match kind {
            DifferenceKind::Customer => Self::Customer,
            DifferenceKind::Relation => Self::Relation,
            DifferenceKind::Tags => Self::Tags,
            DifferenceKind::Lost => Self::Lost,
        }
    }
}

/// Results of a job
///
/// In the order in which the customers were given, or of their ids where the job found them, as far as it has come.
#[utoipa::path(get, path = "/jobs/{id}/results", operation_id = "listJobResults", tag = "jobs",
    params(("id" = schema::Slug, Path, description = "The job"), WithOutcome, ListQuery),
    responses((status = 200, description = "A page of results", body = List<ResultView>),
              (status = 404, description = "`not_found`")),
    extensions(("x-summary-zh" = json!("后台任务结果"))))]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Path(id): Path<String>,
    Params(with): Params<WithOutcome>,
    Params(query): Params<ListQuery>,
) -> Outcome<List<ResultView>> {
    let only = with.outcome.as_deref().map(became).transpose()?;
    let job = api.job(&id, &caller).await?;
    let list = format!("job/{}/{}", job.id, only.map(slug).unwrap_or_default());
    let window = api.seal.window(&list, &query)?;
    let limit = usize::try_from(window.limit).unwrap_or_default();
    let from = match &window.from {
        Some(from) => Place::read(&from.0).ok_or_else(bad_cursor)?,
        None => Place { pack: 0, index: 0 },
    };
    let (found, next) = api.results(&job, from, limit, only).await?;
    let book = api.app.playbook().await?;
    let words = Words::new(&book);
    let items = found.into_iter().map(|result| ResultView::new(result, &words)).collect();
    let next = next.map(|next| super::place(next.pack, next.index));
    Ok(Answer::new(api.seal.page(&list, items, next.as_ref())))
}

/// A place among the results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    pack: u32,
    index: usize,
}

impl Place {
    fn read(text: &str) -> Option<Self> {
        let (pack, index) = text.split_once('#')?;
        Some(Self { pack: pack.parse().ok()?, index: index.parse().ok()? })
    }
}

impl Api {
    /// Up to `limit` results from `from` on, and where to go on.
    async fn results(
        &self,
        job: &Job,
        from: Place,
        limit: usize,
        only: Option<Became>,
    ) -> Result<(Vec<ItemResult>, Option<Place>), Problem> {
        let packs = self.app.store.job_results(&job.id, from.pack, MOST_PACKS).await?;
        let mut found = Vec::new();
        // The store may answer with fewer packs than there are.
        let mut next = from.pack;
        for (pack, results) in packs {
            let begin = if pack == from.pack { from.index } else { 0 };
            for (index, result) in results.into_iter().enumerate().skip(begin) {
                if only.is_some_and(|only| only != of(result.outcome)) {
                    continue;
                }
                if found.len() == limit {
                    return Ok((found, Some(Place { pack, index })));
                }
                found.push(result);
            }
            next = pack + 1;
        }
        let more = next > from.pack && next < job.cursor;
        Ok((found, more.then_some(Place { pack: next, index: 0 })))
    }
}

impl ResultView {
    fn new(result: ItemResult, words: &Words<'_>) -> Self {
        let refused = result.refusals.iter();
        let refused = refused.map(|what| Refusal { kind: words.kind(what), text: words.fact(what) });
        Self {
            customer: result.customer.to_string(),
            outcome: of(result.outcome),
            entry: result.entry.map(|version| format!("{}#{version}", result.customer)),
            refused: refused.collect(),
            trouble: result.trouble.map(|trouble| TroubleView::new(trouble, words)),
            differed: result.differed.into_iter().map(Differed::from).collect(),
        }
    }
}

const ALL: [Became; 4] = [Became::Changed, Became::Unchanged, Became::Refused, Became::Failed];

fn became(text: &str) -> Result<Became, Problem> {
    ALL.into_iter().find(|one| slug(one) == text).ok_or_else(|| {
        let error = FieldError::new("/outcome", "unknown_value", format!("{text:?} is no outcome"));
        Problem::invalid(vec![error.among(ALL.map(slug).to_vec())])
    })
}

const fn of(outcome: ItemOutcome) -> Became {
    match outcome {
        ItemOutcome::Changed => Became::Changed,
        ItemOutcome::Unchanged => Became::Unchanged,
        ItemOutcome::Refused => Became::Refused,
        ItemOutcome::Failed => Became::Failed,
    }
}
