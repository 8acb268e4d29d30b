//! Since when what is found with a staff member is news (T7): since their customers were last read, whatever became of
//! others. Who was not in sight until now is a baseline, but for the last day.

use domain::{StaffId, Timestamp};
use store::{Job, JobKind, JobState, Place, ReadMark};

use crate::{App, Error};

/// Whoever was a friend for longer, when that member had never been looked at, was so before.
const OLD_NEWS_DAYS: i64 = 1;
/// WeCom's clock is not ours.
const CLOCKS_DIFFER_MINUTES: i64 = 10;

impl App {
    /// The place before a member's first customer, and since when what is found with them is news. To the very first
    /// import nothing is.
    pub(super) async fn place_before(&self, job: &Job, staff: &StaffId) -> Result<Place, Error> {
        let began_at = self.clock.now();
        let news_since = match self.read_since(staff).await? {
            Some(since) => Some(since.plus_mins(-CLOCKS_DIFFER_MINUTES)),
            None if is_import(job) && !self.was_imported().await? => None,
            None => Some(began_at.plus_days(-OLD_NEWS_DAYS)),
        };
        Ok(Place { began_at, news_since, ..Place::first_of(staff.clone()) })
    }

    /// All of a member's customers have been read: what comes later is news to whoever reads next, once this job is done.
    /// An import leaves to a comparison what is news already.
    pub(super) async fn note_read(&self, job: &Job, at: &Place) -> Result<(), Error> {
        let since = self.read_since(&at.staff).await?;
        let until = match at.news_since {
            Some(_) if is_import(job) && since.is_some() => return Ok(()),
            Some(news_since) if is_import(job) => news_since,
            _ => at.began_at,
        };
        if until == Timestamp::default() {
            // It was begun by an earlier version, which did not say when.
            return Ok(());
        }
        let mark = ReadMark { since, by: Some((job.id.clone(), until)) };
        Ok(self.store.put_read_mark(&at.staff, &mark).await?)
    }

    /// When a job began with this member that has read them and is done: one that failed, or that somebody ended, may
    /// have left undone what it found.
    async fn read_since(&self, staff: &StaffId) -> Result<Option<Timestamp>, Error> {
        let Some(ReadMark { since, by }) = self.store.read_mark(staff).await? else { return Ok(None) };
        let Some((job, until)) = by else { return Ok(since) };
        let is_done = self.store.job(&job).await?.is_some_and(|job| job.state == JobState::Done);
        Ok(if is_done { since.max(Some(until)) } else { since })
    }
}

const fn is_import(job: &Job) -> bool {
    matches!(job.order.what, JobKind::Import { .. })
}
