//! Codes: 96 bits of a keyed hash over what a link is, in 16 characters that an address needs not escape.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{Timestamp, content::SentContent};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::Serialize;
use sha2::Sha256;

use super::LinkFor;

const CODE_CHARS: usize = 16;
const CODE_BYTES: usize = 12;
/// Of the hash so much stands in a state.
const STATE_HASH_BYTES: usize = 16;
/// Of the hash so much names a bucket.
const NAME_BYTES: usize = 12;
/// The instant, as a state begins with it: seconds, hexadecimal.
const STATE_TIME_CHARS: usize = 10;
/// A browser comes back within this time, or is nobody we know.
const STATE_SECONDS: i64 = 600;

/// Keys everything that is hashed for links. A value that never shows itself.
pub(crate) struct Salt(String);

/// Could it be a code?
pub(super) fn is_code(text: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    text.len() == CODE_CHARS && text.bytes().all(legal)
}

impl Salt {
    pub(super) const fn new(salt: String) -> Self {
        Self(salt)
    }

    /// Names the link of one part of a version, for whom it is made. The same again has the same name.
    pub(super) fn code(&self, to: &LinkFor, sent: &SentContent, part: u32) -> String {
        // The edition follows from the version.
        let hash = self.hash("code", &(to.parts(), &sent.content, sent.version, part));
        URL_SAFE_NO_PAD.encode(&hash.finalize().into_bytes()[..CODE_BYTES])
    }

    /// Names one opening: by whom, from which link, in which half hour.
    pub(super) fn opening(&self, code: &str, opener: &impl Serialize, half_hour: i64) -> String {
        hex::encode(self.hash("opening", &(code, opener, half_hour)).finalize().into_bytes())
    }

    /// Names a bucket, without showing of what.
    pub(super) fn name(&self, what: &str, of: &impl Serialize) -> String {
        hex::encode(&self.hash(what, of).finalize().into_bytes()[..NAME_BYTES])
    }

    /// What a browser is sent to WeCom with, so that it can come back to this link, for a while: letters and digits.
    pub(super) fn state(&self, code: &str, now: Timestamp) -> String {
        let until = now.plus_secs(STATE_SECONDS).secs();
        let hash = self.hash("state", &(code, until)).finalize().into_bytes();
        format!("{until:0STATE_TIME_CHARS$x}{}", hex::encode(&hash[..STATE_HASH_BYTES]))
    }

    /// Was the browser sent away with this state, from this link, lately?
    pub(super) fn knows(&self, state: &str, code: &str, now: Timestamp) -> bool {
        let Some((until, hash)) = state.split_at_checked(STATE_TIME_CHARS) else { return false };
        let (Ok(until), Ok(hash)) = (i64::from_str_radix(until, 16), hex::decode(hash)) else { return false };
        hash.len() == STATE_HASH_BYTES
            && self.hash("state", &(code, until)).verify_truncated_left(&hash).is_ok()
            && now.secs() <= until
    }

    /// Over the JSON, which tells each part from the next.
    fn hash(&self, what: &str, of: &impl Serialize) -> Hmac<Sha256> {
        let text = serde_json::to_vec(&(what, of)).expect("texts and numbers are JSON");
        let mut mac = Hmac::new_from_slice(self.0.as_bytes()).expect("any key fits");
        mac.update(&text);
        mac
    }
}
