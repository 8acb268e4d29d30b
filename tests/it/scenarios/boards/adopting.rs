//! A messy group of tags becomes a board: silently, until somebody decides otherwise.

#![expect(clippy::print_stdout, reason = "a test of size says how large it was")]

use std::collections::BTreeSet;

use domain::{BoardId, CustomerId, TagId};
use serde_json::{Value, json};
use tests::{World, items, text};

use super::done;
use crate::scenarios::price::company;

/// Customers of the corp. Five thousand take as many times longer.
const CUSTOMERS: usize = 500;
const LEADS: &str = "/api/v1/boards/leads";
const GROUP: &str = "跟进阶段";

/// Tags written to phones, so far.
async fn marks(world: &World) -> usize {
    let calls = world.get("/sim/control/calls?api=mark_tag&brief=true").await.ok();
    assert_eq!(calls["forgotten"], 0, "all of them are there");
    items(&calls["items"]).len()
}

/// The same of this hour, however many.
async fn marks_of_this_hour(world: &World) -> usize {
    let limits = world.get("/sim/control/limits").await.ok();
    limits["apis"]["externalcontact/mark_tag"]["hour"].as_u64().map_or(0, |made| made as usize)
}

/// What each open relation has in WeCom of the group, as the files know, and what it should have.
async fn relations(world: &World) -> Vec<(CustomerId, String, BTreeSet<TagId>, BTreeSet<TagId>)> {
    let app = &world.machine.app;
    let book = app.playbook().await.unwrap();
    let group = book.tags.groups().find(|group| group.name == GROUP).unwrap();
    let ours: BTreeSet<&TagId> = group.tags.iter().map(|tag| &tag.id).collect();
    let mut customers = BTreeSet::new();
    for staff in ["zhang", "li"] {
        let mut from = None;
        loop {
            let page = app.store.rows(&format!("STAFF#{staff}"), 500, from.as_ref()).await.unwrap();
            customers.extend(page.items.iter().map(|row| CustomerId::from(row.sk.as_str())));
            from = page.next;
            if from.is_none() {
                break;
            }
        }
    }
    let customers: Vec<CustomerId> = customers.into_iter().collect();
    let mut found = Vec::new();
    for some in customers.chunks(100) {
        for file in app.store.load_files(some).await.unwrap() {
            let wanted: BTreeSet<TagId> =
                file.tags.keys().filter(|tag| ours.contains(tag)).cloned().collect();
            for (staff, relation) in file.open_relations() {
                let mirror = relation.mirror.clone().unwrap_or_default();
                let has = mirror.into_iter().filter(|tag| ours.contains(tag)).collect();
                found.push((file.id.clone(), staff.to_string(), has, wanted.clone()));
            }
        }
    }
    found
}

async fn with_a_mess(customers: usize) -> World {
    let world = company().await;
    let tag = |name: &str, share: f64| json!({"group": GROUP, "name": name, "share": share});
    let scenario = json!({"arrive": {"second_member": 0.6}, "block": {"share": 0.0, "after_days": [1, 2]},
        "tags": [tag("线索", 0.6), tag("报价", 0.5), tag("签约", 0.3), {"group": "兴趣", "name": "SUV", "share": 0.2}]});
    let people = json!({"staff": 0, "customers": customers, "days": 300, "silent": true, "seed": 11, "scenario": scenario});
    world.sim("population", people).await;
    // Armed on each tag.
    world.machine.app.refresh_tags().await.unwrap();
    for name in ["线索", "报价", "签约"] {
        let rule = json!({"name": name, "when": {"tag_added": format!("{GROUP}/{name}")}, "then": [{"add_tag": "兴趣/SUV"}]});
        let id = format!("hears-{}", name.len() + name.chars().next().map_or(0, |c| c as usize));
        world.rule(&id, rule).await;
    }
    let import = world.post("/api/v1/customers/import", json!({})).await.ok();
    done(&world, &import).await;
    world
}

async fn facts_of(world: &World, customers: &[CustomerId], kind: &str) -> usize {
    let mut found = 0;
    for customer in customers {
        found += world.facts(customer.as_str(), kind).await.len();
    }
    found
}

#[tokio::test]
async fn a_messy_group_is_adopted_silently_and_mirrored_when_somebody_says_so() {
    println!("{CUSTOMERS} customers");
    let world = with_a_mess(CUSTOMERS).await;
    let before = relations(&world).await;
    let messy = before.iter().filter(|(.., wanted)| wanted.len() > 1).count();
    assert!(messy > CUSTOMERS / 2, "two and three stages at once: {messy}");

    // Made without its job, so that SOPs wait at the stages when the customers come.
    let plan = json!({"name": "线索跟进", "tag_group": GROUP,
        "stages": [{"id": "lead", "name": "线索"}, {"id": "quote", "name": "报价"}]});
    let (plan, author) = (serde_json::from_value(plan).unwrap(), app::Author::stepwise());
    Box::pin(world.machine.app.create_board(&BoardId::from("leads"), &plan, &author)).await.unwrap();
    for stage in ["lead", "quote"] {
        let sop = json!({"id": format!("at-{stage}"), "name": stage, "anchor": {"kind": "stage_entry", "stage": format!("leads/{stage}")},
            "steps": [{"id": "a", "at": {"after_minutes": 5}, "method": "task", "content": {"text": "您好"}}]});
        world.publish(sop).await;
    }
    let stages =
        json!({"stages": [{"id": "lead"}, {"id": "quote"}, {"id": "won", "name": "签约", "kind": "won"}]});
    let etag = world.get(LEADS).await.headers["etag"].clone();
    let board = world.send(http::Method::PATCH, LEADS, &[("if-match", &etag)], Some(&stages)).await.ok();
    let job = world.get(&format!("/api/v1/jobs/{}", text(&board["job"]))).await.ok();
    let job = done(&world, &job).await;
    world.until(world.now().plus_days(2)).await;

    // Everybody with a tag has one card and one stage tag, and nothing else has happened.
    let after = relations(&world).await;
    let with_tags: BTreeSet<&CustomerId> =
        before.iter().filter(|(.., wanted)| !wanted.is_empty()).map(|(id, ..)| id).collect();
    assert_eq!(job["counts"]["changed"], with_tags.len(), "{job:#}");
    assert!(after.iter().all(|(id, _, _, wanted)| wanted.len() == usize::from(with_tags.contains(id))));
    let board = world.get(LEADS).await.ok();
    let cards: u64 = items(&board["stages"]).iter().map(|stage| stage["count"].as_u64().unwrap()).sum();
    assert_eq!(cards, with_tags.len() as u64);
    let unchanged = |(a, b): (&(_, _, BTreeSet<TagId>, _), &(_, _, BTreeSet<TagId>, _))| a.2 == b.2;
    assert!(
        before.len() == after.len() && before.iter().zip(&after).all(unchanged),
        "phones are as they were"
    );
    assert_eq!(marks(&world).await, 0);
    let customers: Vec<CustomerId> = with_tags.iter().map(|id| (*id).clone()).take(60).collect();
    for kind in ["rule_fired", "enrolled"] {
        assert_eq!(facts_of(&world, &customers, kind).await, 0, "{kind}");
    }
    for stage in ["lead", "quote"] {
        let inside = world.get(&format!("/api/v1/sops/at-{stage}/enrollments")).await.ok();
        assert_eq!(items(&inside["items"]).len(), 0);
    }
    // Who had several is told of in the results.
    let results = world.get(&format!("/api/v1/jobs/{}/results?limit=200", text(&job["id"]))).await.ok();
    let conflicts = items(&results["items"]).iter().flat_map(|result| items(&result["refused"])).count();
    assert!(conflicts > 0, "{results:#}");

    let lacking: Vec<_> = after.iter().filter(|(_, _, has, wanted)| has != wanted).collect();
    let concerned: BTreeSet<&CustomerId> = lacking.iter().map(|(id, ..)| id).collect();
    let group = items(&world.get("/api/v1/tags").await.ok()["items"]);
    let group = group.into_iter().find(|group| group["name"] == GROUP).unwrap();
    assert_eq!(group["mirror"], "changes");
    let path = format!("/api/v1/tag-groups/{}/mirror", text(&group["id"]));
    let count = world.get(&path).await.ok();
    assert_eq!((&count["mirror"], &count["exact"]), (&json!("changes"), &json!(with_tags.len() <= 2_000)));
    let told = |field: &str| count[field].as_u64().unwrap();
    for (told, really) in [(told("relations"), lacking.len()), (told("customers"), concerned.len())] {
        let off = told.abs_diff(really as u64);
        assert!(if count["exact"] == true { off == 0 } else { off * 10 < told }, "{told} for {really}");
    }
    assert_eq!(told("seconds"), told("relations").div_ceil(5));
    assert_eq!(marks(&world).await, 0, "counting writes nothing");
    world.post(&path, json!({"mode": "changes"})).await.refused(422);

    let begun = world.post(&path, json!({"mode": "all"})).await;
    assert_eq!(begun.status, 202);
    done(&world, &begun.ok()).await;
    // Step by step: thousands of calls take longer than one request may.
    for _ in 0..30 {
        world.until(world.now().plus_mins(1)).await;
    }
    let mirrored = relations(&world).await;
    assert!(mirrored.iter().all(|(_, _, has, wanted)| has == wanted), "phones equal the wanted set");
    for (customer, staff, _, wanted) in mirrored.iter().take(40) {
        let held = world.wecom_tags(customer.as_str(), staff).await;
        assert_eq!(
            held.iter().filter(|tag| tag.starts_with(GROUP)).count(),
            wanted.len(),
            "{customer} {held:?}"
        );
    }
    let calls = marks_of_this_hour(&world).await;
    println!("{} relations of {} customers differed, {} calls", lacking.len(), concerned.len(), calls);
    assert_eq!(calls, lacking.len(), "exactly the needed ones");
    for kind in ["rule_fired", "enrolled"] {
        assert_eq!(facts_of(&world, &customers, kind).await, 0, "{kind}");
    }
    let count = world.get(&path).await.ok();
    assert_eq!((&count["relations"], &count["mirror"]), (&json!(0), &json!("all")));
}

#[tokio::test]
async fn a_board_over_a_group_that_customers_have_begins_with_a_job_that_makes_its_cards() {
    let world = with_a_mess(40).await;
    let plan = json!({"name": "线索跟进", "tag_group": GROUP, "amount": "报价",
        "stages": [{"id": "lead", "name": "线索"}, {"id": "quote", "name": "报价"}, {"id": "won", "name": "签约"}]});
    let board = world.put(LEADS, plan).await;
    assert_eq!((board.status, &board.body["amount"]), (201, &json!("报价")));
    let job = world.get(&format!("/api/v1/jobs/{}", text(&board.body["job"]))).await.ok();
    assert_eq!(job["what"]["kind"], "board");
    done(&world, &job).await;
    let board = world.get(LEADS).await.ok();
    let cards: u64 = items(&board["stages"]).iter().map(|stage| stage["count"].as_u64().unwrap()).sum();
    assert!(cards > 25, "{board:#}");
    assert_eq!(marks(&world).await, 0);

    let etag = [("if-match", "*")];
    let none = world.send(http::Method::PATCH, LEADS, &etag, Some(&json!({"amount": null}))).await.ok();
    assert_eq!(none["amount"], Value::Null);
    assert!(none["job"].is_string(), "cards are valued anew");
    let same = world.send(http::Method::PATCH, LEADS, &etag, Some(&json!({"name": "线索"}))).await.ok();
    assert!(same.get("job").is_none());
    for amount in [json!(""), json!("长".repeat(61))] {
        let refused = world
            .send(http::Method::PATCH, LEADS, &etag, Some(&json!({"amount": amount})))
            .await
            .refused(422);
        assert_eq!(refused["errors"][0]["pointer"], "/amount");
    }
}

#[tokio::test]
async fn whom_a_job_left_behind_the_next_change_takes_over() {
    let world = with_a_mess(20).await;
    let stages = json!([{"id": "lead", "name": "线索"}, {"id": "quote", "name": "报价"}, {"id": "won", "name": "签约"}]);
    let plan = json!({"name": "线索跟进", "tag_group": GROUP, "stages": stages});
    let (plan, author) = (serde_json::from_value(plan).unwrap(), app::Author::stepwise());
    Box::pin(world.machine.app.create_board(&BoardId::from("leads"), &plan, &author)).await.unwrap();
    let again =
        async || world.send(http::Method::PATCH, LEADS, &[("if-match", "*")], Some(&json!({}))).await.ok();
    let board = again().await;
    let job = world.get(&format!("/api/v1/jobs/{}", text(&board["job"]))).await.ok();
    assert!(done(&world, &job).await["counts"]["changed"].as_u64().unwrap() > 10);
    assert!(again().await.get("job").is_none());
}
