//! Who a visitor of a page is: OAuth codes and the tickets that follow from them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::random::Draws;

/// How long a code lives, and a ticket.
const CODE_MS: i64 = 300_000;
const TICKET_MS: i64 = 1_800_000;
/// Codes and tickets remembered of each sort; those forgotten count as never issued.
const KEPT: usize = 1000;

/// Who somebody is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Person {
    /// Userid of a member.
    Member(String),
    /// `external_userid` of a customer.
    Customer(String),
}

/// What a code stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Grant {
    pub(crate) person: Person,
    /// The app that may exchange it.
    pub(crate) agent_id: u64,
    /// `snsapi_privateinfo`: a ticket to details comes with it.
    pub(crate) private: bool,
}

/// Why a code does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CodeRefusal {
    /// Never issued, or for another app.
    Unknown,
    Expired,
    Used,
}

/// All codes and tickets lately issued.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Identities {
    numbers: u64,
    codes: BTreeMap<String, Code>,
    tickets: BTreeMap<String, Ticket>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Code {
    number: u64,
    issued_at_ms: i64,
    used: bool,
    grant: Grant,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Ticket {
    number: u64,
    issued_at_ms: i64,
    userid: String,
    agent_id: u64,
}

impl Identities {
    pub(crate) fn issue(&mut self, grant: Grant, now_ms: i64, draws: &mut Draws) -> String {
        let code = draws.draw("oauth_code").alphanumeric(43);
        self.numbers += 1;
        let issued = Code { number: self.numbers, issued_at_ms: now_ms, used: false, grant };
        self.codes.insert(code.clone(), issued);
        forget_oldest(&mut self.codes, |code| code.number);
        code
    }

    /// What the code stands for; once, and by the app it was issued for.
    pub(crate) fn exchange(&mut self, code: &str, agent_id: u64, now_ms: i64) -> Result<Grant, CodeRefusal> {
        let issued = self.codes.get_mut(code).filter(|code| code.grant.agent_id == agent_id);
        let issued = issued.ok_or(CodeRefusal::Unknown)?;
        if issued.used {
            return Err(CodeRefusal::Used);
        }
        if now_ms - issued.issued_at_ms > CODE_MS {
            return Err(CodeRefusal::Expired);
        }
        issued.used = true;
        Ok(issued.grant.clone())
    }

    /// A `user_ticket`.
    pub(crate) fn admit(&mut self, userid: &str, agent_id: u64, now_ms: i64, draws: &mut Draws) -> String {
        let ticket = draws.draw("user_ticket").alphanumeric(64);
        self.numbers += 1;
        let issued =
            Ticket { number: self.numbers, issued_at_ms: now_ms, userid: userid.to_owned(), agent_id };
        self.tickets.insert(ticket.clone(), issued);
        forget_oldest(&mut self.tickets, |ticket| ticket.number);
        ticket
    }

    /// Whose ticket it is, or the code that it is refused with.
    pub(crate) fn admitted(&self, ticket: &str, agent_id: u64, now_ms: i64) -> Result<&str, i64> {
        let issued = self.tickets.get(ticket).filter(|ticket| ticket.agent_id == agent_id).ok_or(84015)?;
        if now_ms - issued.issued_at_ms > TICKET_MS {
            return Err(84014);
        }
        Ok(&issued.userid)
    }
}

fn forget_oldest<T>(kept: &mut BTreeMap<String, T>, number: impl Fn(&T) -> u64) {
    if kept.len() > KEPT {
        let oldest = kept.iter().min_by_key(|(_, one)| number(one)).map(|(key, _)| key.clone());
        oldest.and_then(|oldest| kept.remove(&oldest));
    }
}
