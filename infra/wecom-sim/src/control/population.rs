//! Many people at once: put in place, or set going.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use serde_json::{Value, json};

use super::friends::{Add, befriend, walk_out};
use super::input::Input;
use super::{Outcome, Problem, chat};
use crate::ingest::Direction;
use crate::population::{self, Scenario, Size};
use crate::sim::Sim;
use crate::state::{Act, Customer, Planned, Scene, World};
use crate::time::rfc3339;

const MOST_STAFF: i64 = 1000;
const MOST_CUSTOMERS: i64 = 100_000;
const MOST_DAYS: i64 = 3650;
/// With a real clock a day takes a minute, unless said.
const REAL_SPEED: f64 = 1440.0;

/// What is asked for.
struct Wanted {
    size: Size,
    scenario: Scenario,
    seed: Option<u64>,
    speed: f64,
    is_silent: bool,
}

/// `POST population`: members and customers who come over `days`, talk, buy, leave and return, as the
/// scenario says. `silent`: they have been there for that long already, and nothing is told.
pub(super) async fn put(State(sim): State<Sim>, body: Bytes) -> Outcome {
    let input = Input::parse(&body)?;
    let default_speed = if sim.clock_is_manual().await { 1.0 } else { REAL_SPEED };
    let wanted = read_wanted(&input, default_speed)?;
    sim.carry_out(|world, scene| settle_down(world, scene, &wanted)).await
}

fn read_wanted(input: &Input, default_speed: f64) -> Result<Wanted, Problem> {
    let staff = number(input, "staff", 0, MOST_STAFF)?;
    let customers = number(input, "customers", 1, MOST_CUSTOMERS)?;
    let size =
        Size { staff, customers, days: i64::try_from(number(input, "days", 1, MOST_DAYS)?).unwrap_or(1) };
    let scenario = match input.get("scenario") {
        None => Scenario::default(),
        Some(document) => Scenario::read(document).map_err(|reason| Problem::invalid("scenario", reason))?,
    };
    let seed = input.optional_integer("seed")?;
    let seed = seed.map(u64::try_from).transpose();
    let seed = seed.map_err(|_| Problem::invalid("seed", "seed is 0 or more"))?;
    let speed = input.optional_number("speed")?.unwrap_or(default_speed);
    if !(speed > 0.0 && speed <= 1e6) {
        return Err(Problem::invalid("speed", "speed is more than 0 and at most a million"));
    }
    let is_silent = input.optional_flag("silent")?.unwrap_or(false);
    Ok(Wanted { size, scenario, seed, speed, is_silent })
}

fn number(input: &Input, field: &str, least: i64, most: i64) -> Result<usize, Problem> {
    let number = input.optional_integer(field)?.filter(|number| (least..=most).contains(number));
    number
        .and_then(|number| usize::try_from(number).ok())
        .ok_or_else(|| Problem::invalid(field, format!("{field} is a number from {least} to {most}")))
}

fn settle_down(world: &mut World, scene: &Scene<'_>, wanted: &Wanted) -> Result<Value, Problem> {
    let Wanted { size, scenario, .. } = wanted;
    let seed = wanted.seed.unwrap_or_else(|| world.draws.draw("population").number());
    let mut stream = population::stream(seed);
    let members = population::members(world, size.staff, &mut stream);
    if members.is_empty() {
        return Err(Problem::conflict("staff", "nobody serves customers: ask for staff"));
    }
    let mut answer = json!({
        "scenario": scenario.name,
        "seed": seed,
        "staff": members,
        "customers": size.customers,
        "acts": 0,
        "until": null,
    });
    if wanted.is_silent {
        population::place(world, scenario, *size, &members, scene.now_ms, &mut stream);
        return Ok(answer);
    }
    let acts = population::plan(scenario, *size, &members, scene.now_ms, wanted.speed, &mut stream);
    answer["acts"] = json!(acts.len());
    answer["until"] = json!(acts.iter().map(|planned| planned.due_ms).max().map(rfc3339));
    world.schedule.add(acts);
    Ok(answer)
}

/// `GET population`: how far people have come with what they were going to do.
pub(super) async fn read(State(sim): State<Sim>) -> Json<Value> {
    Json(sim.look(|world, _| {
        json!({
            "left": world.schedule.left(),
            "next": world.schedule.next_due_ms().map(rfc3339),
            "done": world.schedule.done,
            "skipped": world.schedule.skipped,
        })
    }))
}

/// `DELETE population`: nobody does anything more of what was planned. Who is there stays.
pub(super) async fn disperse(State(sim): State<Sim>) -> Outcome {
    sim.carry_out(|world, _| Ok(json!({"removed": world.schedule.clear()}))).await
}

/// The next thing that somebody was going to do by now. What is not possible any more is left.
pub(crate) fn play_next(world: &mut World, scene: &Scene<'_>) {
    let Some(planned) = world.schedule.take(scene.now_ms) else {
        return;
    };
    match play(world, scene, &planned) {
        Ok(()) => world.schedule.done += 1,
        Err(_) => world.schedule.skipped += 1,
    }
}

fn play(world: &mut World, scene: &Scene<'_>, planned: &Planned) -> Result<(), Problem> {
    let id = planned.external_userid.as_str();
    match &planned.act {
        Act::Add { name, gender, userid, state, add_way, half } => {
            world.customers.entry(id.to_owned()).or_insert_with(|| Customer {
                name: name.clone(),
                gender: *gender,
                ..Customer::new(id)
            });
            let add = Add {
                external_userid: id,
                userid,
                state: state.as_deref(),
                add_way: Some(*add_way),
                half: *half,
                welcome_code: true,
                by_member: false,
                hindrance: None,
            };
            befriend(world, scene, &add)?;
        }
        Act::Say { userid, text } => {
            chat::say(world, scene, Direction::Received, id, userid, text)?;
        }
        Act::Answer { userid, text } => {
            chat::say(world, scene, Direction::Sent, id, userid, text)?;
        }
        Act::Buy { order_id, amount_fen } => {
            super::people::known_customer(world, id)?;
            world.report_order(scene, id, order_id, *amount_fen);
        }
        Act::Block { userid } => {
            walk_out(world, scene, id, userid)?;
        }
    }
    Ok(())
}
