//! All arithmetic with days and hours. Nothing else in Stepwise turns a day into an instant.

use chrono::{DateTime, Datelike as _, NaiveDate, TimeZone as _, Weekday};
use chrono_tz::Tz;

use crate::{
    StaffId, Timestamp,
    playbook::{HourMinute, MAX_HOURS_AFTER_ANCHOR, Settings},
    sop::StepTime,
};

/// Touches of a new stage, and of late entries, fall due no sooner than this: time to undo a wrong drag (T9, P6).
pub const GRACE_MINUTES: i64 = 2;

const MOST_APART_SECONDS: i64 = 3600;

/// When a step is due and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Falls due.
    pub due_at: Timestamp,
    /// Overdue from then on.
    pub until: Timestamp,
    /// Missed from then on.
    pub expires_at: Timestamp,
    /// Whole days by which the step had to move; all later steps move with it.
    pub moved_days: i64,
}

/// What the steps of one enrollment are counted from.
#[derive(Clone, Copy, Debug)]
pub struct Base<'a> {
    /// The corp's settings.
    pub settings: &'a Settings,
    /// The anchor.
    pub anchor_at: Timestamp,
    /// Days by which everything has moved already.
    pub shift_days: i64,
    /// Never due before this instant: the grace of a new stage, the step before.
    pub not_before: Timestamp,
}

impl Base<'_> {
    /// The window of `step`, when `next` follows it.
    #[must_use]
    pub fn window(&self, step: &StepTime, next: Option<&StepTime>) -> Window {
        let (due_at, moved_days) = self.due(step);
        let next_due = next.map(|next| {
            let not_before = due_at.plus_secs(self.apart(step, next));
            let following = Base { shift_days: self.shift_days + moved_days, not_before, ..*self };
            following.due(next).0
        });
        let next_due = next_due.filter(|at| *at > due_at);
        let until = self.until(step, due_at);
        let expires_at = match step.expires_at {
            Some(expiry) => self.on(plus_days(self.day_of(due_at), expiry.days.into()), expiry.time),
            None => self.on(next_workday(self.day_of(due_at)), self.settings.until),
        };
        let expires_at = next_due.map_or(expires_at, |next| expires_at.min(next));
        // A window is never empty, whatever combination of settings and times led here.
        let expires_at = expires_at.max(due_at.plus_mins(1));
        Window { due_at, until: until.min(expires_at), expires_at, moved_days }
    }

    /// Seconds by which two steps stay apart when the night pushes them together: as far as they were meant to be, at
    /// most an hour; and an hour where an anchor late in the day turns their order round. At one instant the second
    /// would supersede the first the moment it is offered.
    #[must_use]
    pub fn apart(&self, before: &StepTime, step: &StepTime) -> i64 {
        let meant = |step: &StepTime| match (step.day, step.time) {
            (Some(day), Some(time)) => self.on(plus_days(self.day_of(self.anchor_at), day.into()), time),
            _ => self.anchor_at.plus_mins(step.after_minutes.unwrap_or(0).into()),
        };
        let seconds = meant(step).secs() - meant(before).secs();
        // Both at one minute after the anchor: a welcome and what goes with it.
        let together = seconds == 0 && step.day.is_none() && before.day.is_none();
        if seconds > 0 || together { seconds.min(MOST_APART_SECONDS) } else { MOST_APART_SECONDS }
    }

    fn due(&self, step: &StepTime) -> (Timestamp, i64) {
        let nominal = match (step.day, step.time) {
            (Some(day), Some(time)) => {
                let days = i64::from(day) + self.shift_days;
                let soonest = self.anchor_at.plus_secs(self.settings.min_hours_after_anchor * 3600);
                let after = |moved: i64| self.on(plus_days(self.day_of(self.anchor_at), days + moved), time);
                let too_soon = |moved: &i64| day >= 1 && after(*moved) < soonest;
                let moved = (0..=MAX_HOURS_AFTER_ANCHOR / 24 + 1).find(|moved| !too_soon(moved)).unwrap_or(0);
                return (self.loud(after(moved).max(self.not_before)), moved);
            }
            _ => self.anchor_at.plus_mins(step.after_minutes.unwrap_or(0).into()).plus_days(self.shift_days),
        };
        (self.loud(nominal.max(self.not_before)), 0)
    }

    /// The soft end: the step's own, else the corp's, else the beginning of the quiet hours; never past that.
    fn until(&self, step: &StepTime, due_at: Timestamp) -> Timestamp {
        let wanted = step.until.map(|time| self.on(self.day_of(due_at), time));
        let wanted = wanted.filter(|until| *until > due_at).map(|until| until.min(self.quiet_after(due_at)));
        wanted.unwrap_or_else(|| self.usual_until(due_at))
    }

    fn usual_until(&self, due_at: Timestamp) -> Timestamp {
        let late = self.time_of(due_at) >= self.settings.late_until_after;
        let usual = (!late).then(|| self.on(self.day_of(due_at), self.settings.until));
        let quiet = self.quiet_after(due_at);
        usual.filter(|until| *until > due_at).map_or(quiet, |until| until.min(quiet))
    }

    /// The next beginning of the quiet hours after `at`; without quiet hours the end of the day.
    fn quiet_after(&self, at: Timestamp) -> Timestamp {
        let quiet = self.settings.quiet;
        let day = self.day_of(at);
        if quiet.from == quiet.to {
            return self.on(plus_days(day, 1), HourMinute::at(0, 0));
        }
        let today = self.on(day, quiet.from);
        if today > at { today } else { self.on(plus_days(day, 1), quiet.from) }
    }

    /// `at`, or the end of the quiet hours it lies in.
    fn loud(&self, at: Timestamp) -> Timestamp {
        out_of_quiet(at, self.settings)
    }

    fn day_of(&self, at: Timestamp) -> NaiveDate {
        local(at, self.settings.timezone).date_naive()
    }

    fn time_of(&self, at: Timestamp) -> HourMinute {
        HourMinute::of(local(at, self.settings.timezone).time())
    }

    fn on(&self, day: NaiveDate, time: HourMinute) -> Timestamp {
        instant(day, time, self.settings.timezone)
    }
}

/// `at`, or the end of the quiet hours it lies in.
#[must_use]
pub fn out_of_quiet(at: Timestamp, settings: &Settings) -> Timestamp {
    let here = local(at, settings.timezone);
    let time = HourMinute::of(here.time());
    if !settings.quiet.covers(time) {
        return at;
    }
    let day = here.date_naive();
    let after_midnight = time < settings.quiet.to;
    let day = if after_midnight { day } else { plus_days(day, 1) };
    instant(day, settings.quiet.to, settings.timezone)
}

/// The soft end of what is due at `due_at` and says none itself.
#[must_use]
pub fn usual_until(due_at: Timestamp, settings: &Settings) -> Timestamp {
    let base = Base { settings, anchor_at: due_at, shift_days: 0, not_before: Timestamp::default() };
    base.usual_until(due_at)
}

/// Is `at` this time of some day?
#[must_use]
pub fn is_at(at: Timestamp, time: HourMinute, zone: Tz) -> bool {
    local(at, zone).time() == time.time()
}

/// The reminder moment of a touch that is offered at `now` for `due_at`: its own time, or, when that is past, the
/// next full quarter of an hour, so that stragglers share one reminder.
#[must_use]
pub fn slot(due_at: Timestamp, exact_hour: bool, now: Timestamp, settings: &Settings) -> Timestamp {
    const CELL_MS: i64 = 15 * 60 * 1000;
    let in_time = now <= due_at.plus_secs(SLOT_LATENESS_SECONDS);
    if exact_hour && in_time {
        return due_at;
    }
    let from = due_at.max(now).ms();
    let cell = Timestamp::from_ms((from + CELL_MS - 1).div_euclid(CELL_MS) * CELL_MS);
    // A cell that the quiet hours have reached gives way to the touch's own time, and at night to the morning.
    if out_of_quiet(cell, settings) == cell { cell } else { out_of_quiet(due_at.max(now), settings) }
}

/// The reminder moment behind a slot that is taken: the next full quarter of an hour that is not at night.
#[must_use]
pub fn next_slot(slot: Timestamp, now: Timestamp, settings: &Settings) -> Timestamp {
    const CELL_MS: i64 = 15 * 60 * 1000;
    let cell = (slot.max(now).ms().div_euclid(CELL_MS) + 1) * CELL_MS;
    out_of_quiet(Timestamp::from_ms(cell), settings)
}

/// When the slot of `at` is flushed: after the minute in which alarms arrive, spread by staff member so that a full
/// hour does not call WeCom for everybody at once (D3); at once where the spread would reach into the night.
#[must_use]
pub fn flush_at(staff: &StaffId, at: Timestamp, settings: &Settings) -> Timestamp {
    use sha2::{Digest as _, Sha256};
    let soonest = at.plus_secs(SLOT_LATENESS_SECONDS);
    let spread = i64::from(Sha256::digest(staff.as_str().as_bytes())[0]) * SPREAD_SECONDS / 256;
    let spread = soonest.plus_secs(spread);
    if out_of_quiet(spread, settings) == spread { spread } else { soonest }
}

/// A slot is flushed no sooner than this after its moment: alarms are precise to a minute only.
const SLOT_LATENESS_SECONDS: i64 = 60;
const SPREAD_SECONDS: i64 = 240;

/// The first instant after `now` at which it is `time` in the zone.
#[must_use]
pub fn next_at(now: Timestamp, time: HourMinute, zone: Tz) -> Timestamp {
    let today = local(now, zone).date_naive();
    let found = (0..=2).map(|days| instant(plus_days(today, days), time, zone)).find(|at| *at > now);
    found.unwrap_or_else(|| now.plus_days(1))
}

/// `at` as people of the corp read it.
#[must_use]
pub fn local(at: Timestamp, zone: Tz) -> DateTime<Tz> {
    at.utc().with_timezone(&zone)
}

/// The instant of a local day and time. A time that a clock change leaves out moves an hour on; one that comes twice
/// is the first.
#[must_use]
pub fn instant(day: NaiveDate, time: HourMinute, zone: Tz) -> Timestamp {
    let naive = day.and_time(time.time());
    let found = zone.from_local_datetime(&naive).earliest();
    let found = found.or_else(|| zone.from_local_datetime(&(naive + chrono::Duration::hours(1))).earliest());
    Timestamp::from_ms(found.map_or_else(|| naive.and_utc().timestamp_millis(), |at| at.timestamp_millis()))
}

fn plus_days(day: NaiveDate, days: i64) -> NaiveDate {
    chrono::Duration::try_days(days).and_then(|days| day.checked_add_signed(days)).unwrap_or(day)
}

fn next_workday(day: NaiveDate) -> NaiveDate {
    let mut next = plus_days(day, 1);
    while matches!(next.weekday(), Weekday::Sat | Weekday::Sun) {
        next = plus_days(next, 1);
    }
    next
}

#[cfg(test)]
mod tests;
