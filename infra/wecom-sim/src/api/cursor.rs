//! Where a list goes on: opaque to callers, good for the query that it came from and no other.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::Refusal;

/// Bytes that tell a cursor from garbage.
const SEAL: usize = 9;

/// A cursor for `query` that goes on behind `place`.
pub(super) fn write(query: &str, place: &str) -> String {
    let mut bytes = seal(query, place);
    bytes.extend(place.bytes());
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// The place behind which to go on; none given: from the beginning.
pub(super) fn read(query: &str, cursor: Option<&str>) -> Result<Option<String>, Refusal> {
    let Some(cursor) = cursor.filter(|cursor| !cursor.is_empty()) else {
        return Ok(None);
    };
    let place = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| {
        let (seal_found, place) = bytes.split_at_checked(SEAL)?;
        let place = String::from_utf8(place.to_vec()).ok()?;
        (seal_found == seal(query, &place)).then_some(place)
    });
    place.map(Some).ok_or_else(|| Refusal::new(50100, "invalid cursor"))
}

fn seal(query: &str, place: &str) -> Vec<u8> {
    Sha256::digest(format!("{query}\n{place}"))[..SEAL].to_vec()
}
