//! Permits shared by all instances, a leaky bucket for each name: to call an API of WeCom, with silence while WeCom
//! blocks it; to try to sign in.

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
    types::ReturnValuesOnConditionCheckFailure,
};
use domain::Timestamp;

use crate::{
    Error, Store,
    attributes::{Item, get_number, key, number},
    error::sort,
};

/// So long after it is empty an item goes by TTL.
const KEPT_SECONDS: i64 = 2 * 86_400;
/// A block that follows the last one within so long is the same trouble.
const SAME_TROUBLE_SECONDS: i64 = 1200;
/// Races with other instances over one bucket.
const TRIES: u32 = 6;

/// How fast an API's bucket drains, and how full it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Milliseconds for which the permits asked for fill the bucket.
    pub cost_ms: i64,
    /// The bucket holds so many milliseconds, for whoever asks.
    pub depth_ms: i64,
}

/// Whether permits were to be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permits {
    /// They are taken.
    Granted,
    /// Not before this instant: the bucket is full, or WeCom blocks the API.
    Wait(Timestamp),
}

impl Store {
    /// Takes permits for calls of `api`.
    pub async fn take_permits(&self, api: &str, bucket: Bucket, now: Timestamp) -> Result<Permits, Error> {
        for _ in 0..TRIES {
            // `drained_at` is when the bucket will be empty. Half full it goes on from there, empty from now.
            let empty_by = now.plus_secs(bucket.depth_ms / 1000);
            let more = self
                .permit_update(api, now, empty_by)
                .update_expression("SET drained_at = drained_at + :cost, #ttl = :ttl")
                .condition_expression(
                    "drained_at >= :now AND drained_at <= :latest AND (attribute_not_exists(blocked_until) OR \
                     blocked_until <= :now)",
                )
                .expression_attribute_values(":cost", number(bucket.cost_ms))
                .expression_attribute_values(":latest", number(now.ms() + bucket.depth_ms - bucket.cost_ms));
            let Some(found) = refused(Box::pin(more.send()).await)? else { return Ok(Permits::Granted) };
            if let Some(until) = number_of(&found, "blocked_until").filter(|until| *until > now.ms()) {
                return Ok(Permits::Wait(Timestamp::from_ms(until)));
            }
            let drained_at = number_of(&found, "drained_at").unwrap_or(0);
            if drained_at >= now.ms() {
                let room_at = drained_at - bucket.depth_ms + bucket.cost_ms;
                if room_at > now.ms() {
                    return Ok(Permits::Wait(Timestamp::from_ms(room_at)));
                }
                continue;
            }
            let first = self
                .permit_update(api, now, empty_by)
                .update_expression("SET drained_at = :drained, #ttl = :ttl")
                .condition_expression(
                    "(attribute_not_exists(drained_at) OR drained_at < :now) AND \
                     (attribute_not_exists(blocked_until) OR blocked_until <= :now)",
                )
                .expression_attribute_values(":drained", number(now.ms() + bucket.cost_ms));
            if refused(Box::pin(first.send()).await)?.is_none() {
                return Ok(Permits::Granted);
            }
        }
        Err(Error::LostRace("a bucket of permits"))
    }

    /// Would permits be granted? Takes none.
    pub async fn look_at_permits(&self, api: &str, bucket: Bucket, now: Timestamp) -> Result<Permits, Error> {
        let request = self.client.get_item().table_name(&self.names.hot).consistent_read(true);
        let found = Box::pin(request.set_key(Some(permit_key(api))).send()).await;
        let found = found.map_err(|e| sort("GetItem", e))?.item.unwrap_or_default();
        let room_at = number_of(&found, "drained_at").unwrap_or(0) - bucket.depth_ms + bucket.cost_ms;
        let until = room_at.max(number_of(&found, "blocked_until").unwrap_or(0));
        Ok(if until > now.ms() { Permits::Wait(Timestamp::from_ms(until)) } else { Permits::Granted })
    }

    /// WeCom has said 45009: nobody calls this API for a minute, and if it goes on saying so, for ten minutes at a time.
    /// Which of its windows (minute, hour, day) was exceeded, and whether by us or by another app of the corp, it does
    /// not say: a call in ten minutes finds out. Until when.
    pub async fn block_api(&self, api: &str, now: Timestamp) -> Result<Timestamp, Error> {
        let request = self.client.get_item().table_name(&self.names.hot).consistent_read(true);
        let found = Box::pin(request.set_key(Some(permit_key(api))).send()).await;
        let found = found.map_err(|e| sort("GetItem", e))?.item.unwrap_or_default();
        let last = number_of(&found, "blocked_until").unwrap_or(0);
        if last > now.ms() {
            return Ok(Timestamp::from_ms(last));
        }
        let again = now.ms() - last < SAME_TROUBLE_SECONDS * 1000;
        let level = if again { number_of(&found, "block_level").unwrap_or(0) + 1 } else { 1 };
        let until = block_end(level, now);
        let drained_at = Timestamp::from_ms(number_of(&found, "drained_at").unwrap_or(0));
        let update = self
            .permit_update(api, now, drained_at.max(now))
            .update_expression("SET blocked_until = :until, block_level = :level, #ttl = :ttl")
            .condition_expression("attribute_not_exists(blocked_until) OR blocked_until <= :now")
            .expression_attribute_values(":until", number(until.ms()))
            .expression_attribute_values(":level", number(level));
        // Refused: another instance heard the same and has said so.
        refused(Box::pin(update.send()).await)?;
        Ok(until)
    }

    fn permit_update(&self, api: &str, now: Timestamp, empty_by: Timestamp) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.names.hot)
            .set_key(Some(permit_key(api)))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":ttl", number(empty_by.plus_secs(KEPT_SECONDS).secs()))
            .expression_attribute_values(":now", number(now.ms()))
    }
}

fn permit_key(api: &str) -> Item {
    key(format!("PERMIT#{api}"), "-")
}

fn number_of(item: &Item, name: &str) -> Option<i64> {
    get_number(item, name).ok()
}

fn block_end(level: i64, now: Timestamp) -> Timestamp {
    now.plus_secs(if level <= 2 { 60 } else { 600 })
}

/// The item as it was, if the condition failed.
fn refused<T, R>(result: Result<T, SdkError<UpdateItemError, R>>) -> Result<Option<Item>, Error>
where
    R: std::fmt::Debug + Send + Sync + 'static,
{
    let Err(error) = result else { return Ok(None) };
    match error.as_service_error() {
        Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
            Ok(Some(failed.item().cloned().unwrap_or_default()))
        }
        _ => Err(sort("UpdateItem", error)),
    }
}
