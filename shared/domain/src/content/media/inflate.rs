//! DEFLATE in zlib's wrapping (RFC 1951, RFC 1950), as far as it takes to say how much comes out. Nothing of it is kept:
//! a few bytes that unpack to gigabytes cost no more than to read them.

use std::{slice::Iter, sync::LazyLock};

use super::Damage;

const END_OF_BLOCK: u16 = 256;
/// The least length of a match by its symbol, from 257, and how many bits say how much more.
const LENGTHS: ([u16; 29], [u32; 29]) = (
    [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163,
        195, 227, 258,
    ],
    [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0],
);
/// Distances in the same way.
const DISTANCES: ([u16; 30], [u32; 30]) = (
    [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049,
        3073, 4097, 6145, 8193, 12289, 16385, 24577,
    ],
    [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13],
);
/// In which order the lengths of the code for lengths stand.
const ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// How many blocks in a row may have nothing in them. Who flushes leaves one or two; more of them only take time.
const MAX_IDLE: u32 = 1000;
/// The most symbols that a code has.
const SYMBOLS: usize = 288;
/// The codes that need not be told, of symbols and of distances. Two of each stand for nothing, and are refused where they
/// come.
static FIXED: LazyLock<[Code; 2]> = LazyLock::new(|| {
    let lengths = [[8; 144].as_slice(), &[9; 112], &[7; 24], &[8; 8]].concat();
    [Code::of(&lengths), Code::of(&[5; 32])]
});

/// How many bytes come out of a stream that stands in these pieces; [`Damage::Swollen`] as soon as they are more than
/// `most`. The checksum at its end is not looked at: it would take the bytes.
pub(super) fn unpacked(pieces: &[&[u8]], most: u64) -> Result<u64, Damage> {
    let mut bits = Bits { piece: &[], behind: pieces.iter(), held: 0, count: 0 };
    let (method, flags) = (bits.take(8)?, bits.take(8)?);
    let is_zlib = method & 0x0f == 8 && method >> 4 <= 7 && (method << 8 | flags) % 31 == 0;
    if !is_zlib || flags & 0x20 != 0 {
        return Err(Damage::Header);
    }
    let (mut out, mut idle) = (Out { bytes: 0, most }, 0);
    loop {
        let (is_last, before) = (bits.take(1)? == 1, out.bytes);
        match bits.take(2)? {
            0 => stored(&mut bits, &mut out)?,
            1 => block(&mut bits, &mut out, &FIXED)?,
            2 => {
                let codes = dynamic(&mut bits)?;
                block(&mut bits, &mut out, &codes)?;
            }
            _ => return Err(Damage::Header),
        }
        if is_last {
            return Ok(out.bytes);
        }
        idle = if out.bytes == before { idle + 1 } else { 0 };
        if idle > MAX_IDLE {
            return Err(Damage::Header);
        }
    }
}

/// What came out.
struct Out {
    bytes: u64,
    most: u64,
}

impl Out {
    fn add(&mut self, bytes: u64) -> Result<(), Damage> {
        self.bytes += bytes;
        if self.bytes > self.most { Err(Damage::Swollen) } else { Ok(()) }
    }
}

/// Bits, the lowest of each byte first.
struct Bits<'a> {
    piece: &'a [u8],
    behind: Iter<'a, &'a [u8]>,
    held: u32,
    count: u32,
}

impl Bits<'_> {
    /// The next `count` bits, at most 16. Never more than the rest of a byte is held back.
    fn take(&mut self, count: u32) -> Result<u32, Damage> {
        while self.count < count {
            self.held |= u32::from(self.byte()?) << self.count;
            self.count += 8;
        }
        let bits = self.held & ((1 << count) - 1);
        self.held >>= count;
        self.count -= count;
        Ok(bits)
    }

    fn byte(&mut self) -> Result<u8, Damage> {
        loop {
            if let Some((byte, rest)) = self.piece.split_first() {
                self.piece = rest;
                return Ok(*byte);
            }
            self.piece = self.behind.next().ok_or(Damage::CutShort)?;
        }
    }

    /// Goes on with the next whole byte.
    fn align(&mut self) {
        (self.held, self.count) = (0, 0);
    }

    fn skip(&mut self, mut bytes: usize) -> Result<(), Damage> {
        while bytes > self.piece.len() {
            bytes -= self.piece.len();
            self.piece = self.behind.next().ok_or(Damage::CutShort)?;
        }
        self.piece = &self.piece[bytes..];
        Ok(())
    }
}

/// A canonical Huffman code: how many symbols have each length, and the symbols in order of their codes. A stream may bring
/// one every few bytes, so that making one takes no memory from elsewhere.
struct Code {
    counts: [u16; 16],
    symbols: [u16; SYMBOLS],
}

impl Code {
    /// `lengths`: of each symbol's code, 0 to 15; 0: it has none. At most [`SYMBOLS`].
    fn new(lengths: &[u8]) -> Result<Self, Damage> {
        let code = Self::of(lengths);
        let mut free = 1_i32;
        for count in &code.counts[1..] {
            free = free * 2 - i32::from(*count);
            if free < 0 {
                return Err(Damage::Header);
            }
        }
        // All codes have to be used, but for a single one, which needs one bit.
        let longest = code.counts.iter().rposition(|count| *count > 0).unwrap_or_default();
        if free > 0 && longest > 1 { Err(Damage::Header) } else { Ok(code) }
    }

    /// Of lengths that fit together.
    fn of(lengths: &[u8]) -> Self {
        let mut counts = [0_u16; 16];
        for length in lengths {
            counts[usize::from(*length)] += 1;
        }
        counts[0] = 0;
        // Where the next symbol of each length belongs.
        let mut places = [0_usize; 16];
        for length in 1..16 {
            places[length] = places[length - 1] + usize::from(counts[length - 1]);
        }
        let mut symbols = [0; SYMBOLS];
        for (symbol, length) in (0..).zip(lengths) {
            if *length > 0 {
                let place = &mut places[usize::from(*length)];
                symbols[*place] = symbol;
                *place += 1;
            }
        }
        Self { counts, symbols }
    }

    fn symbol(&self, bits: &mut Bits<'_>) -> Result<u16, Damage> {
        // The code so far, the first code of its length, and where that stands among the symbols.
        let (mut code, mut first, mut index) = (0_usize, 0_usize, 0_usize);
        for count in &self.counts[1..] {
            code |= bits.take(1)? as usize;
            let count = usize::from(*count);
            if code < first + count {
                return Ok(self.symbols[index + code - first]);
            }
            index += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        Err(Damage::Header)
    }
}

fn stored(bits: &mut Bits<'_>, out: &mut Out) -> Result<(), Damage> {
    bits.align();
    let (length, complement) = (bits.take(16)?, bits.take(16)?);
    if length != complement ^ 0xffff {
        return Err(Damage::Header);
    }
    out.add(length.into())?;
    bits.skip(length as usize)
}

fn block(bits: &mut Bits<'_>, out: &mut Out, [symbols, distances]: &[Code; 2]) -> Result<(), Damage> {
    loop {
        let symbol = symbols.symbol(bits)?;
        if symbol == END_OF_BLOCK {
            return Ok(());
        }
        let Some(length) = symbol.checked_sub(END_OF_BLOCK + 1) else {
            out.add(1)?;
            continue;
        };
        let length = spread(&LENGTHS.0, &LENGTHS.1, length, bits)?;
        let distance = spread(&DISTANCES.0, &DISTANCES.1, distances.symbol(bits)?, bits)?;
        if u64::from(distance) > out.bytes {
            return Err(Damage::Header);
        }
        out.add(length.into())?;
    }
}

/// The number that a symbol and the bits behind it say.
fn spread(least: &[u16], extra: &[u32], symbol: u16, bits: &mut Bits<'_>) -> Result<u32, Damage> {
    let symbol = usize::from(symbol);
    match (least.get(symbol), extra.get(symbol)) {
        (Some(least), Some(extra)) => Ok(u32::from(*least) + bits.take(*extra)?),
        _ => Err(Damage::Header),
    }
}

/// The codes that stand before a block.
fn dynamic(bits: &mut Bits<'_>) -> Result<[Code; 2], Damage> {
    let (symbols, distances) = (bits.take(5)? as usize + 257, bits.take(5)? as usize + 1);
    let given = bits.take(4)? as usize + 4;
    if symbols > 286 || distances > 30 {
        return Err(Damage::Header);
    }
    let mut of_lengths = [0; 19];
    for place in &ORDER[..given] {
        of_lengths[*place] = narrow(bits.take(3)?);
    }
    let code = Code::new(&of_lengths)?;
    let mut lengths: Vec<u8> = Vec::with_capacity(symbols + distances);
    while lengths.len() < symbols + distances {
        let (length, times) = match code.symbol(bits)? {
            16 => (*lengths.last().ok_or(Damage::Header)?, bits.take(2)? + 3),
            17 => (0, bits.take(3)? + 3),
            18 => (0, bits.take(7)? + 11),
            length => (narrow(length.into()), 1),
        };
        lengths.extend((0..times).map(|_| length));
    }
    let (of_symbols, of_distances) = lengths.split_at(symbols);
    if of_distances.len() > distances || of_symbols[usize::from(END_OF_BLOCK)] == 0 {
        return Err(Damage::Header);
    }
    Ok([Code::new(of_symbols)?, Code::new(of_distances)?])
}

/// A number of at most 4 bits.
fn narrow(number: u32) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests;
