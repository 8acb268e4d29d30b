//! Tickets that sign pages for the JS-SDK.

use serde_json::{Value, json};

use super::{Call, Endpoint, Refusal};
use crate::state::{TICKET_SECONDS, TicketKind, World};

pub(super) const ENDPOINTS: &[Endpoint] =
    &[Endpoint::get("get_jsapi_ticket", corp_ticket), Endpoint::get("ticket/get", app_ticket)];

fn corp_ticket(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    obtain(world, call, TicketKind::Jsapi)
}

fn app_ticket(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    match call.query("type") {
        Some("agent_config") => obtain(world, call, TicketKind::AgentConfig),
        _ => Err(Refusal::new(91040, "invalid ticket type")),
    }
}

/// Both kinds count together, for the app and for the corp.
fn obtain(world: &mut World, call: &Call<'_>, kind: TicketKind) -> Result<Value, Refusal> {
    let agent = call.agent_id.to_string();
    for (subject, of) in [("tickets_of_app", agent.as_str()), ("tickets_of_corp", "")] {
        world.limits.pass(subject, of, call.now_ms).map_err(|_| Refusal::too_often())?;
    }
    let draws = &mut world.draws;
    let app = world.apps.get_mut(call.agent_id, call.config);
    let ticket = app.map(|app| app.tickets.obtain(kind, call.now_ms, draws));
    Ok(json!({"ticket": ticket, "expires_in": TICKET_SECONDS}))
}
