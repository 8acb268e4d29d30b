//! The playbook in memory: compiled from its records, valid as long as its stamp is, and brought up to date by what
//! changed since.

mod compile;
mod read;

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use domain::{File, Playbook};
use store::{PlaybookRecords, Stamp, Store};

pub(crate) use read::read;

use crate::{Clock, Error, RealClock};
use compile::Kept;

/// Before each further try to read what others are writing.
const PAUSES_MS: [u64; 6] = [10, 30, 100, 200, 300, 400];

/// The cached playbook.
pub(crate) struct Shelf {
    clock: Arc<dyn Clock>,
    kept: Mutex<Option<Kept>>,
    /// Whoever reads the store for all of this process, and how reading failed last.
    turn: tokio::sync::Mutex<Option<Failure>>,
    /// How often reading was begun.
    begun: AtomicU64,
}

/// A failure is that of all who waited when its reading began: each on its own would wait for the store in turn.
struct Failure {
    /// Which reading it was.
    number: u64,
    error: Shared,
}

/// What can be said again.
enum Shared {
    Unavailable { operation: &'static str, reason: String },
    Damaged { record: String, reason: String },
}

impl Default for Shelf {
    fn default() -> Self {
        Self::new(Arc::new(RealClock))
    }
}

impl Shelf {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, kept: Mutex::default(), turn: tokio::sync::Mutex::default(), begun: AtomicU64::new(0) }
    }

    /// The playbook of `stamp`, or of a later one. One of those who need it reads it; the others wait for that.
    pub(crate) async fn at(&self, store: &Store, stamp: u64) -> Result<Arc<Playbook>, Error> {
        if let Some(book) = self.cached(stamp) {
            return Ok(book);
        }
        let begun = self.begun.load(Ordering::SeqCst);
        let mut turn = self.turn.lock().await;
        // Whoever had the turn before has brought it, unless it failed or is older than this one's stamp.
        if let Some(book) = self.cached(stamp) {
            return Ok(book);
        }
        if let Some(failure) = turn.as_ref().filter(|failure| failure.number > begun) {
            return Err(failure.error.again());
        }
        let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
        let read = self.read(store).await;
        *turn = read.as_ref().err().and_then(Shared::of).map(|error| Failure { number, error });
        read
    }

    async fn read(&self, store: &Store) -> Result<Arc<Playbook>, Error> {
        let held = self.kept().as_ref().map(|kept| kept.stamp.clone());
        let read = compile::parse(self.wholly_visible(store, held.as_ref()).await?)?;
        let mut kept = self.kept();
        let kept = kept.get_or_insert_default();
        kept.take(read);
        Ok(Arc::clone(&kept.book))
    }

    /// Waits for changes that are being made. The store may take long over one: whoever needs it comes again.
    async fn wholly_visible(&self, store: &Store, held: Option<&Stamp>) -> Result<PlaybookRecords, Error> {
        for pause in PAUSES_MS {
            if let Some(read) = store.playbook_since(held, false).await? {
                return Ok(read);
            }
            self.clock.pause(Duration::from_millis(pause)).await;
        }
        let read = store.playbook_since(held, true).await?;
        let reason = || "a change of the playbook is not wholly visible".to_owned();
        Ok(read.ok_or_else(|| store::Error::Unavailable { operation: "Query", reason: reason() })?)
    }

    fn cached(&self, stamp: u64) -> Option<Arc<Playbook>> {
        let kept = self.kept();
        let book = kept.as_ref().map(|kept| &kept.book).filter(|book| book.stamp >= stamp);
        book.map(Arc::clone)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Option<Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// `None`: each has to see for itself.
    fn of(error: &Error) -> Option<Self> {
        match error {
            Error::Store(store::Error::Unavailable { operation, reason }) => {
                Some(Self::Unavailable { operation, reason: reason.clone() })
            }
            Error::Playbook { record, reason } => {
                Some(Self::Damaged { record: record.clone(), reason: reason.clone() })
            }
            _ => None,
        }
    }

    fn again(&self) -> Error {
        match self {
            Self::Unavailable { operation, reason } => {
                store::Error::Unavailable { operation, reason: reason.clone() }.into()
            }
            Self::Damaged { record, reason } => {
                Error::Playbook { record: record.clone(), reason: reason.clone() }
            }
        }
    }
}

/// Does the playbook hold every version that somebody in this file is inside?
pub(crate) fn knows(book: &Playbook, file: &File) -> bool {
    file.enrollments.iter().all(|live| book.version(&live.sop, live.version).is_some())
}
