//! Who works on a job: taking it, letting it go, ending it.

use aws_sdk_dynamodb::types::ReturnValue;
use domain::Timestamp;

use super::{Job, JobId, JobState, JobTrouble, item};
use crate::{
    Error, Store,
    attributes::{document, number, text},
    error::{condition_failed, sort},
};

impl Store {
    /// Takes the job until `until`, if nobody has it or whoever had it did not come back, and counts a try of its next
    /// piece. `None`: somebody has it, or it is over.
    pub async fn take_job(
        &self,
        id: &JobId,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Job>, Error> {
        let request = self
            .client
            .update_item()
            .table_name(&self.names.main)
            .set_key(Some(item::job_key(id)))
            .update_expression(
                "SET holder = :holder, retry_at = :until, heartbeat_at = :now, \
                 started_at = if_not_exists(started_at, :now) ADD tries :one",
            )
            .condition_expression(
                // Ours already: the answer was lost, and the request came again.
                "attribute_exists(work_shard) AND \
                 (attribute_not_exists(holder) OR retry_at <= :now OR holder = :holder)",
            )
            .return_values(ReturnValue::AllNew)
            .expression_attribute_values(":holder", text(holder))
            .expression_attribute_values(":until", number(until.ms()))
            .expression_attribute_values(":now", number(now.ms()))
            .expression_attribute_values(":one", number(1));
        match Box::pin(request.send()).await {
            Ok(answer) => answer.attributes.as_ref().map(item::read).transpose(),
            Err(error) if condition_failed(&error) => Ok(None),
            Err(error) => Err(sort("UpdateItem", error)),
        }
    }

    /// Lets go of the job: the next worker may begin at `retry_at`. With `trouble` the next piece failed, which is a try
    /// if `is_counted`; without, nobody has begun with it.
    pub async fn let_job_go(
        &self,
        id: &JobId,
        holder: &str,
        retry_at: Timestamp,
        trouble: Option<JobTrouble>,
        is_counted: bool,
    ) -> Result<(), Error> {
        let request = self.client.update_item().table_name(&self.names.main);
        let request = request
            .set_key(Some(item::job_key(id)))
            .condition_expression("holder = :holder")
            .expression_attribute_values(":holder", text(holder))
            .expression_attribute_values(":at", number(retry_at.ms()));
        let request = match trouble {
            Some(trouble) => request
                .update_expression(
                    "SET retry_at = :at, trouble = :trouble, tries = tries - :back REMOVE holder",
                )
                .expression_attribute_values(":back", number(u8::from(!is_counted)))
                .expression_attribute_values(":trouble", document(&trouble)?),
            None => request
                .update_expression("SET retry_at = :at, tries = :zero REMOVE holder")
                .expression_attribute_values(":zero", number(0)),
        };
        match Box::pin(request.send()).await {
            Ok(_) => Ok(()),
            // It is somebody else's by now.
            Err(error) if condition_failed(&error) => Ok(()),
            Err(error) => Err(sort("UpdateItem", error)),
        }
    }

    /// Lays the job aside until somebody decides ([`Store::decide_job`]).
    pub async fn let_job_wait(&self, id: &JobId, holder: &str, now: Timestamp) -> Result<(), Error> {
        let request = self
            .client
            .update_item()
            .table_name(&self.names.main)
            .set_key(Some(item::job_key(id)))
            .update_expression(
                "SET #state = :waiting, heartbeat_at = :now, tries = :zero REMOVE work_shard, retry_at, holder",
            )
            // Whoever asked for its end meanwhile is not to wait.
            .condition_expression("holder = :holder AND #state = :open")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":holder", text(holder))
            .expression_attribute_values(":open", text(item::OPEN))
            .expression_attribute_values(":waiting", text(item::state_name(JobState::Waiting)))
            .expression_attribute_values(":zero", number(0))
            .expression_attribute_values(":now", number(now.ms()));
        match Box::pin(request.send()).await {
            Ok(_) => Ok(()),
            Err(error) if condition_failed(&error) => Err(Error::LostRace("the job")),
            Err(error) => Err(sort("UpdateItem", error)),
        }
    }

    /// Ends the job as `state`.
    pub async fn finish_job(
        &self,
        id: &JobId,
        holder: &str,
        state: JobState,
        trouble: Option<JobTrouble>,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut request = self
            .client
            .update_item()
            .table_name(&self.names.main)
            .set_key(Some(item::job_key(id)))
            .condition_expression("holder = :holder")
            .expression_attribute_names("#state", "state")
            .expression_attribute_values(":holder", text(holder))
            .expression_attribute_values(":state", text(item::state_name(state)))
            .expression_attribute_values(":now", number(now.ms()));
        let end = "SET #state = :state, finished_at = :now, heartbeat_at = :now";
        request = match trouble {
            Some(trouble) => request
                .update_expression(format!("{end}, trouble = :trouble REMOVE work_shard, retry_at, holder"))
                .expression_attribute_values(":trouble", document(&trouble)?),
            None => request.update_expression(format!("{end} REMOVE work_shard, retry_at, holder, trouble")),
        };
        match Box::pin(request.send()).await {
            Ok(_) => Ok(()),
            Err(error) if condition_failed(&error) => Ok(()),
            Err(error) => Err(sort("UpdateItem", error)),
        }
    }
}
