//! Saying who serves a customer.

use axum::extract::{Path, State};
use domain::{File, Happening, Playbook, Relation, StaffId, What, fact::IgnoreReason};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::CustomerView;
use crate::{
    Api, act,
    act::IdempotencyKey,
    address,
    answer::{Answer, Outcome},
    auth::Caller,
    body::{Body, nullable},
    problem::Problem,
    schema,
    words::Words,
};

/// Who is to serve the customer.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = AssignOwner, example = json!({"userid": "zhangwei"}))]
pub(crate) struct Assign {
    /// A friend of the customer's; null: whoever the corp's settings say.
    #[serde(deserialize_with = "nullable")]
    #[schema(required, value_type = Option<schema::UserId>)]
    userid: Option<String>,
}

/// Assign the owner
///
/// Holds until that friendship ends; then, or with null, the corp's settings decide: the first friend, or the latest.
#[utoipa::path(put, path = "/customers/{id}/owner", operation_id = "assignOwner", tag = "customers",
    params(("id" = schema::CustomerId, Path, description = "The customer"), IdempotencyKey),
    request_body = Assign,
    responses((status = 200, description = "The customer as they are now", body = act::Changed<CustomerView>,
               headers(("ETag" = String))),
              (status = 404, description = "`not_found`")),
    extensions(("x-summary-zh" = json!("指定归属成员"))))]
pub(crate) async fn assign(
    State(api): State<Api>,
    Path(id): Path<String>,
    caller: Caller,
    key: IdempotencyKey,
    Body(wanted): Body<Assign>,
) -> Outcome<act::Changed<CustomerView>> {
    let customer = address::customer(&id)?;
    let book = api.app.playbook().await?;
    let staff = wanted.userid.as_ref().map(|userid| known(&book, userid)).transpose()?;
    let key = key.with(&wanted);
    let file = api.file(&caller, &customer).await?;
    let deed = match api.recall(&customer, &key).await? {
        Some(deed) => deed,
        None if staff.as_ref().is_some_and(|staff| !is_friend(&file, staff)) => return Err(not_a_friend()),
        None => api.act(&customer, &caller, &key, Happening::OwnerAssigned { staff }).await?,
    };
    // The friendship may have ended in between.
    let refused = |what: &What| matches!(what, What::Ignored { reason: IgnoreReason::NotAFriend });
    if deed.facts.iter().any(|fact| refused(&fact.what)) {
        return Err(not_a_friend());
    }
    let view = CustomerView::new(&deed.file, &book, caller.sight());
    Ok(Answer::new(deed.answer(view, &Words::new(&book))).revision(deed.file.version))
}

fn is_friend(file: &File, staff: &StaffId) -> bool {
    file.relations.get(staff).is_some_and(Relation::is_open)
}

fn not_a_friend() -> Problem {
    Problem::field("/userid", "not_a_friend", "only friends serve a customer")
}

/// The staff member who is named, if they are with the corp.
fn known(book: &Playbook, userid: &str) -> Result<StaffId, Problem> {
    let userid = address::staff(userid, "/userid")?;
    match book.staff.get(&userid) {
        None => Err(Problem::field("/userid", "unknown_staff", format!("there is no {userid:?}"))),
        Some(staff) if !staff.is_with_us() => {
            Err(Problem::field("/userid", "has_left", format!("{userid:?} has left")))
        }
        Some(_) => Ok(userid),
    }
}
