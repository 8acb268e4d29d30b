//! Files that browsers send to the bucket and `api` looks at.

use std::time::Duration;

use app::net::Net;
use bytes::Bytes;
use serde_json::{Value, json};
use tests::{png, text};
use wecom::Transport as _;

use super::aws::{Aws, Function};
use crate::architecture::template::SECRET;

const TOKEN: &str = "admin-token-of-the-tests-0123456";

/// The answer to a request as the HTTP API passes it on.
async fn ask(function: &mut Function, path: &str, body: Value) -> (u64, Value) {
    let path = format!("/api/v1/{path}");
    let http = json!({ "method": "POST", "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7",
                       "userAgent": "curl" });
    let event = json!({
        "version": "2.0", "routeKey": "ANY /api/{proxy+}", "rawPath": path, "rawQueryString": "",
        "body": body.to_string(), "isBase64Encoded": false,
        "headers": { "content-type": "application/json", "host": "api.example.com",
                     "authorization": format!("Bearer {TOKEN}") },
        "requestContext": { "accountId": "111122223333", "apiId": "api", "stage": "$default", "requestId": "r",
                            "domainName": "api.example.com", "time": "22/Nov/2026:07:00:00 +0000",
                            "timeEpoch": 1_795_330_800_000_u64, "http": http },
    });
    let answer = function.invoke(&event).await;
    let body = answer["body"].as_str().unwrap_or_default();
    (answer["statusCode"].as_u64().unwrap(), serde_json::from_str(body).unwrap_or_default())
}

/// Sends a file where the ticket says.
async fn send(ticket: &Value, file: &[u8]) -> u16 {
    let mut request =
        http::Request::builder().method(text(&ticket["method"]).as_str()).uri(text(&ticket["url"]));
    for (name, value) in ticket["headers"].as_object().unwrap() {
        request = request.header(name, text(value));
    }
    let request = request.body(Bytes::copy_from_slice(file)).unwrap();
    Net::new().call(request, Duration::from_secs(10)).await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_file_goes_past_api_into_the_bucket_and_is_kept_or_refused_there() {
    let aws = Aws::with_secrets([
        ("wecom-secret", SECRET.to_owned()),
        ("ingest-secret", SECRET.to_owned()),
        ("admin-token", TOKEN.to_owned()),
    ])
    .await;
    let mut api = aws.start("api");
    let picture = png(40, 30, 9);
    let fake = b"<html>no picture</html>".to_vec();
    for (file, status) in [(&picture, 200), (&fake, 422)] {
        let (begun, ticket) = ask(&mut api, "uploads", json!({"kind": "image", "bytes": file.len()})).await;
        assert_eq!(begun, 201, "{ticket}");
        let id = text(&ticket["id"]);
        assert!(text(&ticket["url"]).contains(&format!("/stepwise-dev/incoming/{id}?")), "{ticket}");
        assert_eq!(send(&ticket, file).await, 200);
        let (finished, said) = ask(&mut api, &format!("uploads/{id}/finish"), json!({"kind": "image"})).await;
        assert_eq!(finished, status, "{said}");
        if status == 200 {
            let kept = [format!("content/{}", text(&said["blob"])), format!("incoming/{id}")];
            assert_eq!(aws.objects(), kept, "what arrived goes with the bucket's rule");
        } else {
            assert!(!aws.objects().contains(&format!("incoming/{id}")), "{:?}", aws.objects());
        }
    }
    let (status, _) = ask(&mut api, "uploads/0123456789abcdef/finish", json!({"kind": "image"})).await;
    assert_eq!(status, 404);
}
