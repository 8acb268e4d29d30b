use serde_json::{Value, json};

use super::*;
use crate::wire::Wire;

const FUNCTION: &str = "arn:aws:lambda:ap-southeast-1:111122223333:function:stepwise-dev-engine";

/// A bus that takes everything or nothing.
struct Stub(bool);

#[async_trait::async_trait]
impl Bus for Stub {
    async fn publish(&self, messages: &[Message]) -> Result<(), Error> {
        let failed = messages.len();
        if self.0 { Ok(()) } else { Err(Error::Unpublished { failed, total: failed, code: "Stub".into() }) }
    }
}

fn over(wire: &Wire, takes: bool, function: &str) -> OrDirect<Stub> {
    let direct = Direct { signer: wire.signer(), endpoint: None, function: function.into() };
    OrDirect { bus: Stub(takes), direct }
}

fn message(kind: MessageKind) -> Message {
    Message { kind, id: "3f".into() }
}

#[tokio::test]
async fn what_the_bus_takes_goes_no_other_way() {
    let wire = Wire::answering([]);
    over(&wire, true, FUNCTION).publish(&[message(MessageKind::Inbox)]).await.unwrap();
    assert_eq!(wire.sent(), []);
}

#[tokio::test]
async fn what_it_does_not_take_is_an_invocation_with_the_bus_s_own_event() {
    let wire = Wire::answering([(202, "", Value::Null)]);
    over(&wire, false, FUNCTION).publish(&[message(MessageKind::Inbox)]).await.unwrap();
    let sent = wire.sent();
    assert_eq!(sent.len(), 1);
    let escaped = FUNCTION.replace(':', "%3A");
    let host = "https://lambda.ap-southeast-1.amazonaws.com";
    assert_eq!(sent[0].uri, format!("{host}/2015-03-31/functions/{escaped}/invocations"));
    assert_eq!(sent[0].method, "POST");
    assert_eq!(sent[0].headers["x-amz-invocation-type"], "Event");
    assert!(sent[0].headers["authorization"].contains("/ap-southeast-1/lambda/aws4_request, "));
    assert_eq!(sent[0].body, json!({ "detail-type": "inbox", "detail": { "id": "3f" } }));
}

#[tokio::test]
async fn a_function_may_be_called_by_its_name() {
    let wire = Wire::answering([(202, "", Value::Null)]);
    over(&wire, false, "stepwise-dev-engine").publish(&[message(MessageKind::Inbox)]).await.unwrap();
    assert!(wire.sent()[0].uri.ends_with("/functions/stepwise-dev-engine/invocations"));
}

#[tokio::test]
async fn journal_entries_wait_for_the_tick() {
    let wire = Wire::answering([]);
    let refused = over(&wire, false, FUNCTION).publish(&[message(MessageKind::Journal)]).await.unwrap_err();
    assert!(matches!(refused, Error::Unpublished { .. }));
    assert_eq!(wire.sent(), []);
}

#[tokio::test]
async fn when_both_fail_the_bus_s_failure_is_told() {
    let denied = (403, "AccessDeniedException", json!({ "Message": "not authorized" }));
    let wire = Wire::answering([denied]);
    let refused = over(&wire, false, FUNCTION).publish(&[message(MessageKind::Inbox)]).await.unwrap_err();
    assert!(matches!(refused, Error::Unpublished { .. }));
}
