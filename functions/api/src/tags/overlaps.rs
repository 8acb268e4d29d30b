//! Tags that say the same.

use app::{Likeness, Overlap, Overlaps};
use axum::extract::State;
use domain::{Playbook, TagId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Api,
    answer::{Answer, Outcome},
    view::{At, Named},
};

/// Tags that seem to be one, and how far was looked.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TagOverlaps, example = json!({"items": [{"why": "customers", "keep": {"id": "et1", "name": "购车阶段/到店"},
    "give_up": {"id": "et9", "name": "状态/到过店"}, "both": 38, "either": 40}], "more": false, "compared": 12,
    "too_large": 1, "left_out": 0, "as_of": "2026-03-05T01:00:00Z"}))]
pub(crate) struct OverlapsView {
    /// Pairs, those called the same first, at most 200.
    items: Vec<OverlapView>,
    /// Are there more pairs?
    more: bool,
    /// Tags whose customers were compared: those that have a tag of nearly their size, at most 200, the largest first.
    compared: usize,
    /// Tags that were not, because more than 2,000 customers have them.
    too_large: usize,
    /// Tags that were not, because 200 others were.
    left_out: usize,
    as_of: At,
}

/// Two tags that seem to be one. Merging them: put `keep` on whoever has `give_up`, then delete that.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TagOverlap)]
struct OverlapView {
    why: Why,
    /// A stage's tag, else what more rules and SOPs use, what Stepwise made, what more customers have; `组/标签`.
    keep: Named,
    give_up: Named,
    /// Customers who have both; null: they were not compared.
    both: Option<usize>,
    /// Customers who have one or both.
    either: Option<usize>,
}

/// Why two tags seem to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = TagLikeness)]
enum Why {
    /// They are called the same, in different groups.
    Name,
    /// Nine in ten of their customers have both.
    Customers,
}

/// Tags that say the same
///
/// Called the same in different groups, or on nearly the same customers: of those who have one or both, nine in ten have
/// both. Of fewer than 5 customers nothing is said. Each pair with the one that should stay.
#[utoipa::path(get, path = "/tags/overlaps", operation_id = "listTagOverlaps", tag = "tags",
    responses((status = 200, description = "The pairs", body = OverlapsView)),
    extensions(("x-summary-zh" = json!("重复标签建议"))))]
pub(crate) async fn read(State(api): State<Api>) -> Outcome<OverlapsView> {
    let found = api.app.tag_overlaps().await?;
    let book = api.app.playbook().await?;
    let Overlaps { pairs, more_pairs, compared, too_large, left_out } = found;
    let items = pairs.iter().map(|pair| OverlapView::new(pair, &book)).collect();
    let as_of = At(api.app.clock.now());
    Ok(Answer::new(OverlapsView { items, more: more_pairs, compared, too_large, left_out, as_of }))
}

impl OverlapView {
    fn new(pair: &Overlap, book: &Playbook) -> Self {
        let named = |tag: &TagId| Named { id: tag.to_string(), name: book.tags.label(tag) };
        let (why, both, either) = match pair.likeness {
            Likeness::Name => (Why::Name, None, None),
            Likeness::Customers { both, either } => (Why::Customers, Some(both), Some(either)),
        };
        Self { why, keep: named(&pair.keep), give_up: named(&pair.give_up), both, either }
    }
}
