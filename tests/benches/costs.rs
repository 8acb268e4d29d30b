//! `make bench`: write units of what happens most, by kind of item.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use tests::{Faults, Simulation, Units};

fn print(what: &str, units: &Units) {
    println!("{what}: {:.1} write units", units.total);
    for (kind, cost) in units.by_kind.iter().filter(|(_, cost)| **cost > 0.0) {
        println!("  {kind:<16} {cost:>6.1}");
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let costs = Simulation::new(1, Faults::NONE).await.costs().await;
    print("contact added (callback, reaction, welcome, result, counters)", &costs.contact_added);
    print(
        &format!("one step (due, offered, reminded, sent, counters; file {} bytes)", costs.file_bytes),
        &costs.step,
    );
    let many = format!("one step of each of {} customers in one slot", costs.many);
    print(&many, &costs.step_of_many);
}
