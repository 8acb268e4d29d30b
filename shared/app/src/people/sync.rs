//! The synchronisation with WeCom: nightly, and when somebody asks for it; in steps, each of which can be done again.

use std::{collections::BTreeSet, time::Duration};

use domain::{StaffId, Timestamp, playbook::HourMinute, timing};
use serde_json::json;
use store::{AuditEntry, Audited, Standing, Target};

use super::state::{Cause, Run, StaffSync};
use crate::{App, Author, Error, catalog};

/// What the standing work is called.
pub(crate) const SYNC: &str = "staff";
/// When the nightly one begins, in the corp's zone: nobody is at work, and WeCom's night is over.
const NIGHTLY: HourMinute = HourMinute::at(3, 30);
/// A step takes no new members on after so long; a janitor that began with it late still ends in time.
const STEP_SECONDS: i64 = 10;
/// With a clock that stands a step has to end, too.
const STEP_CHUNKS: usize = 20;
/// Members looked at and written together: with an audit entry each, and the stamp, they fit in one transaction.
pub(super) const CHUNK: usize = 40;
/// Nobody else goes on for so long: a chunk takes less, tries and time-outs included.
const LEASE_SECONDS: i64 = 120;
/// After so many failures in a row the run is given up: the next night begins anew.
const MOST_FAILURES: u32 = 6;
const PAUSE_SECONDS: i64 = 60;
/// Whoever asks for a synchronisation waits no longer than this for its first step.
const PATIENCE: Duration = Duration::from_secs(15);

impl App {
    /// How far the synchronisation has come, and what the last one found.
    pub async fn staff_sync(&self) -> Result<StaffSync, Error> {
        let Some(standing) = self.store.standing(SYNC).await? else { return Ok(StaffSync::default()) };
        let state: StaffSync = catalog::from_json("staff synchronisation", &standing.doc)?;
        Ok(StaffSync { next_at: standing.at, version: standing.version, ..state })
    }

    /// Sees to it that there is a nightly synchronisation. A new store asks WeCom at once.
    pub async fn first_staff_sync(&self) -> Result<(), Error> {
        let state = self.staff_sync().await?;
        if !state.is_set_up() {
            // Somebody may have been faster: then it is there.
            self.keep(&state, self.clock.now(), None).await?;
        }
        Ok(())
    }

    /// Asks for a synchronisation, and does its first step, which is all of it in a small corp. One that is under way
    /// is followed by another: it may have passed what this one is meant to find. With `believes` whoever is not found
    /// has left and whoever is not listed has no licence, however many there are.
    pub async fn ask_staff_sync(&self, believes: bool, author: &Author) -> Result<StaffSync, Error> {
        let audit = self.audit_of_asking(believes, author);
        let request = audit.as_ref().map(|entry| entry.origin.request_id.clone()).unwrap_or_default();
        for _ in 0..super::TRIES {
            let state = self.staff_sync().await?;
            let at = if state.run.is_some() { state.next_at } else { self.clock.now() };
            let believes = believes || state.believes;
            let asked = StaffSync { asked: true, believes, request: request.clone(), ..state };
            if self.keep(&asked, at, audit.as_ref()).await? {
                self.begin_in_time().await;
                return self.staff_sync().await;
            }
        }
        Err(Error::Crowded { tries: super::TRIES })
    }

    /// The audit entry of asking for it; what it finds has entries of its own.
    fn audit_of_asking(&self, believes: bool, author: &Author) -> Option<AuditEntry> {
        let origin = author.origin.as_ref()?;
        let target = Target { kind: "staff".into(), id: String::new() };
        let after = Some(Audited::Document(json!({"believe": believes})));
        Some(AuditEntry { after, ..self.audit_entry(&author.actor, origin, "sync", target) })
    }

    /// A first step for somebody who waits; what fails or takes too long is left to the tick.
    async fn begin_in_time(&self) {
        let step = tokio::time::timeout(PATIENCE, Box::pin(self.go_on_with_staff_sync())).await;
        if let Ok(Err(error)) = step {
            tracing::warn!(%error, "the synchronisation of staff is left for the next tick");
        }
    }

    /// Does the next step, if it is time and nobody else is at it. What fails is put off.
    pub async fn go_on_with_staff_sync(&self) -> Result<(), Error> {
        let now = self.clock.now();
        let state = self.staff_sync().await?;
        if !state.is_set_up() || state.next_at > now {
            return Ok(());
        }
        let cause = if state.asked { Cause::Asked } else { Cause::Nightly };
        let mut begun = state.clone();
        let mut run = begun.run.take().unwrap_or_else(|| {
            // What is asked for from now on is not what this run was begun for.
            begun.asked = false;
            let believes = std::mem::take(&mut begun.believes);
            let request = Some(std::mem::take(&mut begun.request)).filter(|request| !request.is_empty());
            let request = request.unwrap_or_else(|| self.attempt_token());
            Run { cause, began_at: now, believes, request, ..Run::default() }
        });
        run.holder = self.attempt_token();
        begun.run = Some(run.clone());
        if !self.keep(&begun, now.plus_secs(LEASE_SECONDS), None).await? {
            return Ok(());
        }
        let step = Box::pin(self.step(&mut run)).await;
        self.end_step(run, step).await
    }

    /// Looks at the next members. `true`: everybody has been looked at.
    async fn step(&self, run: &mut Run) -> Result<bool, Error> {
        let end = self.clock.now().plus_secs(STEP_SECONDS);
        let licences = self.licences(run).await?;
        if !run.departments_done {
            self.take_over_departments(run).await?;
            run.departments_done = true;
        }
        for _ in 0..STEP_CHUNKS {
            let userids = self.following(run.after.as_ref(), licences.as_ref()).await?;
            let Some(last) = userids.last() else {
                self.take_leave_of_missing(run).await?;
                self.take_licences(run).await?;
                return Ok(true);
            };
            let (sightings, failure) = self.look_at(&userids, licences.as_ref(), run).await;
            self.take_over_staff(&sightings, run).await?;
            if let Some(seen) = sightings.last() {
                run.after = Some(seen.userid.clone());
                run.failures = 0;
            }
            if let Some(error) = failure {
                return Err(error);
            }
            run.after = Some(last.clone());
            if self.clock.now() >= end || !self.is_still_ours(run).await? {
                return Ok(false);
            }
        }
        Ok(false)
    }

    /// The next members to look at: everybody known, and everybody with a licence.
    async fn following(
        &self,
        after: Option<&StaffId>,
        licences: Option<&BTreeSet<StaffId>>,
    ) -> Result<Vec<StaffId>, Error> {
        let book = self.playbook().await?;
        let known = book.staff.keys().chain(licences.into_iter().flatten());
        let all: BTreeSet<&StaffId> =
            known.filter(|userid| after.is_none_or(|after| *userid > after)).collect();
        Ok(all.into_iter().take(CHUNK).cloned().collect())
    }

    /// Notes how far the run has come, and keeps others away. `false`: somebody else has taken over.
    async fn is_still_ours(&self, run: &Run) -> Result<bool, Error> {
        let until = self.clock.now().plus_secs(LEASE_SECONDS);
        self.replace(&run.holder, |state| (StaffSync { run: Some(run.clone()), ..state }, until)).await
    }

    async fn end_step(&self, mut run: Run, step: Result<bool, Error>) -> Result<(), Error> {
        let now = self.clock.now();
        let (completed, at, failure) = match step {
            Ok(true) => (Some(true), now, None),
            Ok(false) => (None, now, None),
            Err(error) => {
                run.failures += 1;
                let pause = now.plus_secs(PAUSE_SECONDS * i64::from(run.failures));
                let at = held_until(&error).map_or(pause, |until| until.max(now.plus_secs(1)));
                ((run.failures >= MOST_FAILURES).then_some(false), at, Some(error))
            }
        };
        let night = timing::next_at(now, NIGHTLY, self.playbook().await?.settings.timezone);
        let holder = run.holder.clone();
        let ended = |state: StaffSync| match completed {
            // Asked for meanwhile: at once again.
            Some(completed) => {
                let next_at = if state.asked { now } else { night };
                let last = Some(run.clone().report(completed, now));
                (StaffSync { run: None, last, ..state }, next_at)
            }
            None => (StaffSync { run: Some(run.clone()), ..state }, at),
        };
        self.replace(&holder, ended).await?;
        failure.map_or(Ok(()), Err)
    }

    /// Replaces the state as long as its run is in the hands of `holder`. `false`: it is not.
    async fn replace(
        &self,
        holder: &str,
        change: impl Fn(StaffSync) -> (StaffSync, Timestamp),
    ) -> Result<bool, Error> {
        for _ in 0..super::TRIES {
            let state = self.staff_sync().await?;
            if state.run.as_ref().is_none_or(|run| run.holder != holder) {
                return Ok(false);
            }
            let (changed, at) = change(state);
            if self.keep(&changed, at, None).await? {
                return Ok(true);
            }
        }
        Err(Error::Crowded { tries: super::TRIES })
    }

    /// Writes the state that was read; `false`: somebody was faster.
    async fn keep(
        &self,
        state: &StaffSync,
        at: Timestamp,
        audit: Option<&AuditEntry>,
    ) -> Result<bool, Error> {
        let fresh = Standing { doc: catalog::to_json(state)?, at, version: state.version + 1 };
        Ok(self.store.put_standing(SYNC, &fresh, audit).await?)
    }
}

/// When WeCom may be called again, if that is why it was not.
fn held_until(error: &Error) -> Option<Timestamp> {
    match error {
        Error::WeCom(wecom::Error::Held { until_ms, .. }) => Some(Timestamp::from_ms(*until_ms)),
        _ => None,
    }
}
