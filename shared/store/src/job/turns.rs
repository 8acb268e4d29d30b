//! Turns (`TURNS#<queue>`): outside work of all jobs together falls due one piece after the other, however many jobs there
//! are and whoever works on them.

use aws_sdk_dynamodb::{operation::update_item::builders::UpdateItemFluentBuilder, types::ReturnValue};
use domain::Timestamp;

use crate::{
    Error, Store,
    attributes::{get_number, key, number},
    error::{condition_failed, sort},
};

/// Races with other workers.
const TRIES: u32 = 6;
/// Longer than any queue is.
const KEPT_DAYS: i64 = 60;

/// Where one waits for a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// Whatever is done to many.
    Bulk,
    /// What takes back: it is not to wait behind what it makes void.
    Undo,
}

impl Queue {
    const fn pk(self) -> &'static str {
        match self {
            Self::Bulk => "TURNS#bulk",
            Self::Undo => "TURNS#undo",
        }
    }
}

impl Store {
    /// Takes turns for `ms` milliseconds, behind all that were taken before and not before `now`: when they begin.
    pub async fn take_turns(&self, queue: Queue, ms: i64, now: Timestamp) -> Result<Timestamp, Error> {
        for _ in 0..TRIES {
            let behind = self.turns(queue, "#until + :ms", "#until > :now", now);
            let behind = behind.expression_attribute_values(":ms", number(ms));
            if let Some(until) =
                turns_until(behind.expression_attribute_values(":now", number(now.ms()))).await?
            {
                return Ok(Timestamp::from_ms(until - ms));
            }
            let first = self.turns(queue, ":end", "attribute_not_exists(#until) OR #until <= :now", now);
            let first = first.expression_attribute_values(":end", number(now.ms() + ms));
            if turns_until(first.expression_attribute_values(":now", number(now.ms()))).await?.is_some() {
                return Ok(now);
            }
        }
        Err(Error::LostRace("the turns of outside work"))
    }

    /// Of turns that end at `end`, gives back what is behind `used`, unless somebody has taken turns behind them.
    pub async fn return_turns(
        &self,
        queue: Queue,
        used: Timestamp,
        end: Timestamp,
        now: Timestamp,
    ) -> Result<(), Error> {
        let back = self.turns(queue, ":used", "#until = :end", now);
        let back = back.expression_attribute_values(":used", number(used.ms()));
        turns_until(back.expression_attribute_values(":end", number(end.ms()))).await.map(|_| ())
    }

    fn turns(&self, queue: Queue, until: &str, condition: &str, now: Timestamp) -> UpdateItemFluentBuilder {
        self.client
            .update_item()
            .table_name(&self.names.hot)
            .set_key(Some(key(queue.pk(), "-")))
            .update_expression(format!("SET #until = {until}, #ttl = :ttl"))
            .condition_expression(condition)
            .expression_attribute_names("#until", "until")
            .expression_attribute_names("#ttl", "ttl")
            .expression_attribute_values(":ttl", number(now.plus_days(KEPT_DAYS).secs()))
            .return_values(ReturnValue::UpdatedNew)
    }
}

/// Until when turns are taken now; `None`: the condition failed.
async fn turns_until(update: UpdateItemFluentBuilder) -> Result<Option<i64>, Error> {
    match Box::pin(update.send()).await {
        Ok(answer) => get_number(&answer.attributes.unwrap_or_default(), "until").map(Some),
        Err(error) if condition_failed(&error) => Ok(None),
        Err(error) => Err(sort("UpdateItem", error)),
    }
}
