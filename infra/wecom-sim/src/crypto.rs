//! WeCom's callback cryptography: sealing events, opening replies. Written here a second time on purpose:
//! the product has its own.

use aes::Aes256;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::BASE64_STANDARD;
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeDecrypt as _, BlockModeEncrypt as _, KeyIvInit as _};
use sha1::{Digest as _, Sha1};

/// WeCom pads to 32 bytes, twice AES's own block: pad values 17 to 32 are legal and common.
const PAD_BLOCK: usize = 32;

/// 43 characters hold 258 bits; the last two are noise and usually not zero.
const KEY_ENCODING: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

/// Encrypts and signs for one app.
#[derive(Clone)]
pub(crate) struct Sealer {
    key: [u8; 32],
    token: String,
    receive_id: String,
}

impl Sealer {
    /// `None` if the EncodingAESKey is not 43 base64 characters.
    pub(crate) fn parse(encoding_aes_key: &str, token: &str, receive_id: &str) -> Option<Self> {
        let key = KEY_ENCODING.decode(encoding_aes_key).ok()?;
        Some(Self { key: key.try_into().ok()?, token: token.to_owned(), receive_id: receive_id.to_owned() })
    }

    /// The text of the `Encrypt` element.
    pub(crate) fn seal(&self, random: [u8; 16], message: &[u8]) -> String {
        let length = u32::try_from(message.len()).unwrap_or(u32::MAX);
        let mut plain = Vec::with_capacity(message.len() + 84);
        plain.extend_from_slice(&random);
        plain.extend_from_slice(&length.to_be_bytes());
        plain.extend_from_slice(message);
        plain.extend_from_slice(self.receive_id.as_bytes());
        let pad = PAD_BLOCK - plain.len() % PAD_BLOCK;
        plain.resize(plain.len() + pad, u8::try_from(pad).unwrap_or(32));

        let mut iv = [0; 16];
        iv.copy_from_slice(&self.key[..16]);
        let cipher = cbc::Encryptor::<Aes256>::new(&self.key.into(), &iv.into());
        let length = plain.len();
        let sealed = cipher
            .encrypt_padded::<NoPadding>(&mut plain, length)
            .expect("32-byte padding makes whole AES blocks");
        BASE64_STANDARD.encode(sealed)
    }

    /// What the text of an `Encrypt` element holds; `Err` says why it is not for us.
    pub(crate) fn open(&self, encrypted: &str) -> Result<Vec<u8>, &'static str> {
        let mut sealed = BASE64_STANDARD.decode(encrypted).map_err(|_| "no base64")?;
        let mut iv = [0; 16];
        iv.copy_from_slice(&self.key[..16]);
        let cipher = cbc::Decryptor::<Aes256>::new(&self.key.into(), &iv.into());
        let plain = cipher.decrypt_padded::<NoPadding>(&mut sealed).map_err(|_| "no whole blocks")?;
        let pad = usize::from(*plain.last().ok_or("empty")?);
        if !(1..=PAD_BLOCK).contains(&pad) || pad > plain.len() {
            return Err("bad padding");
        }
        let (plain, padding) = plain.split_at(plain.len() - pad);
        if padding.iter().any(|byte| usize::from(*byte) != pad) {
            return Err("bad padding");
        }
        let (head, rest) = plain.split_at_checked(20).ok_or("too short")?;
        let length = head[16..].iter().fold(0_usize, |length, byte| length << 8 | usize::from(*byte));
        let (message, receive_id) = rest.split_at_checked(length).ok_or("length beyond the end")?;
        if receive_id == self.receive_id.as_bytes() { Ok(message.to_vec()) } else { Err("for another corp") }
    }

    /// `msg_signature`: SHA-1 over the four values in byte order.
    pub(crate) fn sign(&self, timestamp: &str, nonce: &str, encrypted: &str) -> String {
        let mut values = [self.token.as_str(), timestamp, nonce, encrypted];
        values.sort_unstable();
        hex::encode(Sha1::digest(values.concat()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

    fn sealer() -> Sealer {
        Sealer::parse(KEY, "tokenTOKEN1", "ww0123456789abcdef").expect("a 43-character key")
    }

    #[test]
    fn the_published_vectors_come_out() {
        let seven = sealer().seal(*b"0123456789abcdef", b"1616140317555161061");
        assert_eq!(
            seven,
            "Q3stYC6hdFzMh9T8HCvyDH0IHJENRtL8kKsqSYgg4gBeiTpo2e8dLmRRhxdna5yMVu0s4RoCX7iZ4LGYqVDhtA=="
        );
        assert_eq!(
            sealer().sign("1700000000", "987654321", &seven),
            "5cc56c4bb9cd1fdb5ea0158655ec9f36282f73b7"
        );
        let whole_block = sealer().seal(*b"0123456789abcdef", b"<xml><A>12345678</A></xml>");
        assert_eq!(
            whole_block,
            "Q3stYC6hdFzMh9T8HCvyDJ+srYGN+OAe1Khg5okdpuzTvOp/sv3XkTSmnv3aaBsfd7VoXMuAkEESLZrcBo8DmtfGucYAVJNxNqytJI9YVEwgjz41JTnLdnKJJqMYnRLf"
        );
        assert_eq!(
            sealer().sign("1700000000", "987654321", &whole_block),
            "1c2fd1ade96f9e53e778e5770966cd8d8986e949"
        );
    }

    #[test]
    fn what_is_sealed_opens_and_nothing_else_does() {
        for length in 0..70 {
            let message = "x".repeat(length);
            let sealed = sealer().seal(*b"0123456789abcdef", message.as_bytes());
            assert_eq!(sealer().open(&sealed), Ok(message.into_bytes()));
        }
        let other = Sealer::parse(KEY, "tokenTOKEN1", "ww1").expect("a key").seal([0; 16], b"m");
        assert_eq!(sealer().open(&other), Err("for another corp"));
        let sealed = sealer().seal([0; 16], b"m");
        for bad in ["", "?", "QUJD", &sealed[..24], &sealed[8..]] {
            assert!(sealer().open(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_key_with_stray_last_bits_is_the_same_key() {
        let official = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";
        let canonical = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2A";
        let [stray, clean] =
            [official, canonical].map(|key| Sealer::parse(key, "t", "c").expect("a key").key);
        assert_eq!(stray, clean);
        assert_eq!(hex::encode(stray), "8d69989bbaabe67328014c194631ad0719b3dca035b64023df292447aab60760");
    }

    #[test]
    fn a_key_of_another_length_is_refused() {
        assert!(Sealer::parse(&KEY[..42], "t", "c").is_none());
        assert!(Sealer::parse("不是", "t", "c").is_none());
    }
}
