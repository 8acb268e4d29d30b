//! Tests only: a transport for SDK clients that records what is sent and answers from a list.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use serde_json::Value;

/// One request as it left the SDK.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sent {
    pub(crate) method: String,
    pub(crate) uri: String,
    /// `x-amz-target`, empty for REST services.
    pub(crate) target: String,
    /// All headers, in order of their names.
    pub(crate) headers: BTreeMap<String, String>,
    /// The JSON body, `null` when there is none.
    pub(crate) body: Value,
    /// The body as it stands.
    pub(crate) bytes: Bytes,
}

/// One answer: status, error type (the `x-amzn-errortype` header; empty for none) and body.
pub(crate) type Answer = (u16, &'static str, Value);

/// An answer that is no JSON.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
}

impl Default for Reply {
    /// Success, and nothing more.
    fn default() -> Self {
        Reply { status: 200, headers: Vec::new(), body: Bytes::new() }
    }
}

impl From<Answer> for Reply {
    fn from((status, error, body): Answer) -> Self {
        let error = (!error.is_empty()).then(|| ("x-amzn-errortype", error.to_owned()));
        Reply { status, headers: error.into_iter().collect(), body: body.to_string().into() }
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Wire {
    sent: Arc<Mutex<Vec<Sent>>>,
    answers: Arc<Mutex<VecDeque<Reply>>>,
}

impl Wire {
    /// A wire that gives these answers in order; a request beyond them cannot be delivered.
    pub(crate) fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        Self::replying(answers.into_iter().map(Reply::from))
    }

    /// The same with answers that are no JSON.
    pub(crate) fn replying(replies: impl IntoIterator<Item = Reply>) -> Self {
        Wire { sent: Arc::default(), answers: Arc::new(Mutex::new(replies.into_iter().collect())) }
    }

    /// What was sent so far.
    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }

    /// A signer that sends through this wire, on the first day of 2026.
    pub(crate) fn signer(&self) -> crate::Signer {
        crate::Signer {
            region: "ap-southeast-1".into(),
            credentials: Credentials::new("AKID", "key", Some("session".into()), None, "test"),
            transport: SharedHttpConnector::new(self.clone()),
            now: || SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600),
        }
    }

    /// The transport for a client's configuration.
    pub(crate) fn http_client(&self) -> SharedHttpClient {
        let connector = SharedHttpConnector::new(self.clone());
        http_client_fn(move |_settings, _components| connector.clone())
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let bytes = request.body().bytes().unwrap_or_default();
        self.sent.lock().unwrap().push(Sent {
            method: request.method().to_owned(),
            uri: request.uri().to_owned(),
            target: request.headers().get("x-amz-target").unwrap_or_default().to_owned(),
            headers: request.headers().iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect(),
            body: serde_json::from_slice(bytes).unwrap_or(Value::Null),
            bytes: Bytes::copy_from_slice(bytes),
        });
        HttpConnectorFuture::ready(match self.answers.lock().unwrap().pop_front() {
            Some(reply) => {
                let mut response =
                    HttpResponse::new(reply.status.try_into().unwrap(), SdkBody::from(reply.body));
                for (name, value) in reply.headers {
                    response.headers_mut().insert(name, value);
                }
                Ok(response)
            }
            None => Err(ConnectorError::io("nobody answers".into())),
        })
    }
}
