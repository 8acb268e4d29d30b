//! Members and customers come into being, and members leave.

use axum::body::Bytes;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::input::Input;
use super::{Outcome, Problem, views};
use crate::sim::Sim;
use crate::state::{Customer, Employer, Staff, Status, World};

const LONGEST_ID: usize = 64;

/// `POST staff`: a member, or changes to one.
pub(super) async fn staff(State(sim): State<Sim>, body: Bytes) -> Outcome {
    let input = Input::parse(&body)?;
    let userid = input.text("userid")?;
    let is_legal = userid.len() <= LONGEST_ID
        && userid.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.@".contains(&byte));
    if !is_legal {
        return Err(Problem::invalid("userid", "userid is 1 to 64 of the characters A-Z a-z 0-9 - _ . @"));
    }
    let name = input.optional_text("name")?;
    let licensed = input.optional_flag("licensed")?;
    let console_welcome = input.optional_flag("console_welcome")?;
    let position = input.optional_text("position")?;
    let mobile = input.optional_text("mobile")?;
    let gender = gender(&input)?;
    let status = match input.optional_text("status")? {
        None => None,
        Some("active") => Some(Status::Active),
        Some("inactive") => Some(Status::Inactive),
        Some("disabled") => Some(Status::Disabled),
        Some(_) => return Err(Problem::invalid("status", "status is active, inactive or disabled")),
    };
    let departments = input.get("departments").map(ids).transpose()?;
    sim.carry_out(|world, _| {
        if let Some(missing) = departments.iter().flatten().find(|id| world.departments.get(**id).is_none()) {
            return Err(Problem::missing("departments", format!("no department {missing}")));
        }
        let key = userid.to_ascii_lowercase();
        let staff = world.staff.entry(key).or_insert_with(|| Staff::new(userid));
        staff.name = name.map_or_else(|| staff.name.clone(), str::to_owned);
        staff.licensed = licensed.unwrap_or(staff.licensed);
        staff.console_welcome = console_welcome.unwrap_or(staff.console_welcome);
        staff.position = position.map_or_else(|| staff.position.clone(), str::to_owned);
        staff.mobile = mobile.map_or_else(|| staff.mobile.clone(), str::to_owned);
        staff.gender = gender.unwrap_or(staff.gender);
        staff.status = status.unwrap_or(staff.status);
        staff.departments = departments.unwrap_or_else(|| staff.departments.clone());
        Ok(views::staff_view(staff))
    })
    .await
}

fn ids(list: &Value) -> Result<Vec<u64>, Problem> {
    let complaint = || Problem::invalid("departments", "departments is a list of ids, not empty");
    let ids: Vec<u64> = list
        .as_array()
        .filter(|list| !list.is_empty())
        .ok_or_else(complaint)?
        .iter()
        .map(|id| id.as_u64().ok_or_else(complaint))
        .collect::<Result<_, _>>()?;
    Ok(ids)
}

fn gender(input: &Input) -> Result<Option<u8>, Problem> {
    match input.optional_integer("gender")? {
        None => Ok(None),
        Some(gender @ 0..=2) => Ok(u8::try_from(gender).ok()),
        Some(_) => Err(Problem::invalid("gender", "gender is 0, 1 or 2")),
    }
}

/// `POST staff/{userid}/leave`: the member resigns and loses the licence. What they had with customers
/// stays, for somebody to inherit.
pub(super) async fn leave(State(sim): State<Sim>, Path(userid): Path<String>) -> Outcome {
    sim.carry_out(|world, _| {
        let staff = world.staff.get_mut(&userid.to_ascii_lowercase()).ok_or_else(|| no_staff(&userid))?;
        if staff.has_left() {
            return Err(Problem::conflict("userid", format!("{userid} has left already")));
        }
        staff.status = Status::Left;
        staff.licensed = false;
        Ok(views::staff_view(staff))
    })
    .await
}

/// `POST staff/{userid}/licence`: gives or takes the customer-contact licence.
pub(super) async fn licence(State(sim): State<Sim>, Path(userid): Path<String>, body: Bytes) -> Outcome {
    let input = Input::parse(&body)?;
    let on = input.optional_flag("on")?.ok_or_else(|| Problem::invalid("on", "on is missing"))?;
    sim.carry_out(|world, _| {
        let staff = world.staff.get_mut(&userid.to_ascii_lowercase()).ok_or_else(|| no_staff(&userid))?;
        staff.licensed = on;
        Ok(views::staff_view(staff))
    })
    .await
}

/// `POST customers`: a WeChat user, with `corp_name` a WeCom user of that corp, or changes to one.
pub(super) async fn customer(State(sim): State<Sim>, body: Bytes) -> Outcome {
    let input = Input::parse(&body)?;
    let id = input.text("external_userid")?;
    if id.len() > LONGEST_ID || id.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(Problem::invalid("external_userid", "external_userid is 1 to 64 bytes without spaces"));
    }
    let name = input.optional_text("name")?;
    let avatar = input.optional_text("avatar")?;
    let unionid = input.optional_text("unionid")?;
    let gender = gender(&input)?;
    let corp_name = input.optional_text("corp_name")?;
    let corp_full_name = input.optional_text("corp_full_name")?;
    let position = input.optional_text("position")?;
    sim.carry_out(|world, _| {
        let customer = world.customers.entry(id.to_owned()).or_insert_with(|| Customer::new(id));
        customer.name = name.map_or_else(|| customer.name.clone(), str::to_owned);
        customer.avatar = avatar.map_or_else(|| customer.avatar.clone(), str::to_owned);
        customer.unionid = unionid.map(str::to_owned).or_else(|| customer.unionid.clone());
        customer.gender = gender.unwrap_or(customer.gender);
        if let Some(corp_name) = corp_name {
            customer.employer = Some(Employer {
                name: corp_name.to_owned(),
                full_name: corp_full_name.unwrap_or(corp_name).to_owned(),
                position: position.unwrap_or_default().to_owned(),
            });
        }
        Ok(json!({
            "external_userid": customer.external_userid,
            "name": customer.name,
            "unionid": customer.unionid,
        }))
    })
    .await
}

/// The userid as it was first written.
pub(super) fn known_staff(world: &World, userid: &str) -> Result<String, Problem> {
    world.member(userid).map(|staff| staff.userid.clone()).ok_or_else(|| no_staff(userid))
}

pub(super) fn known_customer(world: &World, id: &str) -> Result<(), Problem> {
    if world.customers.contains_key(id) {
        Ok(())
    } else {
        Err(Problem::missing("external_userid", format!("no customer {id}")))
    }
}

fn no_staff(userid: &str) -> Problem {
    Problem::missing("userid", format!("no staff member {userid}"))
}
