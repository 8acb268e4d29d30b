//! What greetings show, kept ready: a code lives for 20 seconds, and nothing is uploaded within them (W1). One piece of
//! standing work renews every id long before it ends, so that an outage of WeCom's of a day goes unnoticed.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use domain::{ContentId, Timestamp, content::SentContent};
use futures::StreamExt as _;
use serde::{Deserialize, Serialize};
use store::{MediaFile, Standing};

use super::{
    attachments::files_of,
    media_ids::{AT_ONCE, MediaIds, is_younger},
};
use crate::{App, Error, Lane, catalog};

/// What the standing work is called.
const GREETINGS: &str = "greetings";
/// An id is renewed at this age: a day before it ends.
const RENEWED_SECONDS: i64 = 48 * 3600;
/// Somebody looks so often all the same.
const LOOK_SECONDS: i64 = 3600;
/// Nothing greets with a content.
const IDLE_DAYS: i64 = 30;
/// No upload is begun after so long, and one takes no longer than that: a janitor ends in time.
const STEP_SECONDS: i64 = 10;
const UPLOAD_LIMIT: Duration = Duration::from_secs(30);
/// Nobody else goes on for so long.
const LEASE_SECONDS: i64 = 120;
/// After a failure, twice as long after each further one.
const PAUSE_SECONDS: i64 = 60;
const LONGEST_PAUSE_SECONDS: i64 = 1800;
/// Ids that last so long before WeCom refuses one again were good.
const GOOD_SECONDS: i64 = 2 * 3600;
const TRIES: u32 = 8;

/// Why somebody is to look at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Woken<'a> {
    /// Greetings may show something else now.
    Published,
    /// A greeting went without something.
    LeftOut,
    /// WeCom refused an id in a greeting with this.
    Refused(&'a SentContent),
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Renewal {
    /// Who is at it.
    holder: Option<String>,
    /// Woken meanwhile.
    again: bool,
    /// What greeted when somebody looked last.
    shown: BTreeSet<SentContent>,
    /// WeCom has refused something since.
    is_refused: bool,
    /// How often in a row nobody could even look.
    failures: u32,
    /// What could not be uploaded, by the file's key.
    failed: BTreeMap<String, Failed>,
    /// How often in a row WeCom refused what had just been uploaded, the last time, and until when greetings that lack
    /// something for it wait.
    refusals: u32,
    refused_at: Timestamp,
    rests_until: Timestamp,
}

/// One file that could not be uploaded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Failed {
    /// So often in a row.
    times: u32,
    /// It is not tried again before.
    until: Timestamp,
}

/// What one look came to.
struct Looked {
    shown: BTreeSet<SentContent>,
    failed: BTreeMap<String, Failed>,
    /// When to look again.
    next: Timestamp,
    /// Of all that could not be uploaded, one.
    error: Option<Error>,
}

impl Renewal {
    /// Woken for that reason.
    fn woken(&self, woken: Woken<'_>, now: Timestamp) -> Self {
        let mut fresh = self.clone();
        match woken {
            Woken::Published => (fresh.refusals, fresh.rests_until) = (0, now),
            Woken::LeftOut => {}
            // Greetings that are on their way at the same time are all refused for the same.
            Woken::Refused(_) if self.is_refused => {}
            Woken::Refused(sent) => {
                let again = now < self.refused_at.plus_secs(GOOD_SECONDS);
                fresh.refusals = if again { self.refusals + 1 } else { 1 };
                (fresh.is_refused, fresh.refused_at) = (true, now);
                fresh.rests_until = now;
                if let Some(before) = fresh.refusals.checked_sub(2) {
                    fresh.rests_until = now.plus_secs(doubled(before));
                    tracing::error!(content = %sent.content, version = sent.version, refusals = fresh.refusals,
                        "WeCom refuses what was just uploaded: greetings go without their files until it is renewed");
                }
            }
        }
        fresh
    }
}

impl App {
    /// Sees to it that what greetings show gets ready at once. Whoever calls does not fail for it: the tick compares what
    /// is shown with what was looked at.
    pub(crate) async fn ready_greetings(&self, woken: Woken<'_>) {
        if let Err(error) = self.wake_renewal(woken).await {
            tracing::warn!(%error, "what greetings show is renewed later");
        }
    }

    /// The same, after a content was published, if anybody is greeted with it.
    pub(super) async fn ready_greetings_with(&self, content: &ContentId) {
        match self.playbook().await {
            Ok(book) if book.greeting_contents().iter().any(|sent| sent.content == *content) => {
                self.ready_greetings(Woken::Published).await;
            }
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "what greetings show is renewed later"),
        }
    }

    async fn wake_renewal(&self, woken: Woken<'_>) -> Result<(), Error> {
        for _ in 0..TRIES {
            let (standing, renewal) = self.renewal().await?;
            let now = self.clock.now();
            if standing.version == 0 && self.playbook().await?.greeting_contents().is_empty() {
                return Ok(());
            }
            let mut fresh = renewal.woken(woken, now);
            let is_running = renewal.holder.is_some() && standing.at > now;
            fresh.again |= is_running;
            let soon = fresh.rests_until.max(now);
            let at = match standing.version {
                _ if is_running => standing.at,
                0 => soon,
                _ => standing.at.min(soon),
            };
            if standing.version > 0 && fresh == renewal && at == standing.at {
                return Ok(());
            }
            if self.put_renewal(&standing, &fresh, at).await? {
                return Ok(());
            }
        }
        Err(Error::Crowded { tries: TRIES })
    }

    /// From the tick: renews what is old or missing, if it is time and nobody else is at it.
    ///
    /// # Errors
    /// Why something could not be uploaded, or the store's. It is tried again.
    pub async fn renew_greetings(&self) -> Result<(), Error> {
        let now = self.clock.now();
        let (standing, renewal) = self.renewal().await?;
        let is_running = renewal.holder.is_some() && standing.at > now;
        // Whoever published may have died before saying so.
        let is_due = standing.version > 0 && standing.at <= now;
        if is_running || !is_due && self.playbook().await?.greeting_contents() == renewal.shown {
            return Ok(());
        }
        let holder = self.attempt_token();
        let begun = Renewal { holder: Some(holder.clone()), again: false, is_refused: false, ..renewal };
        if !self.put_renewal(&standing, &begun, now.plus_secs(LEASE_SECONDS)).await? {
            return Ok(());
        }
        let looked = Box::pin(self.look(begun.failed)).await;
        self.end_renewal(&holder, looked).await
    }

    /// Uploads what is old or missing. What `failed` before comes last, and after its pause.
    async fn look(&self, mut failed: BTreeMap<String, Failed>) -> Result<Looked, Error> {
        let began = self.clock.now();
        let shown = self.playbook().await?.greeting_contents();
        let files = self.shown_in_greetings(&shown).await?;
        let keys: BTreeSet<String> = files.iter().map(MediaFile::key).collect();
        failed.retain(|key, _| keys.contains(key));
        if files.is_empty() {
            return Ok(Looked { shown, failed, next: began.plus_days(IDLE_DAYS), error: None });
        }
        let known = self.known_media_ids(&files).await?;
        let old = due(&files, &known, &failed, began);
        let count = old.len();
        let upload = |file: MediaFile| async move {
            let media = Box::pin(self.media_id(&file, Lane::Sop, RENEWED_SECONDS, UPLOAD_LIMIT)).await;
            (file, media)
        };
        let in_time = self.until(began.plus_secs(STEP_SECONDS), old);
        let results: Vec<_> = in_time.map(upload).buffer_unordered(AT_ONCE).collect().await;
        let now = self.clock.now();
        let is_through = results.len() == count;
        let mut first = None;
        for (file, media) in results {
            match media {
                Ok(_) => drop(failed.remove(&file.key())),
                Err(error) => {
                    tracing::warn!(%error, blob = file.blob.as_str(), "what greetings show is not ready");
                    let before = failed.entry(file.key()).or_default();
                    let until = now.plus_secs(pause(before.times, &error, now));
                    *before = Failed { times: before.times.saturating_add(1), until };
                    first.get_or_insert(error);
                }
            }
        }
        let next = if is_through { next_look(&files, &known, &failed, began) } else { now };
        Ok(Looked { shown, failed, next, error: first })
    }

    /// The files of everything with which somebody may be greeted now.
    async fn shown_in_greetings(&self, shown: &BTreeSet<SentContent>) -> Result<BTreeSet<MediaFile>, Error> {
        let mut files = BTreeSet::new();
        for sent in shown {
            match self.content_as_sent(sent).await? {
                Some(version) => files.extend(files_of(&version.body)),
                None => tracing::error!(?sent, "there is no such version to greet with"),
            }
        }
        Ok(files)
    }

    async fn end_renewal(&self, holder: &str, looked: Result<Looked, Error>) -> Result<(), Error> {
        for _ in 0..TRIES {
            let (standing, renewal) = self.renewal().await?;
            if renewal.holder.as_deref() != Some(holder) {
                break;
            }
            let now = self.clock.now();
            let at = match &looked {
                Ok(looked) => looked.next,
                Err(error) => now.plus_secs(pause(renewal.failures, error, now)),
            };
            let at = if renewal.again { renewal.rests_until.max(now) } else { at };
            let mut ended = Renewal { holder: None, again: false, ..renewal };
            match &looked {
                Ok(Looked { shown, failed, .. }) => {
                    (ended.shown, ended.failed, ended.failures) = (shown.clone(), failed.clone(), 0);
                }
                Err(_) => ended.failures = ended.failures.saturating_add(1),
            }
            // Greetings that lack what cannot be had are not all to wake somebody.
            ended.rests_until = ended.rests_until.max(now.plus_secs(PAUSE_SECONDS));
            if self.put_renewal(&standing, &ended, at).await? {
                break;
            }
        }
        looked.and_then(|looked| looked.error.map_or(Ok(()), Err))
    }

    async fn renewal(&self) -> Result<(Standing, Renewal), Error> {
        let Some(standing) = self.store.standing(GREETINGS).await? else {
            let blank = Standing { doc: String::new(), at: Timestamp::default(), version: 0 };
            return Ok((blank, Renewal::default()));
        };
        let renewal = catalog::from_json("renewal of what greetings show", &standing.doc)?;
        Ok((standing, renewal))
    }

    /// `false`: somebody was faster.
    async fn put_renewal(&self, read: &Standing, renewal: &Renewal, at: Timestamp) -> Result<bool, Error> {
        let fresh = Standing { doc: catalog::to_json(renewal)?, at, version: read.version + 1 };
        Ok(self.store.put_standing(GREETINGS, &fresh, None).await?)
    }
}

/// What is to be uploaded, the oldest first: but what failed before holds up nothing else.
fn due(
    files: &BTreeSet<MediaFile>,
    known: &MediaIds,
    failed: &BTreeMap<String, Failed>,
    now: Timestamp,
) -> Vec<MediaFile> {
    let failed = |file: &MediaFile| failed.get(&file.key());
    let is_old = |file: &&MediaFile| !is_young(file, known, now);
    let is_tried = |file: &&MediaFile| failed(file).is_none_or(|failed| failed.until <= now);
    let mut due: Vec<MediaFile> = files.iter().filter(is_old).filter(is_tried).cloned().collect();
    due.sort_by_key(|file| (failed(file).map_or(0, |failed| failed.times), renewed_at(file, known)));
    due
}

/// When the next of them is due, if all that was due has been tried; within the hour.
fn next_look(
    files: &BTreeSet<MediaFile>,
    known: &MediaIds,
    failed: &BTreeMap<String, Failed>,
    began: Timestamp,
) -> Timestamp {
    let young = files.iter().filter(|file| !file.is_for_good() && is_young(file, known, began));
    let renewed = young.map(|file| renewed_at(file, known));
    renewed
        .chain(failed.values().map(|failed| failed.until))
        .fold(began.plus_secs(LOOK_SECONDS), Timestamp::min)
}

fn is_young(file: &MediaFile, known: &MediaIds, now: Timestamp) -> bool {
    known.get(file).is_some_and(|media| is_younger(media, file, RENEWED_SECONDS, now))
}

fn renewed_at(file: &MediaFile, known: &MediaIds) -> Timestamp {
    known.get(file).map_or(Timestamp::default(), |media| media.uploaded_at.plus_secs(RENEWED_SECONDS))
}

/// Seconds until the next try after a failure that had `failures` before it.
fn pause(failures: u32, error: &Error, now: Timestamp) -> i64 {
    if let Error::WeCom(wecom::Error::Held { until_ms, .. }) = error {
        return (until_ms - now.ms()).max(0) / 1000 + 1;
    }
    doubled(failures)
}

/// A minute, two, four … half an hour.
fn doubled(before: u32) -> i64 {
    (PAUSE_SECONDS * 2_i64.saturating_pow(before.min(10))).min(LONGEST_PAUSE_SECONDS)
}

#[cfg(test)]
mod tests {
    use domain::content::BlobId;
    use store::{MediaId, MediaUse};

    use super::*;

    const fn begin() -> Timestamp {
        Timestamp::from_secs(1_700_000_000)
    }

    #[test]
    fn pauses_grow_to_half_an_hour() {
        let now = begin();
        let pauses = [0, 1, 2, 5, 90].map(|failures| pause(failures, &Error::LeaseOver, now));
        assert_eq!(pauses, [60, 120, 240, 1800, 1800]);
        let held = Error::WeCom(wecom::Error::Held { api: "media/upload", until_ms: now.ms() + 60_000 });
        assert_eq!(pause(9, &held, now), 61);
    }

    #[test]
    fn what_fails_comes_after_everything_else_and_holds_up_none_of_it() {
        let file = |name: &str| MediaFile { blob: BlobId::of(name.as_bytes()), used_as: MediaUse::Image };
        let [old, fresh, young, slow, refused] = ["old", "new", "young", "slow", "refused"].map(file);
        let media = |seconds: i64| MediaId { id: "id".into(), uploaded_at: begin().plus_secs(-seconds) };
        let known = MediaIds::from([(old.clone(), media(RENEWED_SECONDS)), (young.clone(), media(60))]);
        let failed = |times, seconds| Failed { times, until: begin().plus_secs(seconds) };
        let failed = BTreeMap::from([(slow.key(), failed(1, 0)), (refused.key(), failed(6, 1000))]);
        let files = BTreeSet::from([&old, &fresh, &young, &slow, &refused].map(Clone::clone));
        assert_eq!(due(&files, &known, &failed, begin()), [fresh, old, slow.clone()]);
        let due_later = due(&files, &known, &failed, begin().plus_secs(1000));
        assert_eq!(due_later[2..], [slow, refused]);
        assert_eq!(next_look(&files, &known, &failed, begin()), begin(), "somebody has to try the slow one");
    }

    #[test]
    fn what_wecom_refuses_again_and_again_is_uploaded_less_and_less_often() {
        let sent = SentContent { content: "hello".into(), version: 1, edition: 1 };
        let (mut renewal, mut now, mut rests) = (Renewal::default(), begin(), Vec::new());
        for _ in 0..8 {
            let refused = renewal.woken(Woken::Refused(&sent), now);
            assert_eq!(
                refused.woken(Woken::Refused(&sent), now.plus_secs(1)),
                refused,
                "one of the same time"
            );
            rests.push(refused.rests_until.secs() - now.secs());
            now = refused.rests_until;
            renewal = Renewal { is_refused: false, ..refused };
        }
        assert_eq!(rests, [0, 60, 120, 240, 480, 960, 1800, 1800]);
        let refused = renewal.woken(Woken::Refused(&sent), now.plus_secs(GOOD_SECONDS));
        assert_eq!(refused.refusals, 1, "they were good for a while");
        assert_eq!(renewal.woken(Woken::Published, now).refusals, 0, "it may be another picture");
    }
}
