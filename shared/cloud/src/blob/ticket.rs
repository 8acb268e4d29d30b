//! Tickets of [`local`](super::local): what S3 signs into an address is sealed into a word here.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::{BlobKey, TICKET_MS};
use crate::Cause;

/// Why a ticket lets nobody in, or what came with it is not what it was given for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TicketProblem {
    /// Not one of ours, or for something else.
    #[error("this is no ticket for it")]
    Unknown,
    /// Its time is over.
    #[error("the ticket has expired")]
    Expired,
    /// The body has another length than was announced.
    #[error("the body has {found} bytes, {announced} were announced")]
    Length {
        /// Bytes that came.
        found: u64,
        /// Bytes that the ticket is for.
        announced: u64,
    },
    /// The request has another media type than was announced.
    #[error("the body has another media type than was announced")]
    ContentType,
}

/// What a ticket is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Purpose {
    /// To send a blob.
    Upload { content_type: String, bytes: u64 },
    /// To fetch one.
    Fetch { content_type: String, file_name: Option<String> },
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ticket {
    pub(super) key: BlobKey,
    pub(super) purpose: Purpose,
    pub(super) until_ms: i64,
}

impl Ticket {
    pub(super) fn new(key: &BlobKey, purpose: Purpose, now_ms: i64) -> Self {
        Self { key: key.clone(), purpose, until_ms: now_ms.saturating_add(TICKET_MS) }
    }

    /// The ticket as a word that can stand in an address: what it says, and a code that only `secret` makes.
    pub(super) fn seal(&self, secret: &[u8; 32]) -> Result<String, Cause> {
        let said = URL_SAFE_NO_PAD.encode(serde_json::to_vec(self)?);
        let code = URL_SAFE_NO_PAD.encode(mac(secret, &said)?.finalize().into_bytes());
        Ok(format!("{said}.{code}"))
    }

    /// Reads a ticket that is still good.
    pub(super) fn open(word: &str, secret: &[u8; 32], now_ms: i64) -> Result<Self, TicketProblem> {
        let read = || {
            let (said, code) = word.split_once('.')?;
            let code = URL_SAFE_NO_PAD.decode(code).ok()?;
            mac(secret, said).ok()?.verify_slice(&code).ok()?;
            serde_json::from_slice::<Self>(&URL_SAFE_NO_PAD.decode(said).ok()?).ok()
        };
        let ticket = read().ok_or(TicketProblem::Unknown)?;
        if now_ms < ticket.until_ms { Ok(ticket) } else { Err(TicketProblem::Expired) }
    }
}

fn mac(secret: &[u8; 32], said: &str) -> Result<Hmac<Sha256>, Cause> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret)?;
    mac.update(b"stepwise blob ticket\0");
    mac.update(said.as_bytes());
    Ok(mac)
}
