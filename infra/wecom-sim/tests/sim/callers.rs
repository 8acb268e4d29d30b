//! Calls by other apps, and from other addresses.

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::bench::{Bench, CORP};

pub(crate) fn code(answer: &Value) -> i64 {
    answer["errcode"].as_i64().expect("an errcode")
}

impl Bench {
    /// What `gettoken` answers to this secret, called from this address.
    pub(crate) async fn gettoken(&self, secret: &str, ip: &str) -> Value {
        self.get_from(ip, &format!("gettoken?corpid={CORP}&corpsecret={secret}")).await
    }

    pub(crate) async fn token_of(&self, secret: &str) -> String {
        let answer = self.gettoken(secret, "127.0.0.1").await;
        answer["access_token"].as_str().expect("a token").to_owned()
    }

    /// A GET API call with the token of the app that has this secret.
    pub(crate) async fn get_as(&self, secret: &str, api: &str, query: &str) -> Value {
        let token = self.token_of(secret).await;
        self.get_from("127.0.0.1", &format!("{api}?access_token={token}&{query}")).await
    }

    /// A POST API call likewise.
    pub(crate) async fn post_as(&self, secret: &str, api: &str, body: Value) -> Value {
        let token = self.token_of(secret).await;
        let path = format!("/sim/cgi-bin/{api}?access_token={token}");
        let (_, _, text) = self.request("POST", &path, Some(&body.to_string())).await;
        serde_json::from_str(&text).expect("JSON")
    }

    /// A GET of whatever under `/sim/cgi-bin/`, from this address.
    pub(crate) async fn get_from(&self, ip: &str, path: &str) -> Value {
        let request = Request::get(format!("/sim/cgi-bin/{path}")).header("x-sim-from-ip", ip);
        let request = request.body(Body::empty()).expect("a request");
        let response = self.sim.router().oneshot(request).await.expect("an answer");
        let bytes = response.into_body().collect().await.expect("a body").to_bytes();
        serde_json::from_slice(&bytes).expect("JSON")
    }
}
