use proptest::prelude::*;

use super::*;
use crate::{playbook::Quiet, sop::Expiry};

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap()
}

fn day(day: u32, time: (u16, u16)) -> StepTime {
    let time = Some(HourMinute::at(time.0, time.1));
    StepTime { after_minutes: None, day: Some(day), time, until: None, expires_at: None }
}

fn after(minutes: u32) -> StepTime {
    StepTime { after_minutes: Some(minutes), day: None, time: None, until: None, expires_at: None }
}

fn base<'a>(settings: &'a Settings, anchor: &str) -> Base<'a> {
    Base { settings, anchor_at: at(anchor), shift_days: 0, not_before: Timestamp::default() }
}

#[test]
fn day_one_is_the_morning_after_whatever_the_hour_of_adding() {
    let settings = Settings::default();
    for anchor in ["2026-03-02T00:10:00+08:00", "2026-03-02T14:00:00+08:00", "2026-03-02T23:50:00+08:00"] {
        let window = base(&settings, anchor).window(&day(1, (9, 0)), None);
        assert_eq!(window.due_at, at("2026-03-03T09:00:00+08:00"), "{anchor}");
        assert_eq!(window.until, at("2026-03-03T20:00:00+08:00"));
        assert_eq!(window.expires_at, at("2026-03-04T20:00:00+08:00"));
    }
}

#[test]
fn a_step_that_would_come_within_six_hours_moves_a_day_and_says_so() {
    let settings = Settings {
        quiet: Quiet { from: HourMinute::at(0, 0), to: HourMinute::at(0, 0) },
        ..Settings::default()
    };
    let window = base(&settings, "2026-03-02T23:50:00+08:00").window(&day(1, (5, 0)), None);
    assert_eq!((window.due_at, window.moved_days), (at("2026-03-04T05:00:00+08:00"), 1));
}

#[test]
fn minutes_that_end_at_night_wait_for_the_morning() {
    let settings = Settings::default();
    let window = base(&settings, "2026-03-02T21:00:00+08:00").window(&after(60), None);
    assert_eq!(window.due_at, at("2026-03-03T08:30:00+08:00"));
    let window = base(&settings, "2026-03-02T02:00:00+08:00").window(&after(60), None);
    assert_eq!(window.due_at, at("2026-03-02T08:30:00+08:00"));
}

#[test]
fn an_evening_step_may_be_done_until_the_quiet_hours() {
    let settings = Settings::default();
    let window = base(&settings, "2026-03-02T10:00:00+08:00").window(&day(0, (19, 30)), None);
    assert_eq!(window.until, at("2026-03-02T21:30:00+08:00"));
}

#[test]
fn a_window_ends_when_the_next_step_falls_due_or_on_the_next_workday() {
    let settings = Settings::default();
    let friday = base(&settings, "2026-03-06T10:00:00+08:00");
    let alone = friday.window(&day(0, (15, 0)), None);
    assert_eq!(alone.expires_at, at("2026-03-09T20:00:00+08:00"));
    let followed = friday.window(&day(0, (15, 0)), Some(&day(1, (9, 0))));
    assert_eq!(followed.expires_at, at("2026-03-07T09:00:00+08:00"));
    let own =
        StepTime { expires_at: Some(Expiry { days: 0, time: HourMinute::at(18, 0) }), ..day(0, (15, 0)) };
    assert_eq!(friday.window(&own, None).expires_at, at("2026-03-06T18:00:00+08:00"));
}

#[test]
fn steps_that_the_night_pushes_together_stay_apart() {
    let settings = Settings::default();
    let evening = base(&settings, "2026-03-02T21:25:00+08:00");
    let (first, second) = (after(10), after(40));
    assert_eq!(evening.apart(&first, &second), 1800);
    let window = evening.window(&first, Some(&second));
    assert_eq!(window.due_at, at("2026-03-03T08:30:00+08:00"));
    assert_eq!(window.expires_at, at("2026-03-03T09:00:00+08:00"), "the second falls due half an hour later");
}

#[test]
fn an_hour_that_a_clock_change_leaves_out_is_the_next_one() {
    let day = NaiveDate::from_ymd_opt(2026, 3, 29).unwrap();
    let gap = instant(day, HourMinute::at(2, 30), chrono_tz::Europe::Berlin);
    assert_eq!(gap, at("2026-03-29T03:30:00+02:00"));
}

#[test]
fn stragglers_share_the_next_quarter_of_an_hour() {
    let settings = Settings::default();
    let due = at("2026-03-02T09:00:00+08:00");
    assert_eq!(slot(due, true, due.plus_secs(40), &settings), due);
    assert_eq!(slot(due, true, due.plus_secs(400), &settings), at("2026-03-02T09:15:00+08:00"));
    assert_eq!(slot(due.plus_mins(4), false, due.plus_mins(4), &settings), at("2026-03-02T09:15:00+08:00"));
}

proptest! {
    #[test]
    fn a_due_time_lies_inside_its_window_and_outside_the_quiet_hours(
        anchor in 1_700_000_000_i64..1_900_000_000,
        first in 0_u32..90, hour in 0_u16..24, minute in 0_u16..60, gap in 0_u32..5000,
        from in 0_u16..1440, to in 0_u16..1440, shift in 0_i64..40,
        zone in prop_oneof![Just(chrono_tz::Asia::Shanghai), Just(chrono_tz::Europe::Berlin), Just(chrono_tz::America::New_York)],
    ) {
        // At least eight loud hours, as any corp would have.
        let loud_minutes = (i32::from(from) - i32::from(to)).rem_euclid(1440);
        prop_assume!(from == to || loud_minutes >= 480);
        let quiet = Quiet { from: HourMinute::at(0, from), to: HourMinute::at(0, to) };
        let settings = Settings { timezone: zone, quiet, ..Settings::default() };
        let anchor_at = Timestamp::from_secs(anchor);
        let base = Base { settings: &settings, anchor_at, shift_days: shift, not_before: anchor_at };
        for step in [day(first, (hour, minute)), after(gap)] {
            let window = base.window(&step, Some(&day(first + 1, (hour, minute))));
            prop_assert!(window.due_at >= anchor_at);
            prop_assert!(window.due_at < window.until);
            prop_assert!(window.until <= window.expires_at);
            let time = HourMinute::of(local(window.due_at, zone).time());
            // An hour that a clock change leaves out may push the end of the quiet hours into themselves.
            prop_assert!(!quiet.covers(time) || zone != chrono_tz::Asia::Shanghai, "{time}");
        }
    }
}

#[test]
fn the_next_time_of_day_is_today_or_tomorrow_also_where_clocks_change() {
    let shanghai = chrono_tz::Asia::Shanghai;
    let night = HourMinute::at(3, 30);
    for (now, next) in [
        ("2026-03-02T03:29:59+08:00", "2026-03-02T03:30:00+08:00"),
        ("2026-03-02T03:30:00+08:00", "2026-03-03T03:30:00+08:00"),
        ("2026-03-02T23:59:00+08:00", "2026-03-03T03:30:00+08:00"),
    ] {
        assert_eq!(next_at(at(now), night, shanghai), at(next), "{now}");
    }
    // On 29 March 2026 Berlin has no half past two.
    let berlin = chrono_tz::Europe::Berlin;
    let left_out = next_at(at("2026-03-29T01:00:00+01:00"), HourMinute::at(2, 30), berlin);
    assert_eq!(left_out, at("2026-03-29T03:30:00+02:00"));
}
