//! Uploaded files: a ticket, the upload past us, a look at the bytes. What is sound is kept once, under its hash; of what
//! is refused nothing stays.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use cloud::blob::{BlobKey, Shown, Upload, UploadTicket};
use domain::{
    content::{
        BlobId, Body,
        media::{Format, Inspected, MediaKind, MediaProblem, inspect},
    },
    playbook::Problem,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use store::{Change, Expected, RecordKind};

use crate::{App, Author, Error, catalog};

/// The media type under which anything may be sent to us: what it is, its bytes say.
const ANY_TYPE: &str = "application/octet-stream";

/// From how many bytes on a file is looked at beside the workers: it takes them so long that others would wait for it.
const LARGE: usize = 1024 * 1024;

/// How many files of a body are looked up at once.
const LOOKS: usize = 16;

/// A file that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    /// Its name.
    pub blob: BlobId,
    /// What is known of it.
    pub inspected: Inspected,
}

impl App {
    /// A ticket for a file of so many bytes that is to be used as `kind`, with the id to finish the upload by.
    ///
    /// # Errors
    /// [`Error::Invalid`]: it has too many bytes or too few.
    pub fn begin_upload(&self, kind: MediaKind, bytes: usize) -> Result<(String, UploadTicket), Error> {
        let size = match bytes {
            few if few < kind.least() => Err(MediaProblem::TooSmall { kind, bytes }),
            many if many > kind.most() => Err(MediaProblem::TooLarge { kind, bytes }),
            _ => Ok(()),
        };
        size.map_err(|problem| refused("/bytes", problem))?;
        let id = hex::encode(self.entropy.bytes16());
        let key = incoming(&id)?;
        let upload = Upload { key: &key, content_type: ANY_TYPE, bytes: bytes as u64 };
        Ok((id, self.blob.upload(&upload, self.clock.now().ms())?))
    }

    /// Looks at a file that was uploaded, and keeps it. Done again, it answers the same for as long as the upload is there.
    ///
    /// # Errors
    /// [`Error::NotFound`]: nothing arrived under this id; [`Error::Invalid`]: it is nothing that can be used so, and
    /// nothing of it stays.
    pub async fn finish_upload(&self, id: &str, kind: MediaKind, author: &Author) -> Result<Media, Error> {
        let key = incoming(id)?;
        let bytes = self.blob.get(&key).await?.ok_or_else(|| missing(id))?;
        let Media { blob, inspected } = match look(&bytes, kind).await {
            Ok(media) => media,
            Err(problem) => {
                self.blob.delete(&key).await?;
                return Err(refused("/kind", problem));
            }
        };
        let (kept, size) = (kept_as(&blob)?, bytes.len() as u64);
        if self.blob.size(&kept).await? != Some(size) {
            self.blob.put(&kept, inspected.format.content_type(), bytes).await?;
        }
        self.note(&blob, inspected, author).await?;
        Ok(Media { blob, inspected })
    }

    /// What is known of the files that a body shows, as far as they are kept.
    pub(crate) async fn media_of(&self, body: &Body) -> Result<BTreeMap<BlobId, Inspected>, Error> {
        let blobs: BTreeSet<&BlobId> = body.blobs().map(|(blob, _)| blob).collect();
        let look = async |blob: &BlobId| Ok::<_, Error>((blob.clone(), self.media(blob).await?));
        let looks = stream::iter(blobs.into_iter().map(look)).buffer_unordered(LOOKS);
        looks.try_filter_map(async |(blob, known)| Ok(known.map(|known| (blob, known)))).try_collect().await
    }

    /// What is known of a file; `None`: it is not kept.
    pub async fn media(&self, blob: &BlobId) -> Result<Option<Inspected>, Error> {
        let record = self.store.record(RecordKind::Media, blob.as_str()).await?;
        record.map(|record| catalog::from_json(&record.id, &record.doc)).transpose()
    }

    /// An address at which a file can be fetched for a while, by whoever has it. What a browser could run it is told to
    /// save, and so is whatever has a name.
    ///
    /// # Errors
    /// [`Error::Blob`].
    pub fn media_address(&self, blob: &BlobId, format: Format, name: Option<&str>) -> Result<String, Error> {
        let shown_in_place = matches!(format, Format::Jpeg | Format::Png | Format::Mp4);
        let file_name = name.or((!shown_in_place).then_some("file"));
        let shown = Shown { content_type: format.content_type(), file_name };
        Ok(self.blob.address(&kept_as(blob)?, &shown, self.clock.now().ms())?)
    }

    /// The bytes of a file that is kept.
    pub(super) async fn media_bytes(&self, blob: &BlobId) -> Result<Bytes, Error> {
        let found = self.blob.get(&kept_as(blob)?).await?;
        found.ok_or_else(|| Error::NotFound(format!("file {}", blob.as_str())))
    }

    async fn note(&self, blob: &BlobId, inspected: Inspected, author: &Author) -> Result<(), Error> {
        if self.media(blob).await?.is_some() {
            return Ok(());
        }
        let change = Change {
            kind: RecordKind::Media,
            id: blob.as_str().to_owned(),
            doc: Some(catalog::to_json(&inspected)?),
            revision: 1,
            expected: Expected::Absent,
        };
        match self.change(&[change], "upload", author).await {
            // The same bytes, by somebody else at the same time; or too many others at once, and nobody noted it.
            Err(Error::Conflict(_)) => match self.media(blob).await? {
                Some(_) => Ok(()),
                None => Err(Error::Crowded { tries: 5 }),
            },
            answer => answer,
        }
    }
}

/// Judges a file and names it.
async fn look(bytes: &Bytes, kind: MediaKind) -> Result<Media, MediaProblem> {
    let look = move |bytes: &[u8]| {
        inspect(bytes, kind).map(|inspected| Media { blob: BlobId::of(bytes), inspected })
    };
    if bytes.len() < LARGE {
        return look(bytes);
    }
    let held = bytes.clone();
    let looked = tokio::task::spawn_blocking(move || look(&held)).await;
    looked.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
}

fn refused(pointer: &str, problem: MediaProblem) -> Error {
    let text = problem.to_string();
    Error::Invalid(vec![Problem::new(pointer, problem.code(), text).saying(problem.zh())])
}

fn incoming(id: &str) -> Result<BlobKey, Error> {
    BlobKey::incoming(id).ok_or_else(|| missing(id))
}

fn kept_as(blob: &BlobId) -> Result<BlobKey, Error> {
    BlobKey::content(blob.as_str()).ok_or_else(|| Error::NotFound(format!("file {}", blob.as_str())))
}

fn missing(id: &str) -> Error {
    let id: String = id.chars().take(80).collect();
    Error::NotFound(format!("upload {id:?}: nothing arrived, or too long ago"))
}
