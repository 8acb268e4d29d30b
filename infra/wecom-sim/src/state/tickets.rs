use serde::{Deserialize, Serialize};

use crate::random::Draws;

/// How long a ticket lives.
pub(crate) const TICKET_SECONDS: i64 = 7200;
/// Old tickets remembered, so that their signatures can be told from garbage.
const KEPT: usize = 10;

/// What a ticket signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TicketKind {
    /// `wx.config`: the corp's.
    Jsapi,
    /// `wx.agentConfig`: the app's.
    AgentConfig,
}

/// An app's JS-SDK tickets, of both kinds, oldest first.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Tickets(Vec<Ticket>);

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Ticket {
    pub(crate) kind: TicketKind,
    pub(crate) text: String,
    expires_at_ms: i64,
}

impl Ticket {
    pub(crate) fn is_alive(&self, now_ms: i64) -> bool {
        now_ms < self.expires_at_ms
    }
}

impl Tickets {
    /// The current ticket of a kind; a new one only when that has run out.
    pub(crate) fn obtain(&mut self, kind: TicketKind, now_ms: i64, draws: &mut Draws) -> String {
        let current = self.0.iter().find(|ticket| ticket.kind == kind && ticket.is_alive(now_ms));
        if let Some(current) = current {
            return current.text.clone();
        }
        let text = draws.draw("ticket").alphanumeric(86);
        let expires_at_ms = now_ms + TICKET_SECONDS * 1000;
        self.0.push(Ticket { kind, text: text.clone(), expires_at_ms });
        if self.0.len() > KEPT {
            self.0.remove(0);
        }
        text
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Ticket> {
        self.0.iter()
    }
}
