//! What a job does to each of its customers, and what of that was done.

use std::collections::{BTreeMap, BTreeSet};

use domain::{CustomerId, Fact, File, Happening, Playbook, Signal, SignalId, StageId, Timestamp, What};
use sha2::{Digest as _, Sha256};
use store::{ItemOutcome, ItemResult, Job, JobId, JobKind, JobTrouble, JournalEntry, Listed};

use super::{is_last_try, pack::CALLS_PER_SECOND};
use crate::{
    App, Error,
    commit_many::{Bulk, Fate},
};

/// Of what was not done so much is kept with the result; the journal entry tells all.
const KEPT_REFUSALS: usize = 3;

/// What a job does to each customer of a pack.
pub(super) struct Deed<'a> {
    pub(super) job: &'a Job,
    /// What is to be taken back, if the job takes back.
    entries: BTreeMap<CustomerId, JournalEntry>,
}

/// What makes the signal of each customer.
pub(super) type Signals<'a> = Box<dyn Fn(&CustomerId, Option<&File>) -> Signal + Send + Sync + 'a>;

/// The same whenever the job comes to this customer. Ids of customers and staff are WeCom's: what is in them is not ours
/// to say, and a receipt is kept under what is before the first dot.
pub(super) fn signal_id(job: &JobId, whom: &str) -> SignalId {
    let hash = Sha256::digest(whom);
    format!("job-{job}-{}", hex::encode(&hash[..16])).into()
}

impl App {
    /// What the job does to these.
    pub(super) async fn deed<'a>(&self, job: &'a Job, pack: &[Listed]) -> Result<Deed<'a>, Error> {
        let mut deed = Deed { job, entries: BTreeMap::new() };
        if matches!(job.order.what, JobKind::Undo { .. }) {
            let wanted = pack.iter().filter_map(|listed| Some((listed.customer.clone(), listed.entry?)));
            let found = self.store.journal_entries(&wanted.collect::<Vec<_>>()).await?;
            deed.entries = found.into_iter().map(|((customer, _), entry)| (customer, entry)).collect();
        }
        Ok(deed)
    }
}

/// What makes that a job cannot go on: what it is about is gone.
pub(super) fn what_is_gone(what: &JobKind, book: &Playbook) -> Option<JobTrouble> {
    let stage_of = |board, stage: Option<&StageId>| match book.boards.get(board) {
        None => Some(JobTrouble::BoardDeleted),
        Some(board) => {
            stage.is_some_and(|stage| board.stage(stage).is_none()).then_some(JobTrouble::StageDeleted)
        }
    };
    match what {
        JobKind::EditTags { add, remove, .. } => {
            let is_gone = !add.iter().chain(remove).any(|tag| book.tags.is_live(tag));
            is_gone.then_some(JobTrouble::TagsDeleted)
        }
        JobKind::MoveStage { board, stage, .. } => stage_of(board, stage.as_ref()),
        JobKind::PutStageTag { board, stage } => stage_of(board, Some(stage)).or_else(|| {
            let tag = book.stage(board, stage).and_then(|(_, stage)| book.live_tag_of(stage));
            tag.is_none().then_some(JobTrouble::TagsDeleted)
        }),
        JobKind::Board { board } => stage_of(board, None),
        JobKind::Mirror { group } => {
            let is_there = book.tags.group(group).is_some_and(|group| !group.deleted);
            (!is_there).then_some(JobTrouble::GroupDeleted)
        }
        JobKind::Undo { .. } | JobKind::Import { .. } | JobKind::Reconcile { .. } => None,
    }
}

impl Deed<'_> {
    /// What happens to each customer; `None`: WeCom is read, and nothing happens by packs.
    fn happening(&self, customer: &CustomerId) -> Happening {
        let order = &self.job.order;
        match &order.what {
            JobKind::EditTags { add, remove, expires_at } => {
                Happening::TagsEdited { add: add.clone(), remove: remove.clone(), expires_at: *expires_at }
            }
            JobKind::MoveStage { board, stage, only_from } => Happening::StageMoved {
                board: board.clone(),
                stage: stage.clone(),
                expected_rev: None,
                only_from: only_from.clone(),
                reason: order.reason.clone(),
            },
            JobKind::PutStageTag { board, stage } => Happening::StageMoved {
                board: board.clone(),
                stage: Some(stage.clone()),
                expected_rev: None,
                only_from: Some(stage.clone()),
                reason: order.reason.clone(),
            },
            JobKind::Mirror { group } => Happening::GroupMirrored { group: group.clone() },
            JobKind::Board { board } => Happening::BoardChanged { board: board.clone() },
            JobKind::Undo { .. } => {
                let entry = self.entries.get(customer);
                // An entry that is not there any more is older than any that can be taken back.
                entry.map_or(
                    Happening::Undo { version: 0, decided_at: Timestamp::default(), facts: Vec::new() },
                    |entry| Happening::Undo {
                        version: entry.version,
                        decided_at: entry.at,
                        facts: entry.facts.clone(),
                    },
                )
            }
            // These have no packs.
            JobKind::Import { .. } | JobKind::Reconcile { .. } => Happening::Woken,
        }
    }

    pub(super) fn signals(&self, at: Timestamp) -> Signals<'_> {
        Box::new(move |customer, _| {
            let id = signal_id(&self.job.id, customer.as_str());
            Signal { id, at, by: self.job.order.by.clone(), what: self.happening(customer) }
        })
    }

    pub(super) fn bulk<'b>(
        &'b self,
        customers: &'b [CustomerId],
        signal: &'b (dyn Fn(&CustomerId, Option<&File>) -> Signal + Sync),
    ) -> Bulk<'b> {
        Bulk {
            customers,
            signal,
            found: false,
            sight: self.job.order.sight.as_ref(),
            work_every_ms: 1000 / CALLS_PER_SECOND,
            begun: true,
            insist: is_last_try(self.job),
        }
    }

    pub(super) fn result(&self, customer: &CustomerId, fate: Fate) -> ItemResult {
        let (outcome, trouble) = match fate {
            Fate::Handled(Some((version, facts))) => {
                let outcome = self.outcome(&facts);
                let told = facts.into_iter().filter(|fact| self.is_to_be_told(fact)).map(|fact| fact.what);
                return ItemResult {
                    customer: customer.clone(),
                    outcome,
                    entry: Some(version),
                    refusals: told.take(KEPT_REFUSALS).collect(),
                    trouble: None,
                    differed: BTreeSet::new(),
                };
            }
            Fate::Handled(None) => (ItemOutcome::Unchanged, None),
            Fate::Unknown => (ItemOutcome::Refused, Some(JobTrouble::NotFound)),
            // Whoever may not see a customer does not learn that there is one.
            Fate::OutOfSight => (ItemOutcome::Refused, Some(JobTrouble::NotFound)),
            Fate::Failed(error) => {
                tracing::error!(%error, job = %self.job.id, "a customer of a job is written down as failed");
                (ItemOutcome::Failed, Some(super::pack::trouble(&error)))
            }
        };
        super::pack::unhandled(customer, outcome, trouble)
    }

    /// What the job itself did. What else the same commit brought does not count: what rules made of it, a step that was due,
    /// a tag that was deleted meanwhile, a card that a new board found.
    fn outcome(&self, facts: &[Fact]) -> ItemOutcome {
        let cause = |fact: &Fact| fact.because.and_then(|place| facts.get(usize::from(place)));
        // The tag of a stage comes and goes with the card that it moves.
        let is_move = |fact: &Fact| fact.because.is_none() && matches!(fact.what, What::Moved { .. });
        let of_the_job = |fact: &Fact| fact.because.is_none() || cause(fact).is_some_and(is_move);
        let is_board = matches!(self.job.order.what, JobKind::Board { .. });
        if facts.iter().any(|fact| of_the_job(fact) && self.is_change(fact)) || is_board && facts.is_empty() {
            // A board that only values its cards anew has no fact to tell.
            ItemOutcome::Changed
        } else if facts.iter().any(|fact| self.is_refusal(fact)) {
            ItemOutcome::Refused
        } else {
            ItemOutcome::Unchanged
        }
    }

    /// Is it what the job was to do?
    fn is_change(&self, fact: &Fact) -> bool {
        let is_direct = fact.because.is_none();
        match (&self.job.order.what, &fact.what) {
            (JobKind::EditTags { add, .. }, What::Tagged { tag, .. }) => add.contains(tag),
            (JobKind::EditTags { add, .. }, What::TagExpiryChanged { tag, .. }) => add.contains(tag),
            (JobKind::EditTags { remove, .. }, What::Untagged { tag }) => remove.contains(tag),
            (JobKind::MoveStage { board, stage, .. }, What::Moved { board: on, to, .. }) => {
                is_direct && on == board && to == stage
            }
            // The card stands there, and had not its tag.
            (JobKind::MoveStage { .. } | JobKind::PutStageTag { .. }, What::Tagged { .. }) => is_direct,
            (JobKind::Board { board }, What::Moved { board: on, .. }) => is_direct && on == board,
            (JobKind::Mirror { group }, What::GroupMirrored { group: of }) => of == group,
            (JobKind::Undo { .. }, What::Undone { .. }) => true,
            _ => false,
        }
    }

    /// Is it what the job was to do, and did not?
    fn is_refusal(&self, fact: &Fact) -> bool {
        let is_direct = fact.because.is_none();
        match (&self.job.order.what, &fact.what) {
            (JobKind::Undo { .. }, What::UndoRefused { .. }) => true,
            (_, What::TagRefused { .. } | What::MoveRefused { .. } | What::Ignored { .. }) => is_direct,
            _ => false,
        }
    }

    /// Is it to stand in the result?
    fn is_to_be_told(&self, fact: &Fact) -> bool {
        let is_conflict = matches!((&self.job.order.what, &fact.what),
            (JobKind::Board { board }, What::StageConflict { board: on, .. }) if on == board);
        is_conflict || self.is_refusal(fact)
    }
}

#[cfg(test)]
mod tests;
