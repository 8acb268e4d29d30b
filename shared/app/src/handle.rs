//! The one way: load, react, commit, perform, report.

use std::time::Duration;

use domain::{
    Actor, CustomerId, Fact, File, Happening, Playbook, Reaction, Signal, Timestamp, What,
    counters::gauge_changes,
    file::Alarm,
    playbook::Settings,
    react,
    react::{Slot, Work, react_in_bulk},
    rows::{Beside, fit},
    timing,
};
use store::{CardChange, Commit, Committed, JournalEntry, MAX_ITEMS, SLOT_MARGIN_SECONDS};

use crate::{App, Error, Origin, jobs::CALLS_PER_SECOND};

/// A lost race is nobody's fault: react again.
const TRIES: u32 = 8;
/// A commit that took longer is told of once more. Readers look 10 s back ([`store::LOG_LAG_SECONDS`]): what is left is
/// for clocks that differ, and for the telling.
const LATE_SECONDS: i64 = 5;
/// File, journal entry, receipt, audit entry.
const FIXED_ITEMS: usize = 4;
/// Results of outside work may call for more outside work; a customer never needs this many rounds.
const ROUNDS: u32 = 12;

/// What became of a signal.
#[derive(Clone, Debug)]
pub struct Handled {
    /// Whether it had consequences.
    pub outcome: Outcome,
    /// The file after the last commit.
    pub file: File,
    /// What the signal's own commit decided.
    pub facts: Vec<Fact>,
    /// Version of the signal's own commit: the id of its journal entry. Of one that was repeated its receipt tells it.
    pub version: u64,
    /// Version of the last commit of a result of outside work that brought facts.
    pub told: Option<u64>,
}

/// Whether a signal had consequences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was committed.
    Committed,
    /// There was nothing to commit.
    Quiet,
    /// It had been committed before.
    Repeated,
}

/// One commit and the outside work whose lease it took.
struct Step {
    handled: Handled,
    work: Vec<Work>,
    alarm_before: Alarm,
}

impl App {
    /// Takes a signal from decision to effect.
    ///
    /// When it returns, the decision is durable, and outside work has been tried once; what failed or was cut off is
    /// found again through the file's timers.
    pub async fn handle(&self, customer: &CustomerId, signal: Signal) -> Result<Handled, Error> {
        Box::pin(self.handle_from(customer, signal, None)).await
    }

    /// As [`Self::handle`], of what somebody asked for through the API: the commit of the signal itself leaves an entry
    /// in the audit that says from where.
    pub async fn handle_from(
        &self,
        customer: &CustomerId,
        signal: Signal,
        origin: Option<&Origin>,
    ) -> Result<Handled, Error> {
        let first = Box::pin(self.commit(customer, &signal, origin, None)).await?;
        Ok(Box::pin(self.see_through(customer, first)).await)
    }

    /// As [`Self::handle`], of one customer among many: tags to be marked wait until `work_at` (see [`react_in_bulk`]).
    pub(crate) async fn handle_one_of_many(
        &self,
        customer: &CustomerId,
        signal: Signal,
        work_at: Timestamp,
    ) -> Result<Handled, Error> {
        let first = Box::pin(self.commit(customer, &signal, None, Some(work_at))).await?;
        Ok(Box::pin(self.see_through(customer, first)).await)
    }

    /// As [`Self::handle`], of one customer after the other among thousands who differ from WeCom: nobody waits for what is
    /// fetched, and what is to be written to WeCom then takes its turn.
    pub(crate) async fn handle_in_bulk(
        &self,
        customer: &CustomerId,
        signal: Signal,
    ) -> Result<Handled, Error> {
        let work_at = self.clock.now();
        let first = Box::pin(self.commit(customer, &signal, None, Some(work_at))).await?;
        Ok(Box::pin(self.see_through(customer, first)).await)
    }

    /// Performs what the signal's commit decided, and tells those who wait for it.
    async fn see_through(&self, customer: &CustomerId, first: Step) -> Handled {
        let alarm_before = first.alarm_before;
        let mut handled = first.handled;
        let mut journals = Vec::new();
        if handled.outcome == Outcome::Committed {
            journals.push(handled.version);
        }
        let mut work = first.work;
        for _ in 0..ROUNDS {
            if work.is_empty() {
                break;
            }
            let results = Box::pin(self.perform(&handled.file, &work)).await;
            work = Vec::new();
            for happening in results {
                let put_off_to = self.turn_of(&handled.file, &happening).await;
                let told =
                    Box::pin(self.commit(customer, &self.own_signal(happening), None, put_off_to)).await;
                // The signal itself is committed: its caller must not hear of a failure. The lease runs out, and
                // whoever finds it asks WeCom again.
                let Ok(step) = told.inspect_err(|error| tracing::warn!(%error, "a result was not recorded"))
                else {
                    break;
                };
                if step.handled.outcome == Outcome::Committed {
                    journals.push(step.handled.version);
                    if !step.handled.facts.is_empty() {
                        handled.told = Some(step.handled.version);
                    }
                }
                handled.file = step.handled.file;
                work.extend(step.work);
            }
        }
        self.set_alarm(alarm_before, &handled.file).await;
        self.publish(customer, &journals).await;
        handled
    }

    /// When it is the turn of what a fetch may bring that nobody waits for.
    async fn turn_of(&self, file: &File, happening: &Happening) -> Option<Timestamp> {
        let in_bulk = file.fetch.as_ref().is_some_and(|fetch| fetch.in_bulk);
        if !in_bulk || !matches!(happening, Happening::Fetched { .. }) {
            return None;
        }
        let pieces = i64::try_from(file.open_relations().count()).unwrap_or(1).max(1);
        let now = self.clock.now();
        let turn = self.store.take_turns(store::Queue::Bulk, pieces * 1000 / CALLS_PER_SECOND, now).await;
        Some(turn.inspect_err(|error| tracing::warn!(%error, "no turn; it is at once")).unwrap_or(now))
    }

    /// A signal of Stepwise's own; it leaves no receipt, so its id only names it.
    pub fn own_signal(&self, what: Happening) -> Signal {
        let id = hex::encode(&self.entropy.bytes16()[..8]);
        Signal { id: id.into(), at: self.clock.now(), by: Actor::Stepwise, what }
    }

    async fn commit(
        &self,
        customer: &CustomerId,
        signal: &Signal,
        origin: Option<&Origin>,
        put_off_to: Option<Timestamp>,
    ) -> Result<Step, Error> {
        for attempt in 1..=TRIES {
            let loaded = self.store.load(customer).await?;
            let mut book = self.shelf.at(&self.store, loaded.stamp).await?;
            let before = loaded.file;
            // File and stamp are read together, not at one instant: a file may be ahead of the book.
            let knows = |book: &Playbook| {
                let live = before.iter().flat_map(|file| &file.enrollments);
                live.into_iter().all(|live| book.version(&live.sop, live.version).is_some())
            };
            if !knows(&book) {
                book = self.playbook().await?;
            }
            let now =
                before.as_ref().map_or(self.clock.now(), |file| self.clock.now().max(file.committed_at));
            let mut reaction = match put_off_to {
                None => react(customer, before.as_ref(), signal, &book, now),
                Some(at) => react_in_bulk(customer, before.as_ref(), signal, &book, now, at),
            };
            let receipt = leaves_receipt(&signal.what).then_some(&signal.id);
            let blank = File::new(customer.clone());
            if reaction.is_quiet(before.as_ref().unwrap_or(&blank)) {
                let fresh = match receipt {
                    Some(receipt) => self.store.put_receipt(receipt, now).await?,
                    None => true,
                };
                if !fresh {
                    return self.repeated(customer).await;
                }
                return Ok(Step::without_work(Outcome::Quiet, reaction.file));
            }
            let remind_from = self.clock.now();
            self.ensure_slots(&mut reaction, &book.settings).await?;
            let beside = fit(before.as_ref(), &mut reaction, MAX_ITEMS - FIXED_ITEMS);
            let version = reaction.file.version;
            let entry = JournalEntry {
                version,
                at: now,
                signal: signal.clone(),
                facts: reaction.facts.clone(),
                gauges: gauge_changes(before.as_ref(), &reaction.file),
            };
            let loaded_version = before.as_ref().map_or(0, |file| file.version);
            let audit = origin.map(|origin| self.audit_of_signal(signal, &reaction.file, origin));
            let commit = Commit {
                loaded_version,
                file: &reaction.file,
                entry: &entry,
                receipt,
                beside: &beside,
                audit: audit.as_ref(),
                token: self.attempt_token(),
            };
            let written = self.write(&commit).await;
            // Whatever the answer: it may be there without our having heard so, and nobody else knows that it is late.
            self.tell_late(&reaction.file, &beside).await;
            match written {
                Ok(Committed::Now) => {
                    if self.clock.now() > remind_from.plus_secs(SLOT_MARGIN_SECONDS) {
                        // The commit took so long that its slots may have been flushed before it.
                        let ensured = self.ensure_slots(&mut reaction, &book.settings).await;
                        let _ =
                            ensured.inspect_err(|error| tracing::warn!(%error, "a reminder may be missing"));
                    }
                    let alarm_before = before.map_or_else(Alarm::default, |file| alarm_that_was_set(&file));
                    let handled = Handled {
                        outcome: Outcome::Committed,
                        file: reaction.file,
                        facts: reaction.facts,
                        version,
                        told: None,
                    };
                    return Ok(Step { handled, work: reaction.work, alarm_before });
                }
                Ok(Committed::Before) => return self.repeated(customer).await,
                Err(store::Error::LostRace(_)) => self.jitter(attempt).await,
                Err(error) => return Err(error.into()),
            }
        }
        Err(Error::Crowded { tries: TRIES })
    }

    /// Somebody else dealt with the signal, perhaps just now: the file as they left it.
    async fn repeated(&self, customer: &CustomerId) -> Result<Step, Error> {
        let file = self.store.load(customer).await?.file;
        let file = file.unwrap_or_else(|| File::new(customer.clone()));
        Ok(Step::without_work(Outcome::Repeated, file))
    }

    /// Writes one attempt. When the store does not answer, the very same request is repeated: its token makes the
    /// repetition harmless, and its answer tells whether the first had its effect.
    async fn write(&self, commit: &Commit<'_>) -> Result<Committed, store::Error> {
        let mut tries = 0;
        loop {
            match self.store.commit(commit).await {
                Err(store::Error::Unavailable { .. }) if tries < 3 => {
                    tries += 1;
                    self.jitter(tries).await;
                }
                answer => return answer,
            }
        }
    }

    /// A commit that took long is told of once more where its cards are shown: whoever asks what has changed may have
    /// read past it. If it is not there after all, a card is shown as it was.
    pub(crate) async fn tell_late(&self, file: &File, beside: &Beside) {
        let now = self.clock.now();
        if now <= file.committed_at.plus_secs(LATE_SECONDS) {
            return;
        }
        let change = CardChange { at: now, customer: file.id.clone(), version: file.version };
        for board in &beside.boards {
            if let Err(error) = self.store.repeat_change(board, &change).await {
                tracing::warn!(%error, "a change of a card may go unseen until the board is read again");
            }
        }
    }

    /// A short pause of random length, longer with each attempt.
    pub(crate) async fn jitter(&self, attempt: u32) {
        let spread = u64::from(self.entropy.bytes16()[0]);
        let ms = (5 + spread / 8) * u64::from(attempt);
        self.clock.pause(Duration::from_millis(ms)).await;
    }

    /// Reminder moments exist before the touches that they remind of: a commit that never happens leaves a moment
    /// without anything to say, and that is harmless. One that has been flushed already gives way to the next, and the
    /// facts say so.
    async fn ensure_slots(&self, reaction: &mut Reaction, settings: &Settings) -> Result<(), Error> {
        let now = self.clock.now();
        for wanted in std::mem::take(&mut reaction.slots) {
            let mut slot = wanted.clone();
            let flush_at = |slot: &Slot| timing::flush_at(&slot.staff, slot.at.max(now), settings);
            let mut tries = 0;
            while !self.store.ensure_slot(&slot, flush_at(&slot), now).await? {
                tries += 1;
                if tries == TRIES {
                    return Err(Error::Crowded { tries });
                }
                slot.at = timing::next_slot(slot.at, now, settings);
            }
            for fact in &mut reaction.facts {
                if let What::Offered { staff, slot: Some(at), .. } = &mut fact.what
                    && (&*staff, *at) == (&wanted.staff, wanted.at)
                {
                    *at = slot.at;
                }
            }
            reaction.slots.insert(slot);
        }
        Ok(())
    }

    /// Keeps the one schedule of the customer at the file's alarm. Best effort: the wake index is the truth.
    pub(crate) async fn set_alarm(&self, before: Alarm, file: &File) {
        if file.alarm.generation == before.generation {
            return;
        }
        let customer = file.id.as_str();
        if let Some(at) = file.alarm.at {
            let wake = cloud::alarm::Wake {
                customer: customer.to_owned(),
                generation: file.alarm.generation,
                at_ms: at.ms(),
            };
            if let Err(error) = self.alarm.arm(&wake, self.clock.now().ms()).await {
                tracing::warn!(%error, "the alarm was not set; the minute tick will wake the customer");
            }
        }
        if before.at.is_some()
            && let Err(error) = self.alarm.disarm(customer, before.generation).await
        {
            tracing::debug!(%error, "a stale schedule was left; it will do nothing");
        }
    }
}

impl Step {
    fn without_work(outcome: Outcome, file: File) -> Self {
        let (version, alarm_before) = (file.version, file.alarm);
        Self {
            handled: Handled { outcome, file, facts: Vec::new(), version, told: None },
            work: Vec::new(),
            alarm_before,
        }
    }
}

/// The alarm as far as there is a schedule for it. While work waits that a commit of many has put off, nobody has set
/// one for what was planned then.
fn alarm_that_was_set(file: &File) -> Alarm {
    let mut markings = file.relations.values().filter_map(|relation| relation.marking.as_ref());
    let decided_in_bulk = markings.any(|marking| marking.attempt.is_put_off());
    if decided_in_bulk { Alarm::default() } else { file.alarm }
}

/// Happenings come with an id of their own and count once. Hints may ask again; what Stepwise tells itself is
/// harmless twice.
fn leaves_receipt(what: &Happening) -> bool {
    match what {
        Happening::ContactAdded { .. }
        | Happening::ContactRemoved { .. }
        | Happening::MessageReceived { .. }
        | Happening::MessageSent { .. }
        | Happening::StageMoved { .. }
        | Happening::TagsEdited { .. }
        | Happening::OwnerAssigned { .. }
        | Happening::AttributesSet { .. }
        | Happening::BoardChanged { .. }
        | Happening::GroupMirrored { .. }
        | Happening::TaskDone { .. }
        | Happening::TaskSkipped { .. }
        | Happening::ContentSent { .. }
        | Happening::LinkOpened { .. }
        | Happening::Undo { .. } => true,
        Happening::ContactEdited { .. }
        | Happening::Compared { .. }
        | Happening::Fetched { .. }
        | Happening::Woken
        | Happening::Performed { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        Relation,
        file::{Attempt, Marking, TagDifference},
    };

    use super::*;

    #[test]
    fn what_was_planned_among_many_has_no_schedule_until_the_next_commit_sets_one() {
        let now = Timestamp::from_secs(1_700_000_000);
        let mut relation = Relation::opened(now);
        let mut file = File::new("wm1".into());
        file.alarm = Alarm { generation: 7, at: Some(now) };
        let marking = |attempt| Marking {
            leased: 1,
            tags: TagDifference::default(),
            attempt,
            settle: false,
            in_bulk: true,
        };
        relation.marking = Some(marking(Attempt::put_off(now)));
        file.relations.insert("zhang".into(), relation.clone());
        assert_eq!(alarm_that_was_set(&file), Alarm::default());
        relation.marking = Some(marking(Attempt::lease(None, now)));
        file.relations.insert("zhang".into(), relation);
        assert_eq!(alarm_that_was_set(&file), file.alarm);
    }
}
