//! Undo (T9): a signal that names the journal entry whose effects are taken back.

use axum::extract::State;
use domain::{Fact, Happening, What, fact::UndoRefusal, playbook::Role};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Api, act,
    act::IdempotencyKey,
    address,
    answer::{Answer, Outcome},
    auth::Caller,
    body::Body,
    customers::CustomerView,
    problem::{Code, Problem},
    schema,
    view::slug,
    words::Words,
};

/// Which commit to take back.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"entry": "wmDemoChenJie0001#12"}))]
pub(crate) struct TakeBack {
    /// As an answer or the timeline has it.
    #[schema(value_type = schema::EntryId)]
    entry: String,
}

/// Take something back
///
/// A commit of the last 24 hours, as far as nobody has built on it. Answers the customer and the undo's own entry, which
/// can be taken back in turn. Where only part could be taken back `refused` says what was not; where nothing could: 409
/// with `reason`. An assignment of the owner is taken back by managers.
#[utoipa::path(post, path = "/undo", operation_id = "undo", tag = "customers", params(IdempotencyKey),
    request_body = TakeBack,
    responses((status = 200, description = "The customer as they are now", body = act::Changed<CustomerView>,
               headers(("ETag" = String))),
              (status = 404, description = "`not_found`"), (status = 409, description = "`undo_refused`")),
    extensions(("x-summary-zh" = json!("撤销"))))]
pub(crate) async fn undo(
    State(api): State<Api>,
    caller: Caller,
    key: IdempotencyKey,
    Body(wanted): Body<TakeBack>,
) -> Outcome<act::Changed<CustomerView>> {
    let Some((customer, version)) = address::entry(&wanted.entry) else {
        let message = "an entry is written <customer>#<version>, as the timeline has it";
        return Err(Problem::field("/entry", "bad_entry", message));
    };
    api.file(&caller, &customer).await?;
    let entry = api.app.store.journal_entry(&customer, version).await?;
    let entry = entry.ok_or_else(|| Problem::not_found(format!("journal entry {:?}", wanted.entry)))?;
    let assigned = |fact: &Fact| matches!(fact.what, What::OwnerAssigned { .. });
    if caller.role < Role::Manager && entry.facts.iter().any(assigned) {
        return Err(Problem::new(Code::Forbidden, "who serves a customer is for managers to say"));
    }
    let what = Happening::Undo { version, decided_at: entry.at, facts: entry.facts };
    let deed = api.act(&customer, &caller, &key.with(&wanted), what).await?;
    let book = api.app.playbook().await?;
    let words = Words::new(&book);
    if let Some(reason) = refusal(&deed.facts) {
        let text = words.fact(&What::UndoRefused { version, reason });
        return Err(Problem::new(Code::UndoRefused, text).with("reason", slug(reason)));
    }
    let view = CustomerView::new(&deed.file, &book, caller.sight());
    Ok(Answer::new(deed.answer(view, &words)).revision(deed.file.version))
}

/// Why nothing was taken back; `None`: something was.
fn refusal(facts: &[Fact]) -> Option<UndoRefusal> {
    if facts.iter().any(|fact| matches!(fact.what, What::Undone { .. })) {
        return None;
    }
    let reasons = facts.iter().filter_map(|fact| match fact.what {
        What::UndoRefused { reason, .. } => Some(reason),
        _ => None,
    });
    // "Nothing" sums up what the others explain.
    reasons.reduce(|first, next| if first == UndoRefusal::Nothing { next } else { first })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(reason: UndoRefusal) -> Fact {
        Fact { what: What::UndoRefused { version: 7, reason }, because: None }
    }

    #[test]
    fn the_reason_that_explains_most_is_given() {
        let facts = [refused(UndoRefusal::Nothing), refused(UndoRefusal::ChangedSince)];
        assert_eq!(refusal(&facts), Some(UndoRefusal::ChangedSince));
        assert_eq!(refusal(&facts[..1]), Some(UndoRefusal::Nothing));
        let undone = Fact { what: What::Undone { version: 7 }, because: None };
        assert_eq!(refusal(&[undone, refused(UndoRefusal::AlreadySent)]), None);
        assert_eq!(refusal(&[]), None);
    }
}
