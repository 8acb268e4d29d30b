//! I5, healed: whoever is a friend in WeCom is one here, and nobody else is.

use std::collections::BTreeSet;

use super::{
    super::{Simulation, script},
    Contents, Findings,
};

pub(super) async fn check(world: &Simulation, contents: &Contents, customers: u64, findings: &mut Findings) {
    for customer in 0..customers {
        let id = script::id_of(customer);
        let contact = script::look(world, &format!("contacts/{id}")).await;
        let relations = contact["relations"].as_array().cloned().unwrap_or_default();
        let is_whole = |relation: &&serde_json::Value| {
            relation["customer_side"] == "open"
                && relation["staff_side"] == "open"
                && relation["half"] != true
        };
        let there: BTreeSet<&str> =
            relations.iter().filter(is_whole).filter_map(|relation| relation["userid"].as_str()).collect();
        let file = contents.files.iter().find(|file| file.id.as_str() == id);
        let here: BTreeSet<&str> =
            file.iter().flat_map(|file| file.open_relations()).map(|(staff, _)| staff.as_str()).collect();
        findings.must(here == there, || format!("I5 {id}: friends in WeCom {there:?}, here {here:?}"));
    }
}
