//! Tags on a relation.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, Endpoint, Refusal};
use crate::state::{Relation, World};

pub(super) const ENDPOINTS: &[Endpoint] = &[Endpoint::post("externalcontact/mark_tag", mark_tag)];

#[derive(Deserialize)]
struct MarkTag {
    userid: Option<String>,
    external_userid: Option<String>,
    add_tag: Option<Vec<String>>,
    remove_tag: Option<Vec<String>>,
}

/// Marking twice is marking once. Several tags of one group are allowed: exclusiveness is not WeCom's idea.
fn mark_tag(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let asked: MarkTag = call.body()?;
    let userid = asked
        .userid
        .filter(|userid| !userid.is_empty())
        .ok_or_else(|| Refusal::new(40003, "invalid userid"))?;
    let external_userid = asked
        .external_userid
        .filter(|id| !id.is_empty())
        .ok_or_else(|| Refusal::new(41035, "external_userid missing"))?;
    let add = asked.add_tag.unwrap_or_default();
    let remove = asked.remove_tag.unwrap_or_default();
    if add.is_empty() && remove.is_empty() {
        return Err(Refusal::parameter("add_tag and remove_tag both empty"));
    }
    let staff = world.member(&userid).ok_or_else(Refusal::unknown_member)?;
    if !staff.licensed {
        return Err(Refusal::new(60011, "no privilege to access the member"));
    }
    if !world.customers.contains_key(&external_userid) {
        return Err(Refusal::new(40096, "invalid external userid"));
    }
    if !world.relations.get(&external_userid, &userid).is_some_and(Relation::is_callable) {
        return Err(Refusal::no_relation());
    }
    if let Some(unknown) = add.iter().chain(&remove).find(|id| world.tags.live_tag(id).is_none()) {
        return Err(Refusal::new(40068, format!("invalid tagid {unknown}")));
    }
    if let Some(relation) = world.relations.get_mut(&external_userid, &userid) {
        relation.tags.retain(|id| !remove.contains(id));
        relation.tags.extend(add);
    }
    Ok(json!({}))
}
