//! Files for tests: small ones that are sound, made here and by others.

use super::super::png;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A black PNG of this size, with one bit for a pixel.
pub(super) fn png(width: u32, height: u32) -> Vec<u8> {
    lying(width, height, &zeros(u64::from(height) * u64::from(1 + width.div_ceil(8))))
}

/// A PNG that says it has this size, whatever its data is.
pub(super) fn lying(width: u32, height: u32, data: &[u8]) -> Vec<u8> {
    assembled(&[header(width, height), chunk(b"IDAT", data), chunk(b"IEND", b"")])
}

/// A PNG of these chunks.
pub(super) fn assembled(chunks: &[Vec<u8>]) -> Vec<u8> {
    [SIGNATURE, &chunks.concat()].concat()
}

/// Zeros as zlib packs them: one, and matches with the one before.
pub(in crate::content::media) fn zeros(count: u64) -> Vec<u8> {
    idle(0, count)
}

/// The same behind so many blocks with nothing in them.
pub(super) fn idle(blocks: usize, count: u64) -> Vec<u8> {
    let mut bits = Bits { bytes: vec![0x78, 0x01], free: 0 };
    for _ in 0..blocks {
        // Not the last, the fixed codes (their number from its lowest bit), its end.
        bits.add(0b010, 3);
        bits.add(0, 7);
    }
    bits.add(0b1, 1);
    bits.add(0b10, 2);
    if count > 0 {
        bits.add(0b0011_0000, 8);
    }
    let behind = count.saturating_sub(1);
    for _ in 0..behind / 258 {
        bits.add(0b1_1000_1010_0000, 13);
    }
    for _ in 0..behind % 258 {
        bits.add(0b0011_0000, 8);
    }
    bits.add(0, 7);
    let checksum = u32::try_from(count % 65521).unwrap() << 16 | 1;
    [bits.bytes.as_slice(), &checksum.to_be_bytes()].concat()
}

/// Bits as DEFLATE has them: codes from their highest, bytes from their lowest.
struct Bits {
    bytes: Vec<u8>,
    free: u32,
}

impl Bits {
    fn add(&mut self, code: u32, length: u32) {
        for place in (0..length).rev() {
            if self.free == 0 {
                self.bytes.push(0);
                self.free = 8;
            }
            let bit = u8::from(code >> place & 1 == 1);
            *self.bytes.last_mut().unwrap() |= bit << (8 - self.free);
            self.free -= 1;
        }
    }
}

pub(super) fn header(width: u32, height: u32) -> Vec<u8> {
    coloured(width, height, 1, 0)
}

/// A header with this depth and colour type.
pub(super) fn coloured(width: u32, height: u32, depth: u8, colour: u8) -> Vec<u8> {
    let content = [width.to_be_bytes().as_slice(), &height.to_be_bytes(), &[depth, colour, 0, 0, 0]].concat();
    chunk(b"IHDR", &content)
}

pub(super) fn chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    let checked = [kind.as_slice(), content].concat();
    [length.as_slice(), &checked, &png::checksum(&checked).to_be_bytes()].concat()
}

/// A JPEG that says it has this size; its data is none to speak of.
pub(super) fn jpeg(width: u16, height: u16) -> Vec<u8> {
    jpeg_of(width, height, 0xc0, &[QUANTIZATION, CODES])
}

pub(super) const QUANTIZATION: u8 = 0xdb;
pub(super) const CODES: u8 = 0xc4;

/// One with a frame of another kind, and with these tables.
pub(super) fn jpeg_of(width: u16, height: u16, frame: u8, tables: &[u8]) -> Vec<u8> {
    let size = [&[8][..], &height.to_be_bytes(), &width.to_be_bytes(), &[1, 1, 0x11, 0]].concat();
    let tables: Vec<u8> = tables.iter().flat_map(|table| segment(*table, &[0; 65])).collect();
    let scan = [1, 1, 0, 0, 63, 0];
    let data = [0x12, 0xff, 0x00, 0x34, 0xff, 0xd0, 0x56];
    let segments = [segment(0xe0, b"JFIF\0"), tables, segment(frame, &size), segment(0xda, &scan)].concat();
    [&[0xff, 0xd8][..], &segments, &data, &[0xff, 0xd9]].concat()
}

fn segment(marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    [&[0xff, marker][..], &length, content].concat()
}

/// An MP4 with a track and a few bytes to play.
pub(super) fn film() -> Vec<u8> {
    film_boxes().concat()
}

/// The same in pieces: brand, description, data.
pub(super) fn film_boxes() -> [Vec<u8>; 3] {
    let description = description(b"vide");
    [boxed(b"ftyp", b"isom\0\0\x02\0mp42"), description, boxed(b"mdat", b"frames")]
}

/// The description of a film with one track, which is of this.
pub(super) fn description(of: &[u8; 4]) -> Vec<u8> {
    let handler = boxed(b"hdlr", &[&[0; 8][..], of, &[0; 13]].concat());
    let media = boxed(b"mdia", &[boxed(b"mdhd", &[0; 24]), handler].concat());
    let track = boxed(b"trak", &[boxed(b"tkhd", &[0; 84]), media].concat());
    boxed(b"moov", &[boxed(b"mvhd", &[0; 100]), track].concat())
}

pub(super) fn boxed(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len() + 8).unwrap().to_be_bytes();
    [length.as_slice(), kind, content].concat()
}

/// With zeros behind it, so that it has `length` bytes.
pub(super) fn padded(mut file: Vec<u8>, length: usize) -> Vec<u8> {
    assert!(file.len() <= length);
    file.resize(length, 0);
    file
}

/// A grey rectangle of 8 by 6 as Pillow writes it: `Image.new("L", (8, 6), 80).save("x.jpg", quality=10, optimize=True)`.
pub(super) fn real_baseline() -> Vec<u8> {
    hex::decode(
        "ffd8ffe000104a46494600010100000100010000ffdb00430050373c463c32504641465a55505f78c882786e6e\
         78f5afb991c8ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\
         c0000b080006000801011100ffc40014000100000000000000000000000000000003ffc4001410010000000000\
         0000000000000000000000ffda0008010100003f0027ffd9",
    )
    .unwrap()
}

/// The same in several scans (`progressive=True`).
pub(super) fn real_progressive() -> Vec<u8> {
    hex::decode(
        "ffd8ffe000104a46494600010100000100010000ffdb00430050373c463c32504641465a55505f78c882786e6e\
         78f5afb991c8ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\
         c2000b080006000801011100ffc40014000100000000000000000000000000000002ffda00080101000000011f\
         ffc40014100100000000000000000000000000000000ffda00080101000105027fffc400141001000000000000\
         00000000000000000000ffda0008010100063f027fffc40014100100000000000000000000000000000000ffda\
         0008010100013f217fffda0008010100000010ff00ffc40014100100000000000000000000000000000000ffda\
         0008010100013f107fffd9",
    )
    .unwrap()
}

/// A red one of 3 by 2 as a PNG.
pub(super) fn real_png() -> Vec<u8> {
    hex::decode(
        "89504e470d0a1a0a0000000d49484452000000030000000208020000001216f14d000000104944415478da63fc\
         cf00054c300603001329010318d9a80b0000000049454e44ae426082",
    )
    .unwrap()
}
