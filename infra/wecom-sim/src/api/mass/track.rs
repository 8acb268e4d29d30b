//! Following a task, and hurrying or ending it. Nothing tells the app that a member has confirmed.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, Refusal, known, page};
use crate::state::{MassTask, Outcome, Target, World};
use crate::time::seconds;

/// Default and greatest size of a page.
const TASKS: (usize, usize) = (50, 100);
const ROWS: (usize, usize) = (500, 1000);
/// A list spans one month at most.
const LONGEST_SPAN_SECONDS: i64 = 31 * 86_400;

#[derive(Deserialize)]
struct List {
    chat_type: Option<String>,
    start_time: Option<i64>,
    end_time: Option<i64>,
    creator: Option<String>,
    filter_type: Option<u8>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// The corp's and the members' own, newest first. What is still being handed out is not in it.
pub(super) fn list(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let asked: List = call.body()?;
    let target = match asked.chat_type.as_deref() {
        Some("single") => Target::Single,
        Some("group") => Target::Group,
        _ => return Err(Refusal::parameter("chat_type")),
    };
    let (Some(start), Some(end)) = (asked.start_time, asked.end_time) else {
        return Err(Refusal::parameter("start_time and end_time missing"));
    };
    if end < start || end.saturating_sub(start) > LONGEST_SPAN_SECONDS {
        return Err(Refusal::parameter("start_time and end_time are more than a month apart"));
    }
    let creator = asked.creator.as_deref().filter(|creator| !creator.is_empty());
    let is_of_kind = |task: &MassTask| match asked.filter_type {
        Some(0) => task.creator.is_none(),
        Some(1) => task.creator.is_some(),
        _ => true,
    };
    let is_by = |task: &MassTask, creator: &str| {
        task.creator.as_deref().is_some_and(|userid| userid.eq_ignore_ascii_case(creator))
    };
    let found: Vec<Value> = world
        .mass
        .tasks()
        .rev()
        .filter(|task| task.target == target && (start..=end).contains(&seconds(task.at_ms)))
        .filter(|task| is_of_kind(task) && !task.is_dispatching(call.now_ms))
        .filter(|task| creator.is_none_or(|creator| is_by(task, creator)))
        .map(summary)
        .collect();
    let query = format!("groupmsg_list {target:?} {start} {end} {creator:?} {:?}", asked.filter_type);
    let mut stream = world.draws.draw("page");
    let (rows, next) = page(found, &query, asked.cursor.as_deref(), asked.limit, TASKS, &mut stream)?;
    Ok(json!({"group_msg_list": rows, "next_cursor": next}))
}

/// `create_time` is a text here, and the app itself is no creator.
fn summary(task: &MassTask) -> Value {
    let mut view = json!({
        "msgid": task.msgid,
        "create_time": seconds(task.at_ms).to_string(),
        "create_type": u8::from(task.creator.is_some()),
    });
    if let Some(creator) = &task.creator {
        view["creator"] = json!(creator);
    }
    if !task.text.is_empty() {
        view["text"] = json!({"content": task.text});
    }
    if !task.attachments.is_empty() {
        view["attachments"] = json!(task.attachments);
    }
    view
}

#[derive(Deserialize)]
struct Asked {
    msgid: Option<String>,
    userid: Option<String>,
    limit: Option<i64>,
    cursor: Option<String>,
}

/// The members, and whether each has sent: 0 not yet, 2 sent.
pub(super) fn task(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let asked: Asked = call.body()?;
    let mut stream = world.draws.draw("page");
    let task = settled(world, call, &asked)?;
    let members: Vec<Value> = task
        .members
        .values()
        .map(|member| match member.sent_at_ms {
            Some(at_ms) => json!({"userid": member.userid, "status": 2, "send_time": seconds(at_ms)}),
            None => json!({"userid": member.userid, "status": 0}),
        })
        .collect();
    let query = format!("groupmsg_task {}", task.msgid);
    let (rows, next) = page(members, &query, asked.cursor.as_deref(), asked.limit, ROWS, &mut stream)?;
    Ok(json!({"task_list": rows, "next_cursor": next}))
}

/// One member's customers or groups. Of groups only those are answered to which it was sent.
pub(super) fn send_result(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let asked: Asked = call.body()?;
    let mut stream = world.draws.draw("page");
    let task = settled(world, call, &asked)?;
    let userid = asked.userid.as_deref().unwrap_or_default();
    let member = task.member(userid).ok_or_else(|| Refusal::new(40003, "invalid userid"))?;
    let rows: Vec<Value> = member
        .rows
        .iter()
        .filter(|row| task.target == Target::Single || row.outcome == Outcome::Sent)
        .map(|row| {
            let target = if task.target == Target::Single { "external_userid" } else { "chat_id" };
            let mut view = json!({"userid": member.userid, "status": row.outcome.number()});
            view[target] = json!(row.id);
            if let Some(at_ms) = row.sent_at_ms {
                view["send_time"] = json!(seconds(at_ms));
            }
            view
        })
        .collect();
    let query = format!("groupmsg_send_result {} {}", task.msgid, userid.to_ascii_lowercase());
    let (rows, next) = page(rows, &query, asked.cursor.as_deref(), asked.limit, ROWS, &mut stream)?;
    Ok(json!({"send_list": rows, "next_cursor": next}))
}

/// Tells those once more who have not sent.
pub(super) fn remind(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let asked: Asked = call.body()?;
    let msgid = living(world, call, &asked)?;
    let is_told = world.mass.get_mut(&msgid).is_some_and(|task| task.remind(call.now_ms));
    if is_told { Ok(json!({})) } else { Err(Refusal::new(41094, "remind too frequently")) }
}

/// Who has not sent can no longer send; what was sent stays.
pub(super) fn cancel(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let asked: Asked = call.body()?;
    let msgid = living(world, call, &asked)?;
    if let Some(task) = world.mass.get_mut(&msgid) {
        task.is_cancelled = true;
    }
    Ok(json!({}))
}

/// A task whose results can be asked for.
fn settled<'w>(world: &'w World, call: &Call<'_>, asked: &Asked) -> Result<&'w MassTask, Refusal> {
    let task = known(world, asked.msgid.as_deref())?;
    if task.is_dispatching(call.now_ms) {
        return Err(Refusal::new(41063, "group message is being dispatched"));
    }
    Ok(task)
}

/// A corp's task that is not cancelled: members' own are none of the app's business.
fn living(world: &World, call: &Call<'_>, asked: &Asked) -> Result<String, Refusal> {
    let task = settled(world, call, asked)?;
    if task.creator.is_some() {
        return Err(Refusal::new(41047, "invalid msgid"));
    }
    if task.is_cancelled {
        return Err(Refusal::new(41093, "group message is cancelled"));
    }
    Ok(task.msgid.clone())
}
