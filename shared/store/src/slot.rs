//! Slots (提醒时段): a staff member's reminder moments. An item exists before any touch that is to be reminded then.

use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use domain::{StaffId, Timestamp, react::Slot};

use crate::{
    Error, Store,
    attributes::{Item, get_number, get_text, item, key, number, text},
    error::{condition_failed, sort},
    index::work_attributes,
};

const KEPT_DAYS: i64 = 7;
/// The outcome of a slot whose reminder was delivered.
pub const SLOT_SENT: &str = "sent";
/// A commit is over by then; one that took longer looks after its slots again.
pub const SLOT_MARGIN_SECONDS: i64 = 30;

/// How far a slot has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotState {
    /// Waits for its moment.
    Open,
    /// A worker has it; the message may have gone out.
    Flushing,
    /// Reminded, or nothing was left to remind of.
    Done,
}

/// A slot as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlotItem {
    /// Whose and when.
    pub slot: Slot,
    /// How far it has come.
    pub state: SlotState,
    /// The message body, frozen before the call; there while it may have been sent.
    pub body: Option<String>,
    /// When it was frozen.
    pub since: Option<Timestamp>,
    /// Failed or unfinished tries.
    pub tries: u32,
    /// When to flush, or when the lease of whoever flushes ends.
    pub retry_at: Timestamp,
}

/// What later reminders of the same staff member, whose moment has come, mean for an earlier one: each of them tells of
/// all that is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Later {
    /// There is none that tells.
    None,
    /// One is being sent, or may have been.
    InDoubt {
        /// When it is looked at again.
        until: Timestamp,
    },
    /// One waits, or has been delivered.
    Tells,
}

fn slot_key(slot: &Slot) -> (String, String) {
    (format!("SLOT#{}", slot.staff), format!("{:013}", slot.at.ms()))
}

fn read(item: &Item) -> Result<SlotItem, Error> {
    let staff = get_text(item, "pk")?.strip_prefix("SLOT#").map(StaffId::from);
    let staff = staff.ok_or_else(|| Error::unreadable("a slot", "not a slot's key"))?;
    let at: i64 =
        get_text(item, "sk")?.parse().map_err(|_| Error::unreadable("a slot", "no time in its key"))?;
    let state = match get_text(item, "state")? {
        "open" => SlotState::Open,
        "flushing" => SlotState::Flushing,
        _ => SlotState::Done,
    };
    Ok(SlotItem {
        slot: Slot { staff, at: Timestamp::from_ms(at) },
        state,
        body: get_text(item, "body").ok().map(str::to_owned),
        since: get_number(item, "since").ok().map(Timestamp::from_ms),
        tries: get_number(item, "tries")?,
        retry_at: get_number(item, "retry_at").map_or(Timestamp::default(), Timestamp::from_ms),
    })
}

/// Sends the update. `false`: somebody else has been at the slot meanwhile, and it is their business.
async fn applied(update: UpdateItemFluentBuilder) -> Result<bool, Error> {
    match Box::pin(update.send()).await {
        Ok(_) => Ok(true),
        Err(error) if condition_failed(&error) => Ok(false),
        Err(error) => Err(sort("UpdateItem", error)),
    }
}

impl Store {
    /// Sees to it that the slot exists and is flushed later than a commit takes. `false`: take a later one.
    pub async fn ensure_slot(&self, slot: &Slot, flush_at: Timestamp, now: Timestamp) -> Result<bool, Error> {
        let (pk, sk) = slot_key(slot);
        let [shard, retry_at] = work_attributes(&pk, flush_at);
        let fresh = item(&pk, &sk, [("state", text("open")), ("tries", number(0)), shard, retry_at]);
        let put = self.client.put_item().table_name(&self.names.hot).set_item(Some(fresh));
        match Box::pin(put.condition_expression("attribute_not_exists(pk)").send()).await {
            Ok(_) => Ok(true),
            Err(error) if condition_failed(&error) => {
                // One that is about to be flushed may be read before the touch is there.
                let in_time = |known: SlotItem| {
                    known.state == SlotState::Open && known.retry_at > now.plus_secs(SLOT_MARGIN_SECONDS)
                };
                Ok(self.slot(slot).await?.is_some_and(in_time))
            }
            Err(error) => Err(sort("PutItem", error)),
        }
    }

    /// A slot.
    pub async fn slot(&self, slot: &Slot) -> Result<Option<SlotItem>, Error> {
        let (pk, sk) = slot_key(slot);
        let request = self.client.get_item().table_name(&self.names.hot).consistent_read(true);
        let found =
            Box::pin(request.set_key(Some(key(pk, sk))).send()).await.map_err(|e| sort("GetItem", e))?;
        found.item.as_ref().map(read).transpose()
    }

    /// What later reminders of the same staff member mean for this one. One in doubt is not enough to end an earlier
    /// one: WeCom may refuse it yet.
    pub async fn later_than(&self, slot: &Slot, now: Timestamp) -> Result<Later, Error> {
        let (pk, sk) = slot_key(slot);
        let mut later = Later::None;
        let mut from = None;
        loop {
            let query = self
                .client
                .query()
                .table_name(&self.names.hot)
                .consistent_read(true)
                .key_condition_expression("pk = :pk AND sk BETWEEN :after AND :now")
                .filter_expression("#state <> :done OR outcome = :sent")
                .expression_attribute_names("#state", "state")
                .expression_attribute_values(":pk", text(&pk))
                .expression_attribute_values(":after", text(format!("{sk}!")))
                .expression_attribute_values(":now", text(format!("{:013}", now.ms())))
                .expression_attribute_values(":done", text("done"))
                .expression_attribute_values(":sent", text(SLOT_SENT))
                .set_exclusive_start_key(from);
            let found = Box::pin(query.send()).await.map_err(|e| sort("Query", e))?;
            for other in found.items.unwrap_or_default() {
                let other = read(&other)?;
                if other.state != SlotState::Flushing {
                    return Ok(Later::Tells);
                }
                later = Later::InDoubt { until: other.retry_at };
            }
            from = found.last_evaluated_key;
            if from.is_none() {
                return Ok(later);
            }
        }
    }

    /// The slot that a work index entry names.
    #[must_use]
    pub fn slot_of(pk: &str, sk: &str) -> Option<Slot> {
        Some(Slot { staff: pk.strip_prefix("SLOT#")?.into(), at: Timestamp::from_ms(sk.parse().ok()?) })
    }

    /// Takes a slot that was `seen` for flushing until `until`, and freezes the message body with the first taking: every
    /// later try sends the same one. `None`: somebody else has been at it meanwhile. Else the slot as it is now.
    ///
    /// The lease is the slot's place in the work index: until then nobody is sent to it.
    pub async fn take_slot(
        &self,
        seen: &SlotItem,
        body: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<SlotItem>, Error> {
        let taken = SlotItem {
            slot: seen.slot.clone(),
            state: SlotState::Flushing,
            body: Some(seen.body.clone().unwrap_or_else(|| body.to_owned())),
            since: Some(seen.since.unwrap_or(now)),
            tries: seen.tries + 1,
            retry_at: until,
        };
        let set = "SET #state = :flushing, retry_at = :at, body = :body, since = :since, tries = :tries";
        let update = self
            .unless_touched(seen, until)
            .update_expression(set)
            .expression_attribute_values(":flushing", text("flushing"))
            .expression_attribute_values(":body", text(taken.body.as_deref().unwrap_or_default()))
            .expression_attribute_values(":since", number(taken.since.unwrap_or(now).ms()))
            .expression_attribute_values(":tries", number(taken.tries));
        Ok(applied(update).await?.then_some(taken))
    }

    /// Puts off a slot as it was `seen`, unless somebody has been at it since: what was frozen stays so.
    pub async fn put_off_slot(&self, seen: &SlotItem, retry_at: Timestamp) -> Result<(), Error> {
        applied(self.unless_touched(seen, retry_at)).await?;
        Ok(())
    }

    /// Opens a slot again as it was `seen`, unless somebody has been at it since: what it says is written anew at
    /// `retry_at`.
    pub async fn reopen_slot(&self, seen: &SlotItem, retry_at: Timestamp) -> Result<(), Error> {
        let anew = "SET #state = :open, retry_at = :at REMOVE body, since";
        let update = self.unless_touched(seen, retry_at).update_expression(anew);
        applied(update.expression_attribute_values(":open", text("open"))).await?;
        Ok(())
    }

    /// An update of the slot's next moment, if it still is as it was `seen`.
    fn unless_touched(&self, seen: &SlotItem, retry_at: Timestamp) -> UpdateItemFluentBuilder {
        let (pk, sk) = slot_key(&seen.slot);
        let state = match seen.state {
            SlotState::Open => "open",
            SlotState::Flushing => "flushing",
            SlotState::Done => "done",
        };
        self.client
            .update_item()
            .table_name(&self.names.hot)
            .set_key(Some(key(pk, sk)))
            .update_expression("SET retry_at = :at")
            .condition_expression("#state = :state AND retry_at = :was_at")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":at", number(retry_at.ms()))
            .expression_attribute_values(":was_at", number(seen.retry_at.ms()))
            .expression_attribute_values(":state", text(state))
    }

    /// The slot is dealt with; `outcome` says how, for people who look.
    pub async fn finish_slot(&self, slot: &Slot, outcome: &str, now: Timestamp) -> Result<(), Error> {
        let (pk, sk) = slot_key(slot);
        let request = self
            .client
            .update_item()
            .table_name(&self.names.hot)
            .set_key(Some(key(pk, sk)))
            .update_expression(
                "SET #state = :done, outcome = :outcome, #ttl = :ttl REMOVE work_shard, retry_at",
            )
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_names("#state", "state")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":done", text("done"))
            .expression_attribute_values(":outcome", text(outcome))
            .expression_attribute_values(":ttl", number(now.plus_days(KEPT_DAYS).secs()));
        Box::pin(request.send()).await.map_err(|e| sort("UpdateItem", e))?;
        Ok(())
    }
}
