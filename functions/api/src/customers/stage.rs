//! Moving a card. The precondition is the card's own revision: a chatty customer never makes a drag fail.

use axum::extract::{Path, State};
use domain::{File, Happening, Playbook, StageId, What, fact::IgnoreReason, playbook::Board};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::{CustomerView, view::CardView};
use crate::{
    Api, act,
    act::{Deed, IdempotencyKey},
    address,
    answer::{Answer, Outcome},
    auth::Caller,
    boards::{find_board, find_stage},
    body::{Body, check_text, given, nullable},
    precondition::{IfMatch, stale},
    problem::Problem,
    schema,
    words::Words,
};

const MAX_REASON_CHARS: usize = 200;

/// Where a card is to go.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = MoveCard, example = json!({"board": "cars", "stage": "visit", "from": "lead", "reason": "电话约好了"}))]
pub(crate) struct MoveCustomer {
    /// Id or name.
    board: String,
    /// Id or name; null takes the card off the board.
    #[serde(deserialize_with = "nullable")]
    #[schema(required)]
    stage: Option<String>,
    /// Only if the card stands there now; null: only if it is not on the board.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    from: Option<Option<String>>,
    /// For the timeline.
    #[serde(default)]
    #[schema(max_length = 200)]
    reason: Option<String>,
}

/// Move a card
///
/// The precondition is the card's own revision (`If-Match: "<rev>"`, 0: no card) or the stage that it comes from: a
/// customer who chats never makes a drag fail. Without either the card moves from wherever it stands. The stage tag
/// changes with it on all phones. The ETag of the answer is the card's; 412 carries `current`: `{stage, since, rev}`.
#[utoipa::path(put, path = "/customers/{id}/stage", operation_id = "moveCard", tag = "customers",
    params(("id" = schema::CustomerId, Path, description = "The customer"), IfMatch, IdempotencyKey),
    request_body = MoveCustomer,
    responses((status = 200, description = "The customer as they are now", body = act::Changed<CustomerView>,
               headers(("ETag" = String))),
              (status = 404, description = "`not_found`"),
              (status = 412, description = "`precondition_failed`")),
    extensions(("x-summary-zh" = json!("移动商机卡片"))))]
pub(crate) async fn put(
    State(api): State<Api>,
    Path(id): Path<String>,
    caller: Caller,
    key: IdempotencyKey,
    seen: IfMatch,
    Body(wanted): Body<MoveCustomer>,
) -> Outcome<act::Changed<CustomerView>> {
    let customer = address::customer(&id)?;
    check_text(wanted.reason.as_deref(), "/reason", MAX_REASON_CHARS)?;
    let book = api.app.playbook().await?;
    let board = find_board(&book, &wanted.board, "/board")?;
    let stage = |name: Option<&String>, pointer: &str| {
        name.map(|name| find_stage(&book, board, name, pointer)).transpose()
    };
    let to = stage(wanted.stage.as_ref(), "/stage")?;
    let asks = to.as_ref().and_then(|to| board.stage(to)).filter(|to| to.reason_required);
    if asks.is_some() && wanted.reason.as_ref().is_none_or(|reason| reason.trim().is_empty()) {
        return Err(Problem::field(
            "/reason",
            "reason_needed",
            "a card goes to this stage only with a reason",
        ));
    }
    let from = wanted.from.as_ref().map(|from| stage(from.as_ref(), "/from")).transpose()?;
    let key = key.with(&wanted);
    let file = api.file(&caller, &customer).await?;
    let deed = match api.recall(&customer, &key).await? {
        Some(deed) => deed,
        None => {
            let expected_rev = expected(&file, board, &seen, from.as_ref())?;
            let (board, reason) = (board.id.clone(), wanted.reason);
            let what = Happening::StageMoved { board, stage: to, expected_rev, only_from: None, reason };
            api.act(&customer, &caller, &key, what).await?
        }
    };
    answer(&deed, &caller, board, &book)
}

/// The revision that the card must have; `None`: any.
fn expected(
    file: &File,
    board: &Board,
    seen: &IfMatch,
    from: Option<&Option<StageId>>,
) -> Result<Option<u64>, Problem> {
    let card = file.cards.get(&board.id);
    let rev = card.map_or(0, |card| card.rev);
    // A card that is not there has a revision that can be named, 0; but nothing for `*` to match.
    let asked = match seen {
        IfMatch::Any => seen.holds(card.map(|card| card.rev)),
        IfMatch::Absent | IfMatch::OneOf(_) => seen.holds(Some(rev)),
    };
    let moved = from.is_some_and(|from| from.as_ref() != card.map(|card| &card.stage));
    if asked == Some(false) || moved {
        return Err(stale(current(file, board)));
    }
    Ok((asked.is_some() || from.is_some()).then_some(rev))
}

fn current(file: &File, board: &Board) -> serde_json::Value {
    json!(CardView::from(file.cards.get(&board.id)))
}

fn answer(
    deed: &Deed,
    caller: &Caller,
    board: &Board,
    book: &Playbook,
) -> Outcome<act::Changed<CustomerView>> {
    for fact in &deed.facts {
        match &fact.what {
            What::Ignored { reason: IgnoreReason::CardChanged } => {
                return Err(stale(current(&deed.file, board)));
            }
            What::Ignored { reason: IgnoreReason::UnknownStage } => {
                let message = "the board was changed meanwhile and has no such stage any more";
                return Err(Problem::field("/stage", "unknown_stage", message));
            }
            _ => {}
        }
    }
    let rev = CardView::from(deed.file.cards.get(&board.id)).rev;
    let view = CustomerView::new(&deed.file, book, caller.sight());
    Ok(Answer::new(deed.answer(view, &Words::new(book))).revision(rev))
}

#[cfg(test)]
mod tests {
    use domain::file::Card;

    use super::*;
    use crate::problem::Code;

    fn board() -> Board {
        let board = json!({"id": "cars", "name": "汽车销售", "tag_group": "g", "stages": []});
        serde_json::from_value(board).unwrap()
    }

    fn at_lead() -> File {
        let mut file = File::new("wm1".into());
        file.cards.insert("cars".into(), Card { stage: "lead".into(), since: None, rev: 5, amount: None });
        file
    }

    #[test]
    fn without_a_precondition_any_card_may_move() {
        assert_eq!(expected(&at_lead(), &board(), &IfMatch::Absent, None).unwrap(), None);
    }

    #[test]
    fn what_was_seen_is_demanded_of_the_commit_too() {
        let lead = Some("lead".into());
        for (seen, from) in
            [(IfMatch::OneOf(vec![5]), None), (IfMatch::Absent, Some(&lead)), (IfMatch::Any, None)]
        {
            assert_eq!(expected(&at_lead(), &board(), &seen, from).unwrap(), Some(5), "{seen:?}");
        }
        let absent = File::new("wm1".into());
        assert_eq!(expected(&absent, &board(), &IfMatch::Absent, Some(&None)).unwrap(), Some(0));
        assert_eq!(expected(&absent, &board(), &IfMatch::OneOf(vec![0]), None).unwrap(), Some(0));
    }

    #[test]
    fn a_stale_view_is_told_what_is_there_now() {
        let visit = Some("visit".into());
        for (seen, from) in [
            (IfMatch::OneOf(vec![4]), None),
            (IfMatch::OneOf(vec![5]), Some(&visit)),
            (IfMatch::Absent, Some(&None)),
        ] {
            let refused = expected(&at_lead(), &board(), &seen, from).unwrap_err();
            assert_eq!(refused.code(), Code::PreconditionFailed);
            let shown: serde_json::Value = serde_json::from_slice(&refused.document("r")).unwrap();
            assert_eq!(shown["current"], json!({"stage": "lead", "since": null, "rev": 5}));
        }
        assert!(expected(&File::new("wm1".into()), &board(), &IfMatch::Any, None).is_err());
    }
}
