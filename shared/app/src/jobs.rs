//! Jobs: long work for many customers, piece by piece, by whoever has the job's lease. Whose customers are not named
//! finds them first ([`collect`]). What the next piece is, the job's kind says: a pack of its customers ([`pack`]), to
//! each of whom the same is done ([`deed`]), or a page of what WeCom holds ([`reading`]), taken over ([`import`]) or
//! compared ([`reconcile`]).
//!
//! A worker goes on for so long, then hands over; one that dies is replaced when its lease ends. What a piece came to is
//! written together with how far the job has come, and each customer's change leaves a receipt: a piece that is done
//! twice counts once and changes once.

mod collect;
mod deed;
mod import;
mod lost;
mod nightly;
mod pack;
mod reading;
mod reconcile;
mod unserved;
mod whom;

use cloud::bus::{Message, MessageKind};
use domain::{CustomerId, StaffId};
use serde::Serialize;
use store::{
    AuditEntry, Audited, Booking, ItemResult, Job, JobCounts, JobId, JobKind, JobOrder, JobState, JobTrouble,
    Reading, Source, Target,
};

use crate::{App, Author, Error, Origin, Via, catalog};
pub(crate) use nightly::NIGHTLY;
pub(crate) use pack::CALLS_PER_SECOND;
pub use whom::Whom;

use deed::what_is_gone;
use reading::Unheard;

/// Whoever works on a job has so long from one piece to the next.
const LEASE_SECONDS: i64 = 60;
/// A worker hands over after so long,
const STRETCH_SECONDS: i64 = 30;
/// or so many pieces: others wait for their turn.
const STRETCH_PIECES: u32 = 20;
/// At this try of a piece, whom it still fails for is written down as failed, and the job goes on.
const LAST_TRY: u32 = 6;
/// At this one nobody has come back from the tries before: what was not done of a pack is written down as failed,
/// untried, and a reading ends.
const HOPELESS_TRY: u32 = 12;
const MAX_PAUSE_SECONDS: i64 = 60;

/// A job to be made.
#[derive(Debug)]
pub struct NewJob {
    /// What to do.
    pub what: JobKind,
    /// To whom.
    pub customers: Whom,
    /// Why, in the words of who asks.
    pub reason: Option<String>,
    /// Only customers whom this staff member sees; `None`: everybody's.
    pub sight: Option<StaffId>,
    /// Its id and what its request is recognised by, if that may come again.
    pub request: Option<(JobId, String)>,
}

/// What a piece came to.
struct Piece {
    /// Of its customers; where WeCom is read, only what somebody should know of.
    results: Vec<ItemResult>,
    /// What has come of the job with it.
    counts: JobCounts,
    /// Where the next piece begins, if WeCom is read.
    reading: Option<Reading>,
    /// The last journal entry that it wrote.
    last: Option<(CustomerId, u64)>,
}

impl Piece {
    const fn without_results(job: &Job) -> Self {
        Self { results: Vec::new(), counts: job.counts, reading: None, last: None }
    }

    /// Of customers named.
    fn of(job: &Job, results: Vec<ItemResult>) -> Self {
        let entry = |result: &ItemResult| Some((result.customer.clone(), result.entry?));
        let last = results.iter().rev().find_map(entry);
        Self { counts: job.counts.with(&results), reading: None, last, results }
    }
}

/// What was asked for, as the audit keeps it.
#[derive(Serialize)]
struct Asked<'a> {
    #[serde(flatten)]
    what: &'a JobKind,
    total: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<&'a Source>,
    reason: Option<&'a str>,
}

/// How a worker's stretch ended.
enum Stretch {
    /// There is more to do.
    Left,
    /// There is nothing more to do.
    Over,
    /// Somebody else has the job.
    Lost,
}

impl App {
    /// Makes the job, and sees to it that somebody begins. `false`: the request came before; the job is the one that it
    /// made then, and whether it was the same request its fingerprint tells.
    pub async fn start_job(&self, new: NewJob, author: &Author) -> Result<(Job, bool), Error> {
        let NewJob { what, customers, reason, sight, request } = new;
        let (customers, of) = customers.apart();
        let random = || (JobId::from(&*hex::encode(&self.entropy.bytes16()[..10])), String::new());
        let (id, fingerprint) = request.unwrap_or_else(random);
        let order = JobOrder {
            what,
            reason,
            by: author.actor.clone(),
            origin: author.origin.clone(),
            sight,
            created_at: self.clock.now(),
            total: u32::try_from(customers.len()).unwrap_or(u32::MAX),
            of,
            fingerprint,
        };
        let job = Job::new(id, order);
        let audit = self.audit_of_job(&job, author)?;
        let (token, mut tries) = (self.attempt_token(), 0);
        let created = loop {
            match self.store.create_job(&job, &customers, audit.as_ref(), &token).await {
                Err(error) if error.is_transient() && tries < 3 => {
                    tries += 1;
                    self.jitter(tries).await;
                }
                answer => break answer?,
            }
        };
        if created {
            self.nudge(&job.id).await;
            return Ok((job, true));
        }
        let known = self.store.job(&job.id).await?;
        known.map(|known| (known, false)).ok_or_else(|| Error::NotFound(format!("job {:?}", job.id.as_str())))
    }

    /// The audit entry of making the job. Its customers are not in it, but each one's change has an entry that follows.
    fn audit_of_job(&self, job: &Job, author: &Author) -> Result<Option<AuditEntry>, Error> {
        let Some(origin) = &author.origin else { return Ok(None) };
        let JobOrder { what, reason, total, of, .. } = &job.order;
        let asked = Asked { what, total: *total, of: of.as_ref(), reason: reason.as_deref() };
        let target = Target { kind: "job".into(), id: job.id.to_string() };
        Ok(Some(AuditEntry {
            after: Some(Audited::of(&catalog::to_json(&asked)?)?),
            ..self.audit_entry(&author.actor, origin, "create", target)
        }))
    }

    /// Asks the job to end: what is done stays, and no further piece is begun. The job as it is then.
    pub async fn cancel_job(&self, id: &JobId, author: &Author) -> Result<Job, Error> {
        let target = Target { kind: "job".into(), id: id.to_string() };
        let audit =
            author.origin.as_ref().map(|origin| self.audit_entry(&author.actor, origin, "cancel", target));
        let (token, mut tries) = (self.attempt_token(), 0);
        let asked = loop {
            // A worker may be writing its piece at this very moment.
            match self.store.cancel_job(id, audit.as_ref(), &token).await {
                Err(error) if error.is_transient() && tries < 3 => {
                    tries += 1;
                    self.jitter(tries).await;
                }
                answer => break answer?,
            }
        };
        if asked {
            self.nudge(id).await;
        }
        let job = self.store.job(id).await?;
        job.ok_or_else(|| Error::NotFound(format!("job {:?}", id.as_str())))
    }

    /// Tells the bus that a job waits. Best effort: the tick finds it. `false`: the bus did not take it.
    pub(crate) async fn nudge(&self, id: &JobId) -> bool {
        let message = Message { kind: MessageKind::Job, id: id.to_string() };
        let told = self.bus.publish(&[message]).await;
        told.inspect_err(
            |error| tracing::warn!(%error, job = %id, "nobody was told of a job; the tick finds it"),
        )
        .is_ok()
    }

    /// From the tick: somebody is to go on with the job.
    pub(crate) async fn resume_job(&self, id: &JobId) -> Result<(), Error> {
        if self.nudge(id).await { Ok(()) } else { Box::pin(self.run_job(id)).await }
    }

    /// Works on a job for a while, then hands over; nothing, if somebody else is at it.
    pub async fn run_job(&self, id: &JobId) -> Result<(), Error> {
        let (now, holder) = (self.clock.now(), self.attempt_token());
        let taken = self.store.take_job(id, &holder, now, now.plus_secs(LEASE_SECONDS)).await?;
        let Some(job) = taken else { return Ok(()) };
        let mut last = None;
        let tries = i64::from(job.tries);
        let stretch = Box::pin(self.work_on(job, &holder, &mut last)).await;
        if let Some((customer, version)) = last {
            // One is enough: whoever folds takes all that are open.
            self.publish(&customer, &[version]).await;
        }
        match stretch {
            Ok(Stretch::Left) => {
                self.store.let_job_go(id, &holder, self.clock.now(), None, true).await?;
                self.nudge(id).await;
                Ok(())
            }
            Ok(Stretch::Over | Stretch::Lost) => Ok(()),
            Err(error) => {
                let pause = (5 * tries.max(1)).min(MAX_PAUSE_SECONDS);
                let retry_at = self.clock.now().plus_secs(pause);
                // Whoever comes back and tells is none of those who die: only they make a pack hopeless.
                let is_counted = tries <= i64::from(LAST_TRY);
                let trouble = Some(pack::trouble(&error));
                self.store.let_job_go(id, &holder, retry_at, trouble, is_counted).await?;
                Err(error)
            }
        }
    }

    /// One stretch. `last` becomes the last journal entry that it wrote.
    async fn work_on(
        &self,
        mut job: Job,
        holder: &str,
        last: &mut Option<(CustomerId, u64)>,
    ) -> Result<Stretch, Error> {
        let end = self.clock.now().plus_secs(STRETCH_SECONDS);
        let (first, mut pieces) = (job.cursor, 0);
        let mut unheard = Unheard::new();
        loop {
            if let Some((state, trouble)) = self.end_of(&job).await? {
                if is_taken_over(&job) && !self.book_what_was_left(&job, holder).await? {
                    return Ok(Stretch::Lost);
                }
                if state == JobState::Done {
                    self.note_complete_reading(&job).await?;
                }
                self.store.finish_job(&job.id, holder, state, trouble, self.clock.now()).await?;
                return Ok(Stretch::Over);
            }
            if reconcile::is_undecided(&job) {
                self.store.let_job_wait(&job.id, holder, self.clock.now()).await?;
                return Ok(Stretch::Over);
            }
            if self.clock.now() >= end || pieces >= STRETCH_PIECES {
                return Ok(Stretch::Left);
            }
            pieces += 1;
            let booked = match &job.order.of {
                Some(source) if job.is_collecting() => Box::pin(self.collect(&job, source, holder)).await?,
                _ => {
                    // Another worker may have done some of its first piece.
                    let mut piece = self.next_piece(&job, job.cursor == first, &mut unheard).await?;
                    *last = piece.last.take().or(last.take());
                    self.book(&job, holder, &piece).await?
                }
            };
            if !booked {
                return Ok(Stretch::Lost);
            }
            // Somebody may have asked for its end meanwhile.
            match self.store.job(&job.id).await? {
                Some(next) if next.holder.as_deref() == Some(holder) => job = next,
                _ => return Ok(Stretch::Lost),
            }
        }
    }

    /// Does the next piece. `begun`: another worker may have done some of it.
    async fn next_piece(&self, job: &Job, begun: bool, unheard: &mut Unheard) -> Result<Piece, Error> {
        match &job.order.what {
            JobKind::Import { staff } => {
                Box::pin(self.import_page(job, staff.as_ref(), begun, unheard)).await
            }
            JobKind::Reconcile { staff } => {
                Box::pin(self.reconcile_page(job, staff.as_ref(), begun, unheard)).await
            }
            _ => Box::pin(self.do_pack(job, begun)).await,
        }
    }

    /// Is there nothing more to do for the job, and how has it ended?
    async fn end_of(&self, job: &Job) -> Result<Option<(JobState, Option<JobTrouble>)>, Error> {
        if is_done(job) {
            return Ok(Some((JobState::Done, None)));
        }
        if job.state == JobState::Cancelling {
            return Ok(Some((JobState::Cancelled, None)));
        }
        let book = self.playbook().await?;
        let left = |staff: &StaffId| book.staff.get(staff).is_some_and(|staff| !staff.is_with_us());
        if job.order.sight.as_ref().is_some_and(left) {
            return Ok(Some((JobState::Failed, Some(JobTrouble::CreatorLeft))));
        }
        if self.is_revoked(job.order.origin.as_ref()).await? {
            return Ok(Some((JobState::Failed, Some(JobTrouble::TokenRevoked))));
        }
        let trouble = what_is_gone(&job.order.what, &book).or_else(|| {
            // Of a pack each customer's own failure is written down.
            let has_no_packs = job.order.what.is_reading() || job.is_collecting();
            if has_no_packs { no_way_on(job) } else { None }
        });
        Ok(trouble.map(|trouble| (JobState::Failed, Some(trouble))))
    }

    /// The job ends, and a worker may have died in its next pack: whom it had changed has a result, and nobody else of
    /// the pack. `false`: somebody else has the job.
    async fn book_what_was_left(&self, job: &Job, holder: &str) -> Result<bool, Error> {
        let results = Box::pin(self.left_behind(job)).await?;
        Ok(results.is_empty() || self.book(job, holder, &Piece::of(job, results)).await?)
    }

    /// Is it the origin of what an API token asked for that is no good any more?
    async fn is_revoked(&self, origin: Option<&Origin>) -> Result<bool, Error> {
        let Some(Origin { via: Via::Token, credential: Some(id), .. }) = origin else { return Ok(false) };
        let token = self.store.api_token(id).await?;
        Ok(token.is_none_or(|token| token.expires_at <= self.clock.now()))
    }

    async fn book(&self, job: &Job, holder: &str, piece: &Piece) -> Result<bool, Error> {
        let (now, token) = (self.clock.now(), self.attempt_token());
        let Piece { results, counts, reading, .. } = piece;
        let booking = Booking {
            holder,
            results,
            counts: *counts,
            reading: reading.as_ref(),
            now,
            until: now.plus_secs(LEASE_SECONDS),
            token: &token,
        };
        let mut tries = 0;
        loop {
            match self.store.book_piece(job, &booking).await {
                Err(error) if error.is_transient() && tries < 3 => {
                    tries += 1;
                    self.jitter(tries).await;
                }
                answer => return Ok(answer?),
            }
        }
    }
}

/// Is nothing left to do?
fn is_done(job: &Job) -> bool {
    if job.order.what.is_reading() {
        return job.reading.as_ref().is_some_and(Reading::is_over);
    }
    !job.is_collecting() && job.cursor >= job.packs()
}

/// Why it is of no use to go on with a job whose pieces are the same for everybody.
fn no_way_on(job: &Job) -> Option<JobTrouble> {
    // Whoever comes back is not counted any more by then: these died.
    if is_hopeless(job) {
        return Some(JobTrouble::Broken);
    }
    let is_told = job.reading.as_ref().is_some_and(|reading| reading.staff_done > reading.passed_over);
    match job.trouble.filter(|_| is_last_try(job))? {
        JobTrouble::Busy => None,
        // Of others WeCom did tell: it is this member.
        JobTrouble::WecomRefuses if is_told => None,
        trouble => Some(trouble),
    }
}

/// Has somebody begun with the next pack who did not come to write it down?
fn is_taken_over(job: &Job) -> bool {
    !job.is_collecting() && job.cursor < job.packs() && job.tries > 1
}

/// Has the next piece failed so often that what still fails is written down as failed?
const fn is_last_try(job: &Job) -> bool {
    job.tries >= LAST_TRY
}

/// Has nobody come back from the next piece, though its last tries do not fail?
const fn is_hopeless(job: &Job) -> bool {
    job.tries >= HOPELESS_TRY
}
