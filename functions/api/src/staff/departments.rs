//! Departments, as WeCom shows them.

use std::collections::BTreeMap;

use axum::extract::State;
use domain::playbook::DepartmentId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Api,
    answer::{Answer, Outcome},
    page::{List, ListQuery, Params},
};

/// A department.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Department, example = json!({"id": 2, "name": "销售部", "parent": 1, "members": 12}))]
pub(crate) struct DepartmentView {
    /// WeCom's number; 1 is the whole corp.
    #[schema(value_type = u64)]
    id: DepartmentId,
    /// Empty where the app may not read it.
    name: String,
    /// The department above; it may be out of the app's sight. Null: it is the whole corp.
    #[schema(value_type = Option<u64>)]
    parent: Option<DepartmentId>,
    /// Staff who belong to it and are with the corp, without those of departments below.
    members: u64,
}

/// Departments
///
/// The tree as a flat list in order of id, as far as WeCom shows it to the app.
#[utoipa::path(get, path = "/departments", operation_id = "listDepartments", tag = "staff", params(ListQuery),
    responses(
        (status = 200, description = "A page of departments", body = List<DepartmentView>),
    ),
    extensions(("x-summary-zh" = json!("部门列表"))))]
pub(crate) async fn list(
    State(api): State<Api>,
    Params(query): Params<ListQuery>,
) -> Outcome<List<DepartmentView>> {
    let book = api.app.playbook().await?;
    let mut members: BTreeMap<DepartmentId, u64> = BTreeMap::new();
    for staff in book.staff.values().filter(|staff| staff.is_with_us()) {
        for department in &staff.departments {
            *members.entry(*department).or_default() += 1;
        }
    }
    let view = |id: &DepartmentId| members.get(id).copied().unwrap_or(0);
    let all = book.departments.values().map(|department| DepartmentView {
        id: department.id,
        name: department.name.clone(),
        parent: department.parent,
        members: view(&department.id),
    });
    Ok(Answer::new(api.seal.slice("departments", &query, all.collect(), |one| one.id.to_string())?))
}
