//! The way of many: the same happening to many customers is decided one by one and written together, several files in
//! one transaction. Whoever keeps a transaction from being written drops out of it and goes alone.
//!
//! Outside work is neither done nor taken on here: it falls due one after the other (see
//! [`domain::react::react_in_bulk`]), and whoever wakes the files does it.

mod write;

use std::{collections::BTreeMap, sync::Arc};

use domain::{
    CustomerId, Fact, File, Playbook, Signal, SignalId, StaffId, Timestamp,
    counters::gauge_changes,
    playbook::Sight,
    react::react_in_bulk,
    rows::{Beside, fit},
};
use futures::{StreamExt as _, stream};
use store::{Commit, JournalEntry, MAX_ITEMS, Part, Queue, pack};

use crate::{App, Error, playbook::knows};

/// Files read at once.
const LOAD: usize = 50;
/// So many reads, transactions, or customers who go alone, are under way at a time.
const AT_ONCE: usize = 4;
/// File, journal entry, receipt.
const FIXED_ITEMS: usize = 3;

/// What is to happen to many customers.
pub(crate) struct Bulk<'a> {
    /// To whom, at most 100, each named once.
    pub(crate) customers: &'a [CustomerId],
    /// What happens to each, by the file as it stands, where that is known: a signal under the same id whenever it is
    /// asked for.
    pub(crate) signal: &'a (dyn Fn(&CustomerId, Option<&File>) -> Signal + Sync),
    /// It is what WeCom was found to hold: it makes files, and where it is known already nothing is written.
    pub(crate) found: bool,
    /// Only to customers whom this staff member sees; `None`: to all.
    pub(crate) sight: Option<&'a StaffId>,
    /// Outside work falls due one piece so many milliseconds after the other, of all together who wait in this queue.
    pub(crate) work_every_ms: i64,
    pub(crate) queue: Queue,
    /// It may have happened to some of them before.
    pub(crate) begun: bool,
    /// What fails for a passing reason is tried again and again, one by one.
    pub(crate) insist: bool,
}

/// What became of one of many.
#[derive(Debug)]
pub(crate) enum Fate {
    /// It happened, now or before: the version of the journal entry that tells, and what was decided. `None`: there was
    /// nothing to commit.
    Handled(Option<(u64, Vec<Fact>)>),
    /// There is no such customer.
    Unknown,
    /// They are out of sight.
    OutOfSight,
    /// It did not work.
    Failed(Error),
}

/// Some of them, as they are.
struct Read {
    places: Vec<usize>,
    files: BTreeMap<CustomerId, Result<File, store::Error>>,
    book: Arc<Playbook>,
}

/// What one file becomes, ready to be written.
struct Draft {
    place: usize,
    loaded_version: u64,
    file: File,
    entry: JournalEntry,
    receipt: SignalId,
    beside: Beside,
    quiet: bool,
}

/// What a look at a customer says.
enum Plan {
    /// Nothing is to be written.
    Settled(Fate),
    /// This is.
    Write(Box<Draft>),
    /// More than writing is to be done, and now: a greeting, a reminder. Other work is still put off to that moment.
    Alone(Timestamp),
}

impl Draft {
    fn part(&self) -> Part<'_> {
        if self.quiet {
            return Part::Seen(&self.receipt, self.entry.at);
        }
        Part::Commit(Commit {
            loaded_version: self.loaded_version,
            file: &self.file,
            entry: &self.entry,
            receipt: Some(&self.receipt),
            beside: &self.beside,
            audit: None,
            token: String::new(),
        })
    }

    fn written(&self) -> Fate {
        Fate::Handled((!self.quiet).then(|| (self.entry.version, self.entry.facts.clone())))
    }
}

impl App {
    /// Lets it happen to all of them: what became of each, in their order. An error says that they could not even be looked at, and comes only without
    /// [`Bulk::insist`]; what went wrong with one is in its fate. Who was dealt with before is not dealt with again.
    pub(crate) async fn commit_many(&self, bulk: &Bulk<'_>) -> Result<Vec<Fate>, Error> {
        let all: Vec<usize> = (0..bulk.customers.len()).collect();
        let mut fates = BTreeMap::new();
        if bulk.begun {
            match self.fates_of_before(bulk, &all).await {
                Err(error) if bulk.insist => tracing::warn!(%error, "who was dealt with before shows later"),
                before => fates = before?,
            }
        }
        let open: Vec<usize> = all.into_iter().filter(|place| !fates.contains_key(place)).collect();
        let plans = match self.plan_many(bulk, &open).await {
            Err(error) if bulk.insist => {
                tracing::warn!(%error, "not read together; each goes alone");
                Vec::new()
            }
            plans => plans?,
        };
        let mut drafts = Vec::with_capacity(plans.len());
        for (place, plan) in plans {
            match plan {
                Plan::Settled(fate) => _ = fates.insert(place, fate),
                Plan::Write(draft) => drafts.push(draft),
                Plan::Alone(_) => {}
            }
        }
        let packs = pack(&drafts.iter().map(|draft| draft.part()).collect::<Vec<_>>());
        let mut writing = Vec::with_capacity(packs.len());
        for range in packs {
            writing.push(Box::pin(self.write_pack(&drafts[range])));
        }
        let mut before = Vec::new();
        for written in stream::iter(writing).buffer_unordered(AT_ONCE).collect::<Vec<_>>().await {
            fates.extend(written.fates);
            before.extend(written.before);
        }
        // Where even that cannot be read, they go alone and are told the same.
        fates.extend(self.fates_of_before(bulk, &before).await.unwrap_or_default());
        let mut going = Vec::new();
        for place in open.into_iter().filter(|place| !fates.contains_key(place)) {
            going.push(Box::pin(self.go_alone(bulk, place)));
        }
        fates.extend(stream::iter(going).buffer_unordered(AT_ONCE).collect::<Vec<_>>().await);
        Ok(fates.into_values().collect())
    }

    /// Looks at these, and decides.
    async fn plan_many(&self, bulk: &Bulk<'_>, open: &[usize]) -> Result<Vec<(usize, Plan)>, Error> {
        let mut reading = Vec::new();
        for some in open.chunks(LOAD) {
            reading.push(Box::pin(self.read_some(bulk, some)));
        }
        let mut plans = Vec::with_capacity(open.len());
        for read in stream::iter(reading).buffered(AT_ONCE).collect::<Vec<_>>().await {
            let Read { places, mut files, book } = read?;
            let sight = bulk.sight.map(|staff| Sight::of(staff, &book));
            let pieces = files.values().flatten().map(|file| file.open_relations().count()).sum();
            let (mut work_at, end) = self.take_turns(bulk, pieces).await?;
            for place in places {
                let plan = match files.remove(&bulk.customers[place]).transpose() {
                    Ok(file) => self.plan(bulk, place, file, &book, sight.as_ref(), work_at),
                    Err(error) => Plan::Settled(Fate::Failed(error.into())),
                };
                if let Plan::Write(draft) = &plan {
                    let pieces = put_off_to(&draft.file, work_at);
                    work_at = Timestamp::from_ms(work_at.ms() + bulk.work_every_ms * pieces);
                }
                plans.push((place, plan));
            }
            if work_at < end {
                // Else others wait for a while in which nothing is done.
                let returned = self.store.return_turns(bulk.queue, work_at, end, self.clock.now()).await;
                let _ = returned.inspect_err(|error| tracing::warn!(%error, "turns were not given back"));
            }
        }
        Ok(plans)
    }

    /// Turns for so many pieces of outside work: from when, until when.
    async fn take_turns(&self, bulk: &Bulk<'_>, pieces: usize) -> Result<(Timestamp, Timestamp), Error> {
        let ms = bulk.work_every_ms * i64::try_from(pieces).unwrap_or(0);
        let now = self.clock.now();
        let begin = if ms == 0 { now } else { self.store.take_turns(bulk.queue, ms, now).await? };
        Ok((begin, Timestamp::from_ms(begin.ms() + ms)))
    }

    /// Files of some, and a playbook that knows them.
    async fn read_some(&self, bulk: &Bulk<'_>, places: &[usize]) -> Result<Read, Error> {
        let some: Vec<CustomerId> = places.iter().map(|place| bulk.customers[*place].clone()).collect();
        let loaded = self.store.load_many(&some).await?;
        let mut book = self.shelf.at(&self.store, loaded.stamp).await?;
        // Files and stamp are read together, not at one instant: a file may be ahead of the book.
        if !loaded.files.values().flatten().all(|file| knows(&book, file)) {
            book = self.playbook().await?;
        }
        Ok(Read { places: places.to_vec(), files: loaded.files, book })
    }

    fn plan(
        &self,
        bulk: &Bulk<'_>,
        place: usize,
        before: Option<File>,
        book: &Playbook,
        sight: Option<&Sight>,
        work_at: Timestamp,
    ) -> Plan {
        let before = match before {
            Some(before) => before,
            None if bulk.found => File::new(bulk.customers[place].clone()),
            // A signal would make a file; who is not known is not made here.
            None => return Plan::Settled(Fate::Unknown),
        };
        if sight.is_some_and(|sight| !sight.reaches(&before)) {
            return Plan::Settled(Fate::OutOfSight);
        }
        let now = self.clock.now().max(before.committed_at);
        let signal = (bulk.signal)(&before.id, Some(&before));
        let mut reaction = react_in_bulk(&before.id, Some(&before), &signal, book, now, work_at);
        if !(reaction.work.is_empty() && reaction.slots.is_empty()) {
            return Plan::Alone(work_at);
        }
        let quiet = reaction.is_quiet(&before);
        if quiet && bulk.found {
            return Plan::Settled(Fate::Handled(None));
        }
        let beside = if quiet {
            Beside::default()
        } else {
            fit(Some(&before), &mut reaction, MAX_ITEMS - FIXED_ITEMS)
        };
        let (version, receipt) = (reaction.file.version, signal.id.clone());
        let gauges = gauge_changes(Some(&before), &reaction.file);
        let entry = JournalEntry { version, at: now, signal, facts: reaction.facts, gauges };
        let (loaded_version, file) = (before.version, reaction.file);
        Plan::Write(Box::new(Draft { place, loaded_version, file, entry, receipt, beside, quiet }))
    }
}

/// Pieces of outside work that this file has put off to `at`.
fn put_off_to(file: &File, at: Timestamp) -> i64 {
    let at = at.max(file.committed_at);
    let markings = file.open_relations().filter_map(|(_, relation)| relation.marking.as_ref());
    let put_off = markings.filter(|marking| marking.attempt.is_put_off() && marking.attempt.until == at);
    i64::try_from(put_off.count()).unwrap_or(0)
}
