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
        assert_eq!(answer.status, 303, "{:#}", answer.body);
        let address = format!("{}{}", self.machine.address, answer.headers["location"]);
        let request = http::Request::get(address).body(Bytes::new()).expect("a request");
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
        let how = json!({"substantial": false});
        self.post(&format!("/api/v1/contents/{id}/publish"), how).await.ok();
    }

    /// Saves a draft, over whatever is there.
    pub async fn draft(&self, id: &str, parts: Value) -> Answer {
        let path = format!("/api/v1/contents/{id}/draft");
        let etag = self.get(&path).await.headers.get("etag").cloned();
        let seen: Vec<_> = etag.iter().map(|etag| ("if-match", etag.as_str())).collect();
        self.send(Method::PUT, &path, &seen, Some(&json!({"parts": parts}))).await
    }
}

/// A PNG of this size, as far as its header is concerned, with so many bytes that say nothing.
#[must_use]
pub fn png(width: u32, height: u32, padding: usize) -> Vec<u8> {
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend([8, 2, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, content) in [(b"IHDR", header), (b"IDAT", vec![0; padding]), (b"IEND", Vec::new())] {
        let length = u32::try_from(content.len()).expect("a length");
        let checked = [&kind[..], &content].concat();
        file.extend(length.to_be_bytes());
        file.extend(&checked);
        file.extend(checksum(&checked).to_be_bytes());
    }
    file
}

/// CRC-32.
fn checksum(bytes: &[u8]) -> u32 {
    let step = |sum: u32, _| if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 };
    !bytes.iter().fold(u32::MAX, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), step))
}
