//! Blobs: the originals of pictures, videos and files.
//!
//! What somebody uploads goes past us, under [`BlobKey::incoming`]; what has been inspected is kept under the hash of
//! its bytes ([`BlobKey::of`]), so that the same bytes are kept once and are never changed. [`s3`] keeps them in a
//! bucket, [`local`] on the disk or in memory. Both take uploads in the same two steps: ask for a ticket, then make the
//! request that it describes.

pub mod local;
pub mod s3;
mod ticket;

use std::{collections::BTreeMap, fmt};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

pub use ticket::TicketProblem;

use crate::Error;

/// The largest blob, in bytes: WeCom's largest file, and some room for one that is refused with the right words.
pub const MAX_BLOB_BYTES: u64 = 24 * 1024 * 1024;
/// How long after it was given a ticket or an address may be used.
pub const TICKET_MS: i64 = 15 * 60 * 1000;

/// The name of a blob. Built from parts that are checked: no name comes from outside.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BlobKey(String);

impl BlobKey {
    /// Where these bytes are kept.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(format!("content/{}", hex::encode(Sha256::digest(bytes))))
    }

    /// Where the bytes with this SHA-256 are kept; `None`: it is not 64 digits of lower-case hex.
    #[must_use]
    pub fn content(sha256: &str) -> Option<Self> {
        (sha256.len() == 64 && is_lower_hex(sha256)).then(|| Self(format!("content/{sha256}")))
    }

    /// Where an upload arrives, under an id that nobody can guess; `None`: it is not 16 to 64 digits of lower-case hex.
    #[must_use]
    pub fn incoming(id: &str) -> Option<Self> {
        ((16..=64).contains(&id.len()) && is_lower_hex(id)).then(|| Self(format!("incoming/{id}")))
    }

    /// The name: `content/…` or `incoming/…`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for BlobKey {
    type Error = &'static str;

    fn try_from(name: String) -> Result<Self, Self::Error> {
        let key = match name.split_once('/') {
            Some(("content", sha256)) => Self::content(sha256),
            Some(("incoming", id)) => Self::incoming(id),
            _ => None,
        };
        key.ok_or("this names no blob")
    }
}

impl From<BlobKey> for String {
    fn from(key: BlobKey) -> Self {
        key.0
    }
}

fn is_lower_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// What somebody wants to upload.
#[derive(Clone, Copy, Debug)]
pub struct Upload<'a> {
    /// Where it is to arrive.
    pub key: &'a BlobKey,
    /// The media type that they give it. Nobody believes it, but the request has to carry it.
    pub content_type: &'a str,
    /// How many bytes it has: 1 to [`MAX_BLOB_BYTES`]. The request has to carry exactly so many.
    pub bytes: u64,
}

/// The request with which something is uploaded, until `expires_at_ms`. `Debug` does not show the address: whoever has
/// it may upload.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct UploadTicket {
    /// Where to send it: an address, or a path of our own API's.
    pub url: String,
    /// With which method.
    pub method: &'static str,
    /// With which headers. `content-length` goes without saying; browsers let nobody set it.
    pub headers: BTreeMap<&'static str, String>,
    /// Until when it is taken, in milliseconds since 1970 UTC.
    pub expires_at_ms: i64,
}

impl fmt::Debug for UploadTicket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadTicket").field("expires_at_ms", &self.expires_at_ms).finish_non_exhaustive()
    }
}

/// How a blob is handed out.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The media type found by inspection, which the browser has to believe.
    pub content_type: &'a str,
    /// The name to save it under; `None`: it is shown in place.
    pub file_name: Option<&'a str>,
}

impl Shown<'_> {
    /// The `content-disposition` header. The name is given by RFC 6266's encoded form alone, which may be Chinese.
    #[must_use]
    pub fn disposition(&self) -> String {
        match self.file_name {
            None => "inline".into(),
            Some(name) => format!("attachment; filename*=UTF-8''{}", crate::signed::escape(name)),
        }
    }
}

/// Keeps blobs. Every one of its calls may be repeated.
#[async_trait::async_trait]
pub trait Blob: Send + Sync {
    /// A ticket to upload with, good for [`TICKET_MS`] from `now_ms`.
    ///
    /// # Errors
    /// [`Error::Refused`]: no such upload is possible.
    fn upload(&self, upload: &Upload<'_>, now_ms: i64) -> Result<UploadTicket, Error>;

    /// An address (or a path of our own API's) at which the blob can be fetched for [`TICKET_MS`] from `now_ms`, by
    /// whoever has it. It is not asked whether the blob is there.
    ///
    /// # Errors
    /// [`Error::Refused`]: no address can be made.
    fn address(&self, key: &BlobKey, shown: &Shown<'_>, now_ms: i64) -> Result<String, Error>;

    /// Keeps bytes, in place of what was kept under the key. When this is answered they outlive a crash.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: they may have been kept; [`Error::Refused`]: they were not.
    async fn put(&self, key: &BlobKey, content_type: &str, bytes: Bytes) -> Result<(), Error>;

    /// The bytes; `None`: nothing is kept under this key.
    ///
    /// # Errors
    /// [`Error::Unavailable`], or [`Error::Refused`], also for what is larger than [`MAX_BLOB_BYTES`].
    async fn get(&self, key: &BlobKey) -> Result<Option<Bytes>, Error>;

    /// How many bytes are kept under this key; `None`: nothing is.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Refused`].
    async fn size(&self, key: &BlobKey) -> Result<Option<u64>, Error>;

    /// Removes what is kept under this key; where nothing is, that is done too.
    ///
    /// # Errors
    /// [`Error::Unavailable`] or [`Error::Refused`]: it may still be there.
    async fn delete(&self, key: &BlobKey) -> Result<(), Error>;
}

/// Whether a blob may have so many bytes.
fn check_size(call: &'static str, bytes: u64) -> Result<(), Error> {
    if (1..=MAX_BLOB_BYTES).contains(&bytes) {
        return Ok(());
    }
    let source = format!("{bytes} bytes, not within 1 to {MAX_BLOB_BYTES}").into();
    Err(Error::Refused { call, source })
}

/// Whether a media type can stand in a header: `type/subtype`, without parameters.
fn check_type(call: &'static str, content_type: &str) -> Result<(), Error> {
    let legal = |part: &str| {
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&byte);
        (1..=100).contains(&part.len()) && part.bytes().all(letter)
    };
    match content_type.split_once('/') {
        Some((kind, subtype)) if legal(kind) && legal(subtype) => Ok(()),
        _ => Err(Error::Refused { call, source: "this is no media type".into() }),
    }
}

#[cfg(test)]
mod tests;
