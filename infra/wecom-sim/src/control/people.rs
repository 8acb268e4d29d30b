//! Members and WeChat users come into being.

use axum::body::Bytes;
use axum::extract::{Path, State};
use serde_json::json;

use super::input::Input;
use super::{Outcome, Problem, views};
use crate::sim::Sim;
use crate::state::{Customer, Staff, World};

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
    sim.carry_out(|world, _| {
        let staff = world.staff.entry(userid.to_ascii_lowercase()).or_insert_with(|| Staff {
            userid: userid.to_owned(),
            name: userid.to_owned(),
            licensed: true,
            console_welcome: false,
        });
        staff.name = name.map_or_else(|| staff.name.clone(), str::to_owned);
        staff.licensed = licensed.unwrap_or(staff.licensed);
        staff.console_welcome = console_welcome.unwrap_or(staff.console_welcome);
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

/// `POST customers`: a WeChat user, or changes to one.
pub(super) async fn customer(State(sim): State<Sim>, body: Bytes) -> Outcome {
    let input = Input::parse(&body)?;
    let id = input.text("external_userid")?;
    if id.len() > LONGEST_ID || id.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(Problem::invalid("external_userid", "external_userid is 1 to 64 bytes without spaces"));
    }
    let name = input.optional_text("name")?;
    let avatar = input.optional_text("avatar")?;
    let unionid = input.optional_text("unionid")?;
    let gender = match input.optional_integer("gender")? {
        None => None,
        Some(gender @ 0..=2) => u8::try_from(gender).ok(),
        Some(_) => return Err(Problem::invalid("gender", "gender is 0, 1 or 2")),
    };
    sim.carry_out(|world, _| {
        let customer = world.customers.entry(id.to_owned()).or_insert_with(|| Customer {
            external_userid: id.to_owned(),
            name: id.to_owned(),
            avatar: format!("https://wx.qlogo.cn/mmhead/{id}/0"),
            gender: 0,
            unionid: None,
        });
        customer.name = name.map_or_else(|| customer.name.clone(), str::to_owned);
        customer.avatar = avatar.map_or_else(|| customer.avatar.clone(), str::to_owned);
        customer.unionid = unionid.map(str::to_owned).or_else(|| customer.unionid.clone());
        customer.gender = gender.unwrap_or(customer.gender);
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
