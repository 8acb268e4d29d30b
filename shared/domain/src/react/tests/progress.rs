//! A long SOP: everybody at their own pace.

use serde_json::{Value, json};

use super::fixture::{Desk, at, publish};
use crate::{Timestamp, What, file::TouchRef};

const DAYS: [u32; 10] = [0, 1, 3, 7, 14, 21, 30, 40, 50, 60];

fn sixty_days() -> Value {
    let step = |(n, day): (usize, &u32)| {
        let (hour, minute) = (9 + n % 8, 5 * n);
        json!({"id": format!("i{n}"), "at": {"day": day, "time": format!("{hour:02}:{minute:02}")},
            "method": "task", "content": {"text": format!("第{n}条")}})
    };
    let steps: Vec<_> = DAYS.iter().enumerate().map(step).collect();
    json!({"id": "sixty", "name": "六十天", "anchor": {"kind": "friend_add"}, "steps": steps})
}

/// Offers as `step, instant`; each is sent at once.
fn walk(from: &str) -> Vec<(String, Timestamp)> {
    let mut desk = Desk::new();
    publish(&mut desk.book, &sixty_days());
    desk.now = at(from);
    desk.add("anna");
    desk.settle();
    let end = desk.now.plus_days(70);
    let mut offers = Vec::new();
    let mut read = 0;
    while let Some(wake_at) = desk.file.wake_at.filter(|wake_at| *wake_at < end) {
        desk.wait(wake_at);
        for place in read..desk.told.len() {
            if let What::Offered { sop, n, step, .. } = &desk.told[place].what.clone()
                && sop.as_str() == "sixty"
            {
                offers.push((step.to_string(), desk.now));
                let touch = TouchRef { sop: sop.clone(), n: *n, step: step.clone() };
                desk.done(&touch.to_string());
            }
        }
        read = desk.told.len();
    }
    assert!(desk.inside().is_empty());
    offers
}

#[test]
fn ten_items_over_sixty_days_reach_each_customer_once_on_their_own_day_and_hour() {
    for (added, day_0) in [("2026-03-02T08:40", "2026-03-02T00:00"), ("2026-03-19T08:40", "2026-03-19T00:00")]
    {
        let expected: Vec<_> = (0..10)
            .map(|n| {
                let minutes = (9 + n % 8) * 60 + 5 * n;
                let day = i64::from(DAYS[usize::try_from(n).unwrap()]);
                (format!("i{n}"), at(day_0).plus_days(day).plus_mins(minutes))
            })
            .collect();
        assert_eq!(walk(added), expected);
    }
}
