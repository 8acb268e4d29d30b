//! Bad input gets a clear error that names the field, and changes nothing.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

use bytes::Bytes;
use local::{ClockKind, Machine, Options, WeComKind};
use serde_json::{Value, json};
use tests::{World, at, items, text};

use super::price::company;

fn pointers(problem: &Value) -> Vec<String> {
    items(&problem["errors"]).iter().map(|error| text(&error["pointer"])).collect()
}

fn options(settings: &[(&str, &str)], wecom: WeComKind) -> Options {
    Options {
        listen: "127.0.0.1:0".parse().unwrap(),
        data: None,
        wecom,
        clock: ClockKind::Manual(at("2026-03-02 09:00")),
        demo: false,
        settings: settings
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect::<BTreeMap<_, _>>(),
    }
}

#[tokio::test]
async fn a_malformed_setting_stops_the_start_and_is_named() {
    for corp in ["not a corp id", "not-a-corp", "ww0123456789abcdeg"] {
        let bad = options(&[("WECOM_CORP_ID", corp)], WeComKind::Sim);
        let error = Machine::start(&bad).await.err().unwrap().to_string();
        assert!(error.contains("WECOM_CORP_ID"), "{error}");
    }
    let bare = options(&[], WeComKind::Real);
    let error = Machine::start(&bare).await.err().unwrap().to_string();
    assert!(error.contains("WECOM_CORP_ID"), "{error}");
}

#[tokio::test]
async fn an_unknown_stage_is_refused_with_the_candidates() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    let before = world.view("wmA").await;
    let answer =
        world.put("/api/v1/customers/wmA/stage", json!({"board": "sales", "stage": "nowhere"})).await;
    let problem = answer.refused(422);
    assert_eq!(pointers(&problem), ["/stage"]);
    assert!(problem.to_string().contains("price"), "{problem:#}");
    assert_eq!(world.view("wmA").await["version"], before["version"]);
}

#[tokio::test]
async fn an_sop_with_repeated_step_ids_is_not_published_and_says_which() {
    let world = company().await;
    let step = |day: u32| json!({"id": "a", "at": {"day": day, "time": "10:00"}, "method": "task", "content": {"text": "x"}});
    let steps = json!([step(1), step(2)]);
    let document = json!({"id": "twice", "name": "重复", "anchor": {"kind": "friend_add"}, "steps": steps});
    world.put("/api/v1/sops/twice", document).await.ok();
    let problem = world.post("/api/v1/sops/twice/publish", json!({})).await.refused(422);
    assert_eq!(pointers(&problem), ["/steps/1/id"]);
    assert_eq!(world.get("/api/v1/sops/twice").await.ok()["published"], Value::Null);
}

#[tokio::test]
async fn a_rule_that_names_a_missing_tag_is_refused() {
    let world = company().await;
    let rule = json!({"id": "r", "name": "规则", "when": {"message_contains": {"any": ["x"]}},
                      "then": [{"add_tag": "客户状态/没有"}]});
    let problem = world.put("/api/v1/rules/r", rule).await.refused(422);
    assert_eq!(pointers(&problem), ["/then/0/add_tag"]);
    assert_eq!(world.get("/api/v1/rules/r").await.status, 404);
}

#[tokio::test]
async fn a_field_that_does_not_exist_is_named() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    let body = json!({"board": "sales", "stage": "price", "colour": "red"});
    let problem = world.put("/api/v1/customers/wmA/stage", body).await.refused(422);
    assert!(problem.to_string().contains("colour"), "{problem:#}");
}

#[tokio::test]
async fn ten_mebibytes_are_refused() {
    let world = company().await;
    let huge = format!("{{\"id\":\"{}\"}}", "x".repeat(10 * 1024 * 1024));
    let request = http::Request::put(format!("{}/api/v1/rules/r", world.machine.address))
        .header("authorization", "Bearer token-of-the-tests")
        .header("content-type", "application/json")
        .body(Bytes::from(huge))
        .unwrap();
    let answer = world.raw(request).await;
    assert_eq!(answer.refused(413)["code"], "body_too_large");
}

#[tokio::test]
async fn without_the_token_nothing_is_told() {
    let world = company().await;
    for path in ["/api/v1/boards", "/api/v1/customers/wmA", "/api/v1/tasks?userid=zhang"] {
        let request =
            http::Request::get(format!("{}{path}", world.machine.address)).body(Bytes::new()).unwrap();
        assert_eq!(world.raw(request).await.status, 401, "{path}");
    }
}

#[tokio::test]
async fn an_ingested_event_counts_once_and_a_wrong_signature_counts_never() {
    let world: World = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    let event = json!({"id": "crm-1", "type": "message.received", "at": world.now().to_string(),
                       "customer": {"external_userid": "wmA"}, "attributes": {"staff": "zhang", "text": "多少钱"}});
    let body = json!({"events": [event]}).to_string();
    let first = world.ingest(&body, "simulated-ingest-secret").await;
    assert_eq!(items(&first.ok()["events"])[0]["status"], "accepted");
    let second = world.ingest(&body, "simulated-ingest-secret").await;
    assert_eq!(items(&second.ok()["events"])[0]["status"], "duplicate");
    assert_eq!(world.ingest(&body, "another secret").await.status, 401);
    assert_eq!(world.facts("wmA", "rule_fired").await.len(), 1);
}

#[tokio::test]
async fn a_message_that_overtakes_the_word_of_the_friendship_still_counts() {
    let world: World = company().await;
    let event = json!({"id": "early-1", "type": "message.received", "at": world.now().to_string(),
                       "customer": {"external_userid": "wmEarly"}, "attributes": {"staff": "zhang", "text": "多少钱"}});
    let body = json!({"events": [event]}).to_string();
    let answer = world.ingest(&body, "simulated-ingest-secret").await;
    assert_eq!(items(&answer.ok()["events"])[0]["status"], "accepted");
    world.customer("wmEarly", "急客户", "zhang").await;
    assert_eq!(world.stage("wmEarly", "sales").await.as_deref(), Some("price"));
    assert_eq!(world.wecom_tags("wmEarly", "zhang").await, ["客户状态/考虑价格"]);
    assert_eq!(world.enrollments("wmEarly").await.len(), 1);
}

/// `stepwise serve` on a directory, where `cargo build --workspace --bins` put it.
fn stepwise(data: &Path) -> Command {
    let here = std::env::current_exe().unwrap();
    let path = here.ancestors().nth(2).unwrap().join("stepwise");
    assert!(path.is_file(), "{} is missing: run `cargo build --workspace --bins` first", path.display());
    let mut command = Command::new(path);
    command.env_clear().args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// A process that is killed when it is dropped.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn a_file_is_no_data_directory_and_the_message_says_what_to_do() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("data");
    std::fs::write(&file, "notes").unwrap();
    for wrong in [file.clone(), file.join("below")] {
        let ended = stepwise(&wrong).output().unwrap();
        let told = String::from_utf8(ended.stderr).unwrap();
        assert!(!ended.status.success(), "{told}");
        assert!(told.contains("stepwise: --data (STEPWISE_DATA): "), "{told}");
        assert!(told.contains(wrong.to_str().unwrap()) && told.contains("name a directory"), "{told}");
    }
    assert_eq!(std::fs::read(&file).unwrap(), b"notes");
}

#[tokio::test]
async fn a_data_directory_has_one_process_at_a_time_and_is_free_after_kill_9() {
    let directory = tempfile::tempdir().unwrap();
    let mut first = Running(stepwise(directory.path()).spawn().unwrap());
    let mut log = BufReader::new(first.0.stderr.take().unwrap()).lines();
    assert!(log.any(|line| line.unwrap().contains("Stepwise is ready")), "the first one starts");

    let second = stepwise(directory.path()).output().unwrap();
    let told = String::from_utf8(second.stderr).unwrap();
    assert!(!second.status.success(), "{told}");
    assert!(told.contains("--data (STEPWISE_DATA)") && told.contains("another process uses"), "{told}");

    // SIGKILL: nobody tidies up.
    drop(first);
    let world = World::in_directory(at("2026-03-02 09:00"), directory.path()).await;
    let told = String::from_utf8(stepwise(directory.path()).output().unwrap().stderr).unwrap();
    assert!(told.contains("another process uses"), "{told}");
    // A machine that was dropped has stopped.
    drop(world);
    World::in_directory(at("2026-03-02 09:00"), directory.path()).await;
}

#[tokio::test]
async fn a_todo_is_not_sent_to_the_customer() {
    let world = company().await;
    let steps = json!([{"id": "call", "at": {"day": 1, "time": "10:00"}, "method": "todo",
                        "content": {"text": "电话回访，底价别说"}}]);
    let document = json!({"id": "calls", "name": "回访", "anchor": {"kind": "friend_add"}, "steps": steps});
    world.publish(document).await;
    world.customer("wmA", "王先生", "zhang").await;
    world.until(at("2026-03-03 10:10")).await;
    let todo = &world.tasks("zhang").await[0];
    let send = json!({"external_userid": "wmA", "task": todo["id"]});
    let problem = world.post("/sim/control/staff/zhang/send", send).await.refused(409);
    assert!(text(&problem["detail"]).contains("todo"), "{problem:#}");
    assert_eq!(world.customer_inbox("wmA").await.len(), 0);

    // As the desk's page does it.
    let done = format!("/sim/product?path=/api/v1/tasks/{}/sent%3Fuserid=zhang", text(&todo["id"]));
    world.post(&done, json!({"evidence": "staff_marked"})).await.ok();
    assert_eq!(world.tasks("zhang").await.len(), 0);
    let step = &items(&world.enrollments("wmA").await[0]["steps"])[0];
    assert_eq!((&step["state"], &step["evidence"]), (&json!("sent"), &json!("staff_marked")));
}

#[tokio::test]
async fn a_clock_beyond_the_year_9999_is_refused_and_stays_where_it_is() {
    let world = company().await;
    let before = world.now();
    for far in [json!({"seconds": 1e300}), json!({"to": i64::MAX})] {
        world.post("/sim/control/clock/advance", far).await.refused(422);
        assert_eq!(world.now(), before);
    }
}

#[tokio::test]
async fn the_sidebar_leads_to_the_simulator_while_there_is_no_web_app() {
    let world = World::new().await;
    for path in ["/", "/sidebar", "/sidebar/", "/sidebar/tasks", "/sidebar/tasks/1?from=card"] {
        let answer = world.get(path).await;
        assert_eq!(answer.status, 307, "{path}");
        assert_eq!(answer.headers["location"], "/sim/", "{path}");
    }
    assert_eq!(world.get("/sidebars").await.status, 404);

    // With the real WeCom there is no simulator to lead to.
    let real = [
        ("WECOM_CORP_ID", "ww0123456789abcdef"),
        ("WECOM_AGENT_ID", "1000002"),
        ("WECOM_SECRET", "secret"),
        ("WECOM_CALLBACK_TOKEN", "token"),
        ("WECOM_CALLBACK_AES_KEY", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"),
        ("STEPWISE_INGEST_SECRET", "secret"),
        ("WECOM_API_BASE", "http://127.0.0.1:1"),
    ];
    let machine = Machine::start(&options(&real, WeComKind::Real)).await.unwrap();
    for path in ["/", "/sidebar", "/sidebar/tasks"] {
        let request = http::Request::get(format!("{}{path}", machine.address)).body(Bytes::new()).unwrap();
        assert_eq!(world.raw(request).await.status, 404, "{path}");
    }
}
