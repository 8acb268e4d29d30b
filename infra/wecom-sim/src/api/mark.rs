//! Tags on a relation.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, Endpoint, Refusal, related};
use crate::state::World;

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
    let add = asked.add_tag.unwrap_or_default();
    let remove = asked.remove_tag.unwrap_or_default();
    if add.is_empty() && remove.is_empty() {
        return Err(Refusal::parameter("add_tag and remove_tag both empty"));
    }
    let (userid, external_userid) = (asked.userid.as_deref(), asked.external_userid.as_deref());
    related::relation(world, call, userid, external_userid)?;
    if let Some(unknown) = add.iter().chain(&remove).find(|id| world.tags.live_tag(id).is_none()) {
        return Err(Refusal::new(40068, format!("invalid tagid {unknown}")));
    }
    let relation = related::relation(world, call, userid, external_userid)?;
    relation.tags.retain(|id| !remove.contains(id));
    relation.tags.extend(add);
    Ok(json!({}))
}
