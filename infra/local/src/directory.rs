//! The data directory: one process at a time.

use std::{
    fs::{File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use anyhow::bail;

/// How `stepwise serve` is told where its data is.
const SETTING: &str = "--data (STEPWISE_DATA)";

/// A directory that this process alone may use, until this is dropped or the process ends in whatever way: the lock is the
/// operating system's.
#[derive(Debug)]
pub(crate) struct DataDirectory {
    path: PathBuf,
    _lock: File,
}

impl DataDirectory {
    /// Makes the directory if it is missing, and takes the lock on `stepwise.lock` in it.
    ///
    /// # Errors
    /// It is a file, cannot be written to, or another process uses it; the message names the setting and the mend.
    pub(crate) fn claim(path: &Path) -> anyhow::Result<Self> {
        let shown = path.display();
        if path.is_file() {
            bail!(
                "{SETTING}: {shown} is a file; name a directory (it is made if it is missing), or :memory:"
            );
        }
        let lock = match open_lock(path) {
            Ok(lock) => lock,
            Err(error) => bail!(
                "{SETTING}: {shown} cannot be used: {error}; name a directory that you may write to, or :memory:"
            ),
        };
        match lock.try_lock() {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                bail!("{SETTING}: another process uses {shown}; stop it, or name another directory")
            }
            Err(TryLockError::Error(error)) => {
                bail!("{SETTING}: {shown} cannot be locked: {error}; name a directory on a local disk")
            }
        }
    }

    /// Does another process use this directory? It must be there.
    pub(crate) fn is_in_use(path: &Path) -> bool {
        open_lock(path).is_ok_and(|lock| matches!(lock.try_lock(), Err(TryLockError::WouldBlock)))
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

fn open_lock(directory: &Path) -> io::Result<File> {
    std::fs::create_dir_all(directory)?;
    File::options().create(true).truncate(false).write(true).open(directory.join("stepwise.lock"))
}
