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

/// Pages of a member's task list looked through.
const MOST_PAGES: usize = 50;

/// `POST staff/{userid}/send`: touches only; what a todo says is for the member and must not reach the customer.
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
    let text = task["content"]["text"].as_str().unwrap_or_default();
    let attachments = task["content"]["attachments"].as_array().cloned().unwrap_or_default();
    if text.is_empty() && attachments.is_empty() {
        return Err(Problem::conflict("task", format!("task {task_id} has no content to send")));
    }
    sim.act(|world, scene| {
        // the product was asked in between, and people may have acted
        check_relation(world, id, &userid)?;
        if let Some(relation) = world.relations.get_mut(id, &userid) {
            relation.chatted = true;
        }
        world.enter_message(scene.now_ms, id, &userid, Via::Sidebar, text, attachments);
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
    Ok(Json(json!({"text": text, "product": {"status": status, "body": answer}})))
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

async fn find_task(hooks: &Arc<dyn Hooks>, userid: &str, task_id: &str) -> Result<Value, Problem> {
    let mut path = format!("/api/v1/tasks?userid={}", escape(userid));
    for _ in 0..MOST_PAGES {
        let (status, mut page) = ask(hooks, "GET", &path, None).await?;
        if status != 200 {
            return Err(Problem::new(502, "no task list", format!("the product answered {status}: {page}")));
        }
        if let Some(items) = page["items"].as_array_mut()
            && let Some(at) = items.iter().position(|item| item["id"] == task_id)
        {
            return Ok(items.swap_remove(at));
        }
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("/api/v1/tasks?userid={}&cursor={}", escape(userid), escape(cursor));
    }
    Err(Problem::missing("task", format!("{userid} has no task {task_id}")))
}

async fn ask(
    hooks: &Arc<dyn Hooks>,
    method: &str,
    path: &str,
    body: Option<Value>,
) -> Result<(u16, Value), Problem> {
    hooks.product(method, path, body).await.map_err(|error| Problem::new(502, "product unreachable", error))
}
