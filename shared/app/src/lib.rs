//! Where decisions meet the world: loads a file, lets `domain` react, commits through `store`, performs through
//! `wecom` and `cloud`, and reports what was done as a signal.
//!
//! It decides nothing about customers and knows no HTTP. Start with [`App::handle`]; every function and the one-machine
//! runner are thin edges over [`App`].

pub mod audit;
mod board;
mod budget;
mod catalog;
mod clock;
mod commit_many;
pub mod config;
mod content;
pub mod doctor;
mod error;
mod fold;
mod handle;
mod inbox;
mod intake;
mod jobs;
mod link;
pub mod net;
mod notice;
pub mod people;
mod perform;
mod playbook;
mod sending;
mod sign_in;
mod slot;
mod sop;
mod tags;
mod tick;
mod token;
mod wake;
pub mod wiring;

use std::sync::Arc;

use cloud::{alarm::Alarm, blob::Blob, bus::Bus};
use store::Store;

pub use audit::{Author, Origin, Via};
pub use board::{BoardChange, BoardPlan, MIN_STAGES, MOST_ROWS, Rebuilt, StageChange, StagePlan, Standing};
pub use budget::Lane;
pub use catalog::{Draft, Invalid};
pub use clock::{Clock, Entropy, RealClock, SystemEntropy};
pub use content::{Enclosed, GroupEdit, LookedAt, Media, Refused, Trial, TrialPart, Urgency};
pub use error::{Barred, Class, Error};
pub use handle::{Handled, Outcome};
pub use intake::Intake;
pub use jobs::{NewJob, Whom};
pub use link::{Identified, LinkFor, Opener};
pub use sending::ReadyPart;
pub use sign_in::Place;
pub use slot::{OpenTask, TaskId};
pub use tags::{Likeness, MirrorCount, Overlap, Overlaps, TagChange};

use budget::{Budget, Lanes};
use config::WeCom;
use content::Versions;
use playbook::Shelf;
use token::TokenCache;

/// Everything that a function needs which works on customers. Built once, shared by all invocations.
pub struct App {
    /// Files, journal, indexes.
    pub store: Store,
    /// The corp's app in WeCom.
    pub corp: WeCom,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Unpredictable bytes.
    pub entropy: Arc<dyn Entropy>,
    /// One schedule per customer.
    pub alarm: Arc<dyn Alarm>,
    /// Hands ids to `engine`.
    pub bus: Arc<dyn Bus>,
    /// Keeps originals of pictures, videos and files.
    pub blob: Arc<dyn Blob>,
    lanes: Lanes,
    budget: Arc<Budget>,
    shelf: Shelf,
    tokens: TokenCache,
    salt: link::SaltCell,
    versions: Versions,
}

impl App {
    /// Puts the parts together.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let budget = Arc::new(Budget::new(parts.store.clone(), Arc::clone(&parts.clock)));
        let shelf = Shelf::new(Arc::clone(&parts.clock));
        Self {
            lanes: Lanes::new(&parts.wecom, &budget),
            budget,
            store: parts.store,
            corp: parts.corp,
            clock: parts.clock,
            entropy: parts.entropy,
            alarm: parts.alarm,
            bus: parts.bus,
            blob: parts.blob,
            shelf,
            tokens: TokenCache::default(),
            salt: link::SaltCell::new(),
            versions: Versions::default(),
        }
    }

    /// The WeCom API for calls of this lane; each of them takes a permit first.
    #[must_use]
    pub fn wecom(&self, lane: Lane) -> &wecom::Client {
        self.lanes.of(lane)
    }

    /// The playbook as it is now.
    pub async fn playbook(&self) -> Result<Arc<domain::Playbook>, Error> {
        let stamp = self.store.stamp().await?;
        self.shelf.at(&self.store, stamp).await
    }

    /// A token that makes one attempt of a transaction recognisable to the client library's own repetitions.
    fn attempt_token(&self) -> String {
        hex::encode(self.entropy.bytes16())
    }
}

/// What an [`App`] is made of.
pub struct Parts {
    /// See [`App::store`].
    pub store: Store,
    /// The WeCom API; [`App`] puts the budget in front of it.
    pub wecom: wecom::Client,
    /// See [`App::corp`].
    pub corp: WeCom,
    /// See [`App::clock`].
    pub clock: Arc<dyn Clock>,
    /// See [`App::entropy`].
    pub entropy: Arc<dyn Entropy>,
    /// See [`App::alarm`].
    pub alarm: Arc<dyn Alarm>,
    /// See [`App::bus`].
    pub bus: Arc<dyn Bus>,
    /// See [`App::blob`].
    pub blob: Arc<dyn Blob>,
}
