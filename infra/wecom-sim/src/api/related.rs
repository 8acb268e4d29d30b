//! What calls about a member, or a member with a customer, have in common.

use super::{Call, Refusal};
use crate::state::{Relation, Staff, World};

/// A member whose customers the app may deal with.
pub(super) fn serving<'w>(world: &'w World, call: &Call<'_>, userid: &str) -> Result<&'w Staff, Refusal> {
    let staff = world.member(userid).ok_or_else(Refusal::unknown_member)?;
    if staff.has_left() {
        return Err(Refusal::new(40003, "invalid userid"));
    }
    if !world.sees(call.app(world), staff) || !staff.serves() {
        return Err(Refusal::no_privilege());
    }
    Ok(staff)
}

/// The relation of such a member with a customer, if the API works on it. A customer who closed their
/// side does not matter; one who has not been added back, or whom the member deleted, is 84061.
pub(super) fn relation<'w>(
    world: &'w mut World,
    call: &Call<'_>,
    userid: Option<&str>,
    external_userid: Option<&str>,
) -> Result<&'w mut Relation, Refusal> {
    let userid = userid.filter(|id| !id.is_empty()).ok_or_else(|| Refusal::new(40003, "invalid userid"))?;
    let external_userid = external_userid
        .filter(|id| !id.is_empty())
        .ok_or_else(|| Refusal::new(41035, "external_userid missing"))?;
    serving(world, call, userid)?;
    if !world.customers.contains_key(external_userid) {
        return Err(Refusal::unknown_customer());
    }
    let relation = world.relations.get_mut(external_userid, userid);
    relation.filter(|relation| relation.is_callable()).ok_or_else(Refusal::no_relation)
}

/// Members named in a list, as their keys, each once, in the order named. A list with somebody unknown
/// or out of sight is refused whole.
pub(super) fn listed(
    world: &World,
    call: &Call<'_>,
    userids: &[String],
    most: usize,
) -> Result<Vec<String>, Refusal> {
    if userids.len() > most {
        return Err(Refusal::new(40032, "invalid userid list size"));
    }
    let mut keys: Vec<String> = Vec::new();
    for userid in userids {
        let staff = world.member(userid).filter(|staff| world.sees(call.app(world), staff));
        if staff.is_none() {
            return Err(Refusal::new(40031, format!("invalid userid list: {userid}")));
        }
        let key = userid.to_ascii_lowercase();
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    Ok(keys)
}
