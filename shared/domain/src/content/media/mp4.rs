//! MP4: boxes from beginning to end (ISO/IEC 14496-12).

use super::Damage;

/// A box: its kind and what is in it.
type Box<'a> = (&'a [u8; 4], &'a [u8]);

/// Whether a film is described, one with pictures, and there is something to play.
pub(super) fn check(bytes: &[u8]) -> Result<(), Damage> {
    let (mut described, mut playable) = (false, false);
    for found in boxes(bytes) {
        let (kind, content) = found?;
        match kind {
            b"moov" => described |= describes_a_film(content)?,
            b"mdat" => playable |= !content.is_empty(),
            _ => {}
        }
    }
    if described && playable { Ok(()) } else { Err(Damage::NoPicture) }
}

/// A film has a header and at least one track of pictures.
fn describes_a_film(content: &[u8]) -> Result<bool, Damage> {
    let (mut header, mut pictures) = (false, false);
    for found in boxes(content) {
        let (kind, content) = found?;
        header |= kind == b"mvhd";
        pictures |= kind == b"trak" && shows_pictures(content)?;
    }
    Ok(header && pictures)
}

/// The first description of a track's medium says what it is of.
fn shows_pictures(track: &[u8]) -> Result<bool, Damage> {
    let mut pictures = None;
    for found in boxes(track) {
        let (kind, content) = found?;
        if kind == b"mdia" && pictures.is_none() {
            pictures = Some(is_of_pictures(content)?);
        }
    }
    Ok(pictures.unwrap_or_default())
}

/// Its handler does (§8.4.3): version and flags, a number, `vide`.
fn is_of_pictures(medium: &[u8]) -> Result<bool, Damage> {
    let mut pictures = false;
    for found in boxes(medium) {
        let (kind, content) = found?;
        pictures |= kind == b"hdlr" && content.get(8..12) == Some(b"vide");
    }
    Ok(pictures)
}

/// All boxes, up to the first that is broken. Too few bytes for another one are somebody's padding.
fn boxes(mut rest: &[u8]) -> impl Iterator<Item = Result<Box<'_>, Damage>> {
    std::iter::from_fn(move || {
        let taken = take_box(rest).transpose()?;
        rest = taken.as_ref().map_or(&[], |(_, behind)| *behind);
        Some(taken.map(|(found, _)| found))
    })
}

fn take_box(bytes: &[u8]) -> Result<Option<(Box<'_>, &[u8])>, Damage> {
    let Some((length, rest)) = bytes.split_first_chunk::<4>() else { return Ok(None) };
    let Some((kind, rest)) = rest.split_first_chunk::<4>() else { return Ok(None) };
    let (length, content) = match u32::from_be_bytes(*length) {
        // to the end of the file
        0 => return Ok(Some(((kind, rest), &[]))),
        // too long for 32 bits, or written by somebody who did not know yet
        1 => {
            let (length, rest) = rest.split_first_chunk::<8>().ok_or(Damage::CutShort)?;
            (u64::from_be_bytes(*length).checked_sub(16), rest)
        }
        length => (u64::from(length).checked_sub(8), rest),
    };
    let length = usize::try_from(length.ok_or(Damage::Header)?).map_err(|_| Damage::CutShort)?;
    let (content, behind) = content.split_at_checked(length).ok_or(Damage::CutShort)?;
    Ok(Some(((kind, content), behind)))
}
