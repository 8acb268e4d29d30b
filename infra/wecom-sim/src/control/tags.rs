//! An administrator edits the corp's tags in the console.

use std::collections::BTreeSet;

use axum::body::Bytes;
use axum::extract::State;
use serde_json::{Value, json};

use super::input::Input;
use super::{Outcome, Problem, views};
use crate::callback::Event;
use crate::sim::Sim;
use crate::state::{Creator, LONGEST_NAME, MOST_TAGS, Scene, World};

/// `POST tags`: `action` is `create` (the default), `rename`, `order`, `shuffle` or `delete`. `group` alone
/// means the group, `group` and `name` one tag of it; both may be given by id. A shuffle without `group`
/// shuffles the groups.
pub(super) async fn edit(State(sim): State<Sim>, body: Bytes) -> Outcome {
    let input = Input::parse(&body)?;
    let action = input.optional_text("action")?.unwrap_or("create");
    if action == "shuffle" {
        let group = input.optional_text("group")?.filter(|group| !group.is_empty());
        return sim.carry_out(|world, scene| shuffle(world, scene, group)).await;
    }
    let group = input.text("group")?;
    let name = input.optional_text("name")?.filter(|name| !name.is_empty());
    let order = input
        .optional_integer("order")?
        .map(u32::try_from)
        .transpose()
        .map_err(|_| Problem::invalid("order", "order is not a 32-bit number"))?;
    match action {
        "create" => {
            let name = input.text("name")?;
            check_name("group", group)?;
            check_name("name", name)?;
            sim.carry_out(|world, scene| create(world, scene, group, name, order.unwrap_or(0))).await
        }
        "rename" => {
            let to = input.text("to")?;
            check_name("to", to)?;
            sim.carry_out(|world, scene| rename(world, scene, group, name, to)).await
        }
        "order" => {
            let order = order.ok_or_else(|| Problem::invalid("order", "order is missing"))?;
            sim.carry_out(|world, scene| set_order(world, scene, group, name, order)).await
        }
        "delete" => sim.carry_out(|world, scene| delete(world, scene, group, name)).await,
        _ => Err(Problem::invalid("action", "action is create, rename, order, shuffle or delete")),
    }
}

/// Dragging a tag is told of its group, dragging a group of all groups.
fn set_order(
    world: &mut World,
    scene: &Scene<'_>,
    group: &str,
    name: Option<&str>,
    order: u32,
) -> Result<Value, Problem> {
    match find(world, group, name)? {
        Found::Group(id) => {
            if let Some(group) = world.tags.group_mut(&id) {
                group.order = order;
            }
            world.announce(scene, Event::shuffled_tags(""));
            Ok(json!({"group_id": id, "order": order}))
        }
        Found::Tag(id) => {
            if let Some(tag) = world.tags.tag_mut(&id) {
                tag.order = order;
            }
            let group_id = world.tags.tag(&id).map(|(group, _)| group.id.clone()).unwrap_or_default();
            world.announce(scene, Event::shuffled_tags(&group_id));
            Ok(json!({"group_id": group_id, "id": id, "order": order}))
        }
    }
}

/// A new order by the seed's choice.
fn shuffle(world: &mut World, scene: &Scene<'_>, group: Option<&str>) -> Result<Value, Problem> {
    let mut stream = world.draws.draw("tag_order");
    let mut orders = |count: usize| {
        let mut orders: Vec<u32> = (1..).take(count).collect();
        stream.shuffle(&mut orders);
        orders
    };
    let group_id = match group {
        None => {
            let orders = orders(world.tags.live_groups().count());
            for (group, order) in world.tags.live_groups_mut().zip(orders) {
                group.order = order;
            }
            String::new()
        }
        Some(group) => {
            let (Found::Group(id) | Found::Tag(id)) = find(world, group, None)?;
            if let Some(group) = world.tags.group_mut(&id) {
                let orders = orders(group.live_tags().count());
                for (tag, order) in group.tags.iter_mut().filter(|tag| !tag.deleted).zip(orders) {
                    tag.order = order;
                }
            }
            id
        }
    };
    world.announce(scene, Event::shuffled_tags(&group_id));
    Ok(json!({"group_id": group_id}))
}

fn create(
    world: &mut World,
    scene: &Scene<'_>,
    group: &str,
    name: &str,
    order: u32,
) -> Result<Value, Problem> {
    let known =
        world.tags.group_named(group).or_else(|| world.tags.group(group).filter(|group| !group.deleted));
    if known.is_some_and(|group| group.live_tag(name).is_some()) {
        return Err(Problem::conflict("name", format!("{group}/{name} exists already")));
    }
    if world.tags.live_count() >= MOST_TAGS {
        return Err(Problem::conflict("name", format!("a corp has at most {MOST_TAGS} tags")));
    }
    let (now, draws) = (scene.now_ms, &mut world.draws);
    let (group_id, is_new) = match known {
        Some(group) => (group.id.clone(), false),
        None => {
            let id = world.tags.create_group(group, 0, Creator::Console, now, draws);
            (id, true)
        }
    };
    let tag = world
        .tags
        .create_tag(&group_id, name, order, Creator::Console, now, draws)
        .ok_or_else(|| Problem::missing("group", format!("no group {group}")))?;
    if is_new {
        world.announce(scene, Event::tag("create", "tag_group", &group_id));
    }
    world.announce(scene, Event::tag("create", "tag", &tag.id));
    views::tag_view(world, &tag.id)
}

fn rename(
    world: &mut World,
    scene: &Scene<'_>,
    group: &str,
    name: Option<&str>,
    to: &str,
) -> Result<Value, Problem> {
    match find(world, group, name)? {
        Found::Group(id) => {
            if world.tags.group_named(to).is_some_and(|other| other.id != id) {
                return Err(Problem::conflict("to", format!("{to} exists already")));
            }
            if let Some(group) = world.tags.group_mut(&id) {
                group.name = to.to_owned();
            }
            world.announce(scene, Event::tag("update", "tag_group", &id));
            Ok(json!({"group_id": id, "group": to}))
        }
        Found::Tag(id) => {
            let is_taken = world
                .tags
                .live_tag(&id)
                .is_some_and(|(group, _)| group.live_tag(to).is_some_and(|other| other.id != id));
            if is_taken {
                return Err(Problem::conflict("to", format!("{to} exists already")));
            }
            if let Some(tag) = world.tags.tag_mut(&id) {
                tag.name = to.to_owned();
            }
            world.announce(scene, Event::tag("update", "tag", &id));
            views::tag_view(world, &id)
        }
    }
}

/// A group's tags go with it without an event each; a group whose last tag goes, goes with one.
fn delete(world: &mut World, scene: &Scene<'_>, group: &str, name: Option<&str>) -> Result<Value, Problem> {
    let found = find(world, group, name)?;
    let (kind, id) = match &found {
        Found::Group(id) => ("tag_group", id),
        Found::Tag(id) => ("tag", id),
    };
    let this = BTreeSet::from([id.as_str()]);
    let none = BTreeSet::new();
    let (gone, emptied) = match &found {
        Found::Group(_) => world.tags.delete(&this, &none),
        Found::Tag(_) => world.tags.delete(&none, &this),
    };
    world.relations.strip_tags(&gone);
    world.announce(scene, Event::tag("delete", kind, id));
    for group in &emptied {
        world.announce(scene, Event::tag("delete", "tag_group", group));
    }
    Ok(json!({"deleted": gone, "deleted_groups": emptied}))
}

enum Found {
    Group(String),
    Tag(String),
}

fn find(world: &World, group: &str, name: Option<&str>) -> Result<Found, Problem> {
    let found = world
        .tags
        .group_named(group)
        .or_else(|| world.tags.group(group).filter(|group| !group.deleted))
        .ok_or_else(|| Problem::missing("group", format!("no group {group}")))?;
    let Some(name) = name else {
        return Ok(Found::Group(found.id.clone()));
    };
    found
        .live_tags()
        .find(|tag| tag.name == name || tag.id == name)
        .map(|tag| Found::Tag(tag.id.clone()))
        .ok_or_else(|| Problem::missing("name", format!("no tag {group}/{name}")))
}

fn check_name(field: &str, name: &str) -> Result<(), Problem> {
    if name.chars().count() <= LONGEST_NAME {
        Ok(())
    } else {
        Err(Problem::invalid(field, format!("{field} is longer than {LONGEST_NAME} characters")))
    }
}
