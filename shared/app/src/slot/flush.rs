//! A reminder moment comes: it is told, and told again while it is in doubt; or it waits, or leaves it to a later one.

use domain::{Playbook, StaffId, Timestamp, react::Slot, timing};
use store::{Later, SLOT_SENT, SlotItem, SlotState};
use wecom::message::Sent;

use super::digest::{card, digest};
use crate::{App, Error, Lane, perform::needs_mending};

const LEASE_SECONDS: i64 = 60;
/// What may have been sent is asked for again for so long, well within WeCom's memory of repetitions.
const DOUBT_SECONDS: i64 = 10_800;
/// One that is so late may have been overtaken by the next.
const LATE_SECONDS: i64 = 900;
const MAX_PAUSE_SECONDS: i64 = 600;

impl App {
    /// Reminds the staff member of what is open, not at night. Leased. What may have been sent is sent again in the same
    /// words, and WeCom drops the repetition. What certainly was not is told anew, as it is then; so is what is still
    /// in doubt when the night or WeCom's memory of repetitions ends that: a mention too many is better than none.
    pub async fn flush_slot(&self, slot: &Slot) -> Result<(), Error> {
        let now = self.clock.now();
        let Some(item) = self.store.slot(slot).await? else { return Ok(()) };
        if item.state == SlotState::Done || item.retry_at > now {
            return Ok(());
        }
        let book = self.playbook().await?;
        if self.gives_way(&item, now, &book).await? {
            return Ok(());
        }
        let body = match &item.body {
            Some(frozen) => frozen.clone(),
            None => match self.words(slot, now, &book).await? {
                Some(words) => words,
                None => return Ok(self.store.finish_slot(slot, "nothing", now).await?),
            },
        };
        match self.store.take_slot(&item, &body, now, now.plus_secs(LEASE_SECONDS)).await? {
            Some(taken) => self.tell(&item, &taken, &body, &book).await,
            None => Ok(()),
        }
    }

    /// Waits for the morning, leaves it to a later reminder, or ends its doubt: then there is nothing to tell by now.
    async fn gives_way(&self, item: &SlotItem, now: Timestamp, book: &Playbook) -> Result<bool, Error> {
        let slot = &item.slot;
        let by_day = timing::out_of_quiet(now, &book.settings);
        if by_day > now {
            // An outage has held it up into the night.
            self.store.reopen_slot(item, by_day).await?;
            return Ok(true);
        }
        if now > slot.at.plus_secs(LATE_SECONDS) {
            match self.store.later_than(slot, now).await? {
                // After an outage one card tells all.
                Later::Tells => {
                    self.store.finish_slot(slot, "joined", now).await?;
                    return Ok(true);
                }
                Later::InDoubt { until } => {
                    self.store.put_off_slot(item, until.plus_secs(1)).await?;
                    return Ok(true);
                }
                Later::None => {}
            }
        }
        let is_over = item.since.is_some_and(|since| now > since.plus_secs(DOUBT_SECONDS));
        if is_over {
            self.store.reopen_slot(item, now).await?;
        }
        Ok(is_over)
    }

    /// What is to be said of all that is open now, if anything is.
    async fn words(&self, slot: &Slot, now: Timestamp, book: &Playbook) -> Result<Option<String>, Error> {
        let tasks = self.tasks(&slot.staff, 200, None).await?;
        let url = format!("{}/sidebar/tasks", self.corp.public_url.trim_end_matches('/'));
        Ok((!tasks.items.is_empty()).then(|| digest(&url, slot, now, &tasks, book)))
    }

    /// Sends the card of a slot that was `taken` as it stood `before`, and notes what came of it.
    async fn tell(
        &self,
        before: &SlotItem,
        taken: &SlotItem,
        body: &str,
        book: &Playbook,
    ) -> Result<(), Error> {
        let slot = &taken.slot;
        let message = &card(self.corp.agent_id, &slot.staff, body);
        let called = self
            .call_within(taken.retry_at, Lane::Sop, |wecom, token| async move {
                wecom.send_message(&token, message).await
            })
            .await;
        let error = match called.answer {
            Ok(sent) => return self.told(slot, delivery(&slot.staff, &sent)).await,
            Err(Error::WeCom(error)) if !passes(&error) => {
                let refused = format!("refused {}", error.code().unwrap_or_default());
                return self.told(slot, &refused).await;
            }
            Err(error) => error,
        };
        let pause = (15 * i64::from(before.tries)).min(MAX_PAUSE_SECONDS);
        let retry_at = self.clock.now().plus_secs(pause).max(held_until(&error));
        // Only what nobody can have sent is told anew.
        if before.body.is_none() && !called.doubtful {
            let by_day = timing::out_of_quiet(retry_at, &book.settings);
            self.store.reopen_slot(taken, by_day).await?;
        } else {
            self.store.put_off_slot(taken, retry_at).await?;
        }
        if matches!(error, Error::WeCom(_)) { Ok(()) } else { Err(error) }
    }

    async fn told(&self, slot: &Slot, outcome: &str) -> Result<(), Error> {
        if outcome != SLOT_SENT {
            tracing::warn!(outcome, "a reminder was not delivered");
        }
        Ok(self.store.finish_slot(slot, outcome, self.clock.now()).await?)
    }
}

/// WeCom answers "ok" also when the one whom it is for does not get it.
fn delivery(staff: &StaffId, sent: &Sent) -> &'static str {
    let names = |users: &[String]| users.iter().any(|user| StaffId::from(user.as_str()) == *staff);
    match sent {
        Sent { unlicensed_users, .. } if names(unlicensed_users) => "unlicensed",
        Sent { invalid_users, .. } if names(invalid_users) => "unknown",
        Sent { .. } => SLOT_SENT,
    }
}

fn passes(error: &wecom::Error) -> bool {
    let class =
        matches!(error.class(), wecom::Class::Transient | wecom::Class::RateLimit | wecom::Class::Token);
    class || needs_mending(error)
}

/// Until when our own side holds calls back.
fn held_until(error: &Error) -> Timestamp {
    match error {
        Error::WeCom(wecom::Error::Held { until_ms, .. }) => Timestamp::from_ms(*until_ms),
        _ => Timestamp::default(),
    }
}
