//! A member edits tags and remark of a customer on the phone.

use std::collections::BTreeSet;

use axum::body::Bytes;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::input::Input;
use super::people::{known_customer, known_staff};
use super::{Outcome, Problem, views};
use crate::callback::Event;
use crate::sim::Sim;
use crate::state::{Scene, World};

struct Edit<'a> {
    external_userid: &'a str,
    userid: &'a str,
    add: Vec<&'a str>,
    remove: Vec<&'a str>,
    add_personal: Vec<&'a str>,
    remove_personal: Vec<&'a str>,
    remark: Option<&'a str>,
}

/// `POST staff/{userid}/tag`
pub(super) async fn tag(State(sim): State<Sim>, Path(userid): Path<String>, body: Bytes) -> Outcome {
    let input = Input::parse(&body)?;
    let edit = Edit {
        external_userid: input.text("external_userid")?,
        userid: &userid,
        add: input.texts("add")?,
        remove: input.texts("remove")?,
        add_personal: input.texts("add_personal")?,
        remove_personal: input.texts("remove_personal")?,
        remark: input.optional_text("remark")?,
    };
    sim.carry_out(|world, scene| apply(world, scene, &edit)).await
}

fn apply(world: &mut World, scene: &Scene<'_>, edit: &Edit<'_>) -> Result<Value, Problem> {
    let id = edit.external_userid;
    known_customer(world, id)?;
    let userid = known_staff(world, edit.userid)?;
    let add = resolve_all(world, "add", &edit.add)?;
    let remove = resolve_all(world, "remove", &edit.remove)?;
    let relation =
        world.relations.get_mut(id, &userid).filter(|relation| relation.is_callable()).ok_or_else(|| {
            Problem::conflict("external_userid", "the customer is not in the member's list")
        })?;
    let before = relation.clone();
    relation.tags.retain(|tag| !remove.contains(tag));
    relation.tags.extend(add);
    for name in &edit.remove_personal {
        relation.personal_tags.remove(*name);
    }
    relation.personal_tags.extend(edit.add_personal.iter().map(|&name| name.to_owned()));
    if let Some(remark) = edit.remark {
        relation.remark = remark.to_owned();
    }
    let is_changed = before.tags != relation.tags
        || before.personal_tags != relation.personal_tags
        || before.remark != relation.remark;
    let is_told = is_changed && world.is_told_of(&userid);
    if is_told {
        world.announce(scene, Event::contact("edit_external_contact", &userid, id));
    }
    let mut answer = views::contact_view(world, id)?;
    answer["event"] = json!(is_told.then_some("edit_external_contact"));
    Ok(answer)
}

fn resolve_all(world: &World, field: &str, names: &[&str]) -> Result<BTreeSet<String>, Problem> {
    names.iter().map(|name| resolve(world, field, name)).collect()
}

/// A tag by `组/标签`, by a bare name that only one group has, or by id. Nothing is created on the way.
pub(super) fn resolve(world: &World, field: &str, name: &str) -> Result<String, Problem> {
    if let Some((_, tag)) = world.tags.live_tag(name) {
        return Ok(tag.id.clone());
    }
    // a name may hold a slash itself, so the whole is compared and not cut
    let fitting: Vec<(String, &str)> = world
        .tags
        .live_groups()
        .flat_map(|group| group.live_tags().map(move |tag| (group, tag)))
        .map(|(group, tag)| (format!("{}/{}", group.name, tag.name), tag))
        .filter(|(full, tag)| full == name || tag.name == name)
        .map(|(full, tag)| (full, tag.id.as_str()))
        .collect();
    match fitting.as_slice() {
        [] => Err(Problem::missing(field, format!("no tag {name}"))),
        [(_, id)] => Ok((*id).to_owned()),
        several => match several.iter().find(|(full, _)| full == name) {
            Some((_, id)) => Ok((*id).to_owned()),
            None => {
                let candidates: Vec<&str> = several.iter().map(|(full, _)| full.as_str()).collect();
                Err(Problem::conflict(field, format!("{name} may be {}", candidates.join(", "))))
            }
        },
    }
}
