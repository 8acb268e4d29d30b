//! Customers who were there before Stepwise: taken over silently.

#![expect(clippy::print_stdout, reason = "a test of size says how fast it was")]

use std::{collections::BTreeSet, time::Instant};

use app::Lane;
use http::Method;
use serde_json::{Value, json};
use tests::{World, at, items, text};
use wecom::contact::BatchQuery;

use super::price::company;

const IMPORT: &str = "/api/v1/customers/import";

/// Calls of ours that would change something in WeCom, or reach somebody.
const WRITES: [&str; 5] = [
    "externalcontact/mark_tag",
    "externalcontact/remark",
    "externalcontact/send_welcome_msg",
    "externalcontact/add_msg_template",
    "message/send",
];

/// The company, and so many customers who have been Zhang's and Li's for up to a year; a third of them know both.
pub(super) async fn with_population(customers: usize) -> World {
    let world = company().await;
    // What would react, if anything did.
    world.sim("tags", json!({"group": "兴趣", "name": "SUV"})).await;
    world.machine.app.refresh_tags().await.unwrap();
    let rule = json!({"name": "看车", "when": {"tag_added": "兴趣/SUV"},
        "then": [{"add_tag": "客户状态/了解产品"}]});
    world.rule("looks", rule).await;
    let greeting = json!({"id": "greeting", "name": "新客跟进", "anchor": {"kind": "friend_add"},
        "steps": [{"id": "hello", "at": {"after_minutes": 5}, "method": "task", "content": {"text": "您好"}}]});
    world.publish(greeting).await;
    let scenario = json!({
        "arrive": {"second_member": 0.33, "add_ways": [{"value": 1}, {"value": 3}]},
        "block": {"share": 0.1, "after_days": [1, 20]},
        "tags": [{"group": "客户状态", "name": "考虑价格", "share": 0.3}, {"group": "客户状态", "name": "下定", "share": 0.2},
                 {"group": "兴趣", "name": "SUV", "share": 0.4}]
    });
    let people = json!({"staff": 0, "customers": customers, "days": 365, "silent": true, "seed": 7,
                        "scenario": scenario});
    world.sim("population", people).await;
    world
}

/// The job when nothing more is done for it.
pub(super) async fn settled(world: &World, job: &Value) -> Value {
    world.machine.settle().await.unwrap();
    world.get(&format!("/api/v1/jobs/{}", text(&job["id"]))).await.ok()
}

pub(super) async fn import(world: &World, body: Value) -> Value {
    let begun = world.post(IMPORT, body).await;
    assert_eq!(begun.status, 202, "{:#}", begun.body);
    settled(world, &begun.body).await
}

/// Calls of an API so far.
async fn calls(world: &World, api: &str) -> u64 {
    let limits = world.get("/sim/control/limits").await.ok();
    limits["apis"][api]["hour"].as_u64().unwrap_or_default()
}

/// What WeCom holds: customer, staff member, tags.
pub(super) async fn held(world: &World) -> Vec<(String, String, BTreeSet<String>)> {
    let app = &world.machine.app;
    let wecom = app.wecom(Lane::Bulk);
    let token = wecom.get_token(&app.corp.corp_id, app.corp.secret.expose()).await.unwrap().access_token;
    let userid_list = vec!["li".to_owned(), "zhang".to_owned()];
    let (mut held, mut cursor) = (Vec::new(), None);
    loop {
        let query = BatchQuery { userid_list: userid_list.clone(), cursor, limit: Some(100) };
        let page = wecom.batch_get_contacts(&token, &query).await.unwrap();
        held.extend(page.contacts.into_iter().map(|contact| {
            let relation = &contact.relations[0];
            let tags = relation.tags.iter().map(|tag| tag.0.clone()).collect();
            (contact.external_userid.clone(), relation.userid.clone(), tags)
        }));
        cursor = page.next_cursor;
        if cursor.is_none() {
            return held;
        }
    }
}

async fn writes(world: &World) -> Vec<u64> {
    let mut writes = Vec::new();
    for api in WRITES {
        writes.push(calls(world, api).await);
    }
    writes
}

fn names(of: &Value, field: &str) -> BTreeSet<String> {
    items(of).iter().map(|one| text(&one[field])).collect()
}

#[tokio::test]
async fn a_corp_is_taken_over_and_nothing_reacts() {
    let world = with_population(300).await;
    let before = writes(&world).await;
    #[expect(clippy::disallowed_methods, reason = "a figure for whoever reads the output")]
    let begun = Instant::now();
    let job = import(&world, json!({})).await;
    let seconds = begun.elapsed().as_secs_f64();
    let held = held(&world).await;
    println!("{} contacts in {seconds:.1} s: {:.0} a second", held.len(), held.len() as f64 / seconds);
    let customers: BTreeSet<&String> = held.iter().map(|(customer, ..)| customer).collect();
    assert!(customers.len() == 300 && held.len() > 370, "some know both");
    assert_eq!((&job["state"], &job["total"], &job["done"]), (&json!("done"), &json!(2), &json!(2)));
    let reading = &job["reading"];
    assert_eq!((&reading["seen"], &reading["new"]), (&json!(held.len()), &json!(300)), "{job:#}");
    assert_eq!((&reading["known"], &reading["failed"]), (&json!(held.len() - 300), &json!(0)));

    // Days later, too, nobody has heard of it.
    world.until(world.now().plus_days(2)).await;
    assert_eq!(writes(&world).await, before);
    for staff in ["zhang", "li"] {
        assert!(world.tasks(staff).await.is_empty() && world.staff_inbox(staff).await.is_empty());
    }
    let (mut conflicts, mut carded) = (0, 0);
    for customer in customers {
        let view = world.view(customer).await;
        let of_this: Vec<_> = held.iter().filter(|(held, ..)| held == customer).collect();
        let staff: BTreeSet<String> = of_this.iter().map(|(_, staff, _)| staff.clone()).collect();
        assert_eq!(names(&view["relations"], "userid"), staff, "{view:#}");
        let tags: BTreeSet<String> = of_this.iter().flat_map(|(.., tags)| tags.clone()).collect();
        let wanted = names(&view["tags"], "id");
        assert!(wanted.is_subset(&tags), "{view:#}");
        conflicts += usize::from(wanted != tags);
        carded += usize::from(view["stages"]["sales"]["stage"].is_string());
        assert_eq!(
            view["stages"]["sales"]["since"],
            Value::Null,
            "when it came there nobody knows: {view:#}"
        );
        assert!(world.enrollments(customer).await.is_empty());
        assert!(world.facts(customer, "rule_fired").await.is_empty());
    }
    println!("{carded} cards, {conflicts} customers whose staff differ in their stage");
    assert!(carded > 100 && conflicts > 0);

    // Once more: all of it is known.
    let again = import(&world, json!({})).await;
    let reading = &again["reading"];
    assert_eq!((&reading["seen"], &reading["known"]), (&json!(held.len()), &json!(held.len())));
    assert_eq!(again["counts"]["unchanged"], json!(held.len()), "{again:#}");
}

#[tokio::test]
async fn of_whom_wecom_does_not_tell_is_noted_and_the_rest_goes_on() {
    let world = with_population(60).await;
    world.sim("staff/li/licence", json!({"on": false})).await;
    let job = import(&world, json!({"staff": ["zhang", "LI"]})).await;
    assert_eq!(job["state"], "done");
    let refused = json!([{"staff": {"id": "li", "name": "李四"}, "code": null}]);
    assert_eq!((&job["reading"]["refused"], &job["reading"]["passed_over"]), (&refused, &json!(1)));
    let of_zhang = held(&world).await.iter().filter(|(_, staff, _)| staff == "zhang").count();
    assert_eq!(job["reading"]["seen"], json!(of_zhang));

    let fault = json!({"api": "externalcontact/batch/get_by_user", "errcode": 84061, "times": 1});
    world.sim("faults", fault).await;
    let job = import(&world, json!({"staff": ["zhang"]})).await;
    assert_eq!((&job["state"], &job["reading"]["refused"][0]["code"]), (&json!("done"), &json!(84061)));
}

#[tokio::test]
async fn a_cursor_that_expires_begins_that_staff_member_anew_and_nobody_counts_twice() {
    let world = with_population(600).await;
    let fault = json!({"api": "externalcontact/batch/get_by_user", "errcode": 50100, "rate": 0.08});
    world.sim("faults", fault).await;
    let job = import(&world, json!({})).await;
    world.send(Method::DELETE, "/sim/control/faults", &[], None).await;
    assert_eq!(job["state"], "done");
    let (held, reading) = (held(&world).await, &job["reading"]);
    let calls = calls(&world, "externalcontact/batch/get_by_user").await;
    assert!(calls > 10, "{calls}");
    assert_eq!((&reading["seen"], &reading["new"]), (&json!(held.len()), &json!(600)), "{job:#}");
}

#[tokio::test]
async fn an_app_that_wecom_tells_of_nobody_fails_and_says_so() {
    let world = with_population(5).await;
    world.sim("faults", json!({"api": "externalcontact/batch/get_by_user", "errcode": 48002})).await;
    let job = import(&world, json!({})).await;
    assert_eq!((&job["state"], &job["trouble"]["code"]), (&json!("running"), &json!("wecom_refuses")));
    world.until(world.now().plus_mins(10)).await;
    let job = settled(&world, &job).await;
    assert_eq!((&job["state"], &job["trouble"]["code"]), (&json!("failed"), &json!("wecom_refuses")));
}

#[tokio::test]
async fn an_import_ends_when_somebody_says_so_and_what_is_there_stays() {
    let world = with_population(40).await;
    world.sim("faults", json!({"api": "externalcontact/batch/get_by_user", "http_status": 503})).await;
    let job = import(&world, json!({})).await;
    assert_eq!((&job["state"], &job["trouble"]["code"]), (&json!("running"), &json!("busy")));
    world.post(&format!("/api/v1/jobs/{}/cancel", text(&job["id"])), json!({})).await.ok();
    world.until(world.now().plus_mins(2)).await;
    assert_eq!(settled(&world, &job).await["state"], "cancelled");
}

#[tokio::test]
async fn whose_customers_are_asked_for_has_to_be_known() {
    let world = company().await;
    for (body, pointer, code) in [
        (json!({"staff": ["zhang", "wang"]}), "/staff/1", "unknown_staff"),
        (json!({"staff": []}), "/staff", "empty"),
        (json!({"staff": vec!["zhang"; 1001]}), "/staff", "too_many"),
    ] {
        let problem = world.post(IMPORT, body).await.refused(422);
        let error = &problem["errors"][0];
        assert_eq!((text(&error["pointer"]), text(&error["code"])), (pointer.into(), code.into()));
    }
}

/// Everybody imported, and some minutes gone by.
pub(super) async fn imported(customers: usize) -> World {
    let world = with_population(customers).await;
    import(&world, json!({})).await;
    world.until(world.now().plus_mins(5)).await;
    world
}

pub(super) async fn reconcile(world: &World) -> Value {
    let begun = world.post("/api/v1/customers/reconcile", json!({})).await;
    assert_eq!(begun.status, 202, "{:#}", begun.body);
    settled(world, &begun.body).await
}

/// A member tags some of their customers on the phone, and WeCom's word of it is lost.
pub(super) async fn retag_unheard(world: &World, staff: &str, customers: &[String], tag: &str) {
    let lost = json!({"callbacks": "drop", "change": "edit_external_contact"});
    world.sim("faults", lost).await;
    for customer in customers {
        let edit = json!({"external_userid": customer, "add": [tag]});
        world.sim(&format!("staff/{staff}/tag"), edit).await;
    }
    world.send(Method::DELETE, "/sim/control/faults", &[], None).await;
}

/// Zhang's customers of whom nobody knows a stage.
pub(super) async fn without_stage(world: &World, but: &[&String]) -> Vec<String> {
    let mut found = Vec::new();
    for (customer, staff, _) in held(world).await {
        if staff == "zhang" && !but.contains(&&customer) && world.stage(&customer, "sales").await.is_none() {
            found.push(customer);
        }
    }
    found
}

#[tokio::test]
async fn a_comparison_that_finds_nothing_changes_nothing() {
    let world = imported(150).await;
    let before = world.kept().await.len();
    let job = reconcile(&world).await;
    let counts = &job["counts"];
    assert_eq!(
        (&job["state"], &counts["changed"], &counts["failed"]),
        (&json!("done"), &json!(0), &json!(0))
    );
    let differences = json!({"customers": 0, "relations": 0, "tags": 0, "lost": 0, "adopted": 0, "fetched": 0,
                             "waiting": 0, "failed": 0, "decision": null});
    assert_eq!(job["reading"]["differences"], differences);
    // Its own rows, and its audit entry.
    assert!(world.kept().await.len() < before + 12);
}

#[tokio::test]
async fn what_a_lost_callback_would_have_told_is_found_and_rules_and_sops_follow() {
    let world = imported(60).await;
    let retagged = without_stage(&world, &[]).await[..3].to_vec();
    retag_unheard(&world, "zhang", &retagged, "客户状态/考虑价格").await;
    let lost = json!({"callbacks": "drop", "change": "add_external_contact"});
    world.sim("faults", lost).await;
    world.customer("wmNew", "新客户", "li").await;
    world.sim(&format!("customers/{}/add", retagged[0]), json!({"userid": "li"})).await;
    world.send(Method::DELETE, "/sim/control/faults", &[], None).await;
    world.until(world.now().plus_mins(5)).await;
    assert!(world.stage(&retagged[1], "sales").await.is_none());

    let job = reconcile(&world).await;
    let differences = &job["reading"]["differences"];
    assert_eq!(
        (&job["state"], &differences["customers"], &differences["tags"]),
        (&json!("done"), &json!(1), &json!(3))
    );
    assert_eq!((&differences["fetched"], &differences["adopted"]), (&json!(4), &json!(0)), "{job:#}");
    for customer in &retagged {
        assert_eq!(world.stage(customer, "sales").await.as_deref(), Some("price"), "{customer}");
        assert_eq!(world.enrollments(customer).await.len(), 1, "{customer}");
    }
    let newcomer = world.enrollments("wmNew").await;
    assert!(newcomer.iter().any(|live| live["sop"] == "greeting"), "{newcomer:#?}");
}

#[tokio::test]
async fn what_was_there_long_before_is_taken_over_silently() {
    let world = company().await;
    let greeting = json!({"id": "greeting", "name": "新客跟进", "anchor": {"kind": "friend_add"},
        "steps": [{"id": "hello", "at": {"after_minutes": 5}, "method": "task", "content": {"text": "您好"}}]});
    world.publish(greeting).await;
    let people = json!({"staff": 0, "customers": 300, "days": 365, "silent": true, "seed": 11});
    world.sim("population", people).await;
    world.until(world.now().plus_days(2)).await;
    let before = writes(&world).await;
    let job = reconcile(&world).await;
    let differences = &job["reading"]["differences"];
    assert_eq!(job["state"], "done", "{job:#}");
    assert_eq!((&differences["adopted"], &differences["fetched"]), (&json!(300), &json!(0)), "{job:#}");
    world.until(world.now().plus_days(1)).await;
    assert!(writes(&world).await == before && world.tasks("zhang").await.is_empty());
}

/// More than two hundred of Zhang's customers have another tag than is known; the job that waits, and they.
async fn too_many() -> (World, Value, Vec<String>) {
    let world = imported(650).await;
    let retagged = without_stage(&world, &[]).await[..205].to_vec();
    retag_unheard(&world, "zhang", &retagged, "客户状态/考虑价格").await;
    world.until(world.now().plus_mins(5)).await;
    let job = reconcile(&world).await;
    assert_eq!(job["state"], "waiting", "{job:#}");
    for customer in &retagged {
        assert!(world.stage(customer, "sales").await.is_none(), "nothing has happened yet");
    }
    world.until(world.now().plus_days(1)).await;
    assert_eq!(settled(&world, &job).await["state"], "waiting");
    (world, job, retagged)
}

pub(super) async fn decide(world: &World, job: &Value, decision: &str) -> Value {
    let path = format!("/api/v1/jobs/{}/decide", text(&job["id"]));
    world.post(&path, json!({"decision": decision})).await.ok();
    world.post(&path, json!({"decision": decision})).await.ok();
    let job = settled(world, job).await;
    assert_eq!(
        (&job["state"], &job["reading"]["differences"]["decision"]),
        (&json!("done"), &json!(decision))
    );
    job
}

#[tokio::test]
async fn too_many_differences_wait_and_are_taken_over_silently_if_an_admin_says_so() {
    let (world, job, retagged) = too_many().await;
    let before = writes(&world).await;
    let job = decide(&world, &job, "adopt").await;
    assert_eq!(job["reading"]["differences"]["fetched"], 0, "{job:#}");
    for customer in &retagged {
        assert_eq!(world.stage(customer, "sales").await.as_deref(), Some("price"), "{customer}");
        assert!(world.enrollments(customer).await.is_empty());
    }
    world.until(world.now().plus_mins(60)).await;
    assert!(writes(&world).await == before && world.tasks("zhang").await.is_empty());
}

#[tokio::test]
async fn too_many_differences_wait_and_are_reacted_to_if_an_admin_says_so() {
    let (world, job, retagged) = too_many().await;
    let job = decide(&world, &job, "react").await;
    assert_eq!(job["reading"]["differences"]["fetched"], 205, "{job:#}");
    for customer in &retagged {
        assert_eq!(world.stage(customer, "sales").await.as_deref(), Some("price"), "{customer}");
        assert_eq!(world.enrollments(customer).await.len(), 1);
    }
    let other =
        world.post(&format!("/api/v1/jobs/{}/decide", text(&job["id"])), json!({"decision": "adopt"})).await;
    assert_eq!(other.refused(409)["code"], "conflict");
}

#[tokio::test]
async fn a_comparison_that_waits_can_be_cancelled() {
    let (world, job, retagged) = too_many().await;
    world.post(&format!("/api/v1/jobs/{}/cancel", text(&job["id"])), json!({})).await.ok();
    assert_eq!(settled(&world, &job).await["state"], "cancelled");
    assert!(world.stage(&retagged[0], "sales").await.is_none());
}

#[tokio::test]
async fn what_was_imported_is_compared_every_night() {
    let world = imported(30).await;
    let retagged = without_stage(&world, &[]).await[..1].to_vec();
    retag_unheard(&world, "zhang", &retagged, "客户状态/考虑价格").await;
    world.until(at("2026-03-03 04:10")).await;
    let jobs = items(&world.get("/api/v1/jobs").await.ok()["items"]);
    assert_eq!((&jobs[0]["id"], &jobs[0]["state"]), (&json!("nightly20260303"), &json!("done")), "{jobs:#?}");
    assert_eq!(jobs[0]["reading"]["differences"]["tags"], 1);
    assert_eq!(world.stage(&retagged[0], "sales").await.as_deref(), Some("price"));
    world.until(at("2026-03-04 04:10")).await;
    assert_eq!(items(&world.get("/api/v1/jobs").await.ok()["items"]).len(), 3);
}
