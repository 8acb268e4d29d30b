//! Messages from the app to members (应用消息).

mod body;
mod change;
mod recipients;

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::{Call, Endpoint, Refusal};
use crate::card;
use crate::state::{AppMessage, World};
use recipients::Recipients;

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::post("message/send", send),
    Endpoint::post("message/update_template_card", change::update_card),
    Endpoint::post("message/recall", change::recall),
];

const DEFAULT_INTERVAL_SECONDS: i64 = 1800;
const LONGEST_INTERVAL_SECONDS: i64 = 14_400;

#[derive(Deserialize)]
struct Send {
    touser: Option<String>,
    toparty: Option<String>,
    totag: Option<String>,
    msgtype: Option<String>,
    agentid: Option<Value>,
    safe: Option<u8>,
    enable_duplicate_check: Option<u8>,
    duplicate_check_interval: Option<i64>,
    /// What it says stands under the name of its type.
    #[serde(flatten)]
    rest: Map<String, Value>,
}

fn send(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let mut asked: Send = call.body()?;
    check_agent(asked.agentid.as_ref(), call)?;
    let recipients = Recipients::of(world, call, &asked)?;
    let msgtype = asked.msgtype.clone().unwrap_or_default();
    let body = asked.rest.remove(&msgtype).unwrap_or_default();
    let content = body::check(world, call, &msgtype, body)?;
    check_safe(&msgtype, asked.safe)?;
    if recipients.is_nobody() {
        return Err(Refusal::new(81013, "user & party & tag all invalid or out of range"));
    }

    let (fresh, earlier) = fresh(world, call, &asked, &recipients, &msgtype, &content);
    // a repeat is answered like the original, also where its task id is taken by the original
    let (msgid, response_code) = match earlier {
        Some(earlier) if fresh.is_empty() => (earlier, None),
        _ => deliver(world, call, &msgtype, content, fresh)?,
    };
    let mut answer = json!({
        "invaliduser": recipients.invalid_members.join("|"),
        "invalidparty": recipients.invalid_parties.join("|"),
        "invalidtag": recipients.invalid_tags.join("|"),
        "unlicenseduser": recipients.unlicensed.join("|"),
        "msgid": msgid,
    });
    if let Some(code) = response_code {
        answer["response_code"] = json!(code);
    }
    Ok(answer)
}

/// Those who have not just got the very same, with the mark it is known by, and that earlier message.
fn fresh(
    world: &World,
    call: &Call<'_>,
    asked: &Send,
    recipients: &Recipients,
    msgtype: &str,
    content: &Value,
) -> (Vec<(String, String)>, Option<String>) {
    let interval_ms =
        asked.duplicate_check_interval.unwrap_or(DEFAULT_INTERVAL_SECONDS).clamp(0, LONGEST_INTERVAL_SECONDS)
            * 1000;
    let checks_duplicates = asked.enable_duplicate_check == Some(1);
    let mut fresh = Vec::new();
    let mut earlier = None;
    for key in &recipients.valid {
        let fingerprint = fingerprint(&of_app(call, key), msgtype, content);
        match world.recent.find(&fingerprint, call.now_ms, interval_ms) {
            Some(msgid) if checks_duplicates => earlier = Some(msgid.to_owned()),
            _ => fresh.push((key.clone(), fingerprint)),
        }
    }
    (fresh, earlier)
}

/// Puts the message into inboxes; answers its id and, for a card with which members can answer, the code
/// that changes it. What is more than a member gets in a minute or an hour is lost without a word.
fn deliver(
    world: &mut World,
    call: &Call<'_>,
    msgtype: &str,
    content: Value,
    fresh: Vec<(String, String)>,
) -> Result<(String, Option<String>), Refusal> {
    let agent = call.agent_id;
    let today = world.app_messages_today(agent, call.now_ms);
    if today + fresh.len() as u64 > world.most_app_messages() {
        return Err(Refusal::too_often());
    }
    if let Some(task) = content["task_id"].as_str() {
        claim_task(world, call, task)?;
    }
    let msgid = format!("ms{}", world.draws.draw("msgid").alphanumeric(60));
    let cap = world.limits.cap("app_messages_to_member", "");
    let mut reached = BTreeSet::new();
    for (key, fingerprint) in fresh {
        let tally = world.limits.members.entry(of_app(call, &key)).or_default();
        if tally.is_full(&cap, call.now_ms) {
            *world.outbox.dropped.entry(key).or_default() += 1;
            continue;
        }
        tally.add(call.now_ms);
        world.outbox.by_app.entry(agent).or_default().add(call.now_ms);
        world.recent.remember(fingerprint, call.now_ms, &msgid);
        let message = AppMessage::new(&msgid, call.now_ms, msgtype, content.clone());
        world.app_messages.entry(key.clone()).or_default().push(message);
        reached.insert(key);
    }
    world.outbox.note(&msgid, call.agent_id, call.now_ms, reached);
    let is_answered = msgtype == "template_card" && card::is_interactive(&content);
    let code = is_answered.then(|| world.outbox.issue_code(&msgid, call.now_ms, &mut world.draws));
    Ok((msgid, code))
}

/// What each app has of its own: the configured one under the plain name.
fn of_app(call: &Call<'_>, name: &str) -> String {
    let is_configured = call.agent_id == call.config.agent_id;
    if is_configured { name.to_owned() } else { format!("{name}#{}", call.agent_id) }
}

/// Task ids are used once per app.
fn claim_task(world: &mut World, call: &Call<'_>, task: &str) -> Result<(), Refusal> {
    if world.card_tasks.insert(of_app(call, task)) {
        Ok(())
    } else {
        Err(Refusal::new(42014, "task_id already used"))
    }
}

/// SDKs send the number as a number or as text.
fn check_agent(agent: Option<&Value>, call: &Call<'_>) -> Result<(), Refusal> {
    let agent = match agent {
        Some(Value::Number(number)) => number.as_u64(),
        Some(Value::String(text)) => text.parse().ok(),
        _ => None,
    };
    match agent {
        None => Err(Refusal::new(40056, "invalid agentid")),
        Some(agent) if agent == call.agent_id => Ok(()),
        Some(_) => Err(Refusal::new(301_002, "not allow operate another agent")),
    }
}

/// Whether it may be shared: only `mpnews` knows "within the corp" (2).
fn check_safe(msgtype: &str, safe: Option<u8>) -> Result<(), Refusal> {
    match safe {
        None | Some(0) => Ok(()),
        Some(1) if msgtype == "news" => Err(Refusal::new(40074, "news can not be confidential")),
        Some(1) => Ok(()),
        Some(2) if msgtype == "mpnews" => Ok(()),
        Some(_) => Err(Refusal::parameter("safe")),
    }
}

fn fingerprint(member: &str, msgtype: &str, content: &Value) -> String {
    let text = format!("{member}\n{msgtype}\n{content}");
    hex::encode(Sha256::digest(text))
}
