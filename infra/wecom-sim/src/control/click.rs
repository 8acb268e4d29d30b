//! A member presses on a card that the app had sent.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::input::Input;
use super::people::known_staff;
use super::{Outcome, Problem, views};
use crate::callback::Event;
use crate::card::{self, Press, Pressed};
use crate::sim::Sim;
use crate::state::{AppMessage, Clicked, Scene, World};
use crate::xml::Element;

/// `POST staff/{userid}/click`: a button or an entry of the corner's menu by `key`, answers by `selected`
/// (question → option or options; without `key`: the submit button). What the product replies is applied
/// to this member's card.
pub(super) async fn click(State(sim): State<Sim>, Path(userid): Path<String>, body: Bytes) -> Outcome {
    let input = Input::parse(&body)?;
    let msgid = input.text("msgid")?;
    let press = Press { key: input.optional_text("key")?, selected: selected(input.get("selected"))? };
    if press.key.is_none() && press.selected.is_empty() {
        return Err(Problem::invalid("key", "give key, selected or both"));
    }
    let done = sim.act(|world, scene| {
        let userid = known_staff(world, &userid)?;
        act(world, scene, Clicked { userid, msgid: msgid.to_owned() }, &press)
    })?;
    sim.settle().await?;
    sim.look(|world, _| report(world, &done)).map(Json)
}

fn selected(value: Option<&Value>) -> Result<BTreeMap<String, Vec<String>>, Problem> {
    let complaint = || Problem::invalid("selected", "selected is an object of questions with option ids");
    let Some(value) = value else {
        return Ok(BTreeMap::new());
    };
    let questions = value.as_object().ok_or_else(complaint)?;
    let read = |(question, options): (&String, &Value)| {
        let options = match options {
            Value::String(option) => Some(vec![option.clone()]),
            Value::Array(options) => {
                options.iter().map(|option| option.as_str().map(str::to_owned)).collect()
            }
            _ => None,
        };
        Ok((question.clone(), options.ok_or_else(complaint)?))
    };
    questions.iter().map(read).collect()
}

/// What was done, and which delivery tells the app of it.
struct Done {
    card: Clicked,
    pressed: Pressed,
    response_code: String,
    delivery: Option<u64>,
}

fn act(world: &mut World, scene: &Scene<'_>, card: Clicked, press: &Press<'_>) -> Result<Done, Problem> {
    let message = message(world, &card)?;
    let content = &message.content;
    let pressed = press.on(content).map_err(|reason| Problem::missing("key", reason))?;
    if message.replaced.is_some() && pressed.event == "template_card_event" {
        return Err(Problem::conflict(
            "key",
            "the buttons have been replaced: they cannot be pressed any more",
        ));
    }
    let text = |name: &str| content[name].as_str().unwrap_or_default().to_owned();
    let mut fields = vec![
        Element::Text("EventKey", pressed.key.clone()),
        Element::Text("TaskId", text("task_id")),
        Element::Text("CardType", text("card_type")),
    ];
    let response_code = world.outbox.issue_code(&card.msgid, scene.now_ms, &mut world.draws);
    fields.push(Element::Text("ResponseCode", response_code.clone()));
    if !pressed.selected.is_empty() {
        fields.push(Element::Group("SelectedItems", items(&pressed)));
    }
    let event = Event::of_member(pressed.event, &card.userid, fields, Some(card.clone()));
    let delivery = world.announce(scene, event);
    Ok(Done { card, pressed, response_code, delivery })
}

fn message<'w>(world: &'w World, card: &Clicked) -> Result<&'w AppMessage, Problem> {
    let message = world
        .app_message(&card.userid, &card.msgid)
        .ok_or_else(|| Problem::missing("msgid", format!("{} has no message {}", card.userid, card.msgid)))?;
    if message.recalled {
        return Err(Problem::conflict("msgid", "the message was recalled"));
    }
    if message.msgtype != "template_card" || !card::is_interactive(&message.content) {
        return Err(Problem::conflict("msgid", "nothing on this message tells the app when it is pressed"));
    }
    Ok(message)
}

fn items(pressed: &Pressed) -> Vec<Element> {
    let item = |(question, options): (&String, &Vec<String>)| {
        let ids = options.iter().map(|option| Element::Text("OptionId", option.clone())).collect();
        let question = Element::Text("QuestionKey", question.clone());
        Element::Group("SelectedItem", vec![question, Element::Group("OptionIds", ids)])
    };
    pressed.selected.iter().map(item).collect()
}

fn report(world: &World, done: &Done) -> Result<Value, Problem> {
    let posted = done.delivery.and_then(|number| world.queue.posted(number));
    let reply = posted.and_then(|posted| posted.attempts.last()?.detail.clone());
    let message = world.app_message(&done.card.userid, &done.card.msgid);
    Ok(json!({
        "event": done.pressed.event,
        "response_code": done.response_code,
        "delivery": posted.map(views::delivery),
        "reply": reply.filter(|detail| detail.starts_with("reply ")),
        "message": message.map(views::app_message_view),
    }))
}
