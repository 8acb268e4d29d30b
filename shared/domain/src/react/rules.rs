//! Stage 3, rules until quiet (R1–R3): each rule once per signal, at most eight deep, a loop stops with its name.

use std::collections::{BTreeSet, VecDeque};

use super::{
    law::{self, Mover},
    turn::{Because, Turn},
};
use crate::{
    Predicate, RuleId,
    fact::{StopReason, What},
    file::Origin,
    playbook::{Action, Rule, Trigger},
    predicate::Truth,
    signal::Happening,
};

const MAX_DEPTH: u8 = 8;

/// Something that rules may wait for: the signal, or a fact.
struct Stir {
    fact: Option<u16>,
    depth: u8,
}

/// Runs the rules. What an undo puts back is no news: a rule that fired on it would undo the undo.
pub(super) fn run(turn: &mut Turn<'_>) {
    if matches!(turn.signal.what, Happening::Undo { .. }) {
        return;
    }
    let mut fired: BTreeSet<&RuleId> = BTreeSet::new();
    let book = turn.book;
    let mut queue = VecDeque::from([Stir { fact: None, depth: 0 }]);
    let mut seen = 0;
    enqueue_new_facts(turn, &mut seen, 0, &mut queue);
    while let Some(stir) = queue.pop_front() {
        for rule in &book.rules {
            let Some(word) = triggers(turn, rule, &stir) else {
                continue;
            };
            if !applies(turn, rule) {
                continue;
            }
            if fired.contains(&rule.id) {
                // Something it did itself, or did indirectly, calls for it again.
                turn.fact(What::RulesStopped { rule: rule.id.clone(), reason: StopReason::Loop }, stir.fact);
                continue;
            }
            if stir.depth >= MAX_DEPTH {
                turn.fact(
                    What::RulesStopped { rule: rule.id.clone(), reason: StopReason::TooDeep },
                    stir.fact,
                );
                continue;
            }
            fired.insert(&rule.id);
            let because = turn.fact(What::RuleFired { rule: rule.id.clone(), word }, stir.fact);
            fire(turn, rule, because);
            enqueue_new_facts(turn, &mut seen, stir.depth + 1, &mut queue);
        }
    }
}

fn enqueue_new_facts(turn: &Turn<'_>, seen: &mut usize, depth: u8, queue: &mut VecDeque<Stir>) {
    for place in *seen..turn.facts.len() {
        // What was there before we looked is no news (T7).
        if matches!(turn.facts[place].what, What::Tagged { found: false, .. }) {
            queue.push_back(Stir { fact: u16::try_from(place).ok(), depth });
        }
    }
    *seen = turn.facts.len();
}

/// `Some(word that hit)` if the rule waits for this.
fn triggers(turn: &Turn<'_>, rule: &Rule, stir: &Stir) -> Option<Option<String>> {
    if !rule.enabled {
        return None;
    }
    match (&rule.when, stir.fact) {
        (Trigger::MessageContains(words), None) => match &turn.signal.what {
            Happening::MessageReceived { text, .. } => words.hit(text).map(|word| Some(word.to_owned())),
            _ => None,
        },
        (Trigger::TagAdded(wanted), Some(place)) => match &turn.facts[usize::from(place)].what {
            What::Tagged { tag, .. } if tag == wanted => Some(None),
            _ => None,
        },
        (Trigger::MessageContains(_), Some(_)) | (Trigger::TagAdded(_), None) => None,
    }
}

fn applies(turn: &Turn<'_>, rule: &Rule) -> bool {
    let fits =
        rule.condition.as_ref().unwrap_or(&Predicate::All(Vec::new())).judge(&turn.file) == Truth::True;
    let cool = turn.file.cooldowns.get(&rule.id).is_none_or(|until| *until <= turn.now);
    fits && cool
}

fn fire(turn: &mut Turn<'_>, rule: &Rule, because: Because) {
    if rule.cooldown_hours > 0 {
        let until = turn.now.plus_secs(i64::from(rule.cooldown_hours) * 3600);
        turn.file.cooldowns.insert(rule.id.clone(), until);
    }
    let origin = Origin::Rule { rule: rule.id.clone() };
    let mover = Mover::Automation(rule.moves);
    for action in &rule.then {
        match action {
            Action::AddTag(tag) => law::put_tag(turn, tag, &origin, mover, because),
            Action::RemoveTag(tag) => law::take_tag(turn, tag, &origin, mover, because),
        }
    }
}
