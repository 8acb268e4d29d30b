use super::*;

/// What zlib's `compress` makes of 400 letters behind 40 times `客户 customer `, at its best: codes of its own.
const DYNAMIC: &str = "78daedcfb97118300c44d156d41a785f2009807705aec305387545521d56158e94ed9bd9e47ffef9fdf5ebef879e321a5afe\
         f8fcf18fffa3adbcaba3e9b7f589cf9b0e58c7bdb05b3c2f88c900301970f97a80c2f78d4309eb7b24a83c8d9b279993cfa6\
         4acba7249d50540fe7615daef0beeb14dd1699eb084b3fd055da4304a77314e07ae68054a4b4b8781cc077e859baecabea45\
         d853eda516601e6fe436e085e9589c7efca25a5a43837b6388e60d5792762e925b71eed476eedd40c25c9f8f261ef2a34200\
         b4eab8b669550ef36d6a81e677a0bcbc66552759af92d6291d57255a60255e9abb7b90425f8c9755c577b33051873c3081f3\
         f9c9b3b9fab80c7259dc2f077d94b6ceb18f370f8a256793c2b8bb5be16bb2aa1a9fb5d90c79a88583e858d23f7e9fed28";
/// Of `hello hello hello hello`, with the fixed codes.
const FIXED: &str = "7801cb48cdc9c957c8402701680308b1";
/// Of `hello`, as it is.
const STORED: &str = "7801010500faff68656c6c6f062c0215";

fn bytes(hex: &str) -> Vec<u8> {
    hex::decode(hex).unwrap()
}

#[test]
fn what_zlib_packed_is_measured() {
    for (packed, length) in [(DYNAMIC, 1040), (FIXED, 23), (STORED, 5)] {
        let packed = bytes(packed);
        assert_eq!(unpacked(&[&packed], length), Ok(length));
        assert_eq!(unpacked(&[&packed], length - 1), Err(Damage::Swollen));
        let pieces: Vec<&[u8]> = packed.chunks(3).flat_map(|piece| [piece, &[]]).collect();
        assert_eq!(unpacked(&pieces, u64::MAX), Ok(length), "in pieces");
    }
}

#[test]
fn what_is_cut_short_has_no_length() {
    for packed in [DYNAMIC, FIXED, STORED] {
        let packed = bytes(packed);
        // The last four bytes are the checksum.
        for length in 0..packed.len() - 4 {
            let measured = unpacked(&[&packed[..length]], u64::MAX);
            assert_eq!(measured, Err(Damage::CutShort), "{length} of {}", packed.len());
        }
    }
}

#[test]
fn what_is_no_stream_is_told() {
    for (senseless, why) in [
        ("3c68746d6c3e", "no zlib"),
        ("789d", "a wrong header"),
        ("78bb", "a dictionary that nobody has"),
        ("7801070000", "no such block"),
        ("7801010500000068656c6c6f", "a length that does not fit its complement"),
        ("78014b04620000", "a distance from before the beginning"),
        ("7801ed", "a code that is cut short"),
        ("7801050000000000000000", "codes for nothing"),
    ] {
        let measured = unpacked(&[&bytes(senseless)], u64::MAX);
        let expected = if why.ends_with("short") { Damage::CutShort } else { Damage::Header };
        assert_eq!(measured, Err(expected), "{why}");
    }
}

#[test]
fn codes_are_neither_too_many_nor_too_few() {
    assert!(Code::new(&[1, 1, 1]).is_err(), "more than there are");
    assert!(Code::new(&[2, 2, 2]).is_err(), "one is left over");
    assert!(Code::new(&[1]).is_ok(), "a single one may stand alone");
    assert!(Code::new(&[0, 0]).is_ok(), "none at all, as long as none comes");
    assert!(Code::new(&[2, 2, 2, 2]).is_ok());
}

#[test]
fn zeros_of_any_number_are_counted() {
    for count in (0..2000).chain([65_520, 65_521, 1_000_000]) {
        let packed = crate::content::media::tests::build::zeros(count);
        assert_eq!(unpacked(&[&packed], count), Ok(count));
    }
}
