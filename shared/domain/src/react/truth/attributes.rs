//! What other systems tell of a customer: the newest word stands.

use std::collections::BTreeMap;

use crate::{
    Timestamp,
    fact::{AttributeRefusal, What},
    file::{Attribute, AttributeValue, MAX_ATTRIBUTE_BYTES, MAX_ATTRIBUTES, MAX_FORGOTTEN},
    react::turn::Turn,
};

/// Takes over values, and forgets those that are `None`, as far as nothing newer is known.
pub(super) fn set(turn: &mut Turn<'_>, values: &BTreeMap<String, Option<AttributeValue>>) {
    let at = turn.happened_at;
    for (name, value) in values {
        let known = turn.file.attributes.get(name);
        let last = known.map(|known| known.at).max(turn.file.forgotten.get(name).copied());
        if last.is_some_and(|last| last > at) {
            refuse(turn, name, AttributeRefusal::Stale);
            continue;
        }
        let is_same = known.map(|known| &known.value) == value.as_ref();
        match value {
            Some(value) if !fits(turn, name, value) => {
                refuse(turn, name, AttributeRefusal::TooMany);
                continue;
            }
            Some(value) => {
                turn.file.attributes.insert(name.clone(), Attribute { value: value.clone(), at });
                turn.file.forgotten.remove(name);
            }
            None => {
                turn.file.attributes.remove(name);
                turn.file.forgotten.insert(name.clone(), at);
            }
        }
        if !is_same {
            turn.fact(What::AttributeChanged { name: name.clone() }, None);
        }
    }
    trim(&mut turn.file.forgotten);
}

/// Of what was forgotten the last is remembered.
fn trim(forgotten: &mut BTreeMap<String, Timestamp>) {
    while forgotten.len() > MAX_FORGOTTEN {
        let oldest = forgotten.iter().min_by_key(|(_, at)| **at).map(|(name, _)| name.clone());
        oldest.map(|name| forgotten.remove(&name));
    }
}

fn refuse(turn: &mut Turn<'_>, name: &str, reason: AttributeRefusal) {
    turn.fact(What::AttributeRefused { name: name.to_owned(), reason }, None);
}

fn fits(turn: &Turn<'_>, name: &str, value: &AttributeValue) -> bool {
    let others = || turn.file.attributes.iter().filter(|(other, _)| *other != name);
    let size = |name: &str, value: &AttributeValue| name.len() + value.size();
    let taken: usize = others().map(|(name, held)| size(name, &held.value)).sum();
    others().count() < MAX_ATTRIBUTES && taken + size(name, value) <= MAX_ATTRIBUTE_BYTES
}
