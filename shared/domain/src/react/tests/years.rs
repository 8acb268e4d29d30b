//! A file stays small: everything in it is bounded.

use serde_json::json;

use super::fixture::{Desk, publish};
use crate::{What, file::TouchRef, signal::SideName};

const MOST_BYTES: usize = 40 * 1024;

/// Eighteen SOPs of twelve steps behind the two open stages, entered again whenever the card comes back.
fn busy() -> Desk {
    let mut desk = Desk::new();
    for n in 0..18 {
        let stage = ["sales/new", "sales/price"][n % 2];
        let step = |day: usize| {
            json!({"id": format!("step-{day}"), "at": {"day": day, "time": "10:00"},
                "method": "task", "content": {"text": "x"}})
        };
        publish(
            &mut desk.book,
            &json!({"id": format!("care-{n}"), "name": "s", "anchor": {"kind": "stage_entry", "stage": stage},
                "reentry": {"policy": "after_exit", "days": 1}, "steps": (0..12).map(step).collect::<Vec<_>>()}),
        );
    }
    desk
}

#[test]
fn the_file_of_a_busy_customer_fits_after_five_years() {
    let mut desk = busy();
    desk.add("anna");
    desk.settle();
    let mut largest = 0;
    for day in 0..5 * 365_i64 {
        desk.wait(desk.now.plus_days(1));
        match day % 60 {
            0 | 30 => drop(desk.drag("new")),
            15 => drop(desk.drag("price")),
            20 => drop(desk.edit("anna", &["vip", "hot"], &["car"])),
            40 => drop(desk.edit("anna", &["car"], &["vip", "hot"])),
            50 => drop(desk.unfriend("anna", SideName::Customer)),
            52 => drop(desk.add("anna")),
            n if n % 7 == 3 => drop(desk.say("最近多少钱")),
            _ => {}
        }
        desk.settle();
        if day % 2 == 0 {
            for touch in open_touches(&desk) {
                desk.done(&touch.to_string());
            }
        }
        largest = largest.max(serde_json::to_vec(&desk.file).unwrap().len());
    }
    assert!(largest <= MOST_BYTES, "{largest} bytes");
    let sent = desk.told(|what| matches!(what, What::Ended { outcome, .. } if outcome.state() == "sent"));
    assert!(sent > 1000, "it was busy: {sent}");
}

fn open_touches(desk: &Desk) -> Vec<TouchRef> {
    let touch = |live: &crate::file::Enrollment| {
        let open = live.open.as_ref()?;
        Some(TouchRef { sop: live.sop.clone(), n: live.n, step: open.step.clone() })
    };
    desk.file.enrollments.iter().filter_map(touch).collect()
}
