use std::collections::BTreeSet;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

use crate::random::Draws;

/// How long an uploaded file may be used.
const LIFE_MS: i64 = 3 * 86_400_000;
/// Bytes kept of all files together. Where that is too little, the oldest file keeps its beginning only.
const KEPT_BYTES: usize = 4 << 20;
const BEGINNING: usize = 4096;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MediaKind {
    Image,
    Voice,
    Video,
    File,
}

/// Where a file may be used: that depends on the API that took it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Purpose {
    /// `media/upload`: messages to members and customers.
    Message,
    /// `media/upload_attachment`, type 1: 客户朋友圈.
    Moments,
    /// `media/upload_attachment`, type 2: 商品图册.
    Album,
}

/// An uploaded file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Media {
    pub(crate) media_id: String,
    pub(crate) kind: MediaKind,
    pub(crate) purpose: Purpose,
    pub(crate) name: String,
    pub(crate) size: usize,
    pub(crate) sha256: String,
    pub(crate) at_ms: i64,
    /// All of it, or its beginning.
    #[serde(serialize_with = "write_bytes", deserialize_with = "read_bytes")]
    pub(crate) bytes: Vec<u8>,
}

impl Media {
    fn is_fresh(&self, now_ms: i64) -> bool {
        now_ms - self.at_ms < LIFE_MS
    }
}

/// The files that can still be used, oldest first, and the pictures with an address.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Shelf {
    files: Vec<Media>,
    /// Addresses that `media/uploadimg` gave out: they do not run out.
    images: BTreeSet<String>,
}

impl Shelf {
    pub(crate) fn put(
        &mut self,
        (kind, purpose): (MediaKind, Purpose),
        name: &str,
        bytes: &[u8],
        now_ms: i64,
        draws: &mut Draws,
    ) -> String {
        let media_id = draws.draw("media_id").alphanumeric(64);
        self.files.retain(|media| media.is_fresh(now_ms));
        self.files.push(Media {
            media_id: media_id.clone(),
            kind,
            purpose,
            name: name.to_owned(),
            size: bytes.len(),
            sha256: hex::encode(Sha256::digest(bytes)),
            at_ms: now_ms,
            bytes: bytes.to_vec(),
        });
        let mut kept: usize = self.files.iter().map(|media| media.bytes.len()).sum();
        for media in &mut self.files {
            if kept > KEPT_BYTES && media.bytes.len() > BEGINNING {
                kept -= media.bytes.len() - BEGINNING;
                media.bytes.truncate(BEGINNING);
                media.bytes.shrink_to_fit();
            }
        }
        media_id
    }

    /// A file that can still be used.
    pub(crate) fn get(&self, media_id: &str, now_ms: i64) -> Option<&Media> {
        self.files.iter().find(|media| media.media_id == media_id && media.is_fresh(now_ms))
    }

    /// Gives a picture an address.
    pub(crate) fn put_image(&mut self, draws: &mut Draws) -> String {
        let url = format!("https://wework.qpic.cn/wwpic/{}/0", draws.draw("image_url").alphanumeric(32));
        self.images.insert(url.clone());
        url
    }

    /// Whether `media/uploadimg` gave this address out.
    pub(crate) fn has_image(&self, url: &str) -> bool {
        self.images.contains(url)
    }
}

fn write_bytes<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&BASE64_STANDARD.encode(bytes))
}

fn read_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    BASE64_STANDARD.decode(text).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_files_keep_their_beginning_when_there_are_too_many_bytes() {
        let (mut shelf, mut draws) = (Shelf::default(), Draws::new(1));
        let file = (MediaKind::File, Purpose::Message);
        let mut put = |size: usize| shelf.put(file, "f", &vec![7; size], 0, &mut draws);
        let (first, second, third) = (put(3 << 20), put(1 << 20), put(1 << 20));
        let kept = |id: &str| shelf.get(id, 0).map(|media| (media.size, media.bytes.len()));
        assert_eq!(kept(&first), Some((3 << 20, BEGINNING)));
        assert_eq!(kept(&second), Some((1 << 20, 1 << 20)));
        assert_eq!(kept(&third), Some((1 << 20, 1 << 20)));
        let large = shelf.put(file, "f", &vec![7; KEPT_BYTES + 1], LIFE_MS - 1, &mut draws);
        assert_eq!(shelf.get(&large, LIFE_MS).map(|media| media.bytes.len()), Some(BEGINNING));
        assert!(shelf.get(&first, LIFE_MS).is_none());
    }
}
