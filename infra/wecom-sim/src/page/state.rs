//! What the page shows of the simulated side, in one answer: small enough to be asked for every few seconds
//! of a large world.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::api;
use crate::control::views;
use crate::sim::Sim;
use crate::state::{Customer, MassTask, MemberTask, Relation, Scene, Staff, World};
use crate::time::rfc3339;

/// What is shown of a large world: who is not among these is found by searching.
const SHOWN_CUSTOMERS: usize = 100;
const SHOWN_FRIENDS: usize = 100;
const SHOWN_MESSAGES: usize = 300;
const SHOWN_NOTICES: usize = 50;
const SHOWN_MASS: usize = 30;
const SHOWN_RECIPIENTS: usize = 200;
const SHOWN_WAYS: usize = 100;

/// What the page has chosen. An empty parameter counts as left out.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Chosen {
    /// The revision that the page has: nothing is repeated if it is still that one.
    since: String,
    /// Whose phone is in hand; who does not exist is the first customer.
    customer: String,
    /// At whose desk one sits; who does not exist is somebody whom the customer knows.
    staff: String,
    /// Customers whose name, id or remark holds this.
    find: String,
    /// The same among the member's contacts.
    friends: String,
}

/// `GET /sim/state`
pub(super) async fn state(State(sim): State<Sim>, Query(chosen): Query<Chosen>) -> Json<Value> {
    let manual = sim.clock_is_manual().await;
    let connected = sim.hooks().is_some();
    Json(sim.look(|world, scene| {
        let revision = sim.revision().to_string();
        let mut answer = json!({
            "revision": revision,
            "now": rfc3339(scene.now_ms),
            "now_ms": scene.now_ms,
            "manual": manual,
            "connected": connected,
        });
        if chosen.since != revision {
            show(world, scene, &chosen, &mut answer);
        }
        answer
    }))
}

fn show(world: &World, scene: &Scene<'_>, chosen: &Chosen, answer: &mut Value) {
    let find = Needle::new(&chosen.find);
    let found: Vec<&Customer> = world.customers.values().filter(|one| find.finds(world, one)).collect();
    let customer = world.customers.get(&chosen.customer).or(found.first().copied());
    let staff = world.member(&chosen.staff).or_else(|| somebody(world, customer));
    let shown: Vec<Value> = found
        .iter()
        .take(SHOWN_CUSTOMERS)
        .filter_map(|one| views::contact_view(world, &one.external_userid).ok())
        .collect();
    answer["corp_id"] = json!(scene.config.corp_id);
    answer["agent_id"] = json!(scene.config.agent_id);
    answer["apis"] = json!(api::paths().collect::<Vec<&str>>());
    answer["staff"] = json!(world.staff.values().map(|staff| member(world, staff)).collect::<Vec<Value>>());
    answer["customers"] = json!(shown);
    answer["customers_found"] = json!(found.len());
    answer["customers_total"] = json!(world.customers.len());
    answer["phone"] = json!(customer.map(|one| phone(world, scene, one)));
    answer["desk"] = json!(staff.map(|staff| desk(world, scene, staff, &Needle::new(&chosen.friends))));
    answer["tags"] = json!(views::tag_groups(world));
    answer["ways"] = ways(world);
    answer["faults"] = json!(world.faults.active());
    answer["pending"] = json!(world.queue.pending_count());
}

/// A member whom the customer talks to, so that what the one does shows on the other's side; else any.
fn somebody<'w>(world: &'w World, customer: Option<&Customer>) -> Option<&'w Staff> {
    let mut relations =
        customer.into_iter().flat_map(|one| world.relations.of_customer(&one.external_userid));
    relations.find_map(|relation| world.member(&relation.userid)).or(world.staff.values().next())
}

fn member(world: &World, staff: &Staff) -> Value {
    let waiting = views::mass_of(world, &staff.userid).filter(|(task, part)| is_waiting(task, part)).count();
    let mut view = views::staff_view(staff);
    view["notices"] = json!(views::app_messages_of(world, &staff.userid).count());
    view["mass_waiting"] = json!(waiting);
    view["friends"] = json!(world.relations.of_staff(&staff.userid).count());
    view
}

fn is_waiting(task: &MassTask, part: &MemberTask) -> bool {
    part.sent_at_ms.is_none() && !task.is_cancelled
}

/// The customer's phone: contacts, and what was said.
fn phone(world: &World, scene: &Scene<'_>, one: &Customer) -> Value {
    let id = &one.external_userid;
    let mut messages: Vec<Value> = views::chat_of(world, id)
        .rev()
        .take(SHOWN_MESSAGES)
        .map(|message| {
            let mut view = views::chat_view(message);
            describe(world, scene, &mut view);
            view
        })
        .collect();
    messages.reverse();
    let mut view = views::contact_view(world, id).unwrap_or_default();
    view["messages"] = json!(messages);
    view
}

/// The member's desk, newest first.
fn desk(world: &World, scene: &Scene<'_>, staff: &Staff, needle: &Needle) -> Value {
    let notices: Vec<Value> = views::app_messages_of(world, &staff.userid)
        .rev()
        .take(SHOWN_NOTICES)
        .map(|message| {
            let mut view = views::app_message_view(message);
            describe(world, scene, &mut view);
            view
        })
        .collect();
    let mass: Vec<Value> = views::mass_of(world, &staff.userid)
        .rev()
        .take(SHOWN_MASS)
        .map(|(task, part)| mass(world, scene, task, part))
        .collect();
    let found: Vec<(&Customer, &Relation)> = world
        .relations
        .of_staff(&staff.userid)
        .filter_map(|relation| Some((world.customers.get(&relation.external_userid)?, relation)))
        .filter(|(one, relation)| needle.is_in(one, Some(relation)))
        .collect();
    let friends: Vec<Value> = found
        .iter()
        .take(SHOWN_FRIENDS)
        .map(|(one, relation)| {
            json!({
                "external_userid": one.external_userid,
                "name": one.name,
                "relation": views::relation_view(world, relation),
            })
        })
        .collect();
    json!({
        "userid": staff.userid,
        "notices": notices,
        "mass": mass,
        "friends": friends,
        "friends_found": found.len(),
    })
}

/// One member's part in a mass message, with names, and with the first of many recipients only.
fn mass(world: &World, scene: &Scene<'_>, task: &MassTask, part: &MemberTask) -> Value {
    let mut view = views::mass_head(task, part);
    let mut statuses: BTreeMap<String, usize> = BTreeMap::new();
    for row in &part.rows {
        *statuses.entry(row.outcome.number().to_string()).or_default() += 1;
    }
    let shown: Vec<Value> = part
        .rows
        .iter()
        .take(SHOWN_RECIPIENTS)
        .map(|row| {
            let customer = world.customers.get(&row.id).map(|one| &one.name);
            let name = customer.or_else(|| world.mass.groups.get(&row.id).map(|group| &group.name));
            json!({"id": row.id, "status": row.outcome.number(), "name": name})
        })
        .collect();
    view["to"] = json!(shown);
    view["to_total"] = json!(part.rows.len());
    view["statuses"] = json!(statuses);
    describe(world, scene, &mut view);
    view
}

/// Names and sizes of the files that a message refers to, by media id.
fn describe(world: &World, scene: &Scene<'_>, message: &mut Value) {
    let mut files: BTreeMap<String, Value> = BTreeMap::new();
    let attachments = message["attachments"].as_array().into_iter().flatten();
    let bodies = attachments.flat_map(|part| part.as_object().into_iter().flat_map(|part| part.values()));
    for body in bodies.chain([&message["content"]]) {
        for id in [&body["media_id"], &body["pic_media_id"]].into_iter().filter_map(Value::as_str) {
            if let Some(media) = world.media.get(id, scene.now_ms) {
                files.insert(id.to_owned(), json!({"name": media.name, "size": media.size}));
            }
        }
    }
    if !files.is_empty() {
        message["files"] = json!(files);
    }
}

/// The contact ways that a customer can scan, newest first.
fn ways(world: &World) -> Value {
    let ways = world.ways.in_order().into_iter().rev().take(SHOWN_WAYS);
    let view = |way: &crate::state::Way| {
        let members = world.members_of(&way.users, &way.parties);
        let names: Vec<&str> = members.iter().take(5).map(|staff| staff.name.as_str()).collect();
        json!({
            "config_id": way.config_id,
            "state": way.state,
            "remark": way.remark,
            "members": members.len(),
            "names": names,
        })
    };
    json!(ways.map(view).collect::<Vec<Value>>())
}

/// What somebody types to find people.
struct Needle(String);

impl Needle {
    fn new(text: &str) -> Self {
        Self(text.trim().to_lowercase())
    }

    fn finds(&self, world: &World, one: &Customer) -> bool {
        let mut relations = world.relations.of_customer(&one.external_userid);
        self.is_in(one, None) || relations.any(|relation| self.is_in(one, Some(relation)))
    }

    fn is_in(&self, one: &Customer, relation: Option<&Relation>) -> bool {
        let holds = |text: &str| text.to_lowercase().contains(&self.0);
        self.0.is_empty()
            || holds(&one.name)
            || holds(&one.external_userid)
            || relation.is_some_and(|relation| holds(&relation.remark))
    }
}
