//! Blobs on one machine: files below a directory that this process has for itself, or in memory.
//!
//! A blob is a file named by its key, so what is kept can be checked with `sha256sum`. Files are written under another
//! name, synced and renamed: a name is there with all its bytes or not at all.

mod directory;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, io,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use bytes::Bytes;
use futures::channel::oneshot;

use self::directory::Directory;
use super::{
    Blob, BlobKey, Shown, TicketProblem, Upload, UploadTicket, check_size, check_type,
    ticket::{Purpose, Ticket},
};
use crate::{Cause, Error};

const GET: &str = "reading a blob";
const PUT: &str = "writing a blob";
const DELETE: &str = "removing a blob";
const TICKET: &str = "giving a ticket";

/// Paths of our API at which tickets are taken: `PUT` [`UPLOADS`] and `GET` [`BLOBS`], each with the ticket behind it.
pub const UPLOADS: &str = "/api/v1/uploads/";
/// See [`UPLOADS`].
pub const BLOBS: &str = "/api/v1/blobs/";

/// How long what arrived and was not taken over is kept at least: like the lifecycle rule of a bucket.
const ABANDONED_MS: i64 = 24 * 60 * 60 * 1000;

/// The [`Blob`] of one machine.
pub struct Local {
    place: Place,
    secret: [u8; 32],
    /// Uploads that a ticket was given for, by the time of the ticket.
    expected: Mutex<Vec<(i64, BlobKey)>>,
}

enum Place {
    Directory(Arc<Directory>),
    Memory(Mutex<BTreeMap<BlobKey, Bytes>>),
}

/// A blob that is handed out, with the headers that go with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handed {
    /// `content-type`; the answer has to forbid guessing another (`x-content-type-options: nosniff`).
    pub content_type: String,
    /// `content-disposition`.
    pub disposition: String,
    /// The blob.
    pub bytes: Bytes,
}

/// Why something could not be done with a ticket.
#[derive(Debug, thiserror::Error)]
pub enum TicketError {
    /// The ticket does not allow it.
    #[error(transparent)]
    Ticket(#[from] TicketProblem),
    /// The blob could not be written or read.
    #[error(transparent)]
    Blob(#[from] Error),
}

impl Local {
    /// Below `directory`, which is made if it is missing. What an earlier process had begun and not taken over is
    /// removed. Tickets are sealed with `secret`.
    ///
    /// # Errors
    /// The directory cannot be used.
    pub fn open(directory: &Path, secret: [u8; 32]) -> io::Result<Self> {
        Ok(Self::at(Place::Directory(Arc::new(Directory::open(directory)?)), secret))
    }

    /// In memory, on the caller's thread.
    #[must_use]
    pub fn memory(secret: [u8; 32]) -> Self {
        Self::at(Place::Memory(Mutex::default()), secret)
    }

    fn at(place: Place, secret: [u8; 32]) -> Self {
        Self { place, secret, expected: Mutex::default() }
    }

    /// How many bytes a ticket is for: nobody has to read more than that, and nothing without one.
    ///
    /// # Errors
    /// It is no ticket to upload with, or its time is over.
    pub fn announced(&self, ticket: &str, now_ms: i64) -> Result<u64, TicketProblem> {
        self.open_upload(ticket, now_ms).map(|(_, _, bytes)| bytes)
    }

    /// Takes an upload.
    ///
    /// # Errors
    /// The ticket is not for this, or the disk failed.
    pub async fn receive(
        &self,
        ticket: &str,
        content_type: &str,
        body: Bytes,
        now_ms: i64,
    ) -> Result<(), TicketError> {
        let (key, announced_type, announced) = self.open_upload(ticket, now_ms)?;
        let found = body.len() as u64;
        if found != announced {
            return Err(TicketProblem::Length { found, announced }.into());
        }
        if content_type != announced_type {
            return Err(TicketProblem::ContentType.into());
        }
        Ok(self.put(&key, content_type, body).await?)
    }

    /// Hands out what a ticket is for; `None`: it is not there.
    ///
    /// # Errors
    /// The ticket is not for this, or the disk failed.
    pub async fn hand_out(&self, ticket: &str, now_ms: i64) -> Result<Option<Handed>, TicketError> {
        let ticket = Ticket::open(ticket, &self.secret, now_ms)?;
        let Purpose::Fetch { content_type, file_name } = ticket.purpose else {
            return Err(TicketProblem::Unknown.into());
        };
        let disposition =
            Shown { content_type: &content_type, file_name: file_name.as_deref() }.disposition();
        let bytes = self.get(&ticket.key).await?;
        Ok(bytes.map(|bytes| Handed { content_type, disposition, bytes }))
    }

    /// Removes uploads whose tickets ended long ago. What cannot be removed is tried again the next time.
    ///
    /// # Errors
    /// The disk failed for one of them; the others are removed.
    pub async fn sweep(&self, now_ms: i64) -> Result<(), Error> {
        let is_old = |given: i64| given.saturating_add(ABANDONED_MS) <= now_ms;
        let old: Vec<BlobKey> = {
            let expected = self.expected.lock().unwrap_or_else(PoisonError::into_inner);
            expected.iter().filter(|(given, _)| is_old(*given)).map(|(_, key)| key.clone()).collect()
        };
        let (mut gone, mut failed) = (BTreeSet::new(), None);
        for key in old {
            match self.delete(&key).await {
                Ok(()) => drop(gone.insert(key)),
                Err(error) => failed = Some(error),
            }
        }
        let mut expected = self.expected.lock().unwrap_or_else(PoisonError::into_inner);
        expected.retain(|(_, key)| !gone.contains(key));
        failed.map_or(Ok(()), Err)
    }

    /// What a ticket to upload with is for: where, as what, how many bytes.
    fn open_upload(&self, ticket: &str, now_ms: i64) -> Result<(BlobKey, String, u64), TicketProblem> {
        let ticket = Ticket::open(ticket, &self.secret, now_ms)?;
        match ticket.purpose {
            Purpose::Upload { content_type, bytes } => Ok((ticket.key, content_type, bytes)),
            Purpose::Fetch { .. } => Err(TicketProblem::Unknown),
        }
    }

    fn ticket(&self, key: &BlobKey, purpose: Purpose, now_ms: i64) -> Result<(String, i64), Error> {
        let ticket = Ticket::new(key, purpose, now_ms);
        let word = ticket.seal(&self.secret).map_err(|error| Error::unbuildable(TICKET, error))?;
        Ok((word, ticket.until_ms))
    }
}

#[async_trait::async_trait]
impl Blob for Local {
    fn upload(&self, upload: &Upload<'_>, now_ms: i64) -> Result<UploadTicket, Error> {
        let &Upload { key, content_type, bytes } = upload;
        check_size(TICKET, bytes)?;
        check_type(TICKET, content_type)?;
        let content_type = content_type.to_owned();
        let headers = BTreeMap::from([("content-type", content_type.clone())]);
        let (word, expires_at_ms) = self.ticket(key, Purpose::Upload { content_type, bytes }, now_ms)?;
        self.expected.lock().unwrap_or_else(PoisonError::into_inner).push((now_ms, key.clone()));
        Ok(UploadTicket { url: format!("{UPLOADS}{word}"), method: "PUT", headers, expires_at_ms })
    }

    fn address(&self, key: &BlobKey, shown: &Shown<'_>, now_ms: i64) -> Result<String, Error> {
        check_type(TICKET, shown.content_type)?;
        let purpose = Purpose::Fetch {
            content_type: shown.content_type.to_owned(),
            file_name: shown.file_name.map(str::to_owned),
        };
        Ok(format!("{BLOBS}{}", self.ticket(key, purpose, now_ms)?.0))
    }

    async fn put(&self, key: &BlobKey, content_type: &str, bytes: Bytes) -> Result<(), Error> {
        check_size(PUT, bytes.len() as u64)?;
        check_type(PUT, content_type)?;
        match &self.place {
            Place::Memory(blobs) => {
                blobs.lock().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), bytes);
                Ok(())
            }
            Place::Directory(directory) => {
                let key = key.clone();
                on_disk(PUT, directory, move |directory| directory.write(&key, &bytes)).await
            }
        }
    }

    async fn get(&self, key: &BlobKey) -> Result<Option<Bytes>, Error> {
        match &self.place {
            Place::Memory(blobs) => {
                Ok(blobs.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned())
            }
            Place::Directory(directory) => {
                let key = key.clone();
                on_disk(GET, directory, move |directory| directory.read(&key)).await
            }
        }
    }

    async fn size(&self, key: &BlobKey) -> Result<Option<u64>, Error> {
        match &self.place {
            Place::Memory(blobs) => {
                let blobs = blobs.lock().unwrap_or_else(PoisonError::into_inner);
                Ok(blobs.get(key).map(|bytes| bytes.len() as u64))
            }
            Place::Directory(directory) => {
                let key = key.clone();
                on_disk(GET, directory, move |directory| directory.size(&key)).await
            }
        }
    }

    async fn delete(&self, key: &BlobKey) -> Result<(), Error> {
        match &self.place {
            Place::Memory(blobs) => {
                blobs.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
                Ok(())
            }
            Place::Directory(directory) => {
                let key = key.clone();
                on_disk(DELETE, directory, move |directory| directory.remove(&key)).await
            }
        }
    }
}

/// Does something with the disk on a thread of its own: a disk that syncs must not hold up the caller's, and this crate
/// knows of no runtime that would have threads for it.
async fn on_disk<T: Send + 'static>(
    call: &'static str,
    directory: &Arc<Directory>,
    work: impl FnOnce(&Directory) -> io::Result<T> + Send + 'static,
) -> Result<T, Error> {
    let directory = Arc::clone(directory);
    let unavailable = |source: Cause| Error::Unavailable { call, source };
    let (tell, told) = oneshot::channel();
    let thread = thread::Builder::new().name("blobs".into()).spawn(move || {
        // Whoever asked may have gone: what was begun is still done.
        let _ = tell.send(work(&directory));
    });
    thread.map_err(|error| unavailable(error.into()))?;
    told.await.map_err(|gone| unavailable(gone.into()))?.map_err(|error| unavailable(error.into()))
}

impl fmt::Debug for Local {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = match &self.place {
            Place::Directory(directory) => directory.path().display().to_string(),
            Place::Memory(_) => ":memory:".into(),
        };
        f.debug_struct("Local").field("place", &place).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
