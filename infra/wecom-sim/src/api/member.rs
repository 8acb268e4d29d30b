//! Members.

use serde_json::{Value, json};

use super::{Call, Endpoint, Refusal};
use crate::state::World;

pub(super) const ENDPOINTS: &[Endpoint] =
    &[Endpoint::get("user/get", user), Endpoint::get("externalcontact/get_follow_user_list", licensed)];

/// An app made since 2022 sees neither avatar nor mobile, email or gender.
fn user(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let userid = call.query("userid").ok_or_else(|| Refusal::new(40063, "userid missing"))?;
    let staff = world.member(userid).ok_or_else(Refusal::unknown_member)?;
    Ok(json!({
        "userid": staff.userid,
        "name": staff.name,
        "department": [1],
        "order": [0],
        "position": "",
        "is_leader_in_dept": [0],
        "direct_leader": [],
        "main_department": 1,
        "alias": "",
        "telephone": "",
        "status": 1,
        "extattr": {"attrs": []},
    }))
}

fn licensed(world: &mut World, _: &Call<'_>) -> Result<Value, Refusal> {
    let members: Vec<&str> =
        world.staff.values().filter(|staff| staff.licensed).map(|staff| staff.userid.as_str()).collect();
    Ok(json!({"follow_user": members}))
}
