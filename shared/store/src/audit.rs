//! The audit: who changed what, when, and from where. Each entry is written in the transaction of the change that it
//! tells of, and kept for good, by month.

use aws_sdk_dynamodb::types::TransactWriteItem;
use domain::{Actor, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{
    Error, Store,
    attributes::{Item, document, get_document, get_text, item, text},
    commit::{Condition, delete, put},
    error::{cancellations, sort},
};

/// A document that is larger is not copied into an entry.
pub const MAX_AUDITED_BYTES: usize = 32 * 1024;

/// How somebody proved who they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Via {
    /// Signed in.
    Session,
    /// With an API token.
    Token,
    /// With the configured admin token.
    AdminToken,
    /// Nobody: Stepwise found it in WeCom.
    Wecom,
}

/// From where somebody changes something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// How they proved who they are.
    pub via: Via,
    /// Which token or session, by its id or the beginning of it; never a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
    /// The address that the request came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip: Option<String>,
    /// The request's id, as its answer and the log have it. Of what was found in WeCom: one for all that was found
    /// together; the id of the request that asked to look, if somebody did.
    pub request_id: String,
}

/// What was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// `customer`, `rule`, `sop`, …
    pub kind: String,
    /// Its id; empty where there is only one of the kind.
    pub id: String,
}

/// A document before or after a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audited {
    /// As it is.
    Document(Value),
    /// Larger than [`MAX_AUDITED_BYTES`]: its JSON can be recognised, but not read.
    Digest {
        /// SHA-256 in hex.
        sha256: String,
        /// How large it is.
        bytes: usize,
    },
}

impl Audited {
    /// Of a document as JSON text.
    pub fn of(doc: &str) -> Result<Self, Error> {
        if doc.len() > MAX_AUDITED_BYTES {
            let sha256 = hex::encode(Sha256::digest(doc.as_bytes()));
            return Ok(Self::Digest { sha256, bytes: doc.len() });
        }
        serde_json::from_str(doc).map(Self::Document).map_err(|e| Error::unreadable("a document to audit", e))
    }
}

/// One change by somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Tells entries of the same instant apart: short, random.
    pub unique: String,
    /// When it was decided.
    pub at: Timestamp,
    /// Who did it.
    pub by: Actor,
    /// From where.
    #[serde(flatten)]
    pub origin: Origin,
    /// What was done, `<kind>.<verb>`, e.g. `rule.put`.
    pub action: String,
    /// To what.
    pub target: Target,
    /// As it was; `None`: it was not there, or `entry` tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Audited>,
    /// As it became; `None`: it is gone, or `entry` tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Audited>,
    /// Of a customer: the version of the journal entry, whose facts tell what changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<u64>,
}

/// Where reading the audit goes on: at what is older than this.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AuditPlace(String);

/// Some entries of one month, newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditPage {
    /// With the place behind each.
    pub items: Vec<(AuditPlace, AuditEntry)>,
    /// Where to go on; `None`: nothing older was asked for.
    pub next: Option<AuditPlace>,
}

impl AuditPlace {
    /// Entries before this instant.
    #[must_use]
    pub fn before(at: Timestamp) -> Self {
        Self(place(at))
    }

    /// As text, for a cursor.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads what [`Self::as_str`] gave.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_time = text.len() >= 13 && text.get(..13)?.bytes().all(|byte| byte.is_ascii_digit());
        is_time.then(|| Self(text.to_owned()))
    }

    /// An instant of the month in which the next older entry may be.
    fn instant(&self) -> Timestamp {
        let ms = self.0.get(..13).and_then(|ms| ms.parse().ok()).unwrap_or(0);
        Timestamp::from_ms(if self.0.len() > 13 { ms } else { ms - 1 })
    }
}

fn place(at: Timestamp) -> String {
    format!("{:013}", at.ms().clamp(0, 9_999_999_999_999))
}

fn month_pk(at: Timestamp) -> String {
    format!("AUDIT#{}", at.utc().format("%Y-%m"))
}

/// The first instant of the month of UTC.
fn month_begin(at: Timestamp) -> Timestamp {
    Timestamp::parse_rfc3339(&at.utc().format("%Y-%m-01T00:00:00Z").to_string()).unwrap_or_default()
}

impl AuditEntry {
    /// What tells this entry apart from all others; sorts by time.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{}#{}", place(self.at), self.unique)
    }
}

/// The deletion of an item that has to be there.
pub(crate) fn delete_present(table: &str, key: Item) -> Result<TransactWriteItem, Error> {
    let mut change = delete(table, key)?;
    if let Some(delete) = change.delete.as_mut() {
        delete.condition_expression = Some("attribute_exists(pk)".into());
    }
    Ok(change)
}

impl Store {
    /// Makes one change with the audit's entry of it. `false`: the change's condition did not hold, and nothing was
    /// written.
    pub(crate) async fn write_audited(
        &self,
        change: TransactWriteItem,
        audit: Option<&AuditEntry>,
    ) -> Result<bool, Error> {
        let mut items = vec![change];
        items.extend(audit.map(|audit| self.put_audit(audit)).transpose()?);
        let request = self.client.transact_write_items().set_transact_items(Some(items));
        let Err(error) = Box::pin(request.send()).await else { return Ok(true) };
        let reasons = error.as_service_error().map(cancellations).unwrap_or_default();
        if reasons.first() == Some(&"ConditionalCheckFailed") {
            return Ok(false);
        }
        if reasons.contains(&"TransactionConflict") {
            return Err(Error::LostRace("an item"));
        }
        Err(sort("TransactWriteItems", error))
    }

    /// The write of an entry, for the transaction of what it tells of.
    pub(crate) fn put_audit(&self, entry: &AuditEntry) -> Result<TransactWriteItem, Error> {
        let written = item(month_pk(entry.at), entry.id(), [("doc", document(entry)?)]);
        put(&self.names.main, written, Condition::Absent)
    }

    /// Up to `limit` entries that are older than `place` and not older than `from`, newest first. They are of one
    /// month: a page may be empty and still say where to go on.
    pub async fn audit(&self, from: Timestamp, place: &AuditPlace, limit: i32) -> Result<AuditPage, Error> {
        // Places begin with 1970: what is asked of the time before would lead back to the same place for ever.
        let from = from.max(Timestamp::from_ms(0));
        let month = place.instant();
        if month < from {
            return Ok(AuditPage { items: Vec::new(), next: None });
        }
        let begin = month_begin(month);
        let query = self
            .client
            .query()
            .table_name(&self.names.main)
            .consistent_read(true)
            .scan_index_forward(false)
            .limit(limit)
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :below")
            .expression_attribute_values(":pk", text(month_pk(month)))
            .expression_attribute_values(":from", text(self::place(from)))
            .expression_attribute_values(":below", text(&place.0));
        let answer = Box::pin(query.send()).await.map_err(|e| sort("Query", e))?;
        let mut items = Vec::new();
        for item in answer.items() {
            let sk = get_text(item, "sk")?;
            // BETWEEN takes in its ends, and the place is behind what was read already.
            if sk != place.0 {
                items.push((AuditPlace(sk.to_owned()), get_document(item, "doc")?));
            }
        }
        let next = match answer.last_evaluated_key() {
            Some(last) => Some(AuditPlace(get_text(last, "sk")?.to_owned())),
            None => Some(AuditPlace::before(begin)).filter(|_| begin > from),
        };
        Ok(AuditPage { items, next })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn going_back_from_the_first_instant_of_a_month_leads_to_the_month_before() {
        let march = time("2026-03-01T00:00:00Z");
        assert_eq!(month_begin(time("2026-03-31T23:59:59.999Z")), march);
        assert_eq!(month_pk(AuditPlace::before(march).instant()), "AUDIT#2026-02");
        let entry = AuditPlace::parse(&format!("{}#a1", place(march))).unwrap();
        assert_eq!(
            month_pk(entry.instant()),
            "AUDIT#2026-03",
            "entries of that very instant are still to come"
        );
    }

    #[test]
    fn a_place_is_read_as_it_was_written_and_nothing_else_is_one() {
        let place = AuditPlace::before(time("2026-03-01T00:00:00Z"));
        assert_eq!(AuditPlace::parse(place.as_str()), Some(place));
        for bad in ["", "177", "17724132000ab", "１７７２４１３２０００００"] {
            assert_eq!(AuditPlace::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_too_large_is_kept_as_a_digest() {
        let small = Audited::of(r#"{"a": 1}"#).unwrap();
        assert_eq!(small, Audited::Document(serde_json::json!({"a": 1})));
        let doc = format!("\"{}\"", "x".repeat(MAX_AUDITED_BYTES));
        let Audited::Digest { sha256, bytes } = Audited::of(&doc).unwrap() else { panic!("a digest") };
        assert_eq!((sha256.len(), bytes), (64, MAX_AUDITED_BYTES + 2));
    }

    #[test]
    fn an_entry_is_read_as_it_was_written() {
        let entry = AuditEntry {
            unique: "a1".into(),
            at: time("2026-03-01T00:00:00Z"),
            by: Actor::Operator { name: "admin".into() },
            origin: Origin {
                via: Via::Token,
                credential: Some("t1".into()),
                ip: Some("::1".into()),
                request_id: "r".into(),
            },
            action: "rule.put".into(),
            target: Target { kind: "rule".into(), id: "r1".into() },
            before: None,
            after: Some(Audited::Document(serde_json::json!({"id": "r1"}))),
            entry: None,
        };
        let kept = serde_json::to_string(&entry).unwrap();
        assert!(kept.contains(r#""via":"token","credential":"t1""#), "{kept}");
        assert_eq!(serde_json::from_str::<AuditEntry>(&kept).unwrap(), entry);
    }
}
