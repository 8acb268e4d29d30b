//! Making a task.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, Refusal, attachment, related};
use crate::state::{NewMass, Relation, Target, World};

const MOST_CUSTOMERS: usize = 10_000;
const MOST_GROUPS: usize = 2000;
const MOST_TAGS: usize = 100;

#[derive(Deserialize)]
struct AddMsgTemplate {
    chat_type: Option<String>,
    external_userid: Option<Vec<String>>,
    chat_id_list: Option<Vec<String>>,
    tag_filter: Option<TagFilter>,
    sender: Option<String>,
    allow_select: Option<bool>,
    text: Option<Text>,
    attachments: Option<Vec<Value>>,
}

/// Any tag of a list, of every list.
#[derive(Default, Deserialize)]
struct TagFilter {
    group_list: Option<Vec<TagList>>,
}

#[derive(Deserialize)]
struct TagList {
    tag_list: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Text {
    content: Option<String>,
}

/// Whom a task is for: by member, and who was named in vain.
#[derive(Default)]
struct Audience {
    parts: BTreeMap<String, Vec<String>>,
    failed: Vec<String>,
}

pub(super) fn add(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let asked: AddMsgTemplate = call.body()?;
    let target = match asked.chat_type.as_deref() {
        None | Some("" | "single") => Target::Single,
        Some("group") => Target::Group,
        Some(_) => return Err(Refusal::parameter("chat_type")),
    };
    let text = asked.text.and_then(|text| text.content).unwrap_or_default();
    let attachments = asked.attachments.unwrap_or_default();
    attachment::check_content(world, call, &text, &attachments)?;
    let sender = asked.sender.as_deref().filter(|sender| !sender.is_empty());
    let sender = sender.map(|sender| related::serving(world, call, sender)).transpose()?;
    let sender = sender.map(|staff| staff.userid.as_str());
    let audience = match target {
        Target::Single => {
            let named = asked.external_userid.unwrap_or_default();
            let tags = tag_lists(world, asked.tag_filter.unwrap_or_default())?;
            customers(world, call, sender, named, &tags)?
        }
        Target::Group => groups(world, sender, asked.chat_id_list.unwrap_or_default())?,
    };
    if audience.parts.is_empty() {
        return Err(Refusal::new(41048, "no customer to send to"));
    }
    let mass = NewMass {
        target,
        creator: None,
        text,
        attachments,
        allow_select: target == Target::Single && asked.allow_select.unwrap_or(false),
        parts: audience.parts,
    };
    let msgid = world.add_mass(mass, call.now_ms);
    Ok(json!({"fail_list": audience.failed, "msgid": msgid}))
}

/// The lists that hold a tag at all; every tag must exist.
fn tag_lists(world: &World, filter: TagFilter) -> Result<Vec<BTreeSet<String>>, Refusal> {
    let mut lists = Vec::new();
    for list in filter.group_list.unwrap_or_default() {
        let tags = list.tag_list.unwrap_or_default();
        if tags.len() > MOST_TAGS {
            return Err(Refusal::parameter("tag_list too long"));
        }
        if let Some(unknown) = tags.iter().find(|id| world.tags.live_tag(id).is_none()) {
            return Err(Refusal::new(40068, format!("invalid tagid {unknown}")));
        }
        if !tags.is_empty() {
            lists.push(tags.into_iter().collect());
        }
    }
    Ok(lists)
}

/// Named customers, else those with the tags, else all of the sender's. Who has no contact with a member
/// that the app may send through is unreachable; who has closed their own side of it is not, and fails
/// when the member sends.
fn customers(
    world: &World,
    call: &Call<'_>,
    sender: Option<&str>,
    named: Vec<String>,
    tags: &[BTreeSet<String>],
) -> Result<Audience, Refusal> {
    if sender.is_none() && named.is_empty() && tags.is_empty() {
        return Err(Refusal::parameter("sender, external_userid and tag_filter all empty"));
    }
    if named.len() > MOST_CUSTOMERS {
        return Err(Refusal::parameter("external_userid too long"));
    }
    let mut audience = Audience::default();
    let by_name = !named.is_empty();
    let ids: Vec<String> = match sender {
        _ if by_name => named,
        Some(sender) => world.relations.of_staff(sender).map(|one| one.external_userid.clone()).collect(),
        None => world.customers.keys().cloned().collect(),
    };
    let mut seen = BTreeSet::new();
    for id in ids {
        if !seen.insert(id.clone()) {
            continue;
        }
        let relations = sendable(world, call, &id, sender);
        let has_tags = || tags.iter().all(|list| relations.iter().any(|one| !one.tags.is_disjoint(list)));
        // a filter beside names is ignored
        let is_meant = by_name || has_tags();
        let latest = relations.iter().max_by_key(|one| {
            let at_ms = world.last_interaction_ms(&id, &one.userid);
            (at_ms, std::cmp::Reverse(one.userid.to_ascii_lowercase()))
        });
        match latest {
            Some(one) if is_meant => audience.parts.entry(one.userid.clone()).or_default().push(id),
            None if by_name => audience.failed.push(id),
            Some(_) | None => {}
        }
    }
    Ok(audience)
}

/// The customer's contacts with the sender, or with any member that the app may send through.
fn sendable<'w>(world: &'w World, call: &Call<'_>, id: &str, sender: Option<&str>) -> Vec<&'w Relation> {
    let app = call.app(world);
    let may_send = |relation: &&Relation| {
        let is_sender = sender.is_none_or(|sender| relation.userid.eq_ignore_ascii_case(sender));
        let serves =
            || world.member(&relation.userid).is_some_and(|one| one.serves() && world.sees(app, one));
        relation.is_callable() && is_sender && serves()
    };
    world.relations.of_customer(id).filter(may_send).collect()
}

/// The sender's own groups: those named, or all.
fn groups(world: &World, sender: Option<&str>, named: Vec<String>) -> Result<Audience, Refusal> {
    let sender = sender.ok_or_else(|| Refusal::parameter("sender missing"))?;
    if named.len() > MOST_GROUPS {
        return Err(Refusal::parameter("chat_id_list too long"));
    }
    let is_own =
        |id: &String| world.mass.groups.get(id).is_some_and(|group| group.owner.eq_ignore_ascii_case(sender));
    let (own, failed): (Vec<String>, Vec<String>) = if named.is_empty() {
        (world.mass.groups.keys().filter(|id| is_own(id)).cloned().collect(), Vec::new())
    } else {
        named.into_iter().collect::<BTreeSet<_>>().into_iter().partition(is_own)
    };
    let mut audience = Audience { failed, ..Audience::default() };
    if !own.is_empty() {
        audience.parts.insert(sender.to_owned(), own);
    }
    Ok(audience)
}
