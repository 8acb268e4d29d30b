//! Slots (提醒时段): a staff member's reminder moments. An item exists before any touch that is to be reminded then.

use aws_sdk_dynamodb::{operation::update_item::builders::UpdateItemFluentBuilder, types::ReturnValue};
use domain::{StaffId, Timestamp, react::Slot};

use crate::{
    Error, Store,
    attributes::{Item, get_number, get_text, item, key, number, text},
    error::{condition_failed, sort},
    index::work_attributes,
};

const KEPT_DAYS: i64 = 7;
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

/// A slot that was taken for flushing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenSlot {
    /// The words that count.
    pub body: String,
    /// Nobody can have sent them before: they were frozen by this taking.
    pub is_fresh: bool,
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

/// Sends the update; that somebody else has been at the slot meanwhile is their business.
async fn unless_changed(update: UpdateItemFluentBuilder) -> Result<(), Error> {
    match Box::pin(update.send()).await {
        Ok(_) => Ok(()),
        Err(error) if condition_failed(&error) => Ok(()),
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

    /// Is a later reminder of the same staff member waiting, whose moment has come? It tells of all that is open.
    pub async fn is_overtaken(&self, slot: &Slot, now: Timestamp) -> Result<bool, Error> {
        let (pk, sk) = slot_key(slot);
        let query = self
            .client
            .query()
            .table_name(&self.names.hot)
            .consistent_read(true)
            .key_condition_expression("pk = :pk AND sk BETWEEN :after AND :now")
            .filter_expression("#state <> :done")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":pk", text(pk))
            .expression_attribute_values(":after", text(format!("{sk}!")))
            .expression_attribute_values(":now", text(format!("{:013}", now.ms())))
            .expression_attribute_values(":done", text("done"));
        let found = Box::pin(query.send()).await.map_err(|e| sort("Query", e))?;
        Ok(found.count > 0)
    }

    /// The slot that a work index entry names.
    #[must_use]
    pub fn slot_of(pk: &str, sk: &str) -> Option<Slot> {
        Some(Slot { staff: pk.strip_prefix("SLOT#")?.into(), at: Timestamp::from_ms(sk.parse().ok()?) })
    }

    /// Takes the slot for flushing until `until`, and freezes the message body with the first taking: every later try
    /// sends the same one. `None`: somebody else has it, or it is done. Else the body that counts.
    ///
    /// The lease is the slot's place in the work index: until then nobody is sent to it.
    pub async fn take_slot(
        &self,
        slot: &Slot,
        body: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<TakenSlot>, Error> {
        let (pk, sk) = slot_key(slot);
        let request = self
            .client
            .update_item()
            .table_name(&self.names.hot)
            .set_key(Some(key(pk, sk)))
            .update_expression(
                "SET #state = :flushing, retry_at = :until, body = if_not_exists(body, :body), \
                 since = if_not_exists(since, :now) ADD tries :one",
            )
            .condition_expression("#state <> :done AND retry_at <= :now")
            .return_values(ReturnValue::AllNew)
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":flushing", text("flushing"))
            .expression_attribute_values(":done", text("done"))
            .expression_attribute_values(":body", text(body))
            .expression_attribute_values(":until", number(until.ms()))
            .expression_attribute_values(":now", number(now.ms()))
            .expression_attribute_values(":one", number(1));
        match Box::pin(request.send()).await {
            Ok(answer) => {
                let taken = |item: &Item| {
                    let is_fresh = get_number(item, "since").is_ok_and(|since: i64| since == now.ms());
                    Ok(TakenSlot { body: get_text(item, "body")?.to_owned(), is_fresh })
                };
                answer.attributes.as_ref().map(taken).transpose()
            }
            Err(error) if condition_failed(&error) => Ok(None),
            Err(error) => Err(sort("UpdateItem", error)),
        }
    }

    /// Puts off a slot whose moment fell into the night before anything was sent.
    pub async fn put_off_open_slot(
        &self,
        slot: &Slot,
        was_at: Timestamp,
        retry_at: Timestamp,
    ) -> Result<(), Error> {
        unless_changed(self.slot_moved(slot, "open", was_at, retry_at)).await
    }

    /// Puts off a slot whose message could not be sent.
    ///
    /// Only whoever holds the lease may: `leased_until` is when it ends.
    pub async fn put_off_slot(
        &self,
        slot: &Slot,
        leased_until: Timestamp,
        retry_at: Timestamp,
    ) -> Result<(), Error> {
        unless_changed(self.slot_moved(slot, "flushing", leased_until, retry_at)).await
    }

    /// Opens a slot again whose message certainly was not sent: it is written anew at `retry_at`. Only whoever holds the
    /// lease may.
    pub async fn reopen_slot(
        &self,
        slot: &Slot,
        leased_until: Timestamp,
        retry_at: Timestamp,
    ) -> Result<(), Error> {
        let anew = "SET #state = :open, retry_at = :at REMOVE body, since";
        let update = self.slot_moved(slot, "flushing", leased_until, retry_at).update_expression(anew);
        unless_changed(update.expression_attribute_values(":open", text("open"))).await
    }

    /// An update of the slot's next moment, if it is still in this state since that moment was set.
    fn slot_moved(
        &self,
        slot: &Slot,
        state: &str,
        was_at: Timestamp,
        retry_at: Timestamp,
    ) -> UpdateItemFluentBuilder {
        let (pk, sk) = slot_key(slot);
        self.client
            .update_item()
            .table_name(&self.names.hot)
            .set_key(Some(key(pk, sk)))
            .update_expression("SET retry_at = :at")
            .condition_expression("#state = :state AND retry_at = :was_at")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":at", number(retry_at.ms()))
            .expression_attribute_values(":was_at", number(was_at.ms()))
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
