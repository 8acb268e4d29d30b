//! Attachments of messages to customers: welcome and mass messages take the same five kinds.

use serde_json::Value;

use super::{Call, Refusal};
use crate::state::{MediaKind, Purpose, World};

const MOST: usize = 9;
const LONGEST_TEXT_BYTES: usize = 4000;
const LONGEST_URL: usize = 2048;

/// A text with attachments, as both calls take them.
pub(super) fn check_content(
    world: &World,
    call: &Call<'_>,
    text: &str,
    attachments: &[Value],
) -> Result<(), Refusal> {
    if text.is_empty() && attachments.is_empty() {
        return Err(Refusal::new(44004, "empty content"));
    }
    if text.len() > LONGEST_TEXT_BYTES {
        return Err(Refusal::new(45002, "content size out of limit"));
    }
    if attachments.len() > MOST {
        return Err(Refusal::new(41064, "attachments exceed the limit"));
    }
    attachments.iter().try_for_each(|attachment| check(world, call, attachment))
}

fn check(world: &World, call: &Call<'_>, attachment: &Value) -> Result<(), Refusal> {
    let kind = attachment["msgtype"].as_str().unwrap_or_default();
    let body = &attachment[kind];
    if !["image", "link", "miniprogram", "video", "file"].contains(&kind) {
        return Err(Refusal::new(41065, "invalid attachment msgtype"));
    }
    if !body.is_object() {
        return Err(Refusal::parameter(format!("attachment {kind} missing")));
    }
    match kind {
        "image" => check_image(world, call, body),
        "link" => check_link(body),
        "miniprogram" => check_miniprogram(world, call, body),
        "video" => check_media(world, call, &body["media_id"], MediaKind::Video),
        _ => check_media(world, call, &body["media_id"], MediaKind::File),
    }
}

/// An id counts before an address.
fn check_image(world: &World, call: &Call<'_>, image: &Value) -> Result<(), Refusal> {
    match (text(&image["media_id"]), text(&image["pic_url"])) {
        (Some(_), _) => check_media(world, call, &image["media_id"], MediaKind::Image),
        (None, Some(url)) if world.media.has_image(url) => Ok(()),
        (None, Some(_)) => Err(Refusal::parameter("pic_url is not from media/uploadimg")),
        (None, None) => Err(no_media_id()),
    }
}

fn check_link(link: &Value) -> Result<(), Refusal> {
    check_text(link, "title", 128, 41016)?;
    check_url(link, "url", 41010)?;
    if link["desc"].as_str().is_some_and(|desc| desc.len() > 512) {
        return Err(Refusal::parameter("link.desc too long"));
    }
    match text(&link["picurl"]) {
        None => Ok(()),
        Some(_) => check_url(link, "picurl", 41010),
    }
}

fn check_miniprogram(world: &World, call: &Call<'_>, program: &Value) -> Result<(), Refusal> {
    check_text(program, "title", 64, 41016)?;
    check_media(world, call, &program["pic_media_id"], MediaKind::Image)?;
    check_appid(program)?;
    check_text(program, "page", LONGEST_URL, 40058)
}

/// A file that is there, fresh, of this kind, and was uploaded for messages.
pub(super) fn check_media(
    world: &World,
    call: &Call<'_>,
    media_id: &Value,
    kind: MediaKind,
) -> Result<(), Refusal> {
    let media_id = text(media_id).ok_or_else(no_media_id)?;
    let media = world.media.get(media_id, call.now_ms).filter(|media| media.kind == kind);
    match media.map(|media| media.purpose) {
        Some(Purpose::Message) => Ok(()),
        Some(Purpose::Moments | Purpose::Album) | None => Err(Refusal::new(40007, "invalid media_id")),
    }
}

/// A mini-program's id. Which programs are linked to the corp is not simulated: those that look like one.
pub(super) fn check_appid(object: &Value) -> Result<(), Refusal> {
    if text(&object["appid"]).is_some_and(|appid| appid.starts_with("wx")) {
        Ok(())
    } else {
        Err(Refusal::new(90207, "invalid miniprogram appid"))
    }
}

/// A text that must be there, with its limit in bytes.
pub(super) fn check_text(object: &Value, field: &str, most: usize, missing: i64) -> Result<(), Refusal> {
    match text(&object[field]) {
        None => Err(Refusal::new(missing, format!("{field} missing"))),
        Some(text) if text.len() > most => Err(Refusal::parameter(format!("{field} too long"))),
        Some(_) => Ok(()),
    }
}

/// An address that must be there, with its scheme.
pub(super) fn check_url(object: &Value, field: &str, missing: i64) -> Result<(), Refusal> {
    check_text(object, field, LONGEST_URL, missing)?;
    if text(&object[field]).is_some_and(|url| url.starts_with("http://") || url.starts_with("https://")) {
        Ok(())
    } else {
        Err(Refusal::new(45034, "url must have a scheme"))
    }
}

pub(super) fn text(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.is_empty())
}

fn no_media_id() -> Refusal {
    Refusal::new(41006, "media_id missing")
}
