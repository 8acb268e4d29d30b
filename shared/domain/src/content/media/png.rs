//! PNG: chunks from beginning to end (<https://www.w3.org/TR/png-3/>, §5 and §11.2).

use super::{Damage, Pixels};

const SIGNATURE: usize = 8;
/// Larger numbers are no lengths and no sides.
const MAX_NUMBER: u32 = i32::MAX.unsigned_abs();

/// The picture's size, if it has a sound header, data and an end.
pub(super) fn pixels(bytes: &[u8]) -> Result<Pixels, Damage> {
    let mut rest = bytes.get(SIGNATURE..).ok_or(Damage::CutShort)?;
    let (first, behind) = take_chunk(rest)?;
    if first.kind() != b"IHDR" || checksum(first.checked) != first.checksum {
        return Err(Damage::Header);
    }
    let size = size(first.content())?;
    rest = behind;
    let mut has_data = false;
    loop {
        let (chunk, behind) = take_chunk(rest)?;
        rest = behind;
        match chunk.kind() {
            b"IDAT" => has_data = true,
            b"IEND" => return if has_data { Ok(size) } else { Err(Damage::NoPicture) },
            b"IHDR" => return Err(Damage::Header),
            _ => {}
        }
    }
}

struct Chunk<'a> {
    /// Kind and content.
    checked: &'a [u8],
    checksum: u32,
}

impl<'a> Chunk<'a> {
    fn kind(&self) -> &'a [u8] {
        &self.checked[..4]
    }

    fn content(&self) -> &'a [u8] {
        &self.checked[4..]
    }
}

/// Length, kind, content, checksum.
fn take_chunk(bytes: &[u8]) -> Result<(Chunk<'_>, &[u8]), Damage> {
    let (length, behind) = take_number(bytes)?;
    if length > MAX_NUMBER {
        return Err(Damage::Header);
    }
    // Looked at before the length is believed: a file that only begins like a PNG is broken, not short.
    let kind = behind.get(..4).ok_or(Damage::CutShort)?;
    if !kind.iter().all(u8::is_ascii_alphabetic) {
        return Err(Damage::Header);
    }
    let length = usize::try_from(length).map_err(|_| Damage::Header)?;
    let (checked, behind) = behind.split_at_checked(length + 4).ok_or(Damage::CutShort)?;
    let (checksum, behind) = take_number(behind)?;
    Ok((Chunk { checked, checksum }, behind))
}

fn take_number(bytes: &[u8]) -> Result<(u32, &[u8]), Damage> {
    let (number, behind) = bytes.split_first_chunk::<4>().ok_or(Damage::CutShort)?;
    Ok((u32::from_be_bytes(*number), behind))
}

/// Width, height, depth and colour, compression, filter, interlacing.
fn size(header: &[u8]) -> Result<Pixels, Damage> {
    let (width, rest) = take_number(header).map_err(|_| Damage::Header)?;
    let (height, rest) = take_number(rest).map_err(|_| Damage::Header)?;
    let sides = [width, height];
    let well_known = matches!(
        rest,
        [1 | 2 | 4 | 8 | 16, 0, 0, 0, 0 | 1]
            | [8 | 16, 2 | 4 | 6, 0, 0, 0 | 1]
            | [1 | 2 | 4 | 8, 3, 0, 0, 0 | 1]
    );
    if !well_known || sides.iter().any(|side| *side == 0 || *side > MAX_NUMBER) {
        return Err(Damage::Header);
    }
    Ok(Pixels { width, height })
}

/// CRC-32, a bit at a time: it is computed over 17 bytes.
pub(super) fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(
            sum ^ u32::from(*byte),
            |sum, _| {
                if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 }
            },
        )
    })
}

#[cfg(test)]
mod tests {
    use super::checksum;

    #[test]
    fn the_checksum_is_the_one_of_the_specification() {
        // The check value of CRC-32, and the checksum that ends every PNG.
        assert_eq!(checksum(b"123456789"), 0xcbf4_3926);
        assert_eq!(checksum(b"IEND"), 0xae42_6082);
    }
}
