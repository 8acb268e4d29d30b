//! What others who look at a board have to be told: derived from a file before and after a commit by ONE function, as
//! index rows are.

use std::collections::{BTreeMap, BTreeSet};

use crate::{BoardId, File, StaffId, file::Card};

/// What a board shows of a customer, and to whom.
#[derive(PartialEq, Eq)]
struct Shown<'a> {
    card: &'a Card,
    owner: Option<&'a StaffId>,
    /// Staff with an open relation: they may see it.
    friends: BTreeSet<&'a StaffId>,
}

/// Boards on which a card came, moved, went, or is shown to others than before.
///
/// A card is hidden while nobody is friends with the customer (T6): moving it then changes nothing that anybody sees.
/// What else a list of cards tells (tags, the next step, the last contact) is no change of the card.
#[must_use]
pub fn boards_changed(before: Option<&File>, after: &File) -> BTreeSet<BoardId> {
    let old = before.map(shown).unwrap_or_default();
    let new = shown(after);
    let all: BTreeSet<&BoardId> = old.keys().chain(new.keys()).copied().collect();
    all.into_iter().filter(|board| old.get(board) != new.get(board)).cloned().collect()
}

fn shown(file: &File) -> BTreeMap<&BoardId, Shown<'_>> {
    if file.cards.is_empty() || !file.has_open_relation() {
        return BTreeMap::new();
    }
    let friends: BTreeSet<&StaffId> = file.open_relations().map(|(staff, _)| staff).collect();
    let show = |card| Shown { card, owner: file.owner.as_ref(), friends: friends.clone() };
    file.cards.iter().map(|(board, card)| (board, show(card))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{HeldTag, Origin, Relation, Timestamp, file::Side};

    fn file() -> File {
        let mut file = File::new("wm1".into());
        file.relations.insert("anna".into(), Relation::opened(Timestamp::from_secs(0)));
        file.owner = Some("anna".into());
        file.cards.insert("cars".into(), card("lead", 1));
        file.cards.insert("boats".into(), card("lead", 1));
        file
    }

    fn card(stage: &str, rev: u64) -> Card {
        Card { stage: stage.into(), since: None, rev, amount: None }
    }

    fn told(before: Option<&File>, change: impl FnOnce(&mut File)) -> Vec<String> {
        let mut after = before.cloned().unwrap_or_else(file);
        change(&mut after);
        boards_changed(before, &after).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_card_that_comes_moves_or_goes_concerns_its_own_board() {
        let before = file();
        assert_eq!(told(None, |_| ()), ["boats", "cars"]);
        assert_eq!(
            told(Some(&before), |file| _ = file.cards.insert("cars".into(), card("visit", 2))),
            ["cars"]
        );
        assert_eq!(told(Some(&before), |file| _ = file.cards.remove(&"cars".into())), ["cars"]);
    }

    #[test]
    fn a_commit_that_moves_no_card_tells_nobody() {
        let told = told(Some(&file()), |file| {
            file.version += 1;
            file.contact.received_at = Some(Timestamp::from_secs(9));
            let held = HeldTag {
                origin: Origin::Baseline,
                since: Timestamp::from_secs(9),
                version: 2,
                expires_at: None,
            };
            file.tags.insert("et9".into(), held);
        });
        assert_eq!(told, Vec::<String>::new());
    }

    #[test]
    fn cards_are_hidden_and_shown_with_the_last_friendship() {
        let (open, mut closed) = (file(), file());
        for relation in closed.relations.values_mut() {
            relation.customer_side = Side::closed(Timestamp::from_secs(9));
        }
        assert_eq!(told(Some(&open), |file| *file = closed.clone()), ["boats", "cars"]);
        assert_eq!(told(Some(&closed), |file| *file = open.clone()), ["boats", "cars"]);
        let moved = |file: &mut File| _ = file.cards.insert("cars".into(), card("visit", 2));
        assert_eq!(told(Some(&closed), moved), Vec::<String>::new(), "nobody sees it");
    }

    #[test]
    fn whoever_gains_or_loses_sight_of_a_card_is_told() {
        let before = file();
        let befriended = |file: &mut File| {
            file.relations.insert("ben".into(), Relation::opened(Timestamp::from_secs(9)));
        };
        assert_eq!(told(Some(&before), befriended), ["boats", "cars"]);
        assert_eq!(told(Some(&before), |file| file.owner = Some("ben".into())), ["boats", "cars"]);
    }
}
