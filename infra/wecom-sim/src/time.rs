//! Instants as text, and China's calendar. WeCom counts seconds, people and JSON read RFC 3339.

use chrono::{DateTime, Datelike as _, SecondsFormat, Utc};

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

/// One day.
pub(crate) const DAY_MS: i64 = 86_400_000;
/// China is 8 hours ahead of UTC and knows no summer time.
const CHINA_MS: i64 = 8 * 3_600_000;

/// Number of the China day that holds this instant.
pub(crate) fn china_day(at_ms: i64) -> i64 {
    (at_ms + CHINA_MS).div_euclid(DAY_MS)
}

/// When that China day began.
pub(crate) fn china_midnight(day: i64) -> i64 {
    day * DAY_MS - CHINA_MS
}

/// Number of the China month that holds this instant: twelve to a year.
pub(crate) fn china_month(at_ms: i64) -> i64 {
    let local = DateTime::<Utc>::from_timestamp_millis(at_ms + CHINA_MS).unwrap_or_default();
    i64::from(local.year()) * 12 + i64::from(local.month0())
}

/// Number of the China week that holds this instant: from Monday on (1970-01-01 was a Thursday).
pub(crate) fn china_week(at_ms: i64) -> i64 {
    (china_day(at_ms) + 3).div_euclid(7)
}

/// How many days that China month has.
pub(crate) fn days_in_china_month(at_ms: i64) -> usize {
    let local = DateTime::<Utc>::from_timestamp_millis(at_ms + CHINA_MS).unwrap_or_default();
    local.num_days_in_month().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_weeks_and_months_turn_at_midnight_in_china() {
        let at = |text: &str| parse_rfc3339(text).expect("a time");
        let (evening, morning) = (at("2026-02-28T23:59:59+08:00"), at("2026-03-01T00:00:00+08:00"));
        assert_eq!(china_day(evening) + 1, china_day(morning));
        assert_eq!(china_month(evening) + 1, china_month(morning));
        assert_eq!((days_in_china_month(evening), days_in_china_month(morning)), (28, 31));
        let monday = at("2026-03-02T00:00:00+08:00");
        assert_eq!(china_week(evening), china_week(morning), "a Saturday and a Sunday");
        assert_eq!(china_week(morning) + 1, china_week(monday));
    }
}
