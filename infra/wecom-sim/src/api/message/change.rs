//! What can still be done about a message: other content for its card, or taking it back.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, Refusal, check_agent};
use crate::card::{self, Occasion};
use crate::state::{CardChange, Clicked, RecallRefusal, World};

const MOST_MEMBERS: usize = 1000;
const MOST_PARTIES: usize = 100;
const MOST_TAGS: usize = 100;

#[derive(Deserialize)]
pub(super) struct UpdateCard {
    userids: Option<Vec<String>>,
    partyids: Option<Vec<u64>>,
    tagids: Option<Vec<u64>>,
    atall: Option<u8>,
    agentid: Option<Value>,
    response_code: Option<String>,
    button: Option<Value>,
    template_card: Option<Value>,
}

/// Uses up its code, whether or not it finds the card with all whom it names.
pub(super) fn update_card(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let mut asked: UpdateCard = call.body()?;
    check_agent(asked.agentid.as_ref(), call)?;
    let code = asked.response_code.clone().filter(|code| !code.is_empty());
    let code = code.ok_or_else(|| Refusal::new(60140, "invalid response_code"))?;
    let change = change(asked.button.take(), asked.template_card.take())?;
    let msgid = world
        .outbox
        .message_of(&code, call.now_ms)
        .filter(|msgid| world.outbox.sender(msgid) == Some(call.agent_id))
        .map(str::to_owned)
        .ok_or_else(|| Refusal::new(60140, "invalid response_code"))?;
    let members = members(world, call, &asked, &msgid)?;
    world.outbox.use_code(&code);
    let mut invalid: Vec<String> = Vec::new();
    for userid in members {
        let card = Clicked { userid, msgid: msgid.clone() };
        if !world.change_card(&card, change.clone(), call.now_ms) {
            invalid.push(card.userid);
        }
    }
    Ok(json!({"invaliduser": invalid}))
}

fn change(button: Option<Value>, card: Option<Value>) -> Result<CardChange, Refusal> {
    match (button, card) {
        (Some(button), None) => match button["replace_name"].as_str() {
            Some(name) if !name.is_empty() => Ok(CardChange::Replace(name.to_owned())),
            _ => Err(Refusal::new(42020, "button.replace_name missing")),
        },
        (None, Some(mut card)) if card.is_object() => {
            card::check(&card, Occasion::Update).map_err(|flaw| Refusal::new(flaw.code, flaw.text))?;
            let replaced = card.as_object_mut().and_then(|card| card.remove("replace_text"));
            let replaced = replaced.and_then(|text| Some(text.as_str()?.to_owned()));
            Ok(CardChange::Card(card, replaced.filter(|text| !text.is_empty())))
        }
        _ => Err(Refusal::new(40035, "give either button or template_card")),
    }
}

/// Keys of those whose cards are to change. Who is named by department is meant only if they have it.
fn members(world: &World, call: &Call<'_>, asked: &UpdateCard, msgid: &str) -> Result<Vec<String>, Refusal> {
    let named = asked.userids.as_deref().unwrap_or_default();
    let parties = asked.partyids.as_deref().unwrap_or_default();
    let tags = asked.tagids.as_deref().unwrap_or_default();
    let reached = || world.outbox.members(msgid).map(str::to_owned);
    if asked.atall == Some(1) {
        return Ok(reached().collect());
    }
    if named.is_empty() && parties.is_empty() && tags.is_empty() {
        return Err(Refusal::new(82001, "recipients all empty"));
    }
    if named.len() > MOST_MEMBERS {
        return Err(Refusal::new(40032, "invalid userid list size"));
    }
    if parties.len() > MOST_PARTIES {
        return Err(Refusal::new(82002, "party list size out of limit"));
    }
    if tags.len() > MOST_TAGS {
        return Err(Refusal::new(82003, "tag list size out of limit"));
    }
    let app = call.app(world);
    let is_meant = |key: &String| {
        world.member(key).is_some_and(|staff| {
            let within = |party: &u64| {
                let is_in = |id: &u64| world.departments.is_within(*id, *party);
                world.sees_department(app, *party) && staff.departments.iter().any(is_in)
            };
            parties.iter().any(within)
        })
    };
    let mut keys: Vec<String> = named.iter().map(|userid| userid.to_ascii_lowercase()).collect();
    keys.extend(reached().filter(is_meant));
    keys.sort_unstable();
    keys.dedup();
    Ok(keys)
}

#[derive(Deserialize)]
pub(super) struct Recall {
    msgid: Option<String>,
}

pub(super) fn recall(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let asked: Recall = call.body()?;
    let msgid = asked.msgid.filter(|msgid| !msgid.is_empty());
    let msgid = msgid.ok_or_else(|| Refusal::parameter("msgid missing"))?;
    match world.recall(&msgid, call.agent_id, call.now_ms) {
        Ok(()) => Ok(json!({})),
        Err(RecallRefusal::Unknown) => Err(Refusal::parameter("msgid unknown")),
        Err(RecallRefusal::TooLate) => Err(Refusal::new(42052, "msgid expired")),
    }
}
