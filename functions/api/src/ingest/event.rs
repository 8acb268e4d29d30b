//! One event: from JSON to a signal, or the reason why not.

use domain::{Actor, CustomerId, Happening, Signal, StaffId, Timestamp, playbook::Problem, shape};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use crate::{address, customers::attributes, problem::FieldError};

/// Clocks differ; what lies further ahead has not happened.
const AHEAD_SECONDS: i64 = 5 * 60;
const MAX_ID_CHARS: usize = 128;
/// What the journal calls whoever tells attributes: all senders have one secret.
const SENDER: &str = "ingestion";

/// Why an event was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = IngestRejection)]
pub(super) struct Rejection {
    #[schema(value_type = crate::schema::IngestReason, required = false)]
    reason: &'static str,
    #[schema(required = false)]
    message: String,
    /// The field at fault, within the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pointer: Option<String>,
}

/// An event that can be handed in.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Incoming {
    pub(super) customer: CustomerId,
    pub(super) signal: Signal,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    at: String,
    customer: Identity,
    /// The type's own, and whatever else the sender knows.
    #[serde(default)]
    attributes: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Identity {
    #[serde(default)]
    external_userid: Option<String>,
    #[serde(default)]
    phone: Option<String>,
    #[serde(default)]
    unionid: Option<String>,
    #[serde(default)]
    crm_id: Option<String>,
}

impl Incoming {
    /// Reads an event that came at `now`.
    pub(super) fn read(value: Value, now: Timestamp) -> Result<Self, Rejection> {
        // Serde would take a list for an event, field by field.
        if !value.is_object() {
            return Err(malformed("", "an event is an object with id, type, at, customer and attributes"));
        }
        let event: Event = shape::read(&value)?;
        if event.id.trim().is_empty() || event.id.chars().count() > MAX_ID_CHARS {
            return Err(malformed("/id", format!("an id has 1 to {MAX_ID_CHARS} characters")));
        }
        let at = Timestamp::parse_rfc3339(&event.at)
            .ok_or_else(|| malformed("/at", "at is a time in RFC 3339, like 2026-03-05T09:00:00+08:00"))?;
        if at > now.plus_secs(AHEAD_SECONDS) {
            return Err(Rejection {
                reason: "in_the_future",
                message: format!("at lies more than {} minutes ahead", AHEAD_SECONDS / 60),
                pointer: Some("/at".into()),
            });
        }
        let customer = event.customer.find()?;
        let (what, by) = happening(&event.kind, &event.attributes)?;
        let id = format!("ingest-{}", hex::encode(Sha256::digest(event.id.as_bytes())));
        Ok(Self { customer, signal: Signal { id: id.into(), at, by, what } })
    }
}

impl Identity {
    fn find(self) -> Result<CustomerId, Rejection> {
        let Self { external_userid, phone, unionid, crm_id } = self;
        match external_userid {
            Some(id) if address::is_external_userid(&id) => Ok(CustomerId::from(id)),
            Some(_) => Err(malformed("/customer/external_userid", "this is no external_userid")),
            None if phone.or(unionid).or(crm_id).is_some() => Err(Rejection {
                reason: "identity_not_supported",
                message: "only external_userid is supported yet".into(),
                pointer: Some("/customer".into()),
            }),
            None => Err(malformed("/customer", "name the customer by external_userid")),
        }
    }
}

/// What the event's type says happened, and who did it.
fn happening(kind: &str, attributes: &Map<String, Value>) -> Result<(Happening, Actor), Rejection> {
    let text = |name: &str| attributes.get(name).and_then(Value::as_str);
    let staff = || {
        let userid = text("staff").filter(|userid| address::is_userid(userid));
        userid.map(StaffId::from).ok_or_else(|| malformed("/attributes/staff", "staff is a userid"))
    };
    match kind {
        "message.received" => {
            let text = text("text").ok_or_else(|| malformed("/attributes/text", "text is the message"))?;
            let what = Happening::MessageReceived { staff: staff()?, text: text.to_owned() };
            Ok((what, Actor::Customer))
        }
        "message.sent" => {
            let staff = staff()?;
            Ok((Happening::MessageSent { staff: staff.clone() }, Actor::Staff { userid: staff }))
        }
        "customer.attributes" => {
            let values = attributes::read(attributes, "/attributes").map_err(first)?;
            Ok((Happening::AttributesSet { values }, Actor::Operator { name: SENDER.to_owned() }))
        }
        other => Err(Rejection {
            reason: "type_not_supported",
            message: format!("events of type {:?} are not supported yet", shortened(other)),
            pointer: Some("/type".into()),
        }),
    }
}

/// An event has one verdict: of several faults the first is told.
fn first(errors: Vec<FieldError>) -> Rejection {
    match errors.into_iter().next() {
        Some(FieldError { pointer, message, .. }) => malformed(pointer, message),
        None => malformed("/attributes", "these are no attributes"),
    }
}

impl From<Problem> for Rejection {
    fn from(problem: Problem) -> Self {
        malformed(problem.pointer, problem.message)
    }
}

fn malformed(pointer: impl Into<String>, message: impl Into<String>) -> Rejection {
    Rejection { reason: "malformed", message: message.into(), pointer: Some(pointer.into()) }
}

/// So much of what somebody sent is enough to recognise it by.
pub(super) fn shortened(text: &str) -> String {
    text.chars().take(MAX_ID_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn now() -> Timestamp {
        Timestamp::parse_rfc3339("2026-03-05T09:00:00+08:00").unwrap()
    }

    fn said() -> Value {
        json!({"id": "crm-1", "type": "message.received", "at": "2026-03-05T09:00:00+08:00",
               "customer": {"external_userid": "wm1"}, "attributes": {"staff": "ZhangSan", "text": "多少钱"}})
    }

    #[test]
    fn a_message_becomes_a_signal_with_an_id_of_its_own() {
        let read = Incoming::read(said(), now()).unwrap();
        assert_eq!(read.customer, "wm1".into());
        assert_eq!(read.signal.by, Actor::Customer);
        let expected = Happening::MessageReceived { staff: "zhangsan".into(), text: "多少钱".into() };
        assert_eq!(read.signal.what, expected);
        let id = read.signal.id.as_str();
        assert!(id.starts_with("ingest-") && id.len() == 7 + 64, "{id}");
        let mut sent = said();
        sent["type"] = json!("message.sent");
        let read = Incoming::read(sent, now()).unwrap();
        assert_eq!(read.signal.by, Actor::Staff { userid: "zhangsan".into() });
        assert_eq!(read.signal.id.as_str(), id);
    }

    #[test]
    fn attributes_are_told_by_the_sender() {
        let mut told = said();
        told["type"] = json!("customer.attributes");
        told["attributes"] = json!({"预算": 120_000, "会员": true, "旧": null});
        let read = Incoming::read(told.clone(), now()).unwrap();
        assert_eq!(read.signal.by, Actor::Operator { name: "ingestion".into() });
        let Happening::AttributesSet { values } = read.signal.what else { panic!("{told}") };
        assert_eq!((values.len(), &values["旧"]), (3, &None));
        for (value, pointer) in [(json!([1]), "/attributes/a"), (json!({"x": 1}), "/attributes/a")] {
            told["attributes"] = json!({"a": value});
            let rejection = Incoming::read(told.clone(), now()).unwrap_err();
            assert_eq!((rejection.reason, rejection.pointer.as_deref()), ("malformed", Some(pointer)));
        }
    }

    #[test]
    fn each_fault_has_its_reason_and_its_place() {
        let with = |path: &str, value: Value| {
            let mut event = said();
            *event.pointer_mut(path).unwrap() = value;
            event
        };
        let mut without_customer = said();
        without_customer.as_object_mut().unwrap().remove("customer");
        for (event, reason, pointer) in [
            (json!("x"), "malformed", ""),
            (json!(["e", "message.sent", "2026-03-05T09:00:00+08:00", {}, {}]), "malformed", ""),
            (with("/id", json!("")), "malformed", "/id"),
            (with("/id", json!(1)), "malformed", "/id"),
            (with("/at", json!("yesterday")), "malformed", "/at"),
            (with("/at", json!("2026-03-05T09:05:01+08:00")), "in_the_future", "/at"),
            (with("/type", json!("order.paid")), "type_not_supported", "/type"),
            (with("/customer", json!({"phone": "138"})), "identity_not_supported", "/customer"),
            (with("/customer", json!({})), "malformed", "/customer"),
            (with("/customer", json!({"external_userid": "a#b"})), "malformed", "/customer/external_userid"),
            (with("/customer", json!({"name": "x"})), "malformed", "/customer/name"),
            (with("/attributes", json!({"text": "x"})), "malformed", "/attributes/staff"),
            (with("/attributes", json!({"staff": "x"})), "malformed", "/attributes/text"),
            (without_customer, "malformed", "/customer"),
        ] {
            let rejection = Incoming::read(event.clone(), now()).unwrap_err();
            assert_eq!((rejection.reason, rejection.pointer.as_deref()), (reason, Some(pointer)), "{event}");
        }
    }
}
