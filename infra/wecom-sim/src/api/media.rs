//! Files: what the app uploads and what may be done with it.

mod format;

use axum::http::header;
use serde_json::{Value, json};

use super::file::{File, range};
use super::multipart;
use super::{Call, Endpoint, Refusal};
use crate::state::{MediaKind, Purpose, World};
use crate::time::seconds;
use format::{Format, amr_ms, image_size, mp4_ms};

pub(super) const ENDPOINTS: &[Endpoint] = &[
    Endpoint::post("media/upload", upload),
    Endpoint::post("media/uploadimg", upload_image),
    Endpoint::post("media/upload_attachment", upload_attachment),
    Endpoint::download("media/get", get),
];

const MB: usize = 1 << 20;
/// A file has more bytes than this.
const TOO_FEW_BYTES: usize = 5;
const LONGEST_VOICE_MS: u64 = 60_000;
const LONGEST_ATTACHED_VIDEO_MS: u64 = 30_000;
const LARGEST_ATTACHMENT: usize = 10 * MB;
const LARGEST_LINKED_IMAGE: usize = 2 * MB;
/// Of a picture in the moments: longer side, shorter side.
const MOMENTS_SIDES: (u32, u32) = (10_800, 1080);

/// `?type=`; the answer's `created_at` is a string here.
fn upload(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let (name, kind) = kind(call.query("type"))?;
    let file = form_file(call)?;
    check_upload(kind, file.bytes)?;
    let purpose = (kind, Purpose::Message);
    let media_id = world.media.put(purpose, &file.filename, file.bytes, call.now_ms, &mut world.draws);
    Ok(json!({"type": name, "media_id": media_id, "created_at": seconds(call.now_ms).to_string()}))
}

fn check_upload(kind: MediaKind, bytes: &[u8]) -> Result<(), Refusal> {
    let (most, too_large) = match kind {
        MediaKind::Image => (10 * MB, 40009),
        MediaKind::Voice => (2 * MB, 45001),
        MediaKind::Video => (10 * MB, 40011),
        MediaKind::File => (20 * MB, 45001),
    };
    check_size(bytes, most, too_large)?;
    match (kind, Format::of(bytes)) {
        (MediaKind::Image, format) if !format.is_image() => Err(bad_picture()),
        (MediaKind::Voice, Format::Amr) if amr_ms(bytes) > LONGEST_VOICE_MS => {
            Err(Refusal::new(45007, "voice playtime out of limit"))
        }
        (MediaKind::Voice, Format::Amr) | (MediaKind::Video, Format::Mp4) => Ok(()),
        (MediaKind::Voice | MediaKind::Video, _) => Err(Refusal::new(40004, "invalid media type")),
        (MediaKind::Image | MediaKind::File, _) => Ok(()),
    }
}

/// A picture that anybody may link to. It has no id and does not run out.
fn upload_image(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let file = form_file(call)?;
    check_size(file.bytes, LARGEST_LINKED_IMAGE, 40009)?;
    if !Format::of(file.bytes).is_image() {
        return Err(bad_picture());
    }
    let counted = world.limits.pass("uploaded_images", "", call.now_ms);
    counted.map_err(|_| Refusal::new(45009, "api freq out of limit"))?;
    Ok(json!({"url": world.media.put_image(&mut world.draws)}))
}

/// `?media_type=&attachment_type=`; the answer's `created_at` is a number here.
fn upload_attachment(world: &mut World, call: &Call<'_>) -> Result<Value, Refusal> {
    let (name, kind) = kind(call.query("media_type"))?;
    let purpose = match (call.query("attachment_type"), kind) {
        (Some("1"), MediaKind::Image | MediaKind::Video) => Purpose::Moments,
        (Some("2"), MediaKind::Image) => Purpose::Album,
        (Some("1" | "2"), _) => return Err(Refusal::new(41072, "attachment used in wrong scene")),
        _ => return Err(Refusal::parameter("attachment_type")),
    };
    let file = form_file(call)?;
    check_size(file.bytes, LARGEST_ATTACHMENT, 41080)?;
    check_attachment(kind, purpose, file.bytes)?;
    let purpose = (kind, purpose);
    let media_id = world.media.put(purpose, &file.filename, file.bytes, call.now_ms, &mut world.draws);
    Ok(json!({"type": name, "media_id": media_id, "created_at": seconds(call.now_ms)}))
}

fn check_attachment(kind: MediaKind, purpose: Purpose, bytes: &[u8]) -> Result<(), Refusal> {
    let format = Format::of(bytes);
    if kind == MediaKind::Video {
        if format != Format::Mp4 {
            return Err(Refusal::new(41090, "invalid video format"));
        }
        if mp4_ms(bytes).is_some_and(|ms| ms > LONGEST_ATTACHED_VIDEO_MS) {
            return Err(Refusal::new(41082, "video duration out of limit"));
        }
        return Ok(());
    }
    if !format.is_image() {
        return Err(bad_picture());
    }
    let is_too_large = |(width, height): (u32, u32)| {
        let (longer, shorter) = MOMENTS_SIDES;
        width.max(height) > longer || width.min(height) > shorter
    };
    if purpose == Purpose::Moments && image_size(bytes).is_some_and(is_too_large) {
        return Err(Refusal::new(41081, "image resolution out of limit"));
    }
    Ok(())
}

/// A file as it was uploaded, or the part of it that `Range` asks for.
fn get(world: &mut World, call: &Call<'_>) -> Result<File, Refusal> {
    let media_id = call.query("media_id").ok_or_else(|| Refusal::new(41006, "media_id missing"))?;
    let media = world
        .media
        .get(media_id, call.now_ms)
        .filter(|media| media.purpose == Purpose::Message)
        .ok_or_else(|| Refusal::new(40007, "invalid media_id"))?;
    let mut bytes = media.bytes.clone();
    let is_cut = bytes.len() < media.size;
    bytes.resize(media.size, 0);
    let part = call.header(header::RANGE).and_then(|asked| range(asked, media.size));
    if let Some((first, last)) = part {
        bytes = bytes[first..=last].to_vec();
    }
    Ok(File {
        name: media.name.clone(),
        content_type: Format::of(&media.bytes).content_type(),
        bytes,
        part: part.map(|(first, _)| (first, media.size)),
        is_cut,
    })
}

fn kind(name: Option<&str>) -> Result<(&str, MediaKind), Refusal> {
    match name {
        Some(name @ "image") => Ok((name, MediaKind::Image)),
        Some(name @ "voice") => Ok((name, MediaKind::Voice)),
        Some(name @ "video") => Ok((name, MediaKind::Video)),
        Some(name @ "file") => Ok((name, MediaKind::File)),
        _ => Err(Refusal::new(40005, "invalid type parameter")),
    }
}

fn form_file<'a>(call: &'a Call<'_>) -> Result<multipart::Part<'a>, Refusal> {
    call.header(header::CONTENT_TYPE)
        .and_then(|content_type| multipart::file(content_type, &call.body))
        .filter(|file| !file.bytes.is_empty())
        .ok_or_else(|| Refusal::new(44001, "empty media data"))
}

fn check_size(bytes: &[u8], most: usize, too_large: i64) -> Result<(), Refusal> {
    if bytes.len() <= TOO_FEW_BYTES {
        return Err(Refusal::new(40006, "invalid media size"));
    }
    if bytes.len() > most {
        return Err(Refusal::new(too_large, "media size out of limit"));
    }
    Ok(())
}

fn bad_picture() -> Refusal {
    Refusal::new(40123, "invalid image format")
}
