//! JPEG: markers from beginning to end (ITU-T T.81, annex B).

use super::{Damage, Pixels};

const TEMPORARY: u8 = 0x01;
const RESTART_FIRST: u8 = 0xd0;
const RESTART_LAST: u8 = 0xd7;
const BEGIN: u8 = 0xd8;
const END: u8 = 0xd9;
const SCAN: u8 = 0xda;
const QUANTIZATION: u8 = 0xdb;
const CODES: u8 = 0xc4;

/// The picture's size, if it has a frame that phones show, tables, at least one scan and an end. What lies behind the end
/// does not belong to it: cameras put videos and depth there.
pub(super) fn pixels(bytes: &[u8]) -> Result<Pixels, Damage> {
    let mut frame = None;
    let (mut has_quantization, mut has_codes, mut scanned) = (false, false, false);
    let mut rest = bytes.get(2..).ok_or(Damage::CutShort)?;
    loop {
        let (marker, behind) = next_marker(rest)?;
        if marker == END {
            return frame.filter(|_| scanned).ok_or(Damage::NoPicture);
        }
        if marker == TEMPORARY || (RESTART_FIRST..=RESTART_LAST).contains(&marker) {
            rest = behind;
            continue;
        }
        if marker == BEGIN {
            return Err(Damage::Header);
        }
        let (segment, behind) = take_segment(behind)?;
        rest = behind;
        match marker {
            // A second size would be believed by some and not by others.
            _ if is_frame(marker) && frame.is_some() => return Err(Damage::Header),
            _ if is_frame(marker) => frame = Some(size(marker, segment)?),
            QUANTIZATION => has_quantization = true,
            CODES => has_codes = true,
            // Nothing can be made of a scan before what it is written with.
            SCAN if frame.is_none() || !has_quantization || !has_codes => return Err(Damage::Header),
            SCAN => {
                scanned = true;
                rest = behind_scan(rest)?;
            }
            _ => {}
        }
    }
}

/// A marker is `ff` and a byte; more `ff` may stand before it.
fn next_marker(bytes: &[u8]) -> Result<(u8, &[u8]), Damage> {
    match bytes {
        [] => Err(Damage::CutShort),
        [0xff, rest @ ..] => {
            let fill = rest.iter().position(|byte| *byte != 0xff).ok_or(Damage::CutShort)?;
            Ok((rest[fill], &rest[fill + 1..]))
        }
        _ => Err(Damage::Header),
    }
}

/// A segment's content; its length counts its own two bytes.
fn take_segment(bytes: &[u8]) -> Result<(&[u8], &[u8]), Damage> {
    let [high, low, ..] = bytes else { return Err(Damage::CutShort) };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    if length < 2 {
        return Err(Damage::Header);
    }
    let (segment, behind) = bytes.split_at_checked(length).ok_or(Damage::CutShort)?;
    Ok((&segment[2..], behind))
}

/// The markers of frames, without the tables that share their range.
fn is_frame(marker: u8) -> bool {
    (0xc0..=0xcf).contains(&marker) && ![0xc4, 0xc8, 0xcc].contains(&marker)
}

/// Precision, height, width, number of components. Baseline, extended and progressive pictures of 8 bits are shown
/// everywhere; lossless and arithmetic ones are what no phone has a reader for.
fn size(marker: u8, segment: &[u8]) -> Result<Pixels, Damage> {
    let &[precision, h1, h2, w1, w2, components, ..] = segment else { return Err(Damage::Header) };
    let (width, height) = (u16::from_be_bytes([w1, w2]), u16::from_be_bytes([h1, h2]));
    if width == 0 || height == 0 || components == 0 {
        return Err(Damage::Header);
    }
    if !matches!(marker, 0xc0..=0xc2) || precision != 8 {
        return Err(Damage::Coding);
    }
    Ok(Pixels { width: width.into(), height: height.into() })
}

/// Behind the data of a scan, in which `ff` is followed by 0 or is a restart.
fn behind_scan(bytes: &[u8]) -> Result<&[u8], Damage> {
    let mut rest = bytes;
    loop {
        let at = rest.iter().position(|byte| *byte == 0xff).ok_or(Damage::CutShort)?;
        match rest.get(at + 1) {
            None => return Err(Damage::CutShort),
            Some(0 | RESTART_FIRST..=RESTART_LAST) => rest = &rest[at + 2..],
            Some(_) => return Ok(&rest[at..]),
        }
    }
}
