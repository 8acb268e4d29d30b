use super::*;
use crate::wire::{Reply, Wire};

const HOST: &str = "https://stepwise-dev.s3.ap-southeast-1.amazonaws.com";
const NAME: &str = "incoming/0123456789abcdef";
/// What the wire's signer takes for now, in milliseconds.
const NOW_MS: i64 = 1_767_225_600_000;

// Computed by another implementation: botocore's S3SigV4QueryAuth, for the same request, keys and time.
const SIGNED_PUT: &str = "58304cfd0b3eeca8fe2e2f95054ea83662a1f3749371737b733650d085d8e779";
const SIGNED_GET: &str = "57d3054bba0c7b9fcc2b0c968b3f4c26f7ed5c1ad505dd5ce5601edf46b3d95c";

fn signature(digits: &str) -> String {
    format!("&X-Amz-Signature={digits}")
}

fn over(wire: &Wire) -> S3 {
    S3 { signer: wire.signer(), endpoint: None, bucket: "stepwise-dev".into() }
}

fn key() -> BlobKey {
    BlobKey::incoming("0123456789abcdef").unwrap()
}

fn reply(status: u16, body: &str) -> Reply {
    Reply { status, headers: Vec::new(), body: body.to_owned().into() }
}

fn error(status: u16, code: &str) -> Reply {
    let head = r#"<?xml version="1.0" encoding="UTF-8"?>"#;
    let message = "<Message>said by S3</Message><RequestId>4442587FB7D0A2F9</RequestId>";
    reply(status, &format!("{head}\n<Error><Code>{code}</Code>{message}</Error>"))
}

#[test]
fn a_ticket_is_an_address_that_binds_type_and_length_for_a_quarter_of_an_hour() {
    let wire = Wire::answering([]);
    let upload = Upload { key: &key(), content_type: "image/png", bytes: 1234 };
    let ticket = over(&wire).upload(&upload, 0).unwrap();
    assert!(ticket.url.starts_with(&format!("{HOST}/{NAME}?X-Amz-Algorithm=")), "{}", ticket.url);
    for part in ["&X-Amz-Expires=900&", "&X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost&"] {
        assert!(ticket.url.contains(part), "{}", ticket.url);
    }
    assert!(ticket.url.contains(&signature(SIGNED_PUT)), "{}", ticket.url);
    assert_eq!(ticket.method, "PUT");
    assert_eq!(ticket.headers, BTreeMap::from([("content-type", "image/png".to_owned())]));
    assert_eq!(ticket.expires_at_ms, NOW_MS + TICKET_MS);
    assert!(!format!("{ticket:?}").contains("Signature"), "{ticket:?}");
    assert_eq!(wire.sent(), []);
}

#[test]
fn no_ticket_is_given_for_what_would_not_fit() {
    let s3 = over(&Wire::answering([]));
    for (content_type, bytes) in [("image/png", 0), ("image/png", MAX_BLOB_BYTES + 1), ("png", 1)] {
        let refused = s3.upload(&Upload { key: &key(), content_type, bytes }, 0);
        assert!(matches!(refused, Err(Error::Refused { .. })), "{content_type} {bytes}");
    }
}

#[test]
fn an_address_to_fetch_says_what_the_browser_is_to_take_it_for() {
    let shown = Shown { content_type: "application/octet-stream", file_name: Some("报价.pdf") };
    let address = over(&Wire::answering([])).address(&key(), &shown, 0).unwrap();
    let disposition = "attachment%3B%20filename%2A%3DUTF-8%27%27%25E6%258A%25A5%25E4%25BB%25B7.pdf";
    let begins = format!(
        "{HOST}/{NAME}?response-content-disposition={disposition}\
         &response-content-type=application%2Foctet-stream&X-Amz-Algorithm=AWS4-HMAC-SHA256&"
    );
    assert!(address.starts_with(&begins), "{address}");
    assert!(address.contains(&signature(SIGNED_GET)), "{address}");
}

#[tokio::test]
async fn bytes_go_as_they_are_under_a_signature_over_them() {
    let wire = Wire::replying([reply(200, "")]);
    over(&wire).put(&key(), "image/png", Bytes::from_static(b"\x89PNG")).await.unwrap();
    let sent = &wire.sent()[0];
    assert_eq!((sent.method.as_str(), sent.uri.as_str()), ("PUT", format!("{HOST}/{NAME}").as_str()));
    assert_eq!(sent.bytes, b"\x89PNG".as_slice());
    assert_eq!(sent.headers["content-type"], "image/png");
    // printf '\x89PNG' | sha256sum
    let hash = "0f4636c78f65d3639ece5a064b5ae753e3408614a14fb18ab4d7540d2c248543";
    assert_eq!(sent.headers["x-amz-content-sha256"], hash);
    let names = "SignedHeaders=content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token, ";
    assert!(sent.headers["authorization"].contains(names), "{}", sent.headers["authorization"]);
}

#[tokio::test]
async fn a_blob_is_read_and_never_more_than_the_most() {
    let wire = Wire::replying([reply(206, "bytes"), reply(200, &"x".repeat(25 * 1024 * 1024))]);
    let s3 = over(&wire);
    assert_eq!(s3.get(&key()).await.unwrap(), Some(Bytes::from_static(b"bytes")));
    assert_eq!(wire.sent()[0].headers["range"], format!("bytes=0-{MAX_BLOB_BYTES}"));
    assert!(matches!(s3.get(&key()).await, Err(Error::Refused { call: "GetObject", .. })));
}

#[tokio::test]
async fn what_is_not_there_is_told_from_a_bucket_that_is_not() {
    let wire = Wire::replying([error(404, "NoSuchKey"), error(404, "NoSuchBucket"), reply(404, "")]);
    let s3 = over(&wire);
    assert_eq!(s3.get(&key()).await.unwrap(), None);
    assert!(matches!(s3.get(&key()).await, Err(Error::Refused { .. })));
    assert_eq!(s3.size(&key()).await.unwrap(), None);
}

#[tokio::test]
async fn the_size_is_what_the_head_says() {
    let length =
        |length: &str| Reply { headers: vec![("content-length", length.into())], ..Reply::default() };
    let wire = Wire::replying([length("1234"), Reply::default()]);
    let s3 = over(&wire);
    assert_eq!(s3.size(&key()).await.unwrap(), Some(1234));
    assert_eq!(wire.sent()[0].method, "HEAD");
    assert!(matches!(s3.size(&key()).await, Err(Error::Refused { .. })));
}

#[tokio::test]
async fn deleting_what_is_gone_is_done() {
    let wire = Wire::replying([reply(204, ""), error(404, "NoSuchKey"), error(403, "AccessDenied")]);
    let s3 = over(&wire);
    s3.delete(&key()).await.unwrap();
    s3.delete(&key()).await.unwrap();
    assert!(matches!(s3.delete(&key()).await, Err(Error::Refused { call: "DeleteObject", .. })));
    assert_eq!(wire.sent()[0].method, "DELETE");
}

#[tokio::test]
async fn errors_say_whether_the_call_may_succeed_later() {
    for (status, code) in [(503, "SlowDown"), (500, "InternalError"), (400, "RequestTimeout")] {
        let told = over(&Wire::replying([error(status, code)])).get(&key()).await.unwrap_err();
        assert!(matches!(told, Error::Unavailable { .. }), "{code}");
    }
    let denied = error(403, "SignatureDoesNotMatch");
    let told = over(&Wire::replying([denied])).put(&key(), "image/png", "x".into()).await.unwrap_err();
    let Error::Refused { call: "PutObject", source } = told else { panic!("{told:?}") };
    assert_eq!(source.to_string(), "403 SignatureDoesNotMatch said by S3");
    let unreachable = over(&Wire::answering([])).get(&key()).await;
    assert!(matches!(unreachable, Err(Error::Unavailable { .. })));
}

#[tokio::test]
async fn another_address_has_the_bucket_in_its_path() {
    let wire = Wire::replying([Reply::default()]);
    let endpoint = Some("http://127.0.0.1:4566/".into());
    S3 { endpoint, ..over(&wire) }.delete(&key()).await.unwrap();
    assert_eq!(wire.sent()[0].uri, format!("http://127.0.0.1:4566/stepwise-dev/{NAME}"));
}
