//! The world as JSON, for scripts and the page.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::people::{known_customer, known_staff};
use super::{Outcome, Problem};
use crate::sim::Sim;
use crate::state::{AppMessage, ChatMessage, MassTask, MemberTask, Posted, Relation, Staff, Via, World};
use crate::time::rfc3339;

/// `GET customers/{id}/inbox`: what reached the customer, from whomever.
pub(super) async fn customer_inbox(State(sim): State<Sim>, Path(id): Path<String>) -> Outcome {
    sim.look(|world, _| {
        known_customer(world, &id)?;
        let items: Vec<Value> =
            chat_of(world, &id).filter(|message| message.via != Via::Customer).map(chat_view).collect();
        Ok(Json(json!({"items": items})))
    })
}

/// `GET staff/{userid}/inbox`: what the app sent to the member, what customers said to them, and the mass
/// messages that they are to send or have sent.
pub(super) async fn staff_inbox(State(sim): State<Sim>, Path(userid): Path<String>) -> Outcome {
    sim.look(|world, _| {
        let userid = known_staff(world, &userid)?;
        let mut said: Vec<(&String, &ChatMessage)> = world
            .chats
            .iter()
            .flat_map(|(id, chat)| chat.iter().map(move |message| (id, message)))
            .filter(|(_, message)| message.via == Via::Customer && message.userid == userid)
            .collect();
        said.sort_by_key(|(_, message)| message.at_ms);
        let chats: Vec<Value> = said
            .into_iter()
            .map(|(id, message)| {
                let mut view = chat_view(message);
                view["external_userid"] = json!(id);
                view
            })
            .collect();
        let items: Vec<Value> = app_messages_of(world, &userid).map(app_message_view).collect();
        let mass: Vec<Value> = mass_of(world, &userid).map(|(task, part)| mass_view(task, part)).collect();
        Ok(Json(json!({"items": items, "chats": chats, "mass": mass})))
    })
}

/// `GET contacts/{id}`: the contact as WeCom holds it.
pub(super) async fn contact(State(sim): State<Sim>, Path(id): Path<String>) -> Outcome {
    sim.look(|world, _| contact_view(world, &id)).map(Json)
}

/// `GET tags`: groups with their tags.
pub(super) async fn tags(State(sim): State<Sim>) -> Json<Value> {
    Json(sim.look(|world, _| json!({"items": tag_groups(world)})))
}

pub(crate) fn tag_groups(world: &World) -> Vec<Value> {
    world
        .tags
        .live_groups()
        .map(|group| {
            let tags: Vec<Value> = group
                .live_tags()
                .map(|tag| {
                    json!({
                        "id": tag.id,
                        "name": tag.name,
                        "order": tag.order,
                        "created_by": tag.creator,
                    })
                })
                .collect();
            json!({
                "id": group.id,
                "name": group.name,
                "order": group.order,
                "created_by": group.creator,
                "tags": tags,
            })
        })
        .collect()
}

pub(super) fn tag_view(world: &World, id: &str) -> Result<Value, Problem> {
    let (group, tag) = world.tags.tag(id).ok_or_else(|| Problem::missing("name", format!("no tag {id}")))?;
    Ok(json!({
        "group_id": group.id,
        "group": group.name,
        "id": tag.id,
        "name": tag.name,
    }))
}

pub(crate) fn staff_view(staff: &Staff) -> Value {
    json!({
        "userid": staff.userid,
        "name": staff.name,
        "licensed": staff.licensed,
        "console_welcome": staff.console_welcome,
        "status": staff.status,
        "departments": staff.departments,
        "position": staff.position,
    })
}

pub(crate) fn contact_view(world: &World, id: &str) -> Result<Value, Problem> {
    let customer = world
        .customers
        .get(id)
        .ok_or_else(|| Problem::missing("external_userid", format!("no customer {id}")))?;
    let relations: Vec<Value> =
        world.relations.of_customer(id).map(|relation| relation_view(world, relation)).collect();
    Ok(json!({
        "external_userid": customer.external_userid,
        "name": customer.name,
        "avatar": customer.avatar,
        "gender": customer.gender,
        "unionid": customer.unionid,
        "relations": relations,
    }))
}

pub(crate) fn relation_view(world: &World, relation: &Relation) -> Value {
    let tags: Vec<Value> = relation.tags.iter().filter_map(|id| tag_view(world, id).ok()).collect();
    let tag_names: Vec<String> = tags
        .iter()
        .filter_map(|tag| Some(format!("{}/{}", tag["group"].as_str()?, tag["name"].as_str()?)))
        .collect();
    let side = |closed: bool| if closed { "closed" } else { "open" };
    json!({
        "userid": relation.userid,
        "remark": relation.remark,
        "created_at": rfc3339(relation.created_at_ms),
        "add_way": relation.add_way,
        "state": relation.state,
        "half": relation.half,
        "customer_side": side(relation.customer_closed_at_ms.is_some()),
        "staff_side": side(relation.half || relation.staff_closed_at_ms.is_some()),
        "tags": tags,
        "tag_names": tag_names,
        "personal_tags": relation.personal_tags,
    })
}

pub(crate) fn chat_of<'a>(world: &'a World, id: &str) -> impl DoubleEndedIterator<Item = &'a ChatMessage> {
    world.chats.get(id).into_iter().flatten()
}

pub(crate) fn app_messages_of<'a>(
    world: &'a World,
    userid: &str,
) -> impl DoubleEndedIterator<Item = &'a AppMessage> {
    world.app_messages.get(&userid.to_ascii_lowercase()).into_iter().flatten()
}

pub(crate) fn chat_view(message: &ChatMessage) -> Value {
    let mut view = json!({
        "id": message.id,
        "at": rfc3339(message.at_ms),
        "userid": message.userid,
        "via": message.via,
        "text": message.text,
    });
    if !message.attachments.is_empty() {
        view["attachments"] = json!(message.attachments);
    }
    view
}

/// `text` for texts, `card` for cards, `content` for the rest. A recalled message says nothing any more.
pub(crate) fn app_message_view(message: &AppMessage) -> Value {
    let mut view = json!({
        "msgid": message.msgid,
        "at": rfc3339(message.at_ms),
        "msgtype": message.msgtype,
    });
    if message.recalled {
        view["recalled"] = json!(true);
        return view;
    }
    match message.msgtype.as_str() {
        "text" => view["text"] = message.content["content"].clone(),
        "template_card" => view["card"] = message.content.clone(),
        _ => view["content"] = message.content.clone(),
    }
    if let Some(text) = &message.replaced {
        view["replaced"] = json!(text);
    }
    if let Some(at_ms) = message.changed_at_ms {
        view["changed_at"] = json!(rfc3339(at_ms));
    }
    view
}

/// The member's parts in mass messages, oldest first.
pub(crate) fn mass_of<'a>(
    world: &'a World,
    userid: &'a str,
) -> impl DoubleEndedIterator<Item = (&'a MassTask, &'a MemberTask)> {
    world.mass.tasks().filter_map(move |task| Some((task, task.member(userid)?)))
}

/// One member's part, and in `to` each with WeCom's `status`.
pub(crate) fn mass_view(task: &MassTask, part: &MemberTask) -> Value {
    let to: Vec<Value> =
        part.rows.iter().map(|row| json!({"id": row.id, "status": row.outcome.number()})).collect();
    let mut view = mass_head(task, part);
    view["to"] = json!(to);
    view
}

/// One member's part without its recipients; `state` is `waiting`, `sent` or `cancelled`.
pub(crate) fn mass_head(task: &MassTask, part: &MemberTask) -> Value {
    let state = match part.sent_at_ms {
        Some(_) => "sent",
        None if task.is_cancelled => "cancelled",
        None => "waiting",
    };
    let mut view = json!({
        "msgid": task.msgid,
        "at": rfc3339(task.at_ms),
        "own": task.creator.is_some(),
        "chat_type": task.target,
        "text": task.text,
        "allow_select": task.allow_select,
        "state": state,
        "reminded": task.reminded_ms.len(),
    });
    if !task.attachments.is_empty() {
        view["attachments"] = json!(task.attachments);
    }
    if let Some(at_ms) = part.sent_at_ms {
        view["sent_at"] = json!(rfc3339(at_ms));
    }
    view
}

pub(super) fn delivery(posted: &Posted) -> Value {
    let attempts: Vec<Value> = posted
        .attempts
        .iter()
        .map(|attempt| {
            json!({
                "at": rfc3339(attempt.at_ms),
                "status": attempt.status,
                "detail": attempt.detail,
            })
        })
        .collect();
    json!({
        "n": posted.number,
        "what": posted.label,
        "at": rfc3339(posted.at_ms),
        "fate": posted.fate,
        "attempts": attempts,
    })
}
