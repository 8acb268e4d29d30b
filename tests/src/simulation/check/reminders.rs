//! I8, and what staff were told: nobody is bothered at night, and nothing open goes unmentioned.

use std::collections::BTreeMap;

use domain::{Playbook, Timestamp, What, file::Method, timing::out_of_quiet};
use store::JournalEntry;

use super::{
    super::{Simulation, script},
    Findings,
};

/// A card comes at most so long after the moment that it was meant for, whoever died in between.
const PATIENCE_MINUTES: i64 = 45;
/// What was due before the night may be finished by then: a flush is spread, a worker may have died over it.
const EVENING_MINUTES: i64 = 10;

/// The number of cards that arrived.
pub(super) async fn check(
    world: &Simulation,
    journal: &[(String, JournalEntry)],
    book: &Playbook,
    findings: &mut Findings,
) -> u64 {
    let by_day = |at: Timestamp| out_of_quiet(at, &book.settings);
    let is_night = |at: Timestamp| by_day(at) != at;
    let cards = cards(world).await;
    for (staff, cards) in &cards {
        for at in cards {
            let late = is_night(*at) && is_night(at.plus_mins(-EVENING_MINUTES));
            findings.must(!late, || format!("I8 {staff} was reminded at night: {:?}", at.utc()));
        }
    }
    let left = left(journal);
    for (customer, entry) in journal {
        for (place, fact) in entry.facts.iter().enumerate() {
            let (touch, staff, slot) = match &fact.what {
                What::Offered { method: Method::Welcome, .. } => continue,
                What::Offered { sop, n, step, staff, slot, .. } => {
                    (format!("{sop}#{n}#{step}"), staff, slot.unwrap_or(entry.at).max(entry.at))
                }
                What::Reassigned { sop, n, step, to, .. } => (format!("{sop}#{n}#{step}"), to, entry.at),
                _ => continue,
            };
            let name = || format!("{touch} of {:?}", entry.at.utc());
            let is_offer = matches!(fact.what, What::Offered { .. });
            findings.must(!is_offer || !is_night(entry.at), || {
                format!("I8 {customer}: {} offered at night", name())
            });
            let mut deadline = by_day(slot).plus_mins(PATIENCE_MINUTES);
            if is_night(deadline) {
                // What the night cuts short is told in the morning.
                deadline = by_day(deadline).plus_mins(PATIENCE_MINUTES);
            }
            let from = (customer.as_str(), touch.clone(), entry.version, place + 1);
            let gone = left.range(from..).next();
            let gone = gone.filter(|((of, which, ..), _)| (*of, which) == (customer.as_str(), &touch));
            let theirs_until = gone.map_or(world.now(), |(_, at)| *at);
            let told =
                cards.get(staff.as_str()).into_iter().flatten().any(|at| (entry.at..=deadline).contains(at));
            findings.must(told || theirs_until <= deadline, || {
                format!("{customer}: {staff} was not told of {}", name())
            });
        }
    }
    cards.values().map(|cards| cards.len() as u64).sum()
}

/// When cards reached whom.
async fn cards(world: &Simulation) -> BTreeMap<&'static str, Vec<Timestamp>> {
    let mut cards = BTreeMap::new();
    for staff in script::STAFF {
        let inbox = script::look(world, &format!("staff/{staff}/inbox")).await;
        let at = |item: &serde_json::Value| item["at"].as_str().and_then(Timestamp::parse_rfc3339);
        cards.insert(staff, inbox["items"].as_array().into_iter().flatten().filter_map(at).collect());
    }
    cards
}

/// When touches ended or went to another staff member, by customer, touch, version and place among the facts.
fn left(journal: &[(String, JournalEntry)]) -> BTreeMap<(&str, String, u64, usize), Timestamp> {
    let mut left = BTreeMap::new();
    for (customer, entry) in journal {
        for (place, fact) in entry.facts.iter().enumerate() {
            if let What::Ended { sop, n, step, .. } | What::Reassigned { sop, n, step, .. } = &fact.what {
                let touch = format!("{sop}#{n}#{step}");
                left.insert((customer.as_str(), touch, entry.version, place), entry.at);
            }
        }
    }
    left
}
