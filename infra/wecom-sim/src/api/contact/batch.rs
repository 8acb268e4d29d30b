//! The customers of up to a hundred members, page by page.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{contact, relation_fields};
use crate::api::{Call, Endpoint, Refusal, cursor, related};
use crate::random::Stream;
use crate::state::{Relation, World};

pub(in crate::api) const ENDPOINTS: &[Endpoint] =
    &[Endpoint::post("externalcontact/batch/get_by_user", get_by_user)];

const MOST_MEMBERS: usize = 100;
const DEFAULT_LIMIT: usize = 50;
const MOST_ROWS: usize = 100;
/// How often a page that is not the last holds fewer rows than asked for.
const SHORT_PAGES: f64 = 0.25;

#[derive(Deserialize)]
struct GetByUser {
    userid_list: Option<Vec<String>>,
    cursor: Option<String>,
    limit: Option<i64>,
}

/// One row for each member and customer. Ids of members come in lower case here, whatever they were
/// created as.
fn get_by_user(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let asked: GetByUser = call.body()?;
    let userids = asked.userid_list.unwrap_or_default();
    if userids.is_empty() {
        return Err(Refusal::new(40063, "userid_list empty"));
    }
    let members = related::listed(world, call, &userids, MOST_MEMBERS)?;
    let query = format!("get_by_user {}", members.join("|"));
    let place = cursor::read(&query, asked.cursor.as_deref())?;
    let limit = page_size(asked.limit, &mut world.draws.draw("page"));

    let (licensed, unlicensed): (Vec<String>, Vec<String>) =
        members.into_iter().partition(|member| world.is_licensed(member));
    let mut rows = behind(world, &licensed, place.as_deref()).take(limit + 1);
    let page: Vec<&Relation> = rows.by_ref().take(limit).collect();
    let next_cursor = match (page.last(), rows.next()) {
        (Some(last), Some(_)) => cursor::write(&query, &place_of(last)),
        _ => String::new(),
    };
    let list: Vec<Value> = page.into_iter().filter_map(|relation| row(world, relation)).collect();
    let mut answer = json!({"external_contact_list": list, "next_cursor": next_cursor});
    if !unlicensed.is_empty() {
        answer["fail_info"] = json!({"unlicensed_userid_list": unlicensed});
    }
    Ok(answer)
}

/// Larger limits than the largest are cut to it, and the platform may give less than was asked for.
fn page_size(limit: Option<i64>, stream: &mut Stream) -> usize {
    let asked = limit.and_then(|limit| usize::try_from(limit).ok()).filter(|limit| *limit > 0);
    let most = asked.unwrap_or(DEFAULT_LIMIT).min(MOST_ROWS);
    if stream.chance(SHORT_PAGES) { 1 + stream.below(most) } else { most }
}

/// All rows behind a place, member by member as listed.
fn behind<'w>(
    world: &'w World,
    members: &'w [String],
    place: Option<&str>,
) -> impl Iterator<Item = &'w Relation> + use<'w> {
    let (member, customer) = place.and_then(|place| place.split_once(' ')).unwrap_or_default();
    let start = members.iter().position(|known| known == member);
    let customer = customer.to_owned();
    members.iter().enumerate().skip(start.unwrap_or(0)).flat_map(move |(at, member)| {
        let from = if Some(at) == start { customer.as_str() } else { "" };
        world.relations.of_staff_after(member, from).filter(|relation| relation.is_callable())
    })
}

fn place_of(relation: &Relation) -> String {
    format!("{} {}", relation.userid.to_ascii_lowercase(), relation.external_userid)
}

/// Tags by id only; a member's own tags have none and are left out.
fn row(world: &World, relation: &Relation) -> Option<Value> {
    let customer = world.customers.get(&relation.external_userid)?;
    let tags: Vec<&String> = relation.tags.iter().filter(|id| world.tags.live_tag(id).is_some()).collect();
    let mut follow = relation_fields(relation);
    follow.insert("userid".to_owned(), json!(relation.userid.to_ascii_lowercase()));
    follow.insert("tag_id".to_owned(), json!(tags));
    Some(json!({"external_contact": contact(customer), "follow_info": follow}))
}
