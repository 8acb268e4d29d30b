//! Alarms as one-time schedules of EventBridge Scheduler, one per customer, in a group of their own.

use aws_sdk_scheduler::Client;
use aws_sdk_scheduler::error::{BuildError, SdkError};
use aws_sdk_scheduler::operation::create_schedule::CreateScheduleError;
use aws_sdk_scheduler::operation::delete_schedule::DeleteScheduleError;
use aws_sdk_scheduler::primitives::{DateTime, DateTimeFormat};
use aws_sdk_scheduler::types::{
    ActionAfterCompletion, DeadLetterConfig, FlexibleTimeWindow, FlexibleTimeWindowMode, RetryPolicy, Target,
};
use sha2::{Digest, Sha256};

use super::{Alarm, Armed, Wake, Woken};
use crate::Error;

const CREATE: &str = "CreateSchedule";
const DELETE: &str = "DeleteSchedule";

/// How long Scheduler keeps trying to hand an alarm to Lambda. Short beside its default of a day: the minute tick has
/// taken over long before, and what lies in the dead-letter queue should say "now", not "yesterday".
const RETRY_SECONDS: i32 = 3_600;
/// How often within that time; the service backs off exponentially.
const RETRY_ATTEMPTS: i32 = 20;
/// Hex digits of the customer's hash in a name: 104 bits, so that two customers never meet.
const HASH_DIGITS: usize = 26;

/// Where alarms are kept and whom they wake.
#[derive(Clone, Debug)]
pub struct Config {
    /// Name of the schedule group (1–64 characters); the role's trust is bound to it.
    pub group: String,
    /// ARN of the function `sender`.
    pub target_arn: String,
    /// ARN of the role that Scheduler takes on to invoke it; the caller needs `iam:PassRole` for it.
    pub role_arn: String,
    /// ARN of the standard SQS queue for alarms that could not be handed over.
    pub dead_letter_arn: String,
}

/// The AWS adapter of [`Alarm`].
#[derive(Clone, Debug)]
pub struct Scheduler {
    client: Client,
    config: Config,
}

impl Scheduler {
    /// Wraps a client that already has region, credentials, transport and time-outs.
    pub fn new(client: Client, config: Config) -> Self {
        Scheduler { client, config }
    }

    fn target(&self, wake: &Wake) -> Result<Target, Error> {
        let woken = Woken { customer: wake.customer.clone(), generation: wake.generation };
        let input = serde_json::to_string(&woken).map_err(|error| Error::unbuildable(CREATE, error))?;
        Target::builder()
            .arn(&self.config.target_arn)
            .role_arn(&self.config.role_arn)
            .dead_letter_config(DeadLetterConfig::builder().arn(&self.config.dead_letter_arn).build())
            .retry_policy(
                RetryPolicy::builder()
                    .maximum_event_age_in_seconds(RETRY_SECONDS)
                    .maximum_retry_attempts(RETRY_ATTEMPTS)
                    .build(),
            )
            .input(input)
            .build()
            .map_err(unbuildable)
    }
}

#[async_trait::async_trait]
impl Alarm for Scheduler {
    async fn arm(&self, wake: &Wake, now_ms: i64) -> Result<Armed, Error> {
        if wake.is_too_soon(now_ms) {
            return Ok(Armed::TooSoon);
        }
        let Some(expression) = at_expression(wake.at_ms) else {
            return Ok(left_to_tick("unprintable_time"));
        };
        let name = schedule_name(&wake.customer, wake.generation);
        let sent = self
            .client
            .create_schedule()
            .group_name(&self.config.group)
            // The same name is the same intent, so one token serves every attempt at it.
            .client_token(&name)
            .name(name)
            .schedule_expression(expression)
            .schedule_expression_timezone("UTC")
            .flexible_time_window(
                FlexibleTimeWindow::builder()
                    .mode(FlexibleTimeWindowMode::Off)
                    .build()
                    .map_err(unbuildable)?,
            )
            .action_after_completion(ActionAfterCompletion::Delete)
            .target(self.target(wake)?)
            .send()
            .await;
        match sent {
            Ok(_) => Ok(Armed::Set),
            Err(error) => match create_refusal(&error) {
                Some(CreateRefusal::Exists) => Ok(Armed::Set),
                Some(CreateRefusal::NotNow(reason)) => Ok(left_to_tick(reason)),
                None => Err(Error::from_sdk(CREATE, error)),
            },
        }
    }

    async fn disarm(&self, customer: &str, generation: u64) -> Result<(), Error> {
        let sent = self
            .client
            .delete_schedule()
            .group_name(&self.config.group)
            .name(schedule_name(customer, generation))
            .send()
            .await;
        match sent {
            Ok(_) => Ok(()),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(DeleteScheduleError::is_resource_not_found_exception) =>
            {
                Ok(())
            }
            Err(error) => Err(Error::from_sdk(DELETE, error)),
        }
    }
}

/// Refusals of CreateSchedule that are answers to the caller.
enum CreateRefusal {
    /// The name is taken: an earlier attempt got through.
    Exists,
    /// The tick takes it; why, for the metric.
    NotNow(&'static str),
}

fn create_refusal(error: &SdkError<CreateScheduleError>) -> Option<CreateRefusal> {
    match error.as_service_error()? {
        CreateScheduleError::ConflictException(_) => Some(CreateRefusal::Exists),
        CreateScheduleError::ThrottlingException(_) => Some(CreateRefusal::NotNow("throttled")),
        CreateScheduleError::ServiceQuotaExceededException(_) => Some(CreateRefusal::NotNow("quota")),
        // How the service treats an instant that it holds to be past is not documented; this covers a refusal.
        CreateScheduleError::ValidationException(_) => Some(CreateRefusal::NotNow("validation")),
        _ => None,
    }
}

/// Counts the alarm that was not set: `alarms_left_to_tick`, with the reason as a property.
fn left_to_tick(reason: &'static str) -> Armed {
    tracing::warn!(target: "metric", alarms_left_to_tick = 1_u64, reason);
    Armed::LeftToTick
}

fn unbuildable(error: BuildError) -> Error {
    Error::unbuildable(CREATE, error)
}

/// `s-<26 hex digits of the customer's SHA-256>-<generation>`: at most 49 characters of the 64 allowed, without the
/// characters that ids may hold and names may not, and never used for two instants.
fn schedule_name(customer: &str, generation: u64) -> String {
    let mut hash = hex::encode(Sha256::digest(customer.as_bytes()));
    hash.truncate(HASH_DIGITS);
    format!("s-{hash}-{generation}")
}

/// `at(yyyy-mm-ddThh:mm:ss)` in UTC, up to the next whole second so that nobody is woken before the time; `None` for
/// years that the notation cannot hold.
fn at_expression(at_ms: i64) -> Option<String> {
    let seconds = at_ms.div_euclid(1_000) + i64::from(at_ms.rem_euclid(1_000) > 0);
    let text = DateTime::from_secs(seconds).fmt(DateTimeFormat::DateTime).ok()?;
    Some(format!("at({})", text.strip_suffix('Z')?))
}

#[cfg(test)]
mod tests;
