//! Who a visitor is, by the code that their browser came back with.

use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Call, Endpoint, Refusal};
use crate::state::{CodeRefusal, Person, Relation, World};

pub(super) const ENDPOINTS: &[Endpoint] =
    &[Endpoint::get("auth/getuserinfo", who), Endpoint::post("auth/getuserdetail", detail)];

/// Good codes are not limited in number, bad ones are.
fn who(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let code = call.query("code").ok_or_else(|| Refusal::new(40029, "invalid code"))?;
    let grant = match world.identities.exchange(code, call.agent_id, call.now_ms) {
        Ok(grant) => grant,
        Err(refusal) => {
            world.limits.pass("api", "auth/getuserinfo", call.now_ms).map_err(|_| Refusal::too_often())?;
            return Err(match refusal {
                CodeRefusal::Unknown => Refusal::new(40029, "invalid code"),
                CodeRefusal::Expired => Refusal::new(42003, "code expired"),
                CodeRefusal::Used => Refusal::new(42022, "code has been used"),
            });
        }
    };
    match grant.person {
        Person::Member(userid) => {
            // members out of sight are named too, but no ticket to details comes with the name
            let seen = world.member(&userid).is_some_and(|staff| world.sees(call.app(world), staff));
            let mut answer = json!({"userid": userid});
            if grant.private && seen {
                let draws = &mut world.draws;
                let ticket = world.identities.admit(&userid, call.agent_id, call.now_ms, draws);
                answer["user_ticket"] = json!(ticket);
            }
            Ok(answer)
        }
        Person::Customer(id) => {
            let mut answer = json!({"openid": openid(call, &id)});
            if world.relations.of_customer(&id).any(Relation::is_callable) {
                answer["external_userid"] = json!(id);
            }
            Ok(answer)
        }
    }
}

#[derive(Deserialize)]
struct Detail {
    user_ticket: Option<String>,
}

/// What the admin has enabled and the member consented to; numbers are texts here.
fn detail(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let asked: Detail = call.body()?;
    let ticket = asked.user_ticket.unwrap_or_default();
    let userid =
        world.identities.admitted(&ticket, call.agent_id, call.now_ms).map_err(|code| match code {
            84014 => Refusal::new(code, "user ticket expired"),
            _ => Refusal::new(code, "invalid user ticket"),
        })?;
    let staff = world.member(userid).ok_or_else(Refusal::unknown_member)?;
    let mut answer = json!({
        "userid": staff.userid,
        "gender": staff.gender.to_string(),
        "avatar": avatar(&staff.userid),
    });
    if !staff.mobile.is_empty() {
        answer["mobile"] = json!(staff.mobile);
    }
    Ok(answer)
}

/// Where a member's picture is.
pub(super) fn avatar(userid: &str) -> String {
    format!("https://wework.qpic.cn/wwhead/{}/0", userid.to_ascii_lowercase())
}

/// A WeChat user as this corp knows them: always the same, and not the `external_userid`.
fn openid(call: &Call<'_>, id: &str) -> String {
    let digest = hex::encode(Sha256::digest(format!("{}\n{id}", call.config.corp_id)));
    format!("o{}", &digest[..27])
}
