//! Customers: list and detail.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::{Call, Endpoint, Refusal};
use crate::state::{Customer, Relation, World};
use crate::time::seconds;

pub(super) const ENDPOINTS: &[Endpoint] =
    &[Endpoint::get("externalcontact/list", list), Endpoint::get("externalcontact/get", get)];

/// Members of one customer in one answer.
const PAGE: usize = 500;

/// A member without customers is an error here, not an empty list.
fn list(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let userid = call.query("userid").ok_or_else(|| Refusal::new(40063, "userid missing"))?;
    let staff = world.member(userid).ok_or_else(Refusal::unknown_member)?;
    if !staff.licensed {
        return Err(Refusal::new(60011, "no privilege to access the member"));
    }
    let customers: Vec<&str> = world
        .relations
        .of_staff(userid)
        .filter(|relation| relation.is_callable())
        .map(|relation| relation.external_userid.as_str())
        .collect();
    if customers.is_empty() {
        return Err(Refusal::no_relation());
    }
    Ok(json!({"external_userid": customers}))
}

fn get(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let id = call.query("external_userid").ok_or_else(|| Refusal::new(41035, "external_userid missing"))?;
    let customer = world.customers.get(id).ok_or_else(|| Refusal::new(40096, "invalid external userid"))?;
    let callable: Vec<&Relation> =
        world.relations.of_customer(id).filter(|relation| relation.is_callable()).collect();
    if callable.is_empty() {
        return Err(Refusal::no_relation());
    }
    let mut visible: Vec<&Relation> =
        callable.into_iter().filter(|relation| world.is_licensed(&relation.userid)).collect();
    if visible.is_empty() {
        return Err(Refusal::new(40096, "invalid external userid"));
    }
    visible.sort_by_key(|relation| (relation.created_at_ms, relation.userid.to_lowercase()));

    let start = match call.query("cursor") {
        None => 0,
        Some(cursor) => read_cursor(cursor, id)
            .filter(|start| *start < visible.len())
            .ok_or_else(|| Refusal::new(50100, "invalid cursor"))?,
    };
    let end = visible.len().min(start + PAGE);
    let follow_users: Vec<Value> =
        visible[start..end].iter().map(|relation| follow_user(world, relation)).collect();
    let mut answer = json!({
        "external_contact": contact(customer),
        "follow_user": follow_users,
    });
    if end < visible.len() {
        answer["next_cursor"] = json!(write_cursor(end, id));
    }
    Ok(answer)
}

fn contact(customer: &Customer) -> Value {
    let mut contact = json!({
        "external_userid": customer.external_userid,
        "name": customer.name,
        "avatar": customer.avatar,
        "type": 1,
        "gender": customer.gender,
    });
    if let Some(unionid) = &customer.unionid {
        contact["unionid"] = json!(unionid);
    }
    contact
}

fn follow_user(world: &World, relation: &Relation) -> Value {
    let corp_tags = relation.tags.iter().filter_map(|id| {
        let (group, tag) = world.tags.live_tag(id)?;
        Some(json!({"group_name": group.name, "tag_name": tag.name, "tag_id": tag.id, "type": 1}))
    });
    let personal_tags = relation
        .personal_tags
        .iter()
        .map(|name| json!({"group_name": "个人标签", "tag_name": name, "type": 2}));
    let mut follow = Map::new();
    follow.insert("userid".to_owned(), json!(relation.userid));
    follow.insert("remark".to_owned(), json!(relation.remark));
    follow.insert("description".to_owned(), json!(""));
    follow.insert("createtime".to_owned(), json!(seconds(relation.created_at_ms)));
    follow.insert("tags".to_owned(), corp_tags.chain(personal_tags).collect::<Vec<_>>().into());
    follow.insert("remark_mobiles".to_owned(), json!([]));
    follow.insert("oper_userid".to_owned(), json!(relation.external_userid));
    follow.insert("add_way".to_owned(), json!(relation.add_way));
    if let Some(state) = &relation.state {
        follow.insert("state".to_owned(), json!(state));
    }
    follow.into()
}

/// Opaque to callers, bound to its query.
fn write_cursor(start: usize, id: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(format!("{start}@{id}"))
}

fn read_cursor(cursor: &str, id: &str) -> Option<usize> {
    let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (start, of) = text.split_once('@')?;
    if of != id {
        return None;
    }
    start.parse().ok()
}
