//! What is posted to the callback address: any bytes are a callback or an error.
//!
//! Nothing is decrypted before the signature is found right, and no fuzzer finds a signature. So the
//! body is tried a second time with the signature that belongs to it, and the layers behind are
//! reached too.

#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use sha1::{Digest, Sha1};
use wecom::crypto::CallbackKeys;
use wecom::event::{Callback, ParseError};

/// The keys of the recorded callbacks, so that these decrypt.
struct Recorded {
    token: String,
    keys: CallbackKeys,
}

fn recorded() -> &'static Recorded {
    static RECORDED: OnceLock<Recorded> = OnceLock::new();
    RECORDED.get_or_init(|| {
        let config: Value = serde_json::from_str(include_str!("../../../../tests/callbacks/config.json"))
            .expect("one object");
        let [token, key, corp_id] =
            ["token", "encoding_aes_key", "corp_id"].map(|name| config[name].as_str().expect("a text"));
        let keys = CallbackKeys::parse(token, key, corp_id).expect("sound settings");
        Recorded { token: token.to_owned(), keys }
    })
}

/// The text of the first `Encrypt` element, by plain search.
fn encrypt(body: &str) -> Option<&str> {
    let (_, after) = body.split_once("<Encrypt>")?;
    let (content, _) = after.split_once("</Encrypt>")?;
    let content =
        content.strip_prefix("<![CDATA[").and_then(|rest| rest.strip_suffix("]]>")).unwrap_or(content);
    Some(content.trim())
}

fn sign(token: &str, encrypt: &str) -> String {
    let mut parts = [token, "1700000000", "n", encrypt];
    parts.sort_unstable();
    hex::encode(Sha1::digest(parts.concat()))
}

fuzz_target!(|body: &[u8]| {
    let Recorded { token, keys } = recorded();
    assert!(keys.open("no signature", "1700000000", "n", body).is_err());
    let Some(encrypt) = std::str::from_utf8(body).ok().and_then(encrypt) else { return };
    let signature = sign(token, encrypt);
    if let Ok(plain) = keys.open(&signature, "1700000000", "n", body) {
        let parsed = Callback::parse(plain.as_str());
        assert!(!matches!(parsed, Err(ParseError::Xml(_))), "what is let in is well-formed");
    }
    let _ = keys.verify_url(&signature, "1700000000", "n", encrypt);
});
