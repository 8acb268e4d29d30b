//! What is shown to whom of customers whom several people share, and what one's view of them gives away.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tests::{Visitor, World, items, text};

use super::access::{corp, set_role};

async fn move_to(world: &World, customer: &str, stage: &str) {
    let body = json!({"board": "sales", "stage": stage});
    world.put(&format!("/api/v1/customers/{customer}/stage"), body).await.ok();
}

/// All pages of a list, one entry at a time: the entries, and the cursors between them.
async fn one_by_one(visitor: &mut Visitor, path: &str) -> (Vec<Value>, Vec<String>) {
    let (mut found, mut cursors) = (Vec::new(), Vec::<String>::new());
    loop {
        let cursor = cursors.last().map_or(String::new(), |cursor| format!("&cursor={cursor}"));
        let page = visitor.get(&format!("{path}limit=1{cursor}")).await.ok();
        let some = items(&page["items"]);
        assert!(some.len() <= 1, "{page:#}");
        found.extend(some);
        match page["next_cursor"].as_str() {
            Some(next) => cursors.push(next.to_owned()),
            None => return (found, cursors),
        }
    }
}

/// What a poll of the board answers: `reset`, and the cursor for the next.
async fn poll(visitor: &mut Visitor, cursor: &str) -> (bool, Vec<Value>, String) {
    let path = "/api/v1/boards/sales/changes";
    let path = if cursor.is_empty() { path.to_owned() } else { format!("{path}?since={cursor}") };
    let answer = visitor.get(&path).await.ok();
    (answer["reset"] == true, items(&answer["changes"]), text(&answer["cursor"]))
}

#[tokio::test]
async fn whoever_pages_through_a_list_learns_of_no_customer_whom_they_do_not_see() {
    let world = corp().await;
    for customer in ["wmzhang", "wmli", "wmzhao"] {
        move_to(&world, customer, "price").await;
    }
    let mut tang = world.signed_in("tang").await;
    let (found, cursors) = one_by_one(&mut tang, "/api/v1/sops/price/enrollments?").await;
    assert_eq!(found.len(), 1);
    assert!(cursors.len() >= 2, "empty pages in between: {cursors:?}");
    for cursor in cursors {
        let shown = String::from_utf8_lossy(&URL_SAFE_NO_PAD.decode(&cursor).unwrap()).into_owned();
        assert!(!shown.contains("wm") && !shown.contains("price"), "{shown}");
    }
}

#[tokio::test]
async fn pages_of_one_card_show_every_card_once_past_those_of_others_and_of_former_friends() {
    let world = corp().await;
    for (customer, staff) in
        [("wma", "zhang"), ("wmb", "zhang"), ("wmc", "li"), ("wmd", "zhang"), ("wme", "zhao")]
    {
        world.customer(customer, "王先生", staff).await;
        move_to(&world, customer, "interest").await;
    }
    world.sim("customers/wmb/add", json!({"userid": "li"})).await;
    world.sim("customers/wmb/block", json!({"userid": "zhang"})).await;
    for (userid, sees) in [
        ("zhang", &["wma", "wmd"][..]),
        ("li", &["wmb", "wmc"]),
        ("mei", &["wma", "wmb", "wmc", "wmd"]),
        ("boss", &["wma", "wmb", "wmc", "wmd", "wme"]),
    ] {
        let mut person = world.signed_in(userid).await;
        let (cards, _) = one_by_one(&mut person, "/api/v1/boards/sales/cards?stage=interest&").await;
        let ids: Vec<String> = cards.iter().map(|card| text(&card["customer"]["id"])).collect();
        assert_eq!(ids, sees, "{userid}");
    }
}

#[tokio::test]
async fn what_staff_write_when_they_drop_a_task_is_for_them_and_for_those_who_lead_them() {
    let world = corp().await;
    for userid in ["li", "zhao"] {
        world.sim("customers/wmzhang/add", json!({"userid": userid})).await;
    }
    move_to(&world, "wmzhang", "price").await;
    world.until(world.now().plus_mins(31)).await;
    let task = text(&world.tasks("zhang").await[0]["id"]);
    let (note, skip) = ("太太不同意", format!("/api/v1/tasks/{task}/skip"));
    let mut zhang = world.signed_in("zhang").await;
    zhang.post(&skip, json!({"note": note})).await.ok();

    let customer = "/api/v1/customers/wmzhang";
    for (userid, reads) in [("zhang", true), ("mei", true), ("boss", true), ("li", false), ("tang", false)] {
        let mut person = world.signed_in(userid).await;
        let mut shown = vec![
            person.get(&format!("{customer}/enrollments")).await.ok(),
            person.get(&format!("{customer}/timeline")).await.ok(),
        ];
        assert_eq!(shown[0]["items"][0]["steps"][0]["state"], "skipped", "{userid} sees that it was");
        assert!(shown[1].to_string().contains("跳过了「报价单」"), "{userid}: {:#}", shown[1]);
        if ["mei", "tang", "boss"].contains(&userid) {
            let inside = person.get("/api/v1/sops/price/enrollments").await.ok();
            assert_eq!(inside["items"][0]["steps"][0]["state"], "skipped");
            shown.push(inside);
        }
        for shown in shown {
            assert_eq!(shown.to_string().contains(note), reads, "{userid}: {shown:#}");
        }
    }

    // The same once the enrollment is over.
    move_to(&world, "wmzhang", "order").await;
    for (userid, reads) in [("zhang", true), ("li", false)] {
        let mut person = world.signed_in(userid).await;
        let shown = person.get(&format!("{customer}/enrollments")).await.ok();
        assert_eq!(shown["items"][0]["state"], "exited");
        assert_eq!(shown.to_string().contains(note), reads, "{userid}: {shown:#}");
    }
}

#[tokio::test]
async fn what_a_manager_writes_about_a_task_is_for_who_had_it_too() {
    let world = corp().await;
    world.sim("customers/wmzhang/add", json!({"userid": "li"})).await;
    move_to(&world, "wmzhang", "price").await;
    world.until(world.now().plus_mins(31)).await;
    let task = text(&world.tasks("zhang").await[0]["id"]);
    let mut mei = world.signed_in("mei").await;
    mei.post(&format!("/api/v1/tasks/{task}/skip"), json!({"note": "我来谈"})).await.ok();
    for (userid, reads) in [("zhang", true), ("mei", true), ("li", false)] {
        let mut person = world.signed_in(userid).await;
        for list in ["enrollments", "timeline"] {
            let shown = person.get(&format!("/api/v1/customers/wmzhang/{list}")).await.ok();
            assert_eq!(shown.to_string().contains("我来谈"), reads, "{userid}: {shown:#}");
        }
    }
}

#[tokio::test]
async fn remarks_and_tags_of_ones_own_are_not_shown_to_colleagues() {
    let world = corp().await;
    world.sim("customers/wmzhang/add", json!({"userid": "li"})).await;
    let own = json!({"external_userid": "wmzhang", "remark": "王总 预算二十万", "add_personal": ["难缠"]});
    world.sim("staff/zhang/tag", own).await;
    let customer = "/api/v1/customers/wmzhang";
    for (userid, reads) in [("zhang", true), ("mei", true), ("boss", true), ("li", false)] {
        let mut person = world.signed_in(userid).await;
        let moved = json!({"board": "sales", "stage": "interest"});
        let mut shown = vec![
            person.get(customer).await.ok(),
            person.post(&format!("{customer}/tags"), json!({"add": ["客户状态/考虑价格"]})).await.ok(),
            person.put(&format!("{customer}/stage"), moved).await.ok(),
        ];
        let entry = json!({"entry": shown[2]["entry"]});
        shown.push(person.post("/api/v1/undo", entry).await.ok());
        for shown in shown {
            let relation =
                items(&shown["relations"]).into_iter().find(|one| one["userid"] == "zhang").unwrap();
            let expected =
                if reads { json!(["王总 预算二十万", ["难缠"]]) } else { json!(["", []]) };
            assert_eq!(json!([relation["remark"], relation["personal_tags"]]), expected, "{userid}");
        }
    }
}

#[tokio::test]
async fn who_sees_other_customers_than_before_is_told_to_read_the_board_anew() {
    let world = corp().await;
    let (mut mei, mut zhang) = (world.signed_in("mei").await, world.signed_in("zhang").await);
    let (_, _, of_mei) = poll(&mut mei, "").await;
    let (_, _, of_zhang) = poll(&mut zhang, "").await;
    assert!(!poll(&mut mei, &of_mei).await.0);

    // 赵六 comes into the department that 梅经理 leads; nothing happens to any card.
    world.sim("staff", json!({"userid": "zhao", "name": "赵六", "departments": [2]})).await;
    world.post("/api/v1/staff/sync", json!({})).await.ok();
    world.machine.settle().await.unwrap();
    let (reset, changes, of_mei) = poll(&mut mei, &of_mei).await;
    assert!(reset && changes.is_empty());
    assert!(!poll(&mut mei, &of_mei).await.0, "once");
    assert!(!poll(&mut zhang, &of_zhang).await.0, "it is nothing to him");

    set_role(&world, "zhang", json!({"role": "manager", "manages": [2]})).await;
    let (reset, _, of_zhang) = poll(&mut zhang, &of_zhang).await;
    assert!(reset);
    assert!(!poll(&mut zhang, &of_zhang).await.0, "once");
}

#[tokio::test]
async fn who_was_a_friend_hears_that_the_card_is_gone_and_after_a_day_nothing_more() {
    let world = corp().await;
    world.sim("customers/wmzhang/add", json!({"userid": "li"})).await;
    move_to(&world, "wmzhang", "interest").await;
    let mut li = world.signed_in("li").await;
    let (_, _, cursor) = poll(&mut li, "").await;
    world.sim("customers/wmzhang/block", json!({"userid": "li"})).await;
    let (_, changes, _) = poll(&mut li, &cursor).await;
    assert_eq!((changes.len(), &changes[0]["card"]), (1, &Value::Null));

    world.until(world.now().plus_days(1).plus_mins(1)).await;
    let mut li = world.signed_in("li").await;
    let (_, _, cursor) = poll(&mut li, "").await;
    move_to(&world, "wmzhang", "price").await;
    let (reset, changes, _) = poll(&mut li, &cursor).await;
    assert_eq!((reset, changes), (false, Vec::new()), "what becomes of a customer of others");
}
