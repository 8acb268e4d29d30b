//! What a member notes of a customer, written by the app.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::api::{Call, Endpoint, Refusal, related};
use crate::state::{MediaKind, Purpose, World};

pub(in crate::api) const ENDPOINTS: &[Endpoint] = &[Endpoint::post("externalcontact/remark", remark)];

/// In characters.
const LONGEST_REMARK: usize = 20;
const LONGEST_DESCRIPTION: usize = 150;
const LONGEST_COMPANY: usize = 20;

#[derive(Deserialize)]
struct Remark {
    userid: Option<String>,
    external_userid: Option<String>,
    remark: Option<String>,
    description: Option<String>,
    remark_company: Option<String>,
    remark_mobiles: Option<Vec<String>>,
    remark_pic_mediaid: Option<String>,
}

/// Writes the fields that are given (a picture is looked at and shown nowhere). Nobody is told of it.
fn remark(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let mut asked: Remark = call.body()?;
    // an empty list says nothing; it is `[""]` that empties the list
    asked.remark_mobiles = asked.remark_mobiles.filter(|mobiles| !mobiles.is_empty());
    check(&asked)?;
    if let Some(media_id) = &asked.remark_pic_mediaid {
        let picture = world.media.get(media_id, call.now_ms);
        let is_usable =
            picture.is_some_and(|file| file.kind == MediaKind::Image && file.purpose == Purpose::Message);
        if !is_usable {
            return Err(Refusal::new(40007, "invalid media_id"));
        }
    }
    let is_wechat_user = |id: &String| world.customers.get(id).is_some_and(|one| one.employer.is_none());
    let takes_company = asked.external_userid.as_ref().is_some_and(is_wechat_user);
    let relation = related::relation(world, call, asked.userid.as_deref(), asked.external_userid.as_deref())?;
    if asked.remark_company.is_some() && !takes_company {
        return Err(Refusal::parameter("remark_company is for WeChat users"));
    }
    if let Some(remark) = asked.remark {
        relation.remark = remark;
    }
    if let Some(description) = asked.description {
        relation.description = description;
    }
    if let Some(company) = asked.remark_company {
        relation.remark_company = company;
    }
    if let Some(mobiles) = asked.remark_mobiles {
        relation.remark_mobiles = mobiles.into_iter().filter(|mobile| !mobile.is_empty()).collect();
    }
    Ok(json!({}))
}

fn check(asked: &Remark) -> Result<(), Refusal> {
    let is_empty = asked.remark.is_none()
        && asked.description.is_none()
        && asked.remark_company.is_none()
        && asked.remark_mobiles.is_none()
        && asked.remark_pic_mediaid.is_none();
    if is_empty {
        return Err(Refusal::new(40035, "nothing to remark"));
    }
    for (name, text, most) in [
        ("remark", &asked.remark, LONGEST_REMARK),
        ("description", &asked.description, LONGEST_DESCRIPTION),
        ("remark_company", &asked.remark_company, LONGEST_COMPANY),
    ] {
        if text.as_ref().is_some_and(|text| text.chars().count() > most) {
            return Err(Refusal::parameter(format!("{name} too long")));
        }
    }
    Ok(())
}
