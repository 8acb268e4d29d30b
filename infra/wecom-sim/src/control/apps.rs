//! The corp's apps, as an administrator sets them up in the console.

use std::collections::BTreeSet;
use std::net::IpAddr;

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use serde_json::{Value, json};

use super::input::Input;
use super::people::known_staff;
use super::{Outcome, Problem};
use crate::config::Config;
use crate::sim::Sim;
use crate::state::{App, Kind, Range, Scene, World};

/// `GET apps`: all apps, the configured one first.
pub(super) async fn list(State(sim): State<Sim>) -> Json<Value> {
    Json(sim.look(|world, scene| {
        let items: Vec<Value> =
            world.apps.iter(scene.config).map(|(agent_id, app)| view(agent_id, app)).collect();
        json!({"items": items})
    }))
}

/// `POST apps`: settings of the configured app, or with `agentid` of another one, which begins to exist.
pub(super) async fn put(State(sim): State<Sim>, body: Bytes) -> Outcome {
    let input = Input::parse(&body)?;
    sim.carry_out(|world, scene| {
        let agent_id = agent_id(&input, scene.config)?;
        let known = world.apps.get(agent_id, scene.config).cloned();
        let is_new = known.is_none();
        let app = changed(world, scene, agent_id, known, &input)?;
        let view = view(agent_id, &app);
        match world.apps.get_mut(agent_id, scene.config) {
            Some(known) if !is_new => *known = app,
            _ => world.apps.add(agent_id, app),
        }
        Ok(view)
    })
    .await
}

/// `agentid`, or the configured app's.
pub(super) fn agent_id(input: &Input, config: &Config) -> Result<u64, Problem> {
    match input.optional_integer("agentid")? {
        None => Ok(config.agent_id),
        Some(id) => u64::try_from(id).map_err(|_| Problem::invalid("agentid", "agentid is negative")),
    }
}

/// The id and the app itself, which must exist.
pub(super) fn known_app<'w>(
    world: &'w World,
    input: &Input,
    config: &Config,
) -> Result<(u64, &'w App), Problem> {
    let agent_id = agent_id(input, config)?;
    let app = world.apps.get(agent_id, config);
    app.map(|app| (agent_id, app)).ok_or_else(|| Problem::missing("agentid", format!("no app {agent_id}")))
}

fn changed(
    world: &World,
    scene: &Scene<'_>,
    agent_id: u64,
    known: Option<App>,
    input: &Input,
) -> Result<App, Problem> {
    let is_new = known.is_none();
    let mut app = known.unwrap_or_default();
    if let Some(secret) = input.optional_text("secret")? {
        let owner = world.apps.by_secret(secret, scene.config);
        if secret.is_empty() || owner.is_some_and(|owner| owner != agent_id) {
            return Err(Problem::conflict("secret", "the secret is empty or another app's"));
        }
        if agent_id == scene.config.agent_id {
            return Err(Problem::conflict("secret", "the configured app's secret is in the configuration"));
        }
        app.secret = Some(secret.to_owned());
    } else if is_new {
        return Err(Problem::invalid("secret", "a new app needs a secret"));
    }
    app.name = input.optional_text("name")?.map_or(app.name, str::to_owned);
    app.kind = match input.optional_text("kind")? {
        None => app.kind,
        Some("self_built") => Kind::SelfBuilt,
        Some("contacts_sync") => Kind::ContactsSync,
        Some(_) => return Err(Problem::invalid("kind", "kind is self_built or contacts_sync")),
    };
    app.callable = input.optional_flag("callable")?.unwrap_or(app.callable);
    app.legacy = input.optional_flag("legacy")?.unwrap_or(app.legacy);
    if let Some(ips) = list_or(input, "trusted_ips", "any")? {
        if let Some(bad) = ips.iter().flatten().find(|ip| ip.parse::<IpAddr>().is_err()) {
            return Err(Problem::invalid("trusted_ips", format!("{bad} is not an address")));
        }
        app.trusted_ips = ips;
    }
    if let Some(domains) = list_or(input, "trusted_domains", "loopback")? {
        app.trusted_domains =
            domains.map(|domains| domains.iter().map(|domain| domain.to_ascii_lowercase()).collect());
    }
    if let Some(visible) = input.get("visible") {
        app.range = range(world, visible)?;
    }
    Ok(app)
}

/// A list, or the word for "no list".
fn list_or(input: &Input, field: &str, word: &str) -> Result<Option<Option<BTreeSet<String>>>, Problem> {
    match input.get(field) {
        None => Ok(None),
        Some(Value::String(text)) if text == word => Ok(Some(None)),
        Some(Value::Array(_)) => Ok(Some(Some(input.texts(field)?.into_iter().map(str::to_owned).collect()))),
        Some(_) => Err(Problem::invalid(field, format!("{field} is a list of strings or \"{word}\""))),
    }
}

fn range(world: &World, visible: &Value) -> Result<Option<Range>, Problem> {
    let complaint =
        || Problem::invalid("visible", "visible is \"all\" or {\"users\":[…],\"departments\":[…]}");
    if visible == "all" {
        return Ok(None);
    }
    let fields = visible.as_object().ok_or_else(complaint)?;
    let mut range = Range::default();
    for (name, value) in fields {
        for item in value.as_array().ok_or_else(complaint)? {
            match name.as_str() {
                "users" => {
                    let userid = known_staff(world, item.as_str().ok_or_else(complaint)?)?;
                    range.users.insert(userid.to_ascii_lowercase());
                }
                "departments" => {
                    let id = item.as_u64().ok_or_else(complaint)?;
                    let missing = || Problem::missing("visible", format!("no department {id}"));
                    world.departments.get(id).ok_or_else(missing)?;
                    range.departments.insert(id);
                }
                _ => return Err(complaint()),
            }
        }
    }
    Ok(Some(range))
}

/// Without the secret.
fn view(agent_id: u64, app: &App) -> Value {
    json!({
        "agentid": agent_id,
        "name": app.name,
        "kind": app.kind,
        "callable": app.callable,
        "legacy": app.legacy,
        "trusted_ips": app.trusted_ips.as_ref().map_or_else(|| json!("any"), |ips| json!(ips)),
        "trusted_domains":
            app.trusted_domains.as_ref().map_or_else(|| json!("loopback"), |domains| json!(domains)),
        "visible": app.range.as_ref().map_or_else(
            || json!("all"),
            |range| json!({"users": range.users, "departments": range.departments}),
        ),
    })
}
