//! A customer agrees to the archive of conversations (会话内容存档).

use axum::body::Bytes;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::friends::issue_code;
use super::input::Input;
use super::people::{known_customer, known_staff};
use super::{Outcome, Problem};
use crate::callback::Event;
use crate::sim::Sim;
use crate::state::{Relation, Scene, World};

/// `POST customers/{id}/consent`: tells the app, and where no welcome has gone out yet brings a new code.
pub(super) async fn consent(State(sim): State<Sim>, Path(id): Path<String>, body: Bytes) -> Outcome {
    let input = Input::parse(&body)?;
    let userid = input.text("userid")?;
    sim.carry_out(|world, scene| agree(world, scene, &id, userid)).await
}

fn agree(world: &mut World, scene: &Scene<'_>, id: &str, userid: &str) -> Result<Value, Problem> {
    known_customer(world, id)?;
    let userid = known_staff(world, userid)?;
    let relation = world
        .relations
        .get(id, &userid)
        .filter(|relation| Relation::is_whole(relation))
        .ok_or_else(|| Problem::conflict("userid", "they are not contacts (any more)"))?;
    let may_greet = !relation.chatted && !relation.welcomed;
    let greets_itself = world.member(&userid).is_some_and(|staff| staff.console_welcome);
    let is_told = world.is_told_of(&userid);
    let code = (is_told && may_greet && !greets_itself).then(|| issue_code(world, scene, &userid, id, None));
    if is_told {
        let event = Event::contact("msg_audit_approved", &userid, id).with("WelcomeCode", code.clone());
        world.announce(scene, event);
    }
    Ok(json!({
        "external_userid": id,
        "userid": userid,
        "event": is_told.then_some("msg_audit_approved"),
        "welcome_code": code,
    }))
}
