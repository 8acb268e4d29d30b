//! Contents for the tests: uploads in their two steps, and files as small as they can be.

use std::time::Duration;

use bytes::Bytes;
use http::Method;
use serde_json::{Value, json};
use wecom::Transport as _;

use crate::{Answer, World, text};

impl World {
    /// Uploads a file that is to be used as `kind`, and finishes it.
    pub async fn upload(&self, kind: &str, file: &[u8]) -> Answer {
        let begun = self.post("/api/v1/uploads", json!({"kind": kind, "bytes": file.len()})).await;
        if begun.status != 201 {
            return begun;
        }
        let ticket = begun.ok();
        let sent = self.send_file(&ticket, file).await;
        assert_eq!(sent.status, 204, "{}", sent.page);
        self.post(&format!("/api/v1/uploads/{}/finish", text(&ticket["id"])), json!({"kind": kind})).await
    }

    /// Sends a file as a ticket says, as a browser does: without credentials.
    pub async fn send_file(&self, ticket: &Value, file: &[u8]) -> Answer {
        let address = format!("{}{}", self.machine.address, text(&ticket["url"]));
        let mut request = http::Request::builder().method(text(&ticket["method"]).as_str()).uri(address);
        for (name, value) in ticket["headers"].as_object().expect("headers") {
            request = request.header(name, text(value));
        }
        self.raw(request.body(Bytes::copy_from_slice(file)).expect("a request")).await
    }

    /// Fetches what a redirect leads to; the bytes are those of the file.
    pub async fn follow(&self, answer: &Answer) -> http::Response<Bytes> {
        self.follow_with(answer, &[]).await
    }

    /// The same with these headers.
    pub async fn follow_with(&self, answer: &Answer, headers: &[(&str, &str)]) -> http::Response<Bytes> {
        assert_eq!(answer.status, 303, "{:#}", answer.body);
        let address = format!("{}{}", self.machine.address, answer.headers["location"]);
        let mut request = http::Request::get(address);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Bytes::new()).expect("a request");
        self.net.call(request, Duration::from_secs(60)).await.expect("an answer")
    }

    /// A content that says this, published.
    pub async fn content(&self, id: &str, edit: Value, parts: Value) {
        self.put(&format!("/api/v1/contents/{id}"), edit).await.ok();
        self.content_changes(id, parts).await;
    }

    /// Another version of a content, which is no substantial change.
    pub async fn content_changes(&self, id: &str, parts: Value) {
        self.draft(id, parts).await.ok();
        self.publish_content(id, json!({"substantial": false})).await.ok();
    }

    /// Publishes a draft, whatever it says.
    pub async fn publish_content(&self, id: &str, how: Value) -> Answer {
        let path = format!("/api/v1/contents/{id}/publish");
        self.send(Method::POST, &path, &[("if-match", "*")], Some(&how)).await
    }

    /// Saves a draft, over whatever is there.
    pub async fn draft(&self, id: &str, parts: Value) -> Answer {
        let path = format!("/api/v1/contents/{id}/draft");
        let etag = self.get(&path).await.headers.get("etag").cloned();
        let seen: Vec<_> = etag.iter().map(|etag| ("if-match", etag.as_str())).collect();
        self.send(Method::PUT, &path, &seen, Some(&json!({"parts": parts}))).await
    }
}

/// A black PNG of this size, with one bit for a pixel, and so many bytes that say nothing. One that is too large to be
/// shown has a header alone to speak of.
#[must_use]
pub fn png(width: u32, height: u32, padding: usize) -> Vec<u8> {
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend([1, 0, 0, 0, 0]);
    let raw = u64::from(height) * u64::from(1 + width.div_ceil(8));
    let data = zeros(if raw < 100_000_000 { raw } else { 1 });
    let chunks = [(b"IHDR", header), (b"IDAT", data), (b"teSt", vec![0; padding]), (b"IEND", Vec::new())];
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, content) in chunks {
        let length = u32::try_from(content.len()).expect("a length");
        let checked = [&kind[..], &content].concat();
        file.extend(length.to_be_bytes());
        file.extend(&checked);
        file.extend(checksum(&checked).to_be_bytes());
    }
    file
}

/// So many zeros as zlib packs them: one, and matches of 258 with the one before.
fn zeros(count: u64) -> Vec<u8> {
    // DEFLATE has codes from their highest bit and bytes from their lowest: here as they come.
    let mut bits = vec![true, true, false];
    let mut add = |code: u32, length: u32, times: u64| {
        for _ in 0..times {
            bits.extend((0..length).rev().map(|place| code >> place & 1 == 1));
        }
    };
    let behind = count.saturating_sub(1);
    add(0b0011_0000, 8, count.min(1));
    add(0b1_1000_1010_0000, 13, behind / 258);
    add(0b0011_0000, 8, behind % 258);
    add(0, 7, 1);
    let byte = |bits: &[bool]| bits.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
    let mut packed = vec![0x78, 0x01];
    packed.extend(bits.chunks(8).map(byte));
    packed.extend((u32::try_from(count % 65521).expect("it is small") << 16 | 1).to_be_bytes());
    packed
}

/// CRC-32.
fn checksum(bytes: &[u8]) -> u32 {
    let step = |sum: u32, _| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 };
    !bytes.iter().fold(u32::MAX, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), step))
}
