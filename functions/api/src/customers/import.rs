//! The customers that the corp has in WeCom: taken over, or compared.

use std::collections::BTreeSet;

use app::{NewJob, Whom};
use axum::extract::State;
use domain::StaffId;
use serde::{Deserialize, Serialize};
use store::JobKind;
use utoipa::ToSchema;

use crate::{
    Api,
    act::IdempotencyKey,
    answer::Outcome,
    auth::Caller,
    body::Body,
    jobs::JobView,
    problem::{FieldError, Problem},
    routes::REST,
};

const MAX_STAFF: usize = 1000;

/// Whose customers are meant.
#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"staff": ["zhangsan", "lisi"]}))]
pub(crate) struct WhoseCustomers {
    /// Userids; left out: everybody with a licence.
    #[serde(default)]
    #[schema(min_items = 1, max_items = 1000)]
    staff: Option<Vec<String>>,
}

/// Import customers from WeCom
///
/// Takes over, by a job, whom staff members serve and with which tags. All of it is a baseline: no rule fires, no SOP
/// begins, nobody is greeted, and nothing is written to WeCom. Importing again takes over what has changed, as silently.
#[utoipa::path(post, path = "/customers/import", operation_id = "importCustomers", tag = "customers",
    params(IdempotencyKey),
    request_body = WhoseCustomers,
    responses((status = 202, description = "The job; the one that is there, if the request came before", body = JobView,
               headers(("Location" = String)))),
    extensions(("x-summary-zh" = json!("导入企业微信客户"))))]
pub(crate) async fn begin(
    State(api): State<Api>,
    caller: Caller,
    key: IdempotencyKey,
    Body(wanted): Body<WhoseCustomers>,
) -> Outcome<JobView> {
    let key = key.with(&wanted);
    let what = JobKind::Import { staff: api.named_staff(wanted.staff).await? };
    api.begin(
        NewJob { what, customers: Whom::Nobody, reason: None, sight: None, request: None },
        &caller,
        &key,
    )
    .await
}

/// Compare with WeCom now
///
/// What WeCom holds of the staff members' customers is compared, by a job, with what is known: friendships and tags. What
/// differs is fetched, and rules and SOPs follow as if its callback had come late. What has been there for more than a
/// day and was not in sight is taken over silently. With more than 200 customers who differ the job stands at `waiting`
/// until `decideJob`. Whom WeCom does not list as a friend any more is fetched as well, unless WeCom does not tell of that
/// staff member. Of everybody there is one comparison at a time: while one goes on or waits, the answer is that one. Once everything has been imported this is done every night at 04:00 in the corp's zone.
#[utoipa::path(post, path = "/customers/reconcile", operation_id = "reconcileCustomers", tag = "customers",
    params(IdempotencyKey),
    request_body = WhoseCustomers,
    responses((status = 202, description = "The job; the one that is there, if the request came before", body = JobView,
               headers(("Location" = String)))),
    extensions(("x-summary-zh" = json!("与企业微信对账"))))]
pub(crate) async fn reconcile(
    State(api): State<Api>,
    caller: Caller,
    key: IdempotencyKey,
    Body(wanted): Body<WhoseCustomers>,
) -> Outcome<JobView> {
    let key = key.with(&wanted);
    if wanted.staff.is_none()
        && let Some(job) = api.app.comparison_under_way().await?
    {
        return api
            .show(&job)
            .await
            .map(|answer| answer.accepted().located(format!("{REST}/jobs/{}", job.id)));
    }
    let what = JobKind::Reconcile { staff: api.named_staff(wanted.staff).await? };
    api.begin(
        NewJob { what, customers: Whom::Nobody, reason: None, sight: None, request: None },
        &caller,
        &key,
    )
    .await
}

impl Api {
    /// Staff members of the corp by their userids.
    async fn named_staff(&self, named: Option<Vec<String>>) -> Result<Option<BTreeSet<StaffId>>, Problem> {
        let Some(named) = named else { return Ok(None) };
        if named.is_empty() {
            return Err(Problem::field("/staff", "empty", "name at least one staff member, or leave it out"));
        }
        if named.len() > MAX_STAFF {
            let message = format!("at most {MAX_STAFF} staff members at once");
            return Err(Problem::field("/staff", "too_many", message));
        }
        let book = self.app.playbook().await?;
        let named: Vec<StaffId> = named.iter().map(|userid| StaffId::from(userid.as_str())).collect();
        let unknown = named.iter().enumerate().filter(|(_, userid)| !book.staff.contains_key(*userid));
        let unknown = unknown.map(|(place, userid)| {
            FieldError::new(format!("/staff/{place}"), "unknown_staff", format!("nobody is called {userid}"))
        });
        let unknown: Vec<FieldError> = unknown.collect();
        if unknown.is_empty() {
            Ok(Some(named.into_iter().collect()))
        } else {
            Err(Problem::invalid(unknown))
        }
    }
}
