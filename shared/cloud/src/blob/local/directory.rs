//! A directory of blobs, and how a file comes into it whole.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Read as _, Write as _},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use bytes::Bytes;

use crate::blob::{BlobKey, MAX_BLOB_BYTES};

/// Where a file is written before it has its name.
const UNFINISHED: &str = "unfinished";
const INCOMING: &str = "incoming";
const CONTENT: &str = "content";

pub(super) struct Directory {
    root: PathBuf,
    /// Names unfinished files: nobody else writes here.
    next: AtomicU64,
}

impl Directory {
    pub(super) fn open(root: &Path) -> io::Result<Self> {
        for leftover in [UNFINISHED, INCOMING] {
            match fs::remove_dir_all(root.join(leftover)) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => fs::create_dir_all(root.join(leftover))?,
            }
        }
        fs::create_dir_all(root.join(CONTENT))?;
        Ok(Self { root: root.to_owned(), next: AtomicU64::new(0) })
    }

    pub(super) fn path(&self) -> &Path {
        &self.root
    }

    pub(super) fn write(&self, key: &BlobKey, bytes: &[u8]) -> io::Result<()> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let unfinished = self.root.join(UNFINISHED).join(number.to_string());
        let written = self.write_through(&unfinished, &self.root.join(key.as_str()), bytes);
        if written.is_err() {
            // A full disk is not to be left fuller; what cannot be removed goes at the next start.
            let _ = fs::remove_file(&unfinished);
        }
        written
    }

    fn write_through(&self, unfinished: &Path, named: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = File::create(unfinished)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(unfinished, named)?;
        // The name is an entry of its directory.
        File::open(named.parent().unwrap_or(&self.root))?.sync_all()
    }

    pub(super) fn read(&self, key: &BlobKey) -> io::Result<Option<Bytes>> {
        let Some(file) = found(File::open(self.root.join(key.as_str())))? else { return Ok(None) };
        let mut bytes = Vec::new();
        file.take(MAX_BLOB_BYTES + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_BLOB_BYTES {
            return Err(io::Error::new(ErrorKind::FileTooLarge, "larger than any blob of ours"));
        }
        Ok(Some(bytes.into()))
    }

    pub(super) fn size(&self, key: &BlobKey) -> io::Result<Option<u64>> {
        let metadata = found(fs::metadata(self.root.join(key.as_str())))?;
        Ok(metadata.map(|metadata| metadata.len()))
    }

    pub(super) fn remove(&self, key: &BlobKey) -> io::Result<()> {
        found(fs::remove_file(self.root.join(key.as_str()))).map(|_| ())
    }
}

/// `None`: there is no such file.
fn found<T>(done: io::Result<T>) -> io::Result<Option<T>> {
    match done {
        Ok(done) => Ok(Some(done)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
