//! What a file is, by its bytes.

/// Milliseconds of one AMR frame.
const AMR_FRAME_MS: u64 = 20;
/// Bytes of a frame by its type (RFC 4867), its first byte included.
const AMR_FRAMES: [usize; 16] = [13, 14, 16, 18, 20, 21, 27, 32, 6, 1, 1, 1, 1, 1, 1, 1];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Jpeg,
    Png,
    Amr,
    Mp4,
    Other,
}

impl Format {
    pub(super) fn of(bytes: &[u8]) -> Self {
        match bytes {
            [0xff, 0xd8, 0xff, ..] => Self::Jpeg,
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Self::Png,
            [b'#', b'!', b'A', b'M', b'R', b'\n', ..] => Self::Amr,
            [_, _, _, _, b'f', b't', b'y', b'p', ..] => Self::Mp4,
            _ => Self::Other,
        }
    }

    pub(super) fn is_image(self) -> bool {
        matches!(self, Self::Jpeg | Self::Png)
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::Amr => "voice/amr",
            Self::Mp4 => "video/mp4",
            Self::Other => "application/octet-stream",
        }
    }
}

/// How long an AMR recording plays.
pub(super) fn amr_ms(bytes: &[u8]) -> u64 {
    let (mut at, mut frames) = (6, 0);
    while let Some(head) = bytes.get(at) {
        at += AMR_FRAMES[usize::from(head >> 3 & 0x0f)];
        frames += 1;
    }
    frames * AMR_FRAME_MS
}

/// How long a film plays, by its `mvhd` box; `None` where there is none.
pub(super) fn mp4_ms(bytes: &[u8]) -> Option<u64> {
    let header = mp4_box(mp4_box(bytes, b"moov")?, b"mvhd")?;
    let number = |at: usize, width: usize| {
        let digits = header.get(at..at + width)?;
        Some(digits.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte)))
    };
    // version 1 counts in 64 bits: two dates, the scale, the duration
    let (scale, duration) = match header.first()? {
        1 => (number(20, 4)?, number(24, 8)?),
        _ => (number(12, 4)?, number(16, 4)?),
    };
    duration.checked_mul(1000)?.checked_div(scale)
}

/// What stands in the first box of this kind.
fn mp4_box<'a>(mut bytes: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    loop {
        let length = u32::from_be_bytes(bytes.get(..4)?.try_into().ok()?);
        let length = usize::try_from(length).ok()?;
        if bytes.get(4..8)? == kind {
            return bytes.get(8..length.max(8).min(bytes.len()));
        }
        bytes = bytes.get(length.max(8)..)?;
    }
}

/// Width and height of a JPEG or PNG.
pub(super) fn image_size(bytes: &[u8]) -> Option<(u32, u32)> {
    match Format::of(bytes) {
        Format::Png => {
            let side = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
            Some((side(16)?, side(20)?))
        }
        Format::Jpeg => jpeg_size(bytes),
        Format::Amr | Format::Mp4 | Format::Other => None,
    }
}

fn jpeg_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        let marker = *bytes.get(at + 1)?;
        let word = |at: usize| Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
        // the frame headers, without the tables that share their range
        if (0xc0..=0xcf).contains(&marker) && ![0xc4, 0xc8, 0xcc].contains(&marker) {
            return Some((word(at + 7)?.into(), word(at + 5)?.into()));
        }
        at += 2 + usize::from(word(at + 2)?.max(2));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_and_nonsense_is_survived() {
        let mut recording = b"#!AMR\n".to_vec();
        for _ in 0..50 {
            recording.push(0x3c);
            recording.extend([0; 31]);
        }
        assert_eq!(amr_ms(&recording), 1000);

        let mut header = vec![0; 20];
        header[12..16].copy_from_slice(&600_u32.to_be_bytes());
        header[16..20].copy_from_slice(&18_600_u32.to_be_bytes());
        let boxed = |kind: &[u8; 4], inside: &[u8]| {
            let length = u32::try_from(inside.len() + 8).expect("short");
            [&length.to_be_bytes()[..], kind, inside].concat()
        };
        let film = [boxed(b"ftyp", b"isom"), boxed(b"moov", &boxed(b"mvhd", &header))].concat();
        assert_eq!(mp4_ms(&film), Some(31_000));
        for length in 0..film.len() {
            mp4_ms(&film[..length]);
        }
        assert_eq!(mp4_ms(&boxed(b"ftyp", b"isom")), None);
    }

    #[test]
    fn the_sides_of_a_picture_are_read() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x08\0\0\x01\xa0";
        assert_eq!(image_size(png), Some((520, 416)));
        let jpeg = b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x0b\x08\x01\xa0\x02\x08";
        assert_eq!(image_size(jpeg), Some((520, 416)));
        assert_eq!(image_size(&jpeg[..12]), None);
    }
}
