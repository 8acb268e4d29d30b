//! The same for many customers: a job. They are named, or found by the job itself.

pub(crate) mod stage;

use std::collections::BTreeSet;

use app::{NewJob, Whom};
use axum::extract::State;
use domain::{CustomerId, Playbook, playbook::StageRef};
use serde::{Deserialize, Serialize};
use store::{JobKind, MAX_JOB_CUSTOMERS};
use utoipa::ToSchema;

use super::tags::{EditTags, expiry, resolve};
use crate::{
    Api,
    act::IdempotencyKey,
    address,
    answer::Outcome,
    auth::Caller,
    boards::edit::check_reason,
    body::{Body, check_text, given},
    jobs::{self, JobView},
    problem::{FieldError, Problem},
    schema,
    view::At,
};

const MAX_REASON_CHARS: usize = 200;
/// Of many that are wrong so many are named.
const MAX_ERRORS: usize = 20;

/// Everybody of a kind, as they are found when the job begins; any number.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = CustomersOf, example = json!({"tag": "兴趣/老客户"}))]
pub(crate) enum Of {
    /// Everybody with this tag: `组/标签`, a name that only one tag has, or an id.
    Tag(String),
    /// Everybody whose card stands there, hidden ones included: `board/stage`, by ids or names.
    Stage(String),
}

/// Tags to put on many customers, and to take off; `add` and `remove` as for one. Either `customers` or `of`.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"customers": ["wmDemoChenJie0001", "wmDemoWangFang0002"], "add": ["客户状态/考虑价格"],
                          "remove": [], "reason": "三月老客户回访"}))]
pub(crate) struct EditTagsOfMany {
    /// Whom; one who is named twice counts once.
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<schema::CustomerId>>, min_items = 1, max_items = 10_000, nullable = false)]
    customers: Option<Vec<String>>,
    #[serde(default, deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    #[schema(inline, nullable = false)]
    of: Option<Of>,
    #[serde(default)]
    #[schema(max_items = 100)]
    add: Vec<String>,
    #[serde(default)]
    #[schema(max_items = 100)]
    remove: Vec<String>,
    /// When what is put on comes off again by itself; absent: never. Not of the tag of a stage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<At>)]
    expires_at: Option<String>,
    /// For those who look at the job.
    #[serde(default)]
    #[schema(max_length = 200)]
    reason: Option<String>,
}

/// Put tags on many customers
///
/// Done by a job: its address is in `Location`, and what becomes of each customer in its results. WeCom hears of it at
/// some 5 customers a second. A customer who is not there, or out of sight, is `refused` and holds up nobody. With `of`
/// the job finds its customers first, among those whom the caller sees: `collecting` is true meanwhile, and `total` rises.
#[utoipa::path(post, path = "/customers/batch/tags", operation_id = "editTagsOfMany", tag = "customers",
    params(IdempotencyKey),
    request_body = EditTagsOfMany,
    responses((status = 202, description = "The job; the one that is there, if the request came before", body = JobView,
               headers(("Location" = String)), links(
        ("job" = (operation_id = "readJob", parameters(("id" = "$response.body#/id")))),
        ("results" = (operation_id = "listJobResults", parameters(("id" = "$response.body#/id")))),
        ("undo" = (operation_id = "undoJob", parameters(("id" = "$response.body#/id")))),
        ("cancel" = (operation_id = "cancelJob", parameters(("id" = "$response.body#/id"))))))),
    extensions(("x-summary-zh" = json!("批量编辑标签"))))]
pub(crate) async fn tags(
    State(api): State<Api>,
    caller: Caller,
    key: IdempotencyKey,
    Body(wanted): Body<EditTagsOfMany>,
) -> Outcome<JobView> {
    let key = key.with(&wanted);
    check_text(wanted.reason.as_deref(), "/reason", MAX_REASON_CHARS)?;
    let book = api.app.playbook().await?;
    let customers = whom(wanted.customers, wanted.of.as_ref(), &book)?;
    let edit = EditTags { add: wanted.add, remove: wanted.remove, expires_at: wanted.expires_at };
    let (add, remove) = resolve(&edit, &book)?;
    check_reason(&book, &add, wanted.reason.as_deref(), "/reason")?;
    let expires_at = expiry(&edit, &add, &book)?;
    if expires_at.is_some_and(|at| at <= api.app.clock.now()) && !api.has_begun(&key, &caller).await? {
        return Err(Problem::field("/expires_at", "in_the_past", "this time is over"));
    }
    let what = JobKind::EditTags { add, remove, expires_at };
    let (reason, sight) = (wanted.reason, jobs::sight(&caller));
    api.begin(NewJob { what, customers, reason, sight, request: None }, &caller, &key).await
}

/// Whom a request means.
fn whom(named: Option<Vec<String>>, of: Option<&Of>, book: &Playbook) -> Result<Whom, Problem> {
    match (named, of) {
        (Some(named), None) => customers(named).map(Whom::Named),
        (None, Some(Of::Tag(tag))) => Ok(Whom::Tag(book.find_tag(tag, "/of/tag").map_err(one)?)),
        (None, Some(Of::Stage(at))) => {
            let StageRef { board, stage } = stage_called(at, book)?;
            Ok(Whom::Stage { board, stage })
        }
        (Some(_), Some(_)) => {
            Err(Problem::field("/of", "contradiction", "give either customers, or of whom they are"))
        }
        (None, None) => Err(Problem::field("/customers", "missing_field", "give customers, or of")),
    }
}

fn stage_called(at: &str, book: &Playbook) -> Result<StageRef, Problem> {
    let Some((board, stage)) = at.split_once('/') else {
        return Err(Problem::field("/of/stage", "bad_value", "a stage is written board/stage"));
    };
    let at = StageRef { board: board.into(), stage: stage.into() };
    book.find_stage(&at, "/of/stage").map_err(one)
}

fn one(problem: domain::playbook::Problem) -> Problem {
    Problem::invalid(vec![problem.into()])
}

/// Each once, in the order given.
fn customers(named: Vec<String>) -> Result<Vec<CustomerId>, Problem> {
    if named.is_empty() {
        return Err(Problem::field("/customers", "empty", "name at least one customer"));
    }
    if named.len() > MAX_JOB_CUSTOMERS {
        let message = format!("at most {MAX_JOB_CUSTOMERS} customers at once");
        return Err(Problem::field("/customers", "too_many", message));
    }
    let wrong = named.iter().enumerate().filter(|(_, id)| !address::is_external_userid(id));
    let wrong = wrong.map(|(place, _)| {
        FieldError::new(format!("/customers/{place}"), "bad_value", "this is no external_userid")
    });
    let wrong: Vec<FieldError> = wrong.take(MAX_ERRORS).collect();
    if !wrong.is_empty() {
        return Err(Problem::invalid(wrong));
    }
    let mut seen = BTreeSet::new();
    Ok(named.into_iter().map(CustomerId::from).filter(|id| seen.insert(id.clone())).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pointers(refused: &Problem) -> Vec<(String, String)> {
        let shown: serde_json::Value = serde_json::from_slice(&refused.document("r")).unwrap();
        let field = |error: &serde_json::Value, name: &str| error[name].as_str().unwrap().to_owned();
        let errors = shown["errors"].as_array().unwrap();
        errors.iter().map(|error| (field(error, "pointer"), field(error, "code"))).collect()
    }

    #[test]
    fn customers_are_one_to_ten_thousand_and_count_once() {
        let named = |ids: &[&str]| customers(ids.iter().map(ToString::to_string).collect());
        assert_eq!(named(&["wm2", "wm1", "wm2"]).unwrap(), ["wm2".into(), "wm1".into()]);
        assert!(named(&[]).is_err());
        assert!(customers(vec!["wm1".into(); MAX_JOB_CUSTOMERS + 1]).is_err());
        let refused = pointers(&named(&["wm1", "王", "a#b"]).unwrap_err());
        assert_eq!(
            refused.iter().map(|(pointer, _)| &**pointer).collect::<Vec<_>>(),
            ["/customers/1", "/customers/2"]
        );
    }

    #[test]
    fn they_are_named_or_found_by_tag_or_stage_and_not_both() {
        let mut book = Playbook::default();
        let board = json!({"id": "cars", "name": "汽车", "tag_group": "g",
                           "stages": [{"id": "lead", "name": "线索", "tag": null}]});
        book.boards.insert("cars".into(), serde_json::from_value(board).unwrap());
        let stage = |at: &str| Of::Stage(at.to_owned());
        let found = whom(None, Some(&stage("汽车/线索")), &book).unwrap();
        assert_eq!(found, Whom::Stage { board: "cars".into(), stage: "lead".into() });
        for (named, of, pointer, code) in [
            (None, None, "/customers", "missing_field"),
            (Some(vec!["wm1".to_owned()]), Some(stage("cars/lead")), "/of", "contradiction"),
            (None, Some(stage("lead")), "/of/stage", "bad_value"),
            (None, Some(stage("cars/sold")), "/of/stage", "unknown_stage"),
            (None, Some(Of::Tag("老客户".to_owned())), "/of/tag", "unknown_tag"),
        ] {
            let refused = whom(named, of.as_ref(), &book).unwrap_err();
            assert_eq!(pointers(&refused), [(pointer.to_owned(), code.to_owned())]);
        }
    }
}
