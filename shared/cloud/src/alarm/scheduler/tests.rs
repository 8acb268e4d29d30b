use std::io;
use std::sync::{Arc, Mutex};

use aws_sdk_scheduler::config::retry::RetryConfig;
use aws_sdk_scheduler::config::{BehaviorVersion, Credentials, Region};
use serde_json::{Value, json};

use super::*;
use crate::wire::{Answer, Wire};

/// 2026-11-23T01:00:00Z.
const NINE_IN_SHANGHAI: i64 = 1_795_395_600_000;
const NAME: &str = "s-d71933338bd7ebc48e07a444d5-7";

fn over(wire: &Wire) -> Scheduler {
    let config = aws_sdk_scheduler::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("ap-southeast-1"))
        .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .http_client(wire.http_client())
        .build();
    Scheduler::new(
        Client::from_conf(config),
        Config {
            group: "stepwise-dev-wakes".into(),
            target_arn: "arn:aws:lambda:ap-southeast-1:111122223333:function:stepwise-dev-sender".into(),
            role_arn: "arn:aws:iam::111122223333:role/wake".into(),
            dead_letter_arn: "arn:aws:sqs:ap-southeast-1:111122223333:wakes-dead".into(),
        },
    )
}

fn wake() -> Wake {
    Wake { customer: "wmExample_Customer-1".into(), generation: 7, at_ms: NINE_IN_SHANGHAI }
}

fn created() -> Answer {
    (200, "", json!({ "ScheduleArn": "arn:aws:scheduler:ap-southeast-1:111122223333:schedule/g/n" }))
}

fn refused(status: u16, error: &'static str) -> Answer {
    (status, error, json!({ "Message": "no", "ResourceId": "r", "ResourceType": "t" }))
}

#[tokio::test]
async fn an_alarm_is_one_self_deleting_schedule_that_carries_ids_only() {
    let wire = Wire::answering([created()]);
    let armed = over(&wire).arm(&wake(), NINE_IN_SHANGHAI - 86_400_000).await.unwrap();
    assert_eq!(armed, Armed::Set);
    let sent = wire.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].method, "POST");
    assert_eq!(sent[0].uri, format!("https://scheduler.ap-southeast-1.amazonaws.com/schedules/{NAME}"));
    assert_eq!(
        sent[0].body,
        json!({
            "GroupName": "stepwise-dev-wakes",
            "ClientToken": NAME,
            "ScheduleExpression": "at(2026-11-23T01:00:00)",
            "ScheduleExpressionTimezone": "UTC",
            "FlexibleTimeWindow": { "Mode": "OFF" },
            "ActionAfterCompletion": "DELETE",
            "Target": {
                "Arn": "arn:aws:lambda:ap-southeast-1:111122223333:function:stepwise-dev-sender",
                "RoleArn": "arn:aws:iam::111122223333:role/wake",
                "DeadLetterConfig": { "Arn": "arn:aws:sqs:ap-southeast-1:111122223333:wakes-dead" },
                "RetryPolicy": { "MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 20 },
                "Input": "{\"customer\":\"wmExample_Customer-1\",\"generation\":7}",
            },
        })
    );
}

#[tokio::test]
async fn what_is_delivered_reads_back_as_woken() {
    let wire = Wire::answering([created()]);
    over(&wire).arm(&Wake { customer: "wm\"\\号".into(), ..wake() }, 0).await.unwrap();
    let input = wire.sent()[0].body["Target"]["Input"].as_str().unwrap().to_owned();
    let woken: Woken = serde_json::from_str(&input).unwrap();
    assert_eq!(woken, Woken { customer: "wm\"\\号".into(), generation: 7 });
}

#[tokio::test]
async fn a_name_that_is_taken_means_that_the_alarm_is_set() {
    let wire = Wire::answering([refused(409, "ConflictException")]);
    assert_eq!(over(&wire).arm(&wake(), 0).await.unwrap(), Armed::Set);
}

#[tokio::test]
async fn nothing_is_sent_for_the_past_or_for_the_next_ninety_seconds() {
    let wire = Wire::answering([created()]);
    let scheduler = over(&wire);
    for ahead in [i64::MIN, -86_400_000, 0, 89_999] {
        let at_ms = NINE_IN_SHANGHAI.saturating_add(ahead);
        let armed = scheduler.arm(&Wake { at_ms, ..wake() }, NINE_IN_SHANGHAI).await.unwrap();
        assert_eq!(armed, Armed::TooSoon, "{ahead} ms ahead");
    }
    assert_eq!(wire.sent(), []);
    let at_ms = NINE_IN_SHANGHAI + 90_000;
    assert_eq!(scheduler.arm(&Wake { at_ms, ..wake() }, NINE_IN_SHANGHAI).await.unwrap(), Armed::Set);
}

#[tokio::test]
async fn what_the_service_will_not_take_is_left_to_the_tick_and_counted() {
    for (status, error, reason) in [
        (400, "ValidationException", "validation"),
        (429, "ThrottlingException", "throttled"),
        (402, "ServiceQuotaExceededException", "quota"),
    ] {
        let log = Log::default();
        let subscriber = tracing_subscriber::fmt().json().with_writer(log.clone()).finish();
        let guard = tracing::subscriber::set_default(subscriber);
        let armed = over(&Wire::answering([refused(status, error)])).arm(&wake(), 0).await.unwrap();
        drop(guard);
        assert_eq!(armed, Armed::LeftToTick, "{error}");
        let counted = log.line_with("alarms_left_to_tick");
        assert_eq!(counted["target"], "metric");
        assert_eq!(counted["level"], "WARN");
        assert_eq!(counted["fields"], json!({ "alarms_left_to_tick": 1, "reason": reason }));
    }
}

#[tokio::test]
async fn a_time_beyond_the_notation_is_left_to_the_tick_unsent() {
    let wire = Wire::answering([]);
    let armed = over(&wire).arm(&Wake { at_ms: i64::MAX, ..wake() }, 0).await.unwrap();
    assert_eq!(armed, Armed::LeftToTick);
    assert_eq!(wire.sent(), []);
}

#[tokio::test]
async fn errors_say_whether_the_call_may_succeed_later() {
    let missing_group = over(&Wire::answering([refused(404, "ResourceNotFoundException")]));
    assert!(matches!(
        missing_group.arm(&wake(), 0).await,
        Err(Error::Refused { call: "CreateSchedule", .. })
    ));
    let no_permission = over(&Wire::answering([refused(403, "AccessDeniedException")]));
    assert!(matches!(no_permission.arm(&wake(), 0).await, Err(Error::Refused { .. })));
    let broken = over(&Wire::answering([refused(500, "InternalServerException")]));
    assert!(matches!(broken.arm(&wake(), 0).await, Err(Error::Unavailable { .. })));
    let unreachable = over(&Wire::answering([]));
    assert!(matches!(unreachable.arm(&wake(), 0).await, Err(Error::Unavailable { .. })));
}

#[tokio::test]
async fn disarming_deletes_by_name_and_group() {
    let wire = Wire::answering([(200, "", json!({}))]);
    over(&wire).disarm("wmExample_Customer-1", 7).await.unwrap();
    let sent = wire.sent();
    assert_eq!(sent[0].method, "DELETE");
    let (path, query) = sent[0].uri.split_once('?').unwrap();
    assert_eq!(path, format!("https://scheduler.ap-southeast-1.amazonaws.com/schedules/{NAME}"));
    assert!(query.split('&').any(|pair| pair == "groupName=stepwise-dev-wakes"), "{query}");
}

#[tokio::test]
async fn an_alarm_that_is_gone_is_disarmed() {
    let gone = over(&Wire::answering([refused(404, "ResourceNotFoundException")]));
    gone.disarm("wmExample_Customer-1", 7).await.unwrap();
    let throttled = over(&Wire::answering([refused(429, "ThrottlingException")]));
    assert!(matches!(throttled.disarm("c", 1).await, Err(Error::Unavailable { call: "DeleteSchedule", .. })));
}

#[test]
fn names_keep_to_the_services_letters_and_length_and_tell_customers_apart() {
    for customer in ["wmExample", "", "号", &"w".repeat(600)] {
        let name = schedule_name(customer, u64::MAX);
        assert!(name.len() <= 64, "{name}");
        assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'), "{name}");
    }
    assert_ne!(schedule_name("wmA", 1), schedule_name("wma", 1));
    assert_ne!(schedule_name("wmA", 1), schedule_name("wmA", 2));
}

#[test]
fn times_are_whole_seconds_of_utc_never_early() {
    assert_eq!(at_expression(0).unwrap(), "at(1970-01-01T00:00:00)");
    assert_eq!(at_expression(NINE_IN_SHANGHAI + 1).unwrap(), "at(2026-11-23T01:00:01)");
    assert_eq!(at_expression(NINE_IN_SHANGHAI + 1_000).unwrap(), "at(2026-11-23T01:00:01)");
    assert_eq!(at_expression(i64::MAX), None);
}

/// A log that is kept in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn line_with(&self, word: &str) -> Value {
        let bytes = self.0.lock().unwrap();
        let text = std::str::from_utf8(&bytes).unwrap();
        serde_json::from_str(text.lines().find(|line| line.contains(word)).unwrap()).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl tracing_subscriber::fmt::MakeWriter<'_> for Log {
    type Writer = Log;

    fn make_writer(&self) -> Log {
        self.clone()
    }
}
