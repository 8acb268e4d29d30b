//! The launch checklist against a WeCom in which something is not set up right: each fault has its finding, and each
//! finding its mend.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use app::{
    doctor::{Case, Check, Finding, Past, Plan, Verdict},
    net::Net,
};
use serde_json::{Value, json};
use tests::{World, at, items, text};
use wecom::crypto::CallbackKeys;

use super::price::company;

const CALLBACK_KEY: &str = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C";

fn keys(token: &str) -> CallbackKeys {
    CallbackKeys::parse(token, CALLBACK_KEY, "ww5f0e1d2c3b4a5968").unwrap()
}

/// What a doctor in the same process would examine.
async fn case(world: &World) -> Case {
    let app = &world.machine.app;
    Case {
        api_base: format!("{}/sim", world.machine.address),
        callback_url: format!("{}/wecom/callback", world.machine.address),
        callback: keys("SimulatedCallbackToken"),
        plan: Ok(Plan::read(&app.store).await.unwrap()),
        past: Ok(Past::read(&app.store, world.now()).await.unwrap()),
        net: Net::new(),
    }
}

async fn examine(world: &World) -> Vec<Finding> {
    world.machine.app.examine(&case(world).await).await
}

/// The finding of a check, which says in both languages what to do unless all is well.
#[track_caller]
fn of(findings: &[Finding], check: Check) -> Finding {
    let finding = findings.iter().find(|finding| finding.check == check).expect("a finding").clone();
    assert!(!finding.zh.is_empty() && !finding.en.is_empty());
    assert_eq!(finding.mend_zh.is_none(), finding.verdict == Verdict::Ok, "{finding:?}");
    assert_eq!(finding.mend_en.is_none(), finding.verdict == Verdict::Ok, "{finding:?}");
    finding
}

fn verdicts(findings: &[Finding], verdict: Verdict) -> Vec<Check> {
    findings.iter().filter(|finding| finding.verdict == verdict).map(|finding| finding.check).collect()
}

#[tokio::test]
async fn a_company_that_is_set_up_right_has_no_problem_and_unknown_is_only_what_wecom_does_not_tell() {
    let world = company().await;
    let findings = examine(&world).await;
    let made: Vec<Check> = findings.iter().map(|finding| finding.check).collect();
    assert_eq!(made, Check::ALL);
    assert_eq!(verdicts(&findings, Verdict::Problem), []);
    // The simulator is on this machine, and so is the callback address.
    assert_eq!(verdicts(&findings, Verdict::Warning), [Check::CallbackUrl]);
    let untold = [Check::CallbackUse, Check::ConsoleWelcome, Check::MassRule];
    assert_eq!(verdicts(&findings, Verdict::Unknown), untold);
    assert!(of(&findings, Check::MassRule).mend_zh.unwrap().contains("设置群发规则"));

    world.customer("wmA", "王先生", "zhang").await;
    let told = of(&examine(&world).await, Check::CallbackUse);
    assert_eq!(told.verdict, Verdict::Ok, "{told:?}");
}

#[tokio::test]
async fn an_examination_tells_no_secret_and_changes_nothing() {
    let world = company().await;
    world.customer("wmA", "王先生", "zhang").await;
    let before = (world.view("wmA").await, world.get("/sim/control/contacts/wmA").await.ok());
    let seen = items(&world.get("/sim/control/calls").await.ok()["items"]).len();
    let told = serde_json::to_string(&examine(&world).await).unwrap();
    let token = world.machine.app.store.token("1000002").await.unwrap().expect("a token").token;
    for secret in
        ["simulated-secret-of-the-app", "SimulatedCallbackToken", CALLBACK_KEY, &token, "wmA", "王先生"]
    {
        assert!(!told.contains(secret), "{secret}: {told}");
    }
    assert_eq!(before, (world.view("wmA").await, world.get("/sim/control/contacts/wmA").await.ok()));
    let calls = items(&world.get("/sim/control/calls").await.ok()["items"]);
    let made: Vec<String> = calls[seen..].iter().map(|call| text(&call["api"])).collect();
    let reads = [
        "gettoken",
        "getcallbackip",
        "externalcontact/get_follow_user_list",
        "department/simplelist",
        "user/simplelist",
        "externalcontact/get_corp_tag_list",
    ];
    assert_eq!(made, reads);
}

#[tokio::test]
async fn a_wrong_secret_is_named_and_nothing_is_asked_after_it() {
    let world = company().await;
    for (code, mend) in [(40001, "WECOM_SECRET"), (40091, "WECOM_SECRET"), (40013, "WECOM_CORP_ID")] {
        world.sim("faults", json!({"api": "gettoken", "errcode": code, "times": 1})).await;
        let seen = items(&world.get("/sim/control/calls").await.ok()["items"]).len();
        let findings = examine(&world).await;
        let secret = of(&findings, Check::Secret);
        assert_eq!(secret.verdict, Verdict::Problem);
        assert!(secret.mend_zh.unwrap().contains(mend) && secret.mend_en.unwrap().contains(mend));
        assert!(secret.detail.unwrap().starts_with(&format!("gettoken: errcode {code}, hint ")));
        for check in [Check::TrustedIp, Check::CustomerContact, Check::StaffLicences, Check::TagCount] {
            let later = of(&findings, check);
            assert_eq!(later.verdict, Verdict::Unknown, "{check}");
            assert!(later.mend_en.unwrap().contains("secret"), "{check}");
        }
        let calls = items(&world.get("/sim/control/calls").await.ok()["items"]).len();
        assert_eq!(calls, seen + 1, "one call: wrong secrets get the address blocked");
    }
    // Mended: nothing of the refusal is remembered.
    assert_eq!(of(&examine(&world).await, Check::Secret).verdict, Verdict::Ok);
}

#[tokio::test]
async fn an_address_that_is_not_trusted_is_shown_as_wecom_saw_it() {
    let world = company().await;
    world.sim("apps", json!({"trusted_ips": ["203.0.113.9"]})).await;
    let findings = examine(&world).await;
    assert_eq!(of(&findings, Check::Secret).verdict, Verdict::Ok, "WeCom gives tokens to any address");
    let trusted = of(&findings, Check::TrustedIp);
    assert_eq!(trusted.verdict, Verdict::Problem);
    for told in [trusted.zh, trusted.en, trusted.mend_zh.unwrap(), trusted.mend_en.unwrap()] {
        assert!(
            told.contains("127.0.0.1") && told.contains("可信") || told.contains("not trusted"),
            "{told}"
        );
    }
    assert!(trusted.detail.unwrap().contains(", from ip 127.0.0.1"));
    let contact = of(&findings, Check::CustomerContact);
    assert_eq!(contact.verdict, Verdict::Unknown);
    assert!(contact.mend_zh.unwrap().contains("trusted_ip"));

    world.sim("apps", json!({"trusted_ips": ["127.0.0.1"]})).await;
    world.sim("faults", json!({"api": "getcallbackip", "errcode": 60020, "times": 1})).await;
    let findings = examine(&world).await;
    assert_eq!(verdicts(&findings, Verdict::Problem), [Check::TrustedIp]);
}

#[tokio::test]
async fn an_app_that_is_not_among_the_callable_ones_is_told_where_to_be_ticked() {
    let world = company().await;
    world.sim("apps", json!({"callable": false})).await;
    let findings = examine(&world).await;
    let contact = of(&findings, Check::CustomerContact);
    assert_eq!(contact.verdict, Verdict::Problem);
    assert!(contact.mend_zh.unwrap().contains("可调用接口的应用"));
    assert!(contact.detail.unwrap().starts_with("externalcontact/get_follow_user_list: errcode 48002"));
    for check in [Check::StaffLicences, Check::TagGroups, Check::StageTags, Check::TagCount] {
        assert_eq!(of(&findings, check).verdict, Verdict::Unknown, "{check}");
        assert!(of(&findings, check).mend_en.unwrap().contains("customer_contact"), "{check}");
    }

    world.sim("apps", json!({"callable": true})).await;
    world.sim("faults", json!({"api": "get_follow_user_list", "errcode": 48002, "times": 1})).await;
    assert_eq!(verdicts(&examine(&world).await, Verdict::Problem), [Check::CustomerContact]);
}

#[tokio::test]
async fn staff_who_cannot_have_customers_are_named_with_the_reason() {
    let world = company().await;
    world.staff(&[("wang", "王五"), ("zhao", "赵六")]).await;
    world.machine.app.put_staff("nobody", "没有这个人", &app::Author::stepwise()).await.unwrap();
    world.sim("staff/li/licence", json!({"on": false})).await;
    world.sim("staff", json!({"userid": "wang", "status": "inactive"})).await;
    world.sim("staff/zhao/leave", json!({})).await;
    let findings = examine(&world).await;
    let staff = of(&findings, Check::StaffLicences);
    assert_eq!(staff.verdict, Verdict::Warning);
    for told in ["没有开通客户联系：li", "还没激活企业微信：wang", "已离职：zhao", "应用看不到：nobody"]
    {
        assert!(staff.zh.contains(told), "{}", staff.zh);
    }
    for mend in ["权限配置", "可见范围", "激活", "离职继承"] {
        assert!(staff.mend_zh.as_ref().unwrap().contains(mend), "{mend}");
    }
    assert_eq!(staff.detail.as_deref(), Some("li, nobody, wang, zhao"));

    world.sim("staff/zhang/licence", json!({"on": false})).await;
    let findings = examine(&world).await;
    assert_eq!(of(&findings, Check::CustomerContact).verdict, Verdict::Problem);
    assert_eq!(of(&findings, Check::StaffLicences).verdict, Verdict::Problem);
}

#[tokio::test]
async fn members_in_sight_without_a_licence_are_listed() {
    let world = company().await;
    world.sim("staff", json!({"userid": "office", "name": "后勤", "licensed": false})).await;
    let range = of(&examine(&world).await, Check::VisibleRange);
    assert_eq!(range.verdict, Verdict::Ok, "Stepwise knows that nobody there is to have customers");
    assert!(range.zh.contains("office"), "{range:?}");
    // What is out of sight is nobody's business.
    world.sim("apps", json!({"visible": {"users": ["zhang"], "departments": []}})).await;
    let findings = examine(&world).await;
    assert_eq!(of(&findings, Check::VisibleRange).verdict, Verdict::Unknown);
    let staff = of(&findings, Check::StaffLicences);
    assert!(staff.en.contains("not seen by the app: li"), "{staff:?}");
}

#[tokio::test]
async fn a_callback_address_that_does_not_answer_right_is_a_problem() {
    let world = company().await;
    let right = case(&world).await;
    let app = &world.machine.app;
    let asked = async |case: &Case| of(&app.examine(case).await, Check::CallbackUrl);

    let other_keys = Case { callback: keys("AnotherToken"), ..case(&world).await };
    let refused = asked(&other_keys).await;
    assert_eq!(refused.verdict, Verdict::Problem);
    assert!(refused.en.contains("403") && refused.mend_zh.unwrap().contains("WECOM_CALLBACK_TOKEN"));

    let elsewhere =
        Case { callback_url: format!("{}/nothing/here", world.machine.address), ..case(&world).await };
    let lost = asked(&elsewhere).await;
    assert_eq!(lost.verdict, Verdict::Problem);
    assert!(lost.en.contains("404") && lost.mend_zh.unwrap().contains("/wecom/callback"));

    let closed = Case { callback_url: "http://127.0.0.1:1/wecom/callback".into(), ..case(&world).await };
    let closed = asked(&closed).await;
    assert_eq!(closed.verdict, Verdict::Problem);
    assert!(closed.mend_en.unwrap().contains("STEPWISE_PUBLIC_URL"));

    // It answers, but the real WeCom would never get here.
    let real = Case { api_base: app::config::OFFICIAL_API.into(), ..right };
    let private = asked(&real).await;
    assert_eq!(private.verdict, Verdict::Problem);
    assert!(private.zh.contains("内网"), "{private:?}");
}

#[tokio::test]
async fn a_tag_that_was_deleted_in_the_console_is_missed_at_its_stage() {
    let world = company().await;
    assert_eq!(of(&examine(&world).await, Check::TagRights).verdict, Verdict::Ok, "Stepwise made the group");
    world.sim("tags", json!({"action": "delete", "group": "客户状态", "name": "考虑价格"})).await;
    let findings = examine(&world).await;
    assert_eq!(verdicts(&findings, Verdict::Problem), [Check::StageTags]);
    assert!(of(&findings, Check::StageTags).zh.contains("销售/考虑价格"));
    world.sim("tags", json!({"action": "delete", "group": "客户状态"})).await;
    let findings = examine(&world).await;
    assert_eq!(verdicts(&findings, Verdict::Problem), [Check::TagGroups, Check::StageTags]);
    assert!(of(&findings, Check::TagGroups).en.contains("销售 = 客户状态"));
}

#[tokio::test]
async fn a_tag_group_that_was_there_before_belongs_to_whom_wecom_does_not_tell() {
    let world = company().await;
    world.sim("tags", json!({"group": "售后状态", "name": "已交车"})).await;
    let stages = json!([{"id": "delivered", "name": "已交车"}, {"id": "visited", "name": "已回访"}]);
    let board = json!({"name": "售后", "tag_group": "售后状态", "stages": stages});
    world.put("/api/v1/boards/service", board).await.ok();
    let rights = of(&examine(&world).await, Check::TagRights);
    assert_eq!(rights.verdict, Verdict::Unknown);
    assert!(rights.zh.contains("售后 = 售后状态") && !rights.zh.contains("销售"), "{rights:?}");
}

#[tokio::test]
async fn a_greeting_of_the_console_shows_in_new_customers_without_a_code() {
    let world = company().await;
    let steps = json!([{"id": "hello", "at": {"after_minutes": 0}, "method": "welcome", "content": {"text": "你好"}}]);
    let document = json!({"id": "hi", "name": "欢迎", "anchor": {"kind": "friend_add"}, "steps": steps});
    world.publish(document).await;
    world.sim("staff", json!({"userid": "li", "console_welcome": true})).await;
    for (customer, staff) in [("wmA", "zhang"), ("wmB", "li"), ("wmC", "li"), ("wmD", "li")] {
        world.customer(customer, "新客户", staff).await;
    }
    let welcome = of(&examine(&world).await, Check::ConsoleWelcome);
    assert_eq!(welcome.verdict, Verdict::Warning);
    assert!(
        welcome.zh.ends_with("：li (3)") && welcome.mend_zh.unwrap().contains("欢迎语"),
        "{}",
        welcome.zh
    );
    assert_eq!(welcome.detail.as_deref(), Some("1 sampled welcomes with a code, 3 without"));
}

#[tokio::test]
async fn a_greeting_of_the_console_for_many_members_shows_though_each_has_one_new_customer() {
    let world = company().await;
    let steps = json!([{"id": "hello", "at": {"after_minutes": 0}, "method": "welcome", "content": {"text": "你好"}}]);
    let document = json!({"id": "hi", "name": "欢迎", "anchor": {"kind": "friend_add"}, "steps": steps});
    world.publish(document).await;
    for n in 0..6 {
        let staff = format!("member{n}");
        world.sim("staff", json!({"userid": staff, "name": staff, "console_welcome": true})).await;
        world.customer(&format!("wm{n}"), "新客户", &staff).await;
    }
    world.customer("wmA", "新客户", "zhang").await;
    let welcome = of(&examine(&world).await, Check::ConsoleWelcome);
    assert_eq!(welcome.verdict, Verdict::Warning, "{welcome:?}");
    assert!(welcome.zh.contains("只有 1 位带着 welcome_code，6 位没有"), "{}", welcome.zh);
}

#[tokio::test]
async fn a_limit_or_silence_of_wecom_is_no_verdict_on_the_settings() {
    let world = company().await;
    world.sim("faults", json!({"api": "get_follow_user_list", "errcode": 45009, "times": 1})).await;
    world.sim("faults", json!({"api": "get_corp_tag_list", "http_status": 502})).await;
    let findings = examine(&world).await;
    assert_eq!(verdicts(&findings, Verdict::Problem), []);
    let licensed = of(&findings, Check::CustomerContact);
    assert!(licensed.verdict == Verdict::Unknown && licensed.mend_en.unwrap().contains("an hour"));
    let tags = of(&findings, Check::TagCount);
    assert!(tags.verdict == Verdict::Unknown && tags.mend_en.unwrap().contains("WECOM_API_BASE"));
}

/// `stepwise doctor`, where `cargo build --workspace --bins` put it, with the simulator's settings.
fn command(world: &World, data: &Path) -> Command {
    let here = std::env::current_exe().unwrap();
    let path = here.ancestors().nth(2).unwrap().join("stepwise");
    assert!(path.is_file(), "{} is missing: run `cargo build --workspace --bins` first", path.display());
    let address = &world.machine.address;
    let mut command = Command::new(path);
    command.env_clear().arg("doctor").arg("--data").arg(data).stdin(Stdio::null());
    command.envs([
        ("WECOM_CORP_ID", "ww5f0e1d2c3b4a5968"),
        ("WECOM_AGENT_ID", "1000002"),
        ("WECOM_SECRET", "simulated-secret-of-the-app"),
        ("WECOM_CALLBACK_TOKEN", "SimulatedCallbackToken"),
        ("WECOM_CALLBACK_AES_KEY", CALLBACK_KEY),
        ("STEPWISE_INGEST_SECRET", "simulated-ingest-secret"),
        ("STEPWISE_PUBLIC_URL", address),
        ("STEPWISE_LISTEN", address.trim_start_matches("http://")),
    ]);
    command.env("WECOM_API_BASE", format!("{address}/sim"));
    command
}

/// Runs it beside the world, which has to answer meanwhile: (exit code, stdout).
async fn run(mut command: Command) -> (i32, String) {
    let ended = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let (told, complaint) =
        (String::from_utf8(ended.stdout).unwrap(), String::from_utf8(ended.stderr).unwrap());
    assert_eq!(complaint, "", "findings are all that it says");
    (ended.status.code().unwrap(), told)
}

fn finding<'a>(told: &'a Value, check: &str) -> &'a Value {
    let findings = told["findings"].as_array().unwrap();
    findings.iter().find(|finding| finding["check"] == check).expect("a finding")
}

/// A world on a directory, with a board and staff.
async fn world_on_disk(directory: &Path) -> World {
    let world = World::in_directory(at("2026-03-02 09:00"), directory).await;
    world.staff(&[("zhang", "张三")]).await;
    let stages = json!([{"id": "interest", "name": "了解产品"}, {"id": "price", "name": "考虑价格"}]);
    let board = json!({"name": "销售", "tag_group": "客户状态", "stages": stages});
    world.put("/api/v1/boards/sales", board).await.ok();
    world
}

#[tokio::test]
async fn the_command_examines_while_the_product_runs_and_asks_it_for_boards_and_staff() {
    let directory = tempfile::tempdir().unwrap();
    let world = world_on_disk(directory.path()).await;
    let mut with_token = command(&world, directory.path());
    with_token.arg("--json").env("STEPWISE_ADMIN_TOKEN", "token-of-the-tests");
    let (code, told) = run(with_token).await;
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(code, 0, "{told:#}");
    for check in ["staff_licences", "tag_groups", "stage_tags", "tag_rights"] {
        assert_eq!(finding(&told, check)["verdict"], "ok", "{told:#}");
    }
    assert!(text(&finding(&told, "callback_use")["en"]).contains("a running Stepwise holds"));

    // Without a token it says what it could not look at, and why.
    let mut without = command(&world, directory.path());
    without.arg("--json");
    let (code, told) = run(without).await;
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((code, &finding(&told, "stage_tags")["verdict"]), (0, &json!("unknown")));
    assert!(text(&finding(&told, "stage_tags")["mend_en"]).contains("STEPWISE_ADMIN_TOKEN"));
}

#[tokio::test]
async fn the_command_reads_the_directory_of_a_product_that_is_stopped_and_leaves_it_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    drop(world_on_disk(directory.path()).await);
    // Another machine plays WeCom, in which nothing is set up.
    let world = World::new().await;
    let mut doctor = command(&world, directory.path());
    doctor.args(["--lang", "en"]);
    let (code, told) = run(doctor).await;
    assert_eq!(code, 1, "{told}");
    let line = |check: &str| told.lines().find(|line| line.contains(check)).expect("a line").to_owned();
    assert!(line("tag_groups").starts_with("✗ ") && line("tag_groups").contains("销售 = 客户状态"), "{told}");
    assert!(line("staff_licences").contains("not seen by the app: zhang"), "{told}");
    assert!(told.contains("\n                    → "), "mends are indented: {told}");
    assert!(!told.contains('\x1b'), "no colours in a pipe");
    // The directory is free, and is what it was.
    let back = World::in_directory(at("2026-03-02 09:00"), directory.path()).await;
    assert_eq!(back.get("/api/v1/boards/sales").await.status, 200);
}

#[tokio::test]
async fn settings_that_cannot_be_used_end_it_with_two_and_are_named() {
    let world = World::new().await;
    let nowhere = PathBuf::from("no-such-directory-of-the-tests");
    let mut doctor = command(&world, &nowhere);
    doctor.env("WECOM_AGENT_ID", "seven");
    let (code, told) = run(doctor).await;
    assert_eq!(code, 2, "{told}");
    assert!(told.starts_with("✗ settings") && told.contains("WECOM_AGENT_ID"), "{told}");
    assert!(!told.contains("simulated-secret-of-the-app"), "{told}");
    assert!(!nowhere.exists(), "nothing is made");
    let (code, told) = run(command(&world, &nowhere)).await;
    assert!(told.contains("no-such-directory-of-the-tests"), "{told}");
    assert_eq!(code, 1, "nobody is licensed: {told}");
}

#[test]
fn every_check_is_explained_in_the_operations_guide() {
    let guide = include_str!("../../../docs/OPERATIONS.md");
    for check in Check::ALL {
        assert!(guide.contains(&format!("| `{check}` |")), "{check} is not explained");
    }
}
