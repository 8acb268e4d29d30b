//! The same for many customers: a job.

use std::collections::BTreeSet;

use app::NewJob;
use axum::extract::State;
use domain::CustomerId;
use serde::{Deserialize, Serialize};
use store::{JobKind, MAX_JOB_CUSTOMERS};
use utoipa::ToSchema;

use super::tags::{EditTags, resolve};
use crate::{
    Api,
    act::IdempotencyKey,
    address,
    answer::Outcome,
    auth::Caller,
    boards::edit::check_reason,
    body::{Body, check_text},
    jobs::{self, JobView},
    problem::{FieldError, Problem},
    schema,
};

const MAX_REASON_CHARS: usize = 200;
/// Of many that are wrong so many are named.
const MAX_ERRORS: usize = 20;

/// Tags to put on many customers, and to take off; `add` and `remove` as for one.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"customers": ["wmDemoChenJie0001", "wmDemoWangFang0002"], "add": ["客户状态/考虑价格"],
                          "remove": [], "reason": "三月老客户回访"}))]
pub(crate) struct EditTagsOfMany {
    /// Whom; one who is named twice counts once.
    #[schema(value_type = Vec<schema::CustomerId>, min_items = 1, max_items = 10_000)]
    customers: Vec<String>,
    #[serde(default)]
    #[schema(max_items = 100)]
    add: Vec<String>,
    #[serde(default)]
    #[schema(max_items = 100)]
    remove: Vec<String>,
    /// For those who look at the job.
    #[serde(default)]
    #[schema(max_length = 200)]
    reason: Option<String>,
}

/// Put tags on many customers
///
/// Done by a job: its address is in `Location`, and what becomes of each customer in its results. WeCom hears of it at
/// some 15 customers a second. A customer who is not there, or out of sight, is `refused` and holds up nobody.
#[utoipa::path(post, path = "/customers/batch/tags", operation_id = "editTagsOfMany", tag = "customers",
    params(IdempotencyKey),
    request_body = EditTagsOfMany,
    responses((status = 202, description = "The job; the one that is there, if the request came before", body = JobView,
               headers(("Location" = String)), links(
        ("job" = (operation_id = "readJob", parameters(("id" = "$response.body#/id")))),
        ("results" = (operation_id = "listJobResults", parameters(("id" = "$response.body#/id")))),
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
    let customers = customers(wanted.customers)?;
    let book = api.app.playbook().await?;
    let (add, remove) = resolve(&EditTags { add: wanted.add, remove: wanted.remove }, &book)?;
    check_reason(&book, &add, wanted.reason.as_deref(), "/reason")?;
    let what = JobKind::EditTags { add, remove };
    let (reason, sight) = (wanted.reason, jobs::sight(&caller));
    api.begin(NewJob { what, customers, reason, sight, request: None }, &caller, &key).await
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
    use super::*;

    #[test]
    fn customers_are_one_to_ten_thousand_and_count_once() {
        let named = |ids: &[&str]| customers(ids.iter().map(ToString::to_string).collect());
        assert_eq!(named(&["wm2", "wm1", "wm2"]).unwrap(), ["wm2".into(), "wm1".into()]);
        assert!(named(&[]).is_err());
        assert!(customers(vec!["wm1".into(); MAX_JOB_CUSTOMERS + 1]).is_err());
        let refused = named(&["wm1", "王", "a#b"]).unwrap_err();
        let shown: serde_json::Value = serde_json::from_slice(&refused.document("r")).unwrap();
        let pointers: Vec<_> = shown["errors"].as_array().unwrap().iter().map(|e| &e["pointer"]).collect();
        assert_eq!(pointers, ["/customers/1", "/customers/2"]);
    }
}
