//! Departments come into being.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use serde_json::{Value, json};

use super::input::Input;
use super::people::known_staff;
use super::{Outcome, Problem};
use crate::sim::Sim;
use crate::state::{Department, ROOT, World};

/// `GET departments`: the tree, flat.
pub(super) async fn list(State(sim): State<Sim>) -> Json<Value> {
    Json(sim.look(|world, _| {
        let items: Vec<Value> = world.departments.iter().map(view).collect();
        json!({"items": items})
    }))
}

/// `POST departments`: a department, or changes to one.
pub(super) async fn put(State(sim): State<Sim>, body: Bytes) -> Outcome {
    let input = Input::parse(&body)?;
    let id = number(&input, "id")?.ok_or_else(|| Problem::invalid("id", "id is missing"))?;
    let name = input.optional_text("name")?;
    let parent = number(&input, "parent")?;
    let order = number(&input, "order")?.map(u32::try_from).transpose();
    let order = order.map_err(|_| Problem::invalid("order", "order is not a 32-bit number"))?;
    let leaders = input.get("leaders").map(|_| input.texts("leaders")).transpose()?;
    sim.carry_out(|world, _| {
        let mut department = world.departments.get(id).cloned().unwrap_or_else(|| Department {
            id,
            name: format!("部门{id}"),
            parent: ROOT,
            order: 0,
            leaders: Vec::new(),
        });
        department.name = name.map_or(department.name, str::to_owned);
        department.order = order.unwrap_or(department.order);
        if let Some(parent) = parent {
            check_parent(world, id, parent)?;
            department.parent = parent;
        }
        if let Some(leaders) = leaders {
            let known = leaders.into_iter().map(|leader| known_staff(world, leader));
            department.leaders = known.collect::<Result<_, _>>()?;
        }
        let answer = view(&department);
        world.departments.put(department);
        Ok(answer)
    })
    .await
}

/// The tree stays a tree: the root stays on top, and nothing hangs below itself.
fn check_parent(world: &World, id: u64, parent: u64) -> Result<(), Problem> {
    if id == ROOT {
        return Err(Problem::conflict("parent", "the root department has no parent"));
    }
    if world.departments.get(parent).is_none() {
        return Err(Problem::missing("parent", format!("no department {parent}")));
    }
    if world.departments.is_within(parent, id) {
        return Err(Problem::conflict("parent", format!("{parent} is below {id}")));
    }
    Ok(())
}

fn number(input: &Input, field: &str) -> Result<Option<u64>, Problem> {
    let number = input.optional_integer(field)?.map(u64::try_from).transpose();
    let number = number.map_err(|_| Problem::invalid(field, format!("{field} is negative")))?;
    match number {
        Some(0) if field != "order" => Err(Problem::invalid(field, format!("{field} is 0"))),
        number => Ok(number),
    }
}

fn view(department: &Department) -> Value {
    json!({
        "id": department.id,
        "name": department.name,
        "parent": department.parent,
        "order": department.order,
        "leaders": department.leaders,
    })
}
