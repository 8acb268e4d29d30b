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
    let is_night = |at: Timestamp| out_of_quiet(at, &book.settings) != at;
    let cards = cards(world).await;
    for (staff, cards) in &cards {
        for at in cards {
            let late = is_night(*at) && is_night(at.plus_mins(-EVENING_MINUTES));
            findings.must(!late, || format!("I8 {staff} was reminded at night: {:?}", at.utc()));
        }
    }
    let ended = ends(journal);
    for (customer, entry) in journal {
        for fact in &entry.facts {
            let What::Offered { sop, n, step, staff, method, slot } = &fact.what else { continue };
            if *method == Method::Welcome {
                continue;
            }
            let name = || format!("{sop}#{n}/{step} of {:?}", entry.at.utc());
            findings.must(!is_night(entry.at), || format!("I8 {customer}: {} offered at night", name()));
            let meant = out_of_quiet(slot.unwrap_or(entry.at).max(entry.at), &book.settings);
            let deadline = meant.plus_mins(PATIENCE_MINUTES);
            let touch = (customer.as_str(), format!("{sop}#{n}#{step}"));
            let end = ended.range((touch.0, touch.1.clone(), entry.version)..).next();
            let end = end.filter(|((customer, step, _), _)| (*customer, step) == (touch.0, &touch.1));
            let open_until = end.map_or(world.now(), |(_, at)| *at);
            let told =
                cards.get(staff.as_str()).into_iter().flatten().any(|at| (entry.at..=deadline).contains(at));
            findings.must(told || open_until <= deadline || is_night(deadline), || {
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

/// When touches ended, by customer, touch and version.
fn ends(journal: &[(String, JournalEntry)]) -> BTreeMap<(&str, String, u64), Timestamp> {
    let mut ends = BTreeMap::new();
    for (customer, entry) in journal {
        for fact in &entry.facts {
            if let What::Ended { sop, n, step, .. } = &fact.what {
                ends.insert((customer.as_str(), format!("{sop}#{n}#{step}"), entry.version), entry.at);
            }
        }
    }
    ends
}
