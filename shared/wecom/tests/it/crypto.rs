//! Callback cryptography: published vectors, round trips, damage.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;
use wecom::XmlFault;
use wecom::crypto::{CallbackKeys, MAX_BODY_BYTES, Refused, Sealed};

const SAMPLE_KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
/// The sample of WeCom's documentation; its padding is 30 bytes, which 16-byte unpadders reject.
const SAMPLE: &str = "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3QczcdCUpj911L3vg3W/sYYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGHBZZIs2pDBS8R07+qN+E7Q==";
const SAMPLE_SIGNATURE: &str = "477715d11cdb4164915debcba66cb864d751f3e6";

const NONCE: &str = "987654321";
const TIME: i64 = 1_700_000_000;

fn keys(token: &str, key: &str, corp_id: &str) -> CallbackKeys {
    CallbackKeys::parse(token, key, corp_id).expect("sound settings")
}

fn sample_keys() -> CallbackKeys {
    keys("QDG6eK", SAMPLE_KEY, "wx5823bf96d3bd56c7")
}

fn own_keys() -> CallbackKeys {
    keys("tokenTOKEN1", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "ww0123456789abcdef")
}

pub(crate) fn posted(encrypt: &str) -> String {
    format!("<xml><ToUserName><![CDATA[ww]]></ToUserName><Encrypt><![CDATA[{encrypt}]]></Encrypt></xml>")
}

fn open(keys: &CallbackKeys, sealed: &Sealed, body: &str) -> Result<String, Refused> {
    keys.open(&sealed.msg_signature, &sealed.timestamp.to_string(), &sealed.nonce, body.as_bytes())
        .map(wecom::crypto::Plain::into_string)
}

fn seal(plain: &str) -> Sealed {
    own_keys().seal(TIME, NONCE, *b"0123456789abcdef", plain)
}

#[test]
fn the_sample_of_the_documentation_opens() {
    let plain = sample_keys()
        .open(SAMPLE_SIGNATURE, "1409659813", "1372623149", posted(SAMPLE).as_bytes())
        .expect("the official sample");
    assert_eq!(plain.as_str().len(), 284);
    assert!(plain.as_str().contains("<Content><![CDATA[hello]]></Content>"));
    assert!(plain.as_str().contains("<MsgId>4561255354251345929</MsgId>"));
    assert_eq!(format!("{plain:?}"), "Plain(***)");
}

#[test]
fn sealing_gives_the_known_ciphertexts_with_padding_of_seven_and_of_thirty_two() {
    let echo = seal("1616140317555161061");
    assert_eq!(
        echo.encrypt,
        "Q3stYC6hdFzMh9T8HCvyDH0IHJENRtL8kKsqSYgg4gBeiTpo2e8dLmRRhxdna5yMVu0s4RoCX7iZ4LGYqVDhtA=="
    );
    assert_eq!(echo.msg_signature, "5cc56c4bb9cd1fdb5ea0158655ec9f36282f73b7");
    let xml = seal("<xml><A>12345678</A></xml>");
    assert_eq!(
        xml.encrypt,
        "Q3stYC6hdFzMh9T8HCvyDJ+srYGN+OAe1Khg5okdpuzTvOp/sv3XkTSmnv3aaBsfd7VoXMuAkEESLZrcBo8DmtfGucYAVJNxNqytJI9YVEwgjz41JTnLdnKJJqMYnRLf"
    );
    assert_eq!(xml.msg_signature, "1c2fd1ade96f9e53e778e5770966cd8d8986e949");
    assert_eq!(open(&own_keys(), &xml, &posted(&xml.encrypt)).as_deref(), Ok("<xml><A>12345678</A></xml>"));
}

#[test]
fn sealing_the_sample_of_the_documentation_with_its_random_bytes_gives_it_back() {
    let keys = sample_keys();
    let plain = keys.open(SAMPLE_SIGNATURE, "1409659813", "1372623149", posted(SAMPLE).as_bytes());
    let plain = plain.expect("the official sample");
    let sealed = keys.seal(1_409_659_813, "1372623149", sample_random(), plain.as_str());
    assert_eq!((sealed.encrypt.as_str(), sealed.msg_signature.as_str()), (SAMPLE, SAMPLE_SIGNATURE));
}

/// The first block of the sample, which no public function shows.
fn sample_random() -> [u8; 16] {
    use aes::cipher::{BlockCipherDecrypt as _, KeyInit as _};
    let key = hex::decode("8d69989bbaabe67328014c194631ad0719b3dca035b64023df292447aab60760").expect("hex");
    let ciphertext = STANDARD.decode(SAMPLE).expect("base64");
    let mut block: [u8; 16] = ciphertext[..16].try_into().expect("a block");
    aes::Aes256::new_from_slice(&key).expect("32 bytes").decrypt_block((&mut block).into());
    std::array::from_fn(|i| block[i] ^ key[i])
}

#[test]
fn a_url_is_verified_even_if_a_form_decoder_turned_plus_into_space() {
    // Wanted: an echo string that has a plus sign.
    let sealed = (0..=255u8)
        .map(|n| own_keys().seal(TIME, NONCE, [n; 16], "1616140317555161061"))
        .find(|sealed| sealed.encrypt.contains('+'))
        .expect("one of 256 has one");
    for echostr in [sealed.encrypt.clone(), sealed.encrypt.replace('+', " ")] {
        let echo = own_keys().verify_url(&sealed.msg_signature, "1700000000", NONCE, &echostr);
        assert_eq!(echo.as_deref(), Ok("1616140317555161061"));
    }
    let verify = |echostr: &str| own_keys().verify_url(&sealed.msg_signature, "1700000000", NONCE, echostr);
    assert_eq!(verify(""), Err(Refused::MissingParameter { name: "echostr" }));
    assert_eq!(verify("AAAA"), Err(Refused::Signature));
    assert!(matches!(verify(&"A".repeat(MAX_BODY_BYTES + 1)), Err(Refused::TooLarge { .. })));
}

#[test]
fn a_wrong_key_is_an_error_and_not_a_panic() {
    // Same token, so the signature holds and the decrypted bytes are noise.
    for n in 0..=255u8 {
        let key = STANDARD.encode([n; 32]).trim_end_matches('=').to_owned();
        let wrong = keys("QDG6eK", &key, "wx5823bf96d3bd56c7");
        let opened = wrong.open(SAMPLE_SIGNATURE, "1409659813", "1372623149", posted(SAMPLE).as_bytes());
        assert!(
            matches!(opened, Err(Refused::Padding | Refused::Length | Refused::ReceiveId)),
            "{n}: {opened:?}"
        );
    }
}

#[test]
fn messages_of_every_length_come_back_so_every_padding_works() {
    for length in 0..200 {
        let echo = "x".repeat(length);
        let sealed = seal(&echo);
        let opened = own_keys().verify_url(&sealed.msg_signature, "1700000000", NONCE, &sealed.encrypt);
        assert_eq!(opened, Ok(echo), "{length}");
        let xml = format!("<x>{}</x>", "中".repeat(length));
        let sealed = seal(&xml);
        assert_eq!(open(&own_keys(), &sealed, &sealed.to_xml()), Ok(xml), "{length}");
    }
}

#[test]
fn every_flipped_bit_and_every_truncation_of_the_ciphertext_is_refused() {
    let sealed = seal("<xml><UserID>zhangsan</UserID></xml>");
    let ciphertext = STANDARD.decode(&sealed.encrypt).expect("base64");
    let damaged = |bytes: &[u8]| open(&own_keys(), &sealed, &posted(&STANDARD.encode(bytes)));
    for bit in 0..ciphertext.len() * 8 {
        let mut flipped = ciphertext.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(damaged(&flipped), Err(Refused::Signature), "{bit}");
    }
    for length in 1..ciphertext.len() {
        assert_eq!(damaged(&ciphertext[..length]), Err(Refused::Signature), "{length}");
    }
}

#[test]
fn each_layer_behind_a_right_signature_refuses_for_itself() {
    // Sealing under one corp and opening under another is what a receiver of somebody else's
    // message sees.
    let other = keys("tokenTOKEN1", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "ww0123456789abcdeF");
    let sealed = seal("<xml/>");
    assert_eq!(open(&other, &sealed, &posted(&sealed.encrypt)), Err(Refused::ReceiveId));
    for (plain, fault) in [
        ("", XmlFault::NotWellFormed),
        ("hello", XmlFault::NotWellFormed),
        ("<xml>", XmlFault::NotWellFormed),
        ("<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", XmlFault::Dtd),
        ("<x>&a;</x>", XmlFault::Entity),
        ("<a><a><a><a><a><a><a><a><a/></a></a></a></a></a></a></a></a>", XmlFault::TooDeep),
    ] {
        let sealed = seal(plain);
        assert_eq!(open(&own_keys(), &sealed, &posted(&sealed.encrypt)), Err(Refused::Xml(fault)), "{plain}");
    }
}

#[test]
fn the_envelope_has_to_hold_exactly_one_encrypt_below_its_root() {
    let sealed = seal("<xml/>");
    let e = &sealed.encrypt;
    let opened = |body: &str| open(&own_keys(), &sealed, body);
    assert!(opened(&format!("<?xml version=\"1.0\"?><xml><New/><Encrypt>\n {e} \n</Encrypt></xml>")).is_ok());
    assert_eq!(opened("<xml><encrypt>AAAA</encrypt></xml>"), Err(Refused::EncryptMissing));
    assert_eq!(opened("<xml><Encrypt/></xml>"), Err(Refused::EncryptMissing));
    assert_eq!(opened(&format!("<xml><A><Encrypt>{e}</Encrypt></A></xml>")), Err(Refused::EncryptMissing));
    assert_eq!(opened(&format!("<Encrypt>{e}</Encrypt>")), Err(Refused::EncryptMissing));
    assert_eq!(opened(&format!("<xml><Encrypt>{e}<A/></Encrypt></xml>")), Err(Refused::EncryptMissing));
    for (first, second) in [(e.as_str(), e.as_str()), (e, "AAAA"), ("", e)] {
        let body = format!("<xml><Encrypt>{first}</Encrypt><Encrypt>{second}</Encrypt></xml>");
        assert_eq!(opened(&body), Err(Refused::EncryptRepeated));
    }
    let nested = format!("<xml><Encrypt>{e}</Encrypt><A><Encrypt>{e}</Encrypt></A></xml>");
    assert_eq!(opened(&nested), Err(Refused::EncryptRepeated));
    let not_utf8 = own_keys().open(&sealed.msg_signature, "1700000000", NONCE, b"<xml>\xff</xml>");
    assert_eq!(not_utf8, Err(Refused::BodyUtf8));
}

#[test]
fn a_body_over_the_limit_is_refused_before_anything_is_read() {
    let sealed = seal("<xml/>");
    let body = posted(&sealed.encrypt);
    let padded = |bytes: usize| body.clone() + &" ".repeat(bytes - body.len());
    assert!(open(&own_keys(), &sealed, &padded(MAX_BODY_BYTES)).is_ok());
    let refused = Refused::TooLarge { bytes: MAX_BODY_BYTES + 1 };
    assert_eq!(open(&own_keys(), &sealed, &padded(MAX_BODY_BYTES + 1)), Err(refused));
}

#[test]
fn a_nonce_cannot_break_out_of_the_reply() {
    let sealed = own_keys().seal(TIME, "1]]></Nonce><Encrypt>x</Encrypt>", [0; 16], "<xml/>");
    assert!(open(&own_keys(), &sealed, &sealed.to_xml()).is_ok());
}

proptest! {
    #[test]
    fn no_bytes_whatever_make_opening_panic(
        signature in ".{0,50}", timestamp in ".{0,20}", nonce in ".{0,20}", body in prop::collection::vec(any::<u8>(), 0..600),
    ) {
        prop_assert!(own_keys().open(&signature, &timestamp, &nonce, &body).is_err());
    }

    #[test]
    fn no_signed_ciphertext_whatever_makes_opening_panic(ciphertext in prop::collection::vec(any::<u8>(), 0..300)) {
        // Signed by hand with the same recipe, so that the layers behind the signature are reached.
        let encrypt = STANDARD.encode(ciphertext);
        let signature = sign("tokenTOKEN1", "1700000000", NONCE, &encrypt);
        let opened = own_keys().open(&signature, "1700000000", NONCE, posted(&encrypt).as_bytes());
        prop_assert!(!matches!(opened, Ok(_) | Err(Refused::Signature)));
    }

    #[test]
    fn nothing_encrypted_with_the_right_key_makes_opening_panic(plain in ".{0,200}") {
        let sealed = seal(&plain);
        let opened = open(&own_keys(), &sealed, &posted(&sealed.encrypt));
        prop_assert!(matches!(opened, Ok(_) | Err(Refused::Xml(_))), "{:?}", opened);
    }

    #[test]
    fn what_is_sealed_opens(random16: [u8; 16], nonce in "[0-9a-zA-Z]{1,20}", text in "[^<&\\p{C}\\]]{0,80}") {
        let plain = format!("<xml>{text}</xml>");
        let sealed = own_keys().seal(TIME, &nonce, random16, &plain);
        prop_assert_eq!(open(&own_keys(), &sealed, &sealed.to_xml()), Ok(plain));
    }
}

pub(crate) fn sign(token: &str, timestamp: &str, nonce: &str, encrypt: &str) -> String {
    use sha1::Digest as _;
    let mut parts = [token, timestamp, nonce, encrypt];
    parts.sort_unstable();
    hex::encode(sha1::Sha1::digest(parts.concat()))
}
