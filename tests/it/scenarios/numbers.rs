//! How much stands where, for whom, and in which order it is shown.

use domain::{CustomerId, File, Timestamp, rows::index_rows};
use serde_json::{Value, json};
use tests::{Visitor, World, at, items, text};

use super::access::corp;

/// The corp with a board of deals that have amounts.
async fn with_deals() -> World {
    let world = corp().await;
    let stages = json!([{"id": "quote", "name": "报价"}, {"id": "won", "name": "成交", "kind": "won"}]);
    let board = json!({"name": "商机", "tag_group": "商机阶段", "stages": stages, "amount": "报价金额"});
    world.put("/api/v1/boards/deals", board).await.ok();
    world
}

async fn deal(world: &World, customer: &str, staff: &str, amount: Option<f64>) {
    world.customer(customer, customer, staff).await;
    if let Some(amount) = amount {
        set_amount(world, customer, json!(amount)).await;
    }
    let body = json!({"board": "deals", "stage": "quote"});
    world.put(&format!("/api/v1/customers/{customer}/stage"), body).await.ok();
}

async fn set_amount(world: &World, customer: &str, amount: Value) {
    let path = format!("/api/v1/customers/{customer}/attributes");
    world.send(http::Method::PATCH, &path, &[], Some(&json!({"报价金额": amount}))).await.ok();
}

/// Count, hidden and amount of the first stage.
async fn first_stage(visitor: &mut Visitor, path: &str) -> (Value, Value, Value) {
    let stage = visitor.get(path).await.ok()["stages"][0].clone();
    (stage["count"].clone(), stage["hidden"].clone(), stage["amount"].clone())
}

async fn order(visitor: &mut Visitor, query: &str) -> Vec<String> {
    let (mut found, mut cursor) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/boards/deals/cards?stage=quote&limit=2{query}{cursor}");
        let page = visitor.get(&path).await.ok();
        found.extend(items(&page["items"]).iter().map(|card| text(&card["customer"]["id"])));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

#[tokio::test]
async fn stages_have_their_numbers_and_owners_have_theirs() {
    let world = with_deals().await;
    deal(&world, "wmA", "zhang", Some(1999.99)).await;
    deal(&world, "wmB", "zhang", Some(0.01)).await;
    deal(&world, "wmC", "li", Some(500.0)).await;
    deal(&world, "wmD", "zhao", None).await;
    world.machine.settle().await.unwrap();
    let mut boss = world.signed_in("boss").await;
    let board = "/api/v1/boards/deals";
    assert_eq!(first_stage(&mut boss, board).await, (json!(4), json!(0), json!(2500.0)));
    let of_zhang = first_stage(&mut boss, &format!("{board}?owner=zhang")).await;
    assert_eq!(of_zhang, (json!(2), Value::Null, json!(2000.0)));

    // The amount follows the attribute, and goes with the customer to another owner and out of sight.
    set_amount(&world, "wmA", json!(1000)).await;
    world.sim("customers/wmB/add", json!({"userid": "li"})).await;
    world.put("/api/v1/customers/wmB/owner", json!({"userid": "li"})).await.ok();
    world.sim("customers/wmC/block", json!({"userid": "li"})).await;
    world.machine.settle().await.unwrap();
    assert_eq!(first_stage(&mut boss, board).await, (json!(3), json!(1), json!(1000.01)));
    let of_li = first_stage(&mut boss, &format!("{board}?owner=li")).await;
    assert_eq!(of_li, (json!(1), Value::Null, json!(0.01)));
    assert_eq!(boss.get(board).await.ok()["as_of"], world.now().to_string());
    let plain = boss.get("/api/v1/boards/sales").await.ok();
    assert_eq!(plain["stages"][0]["amount"], Value::Null, "this board names no amount");
}

#[tokio::test]
async fn per_owner_numbers_are_for_the_owner_and_for_who_leads_them() {
    let world = with_deals().await;
    deal(&world, "wmA", "zhang", Some(10.0)).await;
    deal(&world, "wmB", "zhao", Some(20.0)).await;
    world.machine.settle().await.unwrap();
    let board = "/api/v1/boards/deals";
    for (userid, sees) in [
        ("zhang", &["zhang"][..]),
        ("mei", &["li", "mei", "zhang"]),
        ("boss", &["boss", "li", "mei", "tang", "zhang", "zhao"]),
    ] {
        let mut person = world.signed_in(userid).await;
        for (owner, ..) in [("zhang",), ("li",), ("zhao",), ("mei",)] {
            let status = if sees.contains(&owner) { 200 } else { 403 };
            let answer = person.get(&format!("{board}?owner={owner}")).await;
            assert_eq!(answer.status, status, "{userid} and {owner}");
        }
        let totals = first_stage(&mut person, board).await;
        assert_eq!(totals, (json!(2), json!(0), json!(30.0)), "{userid} knows what the corp has");
        let owners = person.get(&format!("{board}/owners")).await;
        if userid == "zhang" {
            owners.refused(403);
            continue;
        }
        let owners = owners.ok();
        let named: Vec<String> = items(&owners["items"]).iter().map(|one| text(&one["userid"])).collect();
        assert_eq!(named, sees, "{userid}");
        let zhang = items(&owners["items"]).into_iter().find(|one| one["userid"] == "zhang").unwrap();
        assert_eq!(
            (&zhang["name"], &zhang["count"], &zhang["amount"]),
            (&json!("张三"), &json!(1), &json!(10.0))
        );
        let stage = json!({"id": "quote", "count": 1, "amount": 10.0});
        assert_eq!((&zhang["stages"][0], &owners["as_of"]), (&stage, &json!(world.now().to_string())));
    }
    let mut boss = world.signed_in("boss").await;
    let page = boss.get(&format!("{board}/owners?limit=4")).await.ok();
    assert_eq!(items(&page["items"]).len(), 4);
    let next = text(&page["next_cursor"]);
    let page = boss.get(&format!("{board}/owners?limit=4&cursor={next}")).await.ok();
    assert_eq!((items(&page["items"]).len(), &page["next_cursor"]), (2, &Value::Null));
}

/// Four deals, two of each salesperson, that came in the order of their names with a day between them.
async fn a_week_of_deals() -> World {
    let world = with_deals().await;
    world.post("/api/v1/tag-groups", json!({"name": "活动", "tags": ["试驾"]})).await.ok();
    for (n, (customer, staff, amount)) in [
        ("wmA", "zhang", Some(30.0)),
        ("wmB", "li", Some(50.0)),
        ("wmC", "zhang", None),
        ("wmD", "li", Some(-1.0)),
    ]
    .into_iter()
    .enumerate()
    {
        world.until(at("2026-03-02 10:00").plus_days(n as i64)).await;
        deal(&world, customer, staff, amount).await;
        if customer != "wmB" {
            world
                .post(&format!("/api/v1/customers/{customer}/tags"), json!({"add": ["活动/试驾"]}))
                .await
                .ok();
        }
    }
    world.say("wmA", "zhang", "你好").await;
    world
}

#[tokio::test]
async fn cards_are_sorted_by_entry_silence_and_amount_either_way_round() {
    let world = a_week_of_deals().await;
    let mut boss = world.signed_in("boss").await;
    for (query, expected) in [
        ("", ["wmA", "wmB", "wmC", "wmD"]),
        ("&sort=entered", ["wmA", "wmB", "wmC", "wmD"]),
        ("&sort=entered&order=desc", ["wmD", "wmC", "wmB", "wmA"]),
        ("&sort=contact", ["wmB", "wmC", "wmD", "wmA"]),
        ("&sort=contact&order=desc", ["wmA", "wmD", "wmC", "wmB"]),
        ("&sort=amount", ["wmB", "wmA", "wmC", "wmD"]),
        ("&sort=amount&order=asc", ["wmD", "wmC", "wmA", "wmB"]),
    ] {
        assert_eq!(order(&mut boss, query).await, expected, "{query}");
    }
}

#[tokio::test]
async fn filters_and_sight_go_with_every_order() {
    let world = a_week_of_deals().await;
    let (mut boss, mut zhang) = (world.signed_in("boss").await, world.signed_in("zhang").await);
    let mut mei = world.signed_in("mei").await;
    for (sort, of_zhang, tagged, tagged_of_li) in [
        ("", &["wmA", "wmC"][..], &["wmA", "wmC", "wmD"][..], &["wmD"][..]),
        ("&sort=entered&order=desc", &["wmC", "wmA"], &["wmD", "wmC", "wmA"], &["wmD"]),
        ("&sort=contact", &["wmC", "wmA"], &["wmC", "wmD", "wmA"], &["wmD"]),
        ("&sort=amount", &["wmA", "wmC"], &["wmA", "wmC", "wmD"], &["wmD"]),
    ] {
        assert_eq!(order(&mut zhang, sort).await, of_zhang, "{sort}");
        assert_eq!(order(&mut boss, &format!("&owner=zhang{sort}")).await, of_zhang, "{sort}");
        let tag = "&tag=%E6%B4%BB%E5%8A%A8/%E8%AF%95%E9%A9%BE";
        assert_eq!(order(&mut mei, &format!("{tag}{sort}")).await, tagged, "{sort}");
        assert_eq!(order(&mut boss, &format!("{tag}&owner=li{sort}")).await, tagged_of_li, "{sort}");
        assert!(order(&mut zhang, &format!("&owner=li{sort}")).await.is_empty(), "{sort}");
    }
}

#[tokio::test]
async fn an_order_that_the_board_does_not_have_is_refused_by_a_code() {
    let world = with_deals().await;
    for (path, pointer, code) in [
        ("sales/cards?stage=price&sort=amount", "/sort", "no_amount"),
        ("sales/cards?stage=price&order=desc", "/order", "bad_combination"),
        ("sales/cards?stage=price&sort=size", "/sort", "unknown_value"),
        ("sales/cards?stage=price&sort=entered&order=up", "/order", "unknown_value"),
    ] {
        let refused = world.get(&format!("/api/v1/boards/{path}")).await.refused(422);
        let error = &refused["errors"][0];
        assert_eq!((&error["pointer"], &error["code"]), (&json!(pointer), &json!(code)), "{path}");
    }
}

#[tokio::test]
async fn a_card_tells_its_worth_and_how_often_it_has_struck_midnight_since() {
    let world = with_deals().await;
    world.until(at("2026-03-02 23:50")).await;
    deal(&world, "wmA", "zhang", Some(1234.5)).await;
    let card = || async {
        let page = world.get("/api/v1/boards/deals/cards?stage=quote").await.ok();
        let card = page["items"][0].clone();
        (card["amount"].clone(), card["days_in_stage"].clone(), card["owner"].clone())
    };
    assert_eq!(card().await, (json!(1234.5), json!(0), json!("zhang")));
    world.until(at("2026-03-03 00:10")).await;
    assert_eq!(card().await.1, json!(1));
    world.until(at("2026-03-05 23:59")).await;
    assert_eq!(card().await.1, json!(3));
}

#[tokio::test]
async fn an_unfiltered_page_reads_its_rows_and_its_files_and_nothing_else() {
    let world = with_deals().await;
    for n in 0..12 {
        deal(&world, &format!("wmD{n:02}"), "zhang", Some(f64::from(n))).await;
    }
    world.machine.settle().await.unwrap();
    for order in ["", "&sort=entered", "&sort=contact", "&sort=amount", "&sort=amount&order=asc"] {
        let engine = world.machine.engine();
        let before = engine.tally();
        let page = world.get(&format!("/api/v1/boards/deals/cards?stage=quote&limit=10{order}")).await.ok();
        let cost = engine.tally() - before;
        assert_eq!(items(&page["items"]).len(), 10);
        // Beside them the playbook's stamp.
        assert_eq!((cost.read, cost.written), (2 * 10 + 1, 0), "{order}");
    }
}

#[tokio::test]
async fn an_operator_reads_their_own_cards_in_any_order_and_not_those_of_the_corp() {
    let world = with_deals().await;
    for n in 0..12 {
        deal(&world, &format!("wmD{n:02}"), "zhang", None).await;
    }
    deal(&world, "wmL", "li", None).await;
    world.machine.settle().await.unwrap();
    let mut li = world.signed_in("li").await;
    let engine = world.machine.engine();
    let before = engine.tally();
    assert_eq!(order(&mut li, "&sort=entered").await, ["wmL"]);
    let read = (engine.tally() - before).read;
    // 13 keys of the stage, 2 of li's friends, one file, and who asks.
    assert!(read <= 13 + 2 + 1 + 4, "{read} items");
}

/// As many customers like this one, put into the store as commits would have left them; every second one has no tag.
async fn multiply(world: &World, like: &str, count: u32) {
    let app = &world.machine.app;
    let like: File = app.store.load(&CustomerId::from(like)).await.unwrap().file.unwrap();
    let text = |text: &str| json!({"S": text});
    let mut loaded = Vec::new();
    for n in 0..count {
        let mut file = File { id: format!("wmM{count}-{n:05}").into(), ..like.clone() };
        let card = file.cards.get_mut(&"deals".into()).unwrap();
        // Neither in the order of ids nor against it.
        let place = i64::from(n * 7919 % count);
        (card.since, card.amount) = (Some(Timestamp::from_secs(1_700_000_000 + place)), Some(place));
        if n % 2 == 1 {
            file.tags.clear();
        }
        for ((pk, sk), value) in index_rows(&file) {
            let mut row = json!({"pk": text(&pk), "sk": text(&sk)});
            value.into_iter().for_each(|value| row["value"] = text(&value));
            loaded.push(row);
        }
        let doc = serde_json::to_string(&file).unwrap();
        loaded.push(json!({"pk": text(&format!("C#{}", file.id)), "sk": text("FILE"), "doc": text(&doc),
                           "version": {"N": file.version.to_string()}, "format": {"N": "1"}}));
    }
    world.machine.engine().load("stepwise-main", loaded).unwrap();
}

#[tokio::test]
async fn a_filter_that_leaves_hundreds_or_thousands_keeps_the_order_and_loses_nobody() {
    let world = with_deals().await;
    world.post("/api/v1/tag-groups", json!({"name": "活动", "tags": ["试驾"]})).await.ok();
    deal(&world, "wmA", "zhang", None).await;
    world.post("/api/v1/customers/wmA/tags", json!({"add": ["活动/试驾"]})).await.ok();
    let mut boss = world.signed_in("boss").await;
    let path = "/api/v1/boards/deals/cards?stage=quote&tag=%E6%B4%BB%E5%8A%A8/%E8%AF%95%E9%A9%BE&limit=200";
    // Read whole, through a sieve, by the files.
    for (more, count) in [(300, 150), (2_000, 1_150), (2_300, 2_300)] {
        multiply(&world, "wmA", more).await;
        for (sort, ascending) in
            [("&sort=entered", true), ("&sort=entered&order=desc", false), ("&sort=amount", false)]
        {
            let (mut found, mut pages, mut cursor) = (Vec::new(), 0, String::new());
            loop {
                let before = world.machine.engine().tally();
                let page = boss.get(&format!("{path}{sort}{cursor}")).await.ok();
                let read = (world.machine.engine().tally() - before).read;
                assert!(read <= 14_000, "{read} items at once");
                found.extend(items(&page["items"]).into_iter().map(|card| {
                    let place = card["since"].as_str().and_then(Timestamp::parse_rfc3339).unwrap().ms();
                    (place, text(&card["customer"]["id"]))
                }));
                pages += 1;
                match page["next_cursor"].as_str() {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => break,
                }
            }
            found.retain(|(_, customer)| customer != "wmA");
            let mut sorted = found.clone();
            sorted.sort();
            sorted.dedup();
            assert_eq!(sorted.len(), count, "{count}{sort}: everybody once");
            if !ascending {
                sorted.reverse();
            }
            assert!(found == sorted, "{count}{sort}: in order");
            assert!(pages <= count / 200 + 3, "{count}{sort}: {pages} pages");
        }
    }
}
