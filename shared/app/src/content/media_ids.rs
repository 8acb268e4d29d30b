//! Our files as WeCom knows them. What was uploaded is remembered with its age, so that the same file is uploaded once in
//! two days and a half, however often it is sent and by whichever process; a link's cover once for ever.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    time::Duration,
};

use domain::{Timestamp, content::media::Format};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use store::{MEDIA_ID_DAYS, MediaFile, MediaId, MediaUse};
use wecom::media::{MediaKind, Upload};

use crate::{App, Error, Lane};

/// What is sent now is uploaded anew from this age on: staff confirm a mass message within half a day.
pub(crate) const FRESH_SECONDS: i64 = 60 * 3600;
/// An id that ends sooner is no good to anybody.
const LAST_SECONDS: i64 = 60;
/// So many files are on their way at a time: each is in memory twice, 20 MB at most.
pub(super) const AT_ONCE: usize = 3;
/// Nobody else uploads the same file for so long. One that takes longer may be uploaded twice: an id more harms nobody.
const LEASE_SECONDS: i64 = 75;
/// No upload takes longer, with all its tries.
const LONGEST_UPLOAD: Duration = Duration::from_secs(70);
/// Whoever waits for somebody else's upload looks so often, each half a second.
const LOOKS: u32 = 40;
const NOTE_TRIES: u32 = 3;
/// A time of WeCom's that differs more from ours is none.
const CLOCKS_DIFFER_SECONDS: i64 = 86_400;
/// WeCom: the id is unknown, too old, or from another kind of upload.
const MEDIA_CODES: [i64; 2] = [40007, 41072];

/// Under what WeCom knows files.
pub(crate) type MediaIds = BTreeMap<MediaFile, MediaId>;

/// Did WeCom refuse an id? Then the call had no effect.
pub(crate) fn is_refused_media(error: &Error) -> bool {
    matches!(error, Error::WeCom(error) if error.code().is_some_and(|code| MEDIA_CODES.contains(&code)))
}

/// Is it younger than so many seconds?
pub(super) fn is_younger(media: &MediaId, file: &MediaFile, seconds: i64, now: Timestamp) -> bool {
    file.is_for_good() || now < media.uploaded_at.plus_secs(seconds)
}

impl App {
    /// What can be sent this moment without any upload.
    pub(crate) async fn ready_media_ids(&self, files: &BTreeSet<MediaFile>) -> Result<MediaIds, Error> {
        let now = self.clock.now();
        let life = MEDIA_ID_DAYS * 86_400 - LAST_SECONDS;
        let known = self.known_media_ids(files).await?;
        Ok(known.into_iter().filter(|(file, media)| is_younger(media, file, life, now)).collect())
    }

    /// Everything that is remembered, however old.
    pub(super) async fn known_media_ids(&self, files: &BTreeSet<MediaFile>) -> Result<MediaIds, Error> {
        let look = |file: MediaFile| async move {
            let known = self.store.media_id(&file).await?;
            Ok::<_, Error>((file, known))
        };
        let known: Vec<_> = stream::iter(files.clone()).map(look).buffered(10).try_collect().await?;
        Ok(known.into_iter().filter_map(|(file, media)| Some((file, media?))).collect())
    }

    /// What can be sent for the next half day; what cannot is uploaded first. A cover is missing from it when the corp has
    /// uploaded too many.
    ///
    /// # Errors
    /// WeCom's, the bucket's or the store's: something could not be uploaded.
    pub(crate) async fn media_ids(&self, files: &BTreeSet<MediaFile>, lane: Lane) -> Result<MediaIds, Error> {
        let upload = |file: MediaFile| async move {
            match Box::pin(self.media_id(&file, lane, FRESH_SECONDS, LONGEST_UPLOAD)).await {
                Ok(media) => Ok(Some((file, media))),
                Err(Error::WeCom(error))
                    if file.is_for_good() && error.class() == wecom::Class::RateLimit =>
                {
                    tracing::warn!(%error, "a link goes without its cover");
                    Ok(None)
                }
                Err(error) => Err(error),
            }
        };
        let ids: Vec<_> = stream::iter(files.clone()).map(upload).buffered(AT_ONCE).try_collect().await?;
        Ok(ids.into_iter().flatten().collect())
    }

    /// Makes a call with what its files are known under. If WeCom refuses an id, all of them are forgotten and uploaded
    /// anew, and the call is made once more: the one that was refused had no effect.
    pub(crate) async fn with_media_ids<T, F, R>(
        &self,
        files: &BTreeSet<MediaFile>,
        lane: Lane,
        call: F,
    ) -> Result<T, Error>
    where
        F: Fn(MediaIds) -> R,
        R: Future<Output = Result<T, Error>>,
    {
        let ids = Box::pin(self.media_ids(files, lane)).await?;
        match Box::pin(call(ids.clone())).await {
            Err(error) if is_refused_media(&error) => {
                self.forget_media_ids(&ids).await?;
                let fresh = Box::pin(self.media_ids(files, lane)).await?;
                Box::pin(call(fresh)).await
            }
            answer => answer,
        }
    }

    /// WeCom refused one of these, and did not say which. Covers have no ids that it could refuse.
    pub(crate) async fn forget_media_ids(&self, ids: &MediaIds) -> Result<(), Error> {
        let refusable = ids.iter().filter(|(file, _)| !file.is_for_good());
        let forget = |(file, media): (MediaFile, MediaId)| async move {
            Ok::<_, Error>(self.store.forget_media_id(&file, &media.id).await?)
        };
        let refusable: Vec<_> = refusable.map(|(file, media)| (file.clone(), media.clone())).collect();
        stream::iter(refusable).map(forget).buffer_unordered(10).try_collect().await
    }

    /// An id of the file that is younger than so many seconds. One process uploads, for no longer than `limit`; those who
    /// come meanwhile wait for it.
    pub(super) async fn media_id(
        &self,
        file: &MediaFile,
        lane: Lane,
        seconds: i64,
        limit: Duration,
    ) -> Result<MediaId, Error> {
        let (lease, holder) = (format!("media#{}", file.key()), self.attempt_token());
        for _ in 0..LOOKS {
            if let Some(known) = self.young_media_id(file, seconds).await? {
                return Ok(known);
            }
            let now = self.clock.now();
            if self.store.lease(&lease, &holder, now, now.plus_secs(LEASE_SECONDS)).await? {
                // Somebody may have been through with it since we looked.
                let media = match self.young_media_id(file, seconds).await {
                    Ok(Some(known)) => Ok(known),
                    // Cut off in here, so that the lease is given back.
                    Ok(None) => tokio::time::timeout(limit, Box::pin(self.give_to_wecom(file, lane)))
                        .await
                        .unwrap_or(Err(Error::Waits("an upload that takes long"))),
                    Err(error) => Err(error),
                };
                if let Err(error) = self.store.release(&lease, &holder).await {
                    tracing::warn!(%error, "the lease on an upload has to run out");
                }
                return media;
            }
            self.clock.pause(Duration::from_millis(500)).await;
        }
        Err(Error::Waits("somebody else's upload of the same file"))
    }

    async fn young_media_id(&self, file: &MediaFile, seconds: i64) -> Result<Option<MediaId>, Error> {
        let known = self.store.media_id(file).await?;
        Ok(known.filter(|media| is_younger(media, file, seconds, self.clock.now())))
    }

    async fn give_to_wecom(&self, file: &MediaFile, lane: Lane) -> Result<MediaId, Error> {
        let content = self.media_bytes(&file.blob).await?;
        let upload = &Upload { file_name: file_name(file, Format::of(&content)), content };
        let kind = match file.used_as {
            MediaUse::Image => Some(MediaKind::Image),
            MediaUse::Video => Some(MediaKind::Video),
            MediaUse::File { .. } => Some(MediaKind::File),
            MediaUse::Cover => None,
        };
        let began = self.clock.now();
        let (id, created_at) = match kind {
            Some(kind) => {
                let uploaded = self
                    .call(lane, |wecom, token| async move { wecom.upload_media(&token, kind, upload).await })
                    .await?;
                (uploaded.media_id, uploaded.created_at)
            }
            None => {
                let address = self
                    .call(lane, |wecom, token| async move { wecom.upload_picture(&token, upload).await })
                    .await?;
                (address, None)
            }
        };
        let media = MediaId { id, uploaded_at: uploaded_at(began, created_at) };
        self.remember(file, &media).await;
        Ok(media)
    }

    /// What could not be remembered is good all the same, and uploaded again the next time.
    async fn remember(&self, file: &MediaFile, media: &MediaId) {
        for attempt in 1..=NOTE_TRIES {
            match self.store.note_media_id(file, media).await {
                Ok(()) => return,
                Err(error) if attempt == NOTE_TRIES => tracing::warn!(%error, "an upload was not noted"),
                Err(_) => self.jitter(attempt).await,
            }
        }
    }
}

/// The earlier of when we began and when WeCom says that it was.
fn uploaded_at(began: Timestamp, created_at: Option<i64>) -> Timestamp {
    let by_wecom = created_at.map(Timestamp::from_secs);
    let differs = |at: &Timestamp| (at.secs() - began.secs()).abs() < CLOCKS_DIFFER_SECONDS;
    by_wecom.filter(differs).map_or(began, |at| at.min(began))
}

/// Of files as customers see it; nobody sees that of pictures, but WeCom wants one.
fn file_name(file: &MediaFile, format: Format) -> String {
    match (&file.used_as, format) {
        (MediaUse::File { name }, _) => name.clone(),
        (_, Format::Png) => "file.png".into(),
        (_, Format::Mp4) => "file.mp4".into(),
        _ => "file.jpg".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_is_as_old_as_the_clock_that_is_behind_says() {
        let began = Timestamp::from_secs(1_700_000_000);
        let at = |created_at: Option<i64>| uploaded_at(began, created_at).secs() - began.secs();
        assert_eq!(at(None), 0);
        assert_eq!(at(Some(1_700_000_030)), 0);
        assert_eq!(at(Some(1_699_999_970)), -30);
        assert_eq!(at(Some(0)), 0, "no time at all");
    }
}
