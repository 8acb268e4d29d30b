//! One-click send: the member taps, WeCom sends from the member's account, and the sidebar reports back.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use serde_json::{Value, json};

use super::input::Input;
use super::people::{known_customer, known_staff};
use super::{Outcome, Problem};
use crate::ports::Hooks;
use crate::sim::Sim;
use crate::state::{Relation, Via, World};
use crate::url::escape;

/// `POST staff/{userid}/send`: touches only; what a todo says is for the member and must not reach the customer. Each part
/// is a message of its own, as the sidebar sends them.
pub(super) async fn send(State(sim): State<Sim>, Path(userid): Path<String>, body: Bytes) -> Outcome {
    let input = Input::parse(&body)?;
    let (id, task_id) = (input.text("external_userid")?, input.text("task")?);
    let hooks = sim.hooks().ok_or_else(|| Problem::new(503, "no product", "no product is attached"))?;
    let userid = sim.look(|world, _| check_relation(world, id, &userid))?;

    let task = find_task(&hooks, &userid, task_id).await?;
    if task["customer"]["id"] != id {
        return Err(Problem::conflict(
            "external_userid",
            format!("task {task_id} is for {}", task["customer"]["id"]),
        ));
    }
    if task["kind"] != "touch" {
        return Err(Problem::conflict(
            "task",
            format!(
                "task {task_id} is a {}: what it says is for {userid}, nothing was sent; \
                 once done, mark it with POST /api/v1/tasks/{task_id}/sent",
                task["kind"].as_str().unwrap_or("task of no kind")
            ),
        ));
    }
    let parts = task["content"]["parts"].as_array().cloned().unwrap_or_default();
    if parts.is_empty() {
        return Err(Problem::conflict("task", format!("task {task_id} has no content to send")));
    }
    sim.act(|world, scene| {
        // the product was asked in between, and people may have acted
        check_relation(world, id, &userid)?;
        if let Some(relation) = world.relations.get_mut(id, &userid) {
            relation.chatted = true;
        }
        for part in &parts {
            let text = part["text"].as_str().unwrap_or_default();
            let attachments = attachment(part).into_iter().collect();
            world.enter_message(scene.now_ms, id, &userid, Via::Sidebar, text, attachments);
        }
        Ok::<(), Problem>(())
    })?;

    let path = format!("/api/v1/tasks/{}/sent?userid={}", escape(task_id), escape(&userid));
    let evidence = json!({"evidence": "sdk_callback"});
    let (status, answer) = ask(&hooks, "POST", &path, Some(evidence)).await?;
    sim.settle().await?;
    if !(200..300).contains(&status) {
        return Err(Problem::new(
            502,
            "sent, not recorded",
            format!("the message went out; the product answered {status}: {answer}"),
        ));
    }
    let text = parts.iter().find_map(|part| part["text"].as_str()).unwrap_or_default();
    Ok(Json(json!({"text": text, "parts": parts, "product": {"status": status, "body": answer}})))
}

/// The member's userid as first written, if a message would reach the customer.
fn check_relation(world: &World, id: &str, userid: &str) -> Result<String, Problem> {
    known_customer(world, id)?;
    let userid = known_staff(world, userid)?;
    if world.relations.get(id, &userid).is_some_and(Relation::is_whole) {
        Ok(userid)
    } else {
        Err(Problem::conflict("external_userid", "they are not contacts (any more): nothing was sent"))
    }
}

/// The task with its parts, if it is open and theirs.
async fn find_task(hooks: &Arc<dyn Hooks>, userid: &str, task_id: &str) -> Result<Value, Problem> {
    let path = format!("/api/v1/tasks/{}?userid={}", escape(task_id), escape(userid));
    let (status, task) = ask(hooks, "GET", &path, None).await?;
    match status {
        200 if task["userid"] == userid.to_ascii_lowercase() && task["state"] == "offered" => Ok(task),
        200 | 403 | 404 => Err(Problem::missing("task", format!("{userid} has no task {task_id}"))),
        _ => Err(Problem::new(502, "no task", format!("the product answered {status}: {task}"))),
    }
}

/// A part as a message carries it. The simulator shows no files: their addresses stand for them.
fn attachment(part: &Value) -> Option<Value> {
    let (msgtype, body) = match part["kind"].as_str()? {
        "image" => ("image", json!({"pic_url": part["file"]})),
        "video" => ("video", json!({"url": part["file"]})),
        "file" => ("file", json!({"name": part["name"], "url": part["file"]})),
        "link" => (
            "link",
            json!({"title": part["title"], "desc": part["desc"], "url": part["url"], "picurl": part["cover"]}),
        ),
        "mini_program" => (
            "miniprogram",
            json!({"title": part["title"], "appid": part["appid"], "page": part["page"], "pic_url": part["cover"]}),
        ),
        _ => return None,
    };
    Some(json!({"msgtype": msgtype, msgtype: body}))
}

async fn ask(
    hooks: &Arc<dyn Hooks>,
    method: &str,
    path: &str,
    body: Option<Value>,
) -> Result<(u16, Value), Problem> {
    hooks.product(method, path, body).await.map_err(|error| Problem::new(502, "product unreachable", error))
}
