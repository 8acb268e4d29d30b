//! Customers: list and detail.

pub(super) mod batch;
pub(super) mod remark;

use serde_json::{Map, Value, json};

use super::{Call, Endpoint, Refusal, cursor, related};
use crate::state::{Customer, Relation, World};
use crate::time::seconds;

pub(super) const ENDPOINTS: &[Endpoint] =
    &[Endpoint::get("externalcontact/list", list), Endpoint::get("externalcontact/get", get)];

/// Members of one customer in one answer.
const PAGE: usize = 500;

/// A member without customers is an error here, not an empty list.
fn list(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let userid = call.query("userid").ok_or_else(|| Refusal::new(40063, "userid missing"))?;
    related::serving(world, call, userid)?;
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
    let customer = world.customers.get(id).ok_or_else(Refusal::unknown_customer)?;
    let callable: Vec<&Relation> =
        world.relations.of_customer(id).filter(|relation| relation.is_callable()).collect();
    if callable.is_empty() {
        return Err(Refusal::no_relation());
    }
    let mut visible: Vec<&Relation> = callable
        .into_iter()
        .filter(|relation| related::serving(world, call, &relation.userid).is_ok())
        .collect();
    if visible.is_empty() {
        return Err(Refusal::unknown_customer());
    }
    visible.sort_by_key(|relation| (relation.created_at_ms, relation.userid.to_lowercase()));

    let query = format!("get {id}");
    let start = match cursor::read(&query, call.query("cursor"))? {
        None => 0,
        Some(place) => place
            .parse()
            .ok()
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
        answer["next_cursor"] = json!(cursor::write(&query, &end.to_string()));
    }
    Ok(answer)
}

/// `external_contact`: what the corp does not know is left out.
fn contact(customer: &Customer) -> Value {
    let mut contact = json!({
        "external_userid": customer.external_userid,
        "name": customer.name,
        "avatar": customer.avatar,
        "type": if customer.employer.is_some() { 2 } else { 1 },
        "gender": customer.gender,
    });
    match &customer.employer {
        Some(employer) => {
            contact["position"] = json!(employer.position);
            contact["corp_name"] = json!(employer.name);
            contact["corp_full_name"] = json!(employer.full_name);
            contact["external_profile"] = json!({"external_attr": []});
        }
        None => {
            if let Some(unionid) = &customer.unionid {
                contact["unionid"] = json!(unionid);
            }
        }
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
    let mut follow = relation_fields(relation);
    follow.insert("userid".to_owned(), json!(relation.userid));
    follow.insert("tags".to_owned(), corp_tags.chain(personal_tags).collect::<Vec<_>>().into());
    follow.into()
}

/// What `get` and `batch/get_by_user` tell alike of a relation.
fn relation_fields(relation: &Relation) -> Map<String, Value> {
    let mut fields = Map::new();
    let mut tell = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    tell("remark", json!(relation.remark));
    tell("description", json!(relation.description));
    tell("createtime", json!(seconds(relation.created_at_ms)));
    if !relation.remark_company.is_empty() {
        tell("remark_corp_name", json!(relation.remark_company));
    }
    tell("remark_mobiles", json!(relation.remark_mobiles));
    tell("oper_userid", json!(relation.operator.as_ref().unwrap_or(&relation.external_userid)));
    tell("add_way", json!(relation.add_way));
    if let Some(state) = &relation.state {
        tell("state", json!(state));
    }
    fields
}
