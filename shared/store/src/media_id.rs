//! Files that WeCom has been given: the id by which each can be sent for three days, or, of a link's cover, the address
//! that is good for ever.

use domain::{Timestamp, content::BlobId};

use crate::{
    Error, Store,
    attributes::{Item, get_number, get_text, key, number, text},
    error::{condition_failed, sort},
};

/// How long an id is good.
pub const MEDIA_ID_DAYS: i64 = 3;
/// So much longer it is remembered; clocks differ.
const KEPT_DAYS: i64 = 4;
/// Covers have no id of their own kind, only an address.
const COVER: &str = "cover";

/// A file as WeCom is given it: the same bytes have another id for each use, and another for each name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MediaFile {
    /// The file.
    pub blob: BlobId,
    /// What it is uploaded as.
    pub used_as: MediaUse,
}

/// What a file is uploaded as.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MediaUse {
    /// A picture.
    Image,
    /// A video.
    Video,
    /// A file.
    File {
        /// As customers see it.
        name: String,
    },
    /// The cover of a link. The corp may upload 1,000 of them a day and 3,000 a month, so that one is kept for good.
    Cover,
}

/// Under what WeCom knows a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaId {
    /// The media id; of a cover its address.
    pub id: String,
    /// When it was uploaded, by WeCom's clock or ours, whichever was behind.
    pub uploaded_at: Timestamp,
}

impl MediaFile {
    /// A name that no other file and use has.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}#{}", self.blob.as_str(), self.sk())
    }

    /// Is what it is known under good for ever?
    #[must_use]
    pub const fn is_for_good(&self) -> bool {
        matches!(self.used_as, MediaUse::Cover)
    }

    fn sk(&self) -> String {
        match &self.used_as {
            MediaUse::Image => "image".to_owned(),
            MediaUse::Video => "video".to_owned(),
            MediaUse::File { name } => format!("file#{name}"),
            MediaUse::Cover => COVER.to_owned(),
        }
    }

    fn item_key(&self) -> Item {
        key(format!("MEDIAID#{}", self.blob.as_str()), self.sk())
    }
}

impl Store {
    /// Under what WeCom knows the file; whether that is still good is for the caller to look at.
    pub async fn media_id(&self, file: &MediaFile) -> Result<Option<MediaId>, Error> {
        let request = self.client.get_item().table_name(self.media_table(file)).consistent_read(true);
        let found = Box::pin(request.set_key(Some(file.item_key())).send()).await;
        let Some(item) = found.map_err(|e| sort("GetItem", e))?.item else { return Ok(None) };
        Ok(Some(MediaId {
            id: get_text(&item, "id")?.to_owned(),
            uploaded_at: Timestamp::from_ms(get_number(&item, "uploaded_at")?),
        }))
    }

    /// Notes an upload, unless a later one is noted. Of a cover the first stays.
    pub async fn note_media_id(&self, file: &MediaFile, media: &MediaId) -> Result<(), Error> {
        let attributes = [("id", text(&media.id)), ("uploaded_at", number(media.uploaded_at.ms()))];
        let mut fresh = file.item_key();
        fresh.extend(attributes.map(|(name, value)| (name.to_owned(), value)));
        let put = self.client.put_item().table_name(self.media_table(file));
        let put = if file.is_for_good() {
            put.set_item(Some(fresh)).condition_expression("attribute_not_exists(pk)")
        } else {
            fresh.insert("ttl".to_owned(), number(media.uploaded_at.plus_days(KEPT_DAYS).secs()));
            put.set_item(Some(fresh))
                .condition_expression("attribute_not_exists(pk) OR uploaded_at <= :at")
                .expression_attribute_values(":at", number(media.uploaded_at.ms()))
        };
        match Box::pin(put.send()).await {
            Ok(_) => Ok(()),
            Err(error) if condition_failed(&error) => Ok(()),
            Err(error) => Err(sort("PutItem", error)),
        }
    }

    /// Forgets an id that WeCom refused, unless another has taken its place.
    pub async fn forget_media_id(&self, file: &MediaFile, refused: &str) -> Result<(), Error> {
        let request = self
            .client
            .delete_item()
            .table_name(self.media_table(file))
            .set_key(Some(file.item_key()))
            .condition_expression("id = :refused")
            .expression_attribute_values(":refused", text(refused));
        match Box::pin(request.send()).await {
            Ok(_) => Ok(()),
            Err(error) if condition_failed(&error) => Ok(()),
            Err(error) => Err(sort("DeleteItem", error)),
        }
    }

    /// What is good for ever is kept with what is kept.
    fn media_table(&self, file: &MediaFile) -> &str {
        if file.is_for_good() { &self.names.main } else { &self.names.hot }
    }
}
