//! Corp tags. What the app changes here is not told back to it.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, Endpoint, Refusal};
use crate::state::{Creator, Group, LONGEST_NAME, MOST_TAGS, Tag, World};
use crate::time::seconds;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::post("externalcontact/get_corp_tag_list", list),
    Endpoint::post("externalcontact/add_corp_tag", add),
    Endpoint::post("externalcontact/edit_corp_tag", edit),
    Endpoint::post("externalcontact/del_corp_tag", delete),
];

#[derive(Deserialize)]
struct Ids {
    tag_id: Option<Vec<String>>,
    group_id: Option<Vec<String>>,
}

/// Everything alive, or what is asked for by id, then with the dead marked as such.
fn list(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let asked: Ids = call.body()?;
    let group_ids = asked.group_id.unwrap_or_default();
    let tag_ids = asked.tag_id.unwrap_or_default();
    let mut groups: Vec<Value> = Vec::new();
    if !group_ids.is_empty() {
        for id in group_ids.iter().collect::<BTreeSet<_>>() {
            let group = world.tags.group(id).ok_or_else(|| invalid_id(id))?;
            groups.push(view(group, |_| true, Marked::Dead));
        }
    } else if !tag_ids.is_empty() {
        if let Some(id) = tag_ids.iter().find(|id| world.tags.tag(id).is_none()) {
            return Err(invalid_id(id));
        }
        let wanted = |tag: &Tag| tag_ids.contains(&tag.id);
        for group in in_order(world.tags.groups()) {
            if group.tags.iter().any(wanted) {
                groups.push(view(group, wanted, Marked::Dead));
            }
        }
    } else {
        for group in in_order(world.tags.live_groups()) {
            groups.push(view(group, |tag| !tag.deleted, Marked::No));
        }
    }
    Ok(json!({"tag_group": groups}))
}

#[derive(Deserialize)]
struct AddCorpTag {
    group_id: Option<String>,
    group_name: Option<String>,
    order: Option<u32>,
    tag: Option<Vec<NewTag>>,
    agentid: Option<u64>,
}

#[derive(Deserialize)]
struct NewTag {
    name: String,
    order: Option<u32>,
}

/// Into the group with this id or name; a new name makes a new group. Answers the new tags only.
fn add(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let asked: AddCorpTag = call.body()?;
    if asked.agentid.is_some_and(|agentid| agentid != call.agent_id) {
        return Err(Refusal::new(301_002, "not allow operate another agent"));
    }
    let mut names = BTreeSet::new();
    let mut wanted: Vec<NewTag> = Vec::new();
    for tag in asked.tag.unwrap_or_default() {
        check_name(&tag.name)?;
        if names.insert(tag.name.clone()) {
            wanted.push(tag);
        }
    }
    if wanted.is_empty() {
        return Err(Refusal::parameter("tag missing"));
    }
    let existing = match (&asked.group_id, &asked.group_name) {
        (Some(id), _) if !id.is_empty() => {
            Some(world.tags.group(id).filter(|group| !group.deleted).ok_or_else(|| invalid_id(id))?)
        }
        (_, Some(name)) => {
            check_name(name)?;
            world.tags.group_named(name)
        }
        (_, None) => return Err(Refusal::parameter("group_id or group_name missing")),
    };
    if let Some(group) = existing
        && let Some(double) = wanted.iter().find(|tag| group.live_tag(&tag.name).is_some())
    {
        return Err(name_exists(&double.name));
    }
    if world.tags.live_count() + wanted.len() > MOST_TAGS {
        return Err(Refusal::new(40126, "corp tag count exceeds the limit"));
    }

    let (now, creator, draws) = (call.now_ms, creator(call), &mut world.draws);
    let group_id = match existing {
        Some(group) => group.id.clone(),
        None => world.tags.create_group(
            asked.group_name.as_deref().unwrap_or_default(),
            asked.order.unwrap_or(0),
            creator,
            now,
            draws,
        ),
    };
    let mut made = BTreeSet::new();
    for tag in wanted {
        let order = tag.order.unwrap_or(0);
        let tag = world.tags.create_tag(&group_id, &tag.name, order, creator, now, draws);
        made.extend(tag.map(|tag| tag.id));
    }
    let group = world.tags.group(&group_id).ok_or_else(|| invalid_id(&group_id))?;
    Ok(json!({"tag_group": view(group, |tag| made.contains(&tag.id), Marked::No)}))
}

#[derive(Deserialize)]
struct EditCorpTag {
    id: Option<String>,
    name: Option<String>,
    order: Option<u32>,
}

fn edit(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let asked: EditCorpTag = call.body()?;
    let id = asked.id.unwrap_or_default();
    if let Some(name) = &asked.name {
        check_name(name)?;
    }
    if let Some(group) = world.tags.group(&id).filter(|group| !group.deleted) {
        check_owner(group.creator, call)?;
        if let Some(name) = &asked.name
            && world.tags.group_named(name).is_some_and(|other| other.id != id)
        {
            return Err(name_exists(name));
        }
        if let Some(group) = world.tags.group_mut(&id) {
            group.name = asked.name.unwrap_or_else(|| group.name.clone());
            group.order = asked.order.unwrap_or(group.order);
        }
        return Ok(json!({}));
    }
    let (group, tag) = world.tags.live_tag(&id).ok_or_else(|| invalid_id(&id))?;
    check_owner(tag.creator, call)?;
    if let Some(name) = &asked.name
        && group.live_tag(name).is_some_and(|other| other.id != id)
    {
        return Err(name_exists(name));
    }
    if let Some(tag) = world.tags.tag_mut(&id) {
        tag.name = asked.name.unwrap_or_else(|| tag.name.clone());
        tag.order = asked.order.unwrap_or(tag.order);
    }
    Ok(json!({}))
}

/// All or nothing: one id that is unknown or another's refuses the call.
fn delete(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let asked: Ids = call.body()?;
    let group_ids = asked.group_id.unwrap_or_default();
    let tag_ids = asked.tag_id.unwrap_or_default();
    if group_ids.is_empty() && tag_ids.is_empty() {
        return Err(Refusal::parameter("tag_id and group_id both empty"));
    }
    for id in &group_ids {
        let group = world.tags.group(id).filter(|group| !group.deleted).ok_or_else(|| invalid_id(id))?;
        check_owner(group.creator, call)?;
        for tag in group.live_tags() {
            check_owner(tag.creator, call)?;
        }
    }
    for id in &tag_ids {
        let (_, tag) = world.tags.live_tag(id).ok_or_else(|| invalid_id(id))?;
        check_owner(tag.creator, call)?;
    }
    let groups = group_ids.iter().map(String::as_str).collect();
    let tags = tag_ids.iter().map(String::as_str).collect();
    let (gone, _) = world.tags.delete(&groups, &tags);
    world.relations.strip_tags(&gone);
    Ok(json!({}))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Marked {
    /// `deleted: true` on what is dead.
    Dead,
    No,
}

fn view(group: &Group, shown: impl Fn(&Tag) -> bool, marked: Marked) -> Value {
    let mut tags: Vec<&Tag> = group.tags.iter().filter(|tag| shown(tag)).collect();
    tags.sort_by_key(|tag| std::cmp::Reverse(tag.order));
    let tags: Vec<Value> = tags
        .into_iter()
        .map(|tag| {
            let mut view = json!({
                "id": tag.id,
                "name": tag.name,
                "create_time": seconds(tag.created_at_ms),
                "order": tag.order,
            });
            if tag.deleted && marked == Marked::Dead {
                view["deleted"] = json!(true);
            }
            view
        })
        .collect();
    let mut view = json!({
        "group_id": group.id,
        "group_name": group.name,
        "create_time": seconds(group.created_at_ms),
        "order": group.order,
        "tag": tags,
    });
    if group.deleted && marked == Marked::Dead {
        view["deleted"] = json!(true);
    }
    view
}

/// Larger `order` first; equal ones as they were made.
fn in_order<'a>(groups: impl IntoIterator<Item = &'a Group>) -> Vec<&'a Group> {
    let mut groups: Vec<&Group> = groups.into_iter().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.order));
    groups
}

fn check_name(name: &str) -> Result<(), Refusal> {
    if (1..=LONGEST_NAME).contains(&name.chars().count()) {
        Ok(())
    } else {
        Err(Refusal::new(40072, "invalid tag name length"))
    }
}

/// Whom tags belong to that this call makes.
fn creator(call: &Call<'_>) -> Creator {
    if call.agent_id == call.config.agent_id { Creator::App } else { Creator::OtherApp(call.agent_id) }
}

fn check_owner(owner: Creator, call: &Call<'_>) -> Result<(), Refusal> {
    if owner == creator(call) { Ok(()) } else { Err(Refusal::new(60011, "no privilege on the tag")) }
}

fn invalid_id(id: &str) -> Refusal {
    Refusal::new(40068, format!("invalid tagid {id}"))
}

fn name_exists(name: &str) -> Refusal {
    Refusal::new(40071, format!("tag name exists: {name}"))
}
