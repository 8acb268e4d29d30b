//! The receiving half of the callback protocol, written for these tests with the bare block cipher, so
//! that it shares nothing with the code it checks.

use aes::Aes256;
use aes::cipher::{BlockCipherDecrypt as _, BlockCipherEncrypt as _, KeyInit as _};
use base64::Engine as _;
use sha1::{Digest as _, Sha1};

/// A callback as received: what stood in the query, and the decrypted document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Opened {
    pub(crate) xml: String,
    pub(crate) receive_id: String,
    pub(crate) pad: usize,
    pub(crate) timestamp: i64,
    pub(crate) encrypted: String,
}

impl Opened {
    /// Verifies and decrypts.
    pub(crate) fn open(url: &str, body: &str, token: &str, aes_key: &str) -> Self {
        let query = |name: &str| {
            url.split_once('?')
                .expect("a query")
                .1
                .split('&')
                .find_map(|pair| pair.strip_prefix(&format!("{name}=")))
                .expect(name)
        };
        let encrypted = text_of(body, "Encrypt").expect("an Encrypt element");
        let mut parts = vec![token, query("timestamp"), query("nonce"), &encrypted];
        parts.sort();
        let mut hash = Sha1::new();
        for part in parts {
            hash.update(part);
        }
        assert_eq!(hex::encode(hash.finalize()), query("msg_signature"));

        let key = base64_bits(aes_key);
        let key: [u8; 32] = key[..32].try_into().expect("32 bytes");
        let plain = decrypt(&key, &base64_bits(&encrypted));
        let pad = usize::from(*plain.last().expect("a last byte"));
        assert!((1..=32).contains(&pad), "pad {pad}");
        assert_eq!(plain.len() % 32, 0);
        assert!(plain[plain.len() - pad..].iter().all(|b| usize::from(*b) == pad));
        let length = u32::from_be_bytes(plain[16..20].try_into().expect("4 bytes")) as usize;
        let text = |from: usize, to: usize| String::from_utf8(plain[from..to].to_vec()).expect("UTF-8 text");
        Self {
            xml: text(20, 20 + length),
            receive_id: text(20 + length, plain.len() - pad),
            pad,
            timestamp: query("timestamp").parse().expect("seconds"),
            encrypted,
        }
    }

    /// A field of the decrypted event; `None` if it is absent.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        text_of(&self.xml, name)
    }

    /// Names of the fields in the order in which they stand.
    pub(crate) fn order(&self) -> Vec<String> {
        let inner = self.xml.trim_start_matches("<xml>");
        let mut names = Vec::new();
        let mut rest = inner;
        while let Some(start) = rest.strip_prefix('<').filter(|r| !r.starts_with('/')) {
            let name = start.split_once('>').expect("a tag").0.to_owned();
            let close = format!("</{name}>");
            rest = rest.split_once(&close).expect("a closing tag").1;
            names.push(name);
        }
        names
    }
}

/// A passive reply, sealed and signed as the documentation says.
pub(crate) fn sealed_reply(xml: &str, token: &str, aes_key: &str, receive_id: &str) -> String {
    let key: [u8; 32] = base64_bits(aes_key)[..32].try_into().expect("32 bytes");
    let mut plain = b"0123456789abcdef".to_vec();
    plain.extend(u32::try_from(xml.len()).expect("short").to_be_bytes());
    plain.extend(xml.bytes());
    plain.extend(receive_id.bytes());
    let pad = 32 - plain.len() % 32;
    plain.extend(vec![u8::try_from(pad).expect("small"); pad]);

    let cipher = Aes256::new(&key.into());
    let mut previous: [u8; 16] = key[..16].try_into().expect("16 bytes");
    let mut sealed = Vec::new();
    for chunk in plain.chunks_exact(16) {
        let masked: Vec<u8> = chunk.iter().zip(previous).map(|(byte, mask)| byte ^ mask).collect();
        let masked: [u8; 16] = masked.try_into().expect("a block");
        let mut block = masked.into();
        cipher.encrypt_block(&mut block);
        previous = block.into();
        sealed.extend(previous);
    }
    let encrypted = base64::prelude::BASE64_STANDARD.encode(sealed);
    let mut parts = [token, "1760000000", "nonce", &encrypted];
    parts.sort_unstable();
    let signature = hex::encode(Sha1::digest(parts.concat()));
    format!(
        "<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt><MsgSignature><![CDATA[{signature}]]></MsgSignature>\
         <TimeStamp>1760000000</TimeStamp><Nonce><![CDATA[nonce]]></Nonce></xml>"
    )
}

fn text_of(xml: &str, name: &str) -> Option<String> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    Some(text.strip_prefix("<![CDATA[").and_then(|text| text.strip_suffix("]]>")).unwrap_or(text).to_owned())
}

fn decrypt(key: &[u8; 32], sealed: &[u8]) -> Vec<u8> {
    let cipher = Aes256::new(&(*key).into());
    let mut previous: [u8; 16] = key[..16].try_into().expect("16 bytes");
    let mut plain = Vec::new();
    for chunk in sealed.chunks_exact(16) {
        let chunk: [u8; 16] = chunk.try_into().expect("a block");
        let mut block = chunk.into();
        cipher.decrypt_block(&mut block);
        plain.extend(block.iter().zip(previous).map(|(byte, mask)| byte ^ mask));
        previous = chunk;
    }
    plain
}

/// Base64 by hand: bits are bits, whatever is left over is ignored.
fn base64_bits(text: &str) -> Vec<u8> {
    let (mut bits, mut held, mut bytes) = (0u32, 0, Vec::new());
    for letter in text.bytes().filter(|letter| *letter != b'=') {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            _ => 63,
        };
        bits = bits << 6 | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held & 0xff) as u8);
        }
    }
    bytes
}

#[test]
fn the_official_sample_opens() {
    let url = "http://x/?msg_signature=477715d11cdb4164915debcba66cb864d751f3e6\
               &timestamp=1409659813&nonce=1372623149";
    let body = "<xml><Encrypt><![CDATA[RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg3W/sYYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q==]]></Encrypt></xml>";
    let opened = Opened::open(url, body, "QDG6eK", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C");
    assert_eq!(opened.pad, 30);
    assert_eq!(opened.receive_id, "wx5823bf96d3bd56c7");
    assert_eq!(opened.field("Content").as_deref(), Some("hello"));
}
