//! People talk. WeCom tells the app nothing of it; a message gateway does.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use serde_json::json;

use super::input::Input;
use super::people::{known_customer, known_staff};
use super::{Outcome, Problem, views};
use crate::ingest::Direction;
use crate::sim::Sim;
use crate::state::{Scene, Via, World};

/// `POST customers/{id}/say`
pub(super) async fn customer_says(State(sim): State<Sim>, Path(id): Path<String>, body: Bytes) -> Outcome {
    let input = Input::parse(&body)?;
    let (userid, text) = (input.text("userid")?, input.text("text")?);
    let said = sim.act(|world, scene| say(world, scene, Direction::Received, &id, userid, text))?;
    report(&sim, said).await
}

/// `POST staff/{userid}/say`
pub(super) async fn staff_says(State(sim): State<Sim>, Path(userid): Path<String>, body: Bytes) -> Outcome {
    let input = Input::parse(&body)?;
    let (id, text) = (input.text("external_userid")?, input.text("text")?);
    let said = sim.act(|world, scene| say(world, scene, Direction::Sent, id, &userid, text))?;
    report(&sim, said).await
}

pub(super) struct Said {
    event_id: String,
    delivery: u64,
}

/// `POST customers/{id}/buy`: the customer pays in the company's shop, which says so.
pub(super) async fn buy(State(sim): State<Sim>, Path(id): Path<String>, body: Bytes) -> Outcome {
    let input = Input::parse(&body)?;
    let amount_fen = input.optional_integer("amount_fen")?.filter(|amount| *amount >= 0);
    let amount_fen = amount_fen
        .ok_or_else(|| Problem::invalid("amount_fen", "amount_fen is the amount in fen, 0 or more"))?;
    let order_id = input.optional_text("order_id")?;
    let said = sim.act(|world, scene| {
        known_customer(world, &id)?;
        let order_id = match order_id {
            Some(order_id) => order_id.to_owned(),
            None => format!("order-{}", world.draws.draw("order").alphanumeric(12)),
        };
        let (event_id, delivery) = world.report_order(scene, &id, &order_id, amount_fen);
        Ok::<_, Problem>(Said { event_id, delivery })
    })?;
    report(&sim, said).await
}

async fn report(sim: &Sim, said: Said) -> Outcome {
    sim.settle().await?;
    let delivery = sim.look(|world, _| world.queue.posted(said.delivery).map(views::delivery));
    Ok(Json(json!({"event_id": said.event_id, "delivery": delivery})))
}

pub(super) fn say(
    world: &mut World,
    scene: &Scene<'_>,
    direction: Direction,
    id: &str,
    userid: &str,
    text: &str,
) -> Result<Said, Problem> {
    known_customer(world, id)?;
    let userid = known_staff(world, userid)?;
    let relation = world
        .relations
        .get_mut(id, &userid)
        .ok_or_else(|| Problem::conflict("userid", "they are not contacts"))?;
    if relation.is_ended() {
        return Err(Problem::conflict(
            "userid",
            "one of them has ended the contact: the message would be refused",
        ));
    }
    if relation.half && direction == Direction::Sent {
        return Err(Problem::conflict("external_userid", "the member has not added the customer back"));
    }
    relation.chatted = true;
    let via = match direction {
        Direction::Received => Via::Customer,
        Direction::Sent => Via::Staff,
    };
    world.enter_message(scene.now_ms, id, &userid, via, text, Vec::new());
    let (event_id, delivery) = world.report_message(scene, direction, &userid, id, text);
    Ok(Said { event_id, delivery })
}
