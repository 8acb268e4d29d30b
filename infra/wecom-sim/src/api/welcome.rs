//! The welcome message: the one thing an app may say to a customer by itself.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, Endpoint, Refusal, attachment};
use crate::state::{Via, WelcomeRefusal, World};

pub(super) const ENDPOINTS: &[Endpoint] = &[Endpoint::post("externalcontact/send_welcome_msg", send)];

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
    attachment::check_content(world, call, &text, &attachments)?;

    let (userid, external_userid) =
        world.welcome.open(&code, call.now_ms).map_err(|refusal| match refusal {
            WelcomeRefusal::Invalid => Refusal::new(41050, "invalid welcome code"),
            WelcomeRefusal::Used => Refusal::new(41051, "chat already started"),
            WelcomeRefusal::Contended => Refusal::new(41096, "welcome message is being sent"),
            WelcomeRefusal::NoConsent => Refusal::new(41053, "customer has not agreed to chat archive"),
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
