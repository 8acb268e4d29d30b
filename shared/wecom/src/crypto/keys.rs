//! The three settings behind a callback URL.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::redact;

/// 43 base64 digits carry 258 bits, two more than a key has. The console fills them at random, so a
/// decoder that insists on zeros rejects three of four real keys.
const KEY_BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// What an app needs to verify and decrypt its callbacks. `Debug` shows none of it.
#[derive(Clone)]
pub struct CallbackKeys {
    token: String,
    aes_key: [u8; 32],
    corp_id: String,
}

/// Which setting of a callback URL is malformed, and how to mend it. Never contains the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The token.
    #[error(
        "callback token is malformed: it has 1 to 32 letters and digits; copy Token from the app's 接收消息 page in the admin console"
    )]
    Token,
    /// The encryption key.
    #[error(
        "EncodingAESKey is malformed: it has 43 base64 characters and no '='; copy it from the app's 接收消息 page in the admin console"
    )]
    EncodingAesKey,
    /// The corp id.
    #[error(
        "corp id is malformed: it has 1 to 64 letters, digits, '-' or '_'; copy 企业ID from the 我的企业 page of the admin console"
    )]
    CorpId,
}

impl CallbackKeys {
    /// Checks the three settings once, at start.
    ///
    /// - `token`: 1 to 32 ASCII letters and digits.
    /// - `encoding_aes_key`: 43 base64 characters without `=`; the two surplus bits of the last one
    ///   may be anything.
    /// - `corp_id`: the corp's id (`ww…`, old corps `wx…`), which every message must be addressed
    ///   to.
    pub fn parse(token: &str, encoding_aes_key: &str, corp_id: &str) -> Result<CallbackKeys, KeyError> {
        let is_token = (1..=32).contains(&token.len()) && token.bytes().all(|b| b.is_ascii_alphanumeric());
        if !is_token {
            return Err(KeyError::Token);
        }
        let is_corp_id = (1..=64).contains(&corp_id.len())
            && corp_id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
        if !is_corp_id {
            return Err(KeyError::CorpId);
        }
        // 43 characters decode to 32 bytes and no other number does, so the array conversion also
        // checks the length.
        let decoded = KEY_BASE64.decode(encoding_aes_key).map_err(|_| KeyError::EncodingAesKey)?;
        let aes_key = decoded.try_into().map_err(|_| KeyError::EncodingAesKey)?;
        Ok(CallbackKeys { token: token.to_owned(), aes_key, corp_id: corp_id.to_owned() })
    }

    /// The corp that the callbacks are meant for.
    pub fn corp_id(&self) -> &str {
        &self.corp_id
    }

    pub(super) fn token(&self) -> &str {
        &self.token
    }

    pub(super) fn aes_key(&self) -> &[u8; 32] {
        &self.aes_key
    }
}

redact::redacted_debug!(CallbackKeys);

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";

    #[test]
    fn a_key_with_non_canonical_tail_is_accepted() {
        let key = |tail| {
            CallbackKeys::parse("QDG6eK", &KEY.replace("B2C", tail), "wx5823bf96d3bd56c7")
                .expect("sound")
                .aes_key
        };
        assert_eq!(
            hex::encode(key("B2C")),
            "8d69989bbaabe67328014c194631ad0719b3dca035b64023df292447aab60760"
        );
        assert_eq!(key("B2C"), key("B2A"));
    }

    #[test]
    fn an_error_names_the_setting_and_never_its_value() {
        let refused = |token: &str, key: &str, corp: &str| {
            CallbackKeys::parse(token, key, corp).expect_err("malformed")
        };
        for token in ["", "has space", "0123456789012345678901234567890123", "密钥"] {
            assert_eq!(refused(token, KEY, "ww1"), KeyError::Token);
        }
        let long = format!("{KEY}A");
        for key in ["", &KEY[1..], &long, &format!("{KEY}="), &KEY.replace('j', "!"), &KEY.replace('j', "密")]
        {
            assert_eq!(refused("t", key, "ww1"), KeyError::EncodingAesKey);
            assert!(!KeyError::EncodingAesKey.to_string().contains("jWm"));
        }
        for corp in ["", " ww1", "ww1\n"] {
            assert_eq!(refused("t", KEY, corp), KeyError::CorpId);
        }
    }

    #[test]
    fn debug_shows_nothing() {
        let keys = CallbackKeys::parse("QDG6eK", KEY, "wx5823bf96d3bd56c7").expect("sound");
        assert_eq!(format!("{keys:?}"), "CallbackKeys(***)");
    }
}
