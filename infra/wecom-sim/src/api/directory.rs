//! The directory: departments, and who is in them.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, Endpoint, Refusal, cursor};
use crate::state::{Department, Staff, World};

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::get("department/list", departments),
    Endpoint::get("department/simplelist", department_ids),
    Endpoint::get("department/get", department),
    Endpoint::get("user/simplelist", names),
    Endpoint::get("user/list", details),
    Endpoint::post("user/list_id", ids),
];

const MOST_IDS: usize = 10_000;

/// `?id=` with everything below it, or without it everything in sight.
fn departments(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let views: Vec<Value> = subtree(world, call)?.into_iter().map(department_view).collect();
    Ok(json!({"department": views}))
}

fn department_ids(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let ids: Vec<Value> = subtree(world, call)?
        .into_iter()
        .map(|one| json!({"id": one.id, "parentid": one.parent, "order": one.order}))
        .collect();
    Ok(json!({"department_id": ids}))
}

fn department(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let id = call.query("id").ok_or_else(invalid_department)?;
    Ok(json!({"department": department_view(in_sight(world, call, id)?)}))
}

fn names(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let members: Vec<Value> = members_in(world, call)?
        .into_iter()
        .map(|staff| json!({"userid": staff.userid, "name": staff.name, "department": staff.departments}))
        .collect();
    Ok(json!({"userlist": members}))
}

fn details(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let legacy = call.app(world).legacy;
    let members: Vec<Value> = members_in(world, call)?
        .into_iter()
        .map(|staff| {
            let mut view = json!({
                "userid": staff.userid,
                "name": staff.name,
                "department": staff.departments,
                "order": vec![0; staff.departments.len()],
                "position": staff.position,
                "main_department": staff.departments.first(),
                "status": staff.status.number(),
            });
            if legacy {
                view["gender"] = json!(staff.gender.to_string());
                view["mobile"] = json!(staff.mobile);
            }
            view
        })
        .collect();
    Ok(json!({"userlist": members}))
}

#[derive(Deserialize)]
struct ListIds {
    cursor: Option<String>,
    limit: Option<usize>,
}

/// Every member of every department, by id alone: one row for each of a member's departments.
fn ids(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let asked: ListIds = call.body()?;
    let limit = asked.limit.unwrap_or(MOST_IDS);
    if !(1..=MOST_IDS).contains(&limit) {
        return Err(Refusal::parameter("limit"));
    }
    let place = cursor::read("list_id", asked.cursor.as_deref())?.unwrap_or_default();
    let mut rows = world
        .staff
        .iter()
        .filter(|(_, staff)| !staff.has_left())
        .flat_map(|(key, staff)| {
            let places = staff.departments.iter().enumerate();
            places.map(move |(place, id)| (format!("{key} {place:04}"), staff, *id))
        })
        .filter(|(row, ..)| *row > place);
    let page: Vec<(String, &Staff, u64)> = rows.by_ref().take(limit).collect();
    let next_cursor = match (page.last(), rows.next()) {
        (Some((row, ..)), Some(_)) => cursor::write("list_id", row),
        _ => String::new(),
    };
    let rows: Vec<Value> =
        page.iter().map(|(_, staff, id)| json!({"userid": staff.userid, "department": id})).collect();
    Ok(json!({"dept_user": rows, "next_cursor": next_cursor}))
}

fn department_view(one: &Department) -> Value {
    json!({
        "id": one.id,
        "name": one.name,
        "name_en": "",
        "department_leader": one.leaders,
        "parentid": one.parent,
        "order": one.order,
    })
}

/// The department of the query and everything below it, as far as the app sees.
fn subtree<'w>(world: &'w World, call: &Call<'_>) -> Result<Vec<&'w Department>, Refusal> {
    let top = call.query("id").map(|id| in_sight(world, call, id)).transpose()?;
    let app = call.app(world);
    Ok(world
        .departments
        .iter()
        .filter(|one| top.is_none_or(|top| world.departments.is_within(one.id, top.id)))
        .filter(|one| world.sees_department(app, one.id))
        .collect())
}

/// Members of `?department_id=`, with `fetch_child=1` also of what is below it; those out of sight are
/// left out.
fn members_in<'w>(world: &'w World, call: &Call<'_>) -> Result<Vec<&'w Staff>, Refusal> {
    let id = call.query("department_id").ok_or_else(invalid_department)?;
    let department = in_sight(world, call, id)?;
    let with_children = call.query("fetch_child") == Some("1");
    let is_in = |staff: &&Staff| {
        staff.departments.iter().any(|id| {
            *id == department.id || (with_children && world.departments.is_within(*id, department.id))
        })
    };
    let app = call.app(world);
    let seen = world.staff.values().filter(|staff| !staff.has_left() && world.sees(app, staff));
    Ok(seen.filter(is_in).collect())
}

fn in_sight<'w>(world: &'w World, call: &Call<'_>, id: &str) -> Result<&'w Department, Refusal> {
    let department =
        id.parse().ok().and_then(|id| world.departments.get(id)).ok_or_else(invalid_department)?;
    if world.sees_department(call.app(world), department.id) {
        Ok(department)
    } else {
        Err(Refusal::no_privilege())
    }
}

fn invalid_department() -> Refusal {
    Refusal::new(60123, "invalid party id")
}
