//! MP4: boxes from beginning to end (ISO/IEC 14496-12).

use super::Damage;

/// Whether a film is described, and there is something to play.
pub(super) fn check(bytes: &[u8]) -> Result<(), Damage> {
    let (mut described, mut playable) = (false, false);
    let mut rest = bytes;
    while let Some((kind, content, behind)) = take_box(rest)? {
        rest = behind;
        match kind {
            b"moov" => described |= describes_a_film(content)?,
            b"mdat" | b"moof" => playable = true,
            _ => {}
        }
    }
    if described && playable { Ok(()) } else { Err(Damage::NoPicture) }
}

/// A film has a header and at least one track.
fn describes_a_film(content: &[u8]) -> Result<bool, Damage> {
    let (mut header, mut track) = (false, false);
    let mut rest = content;
    while let Some((kind, _, behind)) = take_box(rest)? {
        rest = behind;
        header |= kind == b"mvhd";
        track |= kind == b"trak";
    }
    Ok(header && track)
}

/// Kind and content of the first box, and what is behind it. `None`: too little is left for a box, which is
/// someone's padding.
#[expect(clippy::type_complexity, reason = "a box is these three, and is taken to pieces at once")]
fn take_box(bytes: &[u8]) -> Result<Option<(&[u8; 4], &[u8], &[u8])>, Damage> {
    let Some((length, rest)) = bytes.split_first_chunk::<4>() else { return Ok(None) };
    let Some((kind, rest)) = rest.split_first_chunk::<4>() else { return Ok(None) };
    let (length, content) = match u32::from_be_bytes(*length) {
        // to the end of the file
        0 => return Ok(Some((kind, rest, &[]))),
        // too long for 32 bits, or written by somebody who did not know yet
        1 => {
            let (length, rest) = rest.split_first_chunk::<8>().ok_or(Damage::CutShort)?;
            (u64::from_be_bytes(*length).checked_sub(16), rest)
        }
        length => (u64::from(length).checked_sub(8), rest),
    };
    let length = usize::try_from(length.ok_or(Damage::Header)?).map_err(|_| Damage::CutShort)?;
    let (content, behind) = content.split_at_checked(length).ok_or(Damage::CutShort)?;
    Ok(Some((kind, content, behind)))
}
