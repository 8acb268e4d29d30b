//! Members: one by one, and those licensed for customer contact.

use serde_json::{Value, json};

use super::{Call, Endpoint, Refusal};
use crate::state::World;

pub(super) const ENDPOINTS: &[Endpoint] =
    &[Endpoint::get("user/get", user), Endpoint::get("externalcontact/get_follow_user_list", licensed)];

/// An app made since 2022-06-20 sees neither avatar nor mobile, email or gender; for an older one gender
/// is a text. Who has left is still answered, with that status.
fn user(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let userid = call.query("userid").ok_or_else(|| Refusal::new(40063, "userid missing"))?;
    let app = call.app(world);
    let staff =
        world.member(userid).filter(|staff| world.sees(app, staff)).ok_or_else(Refusal::unknown_member)?;
    let leads = |id: &u64| {
        let department = world.departments.get(*id);
        let leads = |leader: &String| leader.eq_ignore_ascii_case(&staff.userid);
        u8::from(department.is_some_and(|department| department.leaders.iter().any(leads)))
    };
    let mut answer = json!({
        "userid": staff.userid,
        "name": staff.name,
        "department": staff.departments,
        "order": vec![0; staff.departments.len()],
        "position": staff.position,
        "is_leader_in_dept": staff.departments.iter().map(leads).collect::<Vec<_>>(),
        "direct_leader": [],
        "main_department": staff.departments.first(),
        "alias": "",
        "telephone": "",
        "status": staff.status.number(),
        "extattr": {"attrs": []},
    });
    if app.legacy {
        answer["gender"] = json!(staff.gender.to_string());
        answer["mobile"] = json!(staff.mobile);
        answer["avatar"] = json!(super::identity::avatar(&staff.userid));
    }
    Ok(answer)
}

/// Those in sight.
fn licensed(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let app = call.app(world);
    let members: Vec<&str> = world
        .staff
        .values()
        .filter(|staff| staff.serves() && world.sees(app, staff))
        .map(|staff| staff.userid.as_str())
        .collect();
    Ok(json!({"follow_user": members}))
}
