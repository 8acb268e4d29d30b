//! The encrypted frame: `random(16) ‖ length(4, big-endian) ‖ message ‖ receiveid ‖ padding`,
//! AES-256-CBC.
//!
//! The padding is PKCS#7 over blocks of 32 bytes although AES has blocks of 16, so ready-made
//! unpadders reject half of all messages. It is therefore done by hand on top of unpadded CBC.

use aes::Aes256;
use cbc::cipher::block_padding::NoPadding;
use cbc::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit};

use super::Refused;

/// The block that padding fills up, in bytes.
const PADDED_BLOCK: usize = 32;
/// What stands before the message: random bytes and the length.
const HEADER: usize = 16 + 4;

/// Decrypts a frame into message and receive id.
pub(super) fn decrypt(key: &[u8; 32], mut frame: Vec<u8>) -> Result<(Vec<u8>, Vec<u8>), Refused> {
    if frame.is_empty() || !frame.len().is_multiple_of(PADDED_BLOCK) {
        return Err(Refused::Cipher);
    }
    cbc::Decryptor::<Aes256>::new(key.into(), iv(key).into())
        .decrypt_padded::<NoPadding>(&mut frame)
        .map_err(|_| Refused::Cipher)?;
    let unpadded = unpad(&frame).ok_or(Refused::Padding)?;
    split(unpadded).ok_or(Refused::Length)
}

/// Encrypts message and receive id into a frame.
pub(super) fn encrypt(key: &[u8; 32], random16: [u8; 16], message: &[u8], receive_id: &[u8]) -> Vec<u8> {
    let length =
        u32::try_from(message.len()).expect("a message is held in memory once more here, far below 4 GiB");
    let mut frame = Vec::with_capacity(HEADER + message.len() + receive_id.len() + PADDED_BLOCK);
    frame.extend_from_slice(&random16);
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(message);
    frame.extend_from_slice(receive_id);
    let pad = PADDED_BLOCK - frame.len() % PADDED_BLOCK;
    frame.extend(std::iter::repeat_n(pad as u8, pad));
    let padded = frame.len();
    cbc::Encryptor::<Aes256>::new(key.into(), iv(key).into())
        .encrypt_padded::<NoPadding>(&mut frame, padded)
        .expect("the frame was padded to whole blocks");
    frame
}

/// The protocol reuses the first half of the key as the initialisation vector.
fn iv(key: &[u8; 32]) -> &[u8; 16] {
    key.first_chunk().expect("32 bytes have a first 16")
}

fn unpad(frame: &[u8]) -> Option<&[u8]> {
    let pad = usize::from(*frame.last()?);
    let body = frame.len().checked_sub(pad)?;
    let (kept, padding) = frame.split_at(body);
    let is_padding =
        (1..=PADDED_BLOCK).contains(&pad) && padding.iter().all(|byte| usize::from(*byte) == pad);
    is_padding.then_some(kept)
}

/// A wrong key gives random bytes here, so the announced length is believed only after it was found
/// to fit.
fn split(unpadded: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let (_random, rest) = unpadded.split_at_checked(16)?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
    let (message, receive_id) = rest.split_at_checked(length)?;
    Some((message.to_vec(), receive_id.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_of_one_to_thirty_two_equal_bytes_is_stripped() {
        for pad in 1..=32u8 {
            let frame = [vec![7; 32], vec![pad; usize::from(pad)]].concat();
            assert_eq!(unpad(&frame), Some([7; 32].as_slice()), "{pad}");
        }
    }

    #[test]
    fn padding_that_is_zero_too_long_or_uneven_is_refused() {
        assert_eq!(unpad(&[]), None);
        assert_eq!(unpad(&[0; 32]), None);
        assert_eq!(unpad(&[33; 64]), None);
        assert_eq!(unpad(&[255; 32]), None);
        assert_eq!(unpad(&[9, 3, 2, 3]), None);
    }

    #[test]
    fn a_length_beyond_the_end_is_refused() {
        let frame =
            |length: u32, rest: usize| [vec![0; 16], length.to_be_bytes().to_vec(), vec![1; rest]].concat();
        assert!(split(&frame(5, 5)).is_some());
        assert!(split(&frame(6, 5)).is_none());
        assert!(split(&frame(u32::MAX, 5)).is_none());
        assert!(split(&[0; 19]).is_none());
        assert!(split(&[]).is_none());
    }
}
