//! Tags that say the same: called the same in different groups, or on nearly the same customers.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Playbook, TagId,
    playbook::{Tag, TagGroup},
};

use super::rows::Keys;
use crate::{App, Error};

/// Tags of more customers are not compared.
const MOST_CUSTOMERS: usize = 2_000;
/// Fewer customers in common say nothing.
const FEWEST_CUSTOMERS: usize = 5;
/// So many tags are compared.
const MOST_TAGS: usize = 200;
/// So many pairs are told of.
const MOST_PAIRS: usize = 200;
/// Of all customers of the two so many in ten have both.
const TENTHS: usize = 9;

/// Why two tags seem to be one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// They are called the same, in different groups.
    Name,
    /// Nearly the same customers have them.
    Customers {
        /// Who has both.
        both: usize,
        /// Who has one or both.
        either: usize,
    },
}

/// Two tags that seem to be one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// The one that should stay.
    pub keep: TagId,
    /// The one that should go.
    pub give_up: TagId,
    /// Why.
    pub likeness: Likeness,
}

/// What was found, and how far was looked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overlaps {
    /// Pairs, those called the same first.
    pub pairs: Vec<Overlap>,
    /// Are there more pairs than are told of?
    pub more_pairs: bool,
    /// Tags whose customers were compared.
    pub compared: usize,
    /// Tags that have too many customers for it.
    pub too_large: usize,
    /// Tags beyond the number that is compared.
    pub left_out: usize,
}

impl App {
    /// Looks for tags that say the same. Customers are compared by the index, sizes beforehand by the counters, which are
    /// seconds late.
    pub async fn tag_overlaps(&self) -> Result<Overlaps, Error> {
        let book = self.playbook().await?;
        let counts: BTreeMap<String, i64> = {
            let counters = self.store.counters("tag#").await?;
            counters.into_iter().map(|counter| (counter.name, counter.value)).collect()
        };
        let size = |tag: &TagId| counts.get(&format!("tag#{tag}")).copied().unwrap_or(0).max(0);
        let merits = Merits::of(&book, size);
        let mut found = Overlaps { pairs: same_names(&book, &merits), ..Overlaps::default() };
        let sized = comparable(&book, &size, &mut found);
        found.compared = sized.len();
        let mut customers: BTreeMap<&TagId, BTreeSet<String>> = BTreeMap::new();
        for (tag, _) in &sized {
            if let Some(of_tag) = self.customers_with(tag).await? {
                customers.insert(tag, of_tag);
            }
        }
        for (place, (a, _)) in sized.iter().enumerate() {
            for (b, _) in &sized[place + 1..] {
                let (Some(of_a), Some(of_b)) = (customers.get(a), customers.get(b)) else { continue };
                let Some(likeness) = likeness(of_a, of_b) else { continue };
                let known = found
                    .pairs
                    .iter()
                    .any(|pair| [(&pair.keep, &pair.give_up), (&pair.give_up, &pair.keep)].contains(&(a, b)));
                if !known {
                    found.pairs.push(merits.pair(a, b, likeness));
                }
            }
        }
        found.more_pairs = found.pairs.len() > MOST_PAIRS;
        found.pairs.truncate(MOST_PAIRS);
        Ok(found)
    }

    /// `None`: they are too many after all.
    async fn customers_with(&self, tag: &TagId) -> Result<Option<BTreeSet<String>>, Error> {
        let (mut keys, mut customers) = (Keys::of(format!("TAG#{tag}")), BTreeSet::new());
        while let Some(key) = keys.next(self).await? {
            if customers.len() == MOST_CUSTOMERS {
                return Ok(None);
            }
            customers.insert(key);
        }
        Ok(Some(customers))
    }
}

/// What speaks for keeping a tag.
struct Merits<'a> {
    by_tag: BTreeMap<&'a TagId, (bool, usize, bool, i64)>,
}

impl<'a> Merits<'a> {
    fn of(book: &'a Playbook, size: impl Fn(&TagId) -> i64) -> Self {
        let users = book.tag_users();
        let merit = |group: &TagGroup, tag: &Tag| {
            let used = users.get(&tag.id).map_or(0, BTreeSet::len);
            (book.stage_of_tag(&tag.id).is_some(), used, group.ours, size(&tag.id))
        };
        let all = live(book).map(|(group, tag)| (&tag.id, merit(group, tag)));
        Self { by_tag: all.collect() }
    }

    /// A stage stays, else what more rules and SOPs use, what Stepwise made, what more customers have.
    fn pair(&self, a: &TagId, b: &TagId, likeness: Likeness) -> Overlap {
        let (keep, give_up) = if self.by_tag.get(b) > self.by_tag.get(a) { (b, a) } else { (a, b) };
        Overlap { keep: keep.clone(), give_up: give_up.clone(), likeness }
    }
}

fn live(book: &Playbook) -> impl Iterator<Item = (&TagGroup, &Tag)> {
    book.tags.groups().flat_map(|group| group.live().map(move |tag| (group, tag)))
}

/// Tags called the same, but for case and outer spaces, in different groups: each with the best of them.
fn same_names(book: &Playbook, merits: &Merits<'_>) -> Vec<Overlap> {
    let mut named: BTreeMap<String, Vec<&TagId>> = BTreeMap::new();
    for (_, tag) in live(book) {
        named.entry(tag.name.trim().to_lowercase()).or_default().push(&tag.id);
    }
    let mut pairs = Vec::new();
    for tags in named.values() {
        let Some(best) = tags.iter().max_by_key(|tag| merits.by_tag.get(**tag)) else { continue };
        let others = tags.iter().filter(|tag| tag != &best);
        pairs.extend(others.map(|other| Overlap {
            keep: (*best).clone(),
            give_up: (*other).clone(),
            likeness: Likeness::Name,
        }));
    }
    pairs
}

/// Tags that may have a twin by their size, the largest first.
fn comparable<'a>(
    book: &'a Playbook,
    size: &impl Fn(&TagId) -> i64,
    found: &mut Overlaps,
) -> Vec<(&'a TagId, usize)> {
    let mut sized: Vec<(&TagId, usize)> =
        live(book).map(|(_, tag)| (&tag.id, usize::try_from(size(&tag.id)).unwrap_or(0))).collect();
    sized.retain(|(_, size)| *size >= FEWEST_CUSTOMERS);
    let before = sized.len();
    sized.retain(|(_, size)| *size <= MOST_CUSTOMERS);
    found.too_large = before - sized.len();
    sized.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    // In order of size a twin stands next to it.
    let near = |larger: usize, smaller: usize| smaller * 10 >= larger * TENTHS;
    let has_near = |place: usize| {
        let size = sized[place].1;
        let before = place.checked_sub(1).is_some_and(|before| near(sized[before].1, size));
        before || sized.get(place + 1).is_some_and(|after| near(size, after.1))
    };
    let mut with_twin: Vec<_> =
        (0..sized.len()).filter(|place| has_near(*place)).map(|place| sized[place]).collect();
    found.left_out = with_twin.len().saturating_sub(MOST_TAGS);
    with_twin.truncate(MOST_TAGS);
    with_twin
}

fn likeness(a: &BTreeSet<String>, b: &BTreeSet<String>) -> Option<Likeness> {
    let (less, more) = (a.len().min(b.len()), a.len().max(b.len()));
    if less < FEWEST_CUSTOMERS || less * 10 < more * TENTHS {
        return None;
    }
    let both = a.intersection(b).count();
    let either = a.len() + b.len() - both;
    (both * 10 >= either * TENTHS).then_some(Likeness::Customers { both, either })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_in_ten_in_common_are_nearly_the_same() {
        let people = |from: usize, to: usize| (from..to).map(|n| n.to_string()).collect::<BTreeSet<_>>();
        assert_eq!(
            likeness(&people(0, 20), &people(1, 20)),
            Some(Likeness::Customers { both: 19, either: 20 })
        );
        assert_eq!(likeness(&people(0, 20), &people(2, 22)), None);
        assert_eq!(likeness(&people(0, 4), &people(0, 4)), None, "too few to say anything");
    }
}
