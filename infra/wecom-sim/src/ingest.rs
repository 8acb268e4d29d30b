//! What WeCom does not tell and other systems of the company do: chat messages from its message gateway,
//! orders from its shop. Signed events, posted one by one.

use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::state::{Parcel, Scene, World};
use crate::time::rfc3339;

/// Which way a chat message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Customer to member.
    Received,
    /// Member to customer.
    Sent,
}

impl World {
    /// Puts the message on its way; answers the event's id and the delivery's number.
    pub(crate) fn report_message(
        &mut self,
        scene: &Scene<'_>,
        direction: Direction,
        userid: &str,
        external_userid: &str,
        text: &str,
    ) -> (String, u64) {
        let kind = match direction {
            Direction::Received => "message.received",
            Direction::Sent => "message.sent",
        };
        self.report(scene, kind, external_userid, json!({"staff": userid, "text": text}))
    }

    /// Puts news of a paid order on its way, as the company's shop would.
    pub(crate) fn report_order(
        &mut self,
        scene: &Scene<'_>,
        external_userid: &str,
        order_id: &str,
        amount_fen: i64,
    ) -> (String, u64) {
        let attributes = json!({"order_id": order_id, "amount_fen": amount_fen});
        self.report(scene, "order.paid", external_userid, attributes)
    }

    fn report(
        &mut self,
        scene: &Scene<'_>,
        kind: &str,
        external_userid: &str,
        attributes: Value,
    ) -> (String, u64) {
        // the instant keeps ids apart when a simulator starts anew beside a product that remembers
        let id = format!("sim-{}-{}", scene.now_ms, self.draws.count("message"));
        let body = json!({"events": [{
            "id": id,
            "type": kind,
            "at": rfc3339(scene.now_ms),
            "customer": {"external_userid": external_userid},
            "attributes": attributes,
        }]});
        let parcel = Parcel::Ingest { body: body.to_string() };
        let number = self.queue.post(kind, parcel, scene.now_ms, scene.now_ms);
        (id, number)
    }
}

/// `X-Stepwise-Signature` of a body.
pub(crate) fn signature(secret: &str, timestamp: &str, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of every length");
    mac.update(format!("v1:{timestamp}:{body}").as_bytes());
    format!("v1={}", hex::encode(mac.finalize().into_bytes()))
}
