//! Placing a population that has been there for long: nobody does anything, nothing is told.

use std::collections::BTreeSet;

use super::scenario::{Scenario, between, pick};
use super::{Size, customer};
use crate::random::Stream;
use crate::state::{Creator, Relation, World};
use crate::time::DAY_MS;

/// Customers with their contacts and tags, who came over the days before `now_ms`.
pub(crate) fn place(
    world: &mut World,
    scenario: &Scenario,
    size: Size,
    members: &[String],
    now_ms: i64,
    stream: &mut Stream,
) {
    let tags: Vec<(String, f64)> = scenario
        .tags
        .iter()
        .filter_map(|tag| Some((console_tag(world, &tag.group, &tag.name, now_ms)?, tag.share)))
        .collect();
    for _ in 0..size.customers {
        let person = customer(stream);
        let first = stream.below(members.len());
        let mut chosen = vec![first];
        if stream.chance(scenario.arrive.second_member) && members.len() > 1 {
            chosen.push((first + 1 + stream.below(members.len() - 1)) % members.len());
        }
        for at in chosen {
            let age_ms = between(stream, [0, size.days * DAY_MS - 1]);
            let mut relation = Relation {
                half: stream.chance(scenario.arrive.half),
                add_way: pick(stream, &scenario.arrive.add_ways).copied().unwrap_or(1),
                state: pick(stream, &scenario.arrive.states).filter(|state| !state.is_empty()).cloned(),
                remark: person.name.clone(),
                chatted: stream.chance(scenario.talk.share),
                welcomed: true,
                ..Relation::new(&members[at], &person.external_userid, now_ms - age_ms)
            };
            if stream.chance(scenario.block.share) {
                relation.customer_closed_at_ms = Some(now_ms - between(stream, [0, age_ms]));
            }
            let worn: BTreeSet<String> =
                tags.iter().filter(|(_, share)| stream.chance(*share)).map(|(id, _)| id.clone()).collect();
            relation.tags = worn;
            world.relations.put(relation);
        }
        world.customers.insert(person.external_userid.clone(), person);
    }
}

/// The id of a corp tag, made in the console if it is not there.
fn console_tag(world: &mut World, group: &str, name: &str, now_ms: i64) -> Option<String> {
    let known = world.tags.group_named(group);
    if let Some(tag) = known.and_then(|group| group.live_tag(name)) {
        return Some(tag.id.clone());
    }
    let group_id = known.map(|group| group.id.clone());
    let draws = &mut world.draws;
    let group_id =
        group_id.unwrap_or_else(|| world.tags.create_group(group, 0, Creator::Console, now_ms, draws));
    Some(world.tags.create_tag(&group_id, name, 0, Creator::Console, now_ms, draws)?.id)
}
