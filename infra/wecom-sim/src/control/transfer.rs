//! Inheritance (继承): customers pass from one member to another, by an administrator's hand.

use axum::body::Bytes;
use axum::extract::State;
use serde_json::{Value, json};

use super::input::Input;
use super::people::{known_customer, known_staff};
use super::{Outcome, Problem};
use crate::callback::Event;
use crate::sim::Sim;
use crate::state::{Relation, Scene, World};
use crate::time::{DAY_MS, china_day, china_midnight};

/// An admin assigned the customer.
const ASSIGNED: i64 = 202;
/// How often a customer may pass between members in service, within so many calendar days.
const MOST_HANDOVERS: usize = 2;
const HANDOVER_DAYS: i64 = 90;
const OPERATOR: &str = "admin";

struct Transfer<'a> {
    from: &'a str,
    to: &'a str,
    fails: Option<&'static str>,
    /// The former member has not resigned.
    is_on_job: bool,
}

/// `POST transfer`: what becomes of each customer is told by WeCom's code, as in its own answer. With
/// `fail` the customer refuses or the taker has no room: `transfer_fail`, and nothing changes.
pub(super) async fn transfer(State(sim): State<Sim>, body: Bytes) -> Outcome {
    let input = Input::parse(&body)?;
    let (from, to) = (input.text("from")?, input.text("to")?);
    let customers = input.texts("external_userid")?;
    if customers.is_empty() {
        return Err(Problem::invalid("external_userid", "external_userid is missing"));
    }
    let fails = match input.optional_text("fail")? {
        None => None,
        Some("customer_refused") => Some("customer_refused"),
        Some("customer_limit_exceed") => Some("customer_limit_exceed"),
        Some(_) => {
            return Err(Problem::invalid("fail", "fail is customer_refused or customer_limit_exceed"));
        }
    };
    sim.carry_out(|world, scene| {
        let (from, to) = (known_staff(world, from)?, known_staff(world, to)?);
        if from.eq_ignore_ascii_case(&to) {
            return Err(Problem::conflict("to", "both are the same member"));
        }
        if !world.is_licensed(&to) {
            return Err(Problem::conflict("to", format!("{to} does not serve customers")));
        }
        for id in &customers {
            known_customer(world, id)?;
        }
        let is_on_job = world.member(&from).is_some_and(|staff| !staff.has_left());
        let transfer = Transfer { from: &from, to: &to, fails, is_on_job };
        let items: Vec<Value> = customers
            .iter()
            .map(|id| json!({"external_userid": id, "errcode": hand_over(world, scene, &transfer, id)}))
            .collect();
        Ok(json!({"items": items}))
    })
    .await
}

/// One customer; WeCom's code for what became of it.
fn hand_over(world: &mut World, scene: &Scene<'_>, transfer: &Transfer<'_>, id: &str) -> i64 {
    let is_theirs = world.relations.get(id, transfer.from).is_some_and(Relation::is_callable);
    if !is_theirs {
        return 40131;
    }
    if transfer.is_on_job && handovers(world, scene.now_ms, id) >= MOST_HANDOVERS {
        return 40128;
    }
    if let Some(reason) = transfer.fails {
        let event =
            Event::contact("transfer_fail", transfer.to, id).with("FailReason", Some(reason.to_owned()));
        if world.is_told_of(transfer.to) {
            world.announce(scene, event);
        }
        return 0;
    }
    take_over(world, scene, transfer.to, id);
    give_away(world, scene, transfer, id);
    if transfer.is_on_job
        && let Some(customer) = world.customers.get_mut(id)
    {
        customer.handed_over_ms.push(scene.now_ms);
    }
    0
}

fn handovers(world: &World, now_ms: i64, id: &str) -> usize {
    let since_ms = china_midnight(china_day(now_ms)) - (HANDOVER_DAYS - 1) * DAY_MS;
    let customer = world.customers.get(id);
    let times = customer.map(|customer| customer.handed_over_ms.as_slice()).unwrap_or_default();
    times.iter().filter(|at_ms| **at_ms >= since_ms).count()
}

/// A member who is or was the customer's friend is not told that they are so now. No welcome code: the
/// platform itself tells the customer who serves them from now on.
fn take_over(world: &mut World, scene: &Scene<'_>, to: &str, id: &str) {
    let earlier = world.relations.get(id, to).cloned();
    if earlier.as_ref().is_some_and(Relation::is_whole) {
        return;
    }
    let is_known = earlier.as_ref().is_some_and(|earlier| !earlier.half);
    let mut relation = earlier.unwrap_or_else(|| Relation::new(to, id, scene.now_ms));
    if relation.remark.is_empty() {
        relation.remark = world.customers.get(id).map(|one| one.name.clone()).unwrap_or_default();
    }
    relation.half = false;
    relation.customer_closed_at_ms = None;
    relation.staff_closed_at_ms = None;
    relation.created_at_ms = scene.now_ms;
    relation.add_way = ASSIGNED;
    relation.operator = Some(OPERATOR.to_owned());
    world.relations.put(relation);
    world.behaviour.on(to, scene.now_ms).gained += 1;
    if !is_known && world.is_told_of(to) {
        world.announce(scene, Event::contact("add_external_contact", to, id));
    }
}

/// Told for the one who resigned too: it was the corp's doing.
fn give_away(world: &mut World, scene: &Scene<'_>, transfer: &Transfer<'_>, id: &str) {
    if let Some(relation) = world.relations.get_mut(id, transfer.from) {
        relation.staff_closed_at_ms = Some(scene.now_ms);
    }
    if !transfer.is_on_job || world.is_told_of(transfer.from) {
        let event = Event::contact("del_external_contact", transfer.from, id)
            .with("Source", Some("DELETE_BY_TRANSFER".to_owned()));
        world.announce(scene, event);
    }
}
