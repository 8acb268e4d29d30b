//! The corp's settings that decisions depend on.

use std::fmt;

use chrono::NaiveTime;
use chrono_tz::Tz;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// The most that [`Settings::min_hours_after_anchor`] may be.
pub const MAX_HOURS_AFTER_ANCHOR: i64 = 72;

/// Settings, with the defaults of the design.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The one zone in which days and hours are meant (IANA name).
    pub timezone: Tz,
    /// Nothing is offered in these hours.
    pub quiet: Quiet,
    /// When a touch of the day becomes overdue.
    pub until: HourMinute,
    /// Steps due after this hour may be done until the quiet hours begin.
    pub late_until_after: HourMinute,
    /// A step of day 1 or later comes no sooner than this many hours after its anchor.
    pub min_hours_after_anchor: i64,
    /// Who owns a customer with several relations.
    pub owner: OwnerPolicy,
    /// How links are followed.
    pub links: Links,
    /// Revision, for If-Match.
    pub revision: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            timezone: chrono_tz::Asia::Shanghai,
            quiet: Quiet { from: HourMinute::at(21, 30), to: HourMinute::at(8, 30) },
            until: HourMinute::at(20, 0),
            late_until_after: HourMinute::at(19, 0),
            min_hours_after_anchor: 6,
            owner: OwnerPolicy::First,
            links: Links::default(),
            revision: 0,
        }
    }
}

/// Quiet hours, usually over midnight. Equal ends: none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quiet {
    /// Begins.
    pub from: HourMinute,
    /// Ends.
    pub to: HourMinute,
}

impl Quiet {
    /// Is this time of day quiet? The beginning is, the end is not.
    #[must_use]
    pub fn covers(&self, time: HourMinute) -> bool {
        if self.from <= self.to {
            self.from <= time && time < self.to
        } else {
            self.from <= time || time < self.to
        }
    }
}

/// Who owns a customer with several relations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnerPolicy {
    /// The first open relation, until it closes.
    First,
    /// The latest.
    Latest,
}

/// How links are followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Links {
    /// Whoever opens a link that several have is asked for by WeCom: the app needs a trusted domain for that.
    pub identify: bool,
}

/// A time of day to the minute, written `HH:MM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct HourMinute(u16);

impl HourMinute {
    /// Of a known time of day; hours and minutes beyond a day wrap.
    #[must_use]
    pub const fn at(hour: u16, minute: u16) -> Self {
        Self((hour * 60 + minute) % 1440)
    }

    /// Reads `HH:MM`, 00:00 to 23:59.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (hour, minute) = text.split_once(':')?;
        let two_digits =
            |t: &str| (t.len() == 2 && t.bytes().all(|b| b.is_ascii_digit())).then(|| t.parse().ok())?;
        let (hour, minute): (u16, u16) = (two_digits(hour)?, two_digits(minute)?);
        (hour < 24 && minute < 60).then(|| Self::at(hour, minute))
    }

    /// Of a local time, seconds dropped.
    #[must_use]
    pub fn of(time: NaiveTime) -> Self {
        use chrono::Timelike as _;
        let minutes = time.hour() * 60 + time.minute();
        Self(u16::try_from(minutes).unwrap_or(0))
    }

    /// As a local time.
    #[must_use]
    pub fn time(self) -> NaiveTime {
        NaiveTime::from_num_seconds_from_midnight_opt(u32::from(self.0) * 60, 0).unwrap_or_default()
    }
}

impl fmt::Display for HourMinute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl Serialize for HourMinute {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for HourMinute {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| D::Error::custom(format!("{text:?} is not a time of day: write HH:MM")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours_reach_over_midnight() {
        let quiet = Settings::default().quiet;
        assert!(quiet.covers(HourMinute::at(21, 30)));
        assert!(quiet.covers(HourMinute::at(0, 0)));
        assert!(quiet.covers(HourMinute::at(8, 29)));
        assert!(!quiet.covers(HourMinute::at(8, 30)));
        assert!(!quiet.covers(HourMinute::at(21, 29)));
    }

    #[test]
    fn a_time_of_day_is_two_digits_colon_two_digits() {
        assert_eq!(HourMinute::parse("09:05"), Some(HourMinute::at(9, 5)));
        for bad in ["9:05", "24:00", "12:60", "noon", "+1:00", ""] {
            assert_eq!(HourMinute::parse(bad), None, "{bad}");
        }
    }
}
