//! The comparison of every night, and what the last one of everybody tells the next.

use std::collections::BTreeSet;

use domain::{StaffId, Timestamp, playbook::HourMinute, timing};
use serde::{Deserialize, Serialize};
use store::{Decision, Job, JobId, JobKind, Reading, Standing, Target, Unserved};

use super::{NewJob, Whom};
use crate::{App, Author, Error, catalog};

/// What the nightly comparison is called as standing work.
pub(crate) const NIGHTLY: &str = "contacts";
/// When it begins, in the corp's zone: after the synchronisation of staff.
const NIGHTLY_AT: HourMinute = HourMinute::at(4, 0);
const AFTER_STAFF_MINUTES: i64 = 10;
/// Who was a friend for longer, when nobody had ever been looked at, was so before Stepwise.
const OLD_NEWS_DAYS: i64 = 1;
/// WeCom's clock is not ours.
const CLOCKS_DIFFER_MINUTES: i64 = 10;
const TRIES: u32 = 8;

/// What is kept from one comparison of everybody to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Passes {
    /// The last one that began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last: Option<JobId>,
    /// When the last one began, an import among them, that has read everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    read_since: Option<Timestamp>,
}

impl App {
    /// Begins to compare: what has happened since everybody was looked at last is news, however long ago that is.
    pub(super) async fn begin_comparison(
        &self,
        job: &Job,
        named: Option<&BTreeSet<StaffId>>,
    ) -> Result<Reading, Error> {
        self.refresh_tags().await?;
        let read_since = self.passes().await?.and_then(|(passes, _)| passes.read_since);
        let news_since = read_since.map(|at| at.plus_mins(-CLOCKS_DIFFER_MINUTES));
        let news_since = news_since.unwrap_or_else(|| job.order.created_at.plus_days(-OLD_NEWS_DAYS));
        if named.is_none() {
            self.keep_passes(|passes| passes.last = Some(job.id.clone()), None).await?;
        }
        let unserved = named.is_none().then(Unserved::default);
        Ok(Reading { news_since: Some(news_since), unserved, ..Reading::default() })
    }

    /// A job has read everybody: later ones go by it, and what has been taken over once is compared every night.
    pub(super) async fn note_complete_reading(&self, job: &Job) -> Result<(), Error> {
        let first_at = match job.order.what {
            JobKind::Import { staff: None } => {
                let zone = self.playbook().await?.settings.timezone;
                Some(timing::next_at(self.clock.now(), NIGHTLY_AT, zone))
            }
            JobKind::Reconcile { staff: None } => None,
            _ => return Ok(()),
        };
        let began = job.started_at.unwrap_or(job.order.created_at);
        let note = |passes: &mut Passes| passes.read_since = passes.read_since.max(Some(began));
        self.keep_passes(note, first_at).await
    }

    /// A comparison of everybody that is not over, if there is one: a second one beside it would find the same.
    pub async fn comparison_under_way(&self) -> Result<Option<Job>, Error> {
        let Some(last) = self.passes().await?.and_then(|(passes, _)| passes.last) else { return Ok(None) };
        let job = self.store.job(&last).await?;
        Ok(job.filter(|job| !job.state.is_over()))
    }

    /// From the tick: begins the night's comparison, once; none while one goes on or waits for a decision.
    pub(crate) async fn begin_nightly_comparison(&self) -> Result<(), Error> {
        let now = self.clock.now();
        let Some((_, standing)) = self.passes().await?.filter(|(_, standing)| standing.at <= now) else {
            return Ok(());
        };
        let zone = self.playbook().await?.settings.timezone;
        let at = if self.staff_sync().await?.run.is_some() {
            now.plus_mins(AFTER_STAFF_MINUTES)
        } else if let Some(job) = self.comparison_under_way().await? {
            tracing::warn!(job = %job.id, "tonight's comparison is left out: the last one is not over");
            timing::next_at(now, NIGHTLY_AT, zone)
        } else {
            let night = timing::local(now, zone).format("%Y%m%d");
            let request = Some((JobId::from(format!("nightly{night}").as_str()), String::new()));
            let what = JobKind::Reconcile { staff: None };
            let new = NewJob { what, customers: Whom::Nobody, reason: None, sight: None, request };
            self.start_job(new, &Author::stepwise()).await?;
            timing::next_at(now, NIGHTLY_AT, zone)
        };
        // If somebody else has written, it is theirs to put it off, or it comes again.
        let version = standing.version + 1;
        self.store.put_standing(NIGHTLY, &Standing { at, version, ..standing }, None).await?;
        Ok(())
    }

    async fn passes(&self) -> Result<Option<(Passes, Standing)>, Error> {
        let Some(standing) = self.store.standing(NIGHTLY).await? else { return Ok(None) };
        Ok(Some((catalog::from_json("the nightly comparison", &standing.doc)?, standing)))
    }

    /// Changes what is kept. What is not there yet is made to begin at `first_at`, or not at all.
    async fn keep_passes(
        &self,
        change: impl Fn(&mut Passes),
        first_at: Option<Timestamp>,
    ) -> Result<(), Error> {
        for _ in 0..TRIES {
            let (mut passes, at, version) = match (self.passes().await?, first_at) {
                (Some((passes, standing)), _) => (passes, standing.at, standing.version),
                (None, Some(at)) => (Passes::default(), at, 0),
                (None, None) => return Ok(()),
            };
            change(&mut passes);
            let fresh = Standing { doc: catalog::to_json(&passes)?, at, version: version + 1 };
            if self.store.put_standing(NIGHTLY, &fresh, None).await? {
                return Ok(());
            }
        }
        Err(Error::Crowded { tries: TRIES })
    }

    /// Lets a job that waits go on as somebody decided. The job as it is then; [`Error::Conflict`] if it does not wait.
    pub async fn decide_job(&self, id: &JobId, decision: Decision, author: &Author) -> Result<Job, Error> {
        let target = Target { kind: "job".into(), id: id.to_string() };
        let after = Some(store::Audited::of(&catalog::to_json(&Decided { decision })?)?);
        let entry = |origin| store::AuditEntry {
            after: after.clone(),
            ..self.audit_entry(&author.actor, origin, "decide", target.clone())
        };
        let audit = author.origin.as_ref().map(entry);
        let (token, mut tries) = (self.attempt_token(), 0);
        let decided = loop {
            match self.store.decide_job(id, decision, audit.as_ref(), &token).await {
                Err(error) if error.is_transient() && tries < 3 => {
                    tries += 1;
                    self.jitter(tries).await;
                }
                answer => break answer?,
            }
        };
        let job = self.store.job(id).await?;
        let job = job.ok_or_else(|| Error::NotFound(format!("job {:?}", id.as_str())))?;
        if decided {
            self.nudge(id).await;
        } else if job.decision != Some(decision) {
            return Err(Error::Conflict("it does not wait for a decision".into()));
        }
        Ok(job)
    }
}

/// A decision, as the audit keeps it.
#[derive(Serialize)]
struct Decided {
    decision: Decision,
}
