//! Writing what was decided: together as far as it goes, then alone.

use std::collections::BTreeMap;

use domain::{SignalId, playbook::Sight};
use store::{Hindrance, Part};

use super::{Bulk, Draft, Fate, Plan, put_off_to};
use crate::{App, Class, Error, Outcome, playbook::knows};

/// A lost race is nobody's fault: react again.
const TRIES: u32 = 8;

/// What became of drafts that were to be written together. Who is in neither goes alone.
#[derive(Default)]
pub(super) struct Written {
    pub(super) fates: Vec<(usize, Fate)>,
    /// Their signal had been committed, or seen, before.
    pub(super) before: Vec<usize>,
}

impl App {
    /// Writes these together. Who hinders the others is taken out.
    pub(super) async fn write_pack(&self, pack: &[Box<Draft>]) -> Written {
        let mut left: Vec<&Draft> = pack.iter().map(|draft| &**draft).collect();
        let mut written = Written::default();
        while !left.is_empty() {
            let hindered: BTreeMap<usize, Hindrance> = match self.write_together(&left).await {
                Ok(hindered) => hindered.into_iter().collect(),
                Err(error) => {
                    tracing::warn!(%error, customers = left.len(), "not written together; each goes alone");
                    break;
                }
            };
            if hindered.is_empty() {
                written.fates = left.iter().map(|draft| (draft.place, draft.written())).collect();
                break;
            }
            for (place, draft) in std::mem::take(&mut left).into_iter().enumerate() {
                match hindered.get(&place) {
                    None => left.push(draft),
                    Some(Hindrance::Before) => written.before.push(draft.place),
                    Some(Hindrance::Failed(_)) => {}
                }
            }
        }
        written
    }

    /// Writes one attempt. When the store does not answer, the very same request is repeated: its token makes the
    /// repetition harmless, and its answer tells whether the first had its effect.
    async fn write_together(&self, drafts: &[&Draft]) -> Result<Vec<(usize, Hindrance)>, store::Error> {
        let parts: Vec<Part<'_>> = drafts.iter().map(|draft| draft.part()).collect();
        let (parts, token) = (parts.iter().collect::<Vec<_>>(), self.attempt_token());
        let mut tries = 0;
        let hindered = loop {
            match self.store.commit_together(&parts, &token).await {
                Err(store::Error::Unavailable { .. }) if tries < 3 => {
                    tries += 1;
                    self.jitter(tries).await;
                }
                answer => break answer,
            }
        };
        // Whatever the answer: they may be there without our having heard so.
        for draft in drafts {
            self.tell_late(&draft.file, &draft.beside).await;
        }
        hindered
    }

    /// Looks at one customer anew, decides, and writes, until nobody else is faster.
    pub(super) async fn go_alone(&self, bulk: &Bulk<'_>, place: usize) -> (usize, Fate) {
        for attempt in 1..=TRIES {
            match Box::pin(self.try_alone(bulk, place)).await {
                Ok(Some(fate)) => return (place, fate),
                Err(error) if error.class() != Class::Retry || !bulk.insist || attempt == TRIES => {
                    return (place, Fate::Failed(error));
                }
                Ok(None) | Err(_) => self.jitter(attempt).await,
            }
        }
        (place, Fate::Failed(Error::Crowded { tries: TRIES }))
    }

    /// `None`: somebody else was faster.
    async fn try_alone(&self, bulk: &Bulk<'_>, place: usize) -> Result<Option<Fate>, Error> {
        let customer = &bulk.customers[place];
        let loaded = self.store.load(customer).await?;
        let mut book = self.shelf.at(&self.store, loaded.stamp).await?;
        if !loaded.file.as_ref().is_none_or(|file| knows(&book, file)) {
            book = self.playbook().await?;
        }
        let sight = bulk.sight.map(|staff| Sight::of(staff, &book));
        let signal = (bulk.signal)(customer, loaded.file.as_ref());
        let plan = |at| self.plan(bulk, place, loaded.file.clone(), &book, sight.as_ref(), at);
        let now = self.clock.now();
        // Turns that nobody uses would let all others wait for nothing.
        let pieces = match plan(now) {
            Plan::Settled(_) => 0,
            Plan::Write(draft) => usize::try_from(put_off_to(&draft.file, now)).unwrap_or(0),
            Plan::Alone(_) => loaded.file.as_ref().map_or(0, |file| file.open_relations().count()),
        };
        let (work_at, _) = self.take_turns(bulk, pieces).await?;
        let draft = match plan(work_at) {
            Plan::Settled(fate) => return Ok(Some(fate)),
            Plan::Write(draft) => draft,
            Plan::Alone(work_at) => {
                let handled = Box::pin(self.handle_one_of_many(customer, signal, work_at)).await?;
                return match handled.outcome {
                    Outcome::Repeated => self.fate_of_before(bulk, place).await,
                    Outcome::Quiet => Ok(Some(Fate::Handled(None))),
                    Outcome::Committed => Ok(Some(Fate::Handled(Some((handled.version, handled.facts))))),
                };
            }
        };
        match self.write_together(&[&draft]).await?.pop() {
            None => Ok(Some(draft.written())),
            Some((_, Hindrance::Before)) => self.fate_of_before(bulk, place).await,
            Some((_, Hindrance::Failed(store::Error::LostRace(_)))) => Ok(None),
            Some((_, Hindrance::Failed(error))) => Err(error.into()),
        }
    }

    async fn fate_of_before(&self, bulk: &Bulk<'_>, place: usize) -> Result<Option<Fate>, Error> {
        Ok(self.fates_of_before(bulk, &[place]).await?.remove(&place))
    }

    /// What became of those to whom it happened before; at most 100 are asked for.
    pub(crate) async fn fates_of_before(
        &self,
        bulk: &Bulk<'_>,
        places: &[usize],
    ) -> Result<BTreeMap<usize, Fate>, Error> {
        let signal = |place: usize| (bulk.signal)(&bulk.customers[place], None).id;
        let signals: Vec<SignalId> = places.iter().map(|place| signal(*place)).collect();
        let receipts = self.store.receipts(&signals).await?;
        let of = |place: &usize| Some((*place, *receipts.get(&signal(*place))?));
        let known: Vec<(usize, Option<u64>)> = places.iter().filter_map(of).collect();
        let entries = known
            .iter()
            .filter_map(|(place, version)| version.map(|version| (bulk.customers[*place].clone(), version)));
        let mut entries = self.store.journal_entries(&entries.collect::<Vec<_>>()).await?;
        let mut fates = BTreeMap::new();
        for (place, version) in known {
            let key = version.map(|version| (bulk.customers[place].clone(), version));
            let fate = match key.and_then(|key| entries.remove(&key)) {
                Some(Ok(entry)) => Fate::Handled(Some((entry.version, entry.facts))),
                // It happened, and what it was nobody can tell.
                Some(Err(error)) => Fate::Failed(error.into()),
                None => Fate::Handled(None),
            };
            fates.insert(place, fate);
        }
        Ok(fates)
    }
}
