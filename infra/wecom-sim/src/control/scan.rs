//! A customer scans a contact way.

use axum::body::Bytes;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::friends::{Add, befriend};
use super::input::Input;
use super::people::known_customer;
use super::{Outcome, Problem};
use crate::sim::Sim;
use crate::state::{Relation, Scene, Way, World};

/// The customer scanned a code.
const SCANNED: i64 = 1;

/// `POST customers/{id}/scan`: by `config_id`, or by `state` the way that carries it. Which of its members
/// is added is the platform's choice, here the seed's; a friend among them is opened instead.
pub(super) async fn scan(State(sim): State<Sim>, Path(id): Path<String>, body: Bytes) -> Outcome {
    let input = Input::parse(&body)?;
    let config_id = input.optional_text("config_id")?;
    let state = input.optional_text("state")?;
    let half = input.optional_flag("half")?.unwrap_or(false);
    sim.carry_out(|world, scene| {
        known_customer(world, &id)?;
        let way = find(world, config_id, state)?.clone();
        let members: Vec<String> = world
            .members_of(&way.users, &way.parties)
            .into_iter()
            .filter(|staff| staff.serves())
            .map(|staff| staff.userid.clone())
            .collect();
        let is_friend = |userid: &&String| world.relations.get(&id, userid).is_some_and(Relation::is_whole);
        if let Some(friend) = members.iter().find(is_friend) {
            return Ok(json!({
                "external_userid": id, "userid": friend, "half": false, "event": null, "welcome_code": null,
            }));
        }
        let userid = choose(world, members)?;
        scanned(world, scene, &id, &way, &userid, half)
    })
    .await
}

fn find<'w>(world: &'w World, config_id: Option<&str>, state: Option<&str>) -> Result<&'w Way, Problem> {
    match (config_id, state) {
        (Some(config_id), None) => {
            let missing = || Problem::missing("config_id", format!("no contact way {config_id}"));
            world.ways.get(config_id).ok_or_else(missing)
        }
        (None, Some(state)) => {
            let missing = || Problem::missing("state", format!("no contact way carries {state}"));
            let ways = world.ways.in_order();
            ways.into_iter().rev().find(|way| way.state == state).ok_or_else(missing)
        }
        _ => Err(Problem::invalid("config_id", "give either config_id or state")),
    }
}

fn choose(world: &mut World, mut members: Vec<String>) -> Result<String, Problem> {
    if members.is_empty() {
        return Err(Problem::conflict("config_id", "nobody of this contact way serves customers"));
    }
    let chosen = world.draws.draw("scan").below(members.len());
    Ok(members.swap_remove(chosen))
}

fn scanned(
    world: &mut World,
    scene: &Scene<'_>,
    id: &str,
    way: &Way,
    userid: &str,
    half: bool,
) -> Result<Value, Problem> {
    let state = Some(way.state.as_str()).filter(|state| !state.is_empty());
    let add = Add {
        external_userid: id,
        userid,
        state,
        add_way: Some(SCANNED),
        half,
        welcome_code: true,
        by_member: false,
        hindrance: None,
    };
    befriend(world, scene, &add)
}
