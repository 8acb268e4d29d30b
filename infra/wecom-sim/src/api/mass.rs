//! Mass messages (企业群发): tasks for members, which nothing but the member's own tap sends.

mod create;
mod track;

use super::{Call, Endpoint, Refusal, attachment, cursor, related};
use crate::random::Stream;
use crate::state::{MassTask, World};

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::post("externalcontact/add_msg_template", create::add),
    Endpoint::post("externalcontact/get_groupmsg_list_v2", track::list),
    Endpoint::post("externalcontact/get_groupmsg_task", track::task),
    Endpoint::post("externalcontact/get_groupmsg_send_result", track::send_result),
    Endpoint::post("externalcontact/remind_groupmsg_send", track::remind),
    Endpoint::post("externalcontact/cancel_groupmsg_send", track::cancel),
];

/// How often a page that is not the last holds fewer rows than asked for.
const SHORT_PAGES: f64 = 0.25;

/// A task by the id that the caller gives.
fn known<'w>(world: &'w World, msgid: Option<&str>) -> Result<&'w MassTask, Refusal> {
    let msgid = msgid.filter(|id| !id.is_empty()).ok_or_else(|| Refusal::new(41046, "msgid missing"))?;
    world.mass.get(msgid).ok_or_else(|| Refusal::new(41047, "invalid msgid"))
}

/// The rows of a page and the cursor behind it (empty: the end). A limit beyond `most` falls back to the
/// default, and a page may hold fewer rows than asked for.
fn page<T>(
    rows: Vec<T>,
    query: &str,
    cursor: Option<&str>,
    limit: Option<i64>,
    (default, most): (usize, usize),
    stream: &mut Stream,
) -> Result<(Vec<T>, String), Refusal> {
    let start = match cursor::read(query, cursor)? {
        Some(place) => place.parse().map_err(|_| Refusal::new(50100, "invalid cursor"))?,
        None => 0,
    };
    let asked = limit.and_then(|limit| usize::try_from(limit).ok());
    let limit = asked.filter(|limit| (1..=most).contains(limit)).unwrap_or(default);
    let size = if stream.chance(SHORT_PAGES) { 1 + stream.below(limit) } else { limit };
    let more = rows.len() > start + size;
    let next = if more { cursor::write(query, &(start + size).to_string()) } else { String::new() };
    Ok((rows.into_iter().skip(start).take(size).collect(), next))
}
