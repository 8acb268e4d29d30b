//! Messages from the app to members (应用消息).

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Call, Endpoint, Refusal, template_card};
use crate::state::{AppMessage, World};

pub(super) const ENDPOINTS: &[Endpoint] = &[Endpoint::post("message/send", send)];

const MOST_MEMBERS: usize = 1000;
const LONGEST_TEXT_BYTES: usize = 2048;
const DEFAULT_INTERVAL_SECONDS: i64 = 1800;
const LONGEST_INTERVAL_SECONDS: i64 = 14_400;

#[derive(Deserialize)]
struct Send {
    touser: Option<String>,
    toparty: Option<String>,
    totag: Option<String>,
    msgtype: Option<String>,
    agentid: Option<Value>,
    text: Option<Text>,
    template_card: Option<Value>,
    enable_duplicate_check: Option<u8>,
    duplicate_check_interval: Option<i64>,
}

#[derive(Deserialize)]
struct Text {
    content: Option<String>,
}

fn send(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let asked: Send = call.body()?;
    check_agent(asked.agentid.as_ref(), call)?;
    let recipients = recipients(world, &asked)?;
    let msgtype = asked.msgtype.as_deref().unwrap_or_default();
    let (content, wants_response_code) = match msgtype {
        "text" => (text(asked.text)?, false),
        "template_card" => template_card::check(asked.template_card)?,
        _ => return Err(Refusal::new(40008, "invalid message type")),
    };
    if recipients.valid.is_empty() {
        return Err(Refusal::new(81013, "user & party & tag all invalid or out of range"));
    }

    let interval_ms =
        asked.duplicate_check_interval.unwrap_or(DEFAULT_INTERVAL_SECONDS).clamp(0, LONGEST_INTERVAL_SECONDS)
            * 1000;
    let checks_duplicates = asked.enable_duplicate_check == Some(1);
    let mut fresh = Vec::new();
    let mut earlier = None;
    for key in recipients.valid {
        let fingerprint = fingerprint(&key, msgtype, &content);
        match world.recent.find(&fingerprint, call.now_ms, interval_ms) {
            Some(msgid) if checks_duplicates => earlier = Some(msgid.to_owned()),
            _ => fresh.push((key, fingerprint)),
        }
    }
    // a repeat is answered like the original, also where its task id is taken by the original
    let msgid = match earlier {
        Some(earlier) if fresh.is_empty() => earlier,
        _ => {
            template_card::claim_task(world, &content)?;
            format!("ms{}", world.draws.draw("msgid").alphanumeric(60))
        }
    };
    for (key, fingerprint) in fresh {
        world.recent.remember(fingerprint, call.now_ms, &msgid);
        let tally = world.limits.members.entry(key.clone()).or_default();
        tally.add(call.now_ms);
        world.app_messages.entry(key).or_default().push(AppMessage {
            msgid: msgid.clone(),
            at_ms: call.now_ms,
            msgtype: msgtype.to_owned(),
            content: content.clone(),
        });
    }
    let mut answer = json!({
        "invaliduser": recipients.invalid_members,
        "invalidparty": recipients.invalid_parties,
        "invalidtag": recipients.invalid_tags,
        "unlicenseduser": "",
        "msgid": msgid,
    });
    if wants_response_code {
        answer["response_code"] = json!(world.draws.draw("response_code").alphanumeric(43));
    }
    Ok(answer)
}

struct Recipients {
    /// Keys of members, in the order named.
    valid: Vec<String>,
    /// Joined by `|`, in lower case whatever the caller wrote.
    invalid_members: String,
    invalid_parties: String,
    invalid_tags: String,
}

fn recipients(world: &World, asked: &Send) -> Result<Recipients, Refusal> {
    let members = listed(asked.touser.as_deref());
    let parties = listed(asked.toparty.as_deref());
    let tags = listed(asked.totag.as_deref());
    if members.is_empty() && parties.is_empty() && tags.is_empty() {
        return Err(Refusal::new(82001, "recipients all empty"));
    }
    if members.len() > MOST_MEMBERS {
        return Err(Refusal::new(40032, "invalid userid list size"));
    }
    let mut valid = Vec::new();
    let mut invalid = Vec::new();
    let mut seen = BTreeSet::new();
    if members == ["@all"] {
        valid.extend(world.staff.keys().cloned());
    } else {
        for member in members {
            let key = member.to_ascii_lowercase();
            if seen.insert(key.clone()) {
                if world.staff.contains_key(&key) {
                    valid.push(key);
                } else {
                    invalid.push(key);
                }
            }
        }
    }
    // one department and no directory tags: nobody is in them
    Ok(Recipients {
        valid,
        invalid_members: invalid.join("|"),
        invalid_parties: parties.join("|"),
        invalid_tags: tags.join("|"),
    })
}

fn listed(ids: Option<&str>) -> Vec<&str> {
    ids.unwrap_or_default().split('|').filter(|id| !id.is_empty()).collect()
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
        Some(agent) if agent == call.config.agent_id => Ok(()),
        Some(_) => Err(Refusal::new(301_002, "not allow operate another agent")),
    }
}

/// Too long a text is cut, not refused.
fn text(text: Option<Text>) -> Result<Value, Refusal> {
    let mut content = text.and_then(|text| text.content).unwrap_or_default();
    if content.is_empty() {
        return Err(Refusal::new(44004, "empty content"));
    }
    if content.len() > LONGEST_TEXT_BYTES {
        content.truncate(content.floor_char_boundary(LONGEST_TEXT_BYTES));
    }
    Ok(json!({"content": content}))
}

fn fingerprint(member: &str, msgtype: &str, content: &Value) -> String {
    let text = format!("{member}\n{msgtype}\n{content}");
    hex::encode(Sha256::digest(text))
}
