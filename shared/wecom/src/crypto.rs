//! Callback cryptography: proving who sent a callback, decrypting it, sealing a reply.
//!
//! A callback is XML with one `Encrypt` element. The platform signs the encrypted text together
//! with the app's token and two query parameters, so the signature is checked first and nothing
//! unproven is ever decrypted. After it come the layers that [`Refused`] names, in its order.
//!
//! The protocol is WeCom's "callback" chapter (<https://developer.work.weixin.qq.com>); the size
//! limit, the refusal of two `Encrypt` elements and the nesting limit are ours.

mod envelope;
mod frame;
mod keys;
mod refused;

pub use keys::{CallbackKeys, KeyError};
pub use refused::Refused;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};
use subtle::ConstantTimeEq;

use crate::{redact, xml};

/// The largest callback body that is looked at, in bytes. Real ones stay below 4 KiB; the rest is
/// not worth parsing.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// A decrypted message: proven to come from the platform, meant for this corp, valid UTF-8,
/// well-formed XML.
///
/// `Debug` does not show it, because it may hold what a person wrote.
#[derive(Clone, PartialEq, Eq)]
pub struct Plain(String);

impl Plain {
    /// The XML exactly as it was encrypted.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The XML exactly as it was encrypted, owned.
    pub fn into_string(self) -> String {
        self.0
    }
}

/// An encrypted and signed message, as [`CallbackKeys::seal`] makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// The ciphertext in base64.
    pub encrypt: String,
    /// 40 lower-case hexadecimal digits over token, timestamp, nonce and `encrypt`.
    pub msg_signature: String,
    /// Unix seconds, as signed.
    pub timestamp: i64,
    /// The nonce, as signed.
    pub nonce: String,
}

impl Sealed {
    /// The passive reply that the platform expects in the body of the HTTP answer.
    pub fn to_xml(&self) -> String {
        format!(
            "<xml><Encrypt>{}</Encrypt><MsgSignature>{}</MsgSignature><TimeStamp>{}</TimeStamp>\
             <Nonce>{}</Nonce></xml>",
            xml::cdata(&self.encrypt),
            xml::cdata(&self.msg_signature),
            self.timestamp,
            xml::cdata(&self.nonce)
        )
    }
}

impl CallbackKeys {
    /// Opens a POSTed callback: `body` as received, the three query parameters URL-decoded once.
    /// Pass `""` for a parameter that is missing.
    ///
    /// Never panics, whatever the bytes are. Nothing is decrypted before the signature has been
    /// found right. `timestamp` is signed but not compared with any clock: the platform repeats
    /// deliveries, so age is no reason to refuse.
    pub fn open(
        &self,
        msg_signature: &str,
        timestamp: &str,
        nonce: &str,
        body: &[u8],
    ) -> Result<Plain, Refused> {
        within_limit(body.len())?;
        let encrypt = envelope::encrypt_of(body)?;
        let plain = self.decrypt(msg_signature, timestamp, nonce, &encrypt)?;
        xml::parse(&plain).map_err(Refused::Xml)?;
        Ok(Plain(plain))
    }

    /// Answers the GET that the platform sends when a callback URL is saved: the returned text has
    /// to be the whole HTTP body, without quotes or a line end, within one second.
    ///
    /// `echostr` is the parameter URL-decoded once. Form decoders turn a literal `+` into a space;
    /// base64 has no spaces, so they are turned back.
    pub fn verify_url(
        &self,
        msg_signature: &str,
        timestamp: &str,
        nonce: &str,
        echostr: &str,
    ) -> Result<String, Refused> {
        within_limit(echostr.len())?;
        if echostr.is_empty() {
            return Err(Refused::MissingParameter { name: "echostr" });
        }
        self.decrypt(msg_signature, timestamp, nonce, &echostr.replace(' ', "+"))
    }

    /// Encrypts and signs `plain`: a passive reply, or what a test pretends to have received. The
    /// text is not looked at.
    ///
    /// `timestamp` is in Unix seconds. `random16` must be fresh random bytes: they are what makes
    /// two equal replies differ.
    pub fn seal(&self, timestamp: i64, nonce: &str, random16: [u8; 16], plain: &str) -> Sealed {
        let ciphertext =
            frame::encrypt(self.aes_key(), random16, plain.as_bytes(), self.corp_id().as_bytes());
        let encrypt = STANDARD.encode(ciphertext);
        let msg_signature = self.signature(&timestamp.to_string(), nonce, &encrypt);
        Sealed { encrypt, msg_signature, timestamp, nonce: nonce.to_owned() }
    }

    fn decrypt(
        &self,
        msg_signature: &str,
        timestamp: &str,
        nonce: &str,
        encrypt: &str,
    ) -> Result<String, Refused> {
        for (name, value) in [("msg_signature", msg_signature), ("timestamp", timestamp), ("nonce", nonce)] {
            if value.is_empty() {
                return Err(Refused::MissingParameter { name });
            }
        }
        let expected = self.signature(timestamp, nonce, encrypt);
        if !bool::from(expected.as_bytes().ct_eq(msg_signature.as_bytes())) {
            return Err(Refused::Signature);
        }
        let ciphertext = STANDARD.decode(encrypt).map_err(|_| Refused::Base64)?;
        let (message, receive_id) = frame::decrypt(self.aes_key(), ciphertext)?;
        if receive_id != self.corp_id().as_bytes() {
            return Err(Refused::ReceiveId);
        }
        String::from_utf8(message).map_err(|_| Refused::Utf8)
    }

    /// Hexadecimal SHA-1 over the four values sorted as byte strings.
    fn signature(&self, timestamp: &str, nonce: &str, encrypt: &str) -> String {
        let mut parts = [self.token(), timestamp, nonce, encrypt];
        parts.sort_unstable();
        let mut digest = Sha1::new();
        for part in parts {
            digest.update(part.as_bytes());
        }
        hex::encode(digest.finalize())
    }
}

fn within_limit(bytes: usize) -> Result<(), Refused> {
    if bytes > MAX_BODY_BYTES { Err(Refused::TooLarge { bytes }) } else { Ok(()) }
}

redact::redacted_debug!(Plain);
