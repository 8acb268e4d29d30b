//! Staff: who there is, what they may do, who is away. WeCom says who there is ([`sync`]); people say the rest.

mod change;
mod departments;
mod sync;
mod view;

use axum::extract::{Path, State};
use domain::{
    Playbook, StaffId, Timestamp,
    playbook::{DepartmentId, Role, Staff},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    Api, address,
    answer::{Answer, Outcome},
    auth::{Area, Caller, needs},
    body::Body,
    page::{List, ListQuery, Params},
    problem::Problem,
    schema,
};
use view::{RoleName, StaffView, StatusName};

const MAX_NAME_CHARS: usize = 64;

pub(crate) fn routes() -> OpenApiRouter<Api> {
    let colleagues = OpenApiRouter::new().routes(routes!(list)).routes(routes!(read, change::change));
    let managers = OpenApiRouter::new().routes(routes!(departments::list));
    let admins = OpenApiRouter::new().routes(routes!(write)).routes(routes!(sync::read, sync::begin));
    needs(Role::Operator, Area::Staff, colleagues)
        .merge(needs(Role::Manager, Area::Staff, managers))
        .merge(needs(Role::Admin, Area::Staff, admins))
}

/// Which staff. Only what the caller may read of somebody is compared.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Filter {
    /// Only who is so now.
    #[param(inline)]
    status: Option<StatusName>,
    /// Only who may do so much, neither more nor less.
    #[param(inline)]
    role: Option<RoleName>,
    /// Only who belongs to this department or to one below it.
    #[param(minimum = 0, maximum = 4_294_967_295_i64, example = 2)]
    department: Option<u32>,
    /// Only whose name or userid has this in it.
    #[param(max_length = 64, example = "张")]
    q: Option<String>,
}

/// `{"name": "张三"}`
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "张三"}))]
pub(crate) struct NamedStaff {
    /// Shown name.
    #[schema(min_length = 1, max_length = 64)]
    name: String,
}

/// Staff
///
/// In order of userid. Everybody reads names; the rest of a record is there for admins, for managers of those whom they
/// lead, and for oneself.
#[utoipa::path(get, path = "/staff", operation_id = "listStaff", tag = "staff", params(Filter, ListQuery),
    responses(
        (status = 200, description = "A page of staff", body = List<StaffView>),
    ),
    extensions(("x-summary-zh" = json!("员工列表"))))]
pub(crate) async fn list(
    State(api): State<Api>,
    caller: Caller,
    Params(filter): Params<Filter>,
    Params(query): Params<ListQuery>,
) -> Outcome<List<StaffView>> {
    crate::body::check_text(filter.q.as_deref(), "/q", MAX_NAME_CHARS)?;
    let book = api.app.playbook().await?;
    let now = api.app.clock.now();
    let found = book.staff.values().filter(|staff| filter.takes(staff, &book, &caller, now));
    let all = found.map(|staff| shown(staff, &caller, now)).collect();
    Ok(Answer::new(api.seal.slice(&format!("staff/{filter:?}"), &query, all, |staff| staff.userid.clone())?))
}

/// A staff member
///
/// The ETag is what a change names in `If-Match`.
#[utoipa::path(get, path = "/staff/{userid}", operation_id = "readStaff", tag = "staff",
    params(("userid" = schema::UserId, Path, description = "The staff member")),
    responses(
        (status = 200, description = "The staff member", body = StaffView, headers(("ETag" = String))),
        (status = 404, description = "`not_found`"),
    ),
    extensions(("x-summary-zh" = json!("员工详情"))))]
pub(crate) async fn read(
    State(api): State<Api>,
    Path(userid): Path<String>,
    caller: Caller,
) -> Outcome<StaffView> {
    let book = api.app.playbook().await?;
    let staff = find(&book, &userid)?;
    Ok(Answer::new(shown(staff, &caller, api.app.clock.now())).revision(staff.revision))
}

/// Add or rename a staff member
///
/// For scripts, and for somebody whom WeCom does not tell of. Last writer wins; of somebody who is known only the name
/// changes. The synchronisation names whom it finds as WeCom does, and notes as left whom WeCom does not know.
#[utoipa::path(put, path = "/staff/{userid}", operation_id = "writeStaff", tag = "staff", request_body = NamedStaff,
    params(("userid" = schema::UserId, Path, description = "The staff member")),
    responses(
        (status = 200, description = "Renamed", body = StaffView, headers(("ETag" = String))),
        (status = 201, description = "Added, as operator", body = StaffView, headers(("ETag" = String))),
    ),
    extensions(("x-summary-zh" = json!("添加或改名员工"))))]
pub(crate) async fn write(
    State(api): State<Api>,
    Path(userid): Path<String>,
    caller: Caller,
    Body(body): Body<NamedStaff>,
) -> Outcome<StaffView> {
    let id = address::staff(&userid, "/userid")?;
    let name = body.name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME_CHARS {
        let message = format!("a name has 1 to {MAX_NAME_CHARS} characters");
        return Err(Problem::field("/name", "bad_length", message));
    }
    let is_known = api.app.playbook().await?.staff.contains_key(&id);
    let staff = api.app.put_staff(id.as_str(), name, &caller.author()).await?;
    let view = shown(&staff, &caller, api.app.clock.now());
    Ok(Answer::new(view).created(!is_known).revision(staff.revision))
}

impl Filter {
    fn takes(&self, staff: &Staff, book: &Playbook, caller: &Caller, now: Timestamp) -> bool {
        let asks_more = self.status.is_some() || self.role.is_some() || self.department.is_some();
        // Who would learn by asking what they may not read is not answered.
        if asks_more && !caller.sees_staff(&staff.userid) {
            return false;
        }
        let is_in = |department: DepartmentId| {
            !staff.departments.is_disjoint(&book.departments_below(&[department].into()))
        };
        let has = |q: &String| {
            let q = q.to_lowercase();
            staff.name.to_lowercase().contains(&q) || staff.userid.as_str().contains(&q)
        };
        self.status.is_none_or(|status| status == StatusName::of(&staff.status.at(now)))
            && self.role.is_none_or(|role| role == RoleName::from(staff.role))
            && self.department.map(DepartmentId::from).is_none_or(is_in)
            && self.q.as_ref().is_none_or(has)
    }
}

/// The staff member as the caller may see them.
fn shown(staff: &Staff, caller: &Caller, now: Timestamp) -> StaffView {
    if caller.sees_staff(&staff.userid) { StaffView::whole(staff, now) } else { StaffView::named(staff) }
}

fn find<'a>(book: &'a Playbook, userid: &str) -> Result<&'a Staff, Problem> {
    let found = book.staff.get(&StaffId::from(userid));
    found.ok_or_else(|| Problem::not_found("staff member of this userid"))
}
