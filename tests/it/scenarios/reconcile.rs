//! What the nightly comparison with WeCom finds, whom it believes, and what it tells.

use std::collections::BTreeSet;

use http::Method;
use serde_json::{Value, json};
use tests::{World, at, items, text};

use super::import::{decide, held, import, imported, reconcile, retag_unheard, settled, without_stage};

/// Customers whom only Zhang knows: those of whom no stage is known first, else in order of their ids.
async fn only_zhangs(world: &World) -> Vec<String> {
    let held = held(world).await;
    let of_li: BTreeSet<&String> =
        held.iter().filter(|(_, staff, _)| staff == "li").map(|(customer, ..)| customer).collect();
    let of_zhang = held.iter().filter(|(customer, staff, _)| staff == "zhang" && !of_li.contains(customer));
    let mut found = Vec::new();
    for (customer, ..) in of_zhang {
        let view = world.view(customer).await;
        // Blocked ones are no friends any more.
        if view["hidden"] == false {
            found.push((view["stages"]["sales"]["stage"].is_string(), customer.clone()));
        }
    }
    found.sort();
    found.into_iter().map(|(_, customer)| customer).collect()
}

/// A member deletes customers on the phone, and WeCom's word of it is lost.
async fn delete_unheard(world: &World, staff: &str, customers: &[String]) {
    let lost = json!({"callbacks": "drop", "change": "del_external_contact"});
    world.sim("faults", lost).await;
    for customer in customers {
        world.sim(&format!("staff/{staff}/delete"), json!({"external_userid": customer})).await;
    }
    world.send(Method::DELETE, "/sim/control/faults", &[], None).await;
}

async fn stand_at(world: &World, customer: &str, stage: &str) {
    world
        .put(&format!("/api/v1/customers/{customer}/stage"), json!({"board": "sales", "stage": stage}))
        .await
        .ok();
}

async fn results(world: &World, job: &Value) -> Vec<Value> {
    items(&world.get(&format!("/api/v1/jobs/{}/results?limit=200", text(&job["id"]))).await.ok()["items"])
}

/// Customers who are nobody's friends any more.
async fn hidden(world: &World, customers: &[String]) -> usize {
    let mut hidden = 0;
    for customer in customers {
        hidden += usize::from(world.view(customer).await["hidden"] == true);
    }
    hidden
}

#[tokio::test]
async fn a_parting_whose_callback_was_lost_is_found_and_its_sops_end() {
    let world = imported(60).await;
    let gone = only_zhangs(&world).await[..2].to_vec();
    for customer in &gone {
        stand_at(&world, customer, "price").await;
        assert_eq!(world.enrollments(customer).await[0]["state"], "active");
    }
    world.until(world.now().plus_mins(5)).await;
    delete_unheard(&world, "zhang", &gone).await;
    world.until(world.now().plus_mins(5)).await;
    assert_eq!(hidden(&world, &gone).await, 0, "nobody has heard of it");

    let job = reconcile(&world).await;
    let differences = &job["reading"]["differences"];
    assert_eq!((&job["state"], &differences["lost"]), (&json!("done"), &json!(2)), "{job:#}");
    assert_eq!((&differences["fetched"], &differences["failed"]), (&json!(2), &json!(0)));
    for customer in &gone {
        let view = world.view(customer).await;
        let relation = &view["relations"][0];
        assert_eq!((&relation["staff_side"], &relation["customer_side"]), (&json!("closed"), &json!("open")));
        assert_eq!((&view["hidden"], &view["owner"]), (&json!(true), &Value::Null));
        let enrollment = &world.enrollments(customer).await[0];
        assert_eq!((&enrollment["state"], &enrollment["reason"]), (&json!("exited"), &json!("no_relation")));
    }
    // Who was repaired, and how.
    let told: Vec<_> = results(&world, &job).await;
    assert_eq!(told.len(), 2, "{told:#?}");
    for (result, customer) in told.iter().zip(&gone) {
        assert_eq!((&result["customer"], &result["differed"]), (&json!(customer), &json!(["lost"])));
        let entry = text(&result["entry"]);
        let entries = world.timeline(customer).await;
        let entry = entries.iter().find(|one| one["id"] == entry).expect("its entry");
        let kinds: Vec<String> = items(&entry["facts"]).iter().map(|fact| text(&fact["kind"])).collect();
        assert!(kinds.contains(&"relation_closed".to_owned()), "{kinds:?}");
    }
    let again = reconcile(&world).await;
    assert_eq!(again["reading"]["differences"]["lost"], 0, "once");
}

#[tokio::test]
async fn a_staff_member_of_whom_wecom_does_not_tell_loses_nobody() {
    let world = imported(60).await;
    let zhangs = only_zhangs(&world).await;
    world.sim("staff/zhang/licence", json!({"on": false})).await;
    let unlicensed = reconcile(&world).await;
    world.sim("staff/zhang/licence", json!({"on": true})).await;
    world.sim("apps", json!({"visible": {"users": ["li"], "departments": []}})).await;
    let out_of_sight = reconcile(&world).await;
    world.sim("apps", json!({"visible": {"users": ["li", "zhang"], "departments": []}})).await;
    for job in [unlicensed, out_of_sight] {
        assert_eq!(job["state"], "done");
        assert_eq!(
            (&job["reading"]["differences"]["lost"], &job["reading"]["passed_over"]),
            (&json!(0), &json!(1))
        );
    }
    assert_eq!(hidden(&world, &zhangs).await, 0);
}

#[tokio::test]
async fn many_partings_wait_for_a_decision_and_whose_licence_ended_meanwhile_loses_nobody() {
    let world = imported(650).await;
    let gone = only_zhangs(&world).await[..205].to_vec();
    delete_unheard(&world, "zhang", &gone).await;
    world.until(world.now().plus_mins(5)).await;
    let job = reconcile(&world).await;
    assert_eq!((&job["state"], &job["reading"]["differences"]["waiting"]), (&json!("waiting"), &json!(205)));
    assert_eq!(hidden(&world, &gone).await, 0);
    world.sim("staff/zhang/licence", json!({"on": false})).await;
    let job = decide(&world, &job, "react").await;
    assert_eq!(hidden(&world, &gone).await, 0, "{job:#}");
    assert_eq!(job["reading"]["differences"]["waiting"], 0);
    world.sim("staff/zhang/licence", json!({"on": true})).await;

    let job = reconcile(&world).await;
    assert_eq!(job["state"], "waiting", "{job:#}");
    stand_at(&world, &gone[0], "price").await;
    let job = decide(&world, &job, "adopt").await;
    assert_eq!(hidden(&world, &gone).await, 205);
    let path = format!("/api/v1/jobs/{}/results?outcome=changed&limit=200", text(&job["id"]));
    let told = items(&world.get(&path).await.ok()["items"]);
    assert!(told.len() >= 100 && told.iter().all(|result| result["entry"].is_string()), "{:#}", told[0]);
    let enrollment = &world.enrollments(&gone[0]).await[0];
    assert_eq!(enrollment["reason"], "no_relation", "what cannot go on ends, silence or not");
}

#[tokio::test]
async fn a_colleague_who_is_still_a_friend_keeps_everything_going() {
    let world = imported(60).await;
    let both = {
        let held = held(&world).await;
        let of = |staff: &str| -> BTreeSet<String> {
            held.iter().filter(|(_, of, _)| of == staff).map(|(customer, ..)| customer.clone()).collect()
        };
        let both: Vec<String> = of("li").intersection(&of("zhang")).cloned().collect();
        let mut open = Vec::new();
        for customer in both {
            let view = world.view(&customer).await;
            let friends = items(&view["relations"]).into_iter();
            let closed = friends.filter(|one| one["customer_side"] != "open").count();
            if closed == 0 {
                open.push(customer);
            }
        }
        open
    };
    let customer = &both[0];
    stand_at(&world, customer, "price").await;
    world.until(world.now().plus_mins(5)).await;
    delete_unheard(&world, "zhang", std::slice::from_ref(customer)).await;
    world.until(world.now().plus_mins(5)).await;
    let job = reconcile(&world).await;
    assert_eq!(job["reading"]["differences"]["lost"], 1);
    let view = world.view(customer).await;
    assert_eq!((&view["owner"], &view["hidden"]), (&json!("li"), &json!(false)));
    assert_eq!(world.enrollments(customer).await[0]["state"], "active");
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_told_of_and_the_others_are_compared() {
    let world = imported(30).await;
    let broken = held(&world).await[3].0.clone();
    let update = json!({"TableName": "stepwise-main",
        "Key": {"pk": {"S": format!("C#{broken}")}, "sk": {"S": "FILE"}},
        "UpdateExpression": "SET #f = :f", "ExpressionAttributeNames": {"#f": "format"},
        "ExpressionAttributeValues": {":f": {"N": "99"}}});
    let (status, body) = world.machine.engine().answer("UpdateItem", update.to_string().as_bytes());
    assert_eq!(status, 200, "{body}");
    let mut retagged = without_stage(&world, &[&broken]).await;
    retagged.truncate(1);
    retag_unheard(&world, "zhang", &retagged, "客户状态/考虑价格").await;
    let job = reconcile(&world).await;
    assert_eq!(job["state"], "done", "{job:#}");
    assert!(job["counts"]["failed"].as_u64().unwrap() >= 1);
    let told = results(&world, &job).await;
    let of_it = told.iter().find(|result| result["customer"] == broken).expect("it is told of");
    assert_eq!((&of_it["outcome"], &of_it["trouble"]["code"]), (&json!("failed"), &json!("broken")));
    assert_eq!(world.stage(&retagged[0], "sales").await.as_deref(), Some("price"));
}

/// A customer adds Li, and WeCom's word of it is lost.
async fn add_unheard(world: &World, customers: &[String]) {
    world.sim("faults", json!({"callbacks": "drop", "change": "add_external_contact"})).await;
    for customer in customers {
        world.customer(customer, "新客户", "li").await;
    }
    world.send(Method::DELETE, "/sim/control/faults", &[], None).await;
}

#[tokio::test]
async fn whoever_came_since_the_last_comparison_is_a_newcomer_however_late_the_next_one_is() {
    let world = imported(30).await;
    world.until(at("2026-03-03 04:10")).await;
    add_unheard(&world, &["wmLost".to_owned()]).await;
    // WeCom is out when the next night's comparison begins.
    world.until(at("2026-03-04 03:55")).await;
    world.sim("faults", json!({"api": "externalcontact/batch/get_by_user", "http_status": 503})).await;
    world.until(at("2026-03-04 04:40")).await;
    world.send(Method::DELETE, "/sim/control/faults", &[], None).await;
    world.until(at("2026-03-04 05:00")).await;
    let jobs = items(&world.get("/api/v1/jobs").await.ok()["items"]);
    assert_eq!(jobs[0]["id"], "nightly20260304");
    assert_eq!(
        (&jobs[0]["state"], &jobs[0]["reading"]["differences"]["adopted"]),
        (&json!("done"), &json!(0))
    );
    let inside = world.enrollments("wmLost").await;
    assert!(inside.iter().any(|live| live["sop"] == "greeting"), "{inside:#?}");
}

#[tokio::test]
async fn what_is_decided_days_later_is_news_still_and_no_other_comparison_begins_meanwhile() {
    let world = imported(30).await;
    let newcomers: Vec<String> = (0..201).map(|n| format!("wmN{n:03}")).collect();
    add_unheard(&world, &newcomers).await;
    let job = reconcile(&world).await;
    assert_eq!(job["state"], "waiting", "{job:#}");
    world.until(world.now().plus_days(3)).await;
    let asked = world.post("/api/v1/customers/reconcile", json!({})).await;
    assert_eq!((asked.status, &asked.body["id"]), (202, &job["id"]), "the one that waits");
    let jobs = items(&world.get("/api/v1/jobs").await.ok()["items"]);
    assert_eq!(jobs.len(), 2, "the import, and this one: {jobs:#?}");

    let job = decide(&world, &job, "react").await;
    let differences = &job["reading"]["differences"];
    assert_eq!((&differences["fetched"], &differences["adopted"]), (&json!(201), &json!(0)), "{job:#}");
    let mut inside = 0;
    for customer in &newcomers {
        inside += usize::from(!world.enrollments(customer).await.is_empty());
    }
    assert_eq!(inside, 201);
}

#[tokio::test]
async fn a_job_that_reads_wecom_tells_how_much_there_is_and_how_long_it_takes() {
    let world = imported(300).await;
    let all = held(&world).await.len();
    world.sim("faults", json!({"api": "externalcontact/batch/get_by_user", "http_status": 503})).await;
    let begun = world.post("/api/v1/customers/import", json!({})).await.ok();
    let job = settled(&world, &begun).await;
    assert_eq!((&job["state"], &job["remaining_seconds"]), (&json!("running"), &Value::Null));
    world.send(Method::DELETE, "/sim/control/faults", &[], None).await;
    world.until(world.now().plus_mins(2)).await;
    let job = settled(&world, &begun).await;
    assert_eq!((&job["state"], &job["reading"]["expected"]), (&json!("done"), &json!(all)), "{job:#}");
}

#[tokio::test]
async fn whoever_was_taken_over_before_a_list_began_anew_is_new_all_the_same() {
    let world = super::import::with_population(400).await;
    let fault = json!({"api": "externalcontact/batch/get_by_user", "errcode": 50100, "rate": 0.25});
    world.sim("faults", fault).await;
    let job = import(&world, json!({})).await;
    world.send(Method::DELETE, "/sim/control/faults", &[], None).await;
    let reading = &job["reading"];
    let (new, known) = (reading["new"].as_u64().unwrap(), reading["known"].as_u64().unwrap());
    let jobs = world.kept().await.iter().filter(|row| row.contains("\"FILE\"")).count();
    assert_eq!(new, u64::try_from(jobs).unwrap(), "{reading:#}");
    assert!(known < 150, "only second friends are known already: {reading:#}");
}
