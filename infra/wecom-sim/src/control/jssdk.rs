//! What WeCom's client would say to a signature.

use axum::body::Bytes;
use axum::extract::State;
use serde_json::{Value, json};
use sha1::{Digest as _, Sha1};

use super::apps::known_app;
use super::input::Input;
use super::{Outcome, Problem};
use crate::sim::Sim;
use crate::state::{Scene, TicketKind, World};

/// `POST jssdk/verify`: `errcode` 0, 40093 for a signature that no ticket makes, 42012 for one made with
/// a ticket of the other kind, of another app, or run out.
pub(super) async fn verify(State(sim): State<Sim>, body: Bytes) -> Outcome {
    let input = Input::parse(&body)?;
    let kind = match input.text("kind")? {
        "jsapi" => TicketKind::Jsapi,
        "agent_config" => TicketKind::AgentConfig,
        _ => return Err(Problem::invalid("kind", "kind is jsapi or agent_config")),
    };
    let timestamp = match input.get("timestamp") {
        Some(Value::Number(number)) => number.to_string(),
        _ => input.text("timestamp")?.to_owned(),
    };
    let url = input.text("url")?;
    let signed = Signed {
        noncestr: input.text("noncestr")?,
        timestamp: &timestamp,
        // the client drops the fragment before it looks
        url: url.split('#').next().unwrap_or_default(),
        signature: input.text("signature")?,
    };
    sim.look(|world, scene| {
        let (agent_id, _) = known_app(world, &input, scene.config)?;
        Ok(match judge(world, scene, agent_id, kind, &signed) {
            0 => json!({"errcode": 0, "errmsg": "ok"}),
            42012 => json!({"errcode": 42012, "errmsg": "invalid jsapi_ticket"}),
            code => json!({"errcode": code, "errmsg": "invalid signature"}),
        })
    })
    .map(axum::Json)
}

struct Signed<'a> {
    noncestr: &'a str,
    timestamp: &'a str,
    url: &'a str,
    signature: &'a str,
}

fn judge(world: &World, scene: &Scene<'_>, agent_id: u64, kind: TicketKind, signed: &Signed<'_>) -> i64 {
    let mut verdict = 40093;
    for (id, app) in world.apps.iter(scene.config) {
        for ticket in app.tickets.iter().filter(|ticket| signed.is_made_with(&ticket.text)) {
            if id == agent_id && ticket.kind == kind && ticket.is_alive(scene.now_ms) {
                return 0;
            }
            verdict = 42012;
        }
    }
    verdict
}

impl Signed<'_> {
    fn is_made_with(&self, ticket: &str) -> bool {
        let Self { noncestr, timestamp, url, signature } = self;
        let text = format!("jsapi_ticket={ticket}&noncestr={noncestr}&timestamp={timestamp}&url={url}");
        hex::encode(Sha1::digest(text)) == *signature
    }
}
