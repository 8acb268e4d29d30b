//! A visitor's consent without a browser.

use axum::body::Bytes;
use axum::extract::State;
use serde_json::json;

use super::apps::known_app;
use super::input::Input;
use super::people::{known_customer, known_staff};
use super::{Outcome, Problem};
use crate::sim::Sim;
use crate::state::{Grant, Person};
use crate::url::{is_trusted, return_to};

/// `POST oauth/code`: the code that `userid` or `external_userid` would come back with; with
/// `redirect_uri` (and `state`) also the whole address.
pub(super) async fn code(State(sim): State<Sim>, body: Bytes) -> Outcome {
    let input = Input::parse(&body)?;
    let private = match input.optional_text("scope")? {
        None | Some("snsapi_base") => false,
        Some("snsapi_privateinfo") => true,
        Some(_) => return Err(Problem::invalid("scope", "scope is snsapi_base or snsapi_privateinfo")),
    };
    sim.carry_out(|world, scene| {
        let (agent_id, app) = known_app(world, &input, scene.config)?;
        let person = match (input.optional_text("userid")?, input.optional_text("external_userid")?) {
            (Some(userid), None) => Person::Member(known_staff(world, userid)?),
            (None, Some(id)) => known_customer(world, id).map(|()| Person::Customer(id.to_owned()))?,
            _ => return Err(Problem::invalid("userid", "give either userid or external_userid")),
        };
        let redirect_uri = input.optional_text("redirect_uri")?;
        if redirect_uri.is_some_and(|uri| !is_trusted(app, uri)) {
            return Err(Problem::conflict("redirect_uri", "50001: its host is not a trusted domain"));
        }
        let state = input.optional_text("state")?.unwrap_or_default();
        let grant = Grant { person, agent_id, private };
        let code = world.identities.issue(grant, scene.now_ms, &mut world.draws);
        let location = redirect_uri.map(|uri| return_to(uri, &code, state));
        Ok(json!({"code": code, "location": location}))
    })
    .await
}
