//! PNG: chunks from beginning to end (<https://www.w3.org/TR/png-3/>, §5 and §11.2), and how much its data unpacks to.

use super::{Damage, Pixels, inflate::unpacked};

const SIGNATURE: usize = 8;
/// Larger numbers are no lengths and no sides.
const MAX_NUMBER: u32 = i32::MAX.unsigned_abs();
/// To how many bytes descriptions may unpack, all together: colour profiles have up to two megabytes, and who writes
/// more means to harm those who read it.
const MAX_DESCRIPTIONS: u64 = 4 * 1024 * 1024;
/// How many bytes may come out behind the rows: some programs write a few too many, and readers pass them over.
const SLACK: u64 = 1024;

/// The picture's size, if everything that it takes to show it is there and sound. One that is too large to be shown is
/// not looked at beyond its header.
pub(super) fn pixels(bytes: &[u8]) -> Result<Pixels, Damage> {
    let rest = bytes.get(SIGNATURE..).ok_or(Damage::CutShort)?;
    let (first, rest) = take_chunk(rest)?;
    if first.kind() != b"IHDR" {
        return Err(Damage::Header);
    }
    first.check()?;
    let header = Header::of(first.content())?;
    if header.pixels.is_too_large() {
        return Ok(header.pixels);
    }
    let data = walk(rest, &header)?;
    let raw = header.raw_bytes();
    let found = unpacked(&data, raw + SLACK)?;
    if found < raw { Err(Damage::CutShort) } else { Ok(header.pixels) }
}

/// The pieces of the picture's data.
fn walk<'a>(mut rest: &'a [u8], header: &Header) -> Result<Vec<&'a [u8]>, Damage> {
    let mut data = Vec::new();
    let (mut has_palette, mut is_behind_data) = (false, false);
    let mut descriptions = MAX_DESCRIPTIONS;
    loop {
        let (chunk, behind) = take_chunk(rest)?;
        rest = behind;
        if chunk.is_critical() {
            chunk.check()?;
        }
        match chunk.kind() {
            // Pieces of one stream: nothing stands between them.
            b"IDAT" if is_behind_data || (header.needs_palette && !has_palette) => {
                return Err(Damage::Header);
            }
            b"IDAT" => {
                data.push(chunk.content());
                continue;
            }
            b"IEND" => return if data.is_empty() { Err(Damage::NoPicture) } else { Ok(data) },
            b"PLTE" => has_palette = matches!(chunk.content().len(), 3..=768),
            _ if chunk.is_critical() => return Err(Damage::Header),
            _ => descriptions -= description(&chunk, descriptions)?,
        }
        is_behind_data = !data.is_empty();
    }
}

/// How many bytes a compressed description unpacks to. One that is broken is passed over, as by those who read it.
fn description(chunk: &Chunk<'_>, most: u64) -> Result<u64, Damage> {
    let packed = match chunk.kind() {
        // A name, the method 0, the stream.
        b"iCCP" | b"zTXt" => behind_word(chunk.content()).and_then(|rest| rest.strip_prefix(&[0])),
        // A name, whether it is compressed, the method 0, two more words, the stream.
        b"iTXt" => behind_word(chunk.content())
            .and_then(|rest| rest.strip_prefix(&[1, 0]))
            .and_then(behind_word)
            .and_then(behind_word),
        _ => None,
    };
    match packed.map(|packed| unpacked(&[packed], most)) {
        None | Some(Err(Damage::CutShort | Damage::Header)) => Ok(0),
        Some(measured) => measured,
    }
}

/// What stands behind a text that ends with 0.
fn behind_word(text: &[u8]) -> Option<&[u8]> {
    text.iter().position(|byte| *byte == 0).map(|end| &text[end + 1..])
}

/// What the first chunk says.
struct Header {
    pixels: Pixels,
    bits_per_pixel: u64,
    needs_palette: bool,
    is_interlaced: bool,
}

impl Header {
    /// Width, height, depth and colour, compression, filter, interlacing.
    fn of(content: &[u8]) -> Result<Self, Damage> {
        let (width, rest) = take_number(content).map_err(|_| Damage::Header)?;
        let (height, rest) = take_number(rest).map_err(|_| Damage::Header)?;
        let &[depth, colour, 0, 0, interlacing @ (0 | 1)] = rest else { return Err(Damage::Header) };
        let channels = match (colour, depth) {
            (0, 1 | 2 | 4 | 8 | 16) | (3, 1 | 2 | 4 | 8) => 1,
            (2, 8 | 16) => 3,
            (4, 8 | 16) => 2,
            (6, 8 | 16) => 4,
            _ => return Err(Damage::Header),
        };
        if [width, height].iter().any(|side| *side == 0 || *side > MAX_NUMBER) {
            return Err(Damage::Header);
        }
        Ok(Self {
            pixels: Pixels { width, height },
            bits_per_pixel: channels * u64::from(depth),
            needs_palette: colour == 3,
            is_interlaced: interlacing == 1,
        })
    }

    /// How many bytes its rows have, each with the filter before it; for a picture that is not too large.
    fn raw_bytes(&self) -> u64 {
        /// The passes of Adam7: the first column and row, and the steps.
        const PASSES: [[u32; 4]; 7] = [
            [0, 0, 8, 8],
            [4, 0, 8, 8],
            [0, 4, 4, 8],
            [2, 0, 4, 4],
            [0, 2, 2, 4],
            [1, 0, 2, 2],
            [0, 1, 1, 2],
        ];
        let passes = if self.is_interlaced { PASSES.as_slice() } else { &[[0, 0, 1, 1]] };
        let bytes = |&[left, top, across, down]: &[u32; 4]| {
            let columns = u64::from(self.pixels.width.saturating_sub(left).div_ceil(across));
            let rows = u64::from(self.pixels.height.saturating_sub(top).div_ceil(down));
            if columns == 0 { 0 } else { rows * (1 + (columns * self.bits_per_pixel).div_ceil(8)) }
        };
        passes.iter().map(bytes).sum()
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

    /// Can the picture not be shown without it?
    fn is_critical(&self) -> bool {
        self.checked[0].is_ascii_uppercase()
    }

    fn check(&self) -> Result<(), Damage> {
        if checksum(self.checked) == self.checksum { Ok(()) } else { Err(Damage::Header) }
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

/// What a byte does to the sum of CRC-32.
static STEPS: [u32; 256] = steps();

const fn steps() -> [u32; 256] {
    let mut steps = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "it is below 256")]
        let mut sum = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            sum = if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 };
            bit += 1;
        }
        steps[byte] = sum;
        byte += 1;
    }
    steps
}

/// CRC-32.
pub(super) fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        let [low, ..] = sum.to_le_bytes();
        (sum >> 8) ^ STEPS[usize::from(low ^ byte)]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_one_of_the_specification() {
        // The check value of CRC-32, and the checksum that ends every PNG.
        assert_eq!(checksum(b"123456789"), 0xcbf4_3926);
        assert_eq!(checksum(b"IEND"), 0xae42_6082);
    }

    #[test]
    fn rows_have_as_many_bytes_as_the_specification_gives_them() {
        let raw = |width: u32, height: u32, rest: [u8; 5]| {
            let content = [&width.to_be_bytes()[..], &height.to_be_bytes(), &rest].concat();
            Header::of(&content).map(|header| header.raw_bytes()).ok()
        };
        assert_eq!(raw(3, 2, [8, 2, 0, 0, 0]), Some(2 * (1 + 9)));
        assert_eq!(raw(9, 1, [1, 0, 0, 0, 0]), Some(1 + 2));
        assert_eq!(raw(1, 1, [16, 6, 0, 0, 1]), Some(1 + 8), "one pass has a pixel");
        // 8 by 8 of one byte: passes of 1, 1, 2, 4, 8, 16 and 32 pixels in 1, 1, 1, 2, 2, 4 and 4 rows.
        assert_eq!(raw(8, 8, [8, 0, 0, 0, 1]), Some(64 + 15));
        for senseless in
            [[3, 0, 0, 0, 0], [16, 3, 0, 0, 0], [8, 5, 0, 0, 0], [8, 2, 1, 0, 0], [8, 2, 0, 0, 2]]
        {
            assert_eq!(raw(8, 8, senseless), None, "{senseless:?}");
        }
    }
}
