//! The plug is pulled around an upload to WeCom.

use std::time::Duration;

use app::Clock as _;
use bytes::Bytes;
use serde_json::{Value, json};
use tests::{png, text};
use wecom::Transport as _;

use super::{Outside, Plug};

impl Outside {
    /// A content that greets with a picture, published last of all.
    async fn greets_with_picture(&self) {
        let picture = png(40, 30, 9);
        let wanted = json!({"kind": "image", "bytes": picture.len()});
        let ticket = self.api("POST", "/api/v1/uploads", wanted).await;
        let address = std::fs::read_to_string(self.path().join("address")).unwrap();
        let mut request = http::Request::put(format!("{address}{}", text(&ticket["url"])));
        for (name, value) in ticket["headers"].as_object().unwrap() {
            request = request.header(name, text(value));
        }
        let request = request.body(Bytes::from(picture)).unwrap();
        assert_eq!(self.net.call(request, Duration::from_secs(20)).await.unwrap().status(), 204);
        let finish = format!("/api/v1/uploads/{}/finish", text(&ticket["id"]));
        let kept = self.api("POST", &finish, json!({"kind": "image"})).await;
        self.api("PUT", "/api/v1/contents/hello", json!({"title": "问候"})).await;
        let parts =
            json!({"parts": [{"kind": "text", "text": "你好"}, {"kind": "image", "blob": kept["blob"]}]});
        self.api("PUT", "/api/v1/contents/hello/draft", parts).await;
        self.api_if("POST", "/api/v1/contents/hello/publish", json!({"substantial": false})).await;
        let hello = json!({"id": "hello", "at": {"after_minutes": 0}, "method": "welcome", "content": {"ref": "hello"}});
        let document =
            json!({"id": "newcomers", "name": "新客", "anchor": {"kind": "friend_add"}, "steps": [hello]});
        self.api("PUT", "/api/v1/sops/newcomers", document).await;
        self.api("POST", "/api/v1/sops/newcomers/publish", json!({})).await;
    }

    /// What has reached somebody once they were greeted.
    async fn until_greeted(&self, customer: &str) -> Vec<Value> {
        for _ in 0..2000 {
            let inbox = self.look(&format!("customers/{customer}/inbox")).await;
            if !inbox.is_empty() {
                return inbox;
            }
            app::RealClock.pause(Duration::from_millis(10)).await;
        }
        panic!("nobody greeted {customer}");
    }

    /// Whatever the present revision is.
    async fn api_if(&self, method: &str, path: &str, body: Value) {
        let address = std::fs::read_to_string(self.path().join("address")).unwrap();
        let request = http::Request::builder()
            .method(method)
            .uri(format!("{address}{path}"))
            .header("authorization", "Bearer token")
            .header("content-type", "application/json")
            .header("if-match", "*")
            .body(Bytes::from(body.to_string()))
            .unwrap();
        let answer = self.net.call(request, Duration::from_secs(20)).await.unwrap();
        assert!(answer.status().is_success(), "{path}: {:?}", answer.body());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_killed_around_an_upload_greets_with_the_picture_after_its_restart() {
    for plug in [Plug::Before, Plug::After] {
        let outside = Outside::new().await;
        outside.start().await;
        outside.arm("media/upload", plug);
        outside.greets_with_picture().await;
        // Nobody but the tick uploads: the next start begins with one.
        outside.kill();
        outside.restart_after(60).await;
        outside.until_killed().await;
        // Leases of the dead process run out: of the renewal, and of the upload.
        outside.restart_after(180).await;
        outside.control("customers/wmA/add", json!({"userid": "zhang"})).await;
        outside.until_known("wmA").await;
        let inbox = outside.until_greeted("wmA").await;
        assert_eq!(inbox.len(), 1, "{plug:?}: {inbox:#?}");
        assert_eq!(inbox[0]["attachments"][0]["msgtype"], "image", "{plug:?}: {inbox:#?}");
    }
}
