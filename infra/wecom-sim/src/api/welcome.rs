//! The welcome message: the one thing an app may say to a customer by itself.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, Endpoint, Refusal};
use crate::state::{Via, WelcomeRefusal, World};

pub(super) const ENDPOINTS: &[Endpoint] = &[Endpoint::post("externalcontact/send_welcome_msg", send)];

const LONGEST_TEXT_BYTES: usize = 4000;
const MOST_ATTACHMENTS: usize = 9;
const ATTACHMENT_TYPES: [&str; 5] = ["image", "link", "miniprogram", "video", "file"];

#[derive(Deserialize)]
struct SendWelcome {
    welcome_code: Option<String>,
    text: Option<Text>,
    attachments: Option<Vec<Value>>,
}

#[derive(Deserialize)]
struct Text {
    content: Option<String>,
}

fn send(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let asked: SendWelcome = call.body()?;
    let code = asked
        .welcome_code
        .filter(|code| !code.is_empty())
        .ok_or_else(|| Refusal::new(41049, "welcome_code missing"))?;
    let text = asked.text.and_then(|text| text.content).unwrap_or_default();
    let attachments = asked.attachments.unwrap_or_default();
    check_content(&text, &attachments)?;

    let (userid, external_userid) =
        world.welcome.open(&code, call.now_ms).map_err(|refusal| match refusal {
            WelcomeRefusal::Invalid => Refusal::new(41050, "invalid welcome code"),
            WelcomeRefusal::Used => Refusal::new(41051, "chat already started"),
        })?;
    let relation = world
        .relations
        .get_mut(&external_userid, &userid)
        .filter(|relation| relation.staff_closed_at_ms.is_none())
        .ok_or_else(Refusal::no_relation)?;
    if relation.chatted || relation.welcomed {
        return Err(Refusal::new(41051, "chat already started"));
    }
    relation.welcomed = true;
    let reaches = relation.customer_closed_at_ms.is_none();
    world.welcome.mark_used(&code);
    // who has blocked the member meanwhile gets nothing, and the app is not told
    if reaches {
        world.enter_message(call.now_ms, &external_userid, &userid, Via::Welcome, &text, attachments);
    }
    Ok(json!({}))
}

fn check_content(text: &str, attachments: &[Value]) -> Result<(), Refusal> {
    if text.is_empty() && attachments.is_empty() {
        return Err(Refusal::new(44004, "empty content"));
    }
    if text.len() > LONGEST_TEXT_BYTES {
        return Err(Refusal::new(45002, "content size out of limit"));
    }
    if attachments.len() > MOST_ATTACHMENTS {
        return Err(Refusal::new(41064, "attachments exceed the limit"));
    }
    for attachment in attachments {
        let kind = attachment["msgtype"].as_str().unwrap_or_default();
        if !ATTACHMENT_TYPES.contains(&kind) {
            return Err(Refusal::new(41065, "invalid attachment msgtype"));
        }
        if !attachment[kind].is_object() {
            return Err(Refusal::parameter(format!("attachment {kind} missing")));
        }
    }
    Ok(())
}
