//! 群发助手: members confirm what the corp wants sent, and send mass messages of their own.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use serde::Deserialize as _;
use serde_json::{Value, json};

use super::input::Input;
use super::people::{known_customer, known_staff};
use super::{Outcome, Problem, views};
use crate::sim::Sim;
use crate::state::{ChatGroup, NewMass, Pace, Scene, Target, World};

/// Customers of one mass message of a member's own.
const MOST_OWN: usize = 200;

/// `POST staff/{userid}/confirm`: the tap that sends the member's part, whole but for `deselect`.
pub(super) async fn confirm(State(sim): State<Sim>, Path(userid): Path<String>, body: Bytes) -> Outcome {
    let input = Input::parse(&body)?;
    let msgid = input.text("msgid")?;
    let left_out: BTreeSet<&str> = input.texts("deselect")?.into_iter().collect();
    sim.carry_out(|world, scene| {
        let userid = known_staff(world, &userid)?;
        check_confirm(world, &userid, msgid, &left_out)?;
        world.confirm_mass(msgid, &userid, &left_out, scene.now_ms);
        view(world, &userid, msgid)
    })
    .await
}

fn check_confirm(world: &World, userid: &str, msgid: &str, left_out: &BTreeSet<&str>) -> Result<(), Problem> {
    let conflict = |detail: String| Err(Problem::conflict("msgid", detail));
    let task =
        world.mass.get(msgid).ok_or_else(|| Problem::missing("msgid", format!("no mass message {msgid}")))?;
    let Some(part) = task.member(userid) else {
        return conflict(format!("{userid} has no part in it"));
    };
    if part.sent_at_ms.is_some() {
        return conflict(format!("{userid} has sent it already"));
    }
    if task.is_cancelled {
        return conflict("the corp has cancelled it".to_owned());
    }
    if world.member(userid).is_none_or(|staff| !staff.serves()) {
        return conflict(format!("{userid} serves no customers (any more)"));
    }
    if !left_out.is_empty() && !task.allow_select {
        return Err(Problem::conflict("deselect", "the corp does not let members choose"));
    }
    match left_out.iter().find(|id| !part.rows.iter().any(|row| row.id == **id)) {
        Some(unknown) => Err(Problem::missing("deselect", format!("{unknown} is not among its customers"))),
        None => Ok(()),
    }
}

/// `POST staff/{userid}/mass_send`: a mass message of the member's own. Nobody confirms it, and it counts
/// against what its customers receive like the corp's.
pub(super) async fn send_own(State(sim): State<Sim>, Path(userid): Path<String>, body: Bytes) -> Outcome {
    let input = Input::parse(&body)?;
    let (ids, text) = (input.texts("external_userid")?, input.text("text")?);
    if !(1..=MOST_OWN).contains(&ids.len()) {
        return Err(Problem::invalid("external_userid", "external_userid names 1 to 200 customers"));
    }
    sim.carry_out(|world, scene| own(world, scene, &userid, &ids, text)).await
}

fn own(
    world: &mut World,
    scene: &Scene<'_>,
    userid: &str,
    ids: &[&str],
    text: &str,
) -> Result<Value, Problem> {
    let userid = known_staff(world, userid)?;
    for id in ids {
        known_customer(world, id)?;
    }
    let ids: BTreeSet<&str> = ids.iter().copied().collect();
    let mass = NewMass {
        target: Target::Single,
        creator: Some(userid.clone()),
        text: text.to_owned(),
        attachments: Vec::new(),
        allow_select: false,
        parts: BTreeMap::from([(userid.clone(), ids.into_iter().map(str::to_owned).collect())]),
    };
    let msgid = world.add_mass(mass, scene.now_ms);
    world.confirm_mass(&msgid, &userid, &BTreeSet::new(), scene.now_ms);
    view(world, &userid, &msgid)
}

fn view(world: &World, userid: &str, msgid: &str) -> Result<Value, Problem> {
    let task = world.mass.get(msgid);
    let part = task.and_then(|task| Some((task, task.member(userid)?)));
    let (task, part) = part.ok_or_else(|| Problem::missing("msgid", format!("no mass message {msgid}")))?;
    Ok(views::mass_view(task, part))
}

/// `POST mass/rule`: how many mass messages a customer receives: by `month`, `week` or `day`.
pub(super) async fn rule(State(sim): State<Sim>, body: Bytes) -> Outcome {
    let input = Input::parse(&body)?;
    let pace = Pace::deserialize(input.get("per").unwrap_or(&Value::Null))
        .map_err(|_| Problem::invalid("per", "per is month, week or day"))?;
    sim.carry_out(|world, _| {
        world.mass.pace = pace;
        Ok(json!({"per": pace}))
    })
    .await
}

/// `POST groups`: a customer group, so that mass messages can go to it. Nothing else is known of groups.
pub(super) async fn group(State(sim): State<Sim>, body: Bytes) -> Outcome {
    let input = Input::parse(&body)?;
    let (chat_id, owner) = (input.text("chat_id")?, input.text("owner")?);
    let name = input.optional_text("name")?.unwrap_or(chat_id);
    sim.carry_out(|world, _| {
        let owner = known_staff(world, owner)?;
        let group = ChatGroup { name: name.to_owned(), owner };
        let answer = group_view(chat_id, &group);
        world.mass.groups.insert(chat_id.to_owned(), group);
        Ok(answer)
    })
    .await
}

/// `GET groups`
pub(super) async fn groups(State(sim): State<Sim>) -> Json<Value> {
    Json(sim.look(|world, _| {
        let items: Vec<Value> =
            world.mass.groups.iter().map(|(chat_id, group)| group_view(chat_id, group)).collect();
        json!({"items": items})
    }))
}

fn group_view(chat_id: &str, group: &ChatGroup) -> Value {
    json!({"chat_id": chat_id, "name": group.name, "owner": group.owner})
}
