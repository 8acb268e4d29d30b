//! Instants as text. WeCom counts seconds, people and JSON read RFC 3339.

use chrono::{DateTime, SecondsFormat, Utc};

/// The last instant that RFC 3339 can write: its years have four digits.
pub(crate) const LAST_MS: i64 = 253_402_300_799_999;

/// RFC 3339 in UTC, milliseconds, `Z`.
pub(crate) fn rfc3339(at_ms: i64) -> String {
    DateTime::<Utc>::from_timestamp_millis(at_ms)
        .unwrap_or_default()
        .to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Milliseconds of an RFC 3339 text, whatever its offset.
pub(crate) fn parse_rfc3339(text: &str) -> Option<i64> {
    Some(DateTime::parse_from_rfc3339(text).ok()?.timestamp_millis())
}

/// Whole Unix seconds, as WeCom counts.
pub(crate) fn seconds(at_ms: i64) -> i64 {
    at_ms.div_euclid(1000)
}
