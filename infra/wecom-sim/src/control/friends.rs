//! Becoming contacts, and ceasing to be.

use axum::body::Bytes;
use axum::extract::{Path, State};
use serde::Deserialize as _;
use serde_json::{Value, json};

use super::input::Input;
use super::people::{known_customer, known_staff};
use super::{Outcome, Problem, views};
use crate::callback::Event;
use crate::sim::Sim;
use crate::state::{Hindrance, Relation, Scene, World};

/// Longest `state`: an acquisition link's channel, in bytes.
const LONGEST_STATE: usize = 64;
/// The customer scanned a code.
const SCANNED: i64 = 1;

pub(super) struct Add<'a> {
    pub(super) external_userid: &'a str,
    pub(super) userid: &'a str,
    pub(super) state: Option<&'a str>,
    pub(super) add_way: Option<i64>,
    /// The member has not added back.
    pub(super) half: bool,
    /// False: this time WeCom issues no code, for whatever reason of its own.
    pub(super) welcome_code: bool,
    /// It was the member who asked.
    pub(super) by_member: bool,
    /// What will stand in the way of the welcome.
    pub(super) hindrance: Option<Hindrance>,
}

/// `POST customers/{id}/add`: the customer adds a member, or with `by_member` the other way round.
pub(super) async fn add(State(sim): State<Sim>, Path(id): Path<String>, body: Bytes) -> Outcome {
    let input = Input::parse(&body)?;
    let add = Add {
        external_userid: &id,
        userid: input.text("userid")?,
        state: input.optional_text("state")?.filter(|state| !state.is_empty()),
        add_way: input.optional_integer("add_way")?,
        half: input.optional_flag("half")?.unwrap_or(false),
        welcome_code: input.optional_flag("welcome_code")?.unwrap_or(true),
        by_member: input.optional_flag("by_member")?.unwrap_or(false),
        hindrance: input.get("hindrance").map(hindrance).transpose()?,
    };
    if add.state.is_some_and(|state| state.len() > LONGEST_STATE) {
        return Err(Problem::invalid("state", "state is longer than 64 bytes"));
    }
    sim.carry_out(|world, scene| befriend(world, scene, &add)).await
}

pub(super) fn befriend(world: &mut World, scene: &Scene<'_>, add: &Add<'_>) -> Result<Value, Problem> {
    known_customer(world, add.external_userid)?;
    let userid = known_staff(world, add.userid)?;
    let earlier = world.relations.get(add.external_userid, &userid).cloned();
    if let Some(earlier) = &earlier
        && !earlier.is_ended()
        && (!earlier.half || add.half)
    {
        let detail = if earlier.half {
            "the member has been added and has not added back: add again without half"
        } else {
            "they are contacts already"
        };
        return Err(Problem::conflict("userid", detail));
    }
    let relation = begin(world, scene.now_ms, add, &userid, earlier);
    let (half, state) = (relation.half, relation.state.clone());
    let may_greet = !relation.chatted && !relation.welcomed && add.welcome_code;
    world.relations.put(relation);

    if !half {
        let counts = world.behaviour.on(&userid, scene.now_ms);
        counts.gained += 1;
        counts.applied += u64::from(add.by_member);
    }
    let is_told = world.is_told_of(&userid);
    let greets_itself = world.member(&userid).is_some_and(|staff| staff.console_welcome);
    let is_wechat_user = world.customers.get(add.external_userid).is_some_and(|one| one.employer.is_none());
    let code = (is_told && may_greet && !greets_itself && is_wechat_user)
        .then(|| issue_code(world, scene, &userid, add.external_userid, add.hindrance));
    let change = if half { "add_half_external_contact" } else { "add_external_contact" };
    if is_told {
        let event = Event::contact(change, &userid, add.external_userid)
            .with("State", state)
            .with("WelcomeCode", code.clone());
        world.announce(scene, event);
    }
    Ok(json!({
        "external_userid": add.external_userid,
        "userid": userid,
        "half": half,
        "event": is_told.then_some(change),
        "welcome_code": code,
    }))
}

fn hindrance(value: &Value) -> Result<Hindrance, Problem> {
    Hindrance::deserialize(value)
        .map_err(|_| Problem::invalid("hindrance", "hindrance is other_sends, other_fails or no_consent"))
}

pub(super) fn issue_code(
    world: &mut World,
    scene: &Scene<'_>,
    userid: &str,
    external_userid: &str,
    hindrance: Option<Hindrance>,
) -> String {
    world.welcome.issue(userid, external_userid, hindrance, scene.now_ms, &mut world.draws)
}

/// The relation as it is from now on: new, completed after a half one, or revived.
fn begin(world: &World, now_ms: i64, add: &Add<'_>, userid: &str, earlier: Option<Relation>) -> Relation {
    let name =
        world.customers.get(add.external_userid).map(|customer| customer.name.clone()).unwrap_or_default();
    let mut relation = earlier.unwrap_or_else(|| Relation {
        add_way: SCANNED,
        remark: name.clone(),
        ..Relation::new(userid, add.external_userid, now_ms)
    });
    // a member who still keeps the customer in their list has nothing to add back
    let member_keeps = !relation.half && relation.staff_closed_at_ms.is_none();
    let completes = relation.half && !relation.is_ended();
    relation.half = add.half && !member_keeps;
    if relation.is_ended() {
        relation.chatted = false;
        relation.welcomed = false;
    }
    relation.customer_closed_at_ms = None;
    relation.staff_closed_at_ms = None;
    relation.created_at_ms = now_ms;
    if relation.remark.is_empty() {
        relation.remark = name;
    }
    // completing a half relation keeps how it began, unless told otherwise
    if !completes || add.add_way.is_some() {
        relation.add_way = add.add_way.unwrap_or(SCANNED);
    }
    if !completes || add.state.is_some() {
        relation.state = add.state.map(str::to_owned);
    }
    if !completes || add.by_member {
        relation.operator = add.by_member.then(|| userid.to_owned());
    }
    relation
}

/// `POST customers/{id}/block`: the customer deletes or blocks the member. For WeCom the contact stays,
/// one-way.
pub(super) async fn block(State(sim): State<Sim>, Path(id): Path<String>, body: Bytes) -> Outcome {
    let input = Input::parse(&body)?;
    let userid = input.text("userid")?;
    sim.carry_out(|world, scene| walk_out(world, scene, &id, userid)).await
}

pub(super) fn walk_out(
    world: &mut World,
    scene: &Scene<'_>,
    id: &str,
    userid: &str,
) -> Result<Value, Problem> {
    let relation = relation(world, id, userid)?;
    if relation.customer_closed_at_ms.is_some() {
        return Err(Problem::conflict("userid", "the customer has done so already"));
    }
    relation.customer_closed_at_ms = Some(scene.now_ms);
    world.behaviour.on(userid, scene.now_ms).lost += 1;
    tell_of_end(world, scene, "del_follow_user", id, userid)
}

/// `POST staff/{userid}/delete`: the member deletes the customer, and with the customer what they had
/// noted about them.
pub(super) async fn delete(State(sim): State<Sim>, Path(userid): Path<String>, body: Bytes) -> Outcome {
    let input = Input::parse(&body)?;
    let id = input.text("external_userid")?;
    sim.carry_out(|world, scene| {
        let relation = relation(world, id, &userid)?;
        if relation.half || relation.staff_closed_at_ms.is_some() {
            return Err(Problem::conflict("external_userid", "the customer is not in the member's list"));
        }
        relation.staff_closed_at_ms = Some(scene.now_ms);
        relation.tags.clear();
        relation.personal_tags.clear();
        relation.remark.clear();
        relation.description.clear();
        relation.remark_company.clear();
        relation.remark_mobiles.clear();
        tell_of_end(world, scene, "del_external_contact", id, &userid)
    })
    .await
}

fn relation<'a>(world: &'a mut World, id: &str, userid: &str) -> Result<&'a mut Relation, Problem> {
    known_customer(world, id)?;
    known_staff(world, userid)?;
    world.relations.get_mut(id, userid).ok_or_else(|| Problem::conflict("userid", "they never were contacts"))
}

fn tell_of_end(
    world: &mut World,
    scene: &Scene<'_>,
    change: &'static str,
    id: &str,
    userid: &str,
) -> Result<Value, Problem> {
    let userid = known_staff(world, userid)?;
    let is_told = world.is_told_of(&userid);
    if is_told {
        world.announce(scene, Event::contact(change, &userid, id));
    }
    let mut answer = views::contact_view(world, id)?;
    answer["event"] = json!(is_told.then_some(change));
    Ok(answer)
}
