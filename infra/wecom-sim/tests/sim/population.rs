use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::bench::{Bench, START_MS};

const DAY_MS: i64 = 86_400_000;

fn showroom() -> Value {
    serde_json::from_str(include_str!("../../scenarios/showroom.json")).expect("JSON")
}

impl Bench {
    /// Time goes by from one happening to the next, as the stepped mode does it.
    async fn live(&self) {
        while let Some(next) = self.sim.next_event_at() {
            self.pass_ms((next - self.now_ms()).max(0));
            self.sim.run_due().await;
        }
    }

    fn now_ms(&self) -> i64 {
        wecom_sim::Clock::now_ms(&*self.clock)
    }

    /// How many of each kind of event was ingested.
    fn ingested(&self) -> BTreeMap<String, usize> {
        let mut kinds = BTreeMap::new();
        for post in self.posts().iter().filter(|post| post.url.ends_with("/events")) {
            let body: Value = serde_json::from_str(&post.body).expect("JSON");
            let kind = body["events"][0]["type"].as_str().expect("a type").to_owned();
            *kinds.entry(kind).or_default() += 1;
        }
        kinds
    }
}

#[tokio::test]
async fn a_population_comes_talks_buys_leaves_and_returns() {
    let bench = Bench::new();
    let wanted =
        json!({"staff": 3, "customers": 200, "days": 7, "seed": 1, "scenario": showroom(), "speed": 1});
    let plan = bench.control("population", wanted).await;
    assert_eq!(plan["staff"], json!(["staff001", "staff002", "staff003"]));
    assert_eq!(plan["scenario"], "车展一周：扫码、询价、下单");
    assert!(bench.posts().is_empty(), "nothing happens before its time");
    bench.live().await;

    let progress = bench.look("population").await;
    assert_eq!(progress["left"], 0);
    let played =
        progress["done"].as_u64().expect("a number") + progress["skipped"].as_u64().expect("a number");
    assert_eq!(plan["acts"], played);
    assert!(progress["skipped"].as_u64() < Some(played / 20), "{progress}");

    let mut changes: BTreeMap<String, usize> = BTreeMap::new();
    for change in bench.changes() {
        *changes.entry(change).or_default() += 1;
    }
    assert!((200..240).contains(&changes["add_external_contact"]), "{changes:?}");
    assert!(changes["del_follow_user"] > 5 && changes["add_half_external_contact"] > 3, "{changes:?}");
    let told = bench.ingested();
    assert!(
        told["message.received"] > 200 && told["message.sent"] > 100 && told["order.paid"] > 10,
        "{told:?}"
    );
    let states: Vec<Option<String>> = bench.callbacks().iter().map(|event| event.field("State")).collect();
    assert!(states.contains(&Some("expo".to_owned())) && states.contains(&None));
}

#[tokio::test]
async fn people_come_at_the_hours_of_the_scenario_and_within_the_days() {
    let bench = Bench::new();
    let mut hours = vec![0; 24];
    hours[3] = 1;
    hours[20] = 3;
    let wanted = json!({"staff": 1, "customers": 100, "days": 3, "speed": 1, "scenario": {
        "hours": hours, "talk": {"share": 0}, "buy": {"share": 0}, "block": {"share": 0, "after_days": [1, 1]}}});
    bench.control("population", wanted).await;
    bench.live().await;
    let mut by_hour = [0; 24];
    for event in bench.callbacks() {
        let at_ms = event.timestamp * 1000;
        assert!((START_MS - 1000..START_MS + 3 * DAY_MS).contains(&at_ms));
        let hour = usize::try_from((at_ms / 3_600_000 + 8) % 24).expect("an hour");
        by_hour[hour] += 1;
    }
    assert_eq!(by_hour[3] + by_hour[20], 100);
    assert!(by_hour[20] > by_hour[3] && by_hour[3] > 5);
}

#[tokio::test]
async fn one_seed_is_one_population_and_another_another() {
    let mut lives = Vec::new();
    for seed in [5, 5, 6] {
        let bench = Bench::new();
        let wanted =
            json!({"staff": 2, "customers": 30, "days": 2, "seed": seed, "scenario": showroom(), "speed": 1});
        bench.control("population", wanted).await;
        bench.live().await;
        lives.push((bench.posts(), bench.sim.snapshot()));
    }
    assert!(lives[0] == lives[1]);
    assert!(lives[0] != lives[2]);
}

#[tokio::test]
async fn a_plan_survives_a_snapshot() {
    let bench = Bench::new();
    bench.control("population", json!({"staff": 1, "customers": 20, "days": 1, "seed": 5, "speed": 1})).await;
    let copy = Bench::new();
    copy.sim.restore(bench.sim.snapshot()).expect("its own snapshot");
    assert_eq!(copy.sim.next_event_at(), bench.sim.next_event_at());
    for bench in [&bench, &copy] {
        bench.live().await;
    }
    assert!(!bench.posts().is_empty() && bench.posts() == copy.posts());
}

#[tokio::test]
async fn with_speed_the_days_pass_in_minutes() {
    let bench = Bench::new();
    let wanted = json!({"staff": 1, "customers": 50, "days": 10, "seed": 1, "speed": 1440});
    bench.control("population", wanted).await;
    bench.live().await;
    assert!(bench.now_ms() < START_MS + 60 * 60_000, "ten days and what follows from them, a minute each");
    let bench = Bench::new();
    let default =
        bench.control("population", json!({"staff": 1, "customers": 50, "days": 10, "seed": 1})).await;
    assert!(default["until"].as_str().expect("a time") < "2025-10-09T10", "the clock of this runner is real");
}

#[tokio::test]
async fn what_people_have_come_to_in_between_is_respected() {
    let bench = Bench::new();
    let wanted = json!({"staff": 1, "customers": 10, "days": 1, "seed": 1, "speed": 1, "scenario": {
        "talk": {"share": 1, "messages": [1, 1]}, "buy": {"share": 0}, "block": {"share": 0, "after_days": [1, 1]}}});
    bench.control("population", wanted).await;
    let first = bench.sim.next_event_at().expect("an arrival");
    bench.pass_ms(first - START_MS);
    bench.sim.run_due().await;
    let id = bench.callbacks()[0].field("ExternalUserID").expect("an id");
    bench.control(&format!("customers/{id}/block"), json!({"userid": "staff001"})).await;
    bench.live().await;
    let progress = bench.look("population").await;
    assert_eq!((&progress["done"], &progress["skipped"]), (&json!(19), &json!(1)));
}

#[tokio::test]
async fn a_population_may_disperse() {
    let bench = Bench::new();
    bench.control("population", json!({"staff": 1, "customers": 10, "days": 1, "speed": 1})).await;
    let (status, _, text) = bench.request("DELETE", "/sim/control/population", None).await;
    assert_eq!(status, 200, "{text}");
    assert_eq!(bench.sim.next_event_at(), None);
}

#[tokio::test]
async fn ten_thousand_customers_are_placed_without_a_word() {
    let bench = Bench::new();
    let wanted = json!({"staff": 100, "customers": 10_000, "days": 365, "seed": 1, "silent": true, "scenario": showroom()});
    let placed = bench.control("population", wanted.clone()).await;
    assert_eq!(placed["acts"], 0);
    assert_eq!(placed["staff"].as_array().map(Vec::len), Some(100));
    assert!(bench.posts().is_empty() && bench.sim.next_event_at().is_none());
    let members = bench.get("externalcontact/get_follow_user_list", "").await;
    assert_eq!(members["follow_user"].as_array().map(Vec::len), Some(100));
    let mut rows = 0;
    for member in members["follow_user"].as_array().expect("members").iter().take(10) {
        let query = format!("userid={}", member.as_str().expect("an id"));
        let list = bench.get("externalcontact/list", &query).await;
        rows += list["external_userid"].as_array().expect("ids").len();
    }
    assert!((800..1400).contains(&rows), "about a hundred and ten each: {rows}");
    let list = bench.get("externalcontact/list", "userid=staff001").await;
    let id = list["external_userid"][0].as_str().expect("an id");
    let detail = bench.get("externalcontact/get", &format!("external_userid={id}")).await;
    let follow = &detail["follow_user"][0];
    let age = START_MS / 1000 - follow["createtime"].as_i64().expect("seconds");
    assert!((0..365 * 86_400).contains(&age));
    let tags = bench.post("externalcontact/get_corp_tag_list", json!({})).await;
    assert_eq!(tags["tag_group"].as_array().map(Vec::len), Some(2));
    let other = Bench::new();
    other.control("population", wanted).await;
    let contact = format!("contacts/{id}");
    assert_eq!(other.look(&contact).await, bench.look(&contact).await);
}

#[tokio::test]
async fn with_no_staff_wanted_those_who_are_there_serve() {
    let bench = Bench::new();
    let wanted = json!({"staff": 0, "customers": 5, "days": 1, "silent": true});
    let (status, problem) = bench.try_control("population", wanted.clone()).await;
    assert_eq!((status, &problem["field"]), (409, &json!("staff")));
    bench.people().await;
    bench.control("staff", json!({"userid": "Idle", "licensed": false})).await;
    let placed = bench.control("population", wanted).await;
    assert_eq!(placed["staff"], json!(["LiMing"]));
}

#[tokio::test]
async fn a_scenario_says_what_is_wrong_with_it() {
    let bench = Bench::new();
    let wanted = |scenario: Value| json!({"staff": 1, "customers": 1, "days": 1, "scenario": scenario});
    for (scenario, told) in [
        (json!({"talks": {}}), "unknown field `talks`"),
        (json!({"talk": {"share": 1.5}}), "talk.share is between 0 and 1"),
        (json!({"talk": {"share": 1, "texts": []}}), "talk.texts"),
        (json!({"talk": {"texts": [{"value": "x", "weight": -1}]}}), "talk.texts"),
        (json!({"talk": {"messages": [3, 1]}}), "talk.messages"),
        (json!({"buy": {"after_days": [0, 99999]}}), "buy.after_days"),
        (json!({"hours": [1, 2]}), "hours has 24 weights"),
        (json!({"hours": vec![0; 24]}), "hours has 24 weights"),
        (json!({"arrive": {"add_ways": []}}), "arrive.add_ways"),
        (json!([]), "not an object"),
    ] {
        let (status, problem) = bench.try_control("population", wanted(scenario.clone())).await;
        assert_eq!((status, &problem["field"]), (400, &json!("scenario")), "{scenario}");
        let detail = problem["detail"].as_str().expect("a text");
        assert!(detail.contains(told), "{scenario}: {detail}");
    }
    for (body, field) in [
        (json!({"staff": 1, "customers": 1}), "days"),
        (json!({"staff": 1, "customers": 0, "days": 1}), "customers"),
        (json!({"staff": 1001, "customers": 1, "days": 1}), "staff"),
        (json!({"staff": 1, "customers": 1, "days": 1, "speed": 0}), "speed"),
        (json!({"staff": 1, "customers": 1, "days": 1, "seed": -1}), "seed"),
    ] {
        let (status, problem) = bench.try_control("population", body).await;
        assert_eq!((status, &problem["field"]), (400, &json!(field)));
    }
}

#[tokio::test]
async fn one_customer_buys_by_hand() {
    let (bench, _) = Bench::befriended().await;
    let bought = bench.control("customers/wmAnna/buy", json!({"amount_fen": 9900, "order_id": "o1"})).await;
    assert_eq!(bought["delivery"]["fate"], "delivered");
    let body: Value = serde_json::from_str(&bench.posts()[0].body).expect("JSON");
    let event = &body["events"][0];
    assert_eq!(event["type"], "order.paid");
    assert_eq!(event["customer"], json!({"external_userid": "wmAnna"}));
    assert_eq!(event["attributes"], json!({"order_id": "o1", "amount_fen": 9900}));
    let (status, problem) = bench.try_control("customers/wmAnna/buy", json!({})).await;
    assert_eq!((status, &problem["field"]), (400, &json!("amount_fen")));
}
